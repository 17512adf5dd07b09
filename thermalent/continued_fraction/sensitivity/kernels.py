"""Numba kernels of the sweeps through all tiers, for small blocks."""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.kernels.fraction import solve_in_place
from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy")
def inverses(a, up, down, rate, last):
    """D_n^{-1} of tiers 1 to `last`, (last + 1, m, m), and C_0 D_1^{-1} B_1."""
    most = max(a[0].shape[0], a[1].shape[0])
    result = np.zeros((last + 1, most, most))
    aug = np.zeros((most, 2 * most))
    above = np.zeros((most, most))  # C_n D_{n+1}^{-1} B_{n+1}
    for n in range(last, 0, -1):
        parity = n % 2
        size, below = a[parity].shape[0], 1 - parity
        for i in range(size):
            for j in range(size):
                aug[i, j] = -a[parity][i, j] - above[i, j]
                aug[i, size + j] = 0.0
            aug[i, i] += rate * n
            aug[i, size + i] = 1.0
        solve_in_place(aug, size, 2 * size)
        for i in range(size):
            for j in range(size):
                result[n, i, j] = aug[i, size + j]
        for i in range(most):
            for j in range(most):
                above[i, j] = 0.0
        b, c = up[parity], down[below]
        for s in range(c.row.size):
            lowered = c.value[s] * np.sqrt(max(0.5 * (n - 1 - c.e[s]) + 1.0, 0.0))
            for t in range(b.row.size):
                raised = b.value[t] * np.sqrt(max(0.5 * (n + b.e[t]), 0.0))
                above[c.row[s], b.col[t]] += lowered * result[n, c.col[s], b.row[t]] * raised
    return result, above


@compiled(error_model="numpy")
def climb(up, inverses_of, x):
    """Compute x_n = D_n^{-1} B_n x_{n-1} from x_0 up, in place."""
    last, most = x.shape[0] - 1, x.shape[1]
    right = np.zeros(most)
    for n in range(1, last + 1):
        b = up[n % 2]
        right[:] = 0.0
        for t in range(b.row.size):
            factor = b.value[t] * np.sqrt(max(0.5 * (n + b.e[t]), 0.0))
            right[b.row[t]] += factor * x[n - 1, b.col[t]]
        for i in range(most):
            total = 0.0
            for j in range(most):
                total += inverses_of[n, i, j] * right[j]
            x[n, i] = total


@compiled(error_model="numpy")
def climb_adjoint(down, inverses_of, y):
    """Compute y_n = D_n^{-T} C_{n-1}^T y_{n-1} from y_0 up, in place."""
    last, most = y.shape[0] - 1, y.shape[1]
    right = np.zeros(most)
    for n in range(1, last + 1):
        c = down[(n - 1) % 2]
        right[:] = 0.0
        for t in range(c.row.size):
            factor = c.value[t] * np.sqrt(max(0.5 * (n - 1 - c.e[t]) + 1.0, 0.0))
            right[c.col[t]] += factor * y[n - 1, c.row[t]]
        for i in range(most):
            total = 0.0
            for j in range(most):
                total += inverses_of[n, j, i] * right[j]
            y[n, i] = total
