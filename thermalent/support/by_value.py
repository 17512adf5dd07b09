"""Results that compare by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

_NOT_COMPARED = {"stats", "seconds"}  # how a result came about, not what it says


class ByValue:
    """Equality and hash of an object by what it says, arrays by their elements.

    Two objects are equal if they are of one class and all fields are equal but `stats` and
    `seconds`. A number that is not known (nan) equals another that is not known, so that what is
    loaded, copied or sent to another process equals what it was made of.
    """

    def _compared(self) -> dict[str, Any]:
        """What is compared, by name: the fields of a dataclass, unless a class names others."""
        named = [field.name for field in fields(self) if field.name not in _NOT_COMPARED]  # type: ignore[arg-type]
        return {name: getattr(self, name) for name in named}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, ByValue):
            return NotImplemented
        return same(self._compared(), other._compared())

    def __hash__(self) -> int:
        # Arrays may be large, and are left out: what differs in them alone has the same hash.
        return hash((type(self).__name__, *map(_hash, self._compared().values())))


def same(first: Any, second: Any) -> bool:
    """Whether two values of fields say the same, with all that they hold."""
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return _same_arrays(first, second) and same(*_errors(first, second))
    if isinstance(first, Mapping) and isinstance(second, Mapping) and not is_dataclass(first):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, tuple | list) and isinstance(second, tuple | list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float | complex) and isinstance(second, float | complex):
        alike = first == second or (first != first and second != second)
        return alike and same(*_errors(first, second))
    return bool(first == second)


def _same_arrays(first: Any, second: Any) -> bool:
    one, other = np.asarray(first), np.asarray(second)
    numbers = one.dtype.kind in "fc" and other.dtype.kind in "fc"
    return np.array_equal(one, other, equal_nan=numbers)


def _errors(first: Any, second: Any) -> tuple[Any, Any]:
    """The errors of numbers that know theirs."""
    return getattr(first, "error", None), getattr(second, "error", None)


def _hash(value: Any) -> int:
    """The hash of a value, 0 for arrays and what may hold them."""
    return hash(value) if isinstance(value, str | ByValue) else 0
