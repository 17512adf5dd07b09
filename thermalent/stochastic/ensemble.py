"""Running blocks on threads, in order, until done or told to stop."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from thermalent.stochastic.paths import Stopped

T = TypeVar("T")


def threads_available() -> int:
    """Number of threads that numba may use, which NUMBA_NUM_THREADS limits."""
    import numba

    return int(numba.get_num_threads())


def in_order(
    block: Callable[[int], T], count: int, *, threads: int, batch: int, stop: threading.Event
) -> Iterator[T]:
    """Results of the blocks 0 ... count - 1, in this order whichever thread finishes first.

    The kernels release the GIL, so that threads run them side by side; at most two tasks per thread
    wait. The results end early, still without a gap, once `stop` is set.

    Args:
        block: Computes one block; raises `Stopped` if `stop` is set before it is done.
        count: Number of blocks.
        threads: Number of threads.
        batch: Blocks that a thread takes at a time.
        stop: To be set by whoever wants no more.
    """

    def task(first: int) -> list[T]:
        return [block(i) for i in range(first, min(first + batch, count))]

    waiting: deque[Future[list[T]]] = deque()
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
