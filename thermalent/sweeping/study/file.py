"""A sweep as a TOML file: read, and checked before anything runs.

What a file may hold is the schema beside this module, `study_schema.json`; see docs/sweeps.md.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from thermalent.solution.method import Method
from thermalent.solving.registry import METHOD_BY_KEY, MODEL_BY_KEY, RENAMED_MODELS, loaded
from thermalent.support.deprecation import warn
from thermalent.support.errors import ArgumentError
from thermalent.sweeping.following import AXES
from thermalent.sweeping.grid import Zip, points, zipped
from thermalent.sweeping.study.schema import Place, first_error, place_in_words

_SPACES: dict[str, Callable[..., np.ndarray]] = {
    "linspace": np.linspace,
    "geomspace": np.geomspace,
}
# Modules of studies stand below this name, so that `numpy.py` beside a study replaces nothing.
_STUDY_MODULES = "thermalent_study_models"
_MOST_VALUES = 10_000_000  # of one parameter: 80 MB

# Where arguments of `sweep` stand in a study, and what a message about one looks like.
_PLACES: dict[str, Place] = {
    "grid": ("grid",),
    "observables": ("observables",),
    "fixed": ("fixed",),
    "units": ("units",),
    "initial": ("sweep", "initial"),
    "block": ("sweep", "block"),
    **{name: ("sweep", name) for name in AXES},
}
_ARGUMENT = re.compile(r"Argument `(\w+)`")
_GIVEN = re.compile(r", but is '(\w+)'")


class StudyFileError(ArgumentError):
    """The file is not a study; the text says where and why."""


class _Wrong(Exception):
    """Something at a place of the content is wrong."""

    def __init__(self, place: Place, words: str) -> None:
        super().__init__(words)
        self.place = place


def read_study(path: Path) -> dict[str, Any]:
    """The arguments of `sweep` that a file describes.

    Raises:
        StudyFileError: the file is no TOML, has unknown keys, lacks some, or has wrong values; the
            text says in which line.
        ImportError: jsonschema is not installed.
        OSError: the file cannot be read.
    """
    content, text = _read(path)
    try:
        if (error := first_error(content)) is not None:
            raise _Wrong(*error)
        return _arguments(content, path.parent)
    except _Wrong as wrong:
        raise StudyFileError(f"{path.name}: {place_in_words(text, wrong.place)}{wrong}") from wrong


@contextmanager
def explained_by(path: Path) -> Iterator[None]:
    """Say where in a study the argument of `sweep` stands that an error is about."""
    try:
        yield
    except ArgumentError as problem:
        named = _ARGUMENT.search(str(problem))
        if isinstance(problem, StudyFileError) or named is None or named[1] not in _PLACES:
            raise
        content, text = _read(path)
        place = _PLACES[named[1]]
        if place == ("grid",) and "points" in content:
            place = ("points",)
        given = _GIVEN.search(str(problem))
        if given is not None and given[1] in content.get(str(place[0]), {}):
            place = (*place, given[1])
        raise StudyFileError(f"{path.name}: {place_in_words(text, place)}{problem}") from problem


def _read(path: Path) -> tuple[dict[str, Any], str]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # TOML is UTF-8
        return tomllib.loads(text), text
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise StudyFileError(f"{path.name} is no TOML: {problem}") from None
    except RecursionError:
        raise StudyFileError(f"{path.name} is no study: it is nested too deeply.") from None


def _arguments(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The arguments from a content that the schema allows."""
    in_points = "points" in content
    return {
        "builder": _model(content["model"], folder),
        "grid": _points(content["points"]) if in_points else _grid(content["grid"]),
        "observables": content["observables"],
        "method": _method(content.get("method")),
        "fixed": content.get("fixed", {}),
        "units": content.get("units", {}),
        **{key: _of_sweep(key, value) for key, value in content.get("sweep", {}).items()},
    }


def _model(name: str, folder: Path) -> Callable[..., Any]:
    """A model of the package, or "file.py:function" in the folder of the study."""
    if name in RENAMED_MODELS:
        warn(name, RENAMED_MODELS[name])
        name = RENAMED_MODELS[name]
    file, _, function = name.partition(":")
    if not function:
        model: Callable[..., Any] = loaded(MODEL_BY_KEY[name])
        return model
    path = (folder / file).resolve()
    if Path(file).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise _Wrong(
            ("model",),
            f"{name!r} must be in a file beside the study, because opening a study runs it; copy "
            "it there.",
        )
    return _own_model(path, function)


def _own_model(path: Path, function: str) -> Callable[..., Any]:
    """A function of a file, which is run as a module of a name that no other module can have."""
    name = f"{_STUDY_MODULES}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise _Wrong(("model",), f"there is no file {str(path)!r} with the model.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:
        words = " ".join(f"{type(problem).__name__}: {problem}".split())
        raise _Wrong(("model",), f"{path.name} cannot be run: {words}") from problem
    if not callable(getattr(module, function, None)):
        raise _Wrong(("model",), f"{path.name} has no function {function!r}.")
    # Workers have no such module: the function travels with its code.
    import cloudpickle

    sys.modules[name] = module
    cloudpickle.register_pickle_by_value(module)
    return getattr(module, function)


def _grid(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _values(("grid", name), value) for name, value in given.items()}


def _of_sweep(key: str, given: Any) -> Any:
    """The value of a key of [sweep]: times, frequencies and delays may be spaces."""
    return _values(("sweep", key), given) if key in AXES else given


def _values(place: Place, given: Any) -> Sequence[Any] | np.ndarray | Zip:
    if isinstance(given, list):
        return [tuple(value) if isinstance(value, list) else value for value in given]
    ((kind, inside),) = given.items()
    if kind == "zip":
        return _at(place, zipped, **{n: _values((*place, kind, n), v) for n, v in inside.items()})
    return _space((*place, kind), kind, inside)


def _space(place: Place, kind: str, inside: Sequence[Any]) -> np.ndarray:
    start, stop, count = inside
    if not np.all(np.isfinite([start, stop])) or count > _MOST_VALUES:
        allowed = f"of finite ends and at most {_MOST_VALUES} numbers"
        raise _Wrong(place, f"must be {allowed}, but is {inside!r}.")
    if kind == "geomspace" and not start * stop > 0:
        raise _Wrong(place, f"must have ends of one sign, but is {inside!r}.")
    return _SPACES[kind](start, stop, int(count))


def _points(given: Sequence[Mapping[str, Any]]) -> Zip:
    grid: Zip = _at(("points",), points, given)
    return grid


def _method(given: Any) -> Method | None:
    """A method by name, or a table of its name and parameters."""
    if given is None:
        return None
    table = {"name": given} if isinstance(given, str) else given
    options = {key: value for key, value in table.items() if key != "name"}
    kind = loaded(METHOD_BY_KEY[table["name"]])
    for key, value in options.items():  # alone, so that a wrong one is known by its key
        _at(("method", key), kind, **{key: value})
    method: Method = _at(("method",), kind, **options)
    return method


def _at(place: Place, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """What a function returns; its refusal is that of a place in the study."""
    try:
        return function(*given, **named)
    except ArgumentError as problem:
        raise _Wrong(place, str(problem)) from problem
