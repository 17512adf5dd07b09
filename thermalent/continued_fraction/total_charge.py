r"""States as sums over the total charge, which the equation of motion conserves.

$$\rho(t) = X_0 + \sum_{Q > 0} (X_Q + X_Q^\dagger)$$

The total charge counts the excitations that the ket has more than the bra, in emitters and source
together; each \(X_Q\) is read from tier zero of its own hierarchy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.networks.symmetry import element_charges


def sum_of_charges(
    numbers: np.ndarray,
    times: np.ndarray,
    evolved: Callable[[int], tuple[np.ndarray, np.ndarray] | None],
) -> tuple[np.ndarray, np.ndarray]:
    """States (t, d, d) and errors (t,) of all charges.

    Args:
        numbers: Excitation numbers of the emitters' basis states, (d,).
        times: (t,).
        evolved: The part of a charge >= 0 at the times, (t, d, d), and its errors, (t,); None if
            it is zero.
    """
    d = len(numbers)
    states, error = np.zeros((len(times), d, d), dtype=complex), np.zeros(len(times))
    for charge in range(int(element_charges(numbers).max()) + 1):
        found = evolved(charge)
        if found is None:
            continue
        part, less = found
        states += part if charge == 0 else part + part.conj().transpose(0, 2, 1)
        error += less
    return states, error


def part_of_charge(numbers: np.ndarray, rho: np.ndarray, charge: int) -> np.ndarray | None:
    """The elements of a state with this charge, the others zero, (d, d); None if all are zero."""
    part = np.where(element_charges(numbers).reshape(rho.shape) == charge, rho, 0)
    return part if np.any(part) else None


def tier0_vector(chain: HierarchyChain | Tiers, part: np.ndarray, charge: int) -> np.ndarray:
    """A part of a state, (d, d), as a vector on tier zero; Hermitian ones are real."""
    found = np.asarray(chain.basis[0][:, : chain.tier0_size].conj().T @ part.ravel())
    return found.real if charge == 0 else found


def tier0_matrices(chain: HierarchyChain | Tiers, values: np.ndarray) -> np.ndarray:
    """Vectors on tier zero, (t, tier0), as matrices of the emitters, (t, d, d)."""
    basis = chain.basis[0][:, : chain.tier0_size]
    d = round(np.sqrt(basis.shape[0]))
    return np.asarray(basis @ values.T).T.reshape(-1, d, d)
