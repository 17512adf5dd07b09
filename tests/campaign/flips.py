"""Single flipped bits in any file of a store or beside it: told, mended, or of no effect.

Never another number, coordinate or attribute, and never an error that is not this package's.
"""

from __future__ import annotations

import tempfile
import threading
import traceback
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray

import thermalent as te
from tests.campaign.children import Child
from tests.campaign.outcomes import Outcome, Task
from tests.campaign.stores import files_of
from thermalent.sweeping.storage.integrity import check_store

# The store whose bit is flipped, and the share of the flips.
KINDS = {
    "finished": 0.3,
    "unfinished": 0.2,
    "extended": 0.15,
    "before an extension": 0.15,
    "unfinished ensemble": 0.2,
}
_OBSERVABLES = ["concurrence", "populations"]
_GRID = {"n_th": np.geomspace(0.5, 50, 4), "kappa": np.geomspace(0.05, 2, 3)}
_LONGER = {"n_th": np.geomspace(0.5, 50, 4), "kappa": np.array([*_GRID["kappa"], 4.0, 8.0])}
# Two parameters along one axis, one of which is text; the last point fails.
_ZIPPED = te.zipped(label=["a", "bc", "def", "g"], n_th=[0.5, 1.0, 2.0, -1.0])


def tasks(count: int) -> list[Task]:
    """One experiment per flip."""
    return [
        Task("flips", kind, index)
        for kind, share in KINDS.items()
        for index in range(round(count * share))
    ]


def run(task: Task, seed: int) -> list[Outcome]:
    """One flip, and the sweep that meets it."""
    rng = task.random(seed)
    template = _template(task.kind)
    names = sorted(template)
    if task.kind == "unfinished ensemble":  # the store itself is like the others
        names = [name for name in names if not name.startswith("study.zarr/")]
    name = rng.choice(names)
    content = bytearray(template[name])
    place = rng.randrange(len(content))
    content[place] ^= 1 << rng.randrange(8)
    files = {**template, name: bytes(content)}
    message = Child(met, task.kind, files).last()
    answer, wrong = message[1] if message[0] == "returned" else ("failed", str(message))
    return [
        Outcome(
            family=task.family, kind=task.kind, index=task.index, where=_sort(name), answer=answer,
            wrong=f"byte {place} of {name}: {wrong}" if wrong else "",
        )
    ]  # fmt: skip


def _sort(name: str) -> str:
    if not name.startswith("study.zarr/"):
        return "part of an ensemble" if "parts" in name else "lock"
    if name.endswith("zarr.json"):
        return "metadata"
    variable = name.split("/")[1]
    return "coordinate" if variable in ("n_th", "kappa", "axis", "label") else "values"


def met(pipe: Any, kind: str, files: dict[str, bytes]) -> tuple[str, str]:
    """Check and finish a store with a flipped bit: the answer, and what was wrong."""
    undisturbed = _whole(kind)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        place = Path(folder)
        for name, content in files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            report = check_store(place / "study.zarr")
            with warnings.catch_warnings():
                warnings.simplefilter("error" if report.ok else "ignore")
                data = _swept(place, kind).load()
        except te.ThermalentError as problem:
            told = "damaged" in str(problem) or "another study" in str(problem)
            return "refused", "" if told else str(problem)
        except Exception:
            return "failed", traceback.format_exc()[-1500:]
        if report.metadata:
            return "failed", f"used although {report}"
        if not data.identical(undisturbed):
            return "failed", f"other data: {report}"
        left = [path.name for path in place.iterdir() if path.name != "study.zarr"]
        said = f"left beside the store: {', '.join(left)}" if left else ""
        return ("computed again" if report.blocks else "no effect"), said


def _swept(place: Path, kind: str, *, shorter: bool = False) -> xarray.Dataset:
    """The study of this kind."""
    options: dict[str, Any] = {"executor": 1, "progress": False, "store": place / "study.zarr"}
    if kind == "unfinished ensemble":
        method = te.FieldTrajectories(n=512, seed=3, burn_in=20.0, window=20.0)
        grid = {"n_th": [1.0, 2.0], "kappa": [0.5]}
        return te.sweep(te.thermal_link, grid, "concurrence", method=method, block=1, **options)
    if kind == "unfinished":
        grid = {"axis": _ZIPPED, "kappa": [0.5, 1.0]}
        return te.sweep(labelled, grid, _OBSERVABLES, block=2, **options)
    grid = _GRID if shorter or kind == "finished" else _LONGER
    accept = "grid" if "exten" in kind else ()
    return te.sweep(te.thermal_link, grid, _OBSERVABLES, block=3, accept=accept, **options)


def labelled(label: str, n_th: float, kappa: float) -> te.Network:
    """A thermal link; the label only names it."""
    return te.thermal_link(n_th=n_th, kappa=kappa)


_making = threading.Lock()


def _template(kind: str) -> dict[str, bytes]:
    with _making:
        return _made(kind)


@cache
def _made(kind: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        message = Child(make, folder, kind).last()
        if message[0] not in ("returned", "died"):
            raise RuntimeError(f"the store {kind!r} cannot be made: {message}")
        files = files_of(Path(folder))
    if kind == "unfinished":
        statuses = sorted(name for name in files if name.startswith("study.zarr/status/c/"))
        for name in statuses[::2]:
            del files[name]
    return files


def make(pipe: Any, folder: str, kind: str) -> None:
    """Fill a store; of an ensemble only until three of its parts are on the disk."""
    place = Path(folder)
    if kind == "extended":
        _swept(place, kind, shorter=True)
    if kind == "unfinished ensemble":
        _stopping_after(3)
    _swept(place, kind, shorter=kind == "before an extension")


def _stopping_after(parts: int) -> None:
    import os

    from thermalent.sweeping.storage import partial_ensembles

    partial_ensembles.EVERY = 0.0
    save, saved = partial_ensembles.Part._save, []

    def stopping(part: partial_ensembles.Part) -> None:
        save(part)
        saved.append(part)
        if len(saved) == parts:
            os._exit(0)

    partial_ensembles.Part._save = stopping  # type: ignore[method-assign]


@cache
def _whole(kind: str) -> xarray.Dataset:
    """The study of this kind in a store that nobody disturbed."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        if "exten" in kind:
            _swept(Path(folder), kind, shorter=True)
        return _swept(Path(folder), kind).load()
