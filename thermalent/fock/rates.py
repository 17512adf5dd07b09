r"""The slowest eigenvalues of the Lindbladian of many emitters alone, \(-\mathcal{L} X = r X\)."""

from __future__ import annotations

import numpy as np
from scipy import linalg as dense
from scipy import sparse
from scipy.sparse import linalg

from thermalent.fock.lindbladian import generator_norm, lindbladian
from thermalent.fock.problem import problem as problem_of
from thermalent.fock.space import space
from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError, require_memory

# Unknowns up to which all eigenvalues are computed, and up to which the matrix is factorised.
_DENSE = 1000
_FACTORISED = 15_000
_PER_ELEMENT = 80.0  # bytes of the matrix, both sets of vectors and LAPACK's copies, measured
# Distance of the shifts from the imaginary axis, as a part of the largest rate: no eigenvalue lies
# to its right.
_SHIFT = 1e-3
_EPS = float(np.finfo(float).eps)


def slowest_rates(network: Network, count: int) -> tuple[np.ndarray, np.ndarray, int, bool]:
    r"""The slowest decay rates in the sector of the populations, in double precision.

    An error is \(\|\mathcal{L}x + r x\|\, \kappa\) with \(\kappa = 1/|y^\dagger x|\) the condition
    number of the eigenvalue where all are found, and the change between two shifts otherwise. What
    its error cannot tell from zero counts as stationary.

    Args:
        network: Emitters without modes.
        count: How many rates.

    Returns:
        The rates, their errors, how many are stationary, and whether all eigenvalues were found, so
        that none can be missing; else they were searched for beside several frequencies.

    Raises:
        MethodError: there are too many unknowns.
    """
    problem = problem_of(network, "auto")
    kept = space(network, (), problem.numbers)
    if kept.elements > _FACTORISED:
        raise MethodError(
            f"Relaxation rates need a factorisation, and {kept.elements} unknowns are too many; "
            f"up to {_FACTORISED} are taken. Use fewer emitters."
        )
    complete = kept.elements <= _DENSE
    needed = _PER_ELEMENT * kept.elements**2 if complete else problem.cost(()).direct
    require_memory("This list of relaxation rates", needed, "Use fewer emitters.")
    generator = lindbladian(network, kept)
    matrix, scale = generator.matrix, generator_norm(generator)
    values, errors = _all(matrix, scale) if complete else _beside_the_axis(matrix, scale, count)
    # The trace is conserved: the smallest eigenvalue is zero whatever its error.
    moving = np.abs(values) > errors
    moving[np.argmin(np.abs(values))] = False
    rates, errors = -values[moving], errors[moving]
    order = np.argsort(rates.real, kind="stable")[:count]
    return rates[order], errors[order], int(np.count_nonzero(~moving)), complete


def _all(matrix: sparse.csr_array, scale: float) -> tuple[np.ndarray, np.ndarray]:
    full = matrix.toarray()
    values, left, right = dense.eig(full, left=True, right=True)
    overlap = np.abs(np.sum(left.conj() * right, axis=0))
    residual = np.linalg.norm(full @ right - right * values, axis=0)
    # A defective eigenvalue has no condition number: it splits by the root of rounding.
    return values, (residual + _EPS * scale) / np.maximum(overlap, np.sqrt(_EPS))


def _beside_the_axis(
    matrix: sparse.csr_array, scale: float, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues near zero and near frequencies up to the largest rate, from two shifts each."""
    values, errors = np.zeros(0, dtype=complex), np.zeros(0)
    for frequency in (0.0, *(scale * 2.0 ** -np.arange(8.0))):
        nearby, check = (
            _near(matrix, count, shift * scale + 1j * frequency) for shift in (_SHIFT, 3 * _SHIFT)
        )
        error = np.min(np.abs(nearby[:, None] - check[None, :]), axis=1) + 10 * _EPS * scale
        if frequency:
            upper = nearby.imag > 1e-9 * scale
            nearby = np.concatenate([nearby[upper], nearby[upper].conj()])
            error = np.concatenate([error[upper], error[upper]])
        distance = np.abs(nearby[:, None] - values[None, :])
        fresh = np.min(distance, axis=1, initial=np.inf) > 1e-7 * scale
        values = np.concatenate([values, nearby[fresh]])
        errors = np.concatenate([errors, error[fresh]])
    return values, errors


def _near(matrix: sparse.csr_array, count: int, shift: complex) -> np.ndarray:
    sparse_matrix = sparse.csc_array(matrix)
    if shift.imag:
        sparse_matrix = sparse_matrix.astype(complex)
    values: np.ndarray = linalg.eigs(
        sparse_matrix,
        k=count + 3,
        sigma=shift if shift.imag else shift.real,
        v0=np.ones(matrix.shape[0]),
        return_eigenvectors=False,
    )
    return values
