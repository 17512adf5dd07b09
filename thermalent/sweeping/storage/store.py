"""A study on disk: one Zarr group, one chunk per block and variable.

A chunk is a file that is written aside and renamed, so that it is there whole or not at all. The
chunk of `status` is written last, after the others of its block are on the disk itself (fsync): a
block is done if and only if that file exists. A process that is killed leaves nothing but chunks of
a block that counts as not done.
"""

from __future__ import annotations

import errno
import functools
import json
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar

import numpy as np

from thermalent.sweeping.columns import SOLVED, Columns
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.attributes import attributes_of
from thermalent.sweeping.storage.integrity import DIGEST, damaged_words, present
from thermalent.sweeping.storage.layout import Study

if TYPE_CHECKING:
    import xarray
    import zarr

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _explaining(
    method: Callable[Concatenate[Store, _P], _T],
) -> Callable[Concatenate[Store, _P], _T]:
    """The method of a store, which tells errors of the file system as those of the store."""

    @functools.wraps(method)
    def call(self: Store, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return method(self, *args, **kwargs)
        except OSError as problem:
            raise explained(self.path, problem) from problem

    return call


class Store:
    """A study's group, opened for writing; see `writing`.

    Every method raises a `StoreError` where the disk is full, cannot be read or written.

    Args:
        path: Of the store.
        study: What is computed.
        retry: Whether points that failed count as not computed.
        damaged: Blocks that are there and cannot be read.
        mode: "r+", or "r" of a finished store where nothing can be written.
    """

    def __init__(
        self,
        path: Path,
        study: Study,
        *,
        retry: bool = False,
        damaged: Collection[int] = (),
        mode: Literal["r", "r+"] = "r+",
    ) -> None:
        import zarr

        self.path = path
        self.study = study
        try:
            self.group: zarr.Group = zarr.open_group(path, mode=mode, zarr_format=3)
            origins = json.loads(str(self.group.attrs["origins"]))
            # So that a chunk that is missing was lost, whatever its values.
            with zarr.config.set({"array.write_empty_chunks": True}):
                self._arrays = {name: _array(self.group, name) for name in study.variables()}
        except KeyError as problem:  # somebody removed files since it was inspected
            raise StoreError(damaged_words(path, problem)) from problem
        if json.dumps(study.tiles.block) != json.dumps(self.group.attrs["block"]):
            raise StoreError(
                f"The store {str(path)!r} was replaced while it was being opened. Call again to go "
                "on with it."
            )
        self.origin = len(origins) - 1  # position of the method and version that write now
        self._present = set(present(path, study.tiles)) - set(damaged)
        self.writable = mode != "r"
        self._retry = retry
        self._folder = os.stat(path)

    @_explaining
    def done(self) -> set[int]:
        """Numbers of the finished blocks."""
        return {number for number in self._present if np.all(self.finished(number))}

    @_explaining
    def finished(self, number: int) -> np.ndarray:
        """Which points of a block are finished.

        All or none, unless the study was extended, or failed points are tried again.
        """
        shape = tuple(s.stop - s.start for s in self.study.tiles.slices(number))
        if number not in self._present:
            return np.zeros(shape, dtype=bool)
        if not self._retry and self.origin == 0 and not self.group.attrs.get("extended", False):
            return np.ones(shape, dtype=bool)
        status = np.asarray(self._arrays["status"][self.study.tiles.slices(number)])
        return status == SOLVED if self._retry else status != 0

    @_explaining
    def columns(self, number: int) -> Columns:
        """The stored columns of a block."""
        chosen = self.study.tiles.slices(number)
        return {name: np.asarray(array[chosen]) for name, array in self._arrays.items()}

    @_explaining
    def write(self, number: int, columns: Columns) -> None:
        """Put a block on the disk.

        Raises:
            StoreError: the disk is full, cannot be written, or the store is no longer there; the
                block then counts as not done.
        """
        chosen = self.study.tiles.slices(number)
        place = [str(i) for i in self.study.tiles.position(number)]
        shape = tuple(s.stop - s.start for s in chosen)
        columns = {"origin": np.full(shape, self.origin, dtype=np.int16), **columns}
        self._require_folder()
        files = []
        for name in self._arrays:
            if name != "status":
                self._arrays[name][chosen] = columns[name]
                files.append(self.path.joinpath(name, "c", *place))
        _sync(files)
        self._arrays["status"][chosen] = columns["status"]
        _sync([self.path.joinpath("status", "c", *place)])

    def _require_folder(self) -> None:
        """Zarr would make a folder that was removed anew, with chunks alone in it."""
        try:
            now = os.stat(self.path)
        except FileNotFoundError:
            now = None
        if now is None or not os.path.samestat(now, self._folder):
            raise StoreError(
                f"The store {str(self.path)!r} was removed or replaced while it was being filled. "
                "What it held is lost to this sweep; call again to begin anew."
            )

    @_explaining
    def read(self) -> xarray.Dataset:
        """The data set, its variables read from the disk when they are used.

        Raises:
            StoreError: the store was removed or damaged meanwhile.
        """
        self._require_folder()
        try:
            return opened(self.path)[list(self._arrays)]
        except (OSError, KeyError, ValueError) as problem:
            raise StoreError(damaged_words(self.path, problem)) from problem


def opened(path: Path) -> xarray.Dataset:
    """The data set of a store; what is not computed has the status 0 and not-a-numbers.

    Raises:
        StoreError: its metadata or coordinates are damaged.
    """
    import xarray

    attributes_of(path)
    data = xarray.open_zarr(path, chunks=None, consolidated=False)
    data.attrs.pop(DIGEST, None)  # of the files, not of the data
    order = {dim: i for i, dim in enumerate(data["status"].dims)}
    coordinates = sorted(data.coords, key=lambda name: order[data[name].dims[0]])
    return data.drop_vars(coordinates).assign_coords({name: data[name] for name in coordinates})


def _array(group: zarr.Group, name: str) -> Any:
    return group[name]


def _sync(files: Sequence[Path]) -> None:
    """Have the files and their names on the disk; chunks of fill values have no file."""
    for path in files:
        for target in (path, path.parent):
            try:
                descriptor = os.open(target, os.O_RDONLY)
            except FileNotFoundError:
                continue
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def explained(path: Path, problem: OSError) -> StoreError:
    """The error that ends a sweep, for one of the file system."""
    full = problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if full:
        words = "the disk is full"
        remedy = "Free some space and call again: the finished blocks are kept."
    else:
        words = (problem.strerror or str(problem)).lower()
        remedy = "Choose a folder that can be read and written; finished blocks are kept."
    return StoreError(f"The store {str(path)!r} cannot be used: {words}. {remedy}")
