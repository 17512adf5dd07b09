"""The chains of several networks as arrays, the network first, for kernels that take them all.

The elements of B and C stand in one list, so that a kernel has few arguments: of few emitters it
takes less time than the call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, Sizes


class Bands(NamedTuple):
    """B into even and odd tiers and C into them, as one list of elements.

    Args:
        row: Unknown of the tier that the element couples into, (t,).
        col: Unknown of the tier that it couples from, (t,).
        e: See `chain.HierarchyChain`, (t,).
        begin: Where each of the four begins, and the end, (5,).
    """

    row: np.ndarray
    col: np.ndarray
    e: np.ndarray
    begin: np.ndarray


class ChainBlocks(NamedTuple):
    """A, B and C of the chains of some networks.

    Args:
        a: A of the even and of the odd tiers, (p, m_0, m_0) and (p, m_1, m_1).
        couplings: B into even and odd tiers and C into them, as blocks (p, rows, columns).
        bands: Where these have elements.
        reversed_bands: The same with the unknowns of every tier in reverse order.
        values: The elements, (p, t).
    """

    a: tuple[np.ndarray, np.ndarray]
    couplings: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
    bands: Bands
    reversed_bands: Bands
    values: np.ndarray

    def four(self, row: int) -> tuple[tuple[Band, Band], tuple[Band, Band]]:
        """B into even and odd tiers and C into them, of one of the networks."""
        ends = self.bands.begin.tolist()

        def band(which: int) -> Band:
            slice_ = slice(ends[which], ends[which + 1])
            value = self.values[row, slice_]
            place = slice_.start + np.flatnonzero(value)
            bands = self.bands
            return Band(bands.row[place], bands.col[place], value[value != 0], bands.e[place])

        return (band(0), band(1)), (band(2), band(3))


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


def chain_blocks(
    blocks: tuple[np.ndarray, ...], charge: tuple[np.ndarray, np.ndarray]
) -> ChainBlocks:
    """The chains whose six blocks (p, rows, columns) are given, see `blocks_of_one`."""
    from thermalent.continued_fraction.chain import basis_kernels

    bands, reversed_bands, values = basis_kernels.coupling_elements(blocks, charge)
    return ChainBlocks(
        (blocks[0], blocks[1]),
        (blocks[2], blocks[3], blocks[4], blocks[5]),
        Bands(*bands),
        Bands(*reversed_bands),
        values,
    )
