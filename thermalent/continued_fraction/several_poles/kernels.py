"""Numba kernels of the fraction of tiers: plain arrays, no validation.

A block is stored by rows; LAPACK, which reads columns, sees the transposed one, so that what is
solved is Z S = C for the rows of Z.
"""

from __future__ import annotations

import numpy as np

from thermalent.support.compiled import compiled


@compiled(error_model="numpy", fastmath={"contract"})
def scatter(block, row, col, value, shift, tier, sign):
    """Add sign * value * sqrt(tier/2 + shift) to a block; no root where the shift is infinite."""
    for t in range(row.size):
        factor = sign * value[t]
        if shift[t] != np.inf:
            factor = factor * np.sqrt(max(0.5 * tier + shift[t], 0.0))
        block[row[t], col[t]] += factor


@compiled(error_model="numpy", fastmath={"contract"})
def subtract_product(block, z, row, col, value):
    """Block -= Z B for the sparse B."""
    for i in range(block.shape[0]):
        for t in range(row.size):
            block[i, col[t]] -= z[i, row[t]] * value[t]


@compiled(error_model="numpy", fastmath={"contract"})
def only_existing(block, lowest, tier):
    """Unknowns that do not exist at a tier: a row and column of the identity."""
    for i in range(lowest.size):
        if lowest[i] > tier:
            for j in range(lowest.size):
                block[i, j] = 0.0
                block[j, i] = 0.0
            block[i, i] = 1.0
