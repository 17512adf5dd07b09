"""Which points are folded one by one and which side by side, and the space for it."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

if TYPE_CHECKING:
    from thermalent.continued_fraction.batch.alone_kernels import AloneArrays
    from thermalent.continued_fraction.batch.group_kernels import BlockShape, GroupArrays
    from thermalent.continued_fraction.batch.kernels import LaneArrays

    AnyArrays = AloneArrays | LaneArrays | GroupArrays

_MOST_ROOMS = 4  # of a thread, half a megabyte each at most
# Even and odd unknowns that are folded in groups: the kernel is compiled for each number of them.
# These are two resonant qubits; for more the loops of `kernels` are as fast, and fewer are fast.
UNKNOWNS_IN_GROUPS = (9, 10)


class Arrangement(NamedTuple):
    """How some points are folded."""

    alone: bool  # one by one, else side by side
    # As many items as a row has, or as there are lanes: see the kernels. In groups: their shape.
    side: tuple[float, ...] | BlockShape
    lanes: int = 1  # how many points stand side by side
    groups: bool = False  # whether in groups of lanes


class _Rooms(threading.local):
    """The space in which each thread folds, by its sizes: to make it takes as long as to fold."""

    def __init__(self) -> None:
        self.by_sizes: dict[tuple[Any, ...], AnyArrays] = {}


_rooms = _Rooms()


def room_for(
    how: Arrangement, counts: tuple[int, int], elements: int, tier0_size: int
) -> AnyArrays:
    """Space for the fractions that one thread folds at a time; the next fold overwrites it.

    Args:
        how: How they are folded.
        counts: Unknowns of even and odd tiers.
        elements: Of the bands of one point.
        tier0_size: Unknowns of tier 0.
    """
    sizes, rooms = (counts, elements, tier0_size), _rooms.by_sizes
    room = rooms.pop((how, sizes), None)
    if room is None:
        room = _new_room(how, *sizes)
        if len(rooms) >= _MOST_ROOMS:
            # Only the one unused for longest: a solve takes two in turn, and keeps both.
            del rooms[next(iter(rooms))]
    rooms[how, sizes] = room  # the last in order is the one used last
    return room


def _new_room(
    how: Arrangement, counts: tuple[int, int], elements: int, tier0_size: int
) -> AnyArrays:
    if how.alone:
        from thermalent.continued_fraction.batch.alone_kernels import alone_arrays

        return alone_arrays(counts, elements, tier0_size, len(how.side))
    if how.groups:
        from thermalent.continued_fraction.batch.group_kernels import group_arrays

        return group_arrays(counts, elements, tier0_size, cast("BlockShape", how.side))
    from thermalent.continued_fraction.batch.kernels import lane_arrays

    return lane_arrays(counts, elements, tier0_size, how.lanes)


def side_by_side_of(counts: tuple[int, int], tier0_size: int) -> tuple[Arrangement, float]:
    """How points with so many unknowns stand side by side, and what that costs.

    The cost is how many folds of one point take as long as one of all lanes.
    """
    from thermalent.continued_fraction.batch.kernels import cost_of_lanes, lanes_for

    if sum(counts) in UNKNOWNS_IN_GROUPS:
        from thermalent.continued_fraction.batch.group_kernels import COST, TOGETHER, shape_for

        return Arrangement(False, shape_for(counts, tier0_size), TOGETHER, True), COST
    lanes = lanes_for(counts)
    return Arrangement(False, lanes, len(lanes)), cost_of_lanes(counts)


def alone_and_together(
    depths: np.ndarray, lanes: int, cost: float
) -> tuple[np.ndarray, np.ndarray]:
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
    first = begin = lanes * (int(apart.argmax()) if apart.any() else len(full))
    alone: list[int] = []
    together: list[int] = []
    while begin < len(depths):
        # Beyond the last one there is no work.
        window = [*depths[begin : begin + lanes].tolist(), 0]
        before = [0, *itertools.accumulate(window)]
        work = [own + cost * deepest for own, deepest in zip(before, window, strict=False)]
        split = begin + work.index(min(work))
        end = split + lanes if split < begin + len(window) - 1 else split
        alone += range(begin, split)
        together += range(split, min(end, len(depths)))
        begin = end
    later = np.array(together, dtype=np.int64)
    return np.array(alone, dtype=np.int64), np.concatenate([np.arange(first), later])
