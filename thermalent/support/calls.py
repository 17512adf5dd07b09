"""Calls with unknown, missing or too many arguments: errors of the package's own grammar.

Python says which name is unknown and not which one was meant; the nearest valid one is added here.
Nothing is checked before a call, so that right calls cost nothing.
"""

from __future__ import annotations

import abc
import difflib
import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

from thermalent.support import deprecation
from thermalent.support.deprecation import Decorated
from thermalent.support.errors import ArgumentTypeError

_RENAMING = deprecation.__file__
_UNKNOWN = re.compile(r"got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r"missing \d+ required (?:positional|keyword-only) arguments?: (.+)")
_TOO_MANY = re.compile(r"takes .*positional arguments? but \d+")


def with_explained_calls(function: Decorated) -> Decorated:
    """Decorator of a public function whose wrong calls are explained.

    An interrupt in the middle of a call of a kernel, which numba reports as a SystemError, is an
    interrupt again.
    """

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as problem:
            _raise_explained(problem, function, function.__name__)
            raise
        except SystemError as problem:
            _raise_interrupt(problem)
            raise

    return called  # type: ignore[return-value]


def _raise_interrupt(problem: BaseException) -> None:
    """Raise the KeyboardInterrupt that was the cause, if one was."""
    cause = problem.__cause__
    while cause is not None:
        if isinstance(cause, KeyboardInterrupt):
            raise cause from None
        cause = cause.__cause__


class ExplainedClass(abc.ABCMeta):
    """Metaclass of public classes whose wrong calls are explained."""

    @property
    def __signature__(cls) -> inspect.Signature:
        """That of `__init__`: of a metaclass with a `__call__`, help would show that one."""
        whole = inspect.signature(getattr(cls, "__init__"))  # noqa: B009
        return whole.replace(parameters=list(whole.parameters.values())[1:])

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """Make an object."""
        try:
            return super().__call__(*args, **kwargs)
        except TypeError as problem:
            # The signature of a class is that of its `__init__`, not of this `__call__`.
            _raise_explained(problem, getattr(cls, "__init__"), cls.__name__)  # noqa: B009
            raise


def _raise_explained(problem: TypeError, function: Callable[..., Any], name: str) -> None:
    """Raise the explanation if the call itself failed, not something inside it."""
    trace = problem.__traceback__
    # Old names of arguments are replaced on the way.
    while trace and trace.tb_next and trace.tb_next.tb_frame.f_code.co_filename == _RENAMING:
        trace = trace.tb_next
    if trace is None or trace.tb_next is not None or isinstance(problem, ArgumentTypeError):
        return
    text = str(problem)
    if unknown := _UNKNOWN.search(text):
        names = _keywords(function)
        near = difflib.get_close_matches(unknown[1], names, 1, 0.0)
        hint = f"; the nearest is `{near[0]}`, all are {', '.join(names)}" if near else ""
        raise ArgumentTypeError(f"{name} has no argument `{unknown[1]}`{hint}.") from None
    if missing := _MISSING.search(text):
        names = [f"`{word}`" for word in re.findall(r"'(\w+)'", missing[1])]
        verb = "are" if len(names) > 1 else "is"
        raise ArgumentTypeError(f"{name} needs {', '.join(names)}, which {verb} missing.") from None
    if _TOO_MANY.search(text):
        raise ArgumentTypeError(
            f"{name} got too many arguments without a name. Give them by name: "
            f"{', '.join(_keywords(function))}."
        ) from None


def _keywords(function: Callable[..., Any]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    named = [parameter.name for parameter in parameters if parameter.kind in kinds]
    return [name for name in named if name != "self"]
