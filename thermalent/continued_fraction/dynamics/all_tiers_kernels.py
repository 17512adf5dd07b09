"""The numba kernel of the fraction with a start on every tier: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.kernels.fraction import solve_in_place
from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy", fastmath={"contract"})
def reduce(a, up, down, rate, z, last, b, offset):
    """The equation at tier zero of (z - L) x = b, from the tail down; b has tier n from at[n]."""
    tier0_size = offset[1]
    most = max(a[0].shape[0], a[1].shape[0])
    aug = np.zeros((most, 2 * most + 1), dtype=b.dtype)
    # D_{n+1}^{-1} B_{n+1}, (above, within), and in the last column g_{n+1}
    tail = np.zeros((most, most + 1), dtype=b.dtype)
    for n in range(last, -1, -1):
        parity = n % 2
        width = a[parity].shape[0] if n > 0 else tier0_size
        width_above = a[1 - parity].shape[0] if n > 1 else (tier0_size if n == 1 else 0)
        for i in range(width):
            for j in range(width):
                aug[i, j] = -a[parity][i, j]
            aug[i, i] += z + rate * n
            for j in range(width, width + width_above):
                aug[i, j] = 0.0
            aug[i, width + width_above] = b[offset[n] + i]
        c = down[parity]
        if n < last:
            for t in range(c.row.size):
                if c.row[t] < width:
                    factor = c.value[t] * np.sqrt(max(0.5 * (n - c.e[t]) + 1.0, 0.0))
                    for j in range(width):
                        aug[c.row[t], j] -= factor * tail[c.col[t], j]
                    aug[c.row[t], width + width_above] += factor * tail[c.col[t], most]
        if n > 0:
            u = up[parity]
            for t in range(u.row.size):
                if u.col[t] < width_above:
                    factor = u.value[t] * np.sqrt(0.5 * max(n + u.e[t], 0.0))
                    aug[u.row[t], width + u.col[t]] += factor
        if n == 0:
            break
        solve_in_place(aug, width, width + width_above + 1)
        for i in range(width):
            for j in range(width_above):
                tail[i, j] = aug[i, width + j]
            tail[i, most] = aug[i, width + width_above]
    return aug[:tier0_size, :tier0_size].copy(), aug[:tier0_size, tier0_size].copy()
