"""What the functions of some modules give back in the course of a call.

A result says little of the way to it: how often a search begins anew, between which of two ways it
chose, which part of an error is the larger one. The functions on the way say it, each by how often
it was entered and by the sizes of what it gave back the first and the last time.
"""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
from scipy import sparse

import thermalent
from tests.kept_results.contents import NOT_KEPT, parts_of
from thermalent.support.errors import ThermalentError

_PACKAGE = Path(thermalent.__file__).parent
_DEEPEST, _MOST_PARTS = 2, 12
_Remembering = type(lru_cache(maxsize=1)(lambda: None))
# Added to a decimal logarithm: numbers are compared relatively, so that these are to 2e-4, from
# 1e-90 on, and a norm of one is no small number.
_ABOVE = 100.0
# What is given back to be filled, by the words in its name: it holds whatever was there before.
_TO_BE_FILLED = ("room", "space", "arrays")


def followed(call: Callable[[], object], *places: str) -> dict[str, Any]:
    """What the functions of some modules give back while a call runs, as if it were the first one.

    Args:
        call: Refusals are no less a result.
        places: Modules or folders below the package, such as "analysis.eigenvalues".

    Returns:
        By function: how often it was entered, and from the first and the last time the sizes of all
        parts of what it gave back, each the decimal logarithm of its norm.
    """
    _import_all()
    _forget()
    roots = tuple(str(_PACKAGE / place.replace(".", "/")) for place in places)
    entered: dict[str, int] = {}
    ends: dict[str, dict[str, Any]] = {}
    others = sys.getprofile()

    def note(frame: FrameType, event: str, value: Any) -> None:
        if others is not None:
            others(frame, event, value)
        name = _name(frame.f_code, roots)
        if name is None:
            return
        if event == "call":
            entered[name] = entered.get(name, 0) + 1
        elif event == "return":
            sizes = {} if value is None else dict(_sizes("", value, 0))
            if name in ends:
                ends[name]["last"] = sizes
            else:
                ends[name] = {"first": sizes}

    sys.setprofile(note)
    try:
        call()
    except ThermalentError:
        pass
    finally:
        sys.setprofile(others)
    return {name: {"entered": count, **ends.get(name, {})} for name, count in entered.items()}


@cache
def _import_all() -> None:
    """Import all modules, of which some are needed late: what that does is no part of a call."""
    for module in pkgutil.walk_packages([str(_PACKAGE)], "thermalent."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _forget() -> None:
    """Empty what functions of the package remember of earlier calls."""
    for name, module in list(sys.modules.items()):
        if name.startswith("thermalent"):
            for value in list(vars(module).values()):
                if isinstance(value, _Remembering):
                    value.cache_clear()


def _name(code: CodeType, roots: tuple[str, ...]) -> str | None:
    """The function's module and name; None if it is not one of those that are followed."""
    plain = code.co_flags & inspect.CO_OPTIMIZED and not code.co_name.startswith("<")
    if not plain or not code.co_filename.startswith(roots):  # classes while they are made
        return None
    if any(word in code.co_name for word in _TO_BE_FILLED):
        return None
    return f"{Path(code.co_filename).stem}.{code.co_qualname.replace('.<locals>', '')}"


def _sizes(place: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The sizes of all numbers in what a function gives back, by place."""
    if isinstance(value, sparse.sparray | sparse.spmatrix):
        value = value.tocoo().data
    if isinstance(value, str | bool | None):
        yield place, str(value)[:12]
    elif isinstance(value, int | float | complex | np.number | np.ndarray):
        array = np.asarray(value)
        if array.dtype.kind in "biufc":
            yield place, _size(array)
    elif depth < _DEEPEST:
        of: Mapping[str, Any] = parts_of(value)
        for name, part in list(of.items())[:_MOST_PARTS]:
            if _is_kept(name):
                yield from _sizes(f"{place}.{name}".lstrip("."), part, depth + 1)


def _is_kept(name: str) -> bool:
    """Whether a part has a name, which stays the same, and holds what a function has found."""
    named = name.isdigit() or name.isidentifier()
    return named and name not in NOT_KEPT and not any(word in name for word in _TO_BE_FILLED)


def _size(array: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        norm = float(np.linalg.norm(array.astype(complex).ravel()))
    return round(_ABOVE + math.log10(norm), 5) if 0 < norm < math.inf else norm
