"""The chains of several networks as arrays, the network first, for kernels that take them all.

The elements of B and C stand in one list, so that a kernel has few arguments: of few emitters it
takes less time than the call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, Sizes, nonzero


class Bands(NamedTuple):
    """B into even and odd tiers and C into them, as one list of elements; then those of tier 0.

    Args:
        row: Unknown of the tier that the element couples into, (t,).
        col: Unknown of the tier that it couples from, (t,).
        e: See `chain.HierarchyChain`, (t,).
        begin: Where each of the four begins, then B into tier 1 from tier 0, and C back, and the
            end, (7,).
    """

    row: np.ndarray
    col: np.ndarray
    e: np.ndarray
    begin: np.ndarray


class LaneTiers(NamedTuple):
    """The tiers of some chains, as the kernels fold them.

    Where nothing acts back on the source, the tiers above zero have no trace, and their even ones
    one unknown less: see `tier_kernels.tiers_above_zero`.

    Args:
        a: A of the even tiers above zero and of the odd ones, (p, rows, rows) each.
        bands: Where B and C have elements.
        reversed_bands: The same with the unknowns of every tier in reverse order.
        values: The elements, (p, t).
    """

    a: tuple[np.ndarray, np.ndarray]
    bands: Bands
    reversed_bands: Bands
    values: np.ndarray

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of unknowns of the even tiers above zero and of the odd ones."""
        return self.a[0].shape[1], self.a[1].shape[1]


def blocks_of_one(
    chain: HierarchyChain, size: Sizes
) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """A, B and C of one network and their sizes, as those of several of which it is the only one.

    Six blocks each, (1, rows, columns): A of even and odd tiers, B into them, and C.
    """
    even, odd = (block.shape[0] for block in chain.a)
    blocks = [np.ascontiguousarray(block)[None] for block in chain.a]
    for band, shape in zip((*chain.up, *chain.down), 2 * [(even, odd), (odd, even)], strict=True):
        blocks.append(np.zeros((1, *shape)))
        blocks[-1][0, band.row, band.col] = band.value
    sizes = [np.ascontiguousarray(table)[None] for pair in size for table in pair]
    return tuple(blocks), tuple(sizes)


def block_bands(
    blocks: tuple[np.ndarray, ...], charge: tuple[np.ndarray, np.ndarray], row: int
) -> tuple[tuple[Band, Band], tuple[Band, Band]]:
    """B into even and odd tiers and C into them of one network, from the six blocks of several."""

    def band(which: int) -> Band:
        block, to, of = blocks[2 + which][row], charge[which % 2], charge[1 - which % 2]
        rows, columns = nonzero(block)
        return Band(rows, columns, block[rows, columns], (to[rows] - of[columns]) * to[rows] * 1.0)

    return (band(0), band(1)), (band(2), band(3))


def lane_tiers(
    blocks: tuple[np.ndarray, ...],
    charge: tuple[np.ndarray, np.ndarray],
    tier0_size: int,
    traceless: int,
) -> LaneTiers:
    """The tiers of the chains whose six blocks (p, rows, columns) are given.

    Args:
        blocks: See `blocks_of_one`.
        charge: Of the even and of the odd unknowns.
        tier0_size: How many of the even ones, the first, tier 0 has.
        traceless: How many of the even unknowns, the first, are populations whose sum is zero in
            all tiers above zero.
    """
    from thermalent.continued_fraction.chain.kernels import tiers as tier_kernels

    count, even, odd = blocks[0].shape[0], blocks[0].shape[1], blocks[1].shape[1]
    most, above = 6 * even * odd, even - min(traceless, 1)
    a, elements = np.empty((count, above, above)), np.empty((most, count))
    place, e, begin = np.empty((4, most), np.int64), np.empty(most), np.zeros(7, np.int64)
    found = tier_kernels.tiers_above_zero(
        blocks, charge, tier0_size, traceless, a, place, e, elements, begin
    )
    row, col, back_row, back_col = place[:, :found]
    bands, reversed_bands = (
        Bands(row, col, e[:found], begin),
        Bands(back_row, back_col, e[:found], begin),
    )
    values = np.ascontiguousarray(elements[:found].T)
    return LaneTiers((a, blocks[1]), bands, reversed_bands, values)
