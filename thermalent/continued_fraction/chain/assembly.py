r"""The chain of tiers as one sparse matrix, for computations that need all tiers at once.

$$\dot X = L X, \qquad X = (x_0, x_1, \dots, x_N)$$
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.tiers import Tiers


def offsets(chain: HierarchyChain | Tiers, last: int) -> np.ndarray:
    """Position of each tier 0 to `last` in X, and the size of X, (last + 2,)."""
    if isinstance(chain, Tiers):
        return tier_offsets(chain, last)
    even, odd = (block.shape[0] for block in chain.a)
    sizes = np.where(np.arange(last + 1) % 2, odd, even)
    sizes[0] = chain.tier0_size
    return np.concatenate([[0], np.cumsum(sizes)])


def assemble(chain: HierarchyChain | Tiers, last: int) -> sparse.csr_array:
    """L truncated at tier `last`, (size, size)."""
    if isinstance(chain, Tiers):
        return assemble_tiers(chain, last)
    start = offsets(chain, last)
    pieces = []
    for parity in (0, 1):
        n = np.arange(parity, last + 1, 2)
        row, col = np.nonzero((chain.a[parity] != 0) | np.eye(len(chain.a[parity]), dtype=bool))
        value = chain.a[parity][row, col] - np.multiply.outer(n * chain.rate, row == col)
        pieces.append((n, n, row, col, value))
        up, down = chain.up[parity], chain.down[parity]
        above, below = n[n > 0], n[n < last]
        pieces.append((above, above - 1, up.row, up.col, up.rising(above[:, None])))
        pieces.append((below, below + 1, down.row, down.col, down.falling(below[:, None])))
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


def existing(chain: Tiers, tier: int) -> np.ndarray:
    """Mask of the unknowns that exist at a tier: k_1 and l_1 must not be negative."""
    return chain.lowest[tier % 2] <= tier


def tier_offsets(chain: Tiers, last: int) -> np.ndarray:
    """Position of each tier 0 to `last` in X, and the size of X, (last + 2,)."""
    sizes = [int(np.count_nonzero(existing(chain, n))) for n in range(last + 1)]
    return np.concatenate([[0], np.cumsum(sizes)])


def assemble_tiers(chain: Tiers, last: int) -> sparse.csr_array:
    """The generator truncated at tier `last`, (size, size)."""
    start = tier_offsets(chain, last)
    # Position of each unknown of each tier in X, -1 where it does not exist.
    places = []
    for n in range(last + 1):
        here = existing(chain, n)
        places.append(np.where(here, start[n] + np.cumsum(here) - 1, -1))
    rows, cols, values = [], [], []
    for n in range(last + 1):
        parity = n % 2
        blocks = [(chain.within[parity], n)]
        if n > 0:
            blocks.append((chain.up[parity], n - 1))
        if n < last:
            blocks.append((chain.down[parity], n + 1))
        for entries, other in blocks:
            row, col = places[n][entries.row], places[other][entries.col]
            use = (row >= 0) & (col >= 0)
            rows.append(row[use])
            cols.append(col[use])
            values.append(entries.at(n)[use])
        own = places[n][places[n] >= 0]
        rows.append(own)
        cols.append(own)
        values.append(np.full(len(own), -chain.rate * n))
    matrix = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))),
        shape=(start[-1], start[-1]),
    )
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return matrix
