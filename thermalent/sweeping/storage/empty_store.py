"""A store without a point: written aside and renamed, so that it is never there in part."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from thermalent.sweeping.storage.integrity import DIGEST, metadata_digest
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.storage.workspace import Workspace

if TYPE_CHECKING:
    import zarr


def make(workspace: Workspace, study: Study) -> None:
    """Write the empty store aside and rename it, so that it is never there in part."""
    aside = workspace.aside()
    try:
        empty_group(aside, study)
        os.rename(aside, workspace.store)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def empty_group(path: Path, study: Study, origins: str | None = None) -> zarr.Group:
    """The group of a study without a point, with its coordinates.

    Args:
        path: Where to write it.
        study: What it is for.
        origins: Of a study that is extended, in JSON; its own if not given.
    """
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    attributes = study.attributes()
    if origins is not None:
        attributes |= {"origins": origins, "extended": True}
    group = zarr.create_group(path, attributes=attributes, zarr_format=3)
    for name, (kind, fill, about) in study.variables().items():
        group.create_array(
            name,
            shape=study.grid.shape,
            chunks=study.tiles.block,
            dtype=kind,
            fill_value=fill,
            # A chunk that the disk has damaged is an error when read, not a number.
            compressors=[ZstdCodec(level=3), Crc32cCodec()],
            dimension_names=study.grid.dims,
            attributes=about,
        )
    for name, (dim, values) in study.grid.coordinates().items():
        kind = "str" if values.dtype == object else values.dtype
        about = study.coordinate_attributes(name)
        group.create_array(
            name, shape=values.shape, chunks=values.shape, dtype=kind, dimension_names=(dim,),
            attributes=about, compressors=[ZstdCodec(level=3), Crc32cCodec()],
        )  # fmt: skip
        with zarr.config.set({"array.write_empty_chunks": True}):
            group[name][:] = values  # type: ignore[index]
    others = [n for n, (dim, _) in study.grid.coordinates().items() if n != dim]
    if others:  # by CF: what are coordinates but not called like a dimension
        group.attrs["coordinates"] = " ".join(others)
    group.attrs[DIGEST] = metadata_digest(path)
    return group
