r"""The excitation number of the emitters, and whether the dynamics respects it.

A network has a weak U(1) symmetry if every emitter carries an integer charge per level such that
its lowering operator removes one, and every term of the master equation maps the sector
\(q = N_i - N_j\) of \(|i\rangle\langle j|\) to itself. The charges are found from the operators.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from thermalent.liouville import Term, emitter_terms
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

    Raises:
        SymmetryError: the network has no U(1) symmetry; the offending term is named.
    """
    numbers = np.zeros(1, dtype=np.int64)
    for emitter in network.emitters:
        numbers = (numbers[:, None] + level_charges(emitter)[None, :]).ravel()
    for term in emitter_terms(network):
        _require_conservation(term, numbers)
    return numbers


def element_charges(numbers: Sequence[int] | np.ndarray) -> np.ndarray:
    """Charge q = N_i - N_j of each element |i><j|, row-major, (d^2,) integers."""
    n = np.asarray(numbers)
    return (n[:, None] - n[None, :]).ravel()


def _require_conservation(term: Term, numbers: np.ndarray) -> None:
    q = element_charges(numbers)
    generator = sparse.coo_array(term.generator)
    change = q[generator.row] != q[generator.col]
    if np.any(np.abs(generator.data[change]) > 0):
        raise SymmetryError(_message(f"the {term.name}"))


def _message(term: str) -> str:
    return (
        f"The network does not conserve the excitation number: {term} changes it. "
        "Use te.Fock(...), which needs no symmetry."
    )
