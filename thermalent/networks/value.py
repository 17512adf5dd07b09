"""Frozen dataclasses with arrays that compare by value and list their differences."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import ExplainedClass
from thermalent.support.errors import ArgumentTypeError


class Value(metaclass=ExplainedClass):
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
        # A cache asks for the hash at every look-up, so that it is kept.
        known = self.__dict__.get("_hash")
        if known is None:
            known = hash(tuple(_hashable(getattr(self, name)) for name in _compared_fields(self)))
            object.__setattr__(self, "_hash", known)
        return known

    def __getstate__(self) -> dict[str, Any]:
        # What was worked out from the fields stays behind: it can be again, and a hash differs in
        # every process.
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Arrays arrive writeable from a pickle or a deep copy.
        for value in state.values():
            read_only(value)
        self.__dict__.update(state)

    def differences(self, other: Any) -> tuple[str, ...]:
        """The differences from another object of this class: one sentence each, none if equal.

        Every sentence names the argument, then its value here and its value in `other`.

        Raises:
            TypeError: `other` is of another class.
        """
        if type(self) is not type(other):
            raise ArgumentTypeError(
                f"Argument `other` must be a {type(self).__name__}, but is "
                f"{checks.in_message(other)}."
            )
        return tuple(_differences(self, other))


def read_only(value: Any) -> None:
    """Make an array, or every array of a tuple, read-only."""
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
    elif isinstance(value, tuple):
        for item in value:
            read_only(item)


def _compared_fields(value: Any) -> list[str]:
    return [field.name for field in fields(value) if field.compare]


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return np.array_equal(first, second)
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(_same, first, second))
    return bool(first == second)


def _hashable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.shape, (value + 0.0).tobytes()  # -0 becomes 0, which it equals
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    return value


def _differences(first: Any, second: Any) -> list[str]:
    """The differences of two dataclasses of one class, field by field."""
    lines: list[str] = []
    for name in _compared_fields(first):
        lines += _field_differences(f"`{name}`", getattr(first, name), getattr(second, name))
    return lines


def _field_differences(name: str, first: Any, second: Any) -> list[str]:
    if _same(first, second):
        return []
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return [_array_difference(name, first, second)]
    if isinstance(first, tuple) and isinstance(second, tuple):
        if len(first) != len(second):
            return [f"{name} are {_names(first)} and {_names(second)}."]
        pairs = enumerate(zip(first, second, strict=True))
        return [line for i, (a, b) in pairs for line in _field_differences(f"{name}[{i}]", a, b)]
    if type(first) is type(second) and hasattr(first, "__dataclass_fields__"):
        whose = f"{name} ({first.name})" if getattr(first, "name", None) else name
        return [f"{whose}: {line}" for line in _differences(first, second)]
    return [f"{name} is {first!r} and {second!r}."]


def _array_difference(name: str, first: np.ndarray, second: np.ndarray) -> str:
    if first.shape != second.shape:
        return f"{name} has the shapes {first.shape} and {second.shape}."
    distance = np.abs(first - second)
    place = np.unravel_index(int(np.argmax(distance)), distance.shape)
    count = int(np.sum(first != second))
    where = ", ".join(map(str, place))
    return (
        f"{name}[{where}] is {first[place]:g} and {second[place]:g}; "
        f"{count} of {first.size} elements differ."
    )


def _names(items: tuple[Any, ...]) -> str:
    return repr([getattr(item, "name", item) for item in items])
