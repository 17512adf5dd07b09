"""Numba kernels that fold the fractions of many points side by side, a lane each.

Gaussian elimination is without pivoting, so that all lanes perform the same operations. Every
second time the order of the unknowns is reversed and the tiers are scaled against each other; the
change shows the rounding error. The result of a lane does not depend on the other lanes, nor on how
many there are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.support.machine.compiled import compiled
from thermalent.support.vectors import (
    aligned,
    at,
    divided,
    everywhere,
    minus_product,
    multiplied,
    plus_product,
    put,
)

# Tuples whose length is the number of lanes, which the compiler knows. Two vectors of eight numbers
# keep the arithmetic busy where one would wait for its own results; of few unknowns the sums are so
# short that it takes four, which of more unknowns do not stay in the cache.
_SEVERAL_LANES, _MANY_LANES = (1.0,) * 16, (1.0,) * 32
# Unknowns of an even and an odd tier up to which four vectors are as fast: 9 take 0.7 times as long
# in 32 lanes, 15 take 0.8 times as long.
_FEW_UNKNOWNS = 15
# As many folds of one network take as long as one of all lanes: of up to so many unknowns (measured
# for two qubits, resonant and detuned, and for three).
_COSTS = ((12, 3.6), (15, 6.8), (np.inf, 6.3))


def lanes_for(counts: tuple[int, int]) -> tuple[float, ...]:
    """The lanes for tiers with so many unknowns, even and odd."""
    return _MANY_LANES if sum(counts) <= _FEW_UNKNOWNS else _SEVERAL_LANES


def cost_of_lanes(counts: tuple[int, int]) -> float:
    """How many folds of one network take as long as one of all these lanes."""
    return next(cost for most, cost in _COSTS if sum(counts) <= most)


SCALING = np.sqrt(1.7)


class LaneArrays(NamedTuple):
    """Arrays for the fractions that are folded side by side, the lanes last.

    Args:
        a: -A of even and odd tiers, (2, m, m, lanes).
        values: Of the bands, (t, lanes).
        weights: Of the elements of C into one tier, (t, lanes).
        both: [D | R] of this tier and of the one above, whose right part is D^{-1} B there,
            (2, m, width, lanes).
        b: [0 | B] of even and odd tiers: apart, as most of B stays zero, (2, m, width, lanes).
        k: K, (tier0, tier0, lanes); columns and rows in the order of `a`.
        rate: Amplitude decay rate of the source, (1, lanes).
        depth: Last tier kept of each lane, (lanes,).
        ends: First and last element of each row of C into one tier, (m, 2).
    """

    a: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    both: np.ndarray
    b: np.ndarray
    k: np.ndarray
    rate: np.ndarray
    depth: np.ndarray
    ends: np.ndarray


def lane_arrays(sizes: tuple[int, int], elements: int, tier0_size: int, lanes: int) -> LaneArrays:
    """Space for chains with so many unknowns of even and odd tiers, elements and lanes.

    The even tiers are those above zero: tier 0 may have another number of unknowns.
    """
    most, width = max(sizes), sizes[1] + max(sizes[0], tier0_size)
    return LaneArrays(
        a=aligned(2, most, most, lanes),
        values=aligned(elements, lanes),
        weights=aligned(elements, lanes),
        both=aligned(2, most, width, lanes),
        b=aligned(2, most, width, lanes),
        k=aligned(tier0_size, tier0_size, lanes),
        rate=aligned(1, lanes),
        depth=np.zeros(lanes, dtype=np.int64),
        ends=np.zeros((most, 2), dtype=np.int64),
    )


@compiled(allocates=False, error_model="numpy", inline="always")
def solve_lanes(room, parity, m, width, tier, above, side):
    """Write [D | D^{-1} B] into both[parity] of (2, m, width, lanes).

    Crout's form of the elimination: every element is a sum that is stored once. That of D begins
    with what the tier itself and the one above give; two of them are summed side by side. The
    arrays are not sliced: a slice counts who holds it, which takes longer than a sum.

    Args:
        room: See `LaneArrays`.
        parity: Of the tier.
        m: Its unknowns.
        width: Columns of D and R.
        tier: Its number, in all lanes.
        above: Of the elements of C into it the columns, and the first and the last of each row,
            (m, 2); and where D^{-1} B of the tier above begins.
        side: As many items as there are lanes.
    """
    one, both = everywhere(side, 1.0), room.both
    for k in range(m):
        inverse = divided(one, _reduced(room, parity, k, k, k, tier, above, side))
        i = k + 1  # the rows below need not wait for it
        while i + 1 < m:
            x0 = _own(room, parity, i, k, tier, above, side)
            x1 = _own(room, parity, i + 1, k, tier, above, side)
            for p in range(k):
                element = at(side, both, (parity, p, k))
                x0 = minus_product(x0, at(side, both, (parity, i, p)), element)
                x1 = minus_product(x1, at(side, both, (parity, i + 1, p)), element)
            put(side, both, (parity, i, k), x0)
            put(side, both, (parity, i + 1, k), x1)
            i += 2
        if i < m:
            put(side, both, (parity, i, k), _reduced(room, parity, i, k, k, tier, above, side))
        j = k + 1
        while j + 1 < m:
            x0, x1 = _own_two(room, parity, k, j, above, side)
            for p in range(k):
                weight = at(side, both, (parity, k, p))
                x0 = minus_product(x0, weight, at(side, both, (parity, p, j)))
                x1 = minus_product(x1, weight, at(side, both, (parity, p, j + 1)))
            put(side, both, (parity, k, j), multiplied(x0, inverse))
            put(side, both, (parity, k, j + 1), multiplied(x1, inverse))
            j += 2
        if j < m:
            total = _reduced(room, parity, k, j, k, tier, above, side)
            put(side, both, (parity, k, j), multiplied(total, inverse))
        _subtract_rows(room.b, both, parity, k, 0, k, 1, m, width, inverse, side)
    for k in range(m - 2, -1, -1):
        _subtract_rows(both, both, parity, k, m - 1, k, -1, m, width, one, side)


@compiled(allocates=False, error_model="numpy", inline="always")
def _own(room, parity, i, j, tier, above, side):
    """The element i, j of D before the elimination: -A, the tier's rate, and the tier above."""
    columns, ends, begin = above
    total = at(side, room.a, (parity, i, j))
    if i == j:
        total = plus_product(total, at(side, room.rate, (0,)), tier)
    for t in range(ends[i, 0], ends[i, 1]):
        element = at(side, room.both, (1 - parity, columns[t], begin + j))
        total = minus_product(total, at(side, room.weights, (t,)), element)
    return total


