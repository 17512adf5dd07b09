r"""The tiers of a chain, made from the layout that chains of one pattern share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.tiers import BlockEntries, Tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.elements import without_rounding
from thermalent.continued_fraction.several_poles.chain.layout import Pattern, Places, layout
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.numerics.reachable import reachable
from thermalent.operators.superoperators import Operator, sandwich

_KINDS = ("within", "up", "down")


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
    damping = tail_damping(chain.drift) if damping is None else damping
    assembly = _Assembly([(chain, damping)], most, charge, hermitian=charge == 0)
    unknowns = layout(assembly.pattern).unknowns
    seed = unknowns.seed(_inside(chain, start))
    if held is not None:
        seed |= unknowns.seed_of(held)
    (found,) = assembly.built(seed)
    return found


def tiers_with_changes(
    chain: SourceChain,
    most: int,
    changes: Sequence[tuple[SourceChain, np.ndarray]],
    start: np.ndarray | None = None,
    charge: int = 0,
    *,
    whole: bool = False,
    damping: np.ndarray | None = None,
    held: np.ndarray | None = None,
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
        damping: Of the tails of the chain, where it does not follow from its drift, (m,).
        held: See `tiers`.

    Returns:
        Tiers of this total charge, with all unknowns that the changes can reach.
    """
    damping = tail_damping(chain.drift) if damping is None else damping
    chains = [(chain, damping), *changes]
    assembly = _Assembly(chains, most, charge, hermitian=charge == 0 and not whole)
    unknowns = layout(assembly.pattern).unknowns
    seed = np.ones(unknowns.size, dtype=bool) if whole else unknowns.seed(_inside(chain, start))
    if held is not None:
        seed |= unknowns.seed_of(held)
    first, *others = assembly.built(seed)
    return first, others


def _inside(chain: SourceChain, start: np.ndarray | None) -> np.ndarray | None:
    """A matrix of the emitters in the basis of bright and dark states."""
    if start is None:
        return None
    inside = chain.bright_dark.conj().T @ np.asarray(start, dtype=complex) @ chain.bright_dark
    return np.asarray(inside)


class _Assembly:
    """Chains of one pattern.

    Args:
        chains: Chains, each with the damping of its tails; all with the emitters of the first.
        most: The largest order K.
        charge: Total charge Q.
        hermitian: Whether the unknowns are real.
    """

    def __init__(
        self,
        chains: Sequence[tuple[SourceChain, np.ndarray]],
        most: int,
        charge: int,
        *,
        hermitian: bool,
    ) -> None:
        self.chains = [chain for chain, _ in chains]
        first = self.chains[0]
        count = len(first.numbers) ** 2
        operators = [
            [(row * count + col, value) for row, col, value in chain.elements]
            for chain in self.chains
        ]
        drifts = np.array([chain.drift for chain in self.chains])
        hopping = np.any(drifts != 0, axis=0) & ~np.eye(first.length, dtype=bool)
        hops = np.argwhere(hopping)
        positions = [
            np.unique(np.concatenate([position for position, _ in same]))
            for same in zip(*operators, strict=True)
        ]
        self.pattern = Pattern(
            numbers=tuple(int(number) for number in first.numbers),
            length=first.length,
            most=most,
            charge=charge,
            hermitian=hermitian,
            hops=tuple((int(i), int(j)) for i, j in hops),
            operators=tuple(position.tobytes() for position in positions),
        )
        self.numbers = [
            np.concatenate(
                [
                    *map(_placed, own, positions),
                    np.diag(drift),
                    drift[hops[:, 0], hops[:, 1]],
                    damping,
                ]
            )
            for own, drift, (_, damping) in zip(operators, drifts, chains, strict=True)
        ]

    def built(self, seed: np.ndarray) -> list[Tiers]:
        """The tiers of each chain, with the unknowns that those of the seed can populate."""
        shared, pattern, first = layout(self.pattern), self.pattern, self.chains[0]
        values = [
            [
                without_rounding(getattr(shared, kind).values(numbers, hermitian=pattern.hermitian))
                for kind in _KINDS
            ]
            for numbers in self.numbers
        ]
        used = [np.any([own[i] != 0 for own in values], axis=0) for i in range(len(_KINDS))]
        chosen = _selection(pattern, seed.tobytes(), tuple(mask.tobytes() for mask in used))
        odd, element = chosen.odd, chosen.kept % shared.unknowns.count % shared.unknowns.e
        imaginary = chosen.kept >= shared.unknowns.count
        lowest_place = chosen.place == 0
        frame = first.bright_dark.astype(complex).tobytes()  # of many emitters it is real
        basis = _basis(pattern, frame, chosen.kept[lowest_place].tobytes())
        blocks = [
            [_split(getattr(shared, kind), chosen, i, own[i]) for i, kind in enumerate(_KINDS)]
            for own in values
        ]
        whole = Tiers(
            within=blocks[0][0],
            up=blocks[0][1],
            down=blocks[0][2],
            rate=float(first.drift[0, 0].real),
            lowest=(chosen.lowest[~odd], chosen.lowest[odd]),
            tier0_size=int(np.count_nonzero((chosen.lowest <= 0) & ~odd)),
            basis=(basis[:, ~odd[lowest_place]], basis[:, odd[lowest_place]]),
            elements=(element[~odd], element[odd]),
            quanta=(chosen.place[~odd], chosen.place[odd]),
            imaginary=(imaginary[~odd], imaginary[odd]),
            width=float(np.sqrt(abs(first.variance))),
            source_rate=float(np.min(np.linalg.eigvals(first.drift).real)),
            most=pattern.most,
            charge=pattern.charge,
        )
        others = [
            replace(whole, within=own[0], up=own[1], down=own[2], rate=chain.drift[0, 0].real)
            for own, chain in zip(blocks[1:], self.chains[1:], strict=True)
        ]
        return [whole, *others]


