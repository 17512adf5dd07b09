r"""The hierarchy of one mode as a block-tridiagonal chain of tiers N = k + l.

At tier N the operators \(\mu^{kl}\) with k + l = N are the charge sectors q = k - l of one
Hermitian d x d matrix, because \(\mu^{lk} = (\mu^{kl})^\dagger\). In an orthonormal basis of
Hermitian matrices (E_ii, then (E_ij + E_ji)/sqrt2 and i(E_ij - E_ji)/sqrt2) the whole chain is
*real*; even tiers hold the even charges and odd tiers the odd ones, 8 unknowns each for two
qubits. Elements that the populations never reach (for the resonant cascade all the imaginary parts)
drop out.

$$\dot x_N = (A_{N \bmod 2} - \lambda N)\, x_N + B_N x_{N-1} + C_N x_{N+1}$$

with every element of B_N a constant times \(\sqrt{k}\) or \(\sqrt{l}\), and of C_N a constant times
\(\sqrt{l + 1}\) or \(\sqrt{k + 1}\). Both follow from the integer
\(e = (q_i - q_j)\, q_i\) of the element: \(\sqrt{(N + e)/2}\) and \(\sqrt{(N - e)/2 + 1}\).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.networks.symmetry import element_charges
from thermalent.numerics.reachable import reachable
from thermalent.operators.superoperators import Operator, Superoperator, sandwich
from thermalent.support.errors import ArgumentError

# An entry this much smaller than what it was summed from is the rounding of a sum that cancels.
_ROUNDING = 4 * np.finfo(float).eps  # as in `kernels.basis`


class Band(NamedTuple):
    """A coupling between neighbouring tiers as (row, column, value, e) of its nonzero elements."""

    row: np.ndarray
    col: np.ndarray
    value: np.ndarray
    e: np.ndarray

    def rising(self, n: int | np.ndarray) -> np.ndarray:
        """The elements of B into tier n; of several tiers, (t, 1), those of each."""
        return self.value * np.sqrt(np.maximum(0.5 * (n + self.e), 0.0))

    def falling(self, n: int | np.ndarray) -> np.ndarray:
        """The elements of C into tier n; of several tiers, (t, 1), those of each."""
        return self.value * np.sqrt(np.maximum(0.5 * (n - self.e) + 1.0, 0.0))


class Sizes(NamedTuple):
    """Sums of the absolute values that the elements were summed from.

    Args:
        a: Of A of even and odd tiers, (m_0, m_0) and (m_1, m_1).
        up: Of B into even and odd tiers, (m_0, m_1) and (m_1, m_0).
        down: The same of C.
    """

    a: tuple[np.ndarray, np.ndarray]
    up: tuple[np.ndarray, np.ndarray]
    down: tuple[np.ndarray, np.ndarray]


class HierarchyChain(NamedTuple):
    """The chain of tiers; index 0 of each pair is for even N, index 1 for odd N.

    Args:
        a: Blocks A of even and odd tiers, (m_0, m_0) and (m_1, m_1), real.
        up: Couplings B into even and odd tiers, from the tier below.
        down: Couplings C into even and odd tiers, from the tier above.
        rate: Amplitude decay rate lambda of the mode.
        width: sqrt|V|: the number of tiers that matter is a few times this.
        tier0_size: Number of unknowns of tier 0: the first so many of the even ones.
        basis: Hermitian basis matrices as columns for the even and the odd unknowns, (d^2, m_0)
            and (d^2, m_1).
        charge: k - l of the even and the odd unknowns, (m_0,) and (m_1,).
        size: What the elements were summed from, where it is known.
    """

    a: tuple[np.ndarray, np.ndarray]
    up: tuple[Band, Band]
    down: tuple[Band, Band]
    rate: float
    width: float
    tier0_size: int
    basis: tuple[Operator, Operator]
    charge: tuple[np.ndarray, np.ndarray]
    size: Sizes | None = None


class HierarchyTerms(NamedTuple):
    """A, B and C on all operators of the emitters, without the roots of k and l: (d^2, d^2) each.

    Args:
        a: What acts within a tier.
        up: What acts from the tier below, divided by the scale.
        down: What acts from the tier above, times the scale.
        rate: Amplitude decay rate of the mode.
        scale: Of the tiers against each other.
    """

    a: Superoperator
    up: Superoperator
    down: Superoperator
    rate: float
    scale: float


def generator(h: Hierarchy, charge: int = 0, scale: float | None = None) -> HierarchyTerms:
    """The generator of a hierarchy with one mode.

    Args:
        h: The hierarchy.
        charge: See `hierarchy_chain`.
        scale: Of the tiers against each other; if not given, the one that balances them.

    Raises:
        ValueError: the hierarchy has not exactly one mode.
    """
    if len(h.modes) != 1:
        raise ArgumentError(
            f"A chain of tiers of fixed size needs one Gaussian mode, not {len(h.modes)}."
        )
    mode = h.modes[0]
    # Up and down couplings are balanced for large variance and regular for small (normally
    # ordered moments): only their product matters to the emitters.
    if scale is None:
        scale = float(np.sqrt(abs(mode.variance))) if abs(mode.variance) > 1 else 1.0
    rotation = 1j * mode.detuning * (element_charges(h.numbers) - charge)
    dense = isinstance(h.liouvillian, np.ndarray)
    up = mode.variance * (mode.drive + mode.drive_conj) + (mode.backaction + mode.backaction_conj)
    return HierarchyTerms(
        a=h.liouvillian + (np.diag(rotation) if dense else sparse.diags_array(rotation)),
        up=up / scale,
        down=(mode.drive + mode.drive_conj) * scale,
        rate=mode.rate,
        scale=scale,
    )


def hierarchy_chain(
    h: Hierarchy,
    start: np.ndarray | None = None,
    charge: int = 0,
    *,
    complete: bool = False,
    changes: Sequence[HierarchyTerms] = (),
    scale: float | None = None,
    disturbance: np.random.Generator | None = None,
    keep_trace: bool = False,
) -> HierarchyChain:
    """The chain of tiers of a hierarchy with one mode.

    Args:
        h: The hierarchy.
        start: (d, d) array whose nonzero elements are the ones to start from (an initial state);
            of total charge zero the populations always are.
        charge: Total charge Q of the operators, emitters and source together. A density matrix of
            charge Q starts as emitter coherences with q = Q; then q = Q + k - l at tier (k, l).
            Steady states have Q = 0, and only that sector is real.
        complete: Keep also what cannot be reached: a change of the network may reach it.
        changes: Instead, changes of the generator: keep also what these reach.
        scale: See `generator`.
        disturbance: If given, every element is changed at random by as much as assembling it in
            double precision may have lost: what this changes of a result shows its conditioning.
        keep_trace: Whether the changed chain conserves the trace, as an evolution needs it: what
            rounding takes of the trace would grow with time.

    Returns:
        The chain, restricted to the unknowns that can be reached from the start, unless complete.

    Raises:
        ValueError: the hierarchy has not exactly one mode.
    """
    full = generator(h, charge, scale)
    basis, difference = _basis(h, charge, isinstance(h.liouvillian, np.ndarray))
    a, b, c = (
        _in_basis(basis, superoperator, real=charge == 0)
        for superoperator in (full.a, full.up, full.down)
    )
    conserved = len(h.numbers) if keep_trace and charge == 0 else 0
    if disturbance is not None:
        a, b, c = (
            _disturbed(basis, superoperator, matrix, disturbance, conserved)
            for superoperator, matrix in zip((full.a, full.up, full.down), (a, b, c), strict=True)
        )

    seed = np.zeros(basis.shape[0], dtype=bool)
    if charge == 0:
        seed[: len(h.numbers)] = True
    if start is not None:
        seed |= np.abs(basis.conj().T @ np.asarray(start, dtype=complex).ravel()) > 0
        seed &= difference == 0
    parts = [a, b, c]
    for change in changes:
        parts += [_in_basis(basis, part, real=charge == 0) for part in change[:3]]
    keep = np.arange(len(seed)) if complete else reachable(seed, sum(abs(part) for part in parts))
    order = [keep[difference[keep] % 2 == parity] for parity in (0, 1)]
    even, odd = order[0][np.argsort(np.abs(difference[order[0]]), kind="stable")], order[1]
    return HierarchyChain(
        a=(_block(a, even), _block(a, odd)),
        up=(_band(b, difference, even, odd), _band(b, difference, odd, even)),
        down=(_band(c, difference, even, odd), _band(c, difference, odd, even)),
        rate=full.rate,
        width=float(np.sqrt(abs(h.modes[0].variance))),
        tier0_size=int(np.count_nonzero(difference[even] == 0)),  # tier 0 first
        basis=(basis[:, even], basis[:, odd]),
        charge=(difference[even], difference[odd]),
    )


def _basis(h: Hierarchy, charge: int, dense: bool) -> tuple[Operator, np.ndarray]:
    """Orthonormal basis operators as columns (d^2, d^2), and k - l of each, (d^2,).

    For Q = 0 they are Hermitian and hold k - l of both signs: the first d are the populations.
    """
    d = len(h.numbers)
    if charge == 0:
        rows, cols, values, difference = _hermitian(h.numbers)
    else:
        rows = cols = np.arange(d * d)
        values = np.ones(d * d)
        difference = element_charges(h.numbers) - charge
    if not dense:
        return sparse.csr_array((values, (rows, cols)), shape=(d * d, d * d)), difference
    basis = np.zeros((d * d, d * d), dtype=complex)
    basis[rows, cols] = values
    return sandwich(h.bright_dark, h.bright_dark.conj().T) @ basis, difference  # E_ij -> |f_i><f_j|


def _hermitian(numbers: np.ndarray) -> tuple[np.ndarray, ...]:
    """E_ii, (E_ij + E_ji)/sqrt2, i(E_ij - E_ji)/sqrt2 as rows, cols, values; and |q| of each."""
    d = len(numbers)
    i, j = np.triu_indices(d, 1)
    n = len(i)
    upper, lower = i * d + j, j * d + i
    r = np.full(n, 1 / np.sqrt(2))
    column = np.arange(n)
    rows = np.concatenate([np.arange(d) * (d + 1), upper, lower, upper, lower])
    cols = np.concatenate([np.arange(d), d + column, d + column, d + n + column, d + n + column])
    values = np.concatenate([np.ones(d), r, r, 1j * r, -1j * r])
    place, difference = hermitian_order(numbers)
    return rows, place[cols], values, difference


def hermitian_order(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The column of each Hermitian basis operator, (d^2,), and |q| of the columns, (d^2,).

    They are made in the order of populations, sums and differences of pairs, and stand in the order
    of their charge: the populations stay first.
    """
    i, j = np.triu_indices(len(numbers), 1)
    q = np.abs(numbers[i] - numbers[j])
    charge_of = np.concatenate([np.zeros(len(numbers), dtype=q.dtype), q, q])
    order = np.argsort(charge_of, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place, charge_of[order]


def _in_basis(basis: Operator, superoperator: Superoperator, *, real: bool) -> Superoperator:
    """A superoperator in the basis, dense if it was; real if it preserves Hermiticity."""
    if isinstance(basis, np.ndarray):
        from thermalent.continued_fraction.chain.kernels import basis as basis_kernels

        n, row = len(basis), basis_kernels.row_length(len(basis))
        parts, rotated = np.empty((3, n, row)), np.empty((1 if real else 2, n, row))
        size, lists = np.empty((1, n, row)), np.empty((4, n * n + 1), np.int64)
        room = np.empty((3, n, row)), np.empty((3, n * n)), lists
        basis_kernels.parts(basis, parts)
        array, span = np.asarray(superoperator, dtype=complex), np.array([n * [0], n * [n]])
        places = np.argwhere(array).T.copy()
        basis_kernels.to_basis(array, places, parts, span, np.zeros(n), rotated, size, room)
        matrix = rotated[0] if real else rotated[0] + 1j * rotated[1]
        basis_kernels.drop_rounding(matrix, size[0])
        return np.ascontiguousarray(matrix[:, :n])
    matrix = basis.conj().T @ (superoperator @ basis)
    absolute = abs(basis)
    size = absolute.T @ (abs(superoperator) @ absolute)
    matrix = sparse.csr_array(matrix.real if real else matrix)
    matrix = sparse.csr_array(matrix.multiply(abs(matrix) > _ROUNDING * size))
    matrix.eliminate_zeros()
    return matrix


def _disturbed(
    basis: Operator,
    superoperator: Superoperator,
    matrix: Superoperator,
    rng: np.random.Generator,
    populations: int,
) -> Superoperator:
    """The matrix of a superoperator plus what rounding may have changed of it, at random.

    A sum of products is off by a few eps times the sum of their absolute values, however small it
    is itself; what `_in_basis` set to zero is missing by as much as it was. With a
    number of populations the trace stays conserved: what one of them gains, others lose.
    """
    size = _size_of_sums(basis, superoperator, real=not np.iscomplexobj(matrix))
    if isinstance(matrix, np.ndarray):
        dropped = np.where(matrix == 0, np.abs(basis.conj().T @ (superoperator @ basis)), 0.0)
        lost = _ROUNDING * size + dropped
        change = lost * rng.standard_normal(matrix.shape)
        if populations:
            largest = np.argmax(size[:populations], axis=0)
            change[largest, np.arange(len(largest))] -= change[:populations].sum(axis=0)
        return matrix + change
    lost = sparse.csr_array(_ROUNDING * size)
    lost.data = lost.data * rng.standard_normal(len(lost.data))
    if populations:
        surplus = np.asarray(lost[:populations].sum(axis=0)).ravel()
        largest = np.asarray(sparse.csc_array(size[:populations]).argmax(axis=0)).ravel()
        columns = np.arange(len(largest))
        lost = lost - sparse.csr_array((surplus, (largest, columns)), shape=lost.shape)
    return sparse.csr_array(matrix + lost)


def _size_of_sums(basis: Operator, superoperator: Superoperator, *, real: bool) -> Superoperator:
    """Sums of the absolute values of what the elements in the basis are summed from.

    Where only the real part is kept, its terms are products of two real or two imaginary numbers:
    what a symmetry makes imaginary has no rounding there.
    """
    if not real:
        return abs(basis).T @ (summed(superoperator) @ abs(basis))
    parts = abs(basis.real), abs(basis.imag)
    of_real, of_imaginary = summed(superoperator.real), summed(superoperator.imag)
    return (
        parts[0].T @ (of_real @ parts[0] + of_imaginary @ parts[1])
        + parts[1].T @ (of_real @ parts[1] + of_imaginary @ parts[0])
    )  # fmt: skip


def summed(superoperator: Superoperator) -> Superoperator:
    """Absolute values of the elements, and of what the diagonal ones were summed from.

    What stands at |i><j| came from both sides: a large dephasing cancels in the populations, but
    not in the coherences with the same i or j.
    """
    sizes = abs(superoperator)
    decay = np.asarray(sizes.diagonal())
    d = round(np.sqrt(len(decay)))
    most = np.max(decay.reshape(d, d), axis=1)
    missing = np.add.outer(most, most).ravel() - decay  # none of which is negative
    if isinstance(sizes, np.ndarray):
        return sizes + np.diag(missing)
    return sizes + sparse.diags_array(missing)


def _block(matrix: Superoperator, index: np.ndarray) -> np.ndarray:
    if isinstance(matrix, np.ndarray):
        return matrix[np.ix_(index, index)]
    return matrix[index][:, index].toarray()


def nonzero(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the elements that are not zero, each an array without gaps.

    Those of `np.nonzero` have gaps, and kernels would be compiled once more for them.
    """
    row, col = np.nonzero(table)
    return np.ascontiguousarray(row), np.ascontiguousarray(col)


def _band(matrix: Superoperator, charge: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> Band:
    if isinstance(matrix, np.ndarray):
        table = matrix[np.ix_(rows, cols)]
        row, col = nonzero(table)
        value = table[row, col]
    else:
        block = sparse.coo_array(matrix[rows][:, cols])
        row, col, value = block.row.astype(np.int64), block.col.astype(np.int64), block.data
    e = (charge[rows[row]] - charge[cols[col]]) * charge[rows[row]]
    return Band(row, col, value, e.astype(float))
