"""Stores as they are on the disk, read by Zarr alone; and undisturbed ones to compare with."""

from __future__ import annotations

import tempfile
import threading
from functools import cache
from pathlib import Path

import numpy as np
import zarr

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


def at_once(study: str, stage: int) -> dict[str, bytes]:
    """The files of a study whose grid did not grow: that of this stage from the beginning."""
    with _making:
        return _at_once(study, stage)


@cache
def _undisturbed(study: str, stage: int) -> dict[str, bytes]:
    return _stages(study)[stage]


@cache
def _stages(study: str) -> list[dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        orders = (
            Order(folder=folder, study=study, stage=stage)
            for stage in range(len(STUDIES[study].grids))
        )
        return [_filled(order) for order in orders]


@cache
def _at_once(study: str, stage: int) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return _filled(Order(folder=folder, study=study, stage=stage))


def _filled(order: Order) -> dict[str, bytes]:
    message = Child(victims.run, order).last()
    if message[0] != "returned":
        raise RuntimeError(f"the study {order.study!r} fails undisturbed: {message}")
    return files_of(order.store)


def workspace(order: Order) -> Path:
    """The folder beside the store in which the package works."""
    return Path(order.folder, ".study.zarr.thermalent")


def finished_points(order: Order) -> set[Point]:
    """Points whose status is on the disk; while a store is replaced, of the old one."""
    store = order.store if order.store.exists() else workspace(order) / "before"
    if not store.exists():
        return set()
    status = np.asarray(zarr.open_array(store / "status", mode="r", zarr_format=3)[:])
    (grid,) = (
        grid
        for grid in STUDIES[order.study].grids
        if tuple(len(values) for values in grid.values()) == status.shape
    )
    n_th, kappa = (values.tolist() for values in grid.values())
    return {(n_th[row], kappa[column]) for row, column in np.argwhere(status != 0).tolist()}


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
