r"""The hierarchy in chain coordinates as a block-tridiagonal chain of tiers N = sum_j (k_j + l_j).

$$\dot x_N = \big(A^0 + A^1(N) - \mathrm{Re} H_{11} N\big)\, x_N + B(N)\, x_{N-1} + C(N)\, x_{N+1}$$

With (k_j, l_j) the quanta of the elements (see `placements`) and X their operators of the emitters,

- within a tier: the emitters' L, the decay \(-\sum_j (H_{jj}^* k_j + H_{jj} l_j)\), and hops
  \(-H_{ij}^*\, a_i^\dagger a_j\) of the k, \(-H_{ij}\, a_i^\dagger a_j\) of the l, and a
  damping instead of the hops to placements that are not kept;
- from below: \(\sqrt{k_j}\,(\eta V_{1j} L_+ + K_{+j})\) and
  \(\sqrt{l_j}\,(\eta V_{1j}^* L_- + K_{-j})\), for all j (V = 1 where the metric is C);
- from above: \(\eta\sqrt{l_1 + 1}\, L_+\) and \(\eta\sqrt{k_1 + 1}\, L_-\).

The charge q = Q + k - l of an emitters' element and the tier give k_1 and l_1, both N/2 plus a
constant: every coefficient is a constant or a constant times sqrt(N/2 + shift). As X at exchanged k
and l is the adjoint, the chain is real for a density matrix, one real unknown per element and
placement; what the populations never reach drops out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.coordinates import SourceChain, tail_damping
from thermalent.continued_fraction.several_poles.placements import Placements, placements
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import Operator, Superoperator, dense, sandwich

# An entry this much smaller than the largest of its operator is the rounding of a sum that cancels.
_ROUNDING = 8 * np.finfo(float).eps
_CONSTANT = np.inf  # the shift of a coefficient without root


class BlockEntries(NamedTuple):
    """Nonzero elements of a block: value, or value * sqrt(N/2 + shift) where the shift is finite.

    N is the tier of the row.
    """

    row: np.ndarray
    col: np.ndarray
    value: np.ndarray
    shift: np.ndarray

    def at(self, tier: int | np.ndarray) -> np.ndarray:
        """The values at a tier, (entries,); at several, (tiers, entries)."""
        n = np.asarray(tier, dtype=float)[..., None]
        roots = np.sqrt(np.maximum(0.5 * n + np.where(np.isinf(self.shift), 0, self.shift), 0.0))
        return self.value * np.where(np.isinf(self.shift), 1.0, roots)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tiers:
    """The chain of tiers; index 0 of each pair is for even N, index 1 for odd N.

    Args:
        within: A, without the part that grows with the tier.
        up: B, from the tier below.
        down: C, from the tier above.
        rate: Re H_11, the decay per quantum that grows with the tier.
        lowest: First tier at which each unknown exists, (m_0,) and (m_1,).
        tier0_size: Number of unknowns of tier 0: the first so many of the even ones.
        basis: Basis matrices of the emitters as columns, for the even and odd unknowns without
            quanta beyond u_1: those come first, (d^2, g_0) and (d^2, g_1).
        elements: Position i d + j of the emitters' element |f_i><f_j| of each unknown in the basis
            of bright and dark states, (m_0,) and (m_1,).
        quanta: Position of its placement, (m_0,) and (m_1,).
        imaginary: Whether it is an imaginary part, (m_0,) and (m_1,); of Q = 0 only.
        width: sqrt(V): the number of tiers that matter is a few times this.
        source_rate: The slowest decay rate of the source, rate unit.
        most: The largest order K of quanta beyond u_1 that is kept.
        charge: Total charge Q.
    """

    within: tuple[BlockEntries, BlockEntries]
    up: tuple[BlockEntries, BlockEntries]
    down: tuple[BlockEntries, BlockEntries]
    rate: float
    lowest: tuple[np.ndarray, np.ndarray]
    tier0_size: int
    basis: tuple[Operator, Operator]
    elements: tuple[np.ndarray, np.ndarray]
    quanta: tuple[np.ndarray, np.ndarray]
    imaginary: tuple[np.ndarray, np.ndarray]
    width: float
    source_rate: float
    most: int
    charge: int

    def __post_init__(self) -> None:
        if np.iscomplexobj(self.within[0].value) != np.iscomplexobj(self.up[1].value):
            raise TypeError("the blocks of a chain are real together or complex together")

    @property
    def sizes(self) -> tuple[int, int]:
        """Unknowns of an even and of an odd tier."""
        return len(self.lowest[0]), len(self.lowest[1])

    def staggered(self, factor: float) -> Tiers:
        """The same chain with the unknowns of odd tiers multiplied by a factor."""

        def scaled(pair: tuple[BlockEntries, BlockEntries]) -> tuple[BlockEntries, BlockEntries]:
            even, odd = pair
            return even._replace(value=even.value / factor), odd._replace(value=odd.value * factor)

        return replace(self, up=scaled(self.up), down=scaled(self.down))

    def rescaled(self, factor: float) -> Tiers:
        """The same chain with the tiers scaled against each other: equal but for rounding."""

        def scaled(
            pair: tuple[BlockEntries, BlockEntries], by: float
        ) -> tuple[BlockEntries, BlockEntries]:
            return pair[0]._replace(value=pair[0].value * by), pair[1]._replace(
                value=pair[1].value * by
            )

        return replace(self, up=scaled(self.up, factor), down=scaled(self.down, 1 / factor))

    @cached_property
    def a(self) -> tuple[np.ndarray, np.ndarray]:
        """The emitters' own part of even and odd tiers, on the unknowns without other quanta."""
        blocks = []
        for parity in (0, 1):
            size = self.basis[parity].shape[1]
            e = self.within[parity]
            own = np.isinf(e.shift) & (e.row < size) & (e.col < size)
            block = np.zeros((size, size), dtype=e.value.dtype)
            np.add.at(block, (e.row[own], e.col[own]), e.value[own])
            blocks.append(block)
        return blocks[0], blocks[1]


