"""Measured data from files and arrays: frequencies with S21, or with a power."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.errors import ArgumentError, MissingPackageError

_LONGEST_REASON = 120  # characters of another library's message
_TOUCHSTONE = (
    'Touchstone files are read by scikit-rf: pip install "thermalent[touchstone]" brings it.'
)


def read_touchstone(path: Any) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in hertz, (f,), and S21, (f,) complex, of a Touchstone file.

    Raises:
        ImportError: scikit-rf is not installed.
        ValueError: it is no such file, or holds a single port.
    """
    try:
        import skrf
    except ImportError as error:
        raise MissingPackageError(_TOUCHSTONE) from error
    wanted = "a Touchstone file of two ports at least"
    try:
        network = skrf.Network(str(path))
    except Exception as error:  # scikit-rf raises whatever the text of another file leads to
        checks.fail("path", wanted, _unread(path, error))
    if network.nports < 2:
        checks.fail("path", wanted, checks.Words(f"{str(path)!r}, of one port"))
    return np.asarray(network.f, dtype=float), np.asarray(network.s[:, 1, 0])


def read_columns(data: Any) -> np.ndarray:
    """Two columns of real numbers, (f, 2), from a text file or an array.

    Raises:
        ValueError: `data` are no such columns.
    """
    wanted = "two columns of real numbers, or a text file of them"
    try:
        table = np.atleast_2d(np.loadtxt(data) if isinstance(data, (str, Path)) else data)
        if np.iscomplexobj(table):
            checks.fail("data", wanted, checks.Words("an array of complex numbers"))
        table = table.astype(float)
    except (OSError, UnicodeDecodeError, ValueError, TypeError, OverflowError) as error:
        if isinstance(error, ArgumentError):
            raise
        checks.fail("data", wanted, _unread(data, error))
    if table.ndim != 2 or table.shape[1] != 2:
        checks.fail("data", wanted, checks.Words(f"an array of shape {table.shape}"))
    return table


def _unread(source: Any, error: Exception) -> checks.Words:
    """What could not be read, and why, in one line."""
    reason = " ".join(str(error).split())
    if len(reason) > _LONGEST_REASON:
        reason = reason[:_LONGEST_REASON] + " ..."
    named = isinstance(source, (str, Path))
    name = checks.in_message(str(source)) if named else type(source).__name__
    return checks.Words(f"{name} ({reason})")


def checked_data(frequencies: Any, values: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Increasing frequencies and one finite value each, at least eight.

    Raises:
        ValueError: they are not.
    """
    f, v = np.atleast_1d(np.asarray(frequencies, dtype=float)), np.atleast_1d(np.asarray(values))
    if f.ndim != 1 or len(f) < 8 or not np.all(np.isfinite(f)) or np.any(np.diff(f) <= 0):
        checks.fail("frequencies", "at least eight finite numbers, increasing", checks.Words("not"))
    if v.shape != f.shape or not np.all(np.isfinite(v)):
        checks.fail(name, f"{len(f)} finite numbers, one per frequency", checks.Words("not"))
    return f, v
