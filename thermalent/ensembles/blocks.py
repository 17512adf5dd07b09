"""Blocks of trajectories are computed on threads and delivered in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

_T = TypeVar("_T")


class Stopped(Exception):
    """A block stopped before it was done, because the caller asked for it."""


class Stop:
    """A request to end, which threads and compiled kernels can read.

    Attributes:
        flag: Not zero once the request was made; int64, (1,), for kernels.
    """

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.int64)

    def set(self) -> None:
        """Make the request."""
        self.flag[0] = 1

    def is_set(self) -> bool:
        """Whether the request was made."""
        return bool(self.flag[0])


def threads_available() -> int:
    """Number of threads that numba may use, which NUMBA_NUM_THREADS limits."""
    import numba

    return int(numba.get_num_threads())


def in_order(
    block: Callable[[int], _T], count: int, *, threads: int | None, stop: Stop, batch: int = 1
) -> Iterator[_T]:
    """Yield the results of blocks 0 ... count - 1 in this order, whichever thread finishes first.

    The kernels release the GIL, so that threads run them side by side; at most two tasks per thread
    wait. The results end early, still without a gap, once `stop` is set.

    Args:
        block: Computes one block; raises `Stopped` if `stop` is set before it is done.
        count: Number of blocks.
        threads: Number of threads; as many as numba may use if not given.
        stop: To be set by the caller when no more blocks are wanted.
        batch: Blocks that a thread takes at a time.
    """

    def task(first: int) -> list[_T]:
        return [block(i) for i in range(first, min(first + batch, count))]

    threads = threads_available() if threads is None else threads
    waiting: deque[Future[list[_T]]] = deque()
    executor = ThreadPoolExecutor(threads, thread_name_prefix="trajectories")
    try:
        for first in range(0, count, batch):
            waiting.append(executor.submit(task, first))
            if len(waiting) >= 2 * threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except Stopped:
        return
    finally:
        stop.set()
        executor.shutdown(wait=True, cancel_futures=True)
