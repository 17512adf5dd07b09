"""The chains of small emitters behind one mode, of many networks of one structure at once.

One network is a list of one: there is no other way to the chain of its steady state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain, Sizes
from thermalent.continued_fraction.chain.hierarchy import bright_dark_bases
from thermalent.continued_fraction.chain.one_structure.blocks import (
    LaneTiers,
    block_bands,
    lane_tiers,
)
from thermalent.continued_fraction.chain.one_structure.structure import (
    NetworkNumbers,
    Structure,
    Terms,
    network_numbers,
    terms,
)
from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.network import Network

# Networks whose matrices are assembled at once: those of more do not stay in the cache until what
# is needed of them is taken, and each time take memory that the system has to clear.
_AT_ONCE = 64


class ReachedUnknowns(NamedTuple):
    """The unknowns of the tiers of networks of one structure that reach the same ones.

    Args:
        unknowns: Columns of the basis that the even and the odd tiers have.
        charge: k - l of each of them.
        tier0_size: How many tier 0 has: the first so many of the even ones.
        populations: How many of these, the first, are populations.
        traceless: How many are populations whose sum is zero in the tiers above zero: all of them
            where the emitters do not act back on the source, else none.
    """

    unknowns: tuple[np.ndarray, np.ndarray]
    charge: tuple[np.ndarray, np.ndarray]
    tier0_size: int
    populations: int
    traceless: int


class Chains(NamedTuple):
    """The chains of some networks that reach the same unknowns.

    Args:
        points: Which of the networks they are, (p,).
        six: A, B and C of even and odd tiers, (p, rows, columns) each.
        folded: The same as they are folded.
        size: What their elements were summed from, (p, rows, columns) each.
        rate: Amplitude decay rates lambda of the modes, (p,).
        width: sqrt|V| of each, (p,).
        tier0: Hermitian basis matrices of tier 0 as columns, (p, d^2, tier0).
        first: Of each the first of those before it that all have its basis, (p,).
        basis_of: From the position of one of them here to its Hermitian basis, (d^2, d^2), which is
            worked out again.
        reached: The unknowns.
    """

    points: np.ndarray
    six: tuple[np.ndarray, ...]
    folded: LaneTiers
    size: Sizes
    rate: np.ndarray
    width: np.ndarray
    tier0: np.ndarray
    first: np.ndarray
    basis_of: Callable[[int], np.ndarray]
    reached: ReachedUnknowns

    @property
    def counts(self) -> tuple[int, int]:
        """NetworkNumbers of unknowns of the even and the odd tiers."""
        return len(self.reached.charge[0]), len(self.reached.charge[1])

    def single(self, row: int) -> HierarchyChain:
        """The chain of one of the networks."""
        basis, unknowns = self.basis_of(row), self.reached.unknowns
        up, down = block_bands(self.six, self.reached.charge, row)
        return HierarchyChain(
            a=(self.six[0][row], self.six[1][row]),
            up=up,
            down=down,
            rate=float(self.rate[row]),
            width=float(self.width[row]),
            tier0_size=self.reached.tier0_size,
            basis=(basis[:, unknowns[0]], basis[:, unknowns[1]]),
            charge=self.reached.charge,
            size=Sizes(*((pair[0][row], pair[1][row]) for pair in self.size)),
        )


def chains(
    networks: Sequence[Network] | NetworkArrays, points: np.ndarray, kind: Structure
) -> list[Chains]:
    """The chains of networks of one structure, those that reach the same unknowns together.

    Args:
        networks: All networks.
        points: Positions of those to take.
        kind: Their structure.

    Raises:
        SymmetryError: they do not conserve the excitation number.
    """
    from thermalent.continued_fraction.chain.kernels import tiers as tier_kernels

    superoperators = terms(kind)
    numbers = network_numbers(networks, points)
    number = numbers.weights
    rate, variance = _source(numbers, len(superoperators.lowering) + 1)
    frames = _frames(number, superoperators.lowering, superoperators.numbers)
    # Up and down couplings are balanced for large variance and regular for small, see `generator`.
    scale = np.sqrt(np.maximum(np.abs(variance), 1.0))

    assembled = partial(_assembled, superoperators, frames, number, variance, scale)
    taken: dict[bytes, _Taken] = {}
    space: _Space | None = None
    for begin in range(0, len(points), _AT_ONCE):
        space = assembled(slice(begin, begin + _AT_ONCE), space)
        basis, matrices, sizes, reaches = space.found
        for key, rows in _alike(np.packbits(reaches, axis=1)):
            reached = _reached_unknowns(kind, key)
            tier0 = reached.unknowns[0][: reached.tier0_size]
            if key not in taken:
                taken[key] = _space(len(points), reached, basis.shape[1])
            chosen, six, size, tier0_basis = taken[key]
            first, last = len(chosen), len(chosen) + len(rows)
            tier_kernels.gather((matrices, sizes), rows, reached.unknowns, first, (six, size))
            some = basis if len(rows) == len(basis) else basis[rows]
            # With "raise" what is taken would be copied once more.
            some.take(tier0, axis=2, out=tier0_basis[first:last], mode="clip")
            chosen += (begin + rows).tolist()
    found = []
    for key, part in taken.items():
        rows = np.array(part.rows)
        _, six, size, tier0_basis = part if len(rows) == len(points) else _cut(part)
        reached = _reached_unknowns(kind, key)
        a, a_odd, up, up_odd, down, down_odd = size
        found.append(
            Chains(
                points=points[rows],
                six=six,
                folded=lane_tiers(six, reached.charge, reached.tier0_size, reached.traceless),
                size=Sizes(a=(a, a_odd), up=(up, up_odd), down=(down, down_odd)),
                rate=rate[rows],
                width=np.sqrt(np.abs(variance[rows])),
                tier0=tier0_basis,
                first=_runs(frames[rows]) if len(rows) > 1 else np.zeros(1, np.int64),
                basis_of=lambda row, rows=rows: assembled(slice(rows[row], rows[row] + 1)).found[0][
                    0
                ],  # type: ignore[misc]
                reached=reached,
            )
        )
    return found


class _Space(NamedTuple):
    """Where the matrices of some networks are assembled: see `basis_kernels.assemble_small`."""

    found: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    room: tuple[Any, ...]


def _assembled(
    of: Terms,
    frames: np.ndarray,
    weights: np.ndarray,
    variance: np.ndarray,
    scale: np.ndarray,
    part: slice,
    space: _Space | None = None,
) -> _Space:
    """Bases, A, B and C of a part of the networks, their sizes, and the unknowns that matter.

    In the space of another part, which is overwritten, if it is of as many networks.
    """
    from thermalent.continued_fraction.chain.kernels import basis as basis_kernels
    from thermalent.support.vectors import aligned

    count, n = len(weights[part]), len(of.place)
    if space is None or len(space.found[0]) != count:
        tables = aligned(3 * count + 1, 3, n, basis_kernels.row_length(n))
        parts, matrices, sizes = tables[:-1].reshape(3, count, *tables.shape[1:])
        lists = np.empty((3, n * n)), np.empty((4, n * n + 1), np.int64)
        basis, operators = np.empty((count, n, n), complex), np.empty((5, n, n), complex)
        found = basis, matrices, sizes, np.empty((count, n + 1), bool)
        room = parts, operators, np.zeros((3, n)), (tables[-1], *lists)
        space = _Space(found, room)
    space.found[3][:] = False
    basis_kernels.assemble_small(
        frames[part], of.place, weights[part], of.sums, of.span, variance[part], scale[part], *space
    )
    return space


class _Taken(NamedTuple):
    """What is taken of the matrices of some networks that reach the same unknowns.

    There is space for all networks.

    Args:
        rows: Which networks they are.
        six: A, B and C, six blocks (p, rows, columns).
        size: What their elements were summed from, the same.
        tier0: See `Chains`.
    """

    rows: list[int]
    six: tuple[np.ndarray, ...]
    size: tuple[np.ndarray, ...]
    tier0: np.ndarray


def _space(count: int, reached: ReachedUnknowns, elements: int) -> _Taken:
    """Space for so many networks, whose emitters' states have so many elements."""
    even, odd = map(len, reached.unknowns)
    off = [(count, even, odd), (count, odd, even)]
    shapes = [(count, even, even), (count, odd, odd), *off, *off]
    six, size = tuple(map(np.empty, shapes)), tuple(map(np.empty, shapes))
    return _Taken([], six, size, np.empty((count, elements, reached.tier0_size), complex))


