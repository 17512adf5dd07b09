r"""Numba kernels that eliminate whole stretches of tiers, and climb back up through them.

Every block is held transposed, S_N^T: what is solved is S^T Z^T = C^T, and the product Z B is
subtracted by rows of Z^T, so that all inner loops run along rows.
"""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy", fastmath={"contract"})
def root(shift, tier):
    """The factor of an entry at a tier: sqrt(tier/2 + shift), or 1 where the shift is infinite."""
    if shift == np.inf:
        return 1.0
    return np.sqrt(max(0.5 * tier + shift, 0.0))


@compiled(error_model="numpy", fastmath={"contract"})
def solve_keeping_factors(a, b, pivots):
    """Replace a by its triangular factors, as LAPACK does, and b by a^{-1} b; false if singular."""
    m, width = a.shape[0], b.shape[1]
    for k in range(m):
        pivot = k
        for i in range(k + 1, m):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        pivots[k] = pivot
        if pivot != k:
            for j in range(m):
                a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
            for j in range(width):
                b[k, j], b[pivot, j] = b[pivot, j], b[k, j]
        if a[k, k] == 0.0:
            return False
        inverse = 1.0 / a[k, k]
        for i in range(k + 1, m):
            factor = a[i, k] * inverse
            a[i, k] = factor
            if factor != 0.0:
                for j in range(k + 1, m):
                    a[i, j] -= factor * a[k, j]
                for j in range(width):
                    b[i, j] -= factor * b[k, j]
    for k in range(m - 1, -1, -1):
        inverse = 1.0 / a[k, k]
        for j in range(width):
            b[k, j] *= inverse
        for i in range(k):
            factor = a[i, k]
            if factor != 0.0:
                for j in range(width):
                    b[i, j] -= factor * b[k, j]
    return True


@compiled(error_model="numpy", fastmath={"contract"})
def prepare(blocks, right, within, up, down, lowest, rate, s, n, begun, t):
    """Fill S_n^T and C_{n-1}^T, from Z_n^T in `right` of the other parity; make t_n of b_n.

    Args:
        blocks: Where S^T goes, for even and odd tiers.
        right: Where C^T goes, for even and odd tiers.
        within: A of the tiers.
        up: B.
        down: C.
        lowest: First tier of each unknown.
        rate: Decay per quantum.
        s: Laplace variable.
        n: The tier.
        begun: Whether there is a Z_n.
        t: Starts b_N up to tier n, t_N above, (tiers, largest size); without rows if none.
    """
    parity = n % 2
    block, b = blocks[parity], right[parity]
    block[:] = 0.0
    b[:] = 0.0
    size = block.shape[0]
    row, col, value, shift = within[parity]
    for e in range(row.size):
        block[col[e], row[e]] -= value[e] * root(shift[e], n)
    for i in range(size):
        block[i, i] += s + rate * n
    if begun:
        z = right[1 - parity]
        row, col, value, shift = up[1 - parity]
        for e in range(row.size):
            factor = value[e] * root(shift[e], n + 1)
            for i in range(size):
                block[col[e], i] -= factor * z[row[e], i]
        if t.shape[0] > 0:
            for r in range(z.shape[0]):
                for i in range(size):
                    t[n, i] += z[r, i] * t[n + 1, r]
    for i in range(size):
        if lowest[parity][i] > n:
            for j in range(size):
                block[i, j] = 0.0
                block[j, i] = 0.0
            block[i, i] = 1.0
            if t.shape[0] > 0:
                t[n, i] = 0.0
    row, col, value, shift = down[1 - parity]
    for e in range(row.size):
        b[col[e], row[e]] += value[e] * root(shift[e], n - 1)