def tiers(
    chain: SourceChain,
    most: int,
    start: np.ndarray | None = None,
    charge: int = 0,
    damping: np.ndarray | None = None,
    held: np.ndarray | None = None,
) -> Tiers:
    """The tiers of a chain.

    Args:
        chain: Emitters and source.
        most: Largest order K of quanta beyond the first amplitude (see `placements`).
        start: (d, d) array whose nonzero elements are the ones to start from; of total charge zero
            the populations always are.
        charge: Total charge Q of the operators, emitters and source together; only Q = 0 is real.
        damping: Of quanta whose next hop is not kept, (m,), if not that of the chain's tail.
        held: A start on all tiers: (placements, d^2) in the basis of bright and dark states, real
            and imaginary parts nonzero where they are at any tier.
    """
    table = _Table(chain, placements(chain.length - 1, most), charge)
    terms = _operators(chain, table, tail_damping(chain.drift) if damping is None else damping)
    if table.hermitian:
        terms = {name: table.halved(entries) for name, entries in terms.items()}
    seed = table.seed(start)
    if held is not None:
        seed |= table.seed_of(held)
    kept = table.reachable(seed, terms)
    return table.chain_of(chain, terms, kept, most)


def tiers_with_changes(
    chain: SourceChain,
    most: int,
    changes: Sequence[tuple[SourceChain, np.ndarray]],
    start: np.ndarray | None = None,
    charge: int = 0,
    *,
    whole: bool = False,
) -> tuple[Tiers, list[Tiers]]:
    """The tiers of a chain, and on the same unknowns those of changes of it.

    Args:
        chain: Emitters and source.
        most: Largest order K of quanta beyond the first amplitude.
        changes: Chains that hold the changes of all that the blocks are linear in, each with the
            change of the damping of its tails.
        start: See `tiers`.
        charge: See `tiers`.
        whole: Whether all unknowns are kept, in complex numbers at Q = 0 too.

    Returns:
        Tiers of this total charge, with all unknowns that the changes can reach.
    """
    table = _Table(
        chain, placements(chain.length - 1, most), charge, hermitian=charge == 0 and not whole
    )
    terms = [
        {
            name: table.halved(entries) if table.hermitian else entries
            for name, entries in _operators(one, table, damping).items()
        }
        for one, damping in ((chain, tail_damping(chain.drift)), *changes)
    ]
    every = {f"{i} {name}": part for i, one in enumerate(terms) for name, part in one.items()}
    seed = table.seed(start)
    kept = np.arange(len(seed)) if whole else table.reachable(seed, every)
    first, *others = (
        table.chain_of(one, parts, kept, most)
        for (one, _), parts in zip([(chain, None), *changes], terms, strict=True)
    )
    return first, others