def _cut(taken: _Taken) -> _Taken:
    """Without the space that is left."""
    rows, six, size, tier0 = taken
    count = len(rows)
    return _Taken(
        rows, tuple(x[:count] for x in six), tuple(x[:count] for x in size), tier0[:count]
    )


def _alike(keys: np.ndarray) -> list[tuple[bytes, np.ndarray]]:
    """Positions of equal rows of bytes, in the order in which they come first."""
    if len(keys) and (keys == keys[0]).all():
        return [(keys[0].tobytes(), np.arange(len(keys)))]
    groups: dict[bytes, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key.tobytes(), []).append(position)
    return [(key, np.array(members)) for key, members in groups.items()]


def _source(numbers: NetworkNumbers, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """The amplitude decay rate and V of each network's mode, (p,) each."""
    weights, bath, occupation = numbers
    lost, absorbed = weights[:, nodes**2].real, weights[:, 2 * nodes**2].real
    relaxation = lost - absorbed + bath
    return relaxation / 2, (absorbed + bath * occupation) / relaxation


def _runs(tables: np.ndarray) -> np.ndarray:
    """Of each table the first of those before it that are all the same, (p,)."""
    other = np.append(True, (tables[1:] != tables[:-1]).any(axis=(1, 2)))
    return np.flatnonzero(other)[np.cumsum(other) - 1]


def _frames(number: np.ndarray, lowering: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The bright-dark basis of each network, (p, d, d)."""
    if len(number) > 1:  # those of the network before are not worked out again
        other = np.append(True, (number[1:] != number[:-1]).any(axis=1))
        if not other.all():
            return _frames(number[other], lowering, numbers)[np.cumsum(other) - 1]
    n, d = len(lowering) + 1, len(numbers)
    # From the mode to the emitters: the first column of the flat J, and the first row of G.
    exchange, decay = number[:, n : n * n : n], number[:, n * n + 1 : n * n + n]
    coupled = np.conj(0.5 * decay + 1j * exchange)
    # Every element of the sum comes from one emitter.
    drive = (coupled @ lowering.reshape(n - 1, d * d)).reshape(-1, d, d)
    return bright_dark_bases(drive, numbers)


@lru_cache(maxsize=256)
def _reached_unknowns(kind: Structure, reaches: bytes) -> ReachedUnknowns:
    difference = terms(kind).charge
    bits = np.unpackbits(np.frombuffer(reaches, dtype=np.uint8))
    keep, backaction = np.flatnonzero(bits[: len(difference)]), bits[len(difference)]
    even, odd = keep[difference[keep] % 2 == 0], keep[difference[keep] % 2 == 1]
    return ReachedUnknowns(
        unknowns=(even, odd),
        charge=(difference[even], difference[odd]),
        tier0_size=int(np.count_nonzero(difference[even] == 0)),
        populations=len(terms(kind).numbers),
        traceless=0 if backaction else len(terms(kind).numbers),
    )