@compiled(error_model="numpy", fastmath={"contract"})
def eliminate_stretch(
    blocks, right, within, up, down, lowest, rate, s, top, bottom, begun, t, lu, pivots
):
    """Eliminate the tiers from `top` down to `bottom`; returns a tier that is singular, or zero.

    Args:
        blocks: See `prepare`.
        right: On entry Z_top^T, on return Z_{bottom-1}^T, among the even or odd ones.
        within: See `prepare`.
        up: See `prepare`.
        down: See `prepare`.
        lowest: See `prepare`.
        rate: See `prepare`.
        s: See `prepare`.
        top: The first tier to eliminate.
        bottom: The last one, at least 1.
        begun: Whether there is a Z_top.
        t: See `prepare`.
        lu: Factors of S_N^T of the tiers bottom, bottom + 1, ..., (count, largest size, the same).
        pivots: Their pivots, (count, largest size).
    """
    work = np.zeros(max(lowest[0].size, lowest[1].size), dtype=np.int64)
    for n in range(top, bottom - 1, -1):
        prepare(blocks, right, within, up, down, lowest, rate, s, n, begun, t)
        block = blocks[n % 2]
        if not solve_keeping_factors(block, right[n % 2], work):
            return n
        if n - bottom < lu.shape[0]:
            size = block.shape[0]
            for i in range(size):
                pivots[n - bottom, i] = work[i]
                for j in range(size):
                    lu[n - bottom, i, j] = block[i, j]
        begun = True
    return 0


@compiled(error_model="numpy", fastmath={"contract"})
def climb_tiers(up, lowest, first, lu, pivots, t, x):
    """S_n x_n = t_n + B_n x_{n-1} at the tiers from `first` on, as many as have factors.

    Args:
        up: B.
        lowest: First tier of each unknown.
        first: The first tier, x of the one below is known.
        lu: Factors of S_n^T, (count, largest size, the same).
        pivots: Their pivots, (count, largest size).
        t: t_n at all tiers, without rows if they are zero.
        x: The solution, (tiers, largest size).
    """
    for n in range(first, first + lu.shape[0]):
        parity = n % 2
        size = lowest[parity].size
        factors, at, right = lu[n - first], pivots[n - first], x[n]
        if t.shape[0] > 0:
            for i in range(size):
                right[i] = t[n, i]
        row, col, value, shift = up[parity]
        for e in range(row.size):
            right[row[e]] += value[e] * root(shift[e], n) * x[n - 1, col[e]]
        for i in range(size):
            if lowest[parity][i] > n:
                right[i] = 0.0
        for j in range(size):
            right[j] /= factors[j, j]
            for i in range(j + 1, size):
                right[i] -= factors[j, i] * right[j]
        for j in range(size - 1, -1, -1):
            for i in range(j):
                right[i] -= factors[j, i] * right[j]
        for j in range(size - 1, -1, -1):
            right[j], right[at[j]] = right[at[j]], right[j]


@compiled(error_model="numpy", fastmath={"contract"})
def climb_tiers_transposed(down, lowest, first, lu, pivots, y):
    """S_n^T y_n = C_{n-1}^T y_{n-1}, with the arguments of `climb_tiers`."""
    for n in range(first, first + lu.shape[0]):
        parity = n % 2
        size = lowest[parity].size
        factors, at, right = lu[n - first], pivots[n - first], y[n]
        row, col, value, shift = down[1 - parity]
        for e in range(row.size):
            right[col[e]] += value[e] * root(shift[e], n - 1) * y[n - 1, row[e]]
        for i in range(size):
            if lowest[parity][i] > n:
                right[i] = 0.0
        for j in range(size):
            right[j], right[at[j]] = right[at[j]], right[j]
        for i in range(size):
            for j in range(i):
                right[i] -= factors[i, j] * right[j]
        for i in range(size - 1, -1, -1):
            for j in range(i + 1, size):
                right[i] -= factors[i, j] * right[j]
            right[i] /= factors[i, i]


@compiled(error_model="numpy", fastmath={"contract"})
def contract(within, up, down, rate, x, y):
    """The sum y . L x over all tiers, for the blocks of L, and that of the sizes of its terms."""
    total, size = 0.0, 0.0
    last = x.shape[0] - 1
    for n in range(last + 1):
        parity = n % 2
        for kind in range(3):
            other = n - (kind == 1) + (kind == 2)
            if other < 0 or other > last:
                continue
            row, col, value, shift = (within, up, down)[kind][parity]
            for e in range(row.size):
                term = y[n, row[e]] * value[e] * root(shift[e], n) * x[other, col[e]]
                total += term
                size += abs(term)
        for i in range(x.shape[1]):
            term = rate * n * y[n, i] * x[n, i]
            total -= term
            size += abs(term)
    return total, size