def _placed(own: tuple[np.ndarray, np.ndarray], positions: np.ndarray) -> np.ndarray:
    """The values at all positions, zero where an operator has none."""
    position, value = own
    found = np.zeros(len(positions), dtype=complex)
    np.add.at(found, np.searchsorted(positions, position), value)
    return found


class _Selection(NamedTuple):
    """The unknowns that matter, sorted by placement and |k - l|.

    Args:
        kept: Their positions among all, (n,).
        place: Their placements, (n,).
        odd: Whether they belong to odd tiers, (n,).
        lowest: The first tier at which each exists, (n,).
        entries: For each kind of block those of even and of odd rows: positions among all
            elements, row and column among the unknowns of their parity.
    """

    kept: np.ndarray
    place: np.ndarray
    odd: np.ndarray
    lowest: np.ndarray
    entries: tuple[tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...], ...]


@lru_cache(maxsize=64)
def _selection(pattern: Pattern, seed: bytes, used: tuple[bytes, ...]) -> _Selection:
    """What a start can populate through the elements that are not zero."""
    shared = layout(pattern)
    unknowns, kinds = shared.unknowns, [getattr(shared, kind) for kind in _KINDS]
    masks = [np.frombuffer(mask, dtype=bool) for mask in used]
    rows, cols = (
        np.concatenate(
            [getattr(places, name)[mask] for places, mask in zip(kinds, masks, strict=True)]
        )
        for name in ("row", "col")
    )
    size, count, e = unknowns.size, unknowns.count, unknowns.e
    edges = sparse.csr_array((np.ones(len(rows)), (rows, cols)), shape=(size, size))
    kept = reachable(np.frombuffer(seed, dtype=bool), edges)
    place, element = np.divmod(kept % count, e)
    order = np.lexsort((kept >= count, element, np.abs(unknowns.q[element]), place))
    kept, place, element = kept[order], place[order], element[order]
    odd = unknowns.q[element] % 2 == 1
    number = np.full(size, -1)
    parities = np.zeros(size, dtype=bool)
    parities[kept] = odd
    for parity in (False, True):
        group = kept[odd == parity]
        number[group] = np.arange(len(group))
    entries = []
    for places in kinds:
        both = (number[places.row] >= 0) & (number[places.col] >= 0)
        halves = []
        for parity in (False, True):
            at = np.flatnonzero(both & (parities[places.row] == parity))
            halves.append((at, number[places.row[at]], number[places.col[at]]))
        entries.append(tuple(halves))
    shift = np.minimum(unknowns.k_shift, unknowns.l_shift)[place, element]
    lowest = np.round(-2 * shift).astype(np.int64)  # where k_1 and l_1 are not negative
    return _Selection(kept, place, odd, lowest, tuple(entries))


def _split(
    places: Places, chosen: _Selection, kind: int, values: np.ndarray
) -> tuple[BlockEntries, BlockEntries]:
    """The elements of even and of odd rows that are not zero."""
    found = []
    for at, row, col in chosen.entries[kind]:
        value = values[at]
        use = value != 0
        found.append(BlockEntries(row[use], col[use], value[use], places.shift[at][use]))
    return found[0], found[1]


@lru_cache(maxsize=64)
def _basis(pattern: Pattern, bright_dark: bytes, kept: bytes) -> Operator:
    """Basis matrices of unknowns without quanta beyond u_1 as columns."""
    unknowns = layout(pattern).unknowns
    d, at = unknowns.d, np.frombuffer(kept, dtype=np.int64)
    frame = sparse.csr_array(np.frombuffer(bright_dark, dtype=complex).reshape(d, d))
    columns = sparse.csc_array(sandwich(frame, sparse.csr_array(frame.conj().T)))
    if not unknowns.hermitian:
        found = columns[:, at]
    else:
        imaginary, element = at >= unknowns.count, at % unknowns.count
        other = unknowns.conjugate[element]
        factor = np.where(element == other, 0.5, np.sqrt(0.5)) * np.where(imaginary, 1j, 1.0)
        sign = sparse.diags_array(np.where(imaginary, -1.0, 1.0))
        found = (columns[:, element] + columns[:, other] @ sign) @ sparse.diags_array(factor)
    return found.toarray() if d <= 8 else sparse.csr_array(found)
