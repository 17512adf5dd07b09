"""The blocks of a grid: numbered rectangles of the same shape, made when asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Blocks of a sweep by default: enough of them to share out and to lose little when interrupted, few
# enough that each is worth a file per variable.
_BLOCKS = 64
_LEAST, _MOST = 16, 1024
# Points that are solved side by side take a third less time where there are many of them, and some
# hundred are solved in the time in which others are built.
LEAST_TOGETHER = 1024


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Rectangular blocks that cover a grid.

    Args:
        shape: Of the grid.
        block: Of a block; those at the edges are smaller.
    """

    shape: tuple[int, ...]
    block: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of blocks along each axis."""
        return tuple(-(-n // b) for n, b in zip(self.shape, self.block, strict=True))

    def __len__(self) -> int:
        return math.prod(self.counts)

    def position(self, number: int) -> tuple[int, ...]:
        """Position of a block among the blocks along each axis."""
        return tuple(int(place) for place in np.unravel_index(number, self.counts))

    def number(self, position: Sequence[int]) -> int:
        """The number of the tile at a position: the inverse of `position`."""
        number = 0
        for place, count in zip(position, self.counts, strict=True):
            number = number * count + place
        return number

    def slices(self, number: int) -> tuple[slice, ...]:
        """The slices of the grid that a block covers."""
        return tuple(
            slice(place * b, min(n, (place + 1) * b))
            for place, b, n in zip(self.position(number), self.block, self.shape, strict=True)
        )

    def size(self, number: int) -> int:
        """Number of points in a block."""
        return math.prod(s.stop - s.start for s in self.slices(number))


def tiles(shape: tuple[int, ...], points: int | None = None, least: int = _LEAST) -> Tiles:
    """Blocks of at most `points` points, whole along the last axes, of about equal size.

    How a grid is cut depends on nothing else: not on the number of workers.

    Args:
        shape: Of the grid.
        points: Per block; chosen from the size of the grid if not given.
        least: So many at least where they are chosen.
    """
    size = math.prod(shape)
    most = min(max(-(-size // _BLOCKS), least), _MOST) if points is None else points
    block = [1] * len(shape)
    for axis in reversed(range(len(shape))):
        fitting = max(1, most // math.prod(block))
        pieces = -(-shape[axis] // fitting)
        block[axis] = -(-shape[axis] // pieces)
        if pieces > 1:
            break
    return Tiles(shape=shape, block=tuple(block))


def corners(shape: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """Up to `most` points of a grid, its corners first."""
    ends = itertools.product(*([0, n - 1] if n > 1 else [0] for n in shape))
    return list(itertools.islice(ends, most))
