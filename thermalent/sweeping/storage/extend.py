"""Finished points of one store, copied to their coordinates in another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.support.errors import ArgumentError
from thermalent.sweeping.grid import Axis
from thermalent.sweeping.storage.layout import Study

if TYPE_CHECKING:
    import xarray
    import zarr


class NotContained(ArgumentError):
    """The new grid does not hold every point of the old one."""


def extend_store(old_path: Path, new: zarr.Group, study: Study) -> None:
    """Copy block by block, so that memory holds one block at a time.

    Raises:
        NotContained: the grid has other axes, or lacks coordinates of the old one.
    """
    import xarray
    import zarr

    old = zarr.open_group(old_path, mode="r", zarr_format=3)
    data = xarray.open_zarr(old_path, chunks=None, consolidated=False)
    positions = [_positions(axis, data) for axis in study.grid.axes]
    for number in range(len(study.tiles)):
        chosen = study.tiles.slices(number)
        sources = [places[stretch] for places, stretch in zip(positions, chosen, strict=True)]
        if all(np.any(source >= 0) for source in sources):
            with zarr.config.set({"array.write_empty_chunks": True}):
                _block(old, new, study, chosen, sources)


def _block(
    old: zarr.Group,
    new: zarr.Group,
    study: Study,
    chosen: Sequence[slice],
    sources: Sequence[np.ndarray],
) -> None:
    shape = tuple(len(source) for source in sources)
    inside = np.ix_(*(np.flatnonzero(source >= 0) for source in sources))
    stored = tuple(source[source >= 0] for source in sources)
    for name, (kind, fill, _) in study.variables().items():
        column = np.full(shape, fill, dtype=object if kind == "str" else kind)
        column[inside] = _member(old, name).get_orthogonal_selection(stored)
        _member(new, name)[tuple(chosen)] = column


def _member(group: zarr.Group, name: str) -> Any:
    return group[name]


def _positions(axis: Axis, data: xarray.Dataset) -> np.ndarray:
    """Position in the stored data of every coordinate of an axis, -1 where it is new."""
    known = [name for name in axis.values if name in data.coords]
    if axis.name not in data.sizes or known != list(axis.values):
        raise NotContained(f"The stored grid has no axis {axis.name!r} of {list(axis.values)}.")
    stored = {key: i for i, key in enumerate(_keys(axis, data))}
    keys = axis.keys()
    missing = set(stored) - set(keys)
    if missing:
        raise NotContained(
            f"The grid lacks {len(missing)} of the {len(stored)} stored values along "
            f"{axis.name!r}: an extended grid must hold all of the stored one."
        )
    return np.array([stored.get(key, -1) for key in keys])


def _keys(axis: Axis, data: xarray.Dataset) -> list[tuple[Any, ...]]:
    columns = [data[name].values.tolist() for name in axis.values]
    return list(zip(*columns, strict=True))
