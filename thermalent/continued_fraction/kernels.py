"""Numba kernels of the block-tridiagonal fraction: plain arrays, no validation.

Both evaluate K = C_0 [(s + lambda - L)^{-1}]_{11} B_1 of the chain truncated at a level, once
growing from level 1 upwards (the matrix form of Steed's algorithm: every level adds its exact
increment) and once folding the tail down from the last level. Agreement of the two orders of
elimination measures the rounding error.
"""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def solve_in_place(aug, m, width):
    """Gaussian elimination with partial pivoting on [D | R]: R becomes D^{-1} R."""
    for k in range(m):
        pivot = k
        for i in range(k + 1, m):
            if abs(aug[i, k]) > abs(aug[pivot, k]):
                pivot = i
        if pivot != k:
            for j in range(k, width):
                aug[k, j], aug[pivot, j] = aug[pivot, j], aug[k, j]
        inverse = 1.0 / aug[k, k]
        for i in range(k + 1, m):
            factor = aug[i, k] * inverse
            if factor != 0.0:
                for j in range(k + 1, width):
                    aug[i, j] -= factor * aug[k, j]
    for k in range(m - 1, -1, -1):
        inverse = 1.0 / aug[k, k]
        for j in range(m, width):
            aug[k, j] *= inverse
        for i in range(k):
            factor = aug[i, k]
            if factor != 0.0:
                for j in range(m, width):
                    aug[i, j] -= factor * aug[k, j]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def grow(a, up, down, rate, s, first, last, d, y, w, k_sum, project, x, moved):
    """Add the increments of levels `first` to `last` to K, in place.

    Args:
        a, up, down, rate: The chain, as in `levels.Levels`.
        s: Laplace variable; the arrays below have its type.
        first, last: Levels to add, first >= 1.
        d: Schur complement D of level `first`, (m, m) in the corner of a (max, max) array.
        y: Y of level `first`, (m, ground) in the corner of (max, ground).
        w: W of level `first`, (ground, m) in the corner of (ground, max).
        k_sum: K so far, (ground, ground).
        project: Maps a change of K x to the change of the solution, (ground, ground).
        x: Current solution at level 0, (ground,).
        moved: Sum over levels of |change of the solution|, (ground,).
    """
    ground = k_sum.shape[0]
    most = d.shape[0]
    aug = np.zeros((most, 2 * most + ground), dtype=d.dtype)
    w_next = np.zeros_like(w)
    delta = np.zeros_like(k_sum)
    change = np.zeros_like(x)
    for n in range(first, last + 1):
        parity = n % 2
        here, there = a[parity].shape[0], a[1 - parity].shape[0]
        width = here + there + ground
        for i in range(here):
            for j in range(here):
                aug[i, j] = d[i, j]
            for j in range(here, here + there):
                aug[i, j] = 0.0
            for j in range(ground):
                aug[i, here + there + j] = y[i, j]
        c = down[parity]
        for t in range(c.row.size):
            aug[c.row[t], here + c.col[t]] += c.value[t] * np.sqrt(
                max(0.5 * (n - c.e[t]) + 1.0, 0.0)
            )
        solve_in_place(aug, here, width)

        # Increment of K, and what it does to the solution.
        for i in range(ground):
            for j in range(ground):
                delta[i, j] = 0.0
            for j in range(there):
                w_next[i, j] = 0.0
            for l in range(here):
                factor = w[i, l]
                if factor != 0.0:
                    for j in range(ground):
                        delta[i, j] += factor * aug[l, here + there + j]
                    for j in range(there):
                        w_next[i, j] += factor * aug[l, here + j]
        for i in range(ground):
            change[i] = 0.0
            for j in range(ground):
                change[i] += delta[i, j] * x[j]
                k_sum[i, j] += delta[i, j]
        for i in range(ground):
            effect = project[i, 0] * change[0]
            for j in range(1, ground):
                effect += project[i, j] * change[j]
            moved[i] += abs(effect)

        # Prepare level n + 1.
        for i in range(ground):
            for j in range(there):
                w[i, j] = w_next[i, j]
        for i in range(there):
            for j in range(there):
                d[i, j] = -a[1 - parity][i, j]
            d[i, i] += s + rate * (n + 1)
            for j in range(ground):
                y[i, j] = 0.0
        b = up[1 - parity]
        for t in range(b.row.size):
            r, l = b.row[t], b.col[t]
            factor = b.value[t] * np.sqrt(0.5 * max(n + 1 + b.e[t], 0.0))
            for j in range(there):
                d[r, j] -= factor * aug[l, here + j]
            for j in range(ground):
                y[r, j] += factor * aug[l, here + there + j]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def fold(a, up, down, rate, s, last, zero):
    """K of the chain truncated at level `last`, from the tail down; `zero` is a 0 of s's type."""
    ground = zero.shape[0]
    most = max(a[0].shape[0], a[1].shape[0])
    aug = np.zeros((most, 2 * most), dtype=zero.dtype)
    tail = np.zeros((most, most), dtype=zero.dtype)  # D_{n+1}^{-1} B_{n+1}, (there, here)
    for n in range(last, 0, -1):
        parity = n % 2
        here, there = a[parity].shape[0], a[1 - parity].shape[0]
        for i in range(here):
            for j in range(here):
                aug[i, j] = -a[parity][i, j]
            aug[i, i] += s + rate * n
            for j in range(here, here + there):
                aug[i, j] = 0.0
        c = down[parity]
        if n < last:
            for t in range(c.row.size):
                factor = c.value[t] * np.sqrt(max(0.5 * (n - c.e[t]) + 1.0, 0.0))
                for j in range(here):
                    aug[c.row[t], j] -= factor * tail[c.col[t], j]
        b = up[parity]
        for t in range(b.row.size):
            aug[b.row[t], here + b.col[t]] += b.value[t] * np.sqrt(0.5 * max(n + b.e[t], 0.0))
        solve_in_place(aug, here, here + there)
        for i in range(here):
            for j in range(there):
                tail[i, j] = aug[i, here + j]
    result = np.zeros_like(zero)
    c = down[0]
    for t in range(c.row.size):
        if c.row[t] < ground:
            factor = c.value[t] * np.sqrt(max(1.0 - 0.5 * c.e[t], 0.0))
            for j in range(ground):
                result[c.row[t], j] += factor * tail[c.col[t], j]
    return result
