"""Many tasks in several processes; one that does not end is stopped and noted."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any, NamedTuple

import psutil
from numba.core import event

from tests.audit.compiling import NOTHING, Compiling, compiled_for

# A task that waits instead of computing, in multiples of the CPU time that it may take.
_WAITING = 30.0


class Stopped(NamedTuple):
    """A task that did not end."""

    note: str
    seconds: float  # of CPU time


class _Worker:
    """A process that does one task after another."""

    def __init__(self, context: Any, work: str) -> None:
        self.pipe, other = context.Pipe()
        self.compiling = context.Array("d", NOTHING, lock=False)
        given = other, work, self.compiling
        self.process = context.Process(target=_serve, args=given, daemon=True)
        self.process.start()
        other.close()
        self.task: Any = None
        self.began = self.spent_before = 0.0
        self.ready = False  # whether what is imported and compiled at first is behind it

    def give(self, task: Any) -> None:
        """The next task; None ends the process."""
        self.task, self.began, self.spent_before = task, time.monotonic(), self._cpu()
        self.pipe.send(task)

    def spent(self) -> float:
        """CPU seconds of the task, or what stands for them if it waits."""
        waited = (time.monotonic() - self.began) / _WAITING
        return max(self._cpu() - self.spent_before, waited)

    def _cpu(self) -> float:
        """CPU seconds without those of compilation, which only the first call of a kernel takes."""
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        spent = float(times.user + times.system)
        return spent - compiled_for(self.compiling, spent)

    def stop(self) -> None:
        """The end, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Any, work: str, compiling: Any) -> None:
    event.register("numba:compile", Compiling(compiling))
    module = importlib.import_module(work)
    module.warm_up()
    pipe.send(None)
    while (task := pipe.recv()) is not None:
        pipe.send(module.do(task))


def run(work: str, tasks: Iterable[Any], processes: int, limit: float) -> Iterator[tuple[Any, Any]]:
    """What comes of every task, as it comes; none may take more than `limit` seconds of CPU time.

    Args:
        work: A module with `warm_up()`, called once in every process, and `do(task)`.
        tasks: What it is to do; anything but None.
        processes: How many work at once.
        limit: CPU seconds of a task without compilation, after which its process is ended.

    Yields:
        The task with what `do` returns, or with `Stopped`.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    context = multiprocessing.get_context("spawn")
    left = iter(tasks)
    workers: list[_Worker] = []

    def start() -> None:
        workers.append(_Worker(context, work))

    def end(worker: _Worker) -> None:
        workers.remove(worker)
        worker.stop()

    for _ in range(processes):
        start()
    try:
        while workers:
            wait([worker.pipe for worker in workers], timeout=0.5)
            for worker in list(workers):
                if worker.pipe.poll():
                    try:
                        found = worker.pipe.recv()
                    except EOFError:
                        if not worker.ready:
                            raise RuntimeError("a process ended before its first task") from None
                        exit_code = worker.process.exitcode
                        found = Stopped(f"the process died (exit {exit_code})", worker.spent())
                        end(worker)
                        start()
                        yield worker.task, found
                        continue
                    if worker.ready:
                        yield worker.task, found
                    worker.ready = True
                    task = next(left, None)
                    if task is None:
                        end(worker)
                    else:
                        worker.give(task)
                elif worker.ready and (seconds := worker.spent()) > limit:
                    end(worker)
                    start()
                    note = f"stopped after {seconds:.0f} s of CPU time"
                    yield worker.task, Stopped(note, seconds)
    finally:
        for worker in list(workers):
            end(worker)
