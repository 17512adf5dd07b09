"""Numbers that know their error: a float, a complex number and an array, with `.error` and `.how`.

Both behave as the plain number or array in every other respect: they print, format, compare and
compute alike, and what is computed from them is plain. An error is worked out when it is first
asked for, so that numbers whose errors nobody reads cost nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import explained_record

UNKNOWN = float("nan")


class _WithError:
    """A number's error, worked out when it is first asked for."""

    how: str
    _error: float | Callable[[], float]

    @property
    def error(self) -> float:
        """Absolute error of the number; not-a-number where it is not known."""
        if callable(self._error):
            self._error = float(self._error())
        return self._error


@explained_record
class Estimate(_WithError, float):
    """A number with its error.

    Args:
        value: The number.
        error: Its error, absolute, >= 0; not-a-number where it is not known. Or a function that
            returns it, called at most once.
        how: How the error was obtained, in words.
    """

    def __new__(cls, value: float, error: float | Callable[[], float], how: str) -> Estimate:
        """The number `value` with the error `error`, obtained as `how` says."""
        estimate = super().__new__(cls, value)
        estimate._error = error
        estimate.how = how
        return estimate

    def __reduce__(self) -> tuple[Any, ...]:
        return (Estimate, (float(self), self.error, self.how))


@explained_record
class ComplexEstimate(_WithError, complex):
    """A complex number with its error.

    Args:
        value: The number.
        error: Bound of its distance from the true number, >= 0; not-a-number where it is not known.
            Or a function that returns it, called at most once.
        how: How the error was obtained, in words.
    """

    def __new__(
        cls, value: complex, error: float | Callable[[], float], how: str
    ) -> ComplexEstimate:
        """The number `value` with the error `error`, obtained as `how` says."""
        estimate = super().__new__(cls, value)
        estimate._error = error
        estimate.how = how
        return estimate

    def __reduce__(self) -> tuple[Any, ...]:
        return (ComplexEstimate, (complex(self), self.error, self.how))


@explained_record
class Estimates(np.ndarray):
    """An array of numbers with an array of their errors.

    An element is an `Estimate` (a `ComplexEstimate` of complex numbers), a slice is `Estimates`;
    sums, products, rounded values, reductions and whatever else is computed from it are plain numpy
    arrays and numbers.

    Args:
        values: The numbers, (t,).
        error: Their errors, (t,); not-a-number where one is not known. Or a function that returns
            them, called at most once.
        how: How the errors were obtained, in words.
    """

    how: str
    _error: Any

    def __new__(
        cls, values: Any, error: np.ndarray | Callable[[], np.ndarray], how: str
    ) -> Estimates:
        """The numbers `values` with the errors `error`, obtained as `how` says."""
        try:
            estimates = np.array(values).view(cls)
        except ValueError:  # ragged
            checks.fail("values", "numbers in one shape", values)
        estimates._error = error
        estimates.how = how
        return estimates

    @property
    def error(self) -> np.ndarray:
        """Absolute errors of the numbers, (t,); not-a-number where one is not known."""
        if callable(self._error):
            self._error = np.broadcast_to(np.asarray(self._error(), float), self.shape).copy()
        return np.asarray(self._error)

    def __getitem__(self, key: Any) -> Any:
        chosen = self._plain()[key]
        if np.ndim(chosen) == 0:
            number = chosen.item()
            if isinstance(number, complex):
                return ComplexEstimate(number, lambda: float(self.error[key]), self.how)
            return Estimate(number, lambda: float(self.error[key]), self.how)
        return Estimates(chosen, lambda: self.error[key], self.how)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [_plain(item) for item in inputs]
        if kwargs.get("out") is not None:
            kwargs["out"] = tuple(_plain(item) for item in kwargs["out"])
        return getattr(ufunc, method)(*plain, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return func(*_plain(args), **_plain(kwargs))

    def __repr__(self) -> str:
        return repr(self._plain())

    def __str__(self) -> str:
        return str(self._plain())

    def __copy__(self) -> Estimates:
        return Estimates(self._plain(), self._lazily(), self.how)

    def __deepcopy__(self, memo: Any) -> Estimates:
        return Estimates(self._plain(), deepcopy(self._lazily(), memo), self.how)

    def _lazily(self) -> Any:
        """The errors, or what finds them: they can take far longer than the numbers.

        Plots copy what they draw, and need no errors.
        """
        return (lambda: self.error) if callable(self._error) else self._error

    def __reduce__(self) -> tuple[Any, ...]:
        return (Estimates, (self._plain().copy(), self.error, self.how))

    def _plain(self) -> np.ndarray:
        return self.view(np.ndarray)


def _plain(value: Any) -> Any:
    """The value with plain arrays in place of `Estimates`, also inside of sequences."""
    if isinstance(value, Estimates):
        return value._plain()
    if type(value) in (list, tuple):
        return type(value)(_plain(item) for item in value)
    if type(value) is dict:
        return {key: _plain(item) for key, item in value.items()}
    return value


def _on_plain(name: str) -> Callable[..., Any]:
    def method(self: Estimates, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._plain(), name)(*_plain(args), **_plain(kwargs))

    method.__name__, method.__doc__ = name, getattr(np.ndarray, name).__doc__
    return method


def _property_of_plain(name: str) -> property:
    return property(lambda self: getattr(self._plain(), name))


# Methods in C would hand the class on to their result, whose errors are not those of this array.
for _name in (
    "astype", "byteswap", "choose", "clip", "compress", "conj", "conjugate", "copy", "cumprod",
    "cumsum", "diagonal", "dot", "flatten", "max", "mean", "min", "prod", "ravel", "repeat",
    "reshape", "round", "squeeze", "std", "sum", "swapaxes", "take", "trace", "transpose", "var",
):  # fmt: skip
    setattr(Estimates, _name, _on_plain(_name))
for _name in ("T", "real", "imag"):
    setattr(Estimates, _name, _property_of_plain(_name))
