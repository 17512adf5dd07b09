r"""Where the numbers of a chain stand in the blocks of its tiers.

All elements of the blocks are sums of numbers of the chain (elements of L, of the drift H and of
the other operators, damping of tails) and of their conjugates, with factors that follow from the
placements of quanta alone,

$$\mathrm{value}_e = \sum_p F_{ep}\, \mathrm{Re}\, p + G_{ep}\, \mathrm{Im}\, p$$

so that chains of one pattern (the same emitters, poles and K, and zeros at the same places) share
F and G, which take most of the time that an assembly takes: points of a sweep, steps of a search.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.placements import placements
from thermalent.continued_fraction.several_poles.chain.unknowns import Unknowns

CONSTANT = np.inf  # the shift of a coefficient without root
_NO_ROOT = 10**6  # that, among whole numbers


class Pattern(NamedTuple):
    """The common properties of chains whose blocks have the same elements.

    Args:
        numbers: Excitation number of each basis state of the emitters.
        length: Amplitudes m of the chain.
        most: The largest order K of quanta beyond u_1.
        charge: Total charge Q.
        hermitian: Whether the unknowns are real.
        hops: The elements i != j of the drift that are not zero.
        operators: Positions row d^2 + col, as bytes of int64, of the emitters' operators: L; from
            below for each amplitude that for k and that for l; from above that for l and for k.
    """

    numbers: tuple[int, ...]
    length: int
    most: int
    charge: int
    hermitian: bool
    hops: tuple[tuple[int, int], ...]
    operators: tuple[bytes, ...]


class Places(NamedTuple):
    """Elements of one kind of block, and the sums that they are.

    Args:
        row: Unknowns of the rows, (n,).
        col: Of the columns, (n,).
        shift: What stands beside N/2 in the root; infinite without one, (n,).
        real: F, (n, p).
        imaginary: G, (n, p); of complex unknowns the factors of i Im p.
    """

    row: np.ndarray
    col: np.ndarray
    shift: np.ndarray
    real: sparse.csr_array
    imaginary: sparse.csr_array

    def values(self, numbers: np.ndarray, *, hermitian: bool) -> np.ndarray:
        """The values of all elements, (n,), from the numbers of a chain, (p,)."""
        real, imaginary = self.real @ numbers.real, self.imaginary @ numbers.imag
        return np.asarray(real + imaginary if hermitian else real + 1j * imaginary)


class Layout(NamedTuple):
    """Unknowns, and the elements within a tier, from below and from above.

    The numbers of a chain are, in this order: the operators, the diagonal of the drift, its hops,
    and the damping of its tails.
    """

    unknowns: Unknowns
    within: Places
    up: Places
    down: Places


@lru_cache(maxsize=32)
def layout(pattern: Pattern) -> Layout:
    """The layout of a pattern."""
    of = placements(pattern.length - 1, pattern.most)
    unknowns = Unknowns(np.array(pattern.numbers), of, pattern.charge, hermitian=pattern.hermitian)
    operators = [np.frombuffer(part, dtype=np.int64) for part in pattern.operators]
    starts = np.cumsum([0, *map(len, operators), pattern.length, len(pattern.hops)]).tolist()

    def operator(i: int) -> _Operator:
        row, col = np.divmod(operators[i], unknowns.e)
        return _Operator(row, col, starts[i] + np.arange(len(row)))

    diagonal, hops, damping = starts[len(operators) :]
    within, up, down = (_Collected(unknowns) for _ in range(3))
    within.operator(operator(0))
    within.decays(pattern.length, diagonal)
    within.hops(pattern.hops, hops)
    within.closure(pattern.length, damping)
    for j in range(pattern.length):
        up.raised(j, operator(2 * j + 1), kind=0)
        up.raised(j, operator(2 * j + 2), kind=1)
    down.lowered(operator(2 * pattern.length + 1), kind=1)
    down.lowered(operator(2 * pattern.length + 2), kind=0)
    count = damping + pattern.length
    return Layout(unknowns, within.places(count), up.places(count), down.places(count))


class _Operator(NamedTuple):
    """Elements of an emitters' superoperator, and which numbers of the chain they are."""

    row: np.ndarray
    col: np.ndarray
    number: np.ndarray


class _Part(NamedTuple):
    """Contributions to elements: factor times a number of the chain, or its conjugate."""

    row: np.ndarray
    col: np.ndarray
    shift: np.ndarray
    factor: np.ndarray
    number: np.ndarray
    sign: np.ndarray  # -1 of conjugates


