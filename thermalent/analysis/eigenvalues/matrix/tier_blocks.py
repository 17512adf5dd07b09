"""The hierarchy as blocks of its tiers, one list for each part that is coupled to no other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.numerics import two_doubles


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
    label = uncoupled(chain)
    return [_blocks(chain, label == part) for part in range(int(np.max(label)) + 1)]


def uncoupled(chain: ChargeChain) -> np.ndarray:
    """The number of the part that each unknown belongs to, (size,): parts are not coupled."""
    matrix = sparse.csc_array(chain.matrix)
    ones = np.ones(len(matrix.data))
    pattern = sparse.csc_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
    return np.asarray(connected_components(pattern, directed=False)[1])


def separate_blocks_of_pairs(chain: ChargeChain) -> list[TierBlocks]:
    """The same in pairs of doubles: the last axis has high and low, real and then imaginary."""
    elements = chain.matrix_elements
    order = np.lexsort((elements.col, elements.row))
    row, col = elements.row[order], elements.col[order]
    new = np.append(True, (np.diff(row) != 0) | (np.diff(col) != 0))
    group = np.cumsum(new) - 1
    # How many elements of the same place come before each.
    earlier = np.arange(len(row)) - np.flatnonzero(new)[group]
    sums = np.zeros((4, int(group[-1]) + 1))
    for number in range(int(np.max(earlier)) + 1):
        here = earlier == number
        for part, take in ((0, np.real), (2, np.imag)):
            high, low = take(elements.high[order][here]), take(elements.low[order][here])
            total, rest = two_doubles.two_sum(sums[part, group[here]], high)
            low = low + sums[part + 1, group[here]] + rest
            sums[part, group[here]], sums[part + 1, group[here]] = two_doubles.two_sum(total, low)
    label = uncoupled(chain)
    found = []
    for part in range(int(np.max(label)) + 1):
        blocks = [_placed(chain, label == part, row[new], col[new], values) for values in sums]
        together = (np.stack(same, axis=-1) for same in zip(*(b[1:] for b in blocks), strict=True))
        found.append(TierBlocks(blocks[0].size, *together))
    return found


def _blocks(chain: ChargeChain, own: np.ndarray) -> TierBlocks:
    """The blocks of some unknowns, between which and all others there is nothing."""
    matrix = sparse.coo_array(chain.matrix)
    return _placed(chain, own, matrix.row, matrix.col, matrix.data)


def _placed(
    chain: ChargeChain, own: np.ndarray, row: np.ndarray, col: np.ndarray, values: np.ndarray
) -> TierBlocks:
    """Blocks from elements, of which each place has one."""
    tier = chain.places.tier
    size = np.bincount(tier[own], minlength=chain.last + 1)
    place = np.zeros(chain.size, dtype=np.int64)
    place[own] = np.arange(np.count_nonzero(own)) - (np.cumsum(size) - size)[tier[own]]
    here = own[row] & own[col]
    row, col = row[here], col[here]
    # Among the blocks of its row: within, from below, from above.
    kind = np.where(tier[col] == tier[row], 0, np.where(tier[col] < tier[row], 1, 2))
    width = int(np.max(size))
    blocks = np.zeros((3, chain.last + 1, width, width), dtype=values.dtype)
    blocks[kind, tier[row], place[row], place[col]] = values[here]
    return TierBlocks(size, *blocks)
