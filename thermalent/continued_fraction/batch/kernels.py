"""Numba kernels that fold the fractions of many points side by side, a lane each.

Gaussian elimination is without pivoting, so that all lanes perform the same operations. Every
second time the order of the unknowns is reversed and the tiers are scaled against each other; the
change shows the rounding error. The result of a lane does not depend on the other lanes.
"""

from __future__ import annotations

import numpy as np

from thermalent.support.compiled import compiled

# Arrays whose length is the number of lanes. The compiler knows the length of a tuple: one lane
# becomes scalar code. Many lanes are faster as loops, which it would unroll.
MANY_LANES = np.ones(32)
ONE_LANE = (1.0,)
_SCALING = np.sqrt(1.7)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def solve_lanes(aug, m, width, factor, row, side):
    """Replace R by D^{-1} R in [D | R], (m, width, lanes), in every lane."""
    lanes = len(side)
    if lanes == 1:
        _solve_one(aug[:, :, 0], m, width)
        return
    for k in range(m):
        pivot = aug[k]
        count = width - k - 1
        for w in range(lanes):
            factor[w] = 1.0 / pivot[k, w]
        for j in range(count):
            for w in range(lanes):
                row[j, w] = pivot[k + 1 + j, w] * factor[w]
        for j in range(count):
            for w in range(lanes):
                pivot[k + 1 + j, w] = row[j, w]
        for i in range(k + 1, m):
            subtract(aug[i, k + 1 :], row, aug[i, k], factor, count, side)
    for k in range(m - 1, 0, -1):
        for j in range(width - m):
            for w in range(lanes):
                row[j, w] = aug[k, m + j, w]
        for i in range(k):
            subtract(aug[i, m:], row, aug[i, k], factor, width - m, side)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def _solve_one(aug, m, width):
    """Fold one lane with the same bits, leaving out what is multiplied by zero."""
    for k in range(m):
        inverse = 1.0 / aug[k, k]
        for j in range(k + 1, width):
            aug[k, j] *= inverse
        for i in range(k + 1, m):
            factor = aug[i, k]
            if factor != 0.0:
                for j in range(k + 1, width):
                    aug[i, j] -= factor * aug[k, j]
    for k in range(m - 1, 0, -1):
        for i in range(k):
            factor = aug[i, k]
            if factor != 0.0:
                for j in range(m, width):
                    aug[i, j] -= factor * aug[k, j]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def subtract(target, row, weight, factor, count, side):
    """Subtract a multiple of a row in every lane: target[j] -= weight row[j]."""
    lanes = len(side)
    for w in range(lanes):
        factor[w] = weight[w]
    for j in range(count):
        for w in range(lanes):
            target[j, w] -= factor[w] * row[j, w]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def fold_lanes(a, sizes, bands, values, rate, depths, scaling, k, side):
    """Compute K of every lane, truncated at its own depth.

    Args:
        a: A of even and odd tiers, (2, m, m, lanes).
        sizes: Numbers of unknowns of even and odd tiers.
        bands: See `blocks.Bands`; rows and columns in the order of `a`.
        values: Of the bands, (t, lanes).
        rate: Amplitude decay rate of the source, (lanes,).
        depths: Last tier kept, (lanes,).
        scaling: Factor between successive tiers.
        k: Output for K, (tier0, tier0, lanes); columns and rows in the order of `a`.
        side: As many items as there are lanes.
    """
    lanes, (rows, columns, e, begin) = len(side), bands
    most = a.shape[1]
    # [D | R] of this tier and of the one above, whose right part is D^{-1} B there.
    both = np.zeros((2, most, 2 * most, lanes))
    factor, row, value = np.zeros(lanes), np.zeros((2 * most, lanes)), np.zeros(lanes)
    last, first = depths[0], depths[0]
    for w in range(lanes):
        last, first = max(last, depths[w]), min(first, depths[w])
    for n in range(last, 0, -1):
        parity = n % 2
        own_size, size_above = sizes[parity], sizes[1 - parity]
        aug, above = both[parity], both[1 - parity]
        for i in range(own_size):
            for j in range(own_size):
                for w in range(lanes):
                    aug[i, j, w] = -a[parity, i, j, w]
            for w in range(lanes):
                aug[i, i, w] += rate[w] * n
            for j in range(own_size, own_size + size_above):
                for w in range(lanes):
                    aug[i, j, w] = 0.0
        if n < last:
            for t in range(begin[2 + parity], begin[3 + parity]):
                size = np.sqrt(max(0.5 * (n - e[t]) + 1.0, 0.0)) / scaling
                for w in range(lanes):
                    value[w] = values[t, w] * size
                subtract(
                    aug[rows[t]], above[columns[t], size_above:], value, factor, own_size, side
                )
        for t in range(begin[parity], begin[1 + parity]):
            size = np.sqrt(0.5 * max(n + e[t], 0.0)) * scaling
            for w in range(lanes):
                aug[rows[t], own_size + columns[t], w] += values[t, w] * size
        solve_lanes(aug, own_size, own_size + size_above, factor, row, side)
        if n > first:
            for w in range(lanes):
                if n > depths[w]:  # this lane begins at a lower tier
                    for i in range(own_size):
                        for j in range(own_size, own_size + size_above):
                            aug[i, j, w] = 0.0
    tier0_size = k.shape[0]
    shift = sizes[0] - tier0_size if scaling != 1.0 else 0  # in reverse, tier 0 stands last
    for i in range(tier0_size):
        for j in range(tier0_size):
            for w in range(lanes):
                k[i, j, w] = 0.0
    for t in range(begin[2], begin[3]):
        i = rows[t] - shift
        if 0 <= i < tier0_size:
            size = np.sqrt(max(1.0 - 0.5 * e[t], 0.0)) / scaling
            for w in range(lanes):
                value[w] = -values[t, w] * size
            subtract(k[i], both[1, columns[t], sizes[1] + shift :], value, factor, tier0_size, side)


