"""Argument checks with one grammar: "Argument `x` must be ..., but is ..."."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Sequence, Sized
from numbers import Complex, Integral, Number, Real
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from thermalent.support.errors import ArgumentError

_LONG = 10**30
# Where a result that was given in place of its matrix has that.
_MATRICES = {
    "state": ", whose matrix is its `.state`",
    "states": ", whose matrices are its `.states`",
}
_MOST_SHOWN = 200  # characters of a value in a message
_LONGEST_NAME, _LONGEST_PATH = 255, 4096  # bytes that file systems take, of one folder and of all
LARGEST_RATE = 1e100  # in any unit: a rate beyond it, or below its inverse, is a mistake
LARGEST_AMPLITUDE = 1e6  # of a coherent state: a million million quanta
MOST_TIMES = 1_000_000  # of an evolution or a spectrum
MOST_NODES = 1000  # of a network: its matrices have a million elements then
# Parts of the largest element by which an eigenvalue below zero is rounding, at least and per row.
_EIGENVALUE_ROUNDING, _ROUNDING_PER_ROW = 1e-12, 1e-14
_MOST = 10**12  # of anything that is counted; a loop over as many would not end


class Words(str):
    """A description of an argument instead of its repr, where that is too long to print."""

    __repr__ = str.__str__


def fail(name: str, allowed: str, value: object) -> NoReturn:
    """Raise the ValueError that names the argument, what is allowed and the value given."""
    # Some functions are told what their argument is called, by whoever calls them.
    raise ArgumentError(f"Argument `{_cut(name)}` must be {allowed}, but is {in_message(value)}.")


def in_message(value: object) -> str:
    """The repr of a value, cut where it is too long for a message."""
    if isinstance(value, Words):
        return str(value)
    if isinstance(value, int) and abs(value) >= _LONG:
        # Its digits would fill the screen, and Python refuses to print more than some thousand.
        power = int(abs(value).bit_length() * np.log10(2.0))
        return f"an integer of about {'-' if value < 0 else ''}10^{power}"
    try:
        text = repr(value)
    except ValueError:  # a collection with such an integer
        text = f"a {type(value).__name__}"
    return _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


def scalar(value: Any) -> Any:
    """The number in an array or a labelled array without dimensions; anything else as it is."""
    if type(value) is float or isinstance(value, Number) or getattr(value, "ndim", None) != 0:
        return value
    if np.ma.is_masked(value):  # its item would be a zero
        return value
    return value.item()


def real(name: str, value: Any) -> float:
    """A finite real number."""
    return _number(name, "a finite real number", value, -math.inf)


def nonnegative(name: str, value: Any) -> float:
    """A finite number >= 0."""
    return _number(name, "finite and non-negative", value, 0.0)


def positive(name: str, value: Any) -> float:
    """A finite number > 0."""
    number = _number(name, "finite and positive", value, 0.0)
    if number == 0.0:
        fail(name, "finite and positive", value)
    return number


def rate(name: str, value: Any) -> float:
    """A rate that is zero, or whose products with others neither overflow nor lose their digits."""
    number = _number(name, "finite and non-negative", value, 0.0)
    if number != 0.0 and not 1 / LARGEST_RATE <= number <= LARGEST_RATE:
        allowed = f"zero, or at least {1 / LARGEST_RATE:g} and at most {LARGEST_RATE:g}"
        fail(name, allowed, value)
    return number


def positive_rate(name: str, value: Any) -> float:
    """A rate > 0 whose products with others neither overflow nor lose their digits."""
    rate = _number(name, "finite and positive", value, 0.0)
    if rate == 0.0:
        fail(name, "finite and positive", value)
    if not 1 / LARGEST_RATE <= rate <= LARGEST_RATE:
        fail(name, f"at least {1 / LARGEST_RATE:g} and at most {LARGEST_RATE:g}", value)
    return rate


def frequency(name: str, value: Any) -> float:
    """A real number, as a detuning, of a size that a rate may have."""
    number = _number(name, "a finite real number", value, -math.inf)
    if number != 0.0 and not 1 / LARGEST_RATE <= abs(number) <= LARGEST_RATE:
        allowed = f"zero, or at least {1 / LARGEST_RATE:g} and at most {LARGEST_RATE:g} in size"
        fail(name, allowed, value)
    return number


def if_given(check: Callable[..., Any], name: str, value: Any, *limits: float) -> None:
    """Check a value that may be left out, which is None."""
    if value is not None:
        check(name, value, *limits)


def within(name: str, value: Any, low: float, high: float) -> float:
    """A finite number in [low, high]."""
    if type(value) is float and low <= value <= high:
        return value
    return _number(name, f"a number in [{low:g}, {high:g}]", value, low, high)


def _number(name: str, allowed: str, value: Any, low: float, high: float = math.inf) -> float:
    # Most values are plain floats, for which the questions below would take longer than the rest.
    if type(value) is float and math.isfinite(value) and low <= value <= high:
        return value
    value = scalar(value)
    # bool is a Real in Python, but a rate of True is a mistake.
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        fail(name, allowed, Words(in_message(value) + _no_number(value)))
    try:
        number = float(value)
    except OverflowError:  # an integer beyond 1e308
        fail(name, allowed, value)
    if not (math.isfinite(number) and low <= number <= high):
        fail(name, allowed, value)
    return number


def _no_number(value: Any) -> str:
    """What stands in place of a real number, where its repr does not say so at once."""
    if isinstance(value, str):
        return ", which is text"
    if isinstance(value, (Sequence, np.ndarray)):
        return ", which is not one number"
    return ", which is complex" if isinstance(value, (complex, np.complexfloating)) else ""


def integer(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """A count: an integer from `minimum` on, to `maximum` if given, else to 10^12."""
    if type(value) is int and minimum <= value <= (_MOST if maximum is None else maximum):
        return value
    value = scalar(value)
    if maximum is None and isinstance(value, Integral) and int(value) > _MOST:
        maximum = _MOST
    return _integer(name, value, minimum, maximum)


def node_count(name: str, value: Any, minimum: int = 1) -> int:
    """A number of nodes whose matrices a network can hold."""
    if integer(name, value, minimum) > MOST_NODES:
        fail(name, f"at most {MOST_NODES}", value)
    return int(value)


def seed(name: str, value: Any) -> int:
    """An integer >= 0 of any size."""
    return _integer(name, value, 0, None)


def _integer(name: str, value: Any, minimum: int, maximum: int | None) -> int:
    wanted = f"an integer of at least {minimum}"
    if maximum is not None:
        wanted = f"an integer from {minimum} to {maximum}"
    if (
        isinstance(value, (bool, np.bool_))
        or not isinstance(value, Integral)
        or int(value) < minimum
        or (maximum is not None and int(value) > maximum)
    ):
        fail(name, wanted, value)
    return int(value)


def per_item(name: str, value: Any, count: int, item: str) -> tuple[Any, ...]:
    """One value for all of `count` items, or a sequence with one value for each."""
    if type(value) is float or type(value) is int:
        return (value,) * count
    value = scalar(value)
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)):
        if len(value) != count:
            fail(name, f"one number or {count} numbers (one per {item})", value)
        return tuple(value)
    return (value,) * count


def square_matrix(name: str, value: Any, size: int | None = None) -> np.ndarray:
    """A finite complex square matrix, of `size` rows if given."""
    try:
        matrix = np.array(value, dtype=complex)
    except (TypeError, ValueError, OverflowError):
        holder = next((words for place, words in _MATRICES.items() if hasattr(value, place)), "")
        fail(name, "a square matrix of numbers", Words(in_message(value) + holder))
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        shape = f"an array of shape {matrix.shape}"
        fail(name, "a square matrix", Words(shape if matrix.ndim else in_message(value)))
    if size is not None and matrix.shape[0] != size:
        fail(name, f"a {size} x {size} matrix", Words(f"an array of shape {matrix.shape}"))
    if not np.isfinite(matrix).all():
        fail(name, "finite in every element", Words("not"))
    return matrix


def rates(name: str, matrix: np.ndarray) -> np.ndarray:
    """The matrix, if products of its rates neither overflow nor lose their digits."""
    size = np.abs(matrix)
    largest = float(size.max(initial=0.0))
    if largest > LARGEST_RATE:
        fail(name, f"at most {LARGEST_RATE:g} in every element", largest)
    smallest = min((rate for rate in size.diagonal().tolist() if rate > 0), default=math.inf)
    if smallest < 1 / LARGEST_RATE:
        fail(name, f"zero or at least {1 / LARGEST_RATE:g} on its diagonal", smallest)
    return matrix


def hermitian(name: str, matrix: np.ndarray) -> np.ndarray:
    """The matrix, if it is Hermitian to rounding."""
    adjoint = matrix.conj().T
    deviation = float(np.abs(matrix - adjoint).max(initial=0.0))
    # Most matrices equal their adjoint: then the scale of the deviation does not matter.
    if deviation > 0 and deviation > 1e-12 * max(float(np.abs(matrix).max()), 1e-300):
        _fail_deviation(name, "Hermitian", "adjoint", deviation)
    return np.asarray((matrix + adjoint) / 2)


def symmetric(name: str, matrix: np.ndarray) -> np.ndarray:
    """The matrix, if it equals its transpose to rounding."""
    deviation = float(np.max(np.abs(matrix - matrix.T), initial=0.0))
    scale = float(np.max(np.abs(matrix), initial=0.0))
    if deviation > 1e-12 * max(scale, 1e-300):
        _fail_deviation(name, "symmetric", "transpose", deviation)
    return (matrix + matrix.T) / 2


def _fail_deviation(name: str, allowed: str, other: str, deviation: float) -> NoReturn:
    fail(name, allowed, Words(f"not: its largest deviation from its {other} is {deviation:.3g}"))


def eigenvalue_rounding(rows: int) -> float:
    """How far below zero rounding may take an eigenvalue, in the matrix's largest element."""
    return max(_EIGENVALUE_ROUNDING, _ROUNDING_PER_ROW * rows)


