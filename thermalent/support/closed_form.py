"""Closed forms whose terms leave double precision refuse instead of returning what is left."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np

from thermalent.support.calls import with_explained_calls
from thermalent.support.errors import ArgumentError, ThermalentError

_P = ParamSpec("_P")
_T = TypeVar("_T")


def closed_form(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Decorator of a public closed form: what overflows on the way, or is not finite, is refused.

    Wrong calls are explained as those of every public function. A term beyond double precision may
    leave a wrong zero behind as well as a NaN, so every overflow counts. What becomes too small for
    doubles is zero.
    """

    @with_explained_calls
    @functools.wraps(function)
    def called(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            with np.errstate(over="raise", invalid="raise", divide="raise"):
                result = function(*args, **kwargs)
        except (FloatingPointError, OverflowError, ZeroDivisionError) as problem:
            raise _refused(function.__name__) from problem
        except ValueError as problem:  # a singular matrix, or the integer of a NaN
            if isinstance(problem, ThermalentError):
                raise
            raise _refused(function.__name__) from problem
        if not all(np.all(np.isfinite(part)) for part in _numbers(result)):
            raise _refused(function.__name__)
        return result

    return called


def _refused(name: str) -> ArgumentError:
    return ArgumentError(
        f"Arguments of `{name}` must be such that its terms fit into double precision, but some of "
        "them are beyond 1e308 or cancel completely. Give rates that are fewer decades apart."
    )


def _numbers(result: Any) -> Iterable[np.ndarray]:
    """All numbers of a result."""
    if is_dataclass(result):
        for field in fields(result):
            yield from _numbers(getattr(result, field.name))
    elif isinstance(result, tuple):
        for part in result:
            yield from _numbers(part)
    elif isinstance(result, (float, complex, np.ndarray, np.number)):
        yield np.asarray(result)
