"""Numba kernels that fold the fractions of many networks of few unknowns, in groups of lanes.

The operations of every element, and their order, are those of `kernels` and `alone_kernels`: the
results are the same to the bit. Here the compiler knows the numbers of unknowns, so that a tier is
eliminated without a loop; and while the sums of one group of lanes wait for each other, the
processor works on those of the next.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.batch.kernels import SCALING
from thermalent.support.eliminations import solve_tier
from thermalent.support.machine.compiled import compiled
from thermalent.support.vectors import aligned, at, everywhere, multiplied, plus_product, put

# Measured for two resonant qubits: with fewer groups they wait, more do not stay in the cache.
_GROUPS, _LANES = 4, 8
TOGETHER = _GROUPS * _LANES
# As many folds of one network take as long as one of all groups.
COST = 2.1


class BlockShape(NamedTuple):
    """Numbers that the compiler knows: tuples with as many items."""

    lanes: tuple[float, ...]
    even: tuple[float, ...]  # unknowns of the even tiers above zero
    odd: tuple[float, ...]
    below: tuple[float, ...]  # of the largest tier below an odd one: an even one, or tier 0


def shape_for(counts: tuple[int, int], tier0_size: int) -> BlockShape:
    """The shape of chains with so many unknowns, even and odd."""
    even, odd = counts
    return BlockShape(*((1.0,) * n for n in (_LANES, even, odd, max(even, tier0_size))))


class GroupArrays(NamedTuple):
    """Arrays for fractions that are folded in groups of lanes; the groups first, the lanes last.

    Args:
        zeros: Everything that is zero to begin with: B and X, (n, lanes).
        a, a_odd: -A of even and odd tiers, (groups, m, m, lanes).
        b, b_odd: B into them, (groups, m, width, lanes).
        x, x_odd: X = D^{-1} B, the same.
        k: K, (groups, tier0, tier0, lanes).
        values: Of the bands, (groups, t, lanes).
        rate: Amplitude decay rates of the sources, (groups, 1, lanes).
        factors: Of the elements of the bands at a tier, (t,).
        same: The first element with the same factor, (t,).
        places: Where the elements of B stand among those of a tier, (t,).
        steps, steps_odd: Of the elements of C into even and odd tiers: see `solve_tier`.
        depth: Last tier kept, (groups, lanes).
        ends: Last tier of the deepest and of the least deep lane, (groups, 2).
    """

    zeros: np.ndarray
    a: np.ndarray
    a_odd: np.ndarray
    b: np.ndarray
    b_odd: np.ndarray
    x: np.ndarray
    x_odd: np.ndarray
    k: np.ndarray
    values: np.ndarray
    rate: np.ndarray
    factors: np.ndarray
    same: np.ndarray
    places: np.ndarray
    steps: np.ndarray
    steps_odd: np.ndarray
    depth: np.ndarray
    ends: np.ndarray


def group_arrays(
    counts: tuple[int, int], elements: int, tier0_size: int, shape: BlockShape
) -> GroupArrays:
    """Space for chains with so many unknowns and elements: see `kernels.lane_arrays`."""
    even, odd = counts
    below, lanes = len(shape.below), _LANES
    sizes = np.cumsum([0, *(2 * [_GROUPS * even * odd, _GROUPS * odd * below])])
    zeros = aligned(int(sizes[-1]), lanes)
    x, x_odd, b, b_odd = (
        zeros[begin:end].reshape(_GROUPS, m, -1, lanes)
        for begin, end, m in zip(sizes, sizes[1:], (even, odd, even, odd), strict=False)
    )
    return GroupArrays(
        zeros=zeros,
        a=aligned(_GROUPS, even, even, lanes),
        a_odd=aligned(_GROUPS, odd, odd, lanes),
        b=b,
        b_odd=b_odd,
        x=x,
        x_odd=x_odd,
        k=aligned(_GROUPS, tier0_size, tier0_size, lanes),
        values=aligned(_GROUPS, elements, lanes),
        rate=aligned(_GROUPS, 1, lanes),
        factors=np.empty(elements),
        same=np.zeros(elements, dtype=np.int64),
        places=np.zeros(elements, dtype=np.int64),
        steps=np.zeros((even * odd + even, 2), dtype=np.int64),
        steps_odd=np.zeros((odd * even + odd, 2), dtype=np.int64),
        depth=np.zeros((_GROUPS, lanes), dtype=np.int64),
        ends=np.zeros((_GROUPS, 2), dtype=np.int64),
    )


@compiled(allocates=False, nogil=True, error_model="numpy")
def fold_groups(points, depths, reverse, a, bands, values, rate, result, room, shape):
    """Compute K of some points, each at its own depth, into `result`: see `kernels.fold_points`.

    Args:
        points: Positions of the points, (n,); best in the order of their depths.
        depths: Of all points, (p,).
        reverse: Whether the unknowns stand in reverse and the tiers are scaled.
        a: See `blocks.LaneTiers`; of all points.
        bands: See `blocks.Bands`; already in reverse.
        values: Of the bands of all points, (p, t).
        rate: Of all points, (p,).
        result: K of all points, (p, tier0, tier0).
        room: See `GroupArrays`.
        shape: See `BlockShape`.
    """
    lanes, tier0_size, together = len(shape.lanes), result.shape[1], room.depth.size
    _list_steps(bands, 0, len(shape.even), len(shape.below), room.steps)
    _list_steps(bands, 1, len(shape.odd), len(shape.odd), room.steps_odd)
    _list_bands(bands, shape, room.same, room.places)
    for begin in range(0, points.size, together):
        left = min(together, points.size - begin)
        for place in range(together):
            g, w = place // lanes, place % lanes
            # The last point fills what is left of its group; of a group that is left there is none.
            p, used = points[min(begin + place, points.size - 1)], g * lanes < left
            room.depth[g, w], room.rate[g, 0, w] = depths[p] if used else 0, rate[p]
            for t in range(values.shape[1]):
                room.values[g, t, w] = values[p, t]
            _take(room.a, g, w, a[0], p, reverse)
            _take(room.a_odd, g, w, a[1], p, reverse)
        _fold(bands, room, SCALING if reverse else 1.0, shape)
        for place in range(left):
            p, g, w = points[begin + place], place // lanes, place % lanes
            for i in range(tier0_size):
                for j in range(tier0_size):
                    to_i, to_j = (tier0_size - 1 - i, tier0_size - 1 - j) if reverse else (i, j)
                    result[p, to_i, to_j] = room.k[g, i, j, w]


@compiled(allocates=False, error_model="numpy")
def _take(blocks, g, w, a, p, reverse):
    """Take -A of a point into its lane."""
    last = a.shape[1] - 1
    for i in range(last + 1):
        for j in range(last + 1):
            to_i, to_j = (last - i, last - j) if reverse else (i, j)
            blocks[g, to_i, to_j, w] = -a[p, i, j]


@compiled(allocates=False, error_model="numpy")
def _list_steps(bands, parity, size, width, steps):
    """The elements of C into a tier, row by row, as `solve_tier` takes them."""
    step = 0
    for i in range(size):
        for t in range(bands.begin[2 + parity], bands.begin[3 + parity]):
            if bands.row[t] == i:
                steps[step, 0], steps[step, 1] = bands.col[t] * width, t
                step += 1
        steps[step, 0] = -1
        step += 1


@compiled(allocates=False, error_model="numpy")
def _list_bands(bands, shape, same, places):
    """See `GroupArrays`."""
    for band in range(5):
        width = len(shape.odd) if band in (0, 2) else len(shape.below)
        for t in range(bands.begin[band], bands.begin[band + 1]):
            places[t] = bands.row[t] * width + bands.col[t]
            same[t] = bands.begin[band]
            while bands.e[same[t]] != bands.e[t]:  # roots take long
                same[t] += 1


@compiled(allocates=False, error_model="numpy", inline="always")
def _fold(bands, room, scaling, shape):
    """Compute K of every lane, truncated at its own depth, into `room.k`.

    What is read in the loops is a variable: an item of `room` would be counted who holds it.

    Args:
        bands: See `blocks.Bands`; rows and columns in the order of `room.a`.
        room: See `GroupArrays`.
        scaling: Factor between successive tiers.
        shape: See `BlockShape`.
    """
    rows, columns, e, begin = bands
    side, even, odd, below = shape
    zeros, a, a_odd, b, b_odd, x, x_odd, k, values, rate = room[:10]
    factors, same, places, steps, steps_odd, depth, ends = room[10:]
    zero, groups, last = everywhere(side, 0.0), depth.shape[0], 0
    for i in range(zeros.shape[0]):
        put(side, zeros, (i,), zero)
    for g in range(groups):
        ends[g, 0], ends[g, 1] = depth[g, 0], depth[g, 0]
        for w in range(len(side)):
            ends[g, 0], ends[g, 1] = max(ends[g, 0], depth[g, w]), min(ends[g, 1], depth[g, w])
        last = max(last, ends[g, 0])
    for n in range(last, 0, -1):
        parity, into = n % 2, n % 2 if n > 1 else 4  # the tier below tier 1 is tier 0
        tier, c, c_end = float(n), begin[2 + parity], begin[3 + parity]
        for t in range(c, c_end):
            size = factors[same[t]]
            if same[t] == t:
                size = np.sqrt(max(0.5 * (n - e[t]) + 1.0, 0.0)) / scaling
            factors[t] = size
        for t in range(begin[into], begin[1 + into]):
            size = factors[same[t]]
            if same[t] == t:
                size = np.sqrt(0.5 * max(n + e[t], 0.0)) * scaling
            factors[t] = size
        if n == 1:
            for i in range(groups * len(odd) * len(below)):
                put(side, b_odd, (0, 0, i), zero)
        for g in range(groups):
            if n <= ends[g, 0]:
                for t in range(begin[into], begin[1 + into]):
                    value = multiplied(at(side, values, (g, t)), everywhere(side, factors[t]))
                    if parity == 0:
                        put(side, b, (g, 0, places[t]), value)
                    else:
                        put(side, b_odd, (g, 0, places[t]), value)
                if parity == 0:
                    solve_tier(
                        side, even, odd, a, b, rate, tier, values, factors, steps, x_odd, x, g
                    )
                    if n > ends[g, 1]:
                        _clear(x, g, depth, n)
                else:
                    solve_tier(
                        side, odd, below, a_odd, b_odd, rate, tier, values, factors, steps_odd, x,
                        x_odd, g,
                    )  # fmt: skip
                    if n > ends[g, 1]:
                        _clear(x_odd, g, depth, n)
    for g in range(groups):
        for i in range(k.shape[1]):
            for j in range(k.shape[2]):
                put(side, k, (g, i, j), zero)
        for t in range(begin[5], begin[6]):
            i, size = rows[t], np.sqrt(max(1.0 - 0.5 * e[t], 0.0)) / scaling
            weight = multiplied(at(side, values, (g, t)), everywhere(side, size))
            for j in range(k.shape[2]):
                element = at(side, x_odd, (g, columns[t], j))
                put(side, k, (g, i, j), plus_product(at(side, k, (g, i, j)), weight, element))


@compiled(allocates=False, error_model="numpy")
def _clear(x, g, depth, n):
    """Set X to zero in the lanes that begin at a lower tier."""
    for w in range(depth.shape[1]):
        if n > depth[g, w]:
            for i in range(x.shape[1]):
                for j in range(x.shape[2]):
                    x[g, i, j, w] = 0.0