def positive_semidefinite(name: str, matrix: np.ndarray) -> np.ndarray:
    """The matrix, if it is Hermitian and has no eigenvalue below zero (to rounding)."""
    matrix = hermitian(name, matrix)
    if matrix.any():
        lowest = float(np.linalg.eigvalsh(matrix)[0])
        scale = max(float(np.abs(matrix).max()), 1e-300) if lowest < 0 else 0.0
        if lowest < -eigenvalue_rounding(len(matrix)) * scale:
            fail(
                name,
                "positive semidefinite",
                Words(f"not: its smallest eigenvalue is {lowest:.6g}"),
            )
    return matrix


def text(name: str, value: Any) -> str:
    """Text, such as a name."""
    if not isinstance(value, str):
        fail(name, "text", value)
    return value


def of_one(name: str, value: Any, argument: str) -> None:
    """A function that can be called with one argument."""
    allowed = f"a function of one argument, {argument}"
    if not callable(value):
        fail(name, allowed, value)
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return  # of a builtin, which shows errors at its call
    try:
        signature.bind(None)
    except TypeError:
        fail(name, allowed, value)


def path(name: str, value: Any) -> Path:
    """The path of a file or folder, whether it exists or not."""
    try:
        text = os.fspath(value)
        parts = os.fsencode(text).split(os.fsencode(os.sep))
    except (TypeError, ValueError):  # of another type, or of characters that no name has
        fail(name, "a path", value)
    if not isinstance(text, str) or "\0" in text:
        fail(name, "a path", value)
    if max(map(len, parts)) > _LONGEST_NAME or len(text) > _LONGEST_PATH:
        allowed = f"a path of at most {_LONGEST_PATH} characters, its names {_LONGEST_NAME} each"
        fail(name, allowed, text)
    return Path(text)


