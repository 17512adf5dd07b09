"""Faults of disks: a sweep ends with a clear error or goes on, and never keeps a wrong point.

Operations on the files of a study are refused at random, through the interpreter's audit events;
the size of files is limited; the disk is a small one in memory; folders vanish. Once the fault is
gone the same sweep is to end as if there had been none, byte for byte.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import thermalent as te
from tests.campaign import victims
from tests.campaign.children import Child
from tests.campaign.outcomes import Outcome, Task
from tests.campaign.small_disk import SmallDisk
from tests.campaign.stores import at_once, difference, files_of, litter, undisturbed, workspace
from tests.campaign.victims import STUDIES, Order

# What is hit, and the share of it.
KINDS = {
    "operation refused": 0.5,
    "largest file": 0.15,
    "full disk": 0.15,
    "folder vanished": 0.2,
}
_ERRORS = {
    "write": (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS),
    "read": (errno.EIO,),
    "rename": (errno.ENOSPC, errno.EIO),
    "mkdir": (errno.ENOSPC, errno.EIO, errno.EDQUOT),
    "remove": (errno.EIO,),
    "list": (errno.EIO,),
    "fsync": (errno.ENOSPC, errno.EIO),
}
_VANISHING = ("store", "workspace", "parent", "array")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong.

    Args:
        operation: One of `_ERRORS`, or "any".
        number: At the how manieth operation of this kind.
        error: Number of the error; 0 for none.
        once: Whether the next operation is possible again.
        vanishing: What is removed at this moment: "store", "workspace", "parent", "array", or "".
        largest: Size in bytes of the largest file that can be written; 0 for no limit.
    """

    operation: str = "any"
    number: int = 0
    error: int = 0
    once: bool = False
    vanishing: str = ""
    largest: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    """How a disturbed sweep ended.

    Args:
        ended: "returned", "refused" with an error of this package, or "raised" another.
        words: The error.
        phase: In which it ended.
        counts: Operations by kind.
    """

    ended: str
    words: str
    phase: str
    counts: Counter[str]


def tasks(count: int) -> list[Task]:
    """One experiment per fault."""
    return [
        Task("faults", kind, index)
        for kind, share in KINDS.items()
        for index in range(round(count * share))
    ]


def run(task: Task, seed: int) -> list[Outcome]:
    """One fault, and the sweep after it."""
    rng = task.random(seed)
    with tempfile.TemporaryDirectory(prefix="campaign-") as place:
        order, half = _situation(task, Path(place) / "study", rng)
        if task.kind == "full disk":
            where, answer, wrong = _on_a_small_disk(order, rng)
        else:
            where, answer, wrong = _judged(order, _fault(task.kind, order, half, rng))
    return [
        Outcome(
            family=task.family, kind=task.kind, index=task.index, where=where, answer=answer,
            wrong=wrong,
        )
    ]  # fmt: skip


def _situation(task: Task, folder: Path, rng: random.Random) -> tuple[Order, bool]:
    """A study at its beginning, in the middle, or to be extended; whether it is in the middle."""
    folder.mkdir()
    study = rng.choice(["points", "growing", "ensembles"])
    stage = rng.randrange(1, len(STUDIES[study].grids)) if study == "growing" else 0
    half = task.kind != "full disk" and study != "growing" and rng.random() < 0.6
    order = Order(folder=str(folder), study=study, stage=stage, counted=False)
    if task.kind != "full disk" and (half or stage):
        _prepare(order, half, rng)
    return order, half


