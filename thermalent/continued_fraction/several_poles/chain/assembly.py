r"""A chain of tiers as one sparse matrix, for computations that need all tiers at once."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.tiers import Tiers


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
