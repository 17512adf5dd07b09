"""The attributes of a store on the disk: whose it is, and what it is a study of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.integrity import (
    damaged_words,
    looks_like_a_store,
    require_metadata,
)
from thermalent.sweeping.storage.workspace import Workspace


def attributes_of(path: Path) -> dict[str, Any] | None:
    """The attributes of a store; None if nothing is there.

    Raises:
        StoreError: what is there is no store, or its metadata are damaged.
    """
    import zarr

    if not path.exists():
        return None
    try:
        attributes = dict(zarr.open_group(path, mode="r", zarr_format=3).attrs)
    except Exception as problem:  # no group, or one whose metadata a flipped bit has changed
        if looks_like_a_store(path):
            raise StoreError(damaged_words(path, problem)) from problem
        attributes = {}
    if attributes.get("source") != "thermalent":
        raise StoreError(f"{str(path)!r} exists and is no store of a sweep. Choose another path.")
    require_metadata(path)
    return attributes


def stored_block(path: Path, digest: str) -> tuple[int, ...] | None:
    """Shape of the blocks of an existing store of this grid: a study goes on as it began."""
    store = Path(os.path.realpath(path))
    if not store.exists():  # killed while it was replaced: it will be put back
        store = Workspace(store).before
    about = attributes_of(store)
    if about is None or about["grid_digest"] != digest:
        return None
    return tuple(int(n) for n in about["block"])
