r"""The chain of tiers as one sparse matrix, for computations that need all tiers at once.

$$\dot X = L X, \qquad X = (x_0, x_1, \dots, x_N)$$
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.chain import Band, HierarchyChain
from thermalent.continued_fraction.several_poles.chain.assembly import (
    assemble_tiers as tiers_assemble,
)
from thermalent.continued_fraction.several_poles.chain.assembly import tier_offsets as tiers_offsets
from thermalent.continued_fraction.several_poles.chain.tiers import Tiers


def offsets(chain: HierarchyChain | Tiers, last: int) -> np.ndarray:
    """Position of each tier 0 to `last` in X, and the size of X, (last + 2,)."""
    if isinstance(chain, Tiers):
        return tiers_offsets(chain, last)
    even, odd = (block.shape[0] for block in chain.a)
    sizes = np.where(np.arange(last + 1) % 2, odd, even)
    sizes[0] = chain.tier0_size
    return np.concatenate([[0], np.cumsum(sizes)])


def assemble(chain: HierarchyChain | Tiers, last: int) -> sparse.csr_array:
    """L truncated at tier `last`, (size, size)."""
    if isinstance(chain, Tiers):
        return tiers_assemble(chain, last)
    start = offsets(chain, last)
    pieces = []
    for parity in (0, 1):
        n = np.arange(parity, last + 1, 2)
        row, col = np.nonzero((chain.a[parity] != 0) | np.eye(len(chain.a[parity]), dtype=bool))
        value = chain.a[parity][row, col] - np.multiply.outer(n * chain.rate, row == col)
        pieces.append((n, n, row, col, value))
        up, down = chain.up[parity], chain.down[parity]
        above, below = n[n > 0], n[n < last]
        pieces.append((above, above - 1, up.row, up.col, _up(up, above)))
        pieces.append((below, below + 1, down.row, down.col, _down(down, below)))
    rows, cols, values = [], [], []
    for target, source, row, col, value in pieces:
        # Tier 0 does not have all unknowns of the even tiers.
        outside = (target == 0)[:, None] & (row >= chain.tier0_size)
        outside |= (source == 0)[:, None] & (col >= chain.tier0_size)
        rows.append((start[target][:, None] + row)[~outside])
        cols.append((start[source][:, None] + col)[~outside])
        values.append(value[~outside])
    places = np.concatenate(rows), np.concatenate(cols)
    matrix = sparse.csr_array((np.concatenate(values), places), shape=(start[-1], start[-1]))
    matrix.eliminate_zeros()
    return matrix


def _up(band: Band, n: np.ndarray) -> np.ndarray:
    return band.value * np.sqrt(np.maximum(0.5 * (n[:, None] + band.e), 0.0))


def _down(band: Band, n: np.ndarray) -> np.ndarray:
    return band.value * np.sqrt(np.maximum(0.5 * (n[:, None] - band.e) + 1.0, 0.0))
