"""Files of results: a ZIP archive of one JSON text and plain NumPy arrays, which `np.load` opens.

The member "thermalent.json" has a header, which says what the file is, and the content, in which
every array stands by the name of its member. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from thermalent.support import checks
from thermalent.support.errors import ResultFileError

FORMAT = "thermalent result"
FORMAT_VERSION = 1
_TEXT = "thermalent.json"
_MOST_BYTES = 2**31  # of the text: a damaged length must not ask for all memory
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, KeyError, ValueError, TypeError,
    NotImplementedError, RuntimeError, OSError,
)  # fmt: skip
# What else the file may be, by its first bytes, and what opens it.
_OTHERS = (
    (b"\x89HDF", "NetCDF-4 or HDF5; xarray.open_dataset opens it"),
    (b"CDF", "NetCDF; xarray.open_dataset opens it"),
    (b"\x80", "a pickle, which could run any program and is not opened"),
    (b"\x93NUMPY", "a single NumPy array; np.load opens it"),
    (b"PK", "another ZIP archive, such as one of NumPy"),
)


class ResultFile(NamedTuple):
    """The parts of a file.

    Args:
        header: What the file is, and what made it.
        content: The object, as plain JSON.
        arrays: The arrays that the content names.
    """

    header: Mapping[str, Any]
    content: Any
    arrays: Mapping[str, np.ndarray]


def write_result_file(path: Any, parts: ResultFile) -> None:
    """Write a file as a whole: it appears when it is complete, and replaces an older one.

    Raises:
        ResultFileError: it could not be written.
    """
    target = checks.path("path", path)
    header = {"format": FORMAT, "format_version": FORMAT_VERSION, **parts.header}
    text = json.dumps({**header, "content": parts.content}, indent=1, allow_nan=False)
    name = ""
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False, suffix=".part") as file:
            name = file.name
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_TEXT, text)
                for member, array in parts.arrays.items():
                    with archive.open(f"{member}.npy", "w", force_zip64=True) as stream:
                        np.lib.format.write_array(stream, array, allow_pickle=False)
        _readable_as_usual(name)
        os.replace(name, target)
    except OSError as problem:
        if name:
            Path(name).unlink(missing_ok=True)
        reason = problem.strerror or str(problem)
        raise ResultFileError(f"Could not write {str(target)!r}: {reason}.") from problem


def read_result_file(path: Any) -> ResultFile:
    """Read a file; every member is compared with its checksum.

    Raises:
        ResultFileError: there is no such file, it is something else, of a later version or damaged.
    """
    source = checks.path("path", path)
    if not source.is_file():
        if not source.is_dir():
            raise ResultFileError(f"There is no file {str(source)!r}.")
        hint = "xarray.open_zarr opens the store of a sweep"
        raise ResultFileError(f"{str(source)!r} is a folder, not a saved result; {hint}.")
    try:
        with zipfile.ZipFile(source) as archive:
            if _TEXT in archive.namelist():
                return _read(source, archive)
    except ResultFileError:
        raise
    except _UNREADABLE as problem:
        _refuse(source, problem)
    _refuse(source, KeyError(f"{_TEXT} is missing"))


def damaged(source: Path, problem: object) -> NoReturn:
    """Raise the error that says in one line that a file is damaged."""
    why = " ".join(str(problem).split())[:160]
    raise ResultFileError(f"{str(source)!r} is damaged: {why or type(problem).__name__}.")


def _read(source: Path, archive: zipfile.ZipFile) -> ResultFile:
    if archive.getinfo(_TEXT).file_size > _MOST_BYTES:
        damaged(source, "its text claims to be longer than 2 GB")
    text = json.loads(archive.read(_TEXT))
    if not isinstance(text, dict) or text.get("format") != FORMAT:
        _refuse(source, None)
    version = text.get("format_version")
    if version != FORMAT_VERSION:
        raise ResultFileError(
            f"{str(source)!r} has version {version!r} of the format, written by thermalent "
            f"{text.get('written_by')!r}; this one reads version {FORMAT_VERSION}."
        )
    arrays = {}
    for name in archive.namelist():
        if name.endswith(".npy"):
            with archive.open(name) as stream:
                arrays[name.removesuffix(".npy")] = np.lib.format.read_array(
                    stream, allow_pickle=False
                )
                if stream.read(1):  # to the end, where the checksum is compared
                    damaged(source, f"{name} is longer than its array")
    content = text.pop("content", None)
    return ResultFile(text, content, arrays)


def _refuse(source: Path, problem: Exception | None) -> NoReturn:
    """Raise the error that says what a file is instead, or that it is damaged."""
    try:
        with source.open("rb") as stream:
            first = stream.read(4096)
    except OSError as unreadable:
        raise ResultFileError(
            f"Could not read {str(source)!r}: {unreadable.strerror or unreadable}."
        ) from unreadable
    if first.startswith(b"PK") and _TEXT.encode() in first and problem is not None:
        damaged(source, problem)
    for start, what in _OTHERS:
        if first.startswith(start):
            raise ResultFileError(f"{str(source)!r} is no saved result: it is {what}.")
    raise ResultFileError(f"{str(source)!r} is no saved result of thermalent.")


def _readable_as_usual(name: str) -> None:
    """Give a temporary file, which only its owner may read, the rights of an ordinary one."""
    mask = os.umask(0)
    os.umask(mask)
    Path(name).chmod(0o666 & ~mask)