def _prepare(order: Order, half: bool, rng: random.Random) -> None:
    """Write what the study has on the disk, the later half of its blocks open."""
    files = undisturbed(order.study, max(order.stage - 1, 0))
    statuses = sorted(name for name in files if name.startswith("status/c/"))
    left_out = set(statuses[len(statuses) // 2 :]) if half else set()
    for name, content in files.items():
        if name not in left_out:
            path = order.store / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _fault(kind: str, order: Order, half: bool, rng: random.Random) -> Fault:
    if kind == "largest file":
        return Fault(largest=rng.choice([0, 1, 40, 100, 150, 200, 400, 800, 1600, 3200]) + 1)
    counts = _counts(order.study, order.stage, half)
    if kind == "folder vanished":
        number = _number(counts["any"], rng)
        return Fault(number=number, vanishing=rng.choice(_VANISHING))
    operation = rng.choice([name for name in _ERRORS if counts[name]])
    return Fault(
        operation=operation,
        number=_number(counts[operation], rng),
        error=rng.choice(_ERRORS[operation]),
        once=rng.random() < 0.5,
    )


def _number(count: int, rng: random.Random) -> int:
    """One of so many operations; most of them write blocks, the rest are first or last."""
    near = min(count, 12)
    return rng.choice(
        [rng.randint(1, count), rng.randint(1, near), count + 1 - rng.randint(1, near)]
    )


_counting = threading.Lock()


def _counts(study: str, stage: int, half: bool) -> Counter[str]:
    with _counting:
        return _counted(study, stage, half)


@cache
def _counted(study: str, stage: int, half: bool) -> Counter[str]:
    """The operations of a sweep without a fault."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        order = Order(folder=folder, study=study, stage=stage, counted=False)
        if half or stage:
            _prepare(order, half, random.Random(0))
        return Child(disturbed, order, Fault()).last()[1].counts


def _judged(order: Order, fault: Fault) -> tuple[str, str, str]:
    """The phase of the fault, the answer to it, and what was wrong."""
    message = Child(disturbed, order, fault).last()
    if message[0] != "returned":
        return "?", "failed", f"{fault}: {message}"
    report: Report = message[1]
    if report.ended == "raised":
        return report.phase, "failed", f"{fault}: {report.words}"
    answer = "refused" if report.ended == "refused" else "went on"
    _restored(order)
    second: Report = Child(disturbed, order, Fault()).last()[1]
    if second.ended == "refused" and fault.vanishing:
        # What somebody removed from within a store is damage, which is told.
        shutil.rmtree(order.store)
        _restored(order)
        answer = "refused as damaged"
        second = Child(disturbed, order, Fault()).last()[1]
    if second.ended != "returned":
        return report.phase, answer, f"{fault}: afterwards {second.words}"
    files = files_of(order.store)
    said = difference(files, undisturbed(order.study, order.stage))
    if said and fault.vanishing and order.stage:
        # A store that vanishes before the sweep has read it is made anew, with the whole grid.
        said = difference(files, at_once(order.study, order.stage)) and said
    left = litter(order)
    if left:
        said += f" left beside the store: {', '.join(left)}"
    return report.phase, answer, f"{fault} ({report.words}): {said}" if said else ""


def _restored(order: Order) -> None:
    """Begin anew, from the grid before, what has vanished whole."""
    Path(order.folder).mkdir(exist_ok=True)
    if order.stage and not order.store.exists() and not (workspace(order) / "before").exists():
        _prepare(order, False, random.Random(0))


def _on_a_small_disk(order: Order, rng: random.Random) -> tuple[str, str, str]:
    size = rng.randint(16, 300) * 4096
    message = Child(on_a_small_disk, order, size).last()
    if message[0] != "returned":
        return "?", "failed", f"disk of {size} bytes: {message}"
    first, second, files, left = message[1]
    answer = {"refused": "refused", "returned": "went on"}.get(first.ended, "failed")
    wrong = ""
    if first.ended == "raised" or second.ended != "returned":
        wrong = f"disk of {size} bytes: {first.words}; {second.words}"
    elif said := difference(files, undisturbed(order.study, order.stage)):
        wrong = f"disk of {size} bytes ({first.words}): {said}"
    elif left:
        wrong = f"left beside the store: {', '.join(left)}"
    return first.phase, answer, wrong


def disturbed(pipe: Any, order: Order, fault: Fault) -> Report:
    """Run a study in this process, which ends afterwards, with a fault."""
    victims.watched(order, pipe)
    counts: Counter[str] = Counter()
    faulty = _Faulty(order, fault, counts)
    sys.addaudithook(faulty.audit)
    fsync = os.fsync

    def synced(descriptor: int) -> None:
        faulty.met("fsync")
        fsync(descriptor)

    os.fsync = synced
    if fault.largest:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.largest, resource.RLIM_INFINITY))
    report = _reported(order)
    faulty.over = True
    return replace(report, counts=counts)


def on_a_small_disk(pipe: Any, order: Order, size: int) -> tuple[Report, Report, dict, list[str]]:
    """Run a study on a disk that is too small, perhaps, and again on a larger one."""
    with SmallDisk(Path(order.folder), size) as disk:
        victims.watched(order, pipe)
        for stage in range(order.stage):
            _reported(replace(order, stage=stage))
        first = _reported(order)
        disk.enlarge()
        for stage in range(order.stage + 1):
            if stage == order.stage or not order.store.exists():
                second = _reported(replace(order, stage=stage))
        return first, second, files_of(order.store), litter(order)


def _reported(order: Order) -> Report:
    import traceback

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged blocks, which are computed again
            victims.swept(order)
    except te.ThermalentError as problem:
        ended, words = "refused", f"{type(problem).__name__}: {problem}"
    except BaseException:
        ended, words = "raised", traceback.format_exc()[-1500:]
    else:
        ended, words = "returned", ""
    return Report(ended=ended, words=words, phase=victims.phase_now(), counts=Counter())


class _Faulty:
    """Counts operations on the files of a study, and lets one fail.

    Args:
        order: The study.
        fault: What goes wrong.
        counts: Receives the number of operations by kind.
    """

    def __init__(self, order: Order, fault: Fault, counts: Counter[str]) -> None:
        self.order, self.fault, self.counts = order, fault, counts
        self.over = False
        self._inside = threading.local()
        self._own = (str(order.store), str(workspace(order)))

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An event of the interpreter, which may be an operation on a file of the study."""
        if self.over or not arguments:
            return
        kind = _OPERATIONS.get(event)
        if kind is None or not str(arguments[0]).startswith(self._own):
            return
        if event == "open":
            written = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            kind = "write" if written else "read"
        self.met(kind)

    def met(self, kind: str) -> None:
        """An operation is about to be done."""
        if self.over or getattr(self._inside, "active", False):
            return
        self.counts[kind] += 1
        self.counts["any"] += 1
        fault, number = self.fault, self.counts[self.fault.operation]
        if fault.operation not in (kind, "any") or not fault.number or number < fault.number:
            return
        if fault.vanishing and number == fault.number:
            self._inside.active = True
            _remove(self.order, fault.vanishing)
            self._inside.active = False
        if fault.error and (number == fault.number or not fault.once):
            raise OSError(fault.error, os.strerror(fault.error))


_OPERATIONS = {
    "open": "",
    "os.rename": "rename",
    "os.mkdir": "mkdir",
    "os.remove": "remove",
    "os.rmdir": "remove",
    "os.listdir": "list",
    "os.scandir": "list",
}


def _remove(order: Order, what: str) -> None:
    target: Callable[[], Path] = {
        "store": lambda: order.store,
        "workspace": lambda: workspace(order),
        "parent": lambda: Path(order.folder),
        "array": lambda: order.store / "concurrence",
    }[what]
    shutil.rmtree(target(), ignore_errors=True)
