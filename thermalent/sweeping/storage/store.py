"""A study on disk: one Zarr group, one chunk per block and variable.

A chunk is a file that is written aside and renamed, so that it is there whole or not at all. The
chunk of `status` is written last, after the others of its block are on the disk itself (fsync): a
block is done if and only if that file exists. A process that is killed leaves nothing but chunks of
a block that counts as not done.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.support import checks
from thermalent.sweeping.blocks import Columns
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage import code_identity
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.storage.lock import Locked, locked

if TYPE_CHECKING:
    import xarray
    import zarr

# Attributes that must agree for a study to continue, and those that may be changed knowingly.
_FIXED = ("builder", "fixed", "initial", "observables")
CHANGES = {"grid": "grid_digest", "method": "method", "version": "version", "code": "code"}


class Store:
    """A study's group, opened for writing; see `writing`."""

    def __init__(self, path: Path, study: Study) -> None:
        import zarr

        self.path = path
        self.study = study
        self.group: zarr.Group = zarr.open_group(path, mode="r+", zarr_format=3)
        origins = json.loads(str(self.group.attrs["origins"]))
        self.origin = len(origins) - 1  # position of the method and version that write now
        self._arrays = {name: _array(self.group, name) for name in study.variables()}
        self._listed: set[int] | None = None

    def done(self) -> set[int]:
        """Numbers of the finished blocks."""
        return {number for number in self._present() if np.all(self.finished(number))}

    def finished(self, number: int) -> np.ndarray:
        """Which points of a block are finished: all or none, unless the study was extended."""
        shape = tuple(s.stop - s.start for s in self.study.tiles.slices(number))
        if number not in self._present():
            return np.zeros(shape, dtype=bool)
        if self.origin == 0 and not self.group.attrs.get("extended", False):
            return np.ones(shape, dtype=bool)
        return np.asarray(self._arrays["status"][self.study.tiles.slices(number)]) != 0

    def columns(self, number: int) -> Columns:
        """The stored columns of a block."""
        chosen = self.study.tiles.slices(number)
        return {name: np.asarray(array[chosen]) for name, array in self._arrays.items()}

    def _present(self) -> set[int]:
        """Numbers of the blocks whose chunk of `status` is there, listed without reading it."""
        if self._listed is None:
            root = self.path / "status" / "c"
            self._listed = set()
            for folder, _, files in os.walk(root):
                head = Path(folder).relative_to(root).parts
                for name in files:
                    if name.isdigit():
                        position = [int(part) for part in (*head, name)]
                        self._listed.add(self.study.tiles.number(position))
        return self._listed

    def write(self, number: int, columns: Columns) -> None:
        """Put a block on the disk.

        Raises:
            StoreError: the disk is full or cannot be written; the block then counts as not done.
        """
        chosen = self.study.tiles.slices(number)
        at = [str(i) for i in self.study.tiles.position(number)]
        shape = tuple(s.stop - s.start for s in chosen)
        columns = {"origin": np.full(shape, self.origin, dtype=np.int16), **columns}
        try:
            files = []
            for name in self._arrays:
                if name != "status":
                    self._arrays[name][chosen] = columns[name]
                    files.append(self.path.joinpath(name, "c", *at))
            _sync(files)
            self._arrays["status"][chosen] = columns["status"]
            _sync([self.path.joinpath("status", "c", *at)])
        except OSError as problem:
            raise _explained(self.path, problem) from problem

    def read(self) -> xarray.Dataset:
        """The data set, its variables read from the disk when they are used."""
        return opened(self.path)[list(self._arrays)]


def opened(path: Path) -> xarray.Dataset:
    """The data set of a store; what is not computed has the status 0 and not-a-numbers."""
    import xarray

    data = xarray.open_zarr(path, chunks=None, consolidated=False)
    order = {dim: i for i, dim in enumerate(data["status"].dims)}
    coordinates = sorted(data.coords, key=lambda name: order[data[name].dims[0]])
    return data.drop_vars(coordinates).assign_coords({name: data[name] for name in coordinates})


@contextmanager
def writing(path: Path, study: Study, accept: Sequence[str]) -> Iterator[Store]:
    """Open a study's store for one writer; make it if there is none.

    Args:
        path: A folder, usually "....zarr".
        study: What the store is for.
        accept: What may differ from the stored study: "grid", "method", "version", "code".

    Raises:
        StoreError: see there.
    """
    path = Path(os.path.abspath(path))
    with ExitStack() as held:
        try:
            if not path.parent.is_dir():
                raise StoreError(f"There is no folder {str(path.parent)!r} for the store.")
            held.enter_context(locked(path.with_name(path.name + ".lock")))
            _tidy(path)
            if not path.exists():
                _make(path, study)
            else:
                _same_or_accepted(path, study, accept)
            store = Store(path, study)
        except Locked as problem:
            raise StoreError(
                f"The store {str(path)!r} is being written by {problem}. Wait for it, or choose "
                "another store."
            ) from None
        except OSError as problem:
            raise _explained(path, problem) from problem
        yield store


def stored_block(path: Path, digest: str) -> tuple[int, ...] | None:
    """Shape of the blocks of an existing store of this grid: a study goes on as it began."""
    about = _attributes(Path(os.path.abspath(path)))
    if about is None or about["grid_digest"] != digest:
        return None
    return tuple(int(n) for n in about["block"])


