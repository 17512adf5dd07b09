"""Objects as plain JSON and arrays, and back: the values of results, to the bit.

What JSON has no word for is an object with one key that begins with "$": a tuple, a complex number,
an array (by the name under which it is kept), a mapping with keys that are no text, and an object
of a known class by its name and fields.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from thermalent.support.errors import ResultFileError

# Fields of objects of classes that are no dataclasses and no named tuples.
Fields = Callable[[Any], Mapping[str, Any]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class KnownClasses:
    """The classes whose objects may stand in a file; no other is ever made.

    Args:
        modules: Module of each class, by its name.
        parts: The arguments that make an object again, where they are not its fields.
    """

    modules: Mapping[str, str]
    parts: Mapping[str, Fields]

    def named(self, name: str) -> Any:
        """The class of this name.

        Raises:
            ResultFileError: it is not known.
        """
        if name not in self.modules:
            raise ResultFileError(f"holds an object of the unknown kind {name!r}")
        return getattr(importlib.import_module(self.modules[name]), name)

    def fields(self, value: Any) -> dict[str, Any] | None:
        """The fields of an object of a known class; None if it is of another one."""
        kind = type(value)
        if self.modules.get(kind.__name__) != kind.__module__:
            return None
        if isinstance(value, enum.Enum):
            return {"name": value.name}
        if kind.__name__ in self.parts:
            return dict(self.parts[kind.__name__](value))
        if dataclasses.is_dataclass(value):
            every = dataclasses.fields(value)
            return {field.name: getattr(value, field.name) for field in every if field.init}
        return dict(value._asdict())


class Encoder:
    """Turns objects into JSON, and collects their arrays.

    Attributes:
        arrays: The arrays by name.
    """

    def __init__(self, known: KnownClasses) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self._known = known

    def encode(self, value: Any, place: str) -> Any:
        """The JSON of a value.

        Args:
            value: The value.
            place: Where it stands, such as "network.decay": the name of an array.

        Raises:
            ResultFileError: the value, or one in it, is of a kind that cannot be kept.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        fields = self._known.fields(value)
        if fields is not None:
            name = type(value).__name__
            if isinstance(value, enum.Enum):
                return {"$enum": [name, fields["name"]]}
            return {"$object": name, "fields": self._mapping(fields, place)}
        if isinstance(value, np.ndarray):
            return self._array(value, place)
        if isinstance(value, np.generic):
            return self.encode(value.item(), place)
        if type(value) is float:
            return value if math.isfinite(value) else {"$float": repr(value)}
        if type(value) is complex:
            return {"$complex": [self.encode(part, place) for part in (value.real, value.imag)]}
        return self._several(value, place)

    def _several(self, value: Any, place: str) -> Any:
        if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
            items = [self.encode(item, f"{place}.{i}") for i, item in enumerate(value)]
            return items if isinstance(value, list) else {"$tuple": items}
        if isinstance(value, Mapping):
            if all(isinstance(key, str) and not key.startswith("$") for key in value):
                return self._mapping(value, place)
            pairs = [
                [self.encode(key, f"{place}.{i}.key"), self.encode(item, f"{place}.{i}")]
                for i, (key, item) in enumerate(value.items())
            ]
            return {"$mapping": pairs}
        raise ResultFileError(
            f"{place or 'The object'} is a {type(value).__name__}, which cannot be saved."
        )

    def _mapping(self, value: Mapping[str, Any], place: str) -> dict[str, Any]:
        inside = f"{place}." if place else ""
        return {key: self.encode(item, inside + key) for key, item in value.items()}

    def _array(self, value: np.ndarray, place: str) -> dict[str, str]:
        if value.dtype.kind not in "biufcU":
            raise ResultFileError(f"{place} is an array of {value.dtype}, which cannot be saved.")
        name = place.replace("/", "_").replace("\\", "_")
        while name in self.arrays:
            name += "_"
        self.arrays[name] = np.ascontiguousarray(value).reshape(value.shape)
        return {"$array": name}


class Decoder:
    """Makes objects of JSON and arrays."""

    def __init__(self, known: KnownClasses, arrays: Mapping[str, np.ndarray]) -> None:
        self._known, self._arrays = known, arrays

    def decode(self, value: Any) -> Any:
        """The value of a piece of JSON.

        Raises:
            ResultFileError: it names an array or a class that is not there.
        """
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        kind = next((key for key in value if key.startswith("$")), None)
        if kind is None:
            return {key: self.decode(item) for key, item in value.items()}
        given = value[kind]
        if kind == "$object":
            fields = {key: self.decode(item) for key, item in value["fields"].items()}
            return self._known.named(given)(**fields)
        if kind == "$array":
            if given not in self._arrays:
                raise ResultFileError(f"lacks the array {given!r}")
            return self._arrays[given]
        if kind == "$enum":
            return self._known.named(given[0])[given[1]]
        if kind == "$mapping":
            return {self.decode(key): self.decode(item) for key, item in given}
        if kind == "$tuple":
            return tuple(self.decode(item) for item in given)
        if kind == "$complex":
            return complex(*(self.decode(part) for part in given))
        if kind == "$float":
            return float(given)
        raise ResultFileError(f"has the unknown mark {kind!r}")
