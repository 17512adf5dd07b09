"""One call and what came of it."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import time
import traceback
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray

import thermalent as te
from tests.audit.calls.random_calls import Call, simpler

RESULT, REFUSED, LONG = "a result", "refused", "announced as long"
RAW, NOT_FINITE, UNWELCOME = "raw exception", "non-finite value", "welcome form refused"
MEMORY, HUNG = "beyond memory", "did not end"
VIOLATIONS = (RAW, NOT_FINITE, UNWELCOME, MEMORY, HUNG)

_ANNOUNCED = r".* would take about .* multiplications"  # a warning before the work begins
_LONGEST = 1500  # characters of a message that a person can read
# Fields in which infinity or NaN says that a number is not known, or does not exist.
_MAY_BE_UNKNOWN = (
    *("needed_n", "error", "errors", "stats", "status", "how", "times", "note"),
    # Of a requirement: no dephasing is an infinite time.
    *("dephasing_time", "ranges", "best_value"),
    # Of a design: a concurrence that is zero all around has no slope.
    "sensitivities",
)
# Functions that are asked to raise.
_ASSERTIONS = "te.testing.assert_"


class Outcome(NamedTuple):
    """What came of a call."""

    call: str
    kind: str
    note: str = ""
    seconds: float = 0.0  # of CPU time


def outcome(call: Call, names: Mapping[str, Any]) -> Outcome:
    """Make a call, and judge what it returns or raises."""
    began = time.process_time()
    kind, note = _judged(call, names)
    return Outcome(call.text, kind, note, time.process_time() - began)


def smallest(call: Call, found: Outcome, names: Mapping[str, Any]) -> Outcome:
    """The outcome of the simplest call that goes wrong in the same way."""
    if found.kind not in (RAW, NOT_FINITE, UNWELCOME):
        return found
    for candidate in simpler(call):
        other = outcome(candidate, names)
        if other.kind == found.kind:
            return smallest(candidate, other, names)
    return found


def _judged(call: Call, names: Mapping[str, Any]) -> tuple[str, str]:
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("always")
        warnings.filterwarnings("error", message=_ANNOUNCED)
        try:
            result = eval(call.text, dict(names))
        except RuntimeWarning as announced:
            return LONG, str(announced)
        except te.ThermalentError as error:
            return _of_refusal(call, error)
        except MemoryError as error:
            return MEMORY, _place(error)
        except AssertionError as error:
            if call.target.path.startswith(_ASSERTIONS):
                return RESULT, ""
            return RAW, _place(error)
        except BaseException as error:
            if _of_the_caller(error):
                return REFUSED, ""
            return RAW, _place(error)
        try:
            wrong = not_finite(result)
        except BaseException as error:
            return RAW, f"reading the result: {_place(error)}"
    said = [w for w in warned if issubclass(w.category, (RuntimeWarning, UserWarning))]
    if wrong and not said and not call.target.holds:
        return NOT_FINITE, wrong
    return RESULT, ""


def _of_refusal(call: Call, error: te.ThermalentError) -> tuple[str, str]:
    message = str(error)
    if call.welcome and call.target.works:
        return UNWELCOME, message[:300]
    if not message.strip() or len(message) > _LONGEST:
        return RAW, f"a message of {len(message)} characters: {message[:200]}"
    return REFUSED, message


def _of_the_caller(error: BaseException) -> bool:
    """Whether it was raised by a function among the arguments, which is not ours to explain."""
    frames = traceback.extract_tb(error.__traceback__)
    return len(frames) > 2 and frames[-1].filename == "<string>"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/thermalent/" in frame.filename] or frames
    where = f"{ours[-1].filename.rpartition('/thermalent/')[2]}:{ours[-1].lineno}"
    return f"{type(error).__name__} at {where}: {' '.join(str(error).split())[:200]}"


def not_finite(result: Any, depth: int = 0) -> str:
    """Where a result has a number that is not finite, or "" if it has none."""
    if isinstance(result, (float, complex, np.number)):
        value = complex(result)
        return "" if math.isfinite(value.real) and math.isfinite(value.imag) else repr(result)
    if isinstance(result, xarray.Dataset) and "status" in result:  # of a sweep
        solved = result["status"].values == 1
        # An approximation does not know its error.
        unknown = "error" if result.attrs.get("claim") == "approximate" else None
        numbers = [name for name in result if unknown is None or unknown not in str(name)]
        return next((str(n) for n in numbers if not _finite(result[n].values[solved])), "")
    if isinstance(result, xarray.Dataset):
        numbers = [name for name in result if "error" not in str(name)]
        return next((str(name) for name in numbers if not _finite(result[name].values)), "")
    if isinstance(result, np.ndarray):
        return "" if _finite(result) else "an array"
    if depth > 4 or isinstance(result, (str, bytes, type)):
        return ""
    if isinstance(result, Mapping):
        items = [(str(key), value) for key, value in result.items()]
    elif isinstance(result, (tuple, list)):
        named = getattr(result, "_fields", range(len(result)))
        items = list(zip(map(str, named), result, strict=True))
    elif dataclasses.is_dataclass(result):
        items = [(f.name, getattr(result, f.name)) for f in dataclasses.fields(result)]
    else:
        return ""
    for name, value in items:
        where = "" if name in _MAY_BE_UNKNOWN else not_finite(value, depth + 1)
        if where:
            return f"{name}: {where}"
    return ""


def _finite(values: np.ndarray) -> bool:
    return values.dtype.kind not in "fc" or bool(np.all(np.isfinite(values)))
