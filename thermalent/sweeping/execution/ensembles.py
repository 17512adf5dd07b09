"""One ensemble of trajectories on many workers.

A block of 64 trajectories draws from a stream of its own, seeded by the ensemble's seed (entropy)
and the block's number (spawn key). Blocks come back in any order and are added in theirs: the sum
has the same bits on one worker or on two hundred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from thermalent.ensembles.blocks import Stop
from thermalent.networks.network import Network
from thermalent.solution.errors import SolveError, whole
from thermalent.solution.tasks import SteadyStateTask
from thermalent.solution.validity import checked
from thermalent.stochastic.method import FieldTrajectories, FieldTrajectoriesPlan
from thermalent.stochastic.paths import PathSpec
from thermalent.stochastic.run import block_mean
from thermalent.stochastic.step_bias import ExtrapolatedBlock, Reader
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK
from thermalent.support.machine.one_thread import one_thread
from thermalent.sweeping.blocks import StateOrError, attempt, compute
from thermalent.sweeping.columns import Columns
from thermalent.sweeping.execution.executors import LOOK, LOSSES, Workers, blamed, lost
from thermalent.sweeping.execution.parent import end_with_parent
from thermalent.sweeping.execution.tasks import BlockTask
from thermalent.sweeping.recipe import Recipe
from thermalent.sweeping.storage.partial_ensembles import Part, Parts

_AHEAD = 3  # tasks submitted per worker: they are collected in order, so that some must wait
_SHARES = 8  # tasks per worker and ensemble, at least
_LARGEST = 16  # blocks per task


def completed_ensembles(
    workers: Workers, recipe: Recipe, tasks: Iterable[BlockTask], parts: Parts | None
) -> Generator[tuple[BlockTask, Columns]]:
    """Results of the tasks, one point after the other, each on all workers.

    Args:
        workers: Who computes.
        recipe: What, with `FieldTrajectories` as method.
        tasks: Where.
        parts: Where unfinished ensembles are kept; nowhere if not given.
    """
    orderly = False
    try:
        with one_thread():
            for task in tasks:
                solve = _solver(workers, task, parts)
                yield task, compute(recipe, task.part, task.skipped, solve)
                if parts is not None:  # the caller stores a block before it requests the next one
                    parts.forget(task.number)
        orderly = True
    finally:
        workers.close(not orderly)


def _solver(
    workers: Workers, task: BlockTask, parts: Parts | None
) -> Callable[[Sequence[Network], Any, Any], list[StateOrError]]:
    def solve(networks: Sequence[Network], method: Any, initial: Any) -> list[StateOrError]:
        if initial is not None:  # refused, with a reason
            return [attempt(lambda n: method.steady_state_from(n, initial), n) for n in networks]
        outcomes = []
        for i, network in enumerate(networks):
            part = None if parts is None else parts.of(task.number, i)
            solve_one = partial(solved, method=method, workers=workers, part=part)
            outcomes.append(attempt(solve_one, network))
        return outcomes

    return solve


def solved(
    network: Network, method: FieldTrajectories, workers: Workers, part: Part | None = None
) -> StateOrError:
    """The steady state of one network, checked as `steady_state` does."""

    def blocks(paths: PathSpec, n: int, stop: Stop) -> Iterator[ExtrapolatedBlock]:
        return computed_blocks(workers, paths, n, stop, part)

    plan = method.accepted(SteadyStateTask(network=network))
    assert isinstance(plan, FieldTrajectoriesPlan)  # of trajectories
    result = checked(whole(plan.run_with(blocks)))
    return result if result.status.ok else SolveError(result)


def computed_blocks(
    workers: Workers, paths: PathSpec, n: int, stop: Stop, part: Part | None = None
) -> Iterator[ExtrapolatedBlock]:
    """Yield all blocks of n trajectories in their order, computed by the workers.

    Args:
        workers: Who computes.
        paths: What every block does.
        n: Number of trajectories.
        stop: An event that the caller sets to stop.
        part: The file that holds the finished blocks and receives further ones.
    """
    done = 0
    for block in part.load() if part is not None else ():
        done += 1
        yield block
    for block in _computed(workers, paths, n, stop, done):
        if part is not None:
            part.keep(block)
        yield block


def _computed(
    workers: Workers, paths: PathSpec, n: int, stop: Stop, done: int
) -> Iterator[ExtrapolatedBlock]:
    count = -(-n // LANES_OF_BLOCK)
    size = max(1, min(_LARGEST, count // (_SHARES * workers.count)))
    begins = iter(range(done, count, size))
    under_way: deque[tuple[Any, int]] = deque()
    work = several if workers.here else several_elsewhere
    try:
        while not stop.is_set():
            while len(under_way) < _AHEAD * workers.count:
                begin = next(begins, None)
                if begin is None:
                    break
                end = min(count, begin + size)
                under_way.append((workers.submit(work, paths, n, begin, end), begin))
            if not under_way:
                return
            future, begin = under_way.popleft()
            yield from _collected(workers, future, paths, n, begin, min(count, begin + size))
    finally:
        for future, _ in under_way:
            future.cancel()


def several(paths: PathSpec, n: int, begin: int, end: int) -> list[ExtrapolatedBlock]:
    """Compute a few blocks; runs on a worker."""
    reader = Reader(paths.emitters)
    return [block_mean(paths, reader, n, number) for number in range(begin, end)]


def several_elsewhere(paths: PathSpec, n: int, begin: int, end: int) -> list[ExtrapolatedBlock]:
    """Compute a few blocks in another process."""
    end_with_parent()
    return several(paths, n, begin, end)


def _collected(
    workers: Workers, future: Any, paths: PathSpec, n: int, begin: int, end: int
) -> list[ExtrapolatedBlock]:
    what = f"trajectories {begin * LANES_OF_BLOCK} to {min(n, end * LANES_OF_BLOCK)}"
    losses = 0
    while True:
        try:
            return future.result(timeout=LOOK)
        except TimeoutError:
            workers.require()
        except BaseException as problem:
            workers.require()
            losses += 1
            if not (lost(problem) and workers.again and losses <= LOSSES):
                raise blamed(problem, what) from problem
            future = workers.submit(several_elsewhere, paths, n, begin, end)
