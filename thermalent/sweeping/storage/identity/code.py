"""An identity of a user's function, by which two runs of Python can compare it.

A study that goes on must be the same physics. A builder's name does not tell: its body may have
changed, a function that it calls, a number that it reads, an attribute of the object that it is.
So each of these is a *piece* of the study's code, with a digest: the bytecode of the function (not
its docstring, comments, line numbers or names of locals), its defaults, its attributes and the
values that it closes over, and in turn every function, class and value of the same project that it
names or imports. What comes from an installed package, this one included, is told by its name; the
package's own version stands beside.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import hashlib
import logging
import re
import sys
import types
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from thermalent.support.errors import ArgumentError
from thermalent.sweeping.storage.identity.own_code import (
    bytecode,
    cells,
    global_name,
    imported,
    in_project,
    leads_home,
    names,
    own,
)

_LONGEST = 60  # characters of a value that stands as it is, so that a message can show it
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


class NoIdentity(ArgumentError):
    """Two runs of Python could not tell whether they hold the same object; the text names it."""


def pieces(named: Mapping[str, Any]) -> dict[str, str]:
    """Every piece of code and data behind some objects.

    Args:
        named: Builders, observables and values by the name of their argument.

    Returns:
        A digest, or a short value itself, by the qualified name of the piece. Bytecode is that of
        one version of Python, which is a piece of its own where there is any.

    Raises:
        NoIdentity: an object can only be told by its address in memory.
    """
    collected = _Pieces(named)
    for name, value in named.items():
        collected.put(name, collected.words(value, name))
    if collected.bytecode:
        collected.put("Python", f"{sys.version_info.major}.{sys.version_info.minor}")
    return dict(sorted(collected.by_name.items()))


def code_differences(stored: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """The changes between two sets of pieces, in words."""
    changed = []
    for name in sorted({*stored, *given}):
        before, now = stored.get(name), given.get(name)
        if before == now:
            continue
        if before is None:
            changed.append(f"`{name}` is new")
        elif now is None:
            changed.append(f"`{name}` is no longer there")
        elif _is_digest(before) or _is_digest(now):
            changed.append(f"`{name}` is different")
        else:
            changed.append(f"`{name}` was {before} and is {now}")
    return changed


class _Pieces:
    """Pieces that are found while objects are walked through.

    Args:
        reserved: Names that no function, class or global may take.
    """

    def __init__(self, reserved: Iterable[str]) -> None:
        self.by_name: dict[str, str] = {}
        self.bytecode = False
        self._taken = {*reserved, "Python"}
        self._globals_met: set[tuple[int, str]] = set()  # of which module, and the name
        self._names: dict[int, str] = {}  # of the functions and classes met, by identity
        self._kept: list[Any] = []  # so that no identity is used twice
        self._under_way: set[int] = set()

    def put(self, name: str, words: str) -> None:
        short = len(words) <= _LONGEST and "\n" not in words
        self.by_name[name] = words if short else _digest(words)

    def words(self, value: Any, where: str) -> str:
        """A value in words that do not depend on the process."""
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            if type(value).__module__ == "builtins":
                return f"{value!r}"
            kind = f"{self._class(type(value), where)} " if own(type(value)) else ""
            if not isinstance(value, enum.Enum):
                return kind + self._plain(value)
        if isinstance(value, (types.FunctionType, type)):
            return self._code(value, where)
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        if isinstance(value, (types.BuiltinFunctionType, np.ufunc)):
            return global_name(value)
        if id(value) in self._under_way:
            return "itself"
        self._under_way.add(id(value))
        try:
            return self._composed(value, where)
        finally:
            self._under_way.discard(id(value))

    def _composed(self, value: Any, where: str) -> str:
        if isinstance(value, (np.ndarray, np.generic)):
            return (
                self._plain(value) if value.dtype != object else self._listed(value.ravel(), where)
            )
        if isinstance(value, enum.Enum):
            return f"{self._class(type(value), where)}.{value.name}"
        if isinstance(value, (PurePath, slice, range, re.Pattern, np.dtype)):
            return repr(value)
        if isinstance(value, logging.Logger):
            return f"logger {value.name}"
        if isinstance(value, (Mapping, set, frozenset, list, tuple)) and own(type(value)):
            return f"{self._class(type(value), where)} {self._collected(value, where)}"
        return self._collected(value, where)

    def _collected(self, value: Any, where: str) -> str:
        """What holds other values."""
        if isinstance(value, Mapping):
            items = [(self.words(k, where), self.words(v, where)) for k, v in value.items()]
            return "{" + ", ".join(f"{k}: {v}" for k, v in sorted(items)) + "}"
        if isinstance(value, (set, frozenset)):
            return "{" + ", ".join(sorted(self.words(item, where) for item in value)) + "}"
        if isinstance(value, (list, tuple)):
            return self._listed(value, where)
        if isinstance(value, functools.partial):
            inside = self._listed([value.func, value.args, value.keywords], where)
            return f"partial {inside}"
        if isinstance(value, types.MethodType):
            return f"method {self._listed([value.__func__, value.__self__], where)}"
        return self._instance(value, where)

    def _listed(self, values: Any, where: str) -> str:
        return "(" + ", ".join(self.words(item, where) for item in values) + ")"

    def _plain(self, value: Any) -> str:
        """A number or an array of numpy: type, shape and bits."""
        array = np.ascontiguousarray(value)
        if array.size <= 4:
            return f"{array.dtype} {array.tolist()!r}"
        return f"{array.dtype} {array.shape} {hashlib.sha256(array.tobytes()).hexdigest()}"

    def _instance(self, value: Any, where: str) -> str:
        kind = self._class(type(value), where)
        if isinstance(wrapped := getattr(value, "__wrapped__", None), types.FunctionType):
            return f"{kind} of {self._code(wrapped, where)}"
        if dataclasses.is_dataclass(value):
            inside = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
            return f"{kind} {self._composed(inside, where)}"
        inside = dict(getattr(value, "__dict__", {}))
        for slots in (getattr(base, "__slots__", ()) for base in type(value).__mro__):
            for name in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, name) and name not in ("__dict__", "__weakref__"):
                    inside[name] = getattr(value, name)
        if inside:
            return f"{kind} {self._composed(inside, where)}"
        words = repr(value)
        if not _ADDRESS.search(words):
            return f"{kind} {words}"
        if own(type(value)):  # an object without state: its class says all
            return kind
        raise NoIdentity(_told_by_address(value, where))

    def _code(self, value: Any, where: str) -> str:
        return (
            self._class(value, where) if isinstance(value, type) else self._function(value, where)
        )

    def _function(self, function: types.FunctionType, where: str) -> str:
        if not own(function):
            return self._around(function, where)
        known = self._known(function)
        if known is not None:
            return known
        name = self._name(function)
        self.bytecode = True
        attributes = {key: v for key, v in vars(function).items() if key != "__wrapped__"}
        wrapped = getattr(function, "__wrapped__", None)
        self.by_name[name] = _digest(
            "; ".join(
                [
                    bytecode(function.__code__, lambda item: self.words(item, where)),
                    self.words(function.__defaults__, where),
                    self.words(function.__kwdefaults__, where),
                    *(self._cell(cell, where) for cell in function.__closure__ or ()),
                    self.words(attributes, where) if attributes else "",
                    "" if wrapped is None else self.words(wrapped, where),
                ]
            )
        )
        self._globals(function, where)
        return name

    def _around(self, function: types.FunctionType, where: str) -> str:
        """A function of a package; what of the user's it calls, if it comes from a decorator."""
        name = global_name(function)
        inside = [*cells(function), getattr(function, "__wrapped__", None)]
        if not any(leads_home(value, 4) for value in inside) or id(function) in self._under_way:
            return name
        self._under_way.add(id(function))
        try:
            told = [self.words(v, where) for v in inside if leads_home(v, 4) or _is_plain(v)]
            return f"{name} around ({', '.join(told)})"
        finally:
            self._under_way.discard(id(function))

    def _cell(self, cell: types.CellType, where: str) -> str:
        try:
            value = cell.cell_contents
        except ValueError:
            return "empty"
        return self.words(value, where)

    def _globals(self, function: types.FunctionType, where: str) -> None:
        """Functions, classes and values of the same project that the function names."""
        used = set(names(function.__code__))
        visited: set[int] = set()
        for name in sorted(used & function.__globals__.keys()):
            value = function.__globals__[name]
            if isinstance(value, types.ModuleType):
                self._members(value, used, where, visited)
            else:
                self._named(name, value, id(function.__globals__), where)
        package = function.__globals__.get("__package__") or ""
        for module in imported(function.__code__, package):
            self._members(module, used, where, visited)

    def _members(
        self, module: types.ModuleType, used: set[str], where: str, visited: set[int]
    ) -> None:
        """What a function may use of a module of the same project, and of the modules in it."""
        if id(module) in visited or not in_project(getattr(module, "__file__", None)):
            return
        visited.add(id(module))
        for name in sorted(used & vars(module).keys()):
            value = getattr(module, name)
            if isinstance(value, types.ModuleType):
                self._members(value, used, where, visited)
            else:
                self._named(name, value, id(vars(module)), where)

    def _named(self, name: str, value: Any, home: int, where: str) -> None:
        """A global, by the identity of its module's names and its own name."""
        if isinstance(value, type) or (isinstance(value, types.FunctionType) and own(value)):
            self._code(value, where)
        elif (home, name) not in self._globals_met:
            self._globals_met.add((home, name))
            piece = self._free(name)
            self.put(piece, self.words(value, f"{name}, which {where} uses"))

    def _class(self, kind: type, where: str) -> str:
        if not own(kind):
            return global_name(kind)
        known = self._known(kind)
        if known is not None:
            return known
        name = self._name(kind)
        self.by_name[name] = ""
        members = [
            f"{key}: {self._member(value, where)}"
            for key, value in sorted(vars(kind).items())
            if key not in _OF_EVERY_CLASS
        ]
        bases = [self._class(base, where) for base in kind.__bases__]
        self.by_name[name] = _digest("; ".join([*bases, *members]))
        return name

    def _member(self, value: Any, where: str) -> str:
        if isinstance(value, (staticmethod, classmethod)):
            return self.words(value.__func__, where)
        if isinstance(value, property):
            return self._listed([value.fget, value.fset, value.fdel], where)
        if isinstance(value, (types.MemberDescriptorType, types.GetSetDescriptorType)):
            return "slot"
        if isinstance(value, functools.cached_property):
            return self.words(value.func, where)
        return self.words(value, where)

    def _known(self, value: Any) -> str | None:
        return self._names.get(id(value))

    def _name(self, value: Any) -> str:
        """The name of a function or class as a piece."""
        name = self._free(value.__qualname__)
        self._names[id(value)] = name
        self._kept.append(value)
        return name

    def _free(self, name: str) -> str:
        """A name, numbered where several pieces have the same (as lambdas do)."""
        free, number = name, 1
        while free in self._taken:
            number += 1
            free = f"{name} ({number})"
        self._taken.add(free)
        return free


def _is_plain(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex, str, bytes))


# Of a class: what Python or `dataclass` writes, which follows from the rest or is no code.
_OF_EVERY_CLASS = frozenset(
    (
        "__dict__", "__weakref__", "__module__", "__doc__", "__qualname__", "__annotations__",
        "__dataclass_fields__", "__dataclass_params__", "__match_args__", "__abstractmethods__",
        "_abc_impl", "__firstlineno__", "__static_attributes__", "__slots__", "__parameters__",
        "__orig_bases__", "__annotate__", "__annotations_cache__", "__replace__",
    )
)  # fmt: skip


def _digest(words: str) -> str:
    return "sha256:" + hashlib.sha256(words.encode()).hexdigest()[:24]


def _is_digest(words: str) -> bool:
    return words.startswith("sha256:")


def _told_by_address(value: Any, where: str) -> str:
    return (
        f"Argument `{where}` must be made of functions, classes and plain values, which a later "
        f"run can compare, but holds {value!r}, which only its address in memory tells from "
        "others. Make it inside the function, or pass the numbers that it is made of."
    )
