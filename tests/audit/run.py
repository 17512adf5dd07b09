"""Many networks in several processes; one that does not end is stopped and noted."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from multiprocessing.connection import wait

import thermalent as te
from tests.audit.findings import HUNG, Finding
from tests.audit.networks import audit

Task = tuple[int, str, int]  # seed, kind, index


class _Worker:
    """A process that audits one network after another."""

    def __init__(self, context) -> None:
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.task: Task | None = None
        self.began = 0.0

    def give(self, task: Task | None) -> None:
        """The next task; None ends the process."""
        self.task, self.began = task, time.monotonic()
        self.pipe.send(task)

    def stop(self) -> None:
        """The end, whatever it is doing."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _warm_up() -> None:
    """What is compiled or imported at the first call is not part of any call's time."""
    network = te.thermal_link(0.1, 1.0)
    te.steady_state(network)
    te.continued_fraction.steady_states([network, network], threads=1)
    te.evolve(network, [1.0], "01")
    te.sensitivities(te.thermal_link, {"n_th": 0.1, "kappa": 1.0}, "purity")
    te.relaxation_rates(network, 1)
    te.sweep(te.thermal_link, {"n_th": [0.1]}, "purity", fixed={"kappa": 1.0}, progress=False)


def _serve(pipe) -> None:
    _warm_up()
    while (task := pipe.recv()) is not None:
        pipe.send(audit(*task))


def run(
    tasks: Iterable[Task], processes: int, limit: float
) -> Iterator[tuple[Task, list[Finding]]]:
    """The findings of every task as they come; none may take longer than `limit` seconds."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    context = multiprocessing.get_context("spawn")
    left = iter(tasks)
    workers: list[_Worker] = []

    def start_next() -> None:
        task = next(left, None)
        if task is not None:
            worker = _Worker(context)
            worker.give(task)
            workers.append(worker)

    for _ in range(processes):
        start_next()
    try:
        while workers:
            wait([worker.pipe for worker in workers], timeout=1.0)
            for worker in list(workers):
                assert worker.task is not None
                _, kind, index = worker.task
                if worker.pipe.poll():
                    try:
                        found = worker.pipe.recv()
                    except EOFError:
                        note = f"the process died (exit {worker.process.exitcode})"
                        found = [Finding(kind, index, "process", HUNG, note=note)]
                        yield worker.task, found
                        workers.remove(worker)
                        worker.stop()
                        start_next()
                        continue
                    yield worker.task, found
                    task = next(left, None)
                    if task is None:
                        workers.remove(worker)
                        worker.stop()
                    else:
                        worker.give(task)
                elif time.monotonic() - worker.began > limit:
                    seconds = time.monotonic() - worker.began
                    note = f"stopped after {seconds:.0f} s"
                    yield (
                        worker.task,
                        [Finding(kind, index, "process", HUNG, seconds=seconds, note=note)],
                    )
                    workers.remove(worker)
                    worker.stop()
                    start_next()
    finally:
        for worker in workers:
            worker.stop()
