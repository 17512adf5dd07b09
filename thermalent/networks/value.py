"""Frozen dataclasses with arrays that compare by value, and say in what they differ."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


class Value:
    """Equality, hash, pickling and differences for a frozen dataclass that holds arrays.

    Two objects are equal if they are of one class and every compared field is, arrays by their
    elements (0 and -0 are the same number). The dataclass is declared with `eq=False`, so that it
    takes these methods, and calls `read_only` for its arrays when made.
    """

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        return all(
            _same(getattr(self, name), getattr(other, name)) for name in _compared_fields(self)
        )

    def __hash__(self) -> int:
        # A cache asks for it at every look-up, so that it is kept.
        known = self.__dict__.get("_hash")
        if known is None:
            known = hash(tuple(_hashable(getattr(self, name)) for name in _compared_fields(self)))
            object.__setattr__(self, "_hash", known)
        return known

    def __getstate__(self) -> dict[str, Any]:
        # Python hashes strings differently in every process: the hash stays behind.
        return {name: value for name, value in self.__dict__.items() if name != "_hash"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Arrays arrive writeable from a pickle or a deep copy.
        for value in state.values():
            read_only(value)
        self.__dict__.update(state)

    def differences(self, other: Any) -> tuple[str, ...]:
        """What differs from another object of this class: one sentence each, none if equal.

        Every sentence names the argument, then its value here and its value in `other`.

        Raises:
            TypeError: `other` is of another class.
        """
        if type(self) is not type(other):
            raise TypeError(f"Argument `other` must be a {type(self).__name__}, but is {other!r}.")
        return tuple(_differences(self, other))


def read_only(value: Any) -> None:
    """Makes an array, or every array of a tuple, read-only."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, tuple):
        for item in value:
            read_only(item)


def _compared_fields(value: Any) -> list[str]:
    return [field.name for field in fields(value) if field.compare]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _hashable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, (value + 0.0).tobytes()  # -0 becomes 0, which it equals
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    return value


def _differences(one: Any, other: Any) -> list[str]:
    """The differences of two dataclasses of one class, field by field."""
    found: list[str] = []
    for name in _compared_fields(one):
        found += _field_differences(f"`{name}`", getattr(one, name), getattr(other, name))
    return found


def _field_differences(name: str, one: Any, other: Any) -> list[str]:
    if _same(one, other):
        return []
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return [_array_difference(name, one, other)]
    if isinstance(one, tuple) and isinstance(other, tuple):
        if len(one) != len(other):
            return [f"{name} are {_names(one)} and {_names(other)}."]
        pairs = enumerate(zip(one, other, strict=True))
        return [line for i, (a, b) in pairs for line in _field_differences(f"{name}[{i}]", a, b)]
    if type(one) is type(other) and hasattr(one, "__dataclass_fields__"):
        whose = f"{name} ({one.name})" if getattr(one, "name", None) else name
        return [f"{whose}: {line}" for line in _differences(one, other)]
    return [f"{name} is {one!r} and {other!r}."]


def _array_difference(name: str, one: np.ndarray, other: np.ndarray) -> str:
    if one.shape != other.shape:
        return f"{name} has the shapes {one.shape} and {other.shape}."
    distance = np.abs(one - other)
    at = np.unravel_index(int(np.argmax(distance)), distance.shape)
    count = int(np.sum(one != other))
    where = ", ".join(map(str, at))
    return (
        f"{name}[{where}] is {one[at]:g} and {other[at]:g}; {count} of {one.size} elements differ."
    )


def _names(items: tuple[Any, ...]) -> str:
    return repr([getattr(item, "name", item) for item in items])
