"""The JSON schema of study files, made from the registry and the table of observables.

`thermalent/sweeping/study/study_schema.json` is what it writes: a file, so that editors find it
and a study is checked without loading every method. `tests.support.public_names` writes it, a test
compares.
"""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any

import thermalent as te
from thermalent.operators.reading.observables import MEASURES
from thermalent.solving.registry import METHODS, MODEL_BY_KEY, RENAMED_MODELS
from thermalent.sweeping.following import AXES
from thermalent.sweeping.reading.emission import ALONG
from thermalent.sweeping.study.schema import SCHEMA_FILE

_TYPES = {float: "number", int: "integer", bool: "boolean", str: "string"}
_SPACE = [
    {"type": "number", "description": "a number"},
    {"type": "number", "description": "a number"},
    {"type": "integer", "minimum": 1, "description": "an integer of at least 1"},
]


def schema() -> dict[str, Any]:
    """The schema; a description says what is allowed, for editors and for messages."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study of thermalent: steady states on a grid of parameters",
        "description": "a table",
        "type": "object",
        "additionalProperties": False,
        "required": ["model", "observables"],
        "oneOf": [{"required": ["grid"]}, {"required": ["points"]}],
        "properties": {
            "title": {"type": "string", "description": "text"},
            "model": _model(),
            "observables": _observables(),
            "grid": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"$ref": "#/$defs/axis"},
                "description": "a table with a key for each parameter",
            },
            "points": {
                "type": "array",
                "minItems": 1,
                "items": {"$ref": "#/$defs/values"},
                "description": "a list of tables, one for each point",
            },
            "fixed": {"$ref": "#/$defs/values"},
            "units": {
                "type": "object",
                "additionalProperties": {"type": "string", "description": "text"},
                "description": "a table of units by parameter",
            },
            "method": _method(),
            "sweep": _sweep(),
        },
        "$defs": _definitions(),
    }


def _words(items: Iterable[str]) -> str:
    return ", ".join(items)


def _model() -> dict[str, Any]:
    return {
        "anyOf": [
            {"enum": [*MODEL_BY_KEY, *RENAMED_MODELS]},
            {"type": "string", "pattern": r"\.py:\w+$"},
        ],
        "description": (
            f'a model: {_words(MODEL_BY_KEY)}, or "file.py:function" for one of your own'
        ),
    }


def _observable() -> dict[str, Any]:
    names = [measure.name for measure in MEASURES]
    names += [name for kinds in ALONG.values() for name in kinds]
    return {
        "anyOf": [
            {"enum": names},
            {"type": "string", "pattern": rf"^({'|'.join(map(re.escape, names))})\[.+\]$"},
        ],
        "description": f"an observable: {_words(names)}; with emitters or a state in brackets",
    }


def _observables() -> dict[str, Any]:
    return {
        "type": ["string", "array"],
        "description": "an observable or a list of them",
        "if": {"type": "string"},
        "then": {"$ref": "#/$defs/observable"},
        "else": {
            "minItems": 1,
            "items": {"$ref": "#/$defs/observable"},
            "description": "a list of at least one observable",
        },
    }


def _method() -> dict[str, Any]:
    keys = [entry.key for entry in METHODS if entry.steady]
    return {
        "type": ["string", "object"],
        "description": f"a method, or a table of its name and parameters: {_words(keys)}",
        "if": {"type": "string"},
        "then": {"enum": keys, "description": f"one of {_words(keys)}"},
        "else": {
            "required": ["name"],
            "properties": {"name": {"enum": keys, "description": f"one of {_words(keys)}"}},
            "allOf": [_of_method(entry) for entry in METHODS if entry.steady],
            "description": "a table of a method's name and parameters",
        },
    }


def _of_method(entry: Any) -> dict[str, Any]:
    kind = getattr(te, entry.name)
    hints = typing.get_type_hints(kind)
    options = {item.name: _option(hints[item.name]) for item in fields(kind)}
    return {
        "if": {"properties": {"name": {"const": entry.key}}, "required": ["name"]},
        "then": {"properties": {"name": True, **options}, "additionalProperties": False},
        "description": f"the parameters of {entry.key}",
    }


def _option(hint: Any) -> dict[str, Any]:
    """The schema of a field, none of which is null in TOML."""
    kinds = [part for part in typing.get_args(hint) or (hint,) if part is not NoneType]
    if typing.get_origin(hint) is typing.Literal:
        words = list(typing.get_args(hint))
        return {"enum": words, "description": f"one of {_words(map(repr, words))}"}
    if any(typing.get_origin(kind) is tuple for kind in kinds):
        return {
            "type": "array",
            "items": {"type": "string", "description": "text"},
            "description": "a list of texts",
        }
    names = [_TYPES[kind] for kind in kinds]
    described = {"number": "a number", "integer": "an integer", "boolean": "true or false"}
    return {
        "type": names[0] if len(names) == 1 else names,
        "description": " or ".join(described.get(name, "text") for name in names),
    }


def _sweep() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "block": {"type": "integer", "minimum": 1, "description": "an integer of at least 1"},
            "initial": {
                "type": ["string", "array"],
                "description": "the name of a state such as '00', a ket or a density matrix",
            },
            **{name: {"$ref": "#/$defs/axis"} for name in AXES},
        },
        "description": f"a table of block, initial, {_words(AXES)}",
    }


def _definitions() -> dict[str, Any]:
    return {
        "observable": _observable(),
        "value": {
            "type": ["number", "string", "boolean", "array"],
            "description": "a number, text, true or false, or a list",
        },
        "values": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/value"},
            "description": "a table of values by parameter",
        },
        "axis": {
            "type": ["array", "object"],
            "description": (
                "a list, { linspace = [start, stop, number] }, { geomspace = [start, stop, number] "
                "} or { zip = { ... } }"
            ),
            "if": {"type": "array"},
            "then": {"minItems": 1, "items": {"$ref": "#/$defs/value"}, "description": "a list"},
            "else": {
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": False,
                "properties": {
                    "linspace": _space("linspace"),
                    "geomspace": _space("geomspace"),
                    "zip": {
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {"$ref": "#/$defs/axis"},
                        "description": "a table of values by parameter",
                    },
                },
                "description": "one of linspace, geomspace and zip",
            },
        },
    }


def _space(kind: str) -> dict[str, Any]:
    return {
        "type": "array",
        "prefixItems": _SPACE,
        "minItems": 3,
        "maxItems": 3,
        "description": "[start, stop, number]",
    }


def text() -> str:
    """The schema as it stands in the file."""
    return json.dumps(schema(), indent=2) + "\n"


def write(path: Path = SCHEMA_FILE) -> None:
    """Write the file anew."""
    path.write_text(text(), encoding="utf-8")
