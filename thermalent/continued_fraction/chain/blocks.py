"""The chains of several networks as arrays, the network first, for kernels that take them all.

The elements of B and C stand in one list, so that a kernel has few arguments: of few emitters it
takes less time than the call.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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
        bands: Where B and C have elements.
        reversed_bands: The same with the unknowns of every tier in reverse order.
        values: The elements, (p, t).
    """

    a: tuple[np.ndarray, np.ndarray]
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


def dense_couplings(chain: HierarchyChain) -> tuple[np.ndarray, ...]:
    """B into even and odd tiers and C into them of one network, as blocks (1, rows, columns)."""
    even, odd = (block.shape[0] for block in chain.a)
    blocks = []
    for band, shape in zip((*chain.up, *chain.down), 2 * [(even, odd), (odd, even)], strict=True):
        blocks.append(np.zeros((1, *shape)))
        blocks[-1][0, band.row, band.col] = band.value
    return tuple(blocks)


def chain_blocks(chain: HierarchyChain) -> ChainBlocks:
    """The chain of one network as those of several, of which it is the only one."""
    from thermalent.continued_fraction.chain import basis_kernels

    a = (np.ascontiguousarray(chain.a[0])[None], np.ascontiguousarray(chain.a[1])[None])
    return as_blocks(basis_kernels.joined_couplings(a, dense_couplings(chain), chain.charge))


def sizes_of_one(size: Sizes) -> Sizes:
    """The sizes of one network as those of several, of which it is the only one."""
    return Sizes(*((pair[0][None], pair[1][None]) for pair in size))


def as_blocks(found: tuple[Any, ...]) -> ChainBlocks:
    """What the kernels return of a chain, by name."""
    a, bands, reversed_bands, values = found
    return ChainBlocks(a, Bands(*bands), Bands(*reversed_bands), values)
