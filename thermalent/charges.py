r"""The excitation number of the emitters, and whether the dynamics respects it.

A network has a weak U(1) symmetry if every emitter carries an integer charge per level such that
its lowering operator removes one, and every term of the master equation maps the sector
\(q = N_i - N_j\) of \(|i\rangle\langle j|\) to itself. The charges are found from the operators.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.liouville import dense, lindblad, zero
from thermalent.network import Emitter, Network


class SymmetryError(ValueError):
    """The network has no U(1) symmetry; the message names the term that breaks it."""


def level_charges(emitter: Emitter) -> np.ndarray:
    """Charge of each level of an emitter, (d,) integers, the lowest zero.

    Raises:
        SymmetryError: no assignment makes the lowering operator lower by one and the local
            Hamiltonian conserve the charge.
    """
    d = emitter.dimension
    # Edges (i, j, charge of j minus charge of i); levels that no edge joins keep charge zero.
    edges = [(i, j, 1, "lowering operator") for i, j in np.argwhere(emitter.lowering)]
    edges += [(i, j, 0, "Hamiltonian") for i, j in np.argwhere(emitter.hamiltonian)]
    charge = np.full(d, np.iinfo(np.int64).min, dtype=np.int64)
    unset = charge[0]
    for start in range(d):
        if charge[start] != unset:
            continue
        charge[start] = 0
        component, frontier = [start], [start]
        while frontier:
            here = frontier.pop()
            for i, j, step, word in edges:
                for a, b, change in ((i, j, step), (j, i, -step)):
                    if a != here:
                        continue
                    if charge[b] == unset:
                        charge[b] = charge[a] + change
                        component.append(b)
                        frontier.append(b)
                    elif charge[b] != charge[a] + change:
                        raise SymmetryError(_message(f"the {word} of {emitter.name}"))
        charge[component] -= charge[component].min()
    return charge


def excitation_numbers(network: Network) -> np.ndarray:
    """Total charge of each product basis state of the emitters, (d,) integers.

    The couplings between nodes move one excitation by construction, once every lowering operator
    lowers by one; what can break the symmetry is what an emitter does alone.

    Raises:
        SymmetryError: the network has no U(1) symmetry; the offending term is named.
    """
    return excitation_numbers_of(network.emitters)


def excitation_numbers_of(emitters: Sequence[Emitter]) -> np.ndarray:
    """The same for emitters alone."""
    numbers = np.zeros(1, dtype=np.int64)
    for emitter in emitters:
        charges = level_charges(emitter)
        _require_conserving_jumps(emitter, charges)
        numbers = (numbers[:, None] + charges[None, :]).ravel()
    return numbers


def element_charges(numbers: Sequence[int] | np.ndarray) -> np.ndarray:
    """Charge q = N_i - N_j of each element |i><j|, row-major, (d^2,) integers."""
    n = np.asarray(numbers)
    return (n[:, None] - n[None, :]).ravel()


def _require_conserving_jumps(emitter: Emitter, charges: np.ndarray) -> None:
    if not emitter.jumps:
        return
    # The jumps together: two that break the symmetry alone may conserve it as a pair.
    generator = lindblad(zero(emitter.dimension), [(jump, jump) for jump in emitter.jumps])
    q = element_charges(charges)
    change = np.where(q[:, None] != q[None, :], np.abs(dense(generator)), 0.0)
    if np.max(change) > 1e-14 * np.max(np.abs(dense(generator))):
        raise SymmetryError(_message(f"the jumps of {emitter.name}"))


def _message(term: str) -> str:
    return (
        f"The network does not conserve the excitation number: {term} would change it. "
        "Use te.Fock(...), which needs no symmetry."
    )