@compiled(nogil=True, error_model="numpy")
def fold_points(points, depths, reverse, a, bands, values, rate, result, side):
    """Compute K of some points, each at its own depth, into `result`.

    Args:
        points: Positions of the points, (n,); best in the order of their depths.
        depths: Of all points, (p,).
        reverse: Whether the unknowns stand in reverse and the tiers are scaled.
        a: A of the even and of the odd tiers of all points, (p, m, m) each.
        bands: See `blocks.Bands`; already in reverse.
        values: Of the bands of all points, (p, t).
        rate: Of all points, (p,).
        result: K of all points, (p, tier0, tier0).
        side: As many items as there are lanes.
    """
    lanes, tier0_size = len(side), result.shape[1]
    sizes = (a[0].shape[1], a[1].shape[1])
    most = max(sizes[0], sizes[1])
    block, value = np.zeros((2, most, most, lanes)), np.zeros((values.shape[1], lanes))
    k, rates = np.zeros((tier0_size, tier0_size, lanes)), np.zeros(lanes)
    depth = np.zeros(lanes, dtype=np.int64)
    scaling = _SCALING if reverse else 1.0
    for begin in range(0, points.size, lanes):
        for w in range(lanes):
            index = min(begin + w, points.size - 1)  # the last point fills the remaining lanes
            p = points[index]
            rates[w], depth[w] = rate[p], depths[p]
            for parity in range(2):
                m = sizes[parity]
                for i in range(m):
                    for j in range(m):
                        if reverse:
                            block[parity, i, j, w] = a[parity][p, m - 1 - i, m - 1 - j]
                        else:
                            block[parity, i, j, w] = a[parity][p, i, j]
            for t in range(values.shape[1]):
                value[t, w] = values[p, t]
        fold_lanes(block, sizes, bands, value, rates, depth, scaling, k, side)
        for w in range(min(lanes, points.size - begin)):
            p = points[begin + w]
            for i in range(tier0_size):
                for j in range(tier0_size):
                    if reverse:
                        result[p, i, j] = k[tier0_size - 1 - i, tier0_size - 1 - j, w]
                    else:
                        result[p, i, j] = k[i, j, w]
