"""What a function declares of its arguments, as checks with words for people.

A declared kind is the annotation of a parameter: `network: Network`, `name: str`, `rates:
Sequence[float]`. Whether an argument is an object of a class is asked before every call, which
takes a tenth of a microsecond; whether it is a number or an array only after a call has failed,
since what numbers are allowed is for the function itself to check.
"""

from __future__ import annotations

import collections.abc
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from numbers import Complex, Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from thermalent.support import checks

FUNCTION = "a function"  # in the words of a kind
_SEQUENCES = (tuple, list, collections.abc.Sequence, collections.abc.Iterable)


class ArgumentKind(NamedTuple):
    """The kind of an argument.

    Args:
        words: What is allowed, for "must be ...".
        holds: Whether a value is of this kind.
        classes: The classes whose objects are of this kind, if that is asked before every call.
    """

    words: str
    holds: Callable[[Any], bool]
    classes: tuple[type, ...] = ()


class Declared(NamedTuple):
    """The declared kinds of a function's parameters.

    Args:
        positions: Names of the parameters that can be given without a name, in their order.
        rest: Name of the parameter that takes all others without a name, or "".
        kinds: By name, of parameters that declare one.
        objects: Name, position and classes of those that are asked before every call; the position
            of what cannot be given without a name is beyond any.
    """

    positions: tuple[str, ...]
    rest: str
    kinds: Mapping[str, ArgumentKind]
    objects: tuple[tuple[str, int, tuple[type, ...]], ...]


@cache
def declared(function: Callable[..., Any]) -> Declared:
    """The kinds that the annotations of a function declare."""
    parameters = inspect.signature(function).parameters.values()
    kinds = {name: kind_of(hint) for name, hint in _hints(function).items()}
    known = {name: kind for name, kind in kinds.items() if kind is not None}
    known.pop("return", None)
    by_position = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    rest = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_POSITIONAL]
    positions = tuple(p.name for p in parameters if p.kind in by_position)
    return Declared(
        positions=positions,
        rest=rest[0] if rest else "",
        kinds=known,
        objects=tuple(
            (name, positions.index(name) if name in positions else sys.maxsize, kind.classes)
            for name, kind in known.items()
            if kind.classes and name != "".join(rest)
        ),
    )


class _AnyWithin(type):
    """Every attribute and every item declares nothing."""

    def __getattr__(cls, name: str) -> Any:
        return Any

    def __getitem__(cls, name: Any) -> Any:
        return Any


class _Unknown(metaclass=_AnyWithin):
    """What is imported for type checkers alone."""


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations; a name that only type checkers import declares nothing."""
    unknown: dict[str, Any] = {}
    while True:
        try:
            return typing.get_type_hints(function, localns=unknown)
        except NameError as missing:
            unknown[str(missing.name)] = _Unknown


def kind_of(hint: Any) -> ArgumentKind | None:
    """The kind that an annotation declares, or None if everything is of it."""
    origin = typing.get_origin(hint)
    if hint is None or hint is types.NoneType:
        return _object("None", types.NoneType)
    if hint == ArrayLike or hint is np.ndarray or origin is np.ndarray:
        return ArgumentKind("an array of finite numbers", _is_array)
    if origin in (typing.Union, types.UnionType):
        return _either([kind_of(part) for part in typing.get_args(hint)])
    if origin is typing.Literal:
        # Which words are allowed is for the function to say, with the nearest one.
        return _either([kind_of(type(item)) for item in typing.get_args(hint)])
    if hint is collections.abc.Callable or origin is collections.abc.Callable:
        return _object(FUNCTION, collections.abc.Callable)
    if (origin or hint) in _SEQUENCES:
        return _sequence(kind_of((typing.get_args(hint) or (Any,))[0]))
    if hint in _PLAIN:
        return _PLAIN[hint]
    return _of_class(origin or hint)


def _of_class(kind: Any) -> ArgumentKind | None:
    if kind in (Any, object, _Unknown) or not isinstance(kind, type):
        return None
    if getattr(kind, "_is_protocol", False):
        return None
    if issubclass(kind, os.PathLike):
        return _object("a path", os.PathLike)
    if issubclass(kind, collections.abc.Mapping):
        return _object("a mapping such as a dict", collections.abc.Mapping)
    package = kind.__module__.partition(".")[0]
    words = f"a {package} {kind.__name__}" if package != "builtins" else f"a {kind.__name__}"
    return _object(getattr(kind, "_in_words", words), kind)


def _object(words: str, *classes: Any) -> ArgumentKind:
    return ArgumentKind(words, lambda value: isinstance(value, classes), classes)


def _either(kinds: list[ArgumentKind | None]) -> ArgumentKind | None:
    known = [kind for kind in kinds if kind is not None]
    if len(known) < len(kinds):
        return None
    said = [kind.words for kind in known if kind.words != "None"] or ["None"]
    at_once = all(kind.classes for kind in known)
    return ArgumentKind(
        " or ".join(dict.fromkeys(said)),
        lambda value: any(kind.holds(value) for kind in known),
        tuple(one for kind in known for one in kind.classes) if at_once else (),
    )


def _sequence(item: ArgumentKind | None) -> ArgumentKind:
    def holds(value: Any) -> bool:
        if not isinstance(value, (collections.abc.Sequence, np.ndarray)) or np.ndim(value) == 0:
            return False
        return item is None or all(item.holds(part) for part in value)

    def sized(value: Any) -> bool:
        try:
            return not isinstance(value, (str, bytes)) and holds(value)
        except ValueError:  # ragged
            return False

    words = "a sequence" if item is None else f"a sequence, each item {item.words}"
    return ArgumentKind(words, sized)


def _is_array(value: Any) -> bool:
    try:
        array = np.asarray(value)
        return array.dtype.kind in "biufc" and bool(np.all(np.isfinite(array)))
    except (TypeError, ValueError, OverflowError):
        return False


def _number(words: str, kind: type) -> ArgumentKind:
    def holds(value: Any) -> bool:
        number = checks.scalar(value)
        if isinstance(number, (bool, np.bool_)) or not isinstance(number, kind):
            return False
        try:
            return bool(np.isfinite(complex(typing.cast(complex, number))))
        except OverflowError:
            return False

    return ArgumentKind(words, holds)


_PLAIN: dict[Any, ArgumentKind] = {
    bool: _object("True or False", bool, np.bool_),
    # Functions that take words say which, and the nearest one.
    str: ArgumentKind("text", lambda value: isinstance(value, str)),
    int: _number("an integer", Integral),
    float: _number("a finite number", Real),
    complex: _number("a finite complex number", Complex),
}