@compiled(allocates=False, error_model="numpy", inline="always")
def _own_two(room, parity, i, j, above, side):
    """The elements i, j and i, j + 1 of D right of the diagonal, likewise."""
    columns, ends, begin = above
    x0, x1 = at(side, room.a, (parity, i, j)), at(side, room.a, (parity, i, j + 1))
    for t in range(ends[i, 0], ends[i, 1]):
        weight, c = at(side, room.weights, (t,)), columns[t]
        x0 = minus_product(x0, weight, at(side, room.both, (1 - parity, c, begin + j)))
        x1 = minus_product(x1, weight, at(side, room.both, (1 - parity, c, begin + j + 1)))
    return x0, x1


@compiled(allocates=False, error_model="numpy", inline="always")
def _reduced(room, parity, i, j, k, tier, above, side):
    """The same less the products of its row with its column, up to before k."""
    total = _own(room, parity, i, j, tier, above, side)
    for p in range(k):
        weight, element = at(side, room.both, (parity, i, p)), at(side, room.both, (parity, p, j))
        total = minus_product(total, weight, element)
    return total


@compiled(allocates=False, error_model="numpy", inline="always")
def _subtract_rows(of, both, parity, k, begin, end, step, left, right, factor, side):
    """Subtract from row k the rows from `begin` to before `end`, each times its element of row k.

    The row is read from `of`, and everything else stands in `both`. Of the columns from `left` to
    before `right`, which are then multiplied by `factor`; four of them are summed side by side.
    """
    j = left
    while j + 3 < right:
        x0, x1 = at(side, of, (parity, k, j)), at(side, of, (parity, k, j + 1))
        x2, x3 = at(side, of, (parity, k, j + 2)), at(side, of, (parity, k, j + 3))
        p = begin
        while p != end:
            weight = at(side, both, (parity, k, p))
            x0 = minus_product(x0, weight, at(side, both, (parity, p, j)))
            x1 = minus_product(x1, weight, at(side, both, (parity, p, j + 1)))
            x2 = minus_product(x2, weight, at(side, both, (parity, p, j + 2)))
            x3 = minus_product(x3, weight, at(side, both, (parity, p, j + 3)))
            p += step
        put(side, both, (parity, k, j), multiplied(x0, factor))
        put(side, both, (parity, k, j + 1), multiplied(x1, factor))
        put(side, both, (parity, k, j + 2), multiplied(x2, factor))
        put(side, both, (parity, k, j + 3), multiplied(x3, factor))
        j += 4
    while j < right:
        x0 = at(side, of, (parity, k, j))
        p = begin
        while p != end:
            weight, element = at(side, both, (parity, k, p)), at(side, both, (parity, p, j))
            x0 = minus_product(x0, weight, element)
            p += step
        put(side, both, (parity, k, j), multiplied(x0, factor))
        j += 1


