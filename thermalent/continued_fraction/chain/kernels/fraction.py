"""Numba kernels of the block-tridiagonal fraction: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy", fastmath={"contract"})
def solve_in_place(aug, m, width):
    """Replace R by D^{-1} R in [D | R], by elimination with partial pivoting."""
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


@compiled(error_model="numpy", fastmath={"contract"})
def evaluate_truncated_kernel(a, up, down, rate, s, last, zero):
    """The sum K of a chain truncated at tier `last`, from the tail; `zero` has the type of s."""
    tier0_size = zero.shape[0]
    most = max(a[0].shape[0], a[1].shape[0])
    aug = np.zeros((most, 2 * most), dtype=zero.dtype)
    tail = np.zeros((most, most), dtype=zero.dtype)  # D_{n+1}^{-1} B_{n+1}, (m_{n+1}, m_n)
    for n in range(last, 0, -1):
        parity = n % 2
        size, size_above = a[parity].shape[0], a[1 - parity].shape[0]
        for i in range(size):
            for j in range(size):
                aug[i, j] = -a[parity][i, j]
            aug[i, i] += s + rate * n
            for j in range(size, size + size_above):
                aug[i, j] = 0.0
        c = down[parity]
        if n < last:
            for t in range(c.row.size):
                factor = c.value[t] * np.sqrt(max(0.5 * (n - c.e[t]) + 1.0, 0.0))
                for j in range(size):
                    aug[c.row[t], j] -= factor * tail[c.col[t], j]
        b = up[parity]
        for t in range(b.row.size):
            aug[b.row[t], size + b.col[t]] += b.value[t] * np.sqrt(0.5 * max(n + b.e[t], 0.0))
        solve_in_place(aug, size, size + size_above)
        for i in range(size):
            for j in range(size_above):
                tail[i, j] = aug[i, size + j]
    result = np.zeros_like(zero)
    c = down[0]
    for t in range(c.row.size):
        if c.row[t] < tier0_size:
            factor = c.value[t] * np.sqrt(max(1.0 - 0.5 * c.e[t], 0.0))
            for j in range(tier0_size):
                result[c.row[t], j] += factor * tail[c.col[t], j]
    return result