def _attributes(path: Path) -> dict[str, Any] | None:
    import zarr

    if not path.exists():
        return None
    try:
        attributes = dict(zarr.open_group(path, mode="r", zarr_format=3).attrs)
    except (FileNotFoundError, ValueError, NotADirectoryError):
        attributes = {}
    if attributes.get("source") != "thermalent":
        raise StoreError(
            f"{str(path)!r} exists and is no store of a sweep. Choose another path for the store."
        )
    return attributes


def _make(path: Path, study: Study) -> None:
    """Write the empty store aside and rename it, so that it is never there in part."""
    aside = path.with_name(f"{path.name}.new-{uuid.uuid4().hex}")
    try:
        _fill(aside, study)
        os.rename(aside, path)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _fill(path: Path, study: Study, origins: str | None = None) -> zarr.Group:
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
            # Status is 0 nowhere in a finished block, so that its chunk is always there.
            config={"write_empty_chunks": False},
        )
    for name, (dim, values) in study.grid.coordinates().items():
        kind = "str" if values.dtype == object else values.dtype
        about = study.coordinate_attributes(name)
        array = group.create_array(
            name, shape=values.shape, chunks=values.shape, dtype=kind, dimension_names=(dim,),
            attributes=about,
        )  # fmt: skip
        array[:] = values
    others = [n for n, (dim, _) in study.grid.coordinates().items() if n != dim]
    if others:  # by CF: what are coordinates but not called like a dimension
        group.attrs["coordinates"] = " ".join(others)
    return group


def _same_or_accepted(path: Path, study: Study, accept: Sequence[str]) -> None:
    """Go on only with the same study, or with changes that the caller accepts.

    Raises:
        StoreError: it is another study; the message names every difference.
    """
    stored, given = _attributes(path), study.attributes()
    assert stored is not None  # the path exists
    other = [key for key in _FIXED if stored[key] != given[key]]
    changed = [name for name, key in CHANGES.items() if stored.get(key) != given[key]]
    if "code" not in stored and not study.code.get("Python"):
        # A store of an older version, which told functions by name; here all are the package's own.
        changed.remove("code")
    if _told(stored["method"]) == _told(given["method"]):
        changed = [name for name in changed if name != "method"]
    refused = [*other, *(name for name in changed if name not in accept)]
    if refused:
        differences = "; ".join(_difference(name, stored, given) for name in refused)
        allowed = [name for name in refused if name in CHANGES]
        remedy = "Choose another store"
        if not other:
            remedy += f", or accept the change: accept={allowed!r}"
        raise StoreError(f"The store {str(path)!r} is of another study. {differences}. {remedy}.")
    if changed:
        origins = json.loads(str(stored["origins"]))
        now = json.loads(given["origins"])[0]
        if origins[-1] != now:
            origins.append(now)
        _extend(path, study, json.dumps(origins, sort_keys=True))


def _difference(name: str, stored: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """In which way two studies differ, in words."""
    if name == "code":
        if "code" not in stored:
            return "code: the store does not say by which code it was filled"
        before, now = json.loads(str(stored["code"])), json.loads(given["code"])
        return f"code: {', '.join(code_identity.code_differences(before, now))}"
    key = {**CHANGES, "grid": "grid"}.get(name, name)
    other = " (other values)" if name == "grid" else ""
    return f"{name}: {stored[key]} in the store, {given[key]} asked for{other}"


def _told(method: str) -> str:
    """A method in words without parameters that are None: older stores do not know all of them."""
    inside = re.sub(r"\b\w+=None(, )?", "", method)
    return inside.replace(", )", ")")


def _extend(path: Path, study: Study, origins: str) -> None:
    """Carry every finished point over into a store for the new study, then put it in place."""
    from thermalent.sweeping.storage.extend import NotContained, extend_store

    aside = path.with_name(f"{path.name}.new-{uuid.uuid4().hex}")
    before = path.with_name(path.name + ".before")
    try:
        extend_store(path, _fill(aside, study, origins), study)
        os.rename(path, before)
        os.rename(aside, path)
    except NotContained as problem:
        shutil.rmtree(aside, ignore_errors=True)
        raise StoreError(f"The store {str(path)!r} cannot be extended. {problem}") from None
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(before)


def _tidy(path: Path) -> None:
    """Remove what a killed process left; whoever holds the lock may."""
    before = path.with_name(path.name + ".before")
    if before.exists():
        if path.exists():
            shutil.rmtree(before)
        else:  # killed between the two renames
            os.rename(before, path)
    for left in path.parent.glob(f"{path.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    for left in path.rglob("*.partial"):
        left.unlink(missing_ok=True)


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


def _explained(path: Path, problem: OSError) -> StoreError:
    full = problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if full:
        words = "the disk is full"
        remedy = "Free some space and call again: the finished blocks are kept."
    else:
        words = (problem.strerror or str(problem)).lower()
        remedy = "Choose a folder that can be written; finished blocks are kept."
    return StoreError(f"The store {str(path)!r} could not be written: {words}. {remedy}")


def check_accept(given: Any) -> tuple[str, ...]:
    """The changes to a stored study that a caller accepts."""
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in CHANGES:
            checks.fail("accept", f"of {list(CHANGES)}", name)
    return names
