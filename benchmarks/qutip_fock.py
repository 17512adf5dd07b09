"""A peer: the full master equation with the filter mode in a Fock basis, by QuTiP.

Source: THERMAL, Eqs. (1) to (5); solved by `qutip.steadystate`, sparse and direct (its default).
On this problem its other orderings and its power method take the same time within 30 %.
"""

from __future__ import annotations

import numpy as np
import qutip

_SIGMA = qutip.Qobj(np.array([[0.0, 1.0], [0.0, 0.0]]))


def cascade(lowering: list[qutip.Qobj]) -> tuple[qutip.Qobj, qutip.Qobj]:
    """Hamiltonian and jump operator of nodes along a unidirectional waveguide, in order.

    Args:
        lowering: Lowering operators, each with the square root of its decay rate inside.
    """
    hamiltonian = 0
    for j, behind in enumerate(lowering):
        for before in lowering[:j]:
            hop = behind.dag() @ before
            hamiltonian = hamiltonian - 0.5j * (hop - hop.dag())
    return hamiltonian, sum(lowering[1:], lowering[0])


def steady_state(n_th: float, kappa: float, cutoff: int) -> np.ndarray:
    """The qubits' steady state, (4, 4), with `cutoff` Fock states; gamma = 1, all resonant."""
    mode, qubit = qutip.qeye(cutoff), qutip.qeye(2)
    a = qutip.tensor(qutip.destroy(cutoff), qubit, qubit)
    first = qutip.tensor(mode, _SIGMA, qubit)
    second = qutip.tensor(mode, qubit, _SIGMA)
    hamiltonian, jump = cascade([np.sqrt(kappa) * a, first, second])
    bath = [np.sqrt(kappa * (n_th + 1)) * a, np.sqrt(kappa * n_th) * a.dag()]
    rho = qutip.steadystate(qutip.liouvillian(hamiltonian, [jump, *bath]))
    return rho.ptrace([1, 2]).full()
