"""Study files against their JSON schema: the first thing that is wrong, with its line and key."""

from __future__ import annotations

import difflib
import importlib.util
import itertools
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from thermalent.support import checks
from thermalent.support.errors import MissingPackageError

# Editors take it, too: `#:schema` in the first line of a study, see docs/sweeps.md.
SCHEMA_FILE = Path(__file__).with_name("study_schema.json")

_MOST_TRIES = 500  # beginnings of a file that are parsed to find a line, a second at most

Place = tuple[str | int, ...]  # keys and positions from the top level on


def first_error(content: Mapping[str, Any]) -> tuple[Place, str] | None:
    """Where the content of a study differs from the schema and how, or None if it does not.

    Raises:
        ImportError: jsonschema is not installed.
    """
    found = sorted(_validator().iter_errors(content), key=lambda error: list(map(str, error.path)))
    if not found:
        return None
    return tuple(found[0].absolute_path), _in_words(found[0])


@cache
def _validator() -> Any:
    if importlib.util.find_spec("jsonschema") is None:
        raise MissingPackageError("Study files need jsonschema: pip install 'thermalent[sweep]'.")
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def _in_words(error: Any) -> str:
    """An error of the validator in the grammar of the package."""
    schema, value = error.schema, error.instance
    if error.validator == "additionalProperties":
        names = list(schema["properties"])
        unknown = next(key for key in value if key not in names)
        return f"there is no key {unknown!r}{_nearest(unknown, names)}, all are {', '.join(names)}."
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        return f"the key {missing!r} is missing."
    if error.validator == "oneOf":
        return "one of [grid] and points is needed, and not both."
    choices = [schema, *schema.get("anyOf", ())]
    names = [name for choice in choices for name in choice.get("enum", ())]
    near = _nearest(value, names) if isinstance(value, str) else ""
    if error.validator == "minItems" and error.validator_value == 1:
        return f"must have at least one value, but is {checks.in_message(value)}."
    # Every schema that can fail like this has a description.
    return f"must be {schema['description']}, but is {checks.in_message(value)}{near}."


def _nearest(word: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(names), 1, 0.0)
    return f"; the nearest is {near[0]!r}" if near else ""


def place_in_words(text: str, place: Sequence[str | int]) -> str:
    """A place in a study as "line 7, [grid] kappa: ", as far as it can be found."""
    line = _line(text, place)
    keys = [str(key) for key in place if not isinstance(key, int)]
    table = f"[{keys[0]}] " if len(keys) > 1 else ""
    parts = [f"line {line}"] if line else []
    parts += [f"{table}{'.'.join(keys[1:] or keys)}"] if keys else []
    return f"{', '.join(parts)}: " if parts else ""


def _line(text: str, place: Sequence[str | int]) -> int | None:
    """The first line of the statement that sets what is at a place; None if there is none.

    The parser of TOML says no positions. But the beginning of a file is TOML itself wherever a
    statement ends, so that the statement is found by bisection.
    """
    lines = text.splitlines(keepends=True)
    tries = itertools.count()

    def parsed(count: int) -> Any:
        if next(tries) > _MOST_TRIES:
            raise TimeoutError
        try:
            return tomllib.loads("".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            return None

    try:
        if not place or not _has(parsed(len(lines)), place):
            return None
        without, having = 0, len(lines)  # lines of beginnings without the place, and with it
        while True:
            middle = (without + having) // 2
            between = (*range(max(middle, without + 1), having), *range(middle - 1, without, -1))
            end = next((count for count in between if parsed(count) is not None), None)
            if end is None:
                return without + 1
            if _has(parsed(end), place):
                having = end
            else:
                without = end
    except TimeoutError:
        return None


def _has(content: Any, place: Sequence[str | int]) -> bool:
    for key in place:
        try:
            content = content[key]
        except (LookupError, TypeError):
            return False
    return True
