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
MANY_LANES = np.ones(16)
ONE_LANE = (1.0,)
_SCALING = np.sqrt(1.7)


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def solve_lanes(aug, m, width, factor, row, side):
    """Transform [D | R], (m, width, lanes), such that R becomes D^{-1} R in every lane."""
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
    """The same in one lane, bit by bit, without what is multiplied by zero."""
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
def subtract(to, row, by, factor, count, side):
    """Subtract `by` times a row in every lane: to[j] -= by row[j]."""
    lanes = len(side)
    for w in range(lanes):
        factor[w] = by[w]
    for j in range(count):
        for w in range(lanes):
            to[j, w] -= factor[w] * row[j, w]


@compiled(nogil=True, error_model="numpy", fastmath={"contract"})
def fold_lanes(a, up, down, rate, depths, scaling, k, side):
    """Compute K of every lane, truncated at its own depth.

    Args:
        a: A of even and odd tiers, (m, m, lanes) each.
        up: For even and odd tiers: row, column, values (t, lanes), e.
        down: The same.
        rate: (lanes,).
        depths: (lanes,).
        scaling: Of the tiers against each other.
        k: Output for K, (tier0, tier0, lanes); columns and rows in the order of `a`.
        side: As many items as there are lanes.
    """
    lanes = len(side)
    most = max(a[0].shape[0], a[1].shape[0])
    # [D | R] of this tier and of the one above, whose right part is D^{-1} B there.
    both = np.zeros((2, most, 2 * most, lanes))
    factor, row, value = np.zeros(lanes), np.zeros((2 * most, lanes)), np.zeros(lanes)
    last, first = depths[0], depths[0]
    for w in range(lanes):
        last, first = max(last, depths[w]), min(first, depths[w])
    for n in range(last, 0, -1):
        parity = n % 2
        aug, above = both[parity], both[1 - parity]
        block = a[parity]
        here, there = block.shape[0], a[1 - parity].shape[0]
        for i in range(here):
            for j in range(here):
                for w in range(lanes):
                    aug[i, j, w] = -block[i, j, w]
            for w in range(lanes):
                aug[i, i, w] += rate[w] * n
            for j in range(here, here + there):
                for w in range(lanes):
                    aug[i, j, w] = 0.0
        if n < last:
            to, of, values, e = down[parity]
            for t in range(to.size):
                size = np.sqrt(max(0.5 * (n - e[t]) + 1.0, 0.0)) / scaling
                for w in range(lanes):
                    value[w] = values[t, w] * size
                subtract(aug[to[t]], above[of[t], there:], value, factor, here, side)
        to, of, values, e = up[parity]
        for t in range(to.size):
            size = np.sqrt(0.5 * max(n + e[t], 0.0)) * scaling
            for w in range(lanes):
                aug[to[t], here + of[t], w] += values[t, w] * size
        solve_lanes(aug, here, here + there, factor, row, side)
        if n > first:
            for w in range(lanes):
                if n > depths[w]:  # this lane begins at a lower tier
                    for i in range(here):
                        for j in range(here, here + there):
                            aug[i, j, w] = 0.0
    to, of, values, e = down[0]
    tier0_size, whole = k.shape[0], a[0].shape[0]
    shift = whole - tier0_size if scaling != 1.0 else 0  # in reverse, tier 0 stands last
    for i in range(tier0_size):
        for j in range(tier0_size):
            for w in range(lanes):
                k[i, j, w] = 0.0
    for t in range(to.size):
        i = to[t] - shift
        if 0 <= i < tier0_size:
            size = np.sqrt(max(1.0 - 0.5 * e[t], 0.0)) / scaling
            for w in range(lanes):
                value[w] = -values[t, w] * size
            subtract(k[i], both[1, of[t], a[1].shape[0] + shift :], value, factor, tier0_size, side)


@compiled(nogil=True, error_model="numpy")
def fold_points(points, depths, reverse, a, up, down, rate, found, side):
    """Compute K of some points, each at its own depth, into found (p, tier0, tier0).

    Args:
        points: Positions of the points, (n,); best in the order of their depths.
        depths: Of each of these, (n,).
        reverse: Whether the unknowns stand in reverse and the tiers are scaled.
        a: A of the even and of the odd tiers of all points, (p, m, m) each.
        up: Couplings into even and odd tiers from below, values (p, t).
        down: The same from above.
        rate: Of all points, (p,).
        found: K of all points.
        side: As many items as there are lanes.
    """
    lanes = len(side)
    tier0_size = found.shape[1]
    even, odd = a[0].shape[1], a[1].shape[1]
    blocks = (np.zeros((even, even, lanes)), np.zeros((odd, odd, lanes)))
    k, rates = np.zeros((tier0_size, tier0_size, lanes)), np.zeros(lanes)
    depth = np.zeros(lanes, dtype=np.int64)
    ups = (_lanes(up[0], even, odd, reverse, lanes), _lanes(up[1], odd, even, reverse, lanes))
    downs = (_lanes(down[0], even, odd, reverse, lanes), _lanes(down[1], odd, even, reverse, lanes))
    scaling = _SCALING if reverse else 1.0
    for begin in range(0, points.size, lanes):
        for w in range(lanes):
            at = min(begin + w, points.size - 1)  # the last point fills the remaining lanes
            p = points[at]
            rates[w], depth[w] = rate[p], depths[at]
            for parity in range(2):
                _fill(blocks[parity], a[parity][p], w, reverse)
                _load(ups[parity][2], up[parity].value[p], w)
                _load(downs[parity][2], down[parity].value[p], w)
        fold_lanes(blocks, ups, downs, rates, depth, scaling, k, side)
        for w in range(min(lanes, points.size - begin)):
            p = points[begin + w]
            for i in range(tier0_size):
                for j in range(tier0_size):
                    if reverse:
                        found[p, i, j] = k[tier0_size - 1 - i, tier0_size - 1 - j, w]
                    else:
                        found[p, i, j] = k[i, j, w]


@compiled(nogil=True, error_model="numpy")
def _lanes(band, rows, columns, reverse, lanes):
    """A band with values for every lane, its unknowns in reverse order if requested."""
    row, col = band.row.copy(), band.col.copy()
    if reverse:
        row, col = rows - 1 - row, columns - 1 - col
    return row, col, np.zeros((row.size, lanes)), band.e


@compiled(nogil=True, error_model="numpy")
def _load(to, values, w):
    for t in range(values.size):
        to[t, w] = values[t]


@compiled(nogil=True, error_model="numpy")
def _fill(to, block, w, reverse):
    m = block.shape[0]
    for i in range(m):
        for j in range(m):
            to[i, j, w] = block[m - 1 - i, m - 1 - j] if reverse else block[i, j]
