"""Whether a store is what was written: metadata, coordinates, and every chunk of every block.

Chunks carry a checksum of their own (CRC32C), which reading verifies; all are written, so that one
that is missing was lost. Metadata are covered by a digest among the attributes of the group.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.storage.lock import Locked
from thermalent.sweeping.storage.workspace import Workspace
from thermalent.sweeping.tiles import Tiles

DIGEST = "metadata_sha256"
OWN = ("error", "n_max", "message", "origin", "status")  # variables that every sweep has


@dataclass(frozen=True, kw_only=True)
class StoreReport(metaclass=ExplainedClass):
    """The damage that was found in a store.

    Args:
        path: The store.
        metadata: What is wrong with names, types, attributes or coordinates; empty if nothing.
        blocks: Numbers of the finished blocks that cannot be read whole.
        finished: Number of the finished blocks, damaged ones included.
        unchecked: Whether the store is of a version that had no digest of the metadata.
    """

    path: Path
    metadata: tuple[str, ...]
    blocks: tuple[int, ...]
    finished: int
    unchecked: bool

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged."""
        return not self.metadata and not self.blocks

    def __str__(self) -> str:
        if self.metadata:
            return (
                f"{'; '.join(self.metadata)}. Nothing in this store can be trusted: compute the "
                "study into another one."
            )
        if self.blocks:
            numbers = ", ".join(str(number) for number in self.blocks[:8])
            more = ", ..." if len(self.blocks) > 8 else ""
            return (
                f"{len(self.blocks)} of {self.finished} finished blocks are damaged "
                f"({numbers}{more}). The same sweep computes them again."
            )
        note = (
            " (its metadata have no checksum: an older version made it)" if self.unchecked else ""
        )
        return f"{self.finished} finished blocks, nothing is damaged{note}."


@with_explained_calls
def check_store(store: str | os.PathLike[str], *, repair: bool = False) -> StoreReport:
    """Read every byte of a store and say what is damaged.

    Args:
        store: The folder that `te.sweep` filled.
        repair: Mark damaged blocks as not computed, so that the same sweep computes them again.

    Returns:
        The report; `report.ok` if all is as it was written.

    Raises:
        ValueError: there is no such folder.
        StoreError: it is no store of a sweep, or is being written while it is to be repaired.
    """
    path = Path(os.path.realpath(checks.path("store", store)))
    if not os.path.isdir(path):  # no error where the folder may not be looked into
        checks.fail("store", "a folder that `te.sweep` filled", str(store))
    report = inspected(path)
    if repair and report.blocks:
        try:
            with Workspace(path).held():
                reopen(path, report.blocks)
        except Locked as problem:
            raise StoreError(f"The store {str(path)!r} is being written by {problem}.") from None
        except OSError as problem:
            raise StoreError(f"The store {str(path)!r} cannot be repaired: {problem}") from problem
    return report


def inspected(path: Path) -> StoreReport:
    """The report on a store.

    Raises:
        StoreError: it is no store of a sweep.
    """
    import zarr

    wrong, blocks = "", []
    finished, unchecked = 0, False
    try:
        group = zarr.open_group(path, mode="r", zarr_format=3)
        about = dict(group.attrs)
        unchecked = about.get("source") == "thermalent" and DIGEST not in about
        if not unchecked and about.get(DIGEST) != metadata_digest(path):
            words = "the metadata are not those that were written"
            return StoreReport(path=path, metadata=(words,), blocks=(), finished=0, unchecked=False)
        _read_coordinates(path, group)
        tiles, names = _tiles(group), _variables(group)
        for number in present(path, tiles):
            finished += 1
            if not _whole(path, group, names, tiles, number):
                blocks.append(number)
    except Exception as problem:  # whatever a flipped bit makes of it
        if not looks_like_a_store(path):
            raise StoreError(
                f"{str(path)!r} exists and is no store of a sweep. Choose another path."
            ) from None
        wrong = f"the metadata or a coordinate cannot be read ({_short(problem)})"
    return StoreReport(
        path=path, metadata=(wrong,) if wrong else (), blocks=tuple(blocks), finished=finished,
        unchecked=unchecked,
    )  # fmt: skip