class _Table:
    """All unknowns (placement, element), those of a placement together, and how they are read."""

    def __init__(
        self, chain: SourceChain, of: Placements, charge: int, *, hermitian: bool | None = None
    ) -> None:
        self.of, self.charge = of, charge
        # Of Q = 0 real unknowns hold an element and its conjugate together, if not asked otherwise.
        self.hermitian = charge == 0 if hermitian is None else hermitian
        self.d = len(chain.numbers)
        self.e = self.d**2
        self.q = element_charges(chain.numbers) - charge  # k - l of each element
        # k_1 = N/2 + k_shift, l_1 = N/2 + l_shift; (placements, elements)
        self.k_shift = 0.5 * self.q[None, :] - of.k.sum(axis=1)[:, None]
        self.l_shift = -0.5 * self.q[None, :] - of.l.sum(axis=1)[:, None]
        self.bright_dark = chain.bright_dark

    def at(self, place: np.ndarray, element: np.ndarray) -> np.ndarray:
        """Position of an unknown."""
        return place * self.e + element

    @cached_property
    def conjugate(self) -> np.ndarray:
        """Position of the unknown that holds the complex conjugate, (unknowns,)."""
        i, j = np.divmod(np.arange(self.e), self.d)
        return self.at(self.of.conjugate[:, None], (j * self.d + i)[None, :]).ravel()

    def halved(self, entries: BlockEntries) -> BlockEntries:
        """A term in real unknowns: Re X, and behind all of them Im X, of one of each pair.

        The unknowns of a pair are scaled by sqrt2, so that the basis is orthonormal.
        """
        count = len(self.conjugate)
        own = np.arange(count)
        chosen = np.minimum(own, self.conjugate)
        single = self.conjugate == own
        rows = np.flatnonzero(chosen[entries.row] == entries.row)
        row, col = entries.row[rows], entries.col[rows]
        value, shift = entries.value[rows], entries.shift[rows]
        size = np.where(single, 1.0, np.sqrt(2.0))
        value = value * size[row] / size[col]
        flipped = np.where(chosen[col] == col, 1.0, -1.0)  # sign of Im X in the chosen one
        col = chosen[col]
        real_row = np.ones(len(row), dtype=bool)
        imag_row, imag_col = ~single[row], ~single[col]
        parts = (
            (row, col, value.real, real_row),
            (row, col + count, -value.imag * flipped, imag_col),
            (row + count, col, value.imag, imag_row),
            (row + count, col + count, value.real * flipped, imag_row & imag_col),
        )
        return _summed(
            np.concatenate([to[use] for to, _, _, use in parts]),
            np.concatenate([of[use] for _, of, _, use in parts]),
            np.concatenate([part[use] for _, _, part, use in parts]),
            np.concatenate([shift[use] for _, _, _, use in parts]),
        )

    def seed(self, start: np.ndarray | None) -> np.ndarray:
        """The unknowns that a start at tier 0, or for Q = 0 the populations, populate."""
        count = len(self.of) * self.e
        whole = 2 * count if self.hermitian else count
        seed = np.zeros(whole, dtype=bool)
        if self.charge == 0:
            seed[np.arange(self.d) * (self.d + 1)] = True
        if start is not None:
            inside = self.bright_dark.conj().T @ np.asarray(start, dtype=complex) @ self.bright_dark
            found = np.flatnonzero((np.abs(inside.ravel()) > 0) & (self.q == 0))
            if self.hermitian:
                found = np.minimum(found, self.conjugate[found])
                seed[found + count] = self.conjugate[found] != found
            seed[found] = True
        return seed

    def seed_of(self, held: np.ndarray) -> np.ndarray:
        """The unknowns that a start on all tiers populates."""
        flat = held.ravel()
        if not self.hermitian:
            return np.asarray(flat != 0)
        own = np.arange(len(flat))
        chosen = own <= self.conjugate
        return np.concatenate([chosen & (flat.real != 0), chosen & (flat.imag != 0)])

    def reachable(self, seed: np.ndarray, terms: dict[str, BlockEntries]) -> np.ndarray:
        """The unknowns that those of the seed can ever populate."""
        whole = len(seed)
        rows = np.concatenate([e.row for e in terms.values()])
        cols = np.concatenate([e.col for e in terms.values()])
        pattern = sparse.csr_array((np.ones(len(rows)), (rows, cols)), shape=(whole, whole))
        while True:
            grown = seed | (pattern @ seed.astype(float) > 0)
            if np.array_equal(grown, seed):
                return np.flatnonzero(seed)
            seed = grown

    def chain_of(
        self, chain: SourceChain, terms: dict[str, BlockEntries], kept: np.ndarray, most: int
    ) -> Tiers:
        """The tiers on the unknowns that are kept, sorted by placement and |k - l|."""
        count = len(self.of) * self.e
        place, element = np.divmod(kept % count, self.e)
        order = np.lexsort((kept >= count, element, np.abs(self.q[element]), place))
        kept, place, element = kept[order], place[order], element[order]
        odd = self.q[element] % 2 == 1
        number = np.full(2 * count, -1)
        for parity in (False, True):
            group = kept[odd == parity]
            number[group] = np.arange(len(group))
        parities = np.zeros(2 * count, dtype=bool)
        parities[kept] = odd

        def split(name: str) -> tuple[BlockEntries, BlockEntries]:
            e = terms[name]
            found = []
            for parity in (False, True):
                use = (number[e.row] >= 0) & (number[e.col] >= 0) & (parities[e.row] == parity)
                found.append(
                    BlockEntries(number[e.row[use]], number[e.col[use]], e.value[use], e.shift[use])
                )
            return found[0], found[1]

        shift = np.minimum(self.k_shift, self.l_shift)[place, element]
        lowest = np.round(-2 * shift).astype(np.int64)  # where k_1 and l_1 are not negative
        basis = self._basis(chain, kept[place == 0], count)
        first_odd = odd[place == 0]
        return Tiers(
            within=split("within"),
            up=split("up"),
            down=split("down"),
            rate=float(chain.drift[0, 0].real),
            lowest=(lowest[~odd], lowest[odd]),
            tier0_size=int(np.count_nonzero((lowest <= 0) & ~odd)),
            basis=(basis[:, ~first_odd], basis[:, first_odd]),
            elements=(kept[~odd] % self.e, kept[odd] % self.e),
            quanta=(place[~odd], place[odd]),
            imaginary=(kept[~odd] >= count, kept[odd] >= count),
            width=float(np.sqrt(abs(chain.variance))),
            source_rate=float(np.min(np.linalg.eigvals(chain.drift).real)),
            most=most,
            charge=self.charge,
        )

    def _basis(self, chain: SourceChain, kept: np.ndarray, count: int) -> Operator:
        """Basis matrices of unknowns without other quanta as columns."""
        bright_dark = sparse.csr_array(chain.bright_dark)
        columns = sparse.csc_array(sandwich(bright_dark, sparse.csr_array(bright_dark.conj().T)))
        if not self.hermitian:
            return _dense_if_small(columns[:, kept], self.d)
        imaginary = kept >= count
        element = kept % count
        other = self.conjugate[element]
        one, two = columns[:, element], columns[:, other]
        single = element == other
        factor = np.where(single, 0.5, np.sqrt(0.5)) * np.where(imaginary, 1j, 1.0)
        sign = np.where(imaginary, -1.0, 1.0)
        found = (one + two @ sparse.diags_array(sign)) @ sparse.diags_array(factor)
        return _dense_if_small(found, self.d)


