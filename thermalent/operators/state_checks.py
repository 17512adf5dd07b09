"""Checks that arrays are states: density matrices, kets, and the dimensions of their subsystems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from thermalent.operators import given_states
from thermalent.support.calls import with_explained_calls
from thermalent.support.checks import Words, fail, integer, nonnegative, square_matrix
from thermalent.support.machine.one_thread import one_thread

STATE_TOLERANCE = 1e-9
"""How far a state may be from Hermitian, unit trace and positive.

Well above what rounding leaves in a converged steady state (1e-12) and well below an element of
interest; truncated or statistical states of larger error need a tolerance of that error.
"""

# Dimension from which eigenvalues take longer than a factorisation or a search for blocks.
_LARGE = 100
# How many matrices are eliminated together and up to which dimension, and what rounding may do to a
# pivot: less than one unit for each element of the matrix.
_MANY, _SMALL = 16, 8
_PIVOT_ROUNDING = _SMALL**2 * float(np.finfo(float).eps)


def none_below(matrix: np.ndarray, least: float) -> bool:
    """Whether no eigenvalue of a large Hermitian matrix lies below a negative number.

    By the factorisation of Cholesky, on one thread, which takes a tenth of the time of eigenvalues.
    False where that does not tell, and for small matrices, whose eigenvalues take no longer.

    Args:
        matrix: Hermitian, (d, d).
        least: The number.
    """
    if len(matrix) < _LARGE or not least < 0:
        return False
    raised = np.array(matrix)
    raised[np.diag_indices_from(raised)] -= least
    with one_thread():
        try:
            lower = np.linalg.cholesky(raised)
        except np.linalg.LinAlgError:
            return False
    return bool(np.isfinite(np.trace(lower)))  # what is not a number spreads to the diagonal


def surely_above(matrices: np.ndarray, least: float | np.ndarray) -> np.ndarray:
    """Which of many small Hermitian matrices have no eigenvalue below a number, (t,).

    By elimination: less the number, they have positive pivots alone. Of many it takes far less
    time than the eigenvalues. False where rounding may decide, and for all where they are few
    or large.

    Args:
        matrices: Hermitian, (t, d, d).
        least: The number, or one for each matrix, (t,).
    """
    count, d = matrices.shape[:2]
    if count < _MANY or d > _SMALL:
        return np.zeros(count, dtype=bool)
    from thermalent.operators.bounds.elimination_kernels import positive_pivots

    left, good = np.empty((d, d), dtype=complex), np.empty(count, dtype=bool)
    given = np.ascontiguousarray(matrices, dtype=complex)
    positive_pivots(given, np.full(count, least), _PIVOT_ROUNDING, left, good)
    return good


@with_explained_calls
def lowest_eigenvalue(matrix: np.ndarray) -> float:
    """Smallest eigenvalue of a Hermitian matrix.

    It is taken block by block where the matrix has blocks, as states without coherence between
    different excitation numbers do: ten qubits then take a hundredth of the time.

    Args:
        matrix: Hermitian, (d, d).

    Returns:
        The eigenvalue.
    """
    shape = np.shape(matrix)
    if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 0:
        fail("matrix", "a square matrix", Words(f"an array of shape {shape}"))
    if len(matrix) < _LARGE:
        return float(np.linalg.eigvalsh(matrix)[0])
    from scipy import sparse
    from scipy.sparse import csgraph

    _, labels = csgraph.connected_components(sparse.csr_array(matrix != 0), directed=False)
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    return min(float(np.linalg.eigvalsh(matrix[np.ix_(block, block)])[0]) for block in members)


@with_explained_calls
def check_state(
    rho: Any, tolerance: float = STATE_TOLERANCE, *, name: str = "rho", size: int | None = None
) -> np.ndarray:
    r"""Check that a matrix is a density matrix, and name the property that fails.

    $$\rho = \rho^\dagger, \qquad \mathrm{Tr}\,\rho = 1, \qquad \rho \ge 0$$

    Args:
        rho: Matrix, shape (d, d), or an operator of QuTiP.
        tolerance: Largest deviation allowed, dimensionless: of an element from that of the
            adjoint, of the trace from 1, of the smallest eigenvalue below 0.
        name: What the error message calls the matrix.
        size: The dimension d that is required, if any.

    Returns:
        The Hermitian part of `rho`, complex, shape (d, d), otherwise as given: eigenvalues
        between -tolerance and 0 stay.

    Raises:
        ValueError: `rho` is not square or finite, or has none of the three properties to
            `tolerance`; the message gives the deviation.
    """
    tolerance = nonnegative("tolerance", tolerance)
    size = None if size is None else integer("size", size, 1)
    matrix = square_matrix(name, given_states.plain_state(name, rho), size)
    if matrix.size == 0:
        fail(name, "a state of dimension one or more", Words("empty"))
    adjoint = matrix.conj().T
    deviation = float(np.abs(matrix - adjoint).max())
    if deviation > tolerance:
        value = Words(f"not: its largest deviation from its adjoint is {deviation:.6g}")
        fail(name, f"Hermitian to {tolerance:g}", value)
    matrix = np.asarray((matrix + adjoint) / 2)
    trace = float(matrix.trace().real)
    if abs(trace - 1) > tolerance:
        fail(name, f"of unit trace to {tolerance:g}", Words(f"of trace {trace:.12g}"))
    lowest = 0.0 if none_below(matrix, -tolerance) else lowest_eigenvalue(matrix)
    if lowest < -tolerance:
        value = Words(f"not: its smallest eigenvalue is {lowest:.6g}")
        fail(name, f"positive semidefinite to {tolerance:g}", value)
    return matrix


@with_explained_calls
def check_ket(
    psi: Any, tolerance: float = STATE_TOLERANCE, *, name: str = "psi", size: int | None = None
) -> np.ndarray:
    """Check that a vector is a normalised ket.

    Args:
        psi: Amplitudes, shape (d,) or (d, 1), or a ket of QuTiP.
        tolerance: Largest deviation of the norm from 1.
        name: What the error message calls the vector.
        size: The dimension d that is required, if any.

    Returns:
        The amplitudes as given, complex, shape (d,).

    Raises:
        ValueError: `psi` is not a vector of `size` finite numbers, or not of norm 1.
    """
    tolerance = nonnegative("tolerance", tolerance)
    size = None if size is None else integer("size", size, 1)
    try:
        vector = np.array(given_states.plain_state(name, psi), dtype=complex)
    except (TypeError, ValueError, OverflowError):
        fail(name, "a ket of numbers", psi)
    if vector.ndim != 1 or vector.size != (size or max(vector.size, 1)):
        kind = "a ket" if size is None else f"a ket of {size} amplitudes"
        fail(name, kind, Words(f"an array of shape {vector.shape}"))
    if not np.all(np.isfinite(vector)):
        fail(name, "finite in every element", Words("not"))
    norm = float(np.linalg.norm(vector))
    if abs(norm - 1) > tolerance:
        fail(name, f"of norm 1 to {tolerance:g}", Words(f"of norm {norm:.12g}"))
    return vector


@with_explained_calls
def density(
    state: Any,
    tolerance: float = STATE_TOLERANCE,
    *,
    name: str = "state",
    size: int | None = None,
) -> np.ndarray:
    r"""Turn a ket into its density matrix |psi><psi|; check a density matrix and return it.

    Args:
        state: Ket, shape (d,) or (d, 1), density matrix, shape (d, d), or `qutip.Qobj` of either.
        tolerance: See `check_state` and `check_ket`.
        name: What the error message calls the state.
        size: The dimension d that is required, if any.

    Returns:
        Density matrix, complex, shape (d, d).

    Raises:
        ValueError: `state` is neither a normalised ket nor a density matrix.
    """
    if is_ket(state):
        psi = check_ket(state, tolerance, name=name, size=size)
        return np.outer(psi, psi.conj())
    return check_state(state, tolerance, name=name, size=size)


@with_explained_calls
def is_ket(state: Any) -> bool:
    """Tell whether an array is a vector or a column, so that it can only be meant as a ket.

    Args:
        state: Anything that may be a ket or a density matrix.

    Returns:
        True for an array of shape (d,) or (d, 1), and for a ket of QuTiP.
    """
    try:
        return np.ndim(given_states.plain_state("state", state)) == 1
    except ValueError:  # a ragged sequence is no ket; the check of the matrix names the error
        return False


@with_explained_calls
def check_dims(dims: Any, size: int, *, of: Any = None) -> tuple[int, ...]:
    """Return the dimensions of the subsystems of a state.

    Args:
        dims: The dimensions as given; None means those that the state has by itself, else qubits.
        size: Dimension of the whole state.
        of: The state as it was given: a `qutip.Qobj` has dimensions by itself.

    Returns:
        The dimensions as integers, leftmost factor first.

    Raises:
        ValueError: `dims` does not multiply to `size`, is not what the state has by itself, or is
            None and `size` no power of two.
    """
    integer("size", size, 1)
    if dims is None:
        dims = given_states.stated_dims("rho", of)
    if dims is None:
        qubits = size.bit_length() - 1
        if size != 2**qubits:
            fail("dims", f"given for a state of dimension {size} (not a power of two)", dims)
        return (2,) * qubits
    checked = dimensions_of(dims)
    if int(np.prod(checked, dtype=object)) != size:
        fail("dims", f"dimensions whose product is {size}", checked)
    given_states.require_dims("rho", of, checked)
    return checked


def dimensions_of(dims: Any) -> tuple[int, ...]:
    """Return dimensions of subsystems as a tuple of positive integers."""
    several = isinstance(dims, (Sequence, np.ndarray)) and not isinstance(dims, str)
    if not several or getattr(dims, "ndim", 1) == 0 or any(np.ndim(each) for each in dims):
        fail("dims", "a sequence of dimensions", dims)
    return tuple(integer("dims", dimension, 1) for dimension in dims)
