"""A sweep as a TOML file: read, and checked before anything runs; the schema is in docs/sweeps.md.

Unknown keys are named with the nearest valid one.
"""

from __future__ import annotations

import difflib
import importlib.util
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from thermalent.solution.method import Method
from thermalent.solving.registry import METHODS, MODEL_BY_KEY, RENAMED_MODELS
from thermalent.support.deprecation import warn
from thermalent.support.errors import ArgumentError
from thermalent.sweeping.grid import Zip, points, zipped

_TOP = ("title", "model", "observables", "grid", "points", "fixed", "method", "sweep", "units")
_SWEEP = ("block", "initial")
_SPACES: dict[str, Callable[..., np.ndarray]] = {
    "linspace": np.linspace,
    "geomspace": np.geomspace,
}


# Modules of studies stand below this name, so that `numpy.py` beside a study replaces nothing.
_STUDY_MODULES = "thermalent_study_models"
_MOST_VALUES = 10_000_000  # of one parameter: 80 MB
_METHODS = {entry.key: entry for entry in METHODS if entry.steady}


class StudyFileError(ArgumentError):
    """The file is not a study; the text says where and why."""


def read_study(path: Path) -> dict[str, Any]:
    """The arguments of `sweep` that a file describes.

    Raises:
        StudyFileError: the file is no TOML, has unknown keys, lacks some, or has wrong values.
        OSError: it cannot be read.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # TOML is UTF-8
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise StudyFileError(f"{path.name} is no TOML: {problem}") from None
    try:
        return _arguments(content, path.parent)
    except StudyFileError as problem:
        raise StudyFileError(f"{path.name}: {problem}") from None


def _arguments(content: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    _known("the top level", content, _TOP)
    for key in ("model", "observables"):
        if key not in content:
            raise StudyFileError(f"the key {key!r} is missing.")
    if ("grid" in content) == ("points" in content):
        raise StudyFileError("one of [grid] and points is needed, and not both.")
    more = _table(content, "sweep")
    _known("[sweep]", more, _SWEEP)
    return {
        "builder": _model(content["model"], folder),
        "grid": _points(content["points"]) if "points" in content else _grid(content["grid"]),
        "observables": content["observables"],
        "method": _method(content.get("method")),
        "fixed": _table(content, "fixed"),
        "units": _table(content, "units"),
        **more,
    }


def _known(where: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, 1, 0.0)[0]
            raise StudyFileError(
                f"{where} has no key {key!r}; the nearest is {near!r}, all are {', '.join(names)}."
            )


def _table(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = content.get(key, {})
    if not isinstance(table, dict):
        raise StudyFileError(f"{key!r} must be a table, but is {table!r}.")
    return table


def _model(name: Any, folder: Path) -> Callable[..., Any]:
    """A model of the package, or "file.py:function" in the folder of the study."""
    import thermalent

    if isinstance(name, str) and name in RENAMED_MODELS:
        warn(name, RENAMED_MODELS[name])
        name = RENAMED_MODELS[name]
    if isinstance(name, str) and name in MODEL_BY_KEY:
        model: Any = thermalent
        for part in name.split("."):
            model = getattr(model, part)
        return model
    file, _, function = str(name).partition(":")
    if not (file.endswith(".py") and function):
        near = difflib.get_close_matches(str(name), MODEL_BY_KEY, 1, 0.0)[0]
        raise StudyFileError(
            f"there is no model {name!r}; the nearest is {near!r}, all are "
            f'{", ".join(MODEL_BY_KEY)}, or "file.py:function" for one of your own.'
        )
    path = (folder / file).resolve()
    if Path(file).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise StudyFileError(
            f"the model {name!r} must be in a file beside the study, because opening a study runs "
            "it; copy it there."
        )
    return _own_model(path, function)


def _own_model(path: Path, function: str) -> Callable[..., Any]:
    """A function of a file, which is run as a module of a name that no other module can have."""
    name = f"{_STUDY_MODULES}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise StudyFileError(f"there is no file {str(path)!r} with the model.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:
        words = " ".join(f"{type(problem).__name__}: {problem}".split())
        raise StudyFileError(f"{path.name} cannot be run: {words}") from problem
    if not callable(getattr(module, function, None)):
        raise StudyFileError(f"{path.name} has no function {function!r}.")
    # Workers have no such module: the function travels with its code.
    import cloudpickle

    sys.modules[name] = module
    cloudpickle.register_pickle_by_value(module)
    return getattr(module, function)


def _grid(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not given:
        raise StudyFileError(f"[grid] must have a key for each parameter, but is {given!r}.")
    return {name: _values(f"[grid] {name}", value) for name, value in given.items()}


def _values(where: str, given: Any) -> Sequence[Any] | np.ndarray | Zip:
    if isinstance(given, list):
        return [tuple(value) if isinstance(value, list) else value for value in given]
    if isinstance(given, dict) and len(given) == 1:
        ((kind, inside),) = given.items()
        _known(where, given, (*_SPACES, "zip"))
        if kind == "zip":
            if not isinstance(inside, dict) or not inside:
                raise StudyFileError(f"{where}: zip must be a table of values by parameter.")
            together: dict[str, Any] = {name: _values(where, v) for name, v in inside.items()}
            return zipped(**together)
        return _space(where, kind, inside)
    raise StudyFileError(
        f"{where} must be a list, {{ linspace = [start, stop, number] }}, {{ geomspace = ... }} or "
        f"{{ zip = {{ ... }} }}, but is {given!r}."
    )


def _space(where: str, kind: str, inside: Any) -> np.ndarray:
    numbers = isinstance(inside, list) and len(inside) == 3
    if not numbers or not all(isinstance(x, (int, float)) for x in inside):
        raise StudyFileError(f"{where}: {kind} must be [start, stop, number], but is {inside!r}.")
    start, stop, count = inside
    if (
        not isinstance(count, int)
        or not 1 <= count <= _MOST_VALUES
        or (kind == "geomspace" and not start * stop > 0)
    ):
        raise StudyFileError(
            f"{where}: {kind} needs an integer number from 1 to {_MOST_VALUES}"
            f"{' and ends of one sign' if kind == 'geomspace' else ''}, but is {inside!r}."
        )
    return _SPACES[kind](start, stop, count)


def _points(given: Any) -> Zip:
    if not isinstance(given, list) or not all(isinstance(point, dict) for point in given):
        raise StudyFileError(f"points must be a list of tables, but is {given!r}.")
    return points(given)


def _method(given: Any) -> Method | None:
    """A method by name, or a table of its name and parameters."""
    import thermalent

    if given is None:
        return None
    table = {"name": given} if isinstance(given, str) else given
    if not isinstance(table, dict) or "name" not in table:
        raise StudyFileError(f"method must be a name or a table with a name, but is {given!r}.")
    name = table["name"]
    if not isinstance(name, str) or name not in _METHODS:
        near = difflib.get_close_matches(str(name), _METHODS, 1, 0.0)[0]
        raise StudyFileError(
            f"there is no method {name!r}; the nearest is {near!r}, all are {', '.join(_METHODS)}."
        )
    kind = getattr(thermalent, _METHODS[name].name)
    options = {key: value for key, value in table.items() if key != "name"}
    _known(f"[method] {name}", options, [item.name for item in fields(kind)] or ["name"])
    return kind(**options)
