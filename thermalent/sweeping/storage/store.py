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
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from thermalent.support import checks
from thermalent.sweeping.columns import SOLVED, Columns
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage import code_identity
from thermalent.sweeping.storage.integrity import (
    DIGEST,
    damaged_words,
    inspected,
    looks_like_a_store,
    metadata_digest,
    present,
    remove_open,
    reopen,
    require_metadata,
)
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.storage.lock import Locked, held
from thermalent.sweeping.storage.workspace import Workspace

if TYPE_CHECKING:
    import xarray
    import zarr

# Where there can be no lock, and no harm in reading.
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
# Attributes that must agree for a study to continue, and those that may be changed knowingly.
_FIXED = ("builder", "fixed", "initial", "observables")
CHANGES = {"grid": "grid_digest", "method": "method", "version": "version", "code": "code"}


class Store:
    """A study's group, opened for writing; see `writing`.

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

    def done(self) -> set[int]:
        """Numbers of the finished blocks."""
        return {number for number in self._present if np.all(self.finished(number))}

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

    def columns(self, number: int) -> Columns:
        """The stored columns of a block."""
        chosen = self.study.tiles.slices(number)
        return {name: np.asarray(array[chosen]) for name, array in self._arrays.items()}

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
        try:
            self._require_folder()
            files = []
            for name in self._arrays:
                if name != "status":
                    self._arrays[name][chosen] = columns[name]
                    files.append(self.path.joinpath(name, "c", *place))
            _sync(files)
            self._arrays["status"][chosen] = columns["status"]
            _sync([self.path.joinpath("status", "c", *place)])
        except OSError as problem:
            raise explained(self.path, problem) from problem

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

    _attributes(path)
    data = xarray.open_zarr(path, chunks=None, consolidated=False)
    data.attrs.pop(DIGEST, None)  # of the files, not of the data
    order = {dim: i for i, dim in enumerate(data["status"].dims)}
    coordinates = sorted(data.coords, key=lambda name: order[data[name].dims[0]])
    return data.drop_vars(coordinates).assign_coords({name: data[name] for name in coordinates})


@contextmanager
def writing(
    path: Path, study: Study, accept: Sequence[str], *, retry: bool = False
) -> Iterator[Store]:
    """Open a study's store for one writer; make it if there is none.

    Args:
        path: A folder, usually "....zarr". A link is followed, so that there is one writer by
            whatever name.
        study: What the store is for.
        accept: What may differ from the stored study: "grid", "method", "version", "code".
        retry: Whether points that failed are computed again.

    Raises:
        StoreError: see there.
    """
    path = Path(os.path.realpath(path))
    workspace = Workspace(path)
    with ExitStack() as held_locks:
        try:
            if not path.parent.is_dir():
                raise StoreError(f"There is no folder {str(path.parent)!r} for the store.")
            try:
                held_locks.enter_context(workspace.held())
            except OSError as problem:
                if problem.errno not in _READ_ONLY or not path.exists():
                    raise
                store = _finished(path, study)
            else:
                store = _opened_for_writing(workspace, study, accept, retry)
                # A second lock, on a file without which there is no store.
                held_locks.enter_context(held(path / "status" / "zarr.json"))
        except Locked as problem:
            raise StoreError(
                f"The store {str(path)!r} is being written by {problem}. Wait for it, or choose "
                "another store."
            ) from None
        except OSError as problem:
            raise explained(path, problem) from problem
        yield store
        # The sweep is complete, so that parts of ensembles are of no use, whoever left them.
        if store.writable:
            shutil.rmtree(workspace.parts, ignore_errors=True)


def _opened_for_writing(
    workspace: Workspace, study: Study, accept: Sequence[str], retry: bool
) -> Store:
    path = workspace.store
    workspace.tidy()
    if not path.exists():
        _make(workspace, study)
        return Store(path, study)
    changed = _changes(path, study, accept)
    report = inspected(path)
    if report.metadata:
        raise StoreError(f"The store {str(path)!r} is damaged: {report}")
    if report.blocks:
        warnings.warn(
            f"{len(report.blocks)} of {report.finished} finished blocks of {str(path)!r} are "
            "damaged; they are computed again.",
            stacklevel=5,
        )
    if changed:
        reopen(path, report.blocks)
        remove_open(path)  # what may be damaged is not carried over
        _extend(workspace, study)
        return Store(path, study, retry=retry)
    return Store(path, study, retry=retry, damaged=report.blocks)


def _finished(path: Path, study: Study) -> Store:
    """A store where nothing can be written, if nothing needs to be."""
    changed = _changes(path, study)
    store = Store(path, study, mode="r")
    if changed or len(store.done()) < len(study.tiles):
        raise StoreError(
            f"The store {str(path)!r} cannot be written, and is not finished. Choose a folder that "
            "can be written."
        )
    return store


def stored_block(path: Path, digest: str) -> tuple[int, ...] | None:
    """Shape of the blocks of an existing store of this grid: a study goes on as it began."""
    store = Path(os.path.realpath(path))
    if not store.exists():  # killed while it was replaced: it will be put back
        store = Workspace(store).before
    about = _attributes(store)
    if about is None or about["grid_digest"] != digest:
        return None
    return tuple(int(n) for n in about["block"])


def _attributes(path: Path) -> dict[str, Any] | None:
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
        raise StoreError(
            f"{str(path)!r} exists and is no store of a sweep. Choose another path for the store."
        )
    require_metadata(path)
    return attributes


def _make(workspace: Workspace, study: Study) -> None:
    """Write the empty store aside and rename it, so that it is never there in part."""
    aside = workspace.aside()
    try:
        _fill(aside, study)
        os.rename(aside, workspace.store)
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


def _changes(path: Path, study: Study, accept: Sequence[str] = ()) -> list[str]:
    """The differences from the stored study that are accepted.

    Raises:
        StoreError: something differs that is not accepted.
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
    return changed


def _difference(name: str, stored: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """The difference of two studies, in words."""
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


def _extend(workspace: Workspace, study: Study) -> None:
    """Carry every finished point over into a store for the new study, then put it in place.

    Raises:
        StoreError: the new grid does not hold the old one, or the old store is damaged meanwhile.
    """
    from thermalent.sweeping.storage.extend import NotContained, extend_store

    path, aside = workspace.store, workspace.aside()
    stored = _attributes(path)
    assert stored is not None  # the path exists
    origins, now = json.loads(str(stored["origins"])), study.origin()
    if origins[-1] != now:
        origins.append(now)
    try:
        extend_store(path, _fill(aside, study, json.dumps(origins, sort_keys=True)), study)
        os.rename(path, workspace.before)
        os.rename(aside, path)
    except NotContained as problem:
        raise StoreError(f"The store {str(path)!r} cannot be extended. {problem}") from None
    except (KeyError, ValueError) as problem:  # somebody removed files since it was inspected
        raise StoreError(damaged_words(path, problem)) from problem
    finally:
        shutil.rmtree(aside, ignore_errors=True)  # unless it is in place
    shutil.rmtree(workspace.before)


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
        remedy = "Choose a folder that can be written; finished blocks are kept."
    return StoreError(f"The store {str(path)!r} could not be written: {words}. {remedy}")


def check_accept(given: Any) -> tuple[str, ...]:
    """The changes to a stored study that a caller accepts."""
    names = (given,) if isinstance(given, str) else tuple(given)
    for name in names:
        if name not in CHANGES:
            checks.fail("accept", f"of {list(CHANGES)}", name)
    return names
