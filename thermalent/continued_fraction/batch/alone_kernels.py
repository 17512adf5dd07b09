"""The numba kernel that folds the fraction of one network, a row of a tier per vector.

The operations of every element, and their order, are those of `kernels`, where many networks stand
side by side: the results are the same to the bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.batch.kernels import SCALING
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
    spread,
)

_NARROW, _WIDE = (1.0,) * 8, (1.0,) * 32  # as many items as a row has; eight emitter levels have 32


class AloneArrays(NamedTuple):
    """Arrays for the fraction of one network, with rows that are longer than needed.

    Args:
        a: -A of even and odd tiers, (2, m, row).
        unit: The rows of the unit matrix, (m, row).
        weights: Of the elements of B and C into one tier, (t,).
        both: D and R of this tier and of the one above, whose R is D^{-1} B there, (2, m, 2, row).
    """

    a: np.ndarray
    unit: np.ndarray
    weights: np.ndarray
    both: np.ndarray


def row_for(counts: tuple[int, int], tier0_size: int) -> tuple[float, ...]:
    """The rows for tiers with so many unknowns, even and odd ones above zero and tier 0."""
    return _NARROW if max(*counts, tier0_size) <= len(_NARROW) else _WIDE


def alone_arrays(sizes: tuple[int, int], elements: int, tier0_size: int, row: int) -> AloneArrays:
    """Space for a chain with so many unknowns and elements: see `kernels.lane_arrays`."""
    most = max(*sizes, tier0_size)
    unit = aligned(most, row)
    np.fill_diagonal(unit, 1.0)
    return AloneArrays(
        a=aligned(2, most, row),
        unit=unit,
        weights=np.empty(elements),
        both=aligned(2, most, 2, row),
    )


@compiled(allocates=False, nogil=True, error_model="numpy")
def fold_alone(points, depths, reverse, a, bands, values, rate, result, room, side):
    """Compute K of some points, one after the other: see `kernels.fold_points`.

    Args:
        points: Positions of the points, (n,).
        depths: Of all points, (p,).
        reverse: Whether the unknowns stand in reverse and the tiers are scaled.
        a: See `blocks.LaneTiers`; of all points.
        bands: See `blocks.Bands`; already in reverse.
        values: Of the bands of all points, (p, t).
        rate: Of all points, (p,).
        result: K of all points, (p, tier0, tier0).
        room: See `AloneArrays`.
        side: As many items as a row has.
    """
    for p in points:
        for parity in range(2):
            block, last = a[parity], a[parity].shape[1] - 1
            for i in range(last + 1):
                for j in range(last + 1):
                    to_i, to_j = (last - i, last - j) if reverse else (i, j)
                    room.a[parity, to_i, to_j] = -block[p, i, j]
        _fold_one(p, depths[p], reverse, a, bands, values, rate[p], result, room, side)


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _fold_one(p, depth, reverse, a, bands, values, rate, result, room, side):
    """Compute K of one point from -A in `room`: see `fold_alone`."""
    sizes, (rows, columns, e, begin) = (a[0].shape[1], a[1].shape[1]), bands
    weights, both, scaling = room.weights, room.both, SCALING if reverse else 1.0
    tier0_size, zero = result.shape[1], everywhere(side, 0.0)
    for n in range(depth, 0, -1):
        parity, into = n % 2, n % 2 if n > 1 else 4  # the tier below tier 1 is tier 0
        m, c, b, b_end = sizes[parity], begin[2 + parity], begin[into], begin[1 + into]
        c_end = begin[3 + parity] if n < depth else c
        for t in range(c, c_end):
            weights[t] = values[p, t] * (np.sqrt(max(0.5 * (n - e[t]) + 1.0, 0.0)) / scaling)
        for t in range(b, b_end):
            weights[t] = values[p, t] * (np.sqrt(0.5 * max(n + e[t], 0.0)) * scaling)
        tier, own_rate = everywhere(side, float(n)), everywhere(side, rate)
        for i in range(m - 1, -1, -1) if reverse else range(m):
            total = at(side, room.a, (parity, i))
            total = plus_product(total, multiplied(at(side, room.unit, (i,)), own_rate), tier)
            while c < c_end and rows[c] == i:
                above = at(side, both, (1 - parity, columns[c], 1))
                total = minus_product(total, spread(side, weights, (c,)), above)
                c += 1
            put(side, both, (parity, i, 0), total)
            total = zero
            while b < b_end and rows[b] == i:
                place = at(side, room.unit, (columns[b],))
                total = plus_product(total, spread(side, weights, (b,)), place)
                b += 1
            put(side, both, (parity, i, 1), total)
        _solve(both, parity, m, side)
    t = begin[5]
    for i in range(tier0_size - 1, -1, -1) if reverse else range(tier0_size):
        total = zero
        while t < begin[6] and rows[t] == i:
            weight = values[p, t] * (np.sqrt(max(1.0 - 0.5 * e[t], 0.0)) / scaling)
            total = plus_product(
                total, everywhere(side, weight), at(side, both, (1, columns[t], 1))
            )
            t += 1
        put(side, both, (0, i, 1), total)
    for i in range(tier0_size):
        for j in range(tier0_size):
            to_i, to_j = (tier0_size - 1 - i, tier0_size - 1 - j) if reverse else (i, j)
            result[p, to_i, to_j] = both[0, i, 1, j]


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _solve(both, parity, m, side):
    """Replace R by D^{-1} R in [D | R], both[parity] of (2, m, 2, row).

    Row by row, so that nothing waits but the next pivot. What stands in D left of a pivot is no
    longer needed, and changes with the rest of its row.
    """
    for k in range(m):
        inverse = divided(everywhere(side, 1.0), spread(side, both, (parity, k, 0, k)))
        d = multiplied(at(side, both, (parity, k, 0)), inverse)
        r = multiplied(at(side, both, (parity, k, 1)), inverse)
        put(side, both, (parity, k, 0), d)
        put(side, both, (parity, k, 1), r)
        for i in range(k + 1, m):
            weight = spread(side, both, (parity, i, 0, k))
            total = minus_product(at(side, both, (parity, i, 0)), weight, d)
            put(side, both, (parity, i, 0), total)
            total = minus_product(at(side, both, (parity, i, 1)), weight, r)
            put(side, both, (parity, i, 1), total)
    for k in range(m - 1, 0, -1):
        r = at(side, both, (parity, k, 1))
        for i in range(k):
            weight = spread(side, both, (parity, i, 0, k))
            total = minus_product(at(side, both, (parity, i, 1)), weight, r)
            put(side, both, (parity, i, 1), total)