def _dense_if_small(matrix: Operator, d: int) -> Operator:
    return matrix.toarray() if d <= 8 else sparse.csr_array(matrix)


def _summed(row: np.ndarray, col: np.ndarray, value: np.ndarray, shift: np.ndarray) -> BlockEntries:
    """BlockEntries with those of one place and one shift added, zeros and rounding dropped."""
    key = np.stack([row, col, np.where(np.isinf(shift), 10**6, 2 * shift).astype(np.int64)])
    unique, inverse = np.unique(key, axis=1, return_inverse=True)
    total = np.zeros(unique.shape[1], dtype=value.dtype)
    np.add.at(total, inverse.ravel(), value)
    large = np.abs(total) > _ROUNDING * np.max(np.abs(total), initial=0.0)
    back = np.where(unique[2] == 10**6, _CONSTANT, 0.5 * unique[2])
    return BlockEntries(unique[0][large], unique[1][large], total[large], back[large])


def _operators(chain: SourceChain, table: _Table, damping: np.ndarray) -> dict[str, BlockEntries]:
    """The terms within a tier, from below and from above, on all unknowns."""
    within = _Collected(table)
    within.operator(chain.bright_dark, chain.liouvillian)
    within.decays(chain.drift)
    within.hops(chain.drift)
    within.closure(damping)
    up, down = _Collected(table), _Collected(table)
    eta = chain.scale
    for j in range(chain.length):
        weight = eta * chain.covariance[0, j]
        plus = weight * chain.drive + chain.backaction[j]
        minus = np.conj(weight) * chain.drive_conj + chain.backaction_conj[j]
        up.raised(chain.bright_dark, j, plus, kind=0)
        up.raised(chain.bright_dark, j, minus, kind=1)
    down.lowered(chain.bright_dark, eta * chain.drive, kind=1)
    down.lowered(chain.bright_dark, eta * chain.drive_conj, kind=0)
    return {"within": within.entries(), "up": up.entries(), "down": down.entries()}