def real_array(name: str, value: Any) -> np.ndarray:
    """Finite real numbers of any shape."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError):  # ragged
        fail(name, "finite real numbers", value)
    if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array)):
        fail(name, "finite real numbers", value)
    return array.astype(float)


def few(name: str, value: Any) -> None:
    """Complain about a sequence with more items than fit into a computation, before it starts."""
    sized = isinstance(value, Sized) and getattr(value, "ndim", 1) > 0
    if sized and len(value) > MOST_TIMES:
        fail(name, f"a sequence of at most {MOST_TIMES} numbers", Words(f"one of {len(value)}"))


def numbers(name: str, value: Any, item: str = "number") -> np.ndarray:
    """Finite real numbers in a sequence, at least one, as an array (n,)."""
    few(name, value)
    try:
        given = np.atleast_1d(np.asarray(value))
        # NumPy would take True for 1, and "1" as well.
        plain = given.dtype.kind in "fiu" or (
            given.dtype.kind == "O"
            and all(isinstance(x, Real) and not isinstance(x, bool) for x in given.ravel())
        )
        grid = given.astype(float) if plain else None
    except (TypeError, ValueError, OverflowError):
        grid = None
    if grid is None:
        short = Words(f"{repr(value)[:60]}...") if len(repr(value)) > 60 else value
        fail(name, "a sequence of real numbers", short)
    if grid.ndim != 1 or grid.size == 0:
        fail(name, f"a sequence of at least one {item}", Words(f"an array of shape {grid.shape}"))
    if not np.all(np.isfinite(grid)):
        fail(name, "finite", float(grid[~np.isfinite(grid)][0]))
    return grid


def time_grid(name: str, value: Any) -> np.ndarray:
    """Finite times >= 0 in increasing order, as an array."""
    grid = numbers(name, value, "time")
    if grid[0] < 0:
        fail(name, "non-negative", float(grid[0]))
    if np.any(np.diff(grid) <= 0):
        place = int(np.argmax(np.diff(grid) <= 0))
        fail(name, "increasing", Words(f"{grid[place]:g} followed by {grid[place + 1]:g}"))
    return grid


def source_start(name: str, value: Any) -> str | complex | tuple[complex, ...]:
    """The initial state of a source: "stationary", "empty", or finite coherent amplitudes.

    One amplitude is a number, those of several modes are a tuple.
    """
    if isinstance(value, str) and value in ("stationary", "empty"):
        return str(value)
    allowed = "'stationary', 'empty' or a finite coherent amplitude, of several modes one each"
    if isinstance(value, (tuple, list, np.ndarray)) and np.ndim(value) == 1 and len(value) > 0:
        given = tuple(_amplitude(name, each, allowed, value) for each in value)
        return given[0] if len(given) == 1 else given
    return _amplitude(name, value, allowed, value)


def _amplitude(name: str, value: Any, allowed: str, whole: Any) -> complex:
    value = scalar(value)
    if isinstance(value, (str, bool)) or not isinstance(value, Complex):
        fail(name, allowed, whole)
    try:
        amplitude = complex(value)
    except OverflowError:  # an integer beyond 1e308
        amplitude = complex(np.inf)
    if not np.isfinite(amplitude):
        fail(name, allowed, whole)
    if abs(amplitude) > LARGEST_AMPLITUDE:
        fail(name, f"an amplitude of at most {LARGEST_AMPLITUDE:g}", whole)
    return amplitude
