"""The workers of a sweep: this process, own processes, or any `concurrent.futures` executor.

Nothing here schedules: tasks go to the executor a few more than it has workers at a time, so that
none waits and the grid is never unrolled, and come back in the order in which they finish.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib.metadata
import multiprocessing
import os
import queue
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from thermalent._version import __version__
from thermalent.support import checks
from thermalent.support.machine.one_thread import one_thread
from thermalent.sweeping.columns import Columns
from thermalent.sweeping.execution.parent import end_with_parent
from thermalent.sweeping.execution.tasks import (
    BlockTask,
    packed,
    run_elsewhere,
    run_task,
)
from thermalent.sweeping.failures import ExecutorError
from thermalent.sweeping.recipe import Recipe

# How often a block may be lost with its worker before the sweep stops.
LOSSES = 20
# Tasks submitted per worker: one computes, one waits.
_AHEAD = 2
_IDLE = 60  # seconds
LOOK = 2.0  # seconds between two checks whether the workers are alive
_UNKNOWN = 64  # workers, where an executor does not report their number
_LOST = ("KilledWorker", "CancelledError", "FutureCancelledError")

Done = tuple[BlockTask, Columns]


@dataclass(frozen=True, kw_only=True)
class Workers:
    """An executor with the properties that a sweep uses.

    Args:
        submit: Hands a function and its arguments over; the future has `add_done_callback`.
        count: Number of workers.
        here: Whether they share this process's memory.
        close: To be called at the end; true if what is under way shall be given up.
        again: Whether tasks lost with their worker can be handed over again.
        alive: Whether the workers still exist.
    """

    submit: Callable[..., Any]
    count: int
    here: bool = False
    close: Callable[[bool], None] = field(default=lambda cancel: None)
    again: bool = False
    alive: Callable[[], bool] = field(default=lambda: True)

    def require(self) -> None:
        """Check that the workers still exist.

        Raises:
            ExecutorError: the connection to the scheduler is gone for good.
        """
        if not self.alive():
            raise ExecutorError(
                "The Dask scheduler is gone. Finished blocks are in the store, if there is one; "
                "connect to another cluster and call again to go on."
            )


def cores() -> int:
    """Number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def may_start_processes() -> bool:
    """Whether this process may have children: a worker of a pool of multiprocessing may not."""
    return not multiprocessing.current_process().daemon


def processes(count: int) -> Workers:
    """Processes on this machine that the sweep starts.

    They come from loky: they start afresh (no fork of a process with threads), need no guard around
    the script's main part, and notice when one of them dies.

    Raises:
        ValueError: this process may have no children.
    """
    if not may_start_processes():
        checks.fail(
            "executor",
            "1 or left out in this process, which may start no others (it is a daemon, such as a "
            "worker of multiprocessing.Pool)",
            count,
        )
    from loky import get_reusable_executor

    # Idle for longer than the timeout they end by themselves; until then the next sweep finds them
    # ready.
    pool = get_reusable_executor(count, timeout=_IDLE, initializer=end_with_parent)
    return Workers(
        submit=pool.submit,
        count=count,
        close=lambda cancel: pool.shutdown(wait=True, kill_workers=True) if cancel else None,
    )


def threads(count: int) -> Workers:
    """Threads of this process, for kernels that release Python's lock."""
    pool = concurrent.futures.ThreadPoolExecutor(count, thread_name_prefix="sweep")
    return Workers(
        submit=pool.submit,
        count=count,
        here=True,
        close=lambda cancel: pool.shutdown(wait=True, cancel_futures=cancel),
    )


def given(executor: Any) -> Workers:
    """The workers of a Dask client or an executor of `concurrent.futures`.

    Raises:
        ValueError: it is neither.
        ExecutorError: the workers of the cluster lack this package or have another version.
    """
    if hasattr(executor, "scheduler_info") and hasattr(executor, "submit"):
        return _dask(executor)
    if not hasattr(executor, "submit"):
        allowed = "a number of workers, a concurrent.futures.Executor or a Dask client"
        checks.fail("executor", allowed, executor)
    count = getattr(executor, "num_workers", None) or getattr(executor, "_max_workers", None)
    return Workers(
        submit=executor.submit,
        count=count if isinstance(count, int) and count > 0 else _UNKNOWN,
        here=isinstance(executor, concurrent.futures.ThreadPoolExecutor),
    )