def require_metadata(path: Path) -> None:
    """Refuse a store whose metadata or coordinates are not those that were written.

    Raises:
        StoreError: they are not, or cannot be read.
    """
    import zarr

    try:
        group = zarr.open_group(path, mode="r", zarr_format=3)
        digest = group.attrs.get(DIGEST)
        damaged = digest is not None and digest != metadata_digest(path)
        _read_coordinates(path, group)
    except Exception as problem:
        raise StoreError(damaged_words(path, problem)) from problem
    if damaged:
        raise StoreError(damaged_words(path, "its metadata are not those that were written"))


def metadata_digest(path: Path) -> str:
    """SHA-256 of all metadata of a group and its arrays but for this digest itself."""
    files = [path / "zarr.json", *sorted(path.glob("*/zarr.json"))]
    read: dict[str, Any] = {}
    for file in files:
        read[str(file.relative_to(path))] = json.loads(file.read_text(encoding="utf-8"))
    attributes = dict(read["zarr.json"].get("attributes", {}))
    attributes.pop(DIGEST, None)
    read["zarr.json"] = {**read["zarr.json"], "attributes": attributes}
    return hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()


def present(path: Path, tiles: Tiles) -> Iterator[int]:
    """Numbers of the blocks whose chunk of `status` is there, listed without reading it."""
    root = path / "status" / "c"
    for folder, _, files in os.walk(root):
        head = Path(folder).relative_to(root).parts
        for name in files:
            if name.isdigit():
                yield tiles.number([int(part) for part in (*head, name)])


def reopen(path: Path, blocks: tuple[int, ...]) -> None:
    """Make blocks count as not computed, by whoever holds the lock."""
    import zarr

    tiles = _tiles(zarr.open_group(path, mode="r", zarr_format=3))
    for number in blocks:
        _chunk(path, "status", tiles, number).unlink(missing_ok=True)


def remove_open(path: Path) -> None:
    """Remove chunks of blocks that are not done: what kills left, which nobody has checked."""
    import zarr

    group = zarr.open_group(path, mode="r", zarr_format=3)
    tiles, variables = _tiles(group), _variables(group)
    done = set(present(path, tiles))
    for number in range(len(tiles)):
        if number not in done:
            for name in variables:
                _chunk(path, name, tiles, number).unlink(missing_ok=True)


def _whole(path: Path, group: Any, names: list[str], tiles: Tiles, number: int) -> bool:
    """Whether every chunk of a block is there and has its checksum."""
    for name in names:
        # Stores of older versions leave out chunks of nothing but fill values.
        if DIGEST in group.attrs and not _chunk(path, name, tiles, number).is_file():
            return False
        try:
            np.asarray(group[name][tiles.slices(number)])
        except Exception:  # the codecs raise errors of many kinds
            return False
    return True


def _chunk(path: Path, name: str, tiles: Tiles, number: int) -> Path:
    return path.joinpath(name, "c", *(str(i) for i in tiles.position(number)))


def _tiles(group: Any) -> Tiles:
    block = tuple(int(n) for n in group.attrs["block"])
    return Tiles(shape=tuple(group["status"].shape), block=block)


def _variables(group: Any) -> list[str]:
    observables = json.loads(str(group.attrs["observables"]))
    return [*observables, *(f"{name}_error" for name in observables), *OWN]


def _read_coordinates(path: Path, group: Any) -> None:
    """Read every coordinate, so that damage shows.

    Raises:
        Exception: of the codecs, or FileNotFoundError: a chunk was lost (Zarr gives zeros).
    """
    variables = _variables(group)
    for name, array in group.arrays():
        if name in variables:
            continue
        if DIGEST in group.attrs and not (path / name / "c" / "0").is_file():
            raise FileNotFoundError(f"the values of {name!r} are missing")
        np.asarray(array)


def looks_like_a_store(path: Path) -> bool:
    """Whether a folder has the variables of a sweep, though its metadata may be damaged."""
    return (path / "status" / "zarr.json").is_file() and (path / "origin").is_dir()


def damaged_words(path: Path, why: Exception | str) -> str:
    """The message about a store that is damaged where it cannot be repaired."""
    return (
        f"The store {str(path)!r} is damaged: {_short(why)}. Compute the study into another store; "
        "`te.check_store` reads every byte."
    )


def _short(problem: Exception | str) -> str:
    words = problem if isinstance(problem, str) else f"{type(problem).__name__}: {problem}"
    return " ".join(words.split())[:200]
