"""Studies to be killed and disturbed, which tell their phase and log every point they begin.

The builder writes a line per point into a log before it builds, so that what is computed twice can
be counted across processes that died. Where it logs is no part of what the study is.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te

BLOCK = 8  # points
WORKERS = 2
CREATION, REOPENING, EXTENSION, SOLVING, WRITING, FINISHING = PHASES = (
    "creation", "reopening", "extension", "solving", "writing", "finishing",
)  # fmt: skip
_OBSERVABLES = ["concurrence", "populations", "entropy[q1]"]


@dataclass(frozen=True, kw_only=True)
class Study:
    """What is swept.

    Args:
        grids: One after the other, each of which holds the one before.
        method: How to solve.
        observables: What is read.
        block: Points of a block.
        pause: Seconds that a builder takes, so that there is something to interrupt.
    """

    grids: tuple[Mapping[str, Any], ...]
    method: te.Method
    observables: list[str]
    block: int = BLOCK
    pause: float = 0.002


def _grid(n_th: int, kappa: int) -> dict[str, Any]:
    return {
        "n_th": np.geomspace(0.5, 20, 16)[:n_th].copy(),
        "kappa": np.geomspace(0.05, 2, 16)[:kappa].copy(),
    }


STUDIES = {
    "points": Study(
        grids=(_grid(10, 9),), method=te.ContinuedFraction(rtol=1e-8), observables=_OBSERVABLES
    ),
    "growing": Study(
        grids=(_grid(4, 6), _grid(6, 9), _grid(9, 9)),
        method=te.ContinuedFraction(rtol=1e-8),
        observables=_OBSERVABLES,
    ),
    "ensembles": Study(
        grids=(_grid(2, 2),),
        method=te.FieldTrajectories(n=2048, seed=3, burn_in=60.0, window=60.0),
        observables=["concurrence"],
        block=1,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a victim does.

    Args:
        folder: Where its store `study.zarr`, its log and its phase are.
        study: One of `STUDIES`.
        executor: "process", "threads", "loky", or the address of a Dask scheduler.
        stage: Which of the grids.
        aim: A phase, and the how manieth time it is entered, at which the victim says so.
        counted: Whether points and phases are written into files beside the store.
    """

    folder: str
    study: str = "points"
    executor: str = "process"
    stage: int = 0
    aim: tuple[str, int] | None = None
    counted: bool = True

    @property
    def store(self) -> Path:
        """The store."""
        return Path(self.folder, "study.zarr")

    @property
    def log(self) -> Path:
        """Lines of points, and of blocks of trajectories, in the order in which they began."""
        return Path(self.folder, "log") if self.counted else Path(os.devnull)

    @property
    def grid(self) -> Mapping[str, Any]:
        """The grid of this stage."""
        return STUDIES[self.study].grids[self.stage]


class Logging:
    """Thermal links; every point is in the log first."""

    def __call__(self, n_th: float, kappa: float) -> te.Network:
        _log(f"{n_th!r} {kappa!r}")
        time.sleep(float(os.environ["VICTIM_PAUSE"]))
        return te.thermal_link(n_th=n_th, kappa=kappa)

    def __reduce__(self):
        return _logging, (os.environ["VICTIM_LOG"], os.environ["VICTIM_PAUSE"])


def _logging(log: str, pause: str) -> Logging:
    """The builder in another process, which may have served another study before."""
    os.environ["VICTIM_LOG"], os.environ["VICTIM_PAUSE"] = log, pause
    return Logging()


def _log(line: str) -> None:
    """One line, which is in the file whole or not at all, whoever else writes."""
    descriptor = os.open(os.environ["VICTIM_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def logged(log: Path) -> list[tuple[str, float, float]]:
    """What was begun, in order: ("point", n_th, kappa) or ("trajectories", begin, end)."""
    if not log.exists():
        return []
    begun = []
    for line in log.read_text().splitlines():
        words = line.split()
        kind = "point" if len(words) == 2 else words[0]
        begun.append((kind, float(words[-2]), float(words[-1])))
    return begun


def swept(order: Order) -> Any:
    """Run the study, or go on with it."""
    study = STUDIES[order.study]
    os.environ["VICTIM_LOG"], os.environ["VICTIM_PAUSE"] = str(order.log), str(study.pause)
    with _executor(order.executor) as executor:
        return te.sweep(
            Logging(), order.grid, study.observables, method=study.method, store=order.store,
            executor=executor, block=study.block, accept="grid", progress=False,
        )  # fmt: skip


@contextmanager
def _executor(name: str):
    if name in ("process", "loky"):
        yield {"process": 1, "loky": WORKERS}[name]
    elif name == "threads":
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(WORKERS) as pool:
            yield pool
    else:
        import distributed

        with distributed.Client(name) as client:
            client.wait_for_workers(WORKERS)
            yield client


def run(pipe: Any, order: Order) -> None:
    """Run the study in this process, which ends afterwards, and tell its phase."""
    watched(order, pipe)
    swept(order)
    phase_is("over")


_phase_file, _now = -1, ""
_entered: dict[str, int] = {}
_told: list[Any] = []  # the pipe, and the phase to tell
_guard = threading.Lock()


def watched(order: Order, pipe: Any) -> None:
    """Write every change of phase into a file, and tell the one that is aimed at."""
    global _phase_file
    if order.counted:
        _phase_file = os.open(Path(order.folder, "phase"), os.O_WRONLY | os.O_CREAT)
    _told[:] = [pipe, order.aim]
    phase_is("start")
    _instrument()


def phase_is(phase: str) -> None:
    """From here on this process does this."""
    global _now
    with _guard:
        _now = phase
        if _phase_file >= 0:
            os.pwrite(_phase_file, phase.ljust(16).encode(), 0)
        _entered[phase] = _entered.get(phase, 0) + 1
        if _told[1] == (phase, _entered[phase]):
            _told[0].send(("entered", phase))


def phase_now() -> str:
    """The phase of this process."""
    return _now


def phase_at_death(folder: str | Path) -> str:
    """The last phase that a victim entered."""
    return Path(folder, "phase").read_text().strip()


def _instrument() -> None:
    """Announce the phases, and log blocks of trajectories; save parts of ensembles at once."""
    from thermalent.sweeping import run as running
    from thermalent.sweeping.execution import ensembles
    from thermalent.sweeping.storage import opening, partial_ensembles, store

    _announced(opening, "make", CREATION)
    _announced(opening, "accepted_changes", REOPENING)
    _announced(opening, "_extend", EXTENSION)
    _announced(running, "_results", SOLVING)
    _announced(store.Store, "write", WRITING, SOLVING)
    _announced(store.Store, "read", FINISHING)
    partial_ensembles.EVERY = 0.02
    several = ensembles.several

    def logging(paths: Any, n: int, begin: int, end: int) -> Any:
        _log(f"trajectories {begin} {end}")
        return several(paths, n, begin, end)

    ensembles.several = logging


def _announced(home: Any, name: str, phase: str, after: str | None = None) -> None:
    function: Callable[..., Any] = getattr(home, name)

    def announcing(*arguments: Any, **keywords: Any) -> Any:
        phase_is(phase)
        result = function(*arguments, **keywords)
        if after is not None:
            phase_is(after)
        return result

    setattr(home, name, announcing)