class _Collected:
    """Elements of one kind of block, collected term by term."""

    def __init__(self, unknowns: Unknowns) -> None:
        self.unknowns = unknowns
        self.parts: list[_Part] = []

    def places(self, count: int) -> Places:
        """All of them, those of one place and one shift summed; `count` numbers."""
        if not self.parts:
            none = np.zeros(0, dtype=np.int64)
            empty = sparse.csr_array((0, count))
            return Places(none, none, np.zeros(0), empty, empty)
        part = _joined(*self.parts)
        if self.unknowns.hermitian:
            return self._halved(part, count)
        return _summed(part, part, count)

    def _halved(self, part: _Part, count: int) -> Places:
        """In real unknowns: Re X, and behind all of them Im X, of one of each pair.

        The unknowns of a pair are scaled by sqrt2, so that the basis is orthonormal.
        """
        n = self.unknowns.count
        conjugate = self.unknowns.conjugate
        own = np.arange(n)
        chosen, single = np.minimum(own, conjugate), conjugate == own
        part = _Part(*(column[chosen[part.row] == part.row] for column in part))
        size = np.where(single, 1.0, np.sqrt(2.0))
        factor = part.factor * size[part.row] / size[part.col]
        flipped = np.where(chosen[part.col] == part.col, 1.0, -1.0)  # sign of Im X in the chosen
        imag_row, imag_col = ~single[part.row], ~single[part.col]
        row, col = part.row, chosen[part.col]

        def of(to: int, from_: int, factors: np.ndarray, use: np.ndarray) -> _Part:
            every = (row + to, col + from_, part.shift, factors, part.number, part.sign)
            return _Part(*(column[use] for column in every))

        real = _joined(
            of(0, 0, factor, np.ones(len(row), dtype=bool)),
            of(n, n, factor * flipped, imag_row & imag_col),
        )
        imaginary = _joined(of(0, n, -factor * flipped, imag_col), of(n, 0, factor, imag_row))
        return _summed(real, imaginary, count)

    def add(
        self,
        to: np.ndarray,
        of: np.ndarray,
        factor: np.ndarray,
        operator: _Operator | int,
        shifts: np.ndarray | None = None,
        *,
        conjugate: bool = False,
    ) -> None:
        """Operator (or one number of the chain times 1) from placements `of` to `to`.

        Args:
            to: Placements of the rows, (n,).
            of: Placements of the columns, (n,).
            factor: Of each, (n,), or of each and each element, (n, elements).
            operator: The elements, or the position of a number.
            shifts: k_shift or l_shift of the unknowns, if there is a root; plus what is added.
            conjugate: Whether the number is conjugated.
        """
        u = self.unknowns
        if isinstance(operator, int):
            every = np.arange(u.e)
            operator = _Operator(every, every, np.full(u.e, operator))
        row, col, number = operator
        rows = u.at(to[:, None], row[None, :])
        shift = np.full(rows.shape, CONSTANT) if shifts is None else shifts[to][:, row]
        factors = factor if factor.ndim == 2 else factor[:, None]
        columns = (
            rows,
            u.at(of[:, None], col[None, :]),
            shift,
            np.broadcast_to(factors, rows.shape),
            np.broadcast_to(number, rows.shape),
            np.full(rows.shape, -1.0 if conjugate else 1.0),
        )
        use = np.broadcast_to(factors != 0, rows.shape).ravel()
        self.parts.append(_Part(*(column.ravel()[use] for column in columns)))

    def _quanta(self, kind: int) -> tuple[np.ndarray, np.ndarray]:
        """Quanta of each placement beyond u_1, and the shifts of those on u_1; 0 for k, 1 for l."""
        u = self.unknowns
        return (u.of.l, u.l_shift) if kind else (u.of.k, u.k_shift)

    def operator(self, operator: _Operator) -> None:
        """A superoperator of the emitters at every placement."""
        every = np.arange(len(self.unknowns.of))
        self.add(every, every, np.ones(len(every)), operator)

    def decays(self, length: int, first: int) -> None:
        """-sum_j (H_jj^* k_j + H_jj l_j), without -Re H_11 N."""
        u = self.unknowns
        every = np.arange(len(u.of))
        k, l = u.of.k, u.of.l
        for j in range(1, length):
            self.add(every, every, -k[:, j - 1].astype(float), first + j, conjugate=True)
            self.add(every, every, -l[:, j - 1].astype(float), first + j)
        # The first element has k_1 + l_1 = N - others and k_1 - l_1 = q - others, hence
        # Re H (k + l) + i Im H (q - k + l) of the others, by H and by its conjugate.
        rotated = 0.5 * (u.q[None, :] - (k - l).sum(axis=1)[:, None])
        decayed = 0.5 * (k + l).sum(axis=1)[:, None]
        self.add(every, every, decayed + rotated, first)
        self.add(every, every, decayed - rotated, first, conjugate=True)

    def hops(self, hops: tuple[tuple[int, int], ...], first: int) -> None:
        """-H_ij^* a_i^+ a_j of the k and -H_ij a_i^+ a_j of the l."""
        of_placements = self.unknowns.of
        for number, (i, j) in enumerate(hops, first):
            for kind in (0, 1):
                quanta, shifts = self._quanta(kind)
                root: np.ndarray | None
                if i == 0:  # sqrt(k_1 (k_j + 1))
                    of = of_placements.shifted((j - 1, 1), kind=kind)
                    factor, root = np.sqrt(quanta[:, j - 1] + 1.0), shifts
                elif j == 0:  # sqrt(k_i (k_1 + 1))
                    of = of_placements.shifted((i - 1, -1), kind=kind)
                    factor, root = np.sqrt(quanta[:, i - 1]), shifts + 1.0
                else:
                    of = of_placements.shifted((i - 1, -1), (j - 1, 1), kind=kind)
                    factor, root = np.sqrt(quanta[:, i - 1] * (quanta[:, j - 1] + 1.0)), None
                to = np.flatnonzero(of >= 0)
                self.add(to, of[to], -factor[to], number, root, conjugate=kind == 0)

    def closure(self, length: int, first: int) -> None:
        """-(Gamma_j^* k_j + Gamma_j l_j) where the hop from u_j to u_(j+1) is not kept."""
        for j in range(1, length - 1):
            for kind in (0, 1):
                quanta = self._quanta(kind)[0][:, j - 1]
                moved = self.unknowns.of.shifted((j - 1, -1), (j, 1), kind=kind)
                at = np.flatnonzero((moved < 0) & (quanta > 0))
                factor = -quanta[at].astype(float)
                self.add(at, at, factor, first + j, conjugate=kind == 0)

    def raised(self, j: int, operator: _Operator, *, kind: int) -> None:
        """An operator with one quantum more on element j: sqrt(k_j) or sqrt(l_j) of the row."""
        of_placements = self.unknowns.of
        quanta, shifts = self._quanta(kind)
        if j == 0:
            every = np.arange(len(of_placements))
            self.add(every, every, np.ones(len(every)), operator, shifts)
            return
        of = of_placements.shifted((j - 1, -1), kind=kind)
        to = np.flatnonzero(of >= 0)
        self.add(to, of[to], np.sqrt(quanta[to, j - 1]), operator)

    def lowered(self, operator: _Operator, *, kind: int) -> None:
        """An operator that takes a quantum from u_1: sqrt(k_1 + 1) or sqrt(l_1 + 1) of the row."""
        every = np.arange(len(self.unknowns.of))
        shifts = self._quanta(kind)[1] + 1.0
        self.add(every, every, np.ones(len(every)), operator, shifts)


def _joined(*parts: _Part) -> _Part:
    return _Part(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _summed(real: _Part, imaginary: _Part, count: int) -> Places:
    """Contributions of real and of imaginary parts of the numbers, those of one place together."""
    keys = [
        np.stack(
            [
                part.row,
                part.col,
                np.where(np.isinf(part.shift), _NO_ROOT, 2 * part.shift).astype(np.int64),
            ]
        )
        for part in (real, imaginary)
    ]
    unique, inverse = np.unique(np.concatenate(keys, axis=1), axis=1, return_inverse=True)
    inverse = inverse.ravel()
    n, split = unique.shape[1], len(real.row)
    of_real = (real.factor, (inverse[:split], real.number))
    of_imaginary = (imaginary.factor * imaginary.sign, (inverse[split:], imaginary.number))
    shift = np.where(unique[2] == _NO_ROOT, CONSTANT, 0.5 * unique[2])
    return Places(
        unique[0],
        unique[1],
        shift,
        sparse.csr_array(of_real, shape=(n, count)),
        sparse.csr_array(of_imaginary, shape=(n, count)),
    )
