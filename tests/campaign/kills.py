"""Studies whose processes are killed: nothing is lost, and nothing finished is done again.

A study is killed until it has had its share, in a random phase at a random moment of it, resumed
each time, and at the end compared byte for byte with one that nobody disturbed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from tests.campaign import victims
from tests.campaign.children import Child, kill, left_behind
from tests.campaign.outcomes import Outcome, Task
from tests.campaign.stores import (
    difference,
    files_of,
    finished_points,
    litter,
    saved_blocks,
    undisturbed,
)
from tests.campaign.victims import (
    CREATION,
    EXTENSION,
    FINISHING,
    REOPENING,
    SOLVING,
    STUDIES,
    WORKERS,
    WRITING,
    Order,
)
from thermalent.sweeping.execution.executors import _AHEAD

ROOT = Path(__file__).resolve().parents[2]
EACH = 5  # kills of one experiment
# Executors and studies, the share of the kills, and whether workers are processes.
KINDS = {
    "in process": 0.25,
    "threads": 0.15,
    "loky": 0.18,
    "Dask": 0.12,
    "ensembles": 0.15,
    "grid extension": 0.15,
}
_EXECUTORS = {"threads": "threads", "loky": "loky", "ensembles": "loky"}
_STUDIES = {"ensembles": "ensembles", "grid extension": "growing"}
# For about so long a phase lasts, from which the moment is drawn.
_SPANS = {
    CREATION: 0.05,
    REOPENING: 0.1,
    EXTENSION: 0.2,
    SOLVING: 0.04,
    WRITING: 0.05,
    FINISHING: 0.02,
}
_START = 3.0  # seconds in which workers start


def tasks(count: int) -> list[Task]:
    """Experiments with at least this many kills."""
    return [
        Task("kills", kind, index)
        for kind, share in KINDS.items()
        for index in range(-(-round(count * share) // EACH) if count else 0)
    ]


def run(task: Task, seed: int) -> list[Outcome]:
    """Kill studies of one kind `EACH` times; one outcome for each kill."""
    rng = task.random(seed)
    outcomes: list[Outcome] = []
    with _cluster(task.kind == "Dask") as crew:
        while len(outcomes) < EACH:
            with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
                order = Order(
                    folder=folder,
                    study=_STUDIES.get(task.kind, "points"),
                    executor=_EXECUTORS.get(task.kind, "process") if crew is None else crew.address,
                )
                outcomes += _Experiment(task, order, rng, crew).run(EACH - len(outcomes))
    return outcomes


class _Experiment:
    """One study from its beginning to its end.

    Args:
        task: What this is.
        order: The study.
        rng: Of the moments.
        crew: Dask workers, if these compute.
    """

    def __init__(self, task: Task, order: Order, rng: random.Random, crew: Crew | None) -> None:
        self.task, self.order, self.rng, self.crew = task, order, rng, crew
        self.processes: list[psutil.Process] = []
        self.unstored = self.allowed = 0  # points that were computed and not stored
        self.wrong: list[str] = []
        self.outcomes: list[Outcome] = []

    def run(self, kills: int) -> list[Outcome]:
        """Kill it at most so often, let it finish, and judge."""
        for stage in range(len(STUDIES[self.order.study].grids)):
            self.order = replace(self.order, stage=stage)
            # A study that grows leaves some of its kills to later stages.
            most = kills if stage + 1 == len(STUDIES[self.order.study].grids) else self.rng.randint(
                1, 2)  # fmt: skip
            self._stage(min(most, kills - len(self.outcomes)))
        if self.unstored > self.allowed:
            words = f"{self.unstored} points were computed twice, more than {self.allowed}"
            self.wrong.append(words)
        if alive := left_behind(self.processes):
            self.wrong.append(f"{len(alive)} processes outlived the study by minutes")
        if self.wrong and not self.outcomes:
            self._note("no kill", "failed")
        if self.wrong:
            self.outcomes[-1] = replace(self.outcomes[-1], wrong="; ".join(self.wrong))
        return self.outcomes

    def _stage(self, kills: int) -> None:
        before = len(self.outcomes)
        while len(self.outcomes) - before < kills:
            if self._attacked():
                break
        else:
            self._unharmed()
        if said := difference(files_of(self.order.store), undisturbed(
                self.order.study, self.order.stage)):  # fmt: skip
            self.wrong.append(said)
        if left := litter(self.order):
            self.wrong.append(f"left beside the store: {', '.join(left)}")

    def _attacked(self) -> bool:
        """Start the study and kill it, or a worker; whether it came to its end."""
        fresh = not self.order.store.exists()
        phases = [CREATION if fresh else REOPENING, SOLVING, WRITING, FINISHING]
        if self.order.stage:
            phases[0:1] = [REOPENING, EXTENSION, CREATION]
        phase = self.rng.choice(phases)
        many = {WRITING: 8, SOLVING: 6}.get(phase, 1)
        aim, span = (phase, self.rng.randint(1, many)), _SPANS[phase]
        if phase == SOLVING and self.task.kind in ("loky", "Dask", "ensembles"):
            aim, span = (phase, 1), _START
        with self._checked():
            child = Child(victims.run, replace(self.order, aim=aim))
            message = child.next()
            if message[0] != "entered":
                return self._ended(child, message)
            time.sleep(self.rng.uniform(0.0, span))
            self.processes += child.descendants()
            if phase in (SOLVING, WRITING) and self.rng.random() < 0.5:
                workers = self._workers(child)
                if workers:
                    return self._worker_killed(child, workers)
            if not child.kill():
                return self._ended(child, child.last())
            self._note(victims.phase_at_death(self.order.folder), "resumed")
            return False

    def _worker_killed(self, child: Child, workers: list[int]) -> bool:
        victim = self.rng.choice(workers)
        kill(victim)
        if self.crew is not None:
            self.crew.renew(victim)
        where = f"{victims.phase_at_death(self.order.folder)}, a worker"
        message = child.last()
        if message[0] == "returned":
            self._note(where, "went on")
            return True
        if message[0] == "raised" and message[1].__name__ == "ExecutorError":
            self._note(where, "ended with a clear error, resumed")
            return False
        self.wrong.append(f"a killed worker ended in {message}")
        self._note(where, "failed")
        return False

    def _workers(self, child: Child) -> list[int]:
        """Processes that compute for the study."""
        if self.crew is not None:
            return [worker.pid for worker in self.crew.workers]
        found = []
        for process in child.descendants():
            try:
                if "loky.backend.popen_loky" in " ".join(process.cmdline()):
                    found.append(process.pid)
            except psutil.Error:  # it has ended meanwhile
                continue
        return found

    def _unharmed(self) -> None:
        """Let it go to its end."""
        with self._checked():
            child = Child(victims.run, self.order)
            self._ended(child, child.next())

    def _ended(self, child: Child, message: tuple) -> bool:
        if message[0] not in ("returned", "raised", "died", "hung"):
            message = child.last()
        if message[0] != "returned":
            self.wrong.append(f"ended in {message}")
        return True

    @contextmanager
    def _checked(self) -> Iterator[None]:
        """Compare what one process computed with what was on the disk before and after it."""
        order = self.order
        before, saved = finished_points(order), saved_blocks(order)
        begun = len(victims.logged(order.log))
        yield
        lines = victims.logged(order.log)[begun:]
        # The observables are checked on the network of the first point, whatever is finished.
        first = ("point", *(float(values[0]) for values in order.grid.values()))
        if first in lines:
            lines.remove(first)
        computed = [(a, b) for kind, a, b in lines if kind == "point"]
        after = finished_points(order)
        if lost := before - after:
            self.wrong.append(f"{len(lost)} finished points are lost")
        if again := before & set(computed):
            self.wrong.append(f"{len(again)} finished points were computed again")
        most = STUDIES[order.study].block
        if order.executor != "process" and order.study != "ensembles":
            # What workers have finished and nobody has collected is lost with the process.
            most *= _AHEAD * WORKERS
        if self.crew is not None:  # and is begun again if it was lost with a worker
            most *= 2
        # In sum, because workers whose sweep was killed may go on for a while beside the next one.
        self.unstored += len(computed) - len(after - before)
        self.allowed += most
        point = None
        for kind, a, b in lines:
            if kind == "point":
                point = a, b
            elif point is not None and a < saved.get(point, 0):
                self.wrong.append(f"block {a:.0f} of trajectories was computed again")

    def _note(self, where: str, answer: str) -> None:
        task = self.task
        self.outcomes.append(
            Outcome(
                family=task.family, kind=task.kind, index=task.index, where=where, answer=answer
            )
        )


class Crew:
    """A Dask scheduler and its workers; whoever dies is replaced, as a batch system would."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self._scheduler = self._start("scheduler", "--port", "0", "--no-dashboard")
        self.workers = [self._worker() for _ in range(WORKERS)]
        while not self._file.exists() or not self._file.read_text().endswith("}"):
            time.sleep(0.05)
        import json

        self.address = json.loads(self._file.read_text())["address"]

    def renew(self, killed: int) -> None:
        """Start a worker in place of one that was killed."""
        for i, worker in enumerate(self.workers):
            if worker.pid == killed:
                worker.wait()
                self.workers[i] = self._worker()

    def end(self) -> None:
        """Kill all of them."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _worker(self) -> subprocess.Popen:
        return self._start("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard")

    def _start(self, what: str, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options]
        return subprocess.Popen(
            [*command, "--scheduler-file", str(self._file)],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


@contextmanager
def _cluster(wanted: bool) -> Iterator[Crew | None]:
    if not wanted:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        crew = Crew(Path(folder))
        try:
            yield crew
        finally:
            crew.end()