class _Collected:
    """BlockEntries of one kind of block, collected term by term."""

    def __init__(self, table: _Table) -> None:
        self.table = table
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def entries(self) -> BlockEntries:
        """All of them, those of one place summed."""
        if not self.parts:
            none = np.zeros(0, dtype=np.int64)
            return BlockEntries(none, none, np.zeros(0, dtype=complex), np.zeros(0))
        row, col, value, shift = (
            np.concatenate([part[i] for part in self.parts]) for i in range(4)
        )
        return _summed(row, col, value, shift)

    def add(
        self,
        to: np.ndarray,
        of: np.ndarray,
        factor: np.ndarray,
        operator: tuple[np.ndarray, np.ndarray, np.ndarray] | None,
        shifts: np.ndarray | None = None,
    ) -> None:
        """Operator (rows, columns, values; None for 1) from placements `of` to `to`.

        Args:
            to: Placements of the rows, (n,).
            of: Placements of the columns, (n,).
            factor: Of each, (n,).
            operator: Elements of the emitters' superoperator, or None.
            shifts: k_shift or l_shift of the table, if there is a root; plus what is added to it.
        """
        t = self.table
        if operator is None:
            row = col = np.arange(t.e)
            value = np.ones(t.e, dtype=complex)
        else:
            row, col, value = operator
        rows = t.at(to[:, None], row[None, :])
        cols = t.at(of[:, None], col[None, :])
        values = factor[:, None] * value[None, :]
        shift = np.full(rows.shape, _CONSTANT) if shifts is None else shifts[to][:, row]
        self.parts.append((rows.ravel(), cols.ravel(), values.ravel(), shift.ravel()))

    def operator(self, bright_dark: np.ndarray, superoperator: Superoperator) -> None:
        """A superoperator of the emitters at every placement."""
        every = np.arange(len(self.table.of))
        self.add(every, every, np.ones(len(every)), emitter_elements(bright_dark, superoperator))

    def decays(self, drift: np.ndarray) -> None:
        """-sum_j (H_jj^* k_j + H_jj l_j), without -Re H_11 N."""
        t, own = self.table, np.diag(drift)
        every = np.arange(len(t.of))
        k, l = t.of.k, t.of.l
        others = -(k @ own[1:].conj() + l @ own[1:])
        # The first element has k_1 + l_1 = N - others and k_1 - l_1 = q - others.
        first = own[0].real * (k + l).sum(axis=1) - 1j * own[0].imag * (k - l).sum(axis=1)
        self.add(every, every, others + first, None)
        if own[0].imag != 0:
            rotation = 1j * own[0].imag * t.q
            elements = np.flatnonzero(rotation)
            operator = (elements, elements, rotation[elements])
            self.add(every, every, np.ones(len(every)), operator)

    def hops(self, drift: np.ndarray) -> None:
        """-H_ij^* a_i^+ a_j of the k and -H_ij a_i^+ a_j of the l."""
        t = self.table
        for i, j in np.argwhere(drift - np.diag(np.diag(drift))).tolist():
            for kind in (0, 1):
                value = -(drift[i, j] if kind else np.conj(drift[i, j]))
                quanta = t.of.l if kind else t.of.k
                shifts = t.l_shift if kind else t.k_shift
                if i == 0:  # sqrt(k_1 (k_j + 1))
                    of = t.of.shifted((j - 1, 1), kind=kind)
                    factor, root = np.sqrt(quanta[:, j - 1] + 1.0), shifts
                elif j == 0:  # sqrt(k_i (k_1 + 1))
                    of = t.of.shifted((i - 1, -1), kind=kind)
                    factor, root = np.sqrt(quanta[:, i - 1]), shifts + 1.0
                else:
                    of = t.of.shifted((i - 1, -1), (j - 1, 1), kind=kind)
                    factor, root = np.sqrt(quanta[:, i - 1] * (quanta[:, j - 1] + 1.0)), None
                to = np.flatnonzero(of >= 0)
                self.add(to, of[to], value * factor[to], None, root)

    def closure(self, damping: np.ndarray) -> None:
        """-(Gamma_j^* k_j + Gamma_j l_j) where the hop from u_j to u_(j+1) is not kept."""
        t = self.table
        for j in range(1, len(damping) - 1):
            for kind in (0, 1):
                quanta = (t.of.l if kind else t.of.k)[:, j - 1]
                moved = t.of.shifted((j - 1, -1), (j, 1), kind=kind)
                at = np.flatnonzero((moved < 0) & (quanta > 0))
                value = damping[j] if kind else np.conj(damping[j])
                self.add(at, at, -value * quanta[at], None)

    def raised(
        self, bright_dark: np.ndarray, j: int, superoperator: Superoperator, *, kind: int
    ) -> None:
        """An operator with one quantum more on element j: sqrt(k_j) or sqrt(l_j) of the row."""
        t = self.table
        operator = emitter_elements(bright_dark, superoperator)
        if not len(operator[0]):
            return
        if j == 0:
            every = np.arange(len(t.of))
            shifts = t.l_shift if kind else t.k_shift
            self.add(every, every, np.ones(len(every)), operator, shifts)
            return
        of = t.of.shifted((j - 1, -1), kind=kind)
        to = np.flatnonzero(of >= 0)
        quanta = (t.of.l if kind else t.of.k)[to, j - 1]
        self.add(to, of[to], np.sqrt(quanta), operator)

    def lowered(self, bright_dark: np.ndarray, superoperator: Superoperator, *, kind: int) -> None:
        """An operator that takes a quantum from u_1: sqrt(k_1 + 1) or sqrt(l_1 + 1) of the row."""
        t = self.table
        every = np.arange(len(t.of))
        shifts = (t.l_shift if kind else t.k_shift) + 1.0
        self.add(
            every, every, np.ones(len(every)), emitter_elements(bright_dark, superoperator), shifts
        )


def emitter_elements(
    bright_dark: np.ndarray, superoperator: Superoperator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nonzero elements of a superoperator on |f_i><f_j|."""
    if len(bright_dark) <= 8:
        change = sandwich(bright_dark, bright_dark.conj().T)
        matrix = sparse.coo_array(_rounded(change.conj().T @ dense(superoperator) @ change))
    else:
        matrix = sparse.coo_array(superoperator)  # larger frames are the product basis
    large = np.abs(matrix.data) > _ROUNDING * np.max(np.abs(matrix.data), initial=0.0)
    row, col = matrix.row[large].astype(np.int64), matrix.col[large].astype(np.int64)
    return row, col, matrix.data[large].astype(complex)


def _rounded(matrix: np.ndarray) -> np.ndarray:
    least = _ROUNDING * np.max(np.abs(matrix), initial=0.0)
    real = np.where(np.abs(matrix.real) > least, matrix.real, 0.0)
    return real + 1j * np.where(np.abs(matrix.imag) > least, matrix.imag, 0.0)
