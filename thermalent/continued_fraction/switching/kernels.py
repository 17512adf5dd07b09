"""Numba kernels of a block-tridiagonal equation on all tiers: plain arrays, no validation."""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.kernels.fraction import solve_in_place
from thermalent.support.machine.compiled import compiled


@compiled(error_model="numpy", fastmath={"contract"})
def fold(own, up, down, offset, z, y):
    """Eliminate the tiers of (z - L) x = y from the highest one down.

    Args:
        own: Blocks of L within the tiers, (n, m, m).
        up: Blocks from the tier below, (n, m, m).
        down: Blocks from the tier above, (n, m, m).
        offset: Position of each tier, and the size, (n + 1,).
        z: Laplace variable.
        y: The right side, (size,).

    Returns:
        The equation that is left of tier zero, as [matrix | right side], (m, m + 1), and for each
        tier above what gives it from the one below, x_n = T_n x_{n-1} + g_n, as [T | g].
    """
    count, most = own.shape[0], own.shape[1]
    aug = np.zeros((most, 2 * most + 1), dtype=np.complex128)
    tails = np.zeros((count, most, most + 1), dtype=np.complex128)
    ground = np.zeros((most, most + 1), dtype=np.complex128)
    for n in range(count - 1, -1, -1):
        width = offset[n + 1] - offset[n]
        below = offset[n] - offset[n - 1] if n > 0 else 0
        for i in range(width):
            for j in range(width):
                aug[i, j] = -own[n, i, j]
            aug[i, i] += z
            for j in range(below):
                aug[i, width + j] = up[n, i, j]
            aug[i, width + below] = y[offset[n] + i]
        if n + 1 < count:
            for i in range(width):
                for k in range(offset[n + 2] - offset[n + 1]):
                    factor = down[n, i, k]
                    if factor != 0.0:
                        for j in range(width):
                            aug[i, j] -= factor * tails[n + 1, k, j]
                        aug[i, width + below] += factor * tails[n + 1, k, most]
        if n == 0:
            for i in range(width):
                for j in range(width):
                    ground[i, j] = aug[i, j]
                ground[i, width] = aug[i, width]
            break
        solve_in_place(aug, width, width + below + 1)
        for i in range(width):
            for j in range(below):
                tails[n, i, j] = aug[i, width + j]
            tails[n, i, most] = aug[i, width + below]
    return ground, tails


@compiled(error_model="numpy", fastmath={"contract"})
def unfold(tails, offset, x):
    """All tiers from tier zero, which stands in x already; see `fold`."""
    most = tails.shape[1]
    for n in range(1, tails.shape[0]):
        for i in range(offset[n + 1] - offset[n]):
            value = tails[n, i, most]
            for j in range(offset[n] - offset[n - 1]):
                value += tails[n, i, j] * x[offset[n - 1] + j]
            x[offset[n] + i] = value
