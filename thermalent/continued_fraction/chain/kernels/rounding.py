"""Numba kernels of the rounding errors of a chain, see `rounding`."""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

_EPS = float(np.finfo(float).eps)
# The stated error is this many times the estimate, which takes one unit of the last place for every
# sum. Of 2600 random networks (ordinary, bidirectional, nearly dark, many decades) none needed 1.
SAFETY = 3
# The rounding that both folds share is as large as what is drawn for one of them.
SECOND_DRAW = float(np.sqrt(2.0))
DRAW = 10  # one random response is this much too small once in a hundred times


@compiled(nogil=True, error_model="numpy")
def lost_by_rounding(inverse, row, size, k, above, x):
    """Error of a stationary solution's matrix elements by the rounding of A, B and C.

    Args:
        inverse: Of A_0 + K with the trace in the place of one row, (tier0, tier0).
        row: Which row; the trace is exact.
        size: What the elements of A were summed from, (m_0, m_0).
        k: K, (tier0, tier0).
        above: A draw of what K may be off by, (tier0, tier0).
        x: The solution, (tier0,).
    """
    return lost_with_room(inverse, row, size, k, above, x, np.empty((3, x.size)))


@compiled(allocates=False, nogil=True, error_model="numpy")
def lost_with_room(inverse, row, size, k, above, x, room):
    """The same as `lost_by_rounding`, with space for three numbers per equation, (3, tier0)."""
    tier0_size = x.size
    within, drawn, most = (
        room[0],
        room[1],
        room[2],
    )  # the first is the variance of what A_0 and K lose
    for i in range(tier0_size):
        within[i], drawn[i], most[i] = 0.0, 0.0, 0.0
        for j in range(tier0_size):
            within[i] += (_EPS * x[j]) ** 2 * (size[i, j] ** 2 + k[i, j] ** 2)
            drawn[i] += above[i, j] * x[j]
            most[i] += (above[i, j] * x[j]) ** 2
    worst = 0.0
    for i in range(tier0_size):
        tier0, response, bound = 0.0, 0.0, 0.0
        for j in range(tier0_size):
            if j != row:
                tier0 += inverse[i, j] ** 2 * within[j]
                response += inverse[i, j] * drawn[j]
                bound += inverse[i, j] ** 2 * most[j]
        # For hot sources the errors of K cancel in the solution: one draw shows roughly how far.
        worst = max(worst, tier0 + min((DRAW * response) ** 2, bound))
    return SAFETY * np.sqrt(worst)


@compiled(nogil=True, error_model="numpy")
def disturbed_blocks(blocks, sizes, draw, populations):
    """Blocks with every element off by a last place of its sum, those that are zero as well.

    Args:
        blocks: Of some points, (p, rows, columns).
        sizes: What their elements were summed from, (p, rows, columns).
        draw: Random numbers, (rows, columns).
        populations: How many rows are populations: the trace is kept to far better than the
            elements, and what one population gains, others lose.
    """
    result = np.empty_like(blocks)
    for p in range(blocks.shape[0]):
        for j in range(blocks.shape[2]):
            largest, total = 0, 0.0
            for i in range(blocks.shape[1]):
                change = _EPS * sizes[p, i, j] * draw[i, j]
                result[p, i, j] = blocks[p, i, j] + change
                if i < populations:
                    total += change
                    if sizes[p, i, j] > sizes[p, largest, j]:
                        largest = i
            if populations > 0:
                result[p, largest, j] -= total
    return result


@compiled(nogil=True, error_model="numpy")
def disturbed_chains(blocks, sizes, draws, populations):
    """The chains of some networks, every element off by a last place of its sum: six blocks.

    Args:
        blocks: A, B and C of even and odd tiers, six blocks (p, rows, columns).
        sizes: What their elements were summed from, as the blocks.
        draws: Random numbers for them, (rows, columns) each.
        populations: How many of the even and of the odd unknowns are populations.
    """
    return (
        disturbed_blocks(blocks[0], sizes[0], draws[0], populations[0]),
        disturbed_blocks(blocks[1], sizes[1], draws[1], populations[1]),
        disturbed_blocks(blocks[2], sizes[2], draws[2], populations[0]),
        disturbed_blocks(blocks[3], sizes[3], draws[3], populations[1]),
        disturbed_blocks(blocks[4], sizes[4], draws[4], populations[0]),
        disturbed_blocks(blocks[5], sizes[5], draws[5], populations[1]),
    )
