"""Stores as they are on the disk, read without the code that wrote them; and undisturbed ones."""

from __future__ import annotations

import itertools
import json
import tempfile
import threading
from functools import cache
from pathlib import Path

import numpy as np

from tests.campaign import victims
from tests.campaign.children import Child
from tests.campaign.victims import STUDIES, Order

Point = tuple[float, float]
_making = threading.Lock()


def files_of(store: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file()
    }


def difference(found: dict[str, bytes], expected: dict[str, bytes]) -> str:
    """How two stores differ, in words; empty if they do not."""
    missing, more = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    other = sorted(name for name in expected.keys() & found.keys() if expected[name] != found[name])
    kinds = {"lacks": missing, "has besides": more, "has other bytes in": other}
    said = [f"{words} {', '.join(names[:3])}" for words, names in kinds.items() if names]
    return f"the store {'; '.join(said)}" if said else ""


def undisturbed(study: str, stage: int) -> dict[str, bytes]:
    """The files of a study that nobody disturbed, computed once."""
    with _making:
        return _undisturbed(study, stage)


@cache
def _undisturbed(study: str, stage: int) -> dict[str, bytes]:
    return _stages(study)[stage]


@cache
def _stages(study: str) -> list[dict[str, bytes]]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for stage in range(len(STUDIES[study].grids)):
            order = Order(folder=folder, study=study, stage=stage)
            message = Child(victims.run, order).last()
            if message[0] != "returned":
                raise RuntimeError(f"the study {study!r} fails undisturbed: {message}")
            found.append(files_of(order.store))
    return found


def workspace(order: Order) -> Path:
    """The folder beside the store in which the package works."""
    return Path(order.folder, ".study.zarr.thermalent")


def finished_points(order: Order) -> set[Point]:
    """Points of the blocks whose status is on the disk; while a store is replaced, of the old."""
    store = order.store if order.store.exists() else workspace(order) / "before"
    if not store.exists():
        return set()
    about = json.loads((store / "status" / "zarr.json").read_text())
    (grid,) = (
        grid
        for grid in STUDIES[order.study].grids
        if [len(values) for values in grid.values()] == about["shape"]
    )
    chunk = about["chunk_grid"]["configuration"]["chunk_shape"]
    n_th, kappa = grid.values()
    points = set()
    for path in (store / "status" / "c").glob("*/*"):
        if path.name.isdigit():  # another name is of a chunk that was being written aside
            row, column = int(path.parent.name) * chunk[0], int(path.name) * chunk[1]
            inside = itertools.product(
                n_th[row : row + chunk[0]].tolist(), kappa[column : column + chunk[1]].tolist()
            )
            points |= set(inside)
    return points


def saved_blocks(order: Order) -> dict[Point, int]:
    """Blocks of trajectories on the disk, by their point; blocks of the grid are single points."""
    saved: dict[Point, int] = {}
    n_th, kappa = order.grid.values()
    for folder in workspace(order).glob("parts/*/*-0"):
        row, column = divmod(int(folder.name.removesuffix("-0")), len(kappa))
        count = 0
        while (part := folder / f"{count}.npz").exists():
            with np.load(part) as arrays:
                count += len(arrays["count"])
        saved[float(n_th[row]), float(kappa[column])] = count
    return saved


def litter(order: Order) -> list[str]:
    """What lies beside the store and is not of the experiment."""
    own = {"study.zarr", "log", "phase"}
    return sorted(path.name for path in Path(order.folder).iterdir() if path.name not in own)
