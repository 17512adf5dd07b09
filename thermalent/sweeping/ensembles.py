"""One ensemble of trajectories on many workers.

A block of 64 trajectories draws from a stream of its own, seeded by the ensemble's seed (entropy)
and the block's number (spawn key). Blocks come back in any order and are added in theirs: the sum
has the same bits on one worker or on two hundred.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from thermalent.network import Network
from thermalent.stochastic.kernels import LANES
from thermalent.stochastic.method import Trajectories
from thermalent.stochastic.paths import Walk
from thermalent.stochastic.run import block_sums
from thermalent.stochastic.tally import BlockSums, Reader
from thermalent.sweeping.blocks import Columns, Outcome, Recipe, attempt, compute, whole
from thermalent.sweeping.executors import LOSSES, Workers, blamed, lost
from thermalent.sweeping.tasks import Task, one_thread

_AHEAD = 3  # tasks under way per worker: they are collected in order, so that some must wait
_SHARES = 8  # tasks per worker and ensemble, at least
_LARGEST = 16  # blocks per task


def completed(
    workers: Workers, recipe: Recipe, tasks: Iterable[Task]
) -> Iterator[tuple[Task, Columns]]:
    """Results of the tasks, one point after the other, each on all workers."""

    def solve(networks: Sequence[Network], method: Any, initial: Any) -> list[Outcome]:
        if initial is not None:
            raise ValueError("trajectories find a steady state from any start: leave out `initial`")
        return [whole(attempt(lambda given: solved(given, method, workers), n)) for n in networks]

    orderly = False
    try:
        with one_thread():
            for task in tasks:
                yield task, compute(recipe, task.part, task.skipped, solve)
        orderly = True
    finally:
        workers.close(not orderly)


def solved(network: Network, method: Trajectories, workers: Workers) -> Outcome:
    """The steady state of one network, checked as `steady_state` does."""
    from thermalent.method import MethodError
    from thermalent.result import SolveError, checked

    refusal = method.refusal(network)
    if refusal is not None:
        raise MethodError(f"{method.name} does not apply to this network: {refusal}")

    def blocks(walk: Walk, n: int, stop: threading.Event) -> Iterator[BlockSums]:
        return spread(workers, walk, n, stop)

    result = checked(method.steady_state_with(network, blocks))
    return result if result.status.ok else SolveError(result)


def spread(workers: Workers, walk: Walk, n: int, stop: threading.Event) -> Iterator[BlockSums]:
    """The sums of all blocks of n trajectories, in their order, computed by the workers."""
    count = -(-n // LANES)
    size = max(1, min(_LARGEST, count // (_SHARES * workers.count)))
    begins = iter(range(0, count, size))
    under_way: deque[tuple[Any, int]] = deque()
    try:
        while not stop.is_set():
            while len(under_way) < _AHEAD * workers.count:
                begin = next(begins, None)
                if begin is None:
                    break
                end = min(count, begin + size)
                under_way.append((workers.submit(several, walk, n, begin, end), begin))
            if not under_way:
                return
            future, begin = under_way.popleft()
            yield from _collected(workers, future, walk, n, begin, min(count, begin + size))
    finally:
        for future, _ in under_way:
            future.cancel()


def several(walk: Walk, n: int, begin: int, end: int) -> list[BlockSums]:
    """The sums of a few blocks; runs on a worker."""
    reader = Reader(walk.emitters)
    return [block_sums(walk, reader, n, number) for number in range(begin, end)]


def _collected(
    workers: Workers, future: Any, walk: Walk, n: int, begin: int, end: int
) -> list[BlockSums]:
    for _ in range(LOSSES):
        try:
            return future.result()
        except BaseException as problem:
            if not (lost(problem) and workers.again):
                what = f"trajectories {begin * LANES} to {min(n, end * LANES)}"
                raise blamed(problem, what) from problem
        future = workers.submit(several, walk, n, begin, end)
    return future.result()
