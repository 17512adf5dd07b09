"""The hierarchy as blocks of its tiers, one list for each part that is coupled to no other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from thermalent.analysis.eigenvalues.chain import ChargeChain


class TierBlocks(NamedTuple):
    """A block-tridiagonal matrix; tier n uses the first size[n] rows and columns of its blocks.

    Args:
        size: Unknowns of each tier, (tiers,).
        diagonal: Blocks within the tiers, (tiers, m, m).
        rise: From the tier below, (tiers, m, m).
        fall: From the tier above, (tiers, m, m).
    """

    size: np.ndarray
    diagonal: np.ndarray
    rise: np.ndarray
    fall: np.ndarray


def whole_blocks(chain: ChargeChain) -> TierBlocks:
    """The blocks of a chain in double precision, in the order of its unknowns."""
    return _blocks(chain, np.ones(chain.size, dtype=bool))


def separate_blocks(chain: ChargeChain) -> list[TierBlocks]:
    """The blocks of a chain in double precision, each part of it that no other one reaches alone.

    Emitters in resonance with the source leave the real and the imaginary parts of their coherences
    uncoupled: eliminating both by themselves takes a third of the time.
    """
    matrix = sparse.coo_array(chain.matrix)
    pattern = sparse.coo_array(
        (np.ones(len(matrix.row)), (matrix.row, matrix.col)), shape=matrix.shape
    )
    count, label = connected_components(pattern, directed=False)
    return [_blocks(chain, label == part) for part in range(count)]


def _blocks(chain: ChargeChain, own: np.ndarray) -> TierBlocks:
    """The blocks of some unknowns, between which and all others there is nothing."""
    matrix = sparse.coo_array(chain.matrix)
    tier = chain.places.tier
    size = np.bincount(tier[own], minlength=chain.last + 1)
    place = np.zeros(chain.size, dtype=np.int64)
    place[own] = np.arange(np.count_nonzero(own)) - (np.cumsum(size) - size)[tier[own]]
    here = own[matrix.row]
    row, col = matrix.row[here], matrix.col[here]
    # Among the blocks of its row: within, from below, from above.
    kind = np.where(tier[col] == tier[row], 0, np.where(tier[col] < tier[row], 1, 2))
    width = int(np.max(size))
    blocks = np.zeros((3, chain.last + 1, width, width), dtype=matrix.dtype)
    blocks[kind, tier[row], place[row], place[col]] = matrix.data[here]
    return TierBlocks(size, *blocks)
