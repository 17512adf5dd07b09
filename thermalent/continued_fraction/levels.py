r"""The hierarchy of one mode as a block-tridiagonal chain of levels N = k + l.

At level N the operators \(\mu^{kl}\) with k + l = N are the charge sectors q = k - l of one
Hermitian d x d matrix, because \(\mu^{lk} = (\mu^{kl})^\dagger\). In an orthonormal basis of
Hermitian matrices (E_ii, then (E_ij + E_ji)/sqrt2 and i(E_ij - E_ji)/sqrt2) the whole chain is
*real*; even levels hold the even charges and odd levels the odd ones, 8 unknowns each for two
qubits. Elements that the populations never reach (for the resonant cascade all the imaginary parts)
drop out.

$$\dot x_N = (A_{N \bmod 2} - \lambda N)\, x_N + B_N x_{N-1} + C_N x_{N+1}$$

with every element of B_N a constant times \(\sqrt{k}\) or \(\sqrt{l}\), and of C_N a constant times
\(\sqrt{l + 1}\) or \(\sqrt{k + 1}\). Both follow from the integer
\(e = (q_i - q_j)\, q_i\) of the element: \(\sqrt{(N + e)/2}\) and \(\sqrt{(N - e)/2 + 1}\).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.charges import element_charges
from thermalent.continued_fraction.hierarchy import Hierarchy
from thermalent.liouville import Operator, Superoperator, sandwich

# An entry this much smaller than the largest of its matrix is the rounding of a sum that cancels.
_ROUNDING = 4 * np.finfo(float).eps


class Band(NamedTuple):
    """A coupling between neighbouring levels as (row, column, value, e) of its nonzero elements."""

    row: np.ndarray
    col: np.ndarray
    value: np.ndarray
    e: np.ndarray


class Levels(NamedTuple):
    """The chain of levels; index 0 of each pair is for even N, index 1 for odd N.

    Args:
        a: Blocks A of even and odd levels, (m_0, m_0) and (m_1, m_1), real.
        up: Couplings B into even and odd levels, from the level below.
        down: Couplings C into even and odd levels, from the level above.
        rate: Amplitude decay rate lambda of the mode.
        ground: Number of unknowns of level 0: the first so many of the even ones.
        basis: Hermitian basis matrices as columns for the even and the odd unknowns, (d^2, m_0)
            and (d^2, m_1).
    """

    a: tuple[np.ndarray, np.ndarray]
    up: tuple[Band, Band]
    down: tuple[Band, Band]
    rate: float
    ground: int
    basis: tuple[Operator, Operator]


def levels(h: Hierarchy, start: np.ndarray | None = None) -> Levels:
    """The chain of levels of a hierarchy with one mode.

    Args:
        h: The hierarchy.
        start: (d, d) array whose nonzero elements are the ones to start from (an initial state);
            the populations always are.

    Returns:
        The chain, restricted to the unknowns that can be reached from the start.

    Raises:
        ValueError: the hierarchy has not exactly one mode.
    """
    if len(h.modes) != 1:
        raise ValueError(
            f"A chain of levels of fixed size needs one Gaussian mode, not {len(h.modes)}."
        )
    mode = h.modes[0]
    dense = isinstance(h.liouvillian, np.ndarray)
    basis, charge = _hermitian_basis(h.numbers, h.frame, dense)
    # Up and down couplings are balanced for large variance and regular for small (normally
    # ordered moments): only their product matters to the emitters.
    scale = np.sqrt(abs(mode.variance)) if abs(mode.variance) > 1 else 1.0
    rotation = -1j * mode.detuning * element_charges(h.numbers)
    up = mode.variance * (mode.drive + mode.drive_conj) + (mode.back + mode.back_conj)
    a = _real(basis, h.liouvillian + (np.diag(rotation) if dense else sparse.diags_array(rotation)))
    b = _real(basis, up / scale)
    c = _real(basis, (mode.drive + mode.drive_conj) * scale)

    keep = _reachable(basis, (a, b, c), start)
    order = [keep[charge[keep] % 2 == parity] for parity in (0, 1)]
    order[0] = order[0][np.argsort(charge[order[0]], kind="stable")]  # level 0 first
    even, odd = order
    return Levels(
        a=(_block(a, even), _block(a, odd)),
        up=(_band(b, charge, even, odd), _band(b, charge, odd, even)),
        down=(_band(c, charge, even, odd), _band(c, charge, odd, even)),
        rate=mode.rate,
        ground=int(np.count_nonzero(charge[even] == 0)),
        basis=(basis[:, even], basis[:, odd]),
    )


def _hermitian_basis(
    numbers: np.ndarray, frame: np.ndarray, dense: bool
) -> tuple[Operator, np.ndarray]:
    """Orthonormal Hermitian matrices as columns (d^2, d^2), and |q| of each, (d^2,)."""
    d = len(numbers)
    i, j = np.triu_indices(d, 1)
    n = len(i)
    diagonal = np.arange(d) * (d + 1)
    upper, lower = i * d + j, j * d + i
    r = np.full(n, 1 / np.sqrt(2))
    column = np.arange(n)
    rows = np.concatenate([diagonal, upper, lower, upper, lower])
    cols = np.concatenate([np.arange(d), d + column, d + column, d + n + column, d + n + column])
    values = np.concatenate([np.ones(d), r, r, 1j * r, -1j * r])
    basis: Operator
    if dense:
        basis = np.zeros((d * d, d * d), dtype=complex)
        basis[rows, cols] = values
        basis = sandwich(frame, frame.conj().T) @ basis  # E_ij -> |f_i><f_j|
    else:
        basis = sparse.csr_array((values, (rows, cols)), shape=(d * d, d * d))
    q = np.abs(numbers[i] - numbers[j])
    return basis, np.concatenate([np.zeros(d, dtype=q.dtype), q, q])


def _real(basis: Operator, superoperator: Superoperator) -> Superoperator:
    """A Hermiticity-preserving superoperator in the Hermitian basis: real, dense if it was."""
    matrix = basis.conj().T @ (superoperator @ basis)
    if isinstance(matrix, np.ndarray):
        real = np.ascontiguousarray(matrix.real)
        real[np.abs(real) < _ROUNDING * np.max(np.abs(real))] = 0.0
        return real
    matrix = sparse.csr_array(matrix.real)
    matrix.data[np.abs(matrix.data) < _ROUNDING * np.max(np.abs(matrix.data), initial=0.0)] = 0.0
    matrix.eliminate_zeros()
    return matrix


def _reachable(
    basis: Operator, matrices: tuple[Superoperator, ...], start: np.ndarray | None
) -> np.ndarray:
    """Indices of the basis elements that the start can ever populate."""
    size = basis.shape[0]
    reached = np.zeros(size, dtype=bool)
    reached[: round(np.sqrt(size))] = True
    if start is not None:
        reached |= np.abs(basis.conj().T @ np.asarray(start, dtype=complex).ravel()) > 0
    pattern = abs(matrices[0]) + abs(matrices[1]) + abs(matrices[2])
    while True:
        grown = reached | (pattern @ reached.astype(float) > 0)
        if np.array_equal(grown, reached):
            return np.flatnonzero(reached)
        reached = grown


def _block(matrix: Superoperator, index: np.ndarray) -> np.ndarray:
    if isinstance(matrix, np.ndarray):
        return matrix[np.ix_(index, index)]
    return matrix[index][:, index].toarray()


def _band(matrix: Superoperator, charge: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> Band:
    dense = isinstance(matrix, np.ndarray)
    block = sparse.coo_array(matrix[np.ix_(rows, cols)] if dense else matrix[rows][:, cols])
    row, col, value = block.row, block.col, block.data
    e = (charge[rows[row]] - charge[cols[col]]) * charge[rows[row]]
    return Band(row.astype(np.int64), col.astype(np.int64), value.astype(float), e.astype(float))
