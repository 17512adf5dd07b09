r"""The slowest eigenvalues of the Lindbladian of emitters alone, \(-\mathcal{L} X = r X\)."""

from __future__ import annotations

import numpy as np
from scipy import linalg as dense
from scipy import sparse
from scipy.sparse import linalg

from thermalent.fock.lindbladian import largest_rate, lindbladian
from thermalent.fock.problem import problem as problem_of
from thermalent.fock.space import space
from thermalent.networks.network import Network
from thermalent.solution.method import MethodError

# Unknowns up to which all eigenvalues are found, and up to which the matrix is factorised.
_DENSE = 300
_FACTORISED = 15_000
# Eigenvalues below this part of the largest rate are the steady state's zero.
_ZERO = 1e-11
# Beside zero, part of the largest rate: no eigenvalue lies to its right.
_SHIFT = 1e-3


def slowest_rates(network: Network, count: int) -> tuple[np.ndarray, np.ndarray]:
    r"""The slowest decay rates in the sector of the populations, and their errors.

    An error is \(\|\mathcal{L}x + r x\|\, \kappa\) with \(\kappa = 1/|y^\dagger x|\) the condition
    number of the eigenvalue where all are found, and the change between two shifts otherwise.

    Args:
        network: Emitters without modes.
        count: How many rates; the zero of the steady state is left out.

    Raises:
        MethodError: there are too many unknowns.
    """
    kept = space(network, (), problem_of(network, "auto").numbers)
    if kept.elements > _FACTORISED:
        raise MethodError(
            f"Relaxation rates need a factorisation, and {kept.elements} unknowns are too many; "
            f"up to {_FACTORISED} are taken. Use fewer emitters."
        )
    generator = lindbladian(network, kept)
    matrix, scale = generator.matrix, largest_rate(generator)
    if kept.elements <= _DENSE:
        full = matrix.toarray()
        values, left, right = dense.eig(full, left=True, right=True)
        overlap = np.abs(np.sum(left.conj() * right, axis=0))
        residual = np.linalg.norm(full @ right - right * values, axis=0)
        rounding = np.finfo(float).eps * scale
        # A defective eigenvalue has no condition number: its parts spread by the root of rounding.
        errors = (residual + rounding) / np.maximum(overlap, np.sqrt(np.finfo(float).eps))
    else:
        found = [_near_zero(matrix, count, shift * scale) for shift in (_SHIFT, 3 * _SHIFT)]
        values, other = found
        errors = np.min(np.abs(values[:, None] - other[None, :]), axis=1)
    keep = np.abs(values) > _ZERO * scale
    rates, errors = -values[keep], errors[keep]
    order = np.argsort(rates.real, kind="stable")[:count]
    return rates[order], errors[order]


def _near_zero(matrix: sparse.csr_array, count: int, shift: float) -> np.ndarray:
    start = np.ones(matrix.shape[0])
    values: np.ndarray = linalg.eigs(
        sparse.csc_array(matrix), k=count + 3, sigma=shift, v0=start, return_eigenvectors=False
    )
    return values
