"""Calls of public functions: wrong arguments are errors of the package's own grammar.

Python says which name is unknown and not which one was meant; the nearest valid one is added here.
An argument that is not of the declared kind (a number where a network belongs) is named, with what
is allowed, instead of an error from deep inside. See `thermalent.support.kinds` for what is
checked when.
"""

from __future__ import annotations

import abc
import difflib
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any, NoReturn, TypeVar

import numpy as np

from thermalent.support import checks
from thermalent.support.deprecation import Decorated
from thermalent.support.errors import (
    ArgumentKindError,
    ArgumentTypeError,
    OutOfMemoryError,
    ThermalentError,
)
from thermalent.support.kinds import FUNCTION, ArgumentKind, Declared, declared

_ALIKE = 0.5  # similarity of names, from which on one may have been meant for the other
_UNKNOWN = re.compile(r"got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r"missing \d+ required (?:positional|keyword-only) arguments?: (.+)")
_TOO_MANY = re.compile(r"takes .*positional arguments? but \d+|too many positional arguments")
# What Python raises when an object cannot do what it is asked for.
_FROM_INSIDE = (TypeError, AttributeError, ValueError, LookupError, ArithmeticError)

# Elements that were masked would count as what stands behind the mask.
_MASKED = (np.ma.MaskedArray, type(np.ma.masked))
_LOOKED_AT = frozenset((range, *_MASKED))

# Unsigned ones have no negative, and short ones overflow.
_INTEGERS = frozenset(kind for kind in np.sctypeDict.values() if issubclass(kind, np.integer))

# A range takes no memory, but the array made of it does.
_LONGEST_RANGE = 10_000_000

_Class = TypeVar("_Class", bound=type)


def arguments_elsewhere(**words: str) -> Callable[[Decorated], Decorated]:
    """Decorator that says where arguments stand which are looked for in a function without them.

    Args:
        words: What the error of a call with this argument says, by its name.
    """

    def decorate(function: Decorated) -> Decorated:
        function.arguments_elsewhere = words  # type: ignore[attr-defined]
        return function

    return decorate


def with_explained_calls(function: Decorated) -> Decorated:
    """Decorator of a public function whose wrong calls are explained.

    An interrupt in the middle of a call of a kernel, which numba reports as a SystemError, is an
    interrupt again.
    """
    name = function.__name__ if "<" in function.__qualname__ else function.__qualname__

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        _check_objects(function, args, kwargs)
        if not _INTEGERS.isdisjoint(map(type, (*args, *kwargs.values()))):
            args, kwargs = _with_plain_integers(args, kwargs)
        try:
            return function(*args, **kwargs)
        except _FROM_INSIDE as problem:
            _raise_explained(problem, function, name, args, kwargs)
            raise
        except MemoryError as problem:
            _raise_out_of_memory(problem, name)
            raise
        except SystemError as problem:
            _raise_interrupt(problem)
            raise

    return called  # type: ignore[return-value]


def explained_record(kind: _Class) -> _Class:
    """Decorator of a class that is made by `__new__`, such as a named tuple; see above."""
    new = kind.__new__
    new.__qualname__ = kind.__name__
    kind.__new__ = with_explained_calls(new)  # type: ignore[method-assign]
    return kind


class ExplainedClass(abc.ABCMeta):
    """Metaclass of public classes: calls of them and of their public methods are explained."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], members: dict[str, Any], **more: Any
    ) -> ExplainedClass:
        """Make the class, its public methods decorated."""
        explained = {
            key: value if key.startswith("_") else _explained_method(value)
            for key, value in members.items()
        }
        return super().__new__(mcs, name, bases, explained, **more)

    @property
    def __signature__(cls) -> inspect.Signature:
        """That of `__init__`: of a metaclass with a `__call__`, help would show that one."""
        whole = inspect.signature(getattr(cls, "__init__"))  # noqa: B009
        return whole.replace(parameters=list(whole.parameters.values())[1:])

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an object."""
        if cls.__abstractmethods__:
            raise ArgumentTypeError(
                f"{cls.__name__} is only what its kinds have in common: make one of these."
            )
        # The signature of a class is that of its `__init__`, not of this `__call__`.
        made = getattr(cls, "__init__")  # noqa: B009
        _check_objects(made, (None, *args), kwargs)
        if not _INTEGERS.isdisjoint(map(type, (*args, *kwargs.values()))):
            args, kwargs = _with_plain_integers(args, kwargs)
        try:
            return super().__call__(*args, **kwargs)
        except _FROM_INSIDE as problem:
            _raise_explained(problem, made, cls.__name__, (None, *args), kwargs)
            raise


def _explained_method(value: Any) -> Any:
    if isinstance(value, FunctionType):
        return with_explained_calls(value)
    if isinstance(value, (classmethod, staticmethod)):
        return type(value)(with_explained_calls(value.__func__))
    return value


def _with_plain_integers(
    args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments whose integers of numpy are those of Python."""
    values = [int(value) if type(value) in _INTEGERS else value for value in args]
    return tuple(values), {
        name: int(value) if type(value) in _INTEGERS else value for name, value in kwargs.items()
    }


def _check_objects(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> None:
    """Refuse an argument that is no object of the declared class, or longer than any memory."""
    # No helper is called on the way of right calls, which are many and short.
    for name, position, classes in declared(function).objects:
        if position < len(args):
            value = args[position]
        elif name in kwargs:
            value = kwargs[name]
        else:
            continue
        # The class itself is found without asking abstract classes for their kinds.
        if type(value) not in classes and not isinstance(value, classes):
            _refuse(name, declared(function).kinds[name], value)
    for value in (*args, *kwargs.values()) if kwargs else args:
        if type(value) in _LOOKED_AT:
            _look_at(value, function, args, kwargs)


def _look_at(
    value: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> None:
    """Refuse a range that is longer than any memory, and masked elements."""
    given = _given(declared(function), args, kwargs)
    name = next(name for name, other in given if other is value)
    if type(value) is range and len(value) > _LONGEST_RANGE:
        allowed = f"a sequence of at most {_LONGEST_RANGE} numbers"
        checks.fail(name, allowed, checks.Words(f"one of {len(value)}"))
    if type(value) in _MASKED and np.ma.is_masked(value):
        checks.fail(name, "without masked elements", checks.Words("an array that has some"))


def _given(
    known: Declared, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    """All arguments with the names of their parameters."""
    yield from zip(known.positions, args, strict=False)
    for value in args[len(known.positions) :]:
        yield known.rest, value
    yield from kwargs.items()


def _refuse(name: str, kind: ArgumentKind, value: Any) -> NoReturn:
    """Raise the error that says what is allowed, with a hint for the common slips."""
    hint = ""
    if isinstance(value, type) and any(issubclass(value, one) for one in kind.classes):
        hint = f" (the parentheses are missing: te.{value.__name__}())"
    elif callable(value) and not isinstance(value, type):
        hint = " (a function: call it, and give what it returns)"
    elif kind.words == FUNCTION and type(value).__module__.startswith("thermalent."):
        hint = " (give the function that returns it)"
    shown = checks.in_message(value)
    raise ArgumentKindError(f"Argument `{name}` must be {kind.words}, but is {shown}{hint}.")


def _raise_out_of_memory(problem: MemoryError, name: str) -> None:
    if not isinstance(problem, ThermalentError):
        raise OutOfMemoryError(
            f"{name} needs more memory than there is. {problem}".strip()
        ) from problem


def _raise_interrupt(problem: BaseException) -> None:
    """Raise the KeyboardInterrupt that was the cause, if one was."""
    cause = problem.__cause__
    while cause is not None:
        if isinstance(cause, KeyboardInterrupt):
            raise cause from None
        cause = cause.__cause__


def _raise_explained(
    problem: Exception,
    function: Callable[..., Any],
    name: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> None:
    """Raise the explanation, if the call itself is wrong or an argument is of another kind."""
    if isinstance(problem, ThermalentError):
        return
    if isinstance(problem, TypeError):
        # Old names of arguments are not in the signature.
        new_of_old: Mapping[str, str] = getattr(function, "renamed_arguments", {})
        try:
            inspect.signature(function).bind(
                *args, **{new_of_old.get(key, key): value for key, value in kwargs.items()}
            )
        except TypeError as unfit:
            _raise_wrong_names(str(problem), str(unfit), function, name)
    known = declared(function)
    for argument, value in _given(known, args, kwargs):
        kind = known.kinds.get(argument)
        if kind is not None and not kind.holds(value):
            shown = checks.in_message(value)
            raise ArgumentKindError(
                f"Argument `{argument}` must be {kind.words}, but is {shown}."
            ) from problem


def _raise_wrong_names(text: str, unfit: str, function: Callable[..., Any], name: str) -> NoReturn:
    names = _keywords(function)
    if unknown := _UNKNOWN.search(text):
        near = difflib.get_close_matches(unknown[1], names, 1, _ALIKE)
        nearest = f" the nearest is `{near[0]}`," if near else ""
        hint = f";{nearest} all are {', '.join(names)}" if names else ""
        elsewhere: Mapping[str, str] = getattr(function, "arguments_elsewhere", {})
        if unknown[1] in elsewhere:
            hint = f": {elsewhere[unknown[1]]}"
        raise ArgumentTypeError(f"{name} has no argument `{unknown[1]}`{hint}.") from None
    if missing := _MISSING.search(text):
        words = [f"`{word}`" for word in re.findall(r"'(\w+)'", missing[1])]
        verb = "are" if len(words) > 1 else "is"
        raise ArgumentTypeError(f"{name} needs {', '.join(words)}, which {verb} missing.") from None
    if _TOO_MANY.search(text):
        raise ArgumentTypeError(
            f"{name} got too many arguments without a name. Give them by name: {', '.join(names)}."
        ) from None
    raise ArgumentTypeError(f"{name} cannot be called like this: {unfit}.") from None


def _keywords(function: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    named = [parameter.name for parameter in parameters if parameter.kind in kinds]
    return [name for name in named if name not in ("self", "cls", "_cls")]