@compiled(allocates=False, nogil=True, error_model="numpy")
def fold_lanes(sizes, bands, room, scaling, side):
    """Compute K of every lane, truncated at its own depth.

    Args:
        sizes: Numbers of unknowns of the even tiers above zero, and of the odd ones.
        bands: See `blocks.Bands`; rows and columns in the order of `room.a`.
        room: See `LaneArrays`; K goes there.
        scaling: Factor between successive tiers.
        side: As many items as there are lanes.
    """
    lanes, (rows, columns, e, begin) = len(side), bands
    _, values, weights, both, b, k, _, depths, ends = room
    tier0_size, zero = k.shape[0], everywhere(side, 0.0)
    reverse = scaling != 1.0  # then the elements of C begin with the last row
    last, first = depths[0], depths[0]
    for w in range(lanes):
        last, first = max(last, depths[w]), min(first, depths[w])
    for n in range(last, 0, -1):
        parity = n % 2
        own_size, size_above = sizes[parity], sizes[1 - parity]
        into, width = parity, own_size + size_above
        if n == 1:  # the tier below is tier 0
            into, width = 4, own_size + tier0_size
        if n == 1 or n > last - 2:  # where B has no elements it stays zero
            for i in range(own_size):
                for j in range(own_size, width):
                    put(side, b, (parity, i, j), zero)
        tier, end = everywhere(side, float(n)), begin[2 + parity]
        for i in range(own_size - 1, -1, -1) if reverse else range(own_size):
            start = end  # of the elements of this row of C
            while n < last and end < begin[3 + parity] and rows[end] == i:
                size = np.sqrt(max(0.5 * (n - e[end]) + 1.0, 0.0)) / scaling
                weight = multiplied(at(side, values, (end,)), everywhere(side, size))
                put(side, weights, (end,), weight)
                end += 1
            ends[i, 0], ends[i, 1] = start, end
        for t in range(begin[into], begin[1 + into]):
            size = np.sqrt(0.5 * max(n + e[t], 0.0)) * scaling
            element = multiplied(at(side, values, (t,)), everywhere(side, size))
            put(side, b, (parity, rows[t], own_size + columns[t]), element)
        solve_lanes(room, parity, own_size, width, tier, (columns, ends, size_above), side)
        if n > first:
            for w in range(lanes):
                if n > depths[w]:  # this lane begins at a lower tier
                    for i in range(own_size):
                        for j in range(own_size, width):
                            both[parity, i, j, w] = 0.0
    for i in range(tier0_size):
        for j in range(tier0_size):
            put(side, k, (i, j), zero)
    for t in range(begin[5], begin[6]):
        i, size = rows[t], np.sqrt(max(1.0 - 0.5 * e[t], 0.0)) / scaling
        weight = multiplied(at(side, values, (t,)), everywhere(side, size))
        for j in range(tier0_size):
            element = at(side, both, (1, columns[t], sizes[1] + j))
            put(side, k, (i, j), plus_product(at(side, k, (i, j)), weight, element))


@compiled(allocates=False, nogil=True, error_model="numpy")
def fold_points(points, depths, reverse, a, bands, values, rate, result, room, side):
    """Compute K of some points, each at its own depth, into `result`.

    Args:
        points: Positions of the points, (n,); best in the order of their depths.
        depths: Of all points, (p,).
        reverse: Whether the unknowns stand in reverse and the tiers are scaled.
        a: See `blocks.LaneTiers`; of all points.
        bands: See `blocks.Bands`; already in reverse.
        values: Of the bands of all points, (p, t).
        rate: Of all points, (p,).
        result: K of all points, (p, tier0, tier0).
        room: See `LaneArrays`.
        side: As many items as there are lanes.
    """
    lanes, tier0_size = len(side), result.shape[1]
    blocks, band_values, _, _, _, k, rates, depth, _ = room
    sizes, scaling = (a[0].shape[1], a[1].shape[1]), SCALING if reverse else 1.0
    for begin in range(0, points.size, lanes):
        for w in range(lanes):
            p = points[min(begin + w, points.size - 1)]  # the last point fills what is left
            rates[0, w], depth[w] = rate[p], depths[p]
            for t in range(values.shape[1]):
                band_values[t, w] = values[p, t]
            for parity in range(2):
                block, last = a[parity], sizes[parity] - 1
                for i in range(last + 1):
                    for j in range(last + 1):
                        to_i, to_j = (last - i, last - j) if reverse else (i, j)
                        blocks[parity, to_i, to_j, w] = -block[p, i, j]
        fold_lanes(sizes, bands, room, scaling, side)
        for w in range(min(lanes, points.size - begin)):
            p = points[begin + w]
            for i in range(tier0_size):
                for j in range(tier0_size):
                    if reverse:
                        result[p, i, j] = k[tier0_size - 1 - i, tier0_size - 1 - j, w]
                    else:
                        result[p, i, j] = k[i, j, w]
