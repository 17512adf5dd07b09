"""Which functions, classes and modules are the user's, and what such code runs and names."""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import importlib
import importlib.util
import os
import sys
import sysconfig
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parents[3]  # the folder `thermalent`
_INSTALLED = tuple(
    Path(folder).resolve()
    for name in ("stdlib", "platstdlib")
    if (folder := sysconfig.get_paths().get(name))
)
# Calls by which the names of local variables bear on what a function does.
_LOCALS = {"locals", "vars", "eval", "exec", "dir"}
_WITH_DOCUMENTATION = 0x4000000  # a flag of the bytecode, from Python 3.13 on


def own(value: Callable[..., Any]) -> bool:
    """Whether a function or class is the user's, not of Python or an installed package."""
    code = getattr(value, "__code__", None)
    if code is not None and not code.co_filename.startswith("<frozen"):
        if code.co_filename.startswith("<"):  # typed in, or made by `exec` as `dataclass` does
            module = sys.modules.get(value.__module__ or "")
            return module is None or in_project(getattr(module, "__file__", None))
        return in_project(code.co_filename)
    module = sys.modules.get(getattr(value, "__module__", "") or "")
    if module is None or module is builtins:
        return False
    return module.__name__ == "__main__" or in_project(getattr(module, "__file__", None))


@functools.lru_cache(maxsize=1024)
def in_project(file: str | None) -> bool:
    """Whether a file is the user's: neither of Python, nor installed, nor of this package."""
    if file is None:
        return False
    path = Path(os.path.abspath(file)).resolve()
    if {"site-packages", "dist-packages"} & set(path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in (_PACKAGE, *_INSTALLED))


def cells(function: types.FunctionType) -> list[Any]:
    """The values that a function closes over."""
    found = []
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # an empty one
            found.append(cell.cell_contents)
    return found


def leads_home(value: Any, depth: int) -> bool:
    """Whether a value is, or holds within so many steps, a function or class of the user's."""
    if depth == 0:
        return False
    if isinstance(value, type):
        return own(value)
    if isinstance(value, types.FunctionType):
        inside = [*cells(value), getattr(value, "__wrapped__", None)]
        return own(value) or any(leads_home(item, depth - 1) for item in inside)
    if isinstance(value, functools.partial):
        return leads_home(value.func, depth - 1)
    if isinstance(value, types.MethodType):
        return leads_home(value.__func__, depth - 1)
    if isinstance(value, (dict, types.MappingProxyType)):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return leads_home(getattr(value, "__wrapped__", None), depth - 1)
    return any(leads_home(item, depth - 1) for item in value)


def global_name(value: Any) -> str:
    """The name of a function or class, with its module."""
    module = getattr(value, "__module__", None) or ""
    return f"{module}.{getattr(value, '__qualname__', getattr(value, '__name__', repr(value)))}"


def bytecode(code: types.CodeType, words: Callable[[Any], str]) -> str:
    """What a function does, whatever its lines, comments, documentation and names of locals.

    Args:
        code: Of the function.
        words: Describes a constant.
    """
    parameters = code.co_argcount + code.co_kwonlyargcount
    parameters += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # *args and **kwargs
    named = code.co_varnames[:parameters]
    if _LOCALS & set(code.co_names):
        named = (*code.co_varnames, *code.co_freevars, *code.co_cellvars)
    about = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    flags = code.co_flags & ~_WITH_DOCUMENTATION
    steps = [_step(step, words) for step in dis.get_instructions(code)]
    return f"{about} {flags} {named} {steps} {code.co_exceptiontable.hex()}"


def _step(step: dis.Instruction, words: Callable[[Any], str]) -> str:
    if step.opcode in dis.hasconst:  # by its value, since its position counts unused ones, too
        inside = step.argval
        told = bytecode(inside, words) if isinstance(inside, types.CodeType) else words(inside)
        return f"{step.opname} {told}"
    return f"{step.opname} {step.argrepr if step.opcode in dis.hasname else step.arg}"


def names(code: types.CodeType) -> Iterator[str]:
    """Globals and attributes that a function or one inside of it names."""
    yield from code.co_names
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            yield from names(item)


def imported(code: types.CodeType, package: str) -> Iterator[types.ModuleType]:
    """Modules of the user's that a function imports when it is called.

    Args:
        code: Of the function.
        package: Of its module, to which relative imports refer.
    """
    before: tuple[Any, ...] = (0, None)  # the constants loaded last: the level and the names
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME":
            name = "." * before[0] + str(step.argval)
            yield from _modules(name, before[1] or (), package)
        elif step.opname.startswith("LOAD_") and not isinstance(step.argval, types.CodeType):
            before = before[1], step.argval
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            yield from imported(item, package)


def _modules(name: str, members: Iterable[str], package: str) -> Iterator[types.ModuleType]:
    """A module of the user's, and those of its members that are modules."""
    module = _module(name, package)
    if module is not None:
        yield module
        for member in members:
            inside = None if hasattr(module, member) else _module(f"{module.__name__}.{member}", "")
            if inside is not None:
                yield inside


def _module(name: str, package: str) -> types.ModuleType | None:
    try:
        absolute = importlib.util.resolve_name(name, package)
        top = importlib.util.find_spec(absolute.partition(".")[0])
        places = [] if top is None else [top.origin, *(top.submodule_search_locations or ())]
        if not any(in_project(place) for place in places if place):
            return None
        return importlib.import_module(absolute)
    except Exception:  # the function will say so where it is called
        return None
