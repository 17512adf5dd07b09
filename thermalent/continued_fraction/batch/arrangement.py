"""Which points are folded one by one and which side by side, and the space for it."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from thermalent.continued_fraction.batch.alone_kernels import AloneArrays
    from thermalent.continued_fraction.batch.kernels import LaneArrays

_MOST_ROOMS = 4  # of a thread, half a megabyte each at most


class Arrangement(NamedTuple):
    """How some points are folded."""

    alone: bool  # one by one, else side by side
    side: tuple[float, ...]  # as many items as a row has, or as there are lanes: see the kernels


class _Rooms(threading.local):
    """The space in which each thread folds, by its sizes: to make it takes as long as to fold."""

    def __init__(self) -> None:
        self.by_sizes: dict[tuple[Any, ...], LaneArrays | AloneArrays] = {}


_rooms = _Rooms()


def room_for(
    how: Arrangement, counts: tuple[int, int], elements: int, tier0_size: int
) -> LaneArrays | AloneArrays:
    """Space for the fractions that one thread folds at a time; the next fold overwrites it.

    Args:
        how: How they are folded.
        counts: Unknowns of even and odd tiers.
        elements: Of the bands of one point.
        tier0_size: Unknowns of tier 0.
    """
    from thermalent.continued_fraction.batch import alone_kernels, kernels

    sizes, rooms = (counts, elements, tier0_size, len(how.side)), _rooms.by_sizes
    if (how, sizes) not in rooms:
        if len(rooms) >= _MOST_ROOMS:
            rooms.clear()
        make = alone_kernels.alone_arrays if how.alone else kernels.lane_arrays
        rooms[how, sizes] = make(*sizes)
    return rooms[how, sizes]


def alone_and_together(depths: np.ndarray, lanes: int, cost: float) -> tuple[list[int], list[int]]:
    """Which points are folded one by one, and which side by side, to take the least time.

    All lanes take as long as the deepest point in them. Of the next points, as many as there are
    lanes, the deepest are therefore folded alone where that is less work.

    Args:
        depths: Tiers of the points, (n,), the deepest first.
        lanes: Number of lanes.
        cost: As many folds of one point take as long as one of all lanes.

    Returns:
        Positions of those alone, and of those together, in the order of the depths.
    """
    # Mostly no point of the first windows is folded alone, which is seen of all of them at once.
    full = depths[: len(depths) // lanes * lanes].reshape(-1, lanes)
    following = cost * np.append(full[:, 1:], np.zeros((len(full), 1)), axis=1)
    apart = (full.cumsum(axis=1) + following < cost * full[:, :1]).any(axis=1)
    begin = lanes * (int(apart.argmax()) if apart.any() else len(full))
    alone: list[int] = []
    together, left = list(range(begin)), depths.tolist()
    while begin < len(left):
        window = [*left[begin : begin + lanes], 0]  # beyond the last one there is no work
        before = [0, *itertools.accumulate(window)]
        work = [own + cost * deepest for own, deepest in zip(before, window, strict=False)]
        split = begin + work.index(min(work))
        end = split + lanes if split < begin + len(window) - 1 else split
        alone += range(begin, split)
        together += range(split, min(end, len(left)))
        begin = end
    return alone, together
