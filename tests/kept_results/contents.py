"""What a result says, as text and numbers by place: `error.elements` and the like."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray

# Of long arrays, so many numbers and their sum of magnitudes.
_SHOWN = 24
_DEEPEST = 7
# Seconds, and what differs from one machine or day to the next.
_NOT_KEPT = (
    "seconds", "created", "versions", "version", "processes", "threads", "path", "system_info",
)  # fmt: skip

Contents = dict[str, str | list[float]]


def contents(result: Any) -> Contents:
    """Text and numbers of a result by place; the parts of complex numbers one after the other."""
    return dict(_contents("", result, 0))


def _contents(place: str, value: Any, depth: int) -> Iterator[tuple[str, str | list[float]]]:
    if isinstance(value, enum.Enum):
        yield place, value.name
    elif isinstance(value, str | bool | bytes) or value is None:
        yield place, str(value)[:60]
    elif _is_numeric(value):
        yield from _numbers(place, np.asarray(value))
        yield from _parts(place, _told(value), depth)
    elif depth < _DEEPEST:
        yield from _parts(place, _parts_of(value), depth)


def _is_numeric(value: Any) -> bool:
    if not isinstance(value, int | float | complex | np.number | np.ndarray):
        return False
    return np.asarray(value).dtype.kind in "biufc"  # not an integer of 400 digits


def _numbers(place: str, array: np.ndarray) -> Iterator[tuple[str, str | list[float]]]:
    if not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    flat = array.astype(float).ravel()
    if flat.size > _SHOWN:
        every = flat[:: -(-flat.size // (_SHOWN - 1))]
        flat = np.append(every, np.abs(flat).sum())
    yield place, [float(f"{x:.12g}") for x in flat]


def _told(value: Any) -> Mapping[str, Any]:
    """What a number of ours carries: its error, and how that was found."""
    return {name: getattr(value, name) for name in ("error", "how", "elements")
            if getattr(value, name, None) is not None}  # fmt: skip


def _parts(place: str, parts: Mapping[str, Any], depth: int) -> Iterator[Any]:
    for name, part in parts.items():
        if name not in _NOT_KEPT:
            yield from _contents(f"{place}.{name}".lstrip("."), part, depth + 1)


def _parts_of(value: Any) -> Mapping[str, Any]:
    if isinstance(value, xarray.Dataset):
        return {str(name): value[name].values for name in [*value.coords, *value.data_vars]}
    if isinstance(value, xarray.DataArray):
        return {"values": value.values}
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {one.name: getattr(value, one.name) for one in fields if one.repr}
    if isinstance(value, tuple | list):
        names = getattr(value, "_fields", range(len(value)))
        return dict(zip(map(str, names), value, strict=True))
    return {}
