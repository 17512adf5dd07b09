"""A peer: two ring-resonator nodes on the full product space, by QuTiP's `mesolve`.

Source: TRANSPORT, Eqs. (1), (2), of equal nodes with two qubits each and a one-way waveguide.
"""

from __future__ import annotations

import numpy as np
import qutip

LEVELS = 3  # of each cavity: two excitations and none
_SIGMA = qutip.Qobj(np.array([[0.0, 1.0], [0.0, 0.0]]))
_DIMS = (LEVELS, LEVELS, 2, 2, 2, 2)


def _at(operator: qutip.Qobj, place: int) -> qutip.Qobj:
    return qutip.tensor([operator if p == place else qutip.qeye(d) for p, d in enumerate(_DIMS)])


def problem(coupling: float, distance: float) -> tuple[qutip.Qobj, qutip.Qobj]:
    """Hamiltonian and jump operator; gamma_R = 1."""
    first, second = (_at(qutip.destroy(LEVELS), place) for place in (0, 1))
    hamiltonian = 0
    for cavity, qubits in ((first, (2, 3)), (second, (4, 5))):
        for place in qubits:
            exchange = coupling * cavity.dag() * _at(_SIGMA, place)
            hamiltonian = hamiltonian + exchange + exchange.dag()
    hop = np.exp(1j * distance) * second.dag() * first
    hamiltonian = hamiltonian - 0.5j * (hop - hop.dag())
    return hamiltonian, first + np.exp(-1j * distance) * second


def fidelity(
    coupling: float, distance: float, times: np.ndarray, psi: np.ndarray, rtol: float
) -> np.ndarray:
    """F(t) (squared) of node 2 with the state psi that node 1 starts in, (t,).

    By mesolve's default integrator, Adams; at equal accuracy its bdf, lsoda, dop853, vern7 and
    vern9 are no faster.
    """
    hamiltonian, jump = problem(coupling, distance)
    pair = qutip.Qobj(psi.reshape(-1, 1), dims=[[2, 2], [1, 1]])
    ground = qutip.basis(2, 0)
    empty = qutip.basis(LEVELS, 0)
    start = qutip.tensor(empty, empty, pair, ground, ground)
    wanted = qutip.tensor(*(qutip.qeye(d) for d in _DIMS[:4]), pair * pair.dag())
    options = {"progress_bar": "", "rtol": rtol, "atol": rtol / 100, "nsteps": 10**6}
    found = qutip.mesolve(hamiltonian, start, times, [jump], e_ops=[wanted], options=options)
    return np.asarray(found.expect[0])