def _dask(client: Any) -> Workers:
    # A function of the standard library, so that it arrives even where our package is missing.
    versions = client.run(importlib.metadata.version, "thermalent", on_error="return")
    if not versions:
        raise ExecutorError("The Dask cluster has no workers. Start some, or wait for them.")
    for address, version in sorted(versions.items()):
        if isinstance(version, BaseException):
            raise ExecutorError(
                f"The Dask worker {address} cannot import thermalent ({version}). Install "
                f"thermalent {__version__} where the workers run."
            )
        if version != __version__:
            raise ExecutorError(
                f"The Dask worker {address} has thermalent {version}, but this is {__version__}. "
                "Install the same version everywhere."
            )
    threads = client.nthreads()
    # pure=False: the same block of another sweep is another task.
    return Workers(
        submit=lambda *call: client.submit(*call, pure=False),
        count=max(1, sum(threads.values())),
        again=True,
        # A lost connection is "connecting" for a while before the client gives up.
        alive=lambda: client.status not in ("closing", "closed", "failed"),
    )


def completed(workers: Workers, recipe: Recipe, tasks: Iterable[BlockTask]) -> Generator[Done]:
    """Results of the tasks as they finish; tasks are made only when there is room for them.

    Raises:
        ExecutorError: workers died, or a block was lost with its worker too often.
    """
    call: tuple[Any, ...]
    call = (run_task, recipe) if workers.here else (run_elsewhere, packed(recipe), recipe.version)
    finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
    under_way: dict[Any, tuple[BlockTask, int]] = {}  # future: task, times lost

    def submit(task: BlockTask, losses: int = 0) -> None:
        try:
            future = workers.submit(*call, task)
        except concurrent.futures.BrokenExecutor as problem:  # a worker died just before
            raise blamed(problem, f"block {task.number}") from problem
        under_way[future] = (task, losses)
        future.add_done_callback(finished.put)

    waiting = iter(tasks)
    orderly = False
    limit = one_thread() if workers.here else contextlib.nullcontext()
    try:
        with limit:
            while _fill(waiting, under_way, submit, _AHEAD * workers.count):
                future = _next(finished, workers)
                task, losses = under_way.pop(future)
                try:
                    columns = future.result()
                except BaseException as problem:
                    workers.require()
                    if lost(problem) and workers.again and losses < LOSSES:
                        submit(task, losses + 1)
                        continue
                    raise blamed(problem, f"block {task.number}") from problem
                del future  # Dask keeps a result for as long as somebody holds its future
                yield task, columns
        orderly = True
    finally:
        for future in under_way:
            future.cancel()
        workers.close(not orderly)


def _next(finished: queue.SimpleQueue[Any], workers: Workers) -> Any:
    """The next finished future; polled, because a scheduler that is gone calls nobody back."""
    while True:
        try:
            return finished.get(timeout=LOOK)
        except queue.Empty:
            workers.require()


def _fill(
    waiting: Iterator[BlockTask],
    under_way: Mapping[Any, Any],
    submit: Callable[[BlockTask], None],
    most: int,
) -> bool:
    """Submit tasks until `most` are running or waiting; returns whether there is any."""
    while len(under_way) < most:
        task = next(waiting, None)
        if task is None:
            break
        submit(task)
    return bool(under_way)


def lost(problem: BaseException) -> bool:
    """Whether a task failed because its worker is gone."""
    return type(problem).__name__ in _LOST


def blamed(problem: BaseException, what: str) -> BaseException:
    """The exception to raise for that of a task; if a worker died, it names a remedy."""
    if isinstance(problem, concurrent.futures.BrokenExecutor) or lost(problem):
        return ExecutorError(
            f"A worker died at {what} or beside it (out of memory?): "
            f"{type(problem).__name__}. Finished blocks are in the store, if there is one; call "
            "again to go on with the others."
        )
    return problem
