"""Puts a change into the functions that are alive, so that nothing has to be imported again.

A module is compiled as it is and as it is changed. What Python made of the same function both times
is told apart by its place in the module, and every function that runs the one then runs the other:
methods, properties, what decorators hold, closures. Nothing is executed for that.

What the import itself computes (constants, defaults, tables, fields of classes) is not altered by
this. Such changes are refused here, and tried by a process of their own.
"""

from __future__ import annotations

import gc
import inspect
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from tests.mutation.mutants import Mutant


class NotInPlace(Exception):
    """The change alters what the import computes."""


class Place(NamedTuple):
    """Where a function of the package stands, the same in every copy of the tree."""

    file: str
    name: str
    line: int


class Change(NamedTuple):
    """A change as code.

    Args:
        own: The functions whose own code differs.
        replaced: Code and what stands instead, of these and of what is around them.
    """

    own: list[CodeType]
    replaced: list[tuple[CodeType, CodeType]]


def place(code: CodeType) -> Place:
    """Of a function's code."""
    file = code.co_filename[code.co_filename.rfind("/thermalent/") :]
    return Place(file, code.co_qualname, code.co_firstlineno)


def change_of(mutant: Mutant, tree: Path) -> Change:
    """The code that a change replaces; raises `NotInPlace` if the import runs it."""
    path = tree / mutant.path
    source = path.read_bytes()
    before, after = (
        list(_codes(compile(text, str(path), "exec", dont_inherit=True)))
        for text in (source, mutant.applied(source))
    )
    if [code.co_qualname for code in before] != [code.co_qualname for code in after]:
        raise NotInPlace("a function within the function is there no longer")
    pairs = list(zip(before, after, strict=True))
    own = [old for old, new in pairs if _own(old) != _own(new)]
    if any(not code.co_flags & inspect.CO_OPTIMIZED and "<locals>" not in code.co_qualname
           for code in own):  # fmt: skip
        raise NotInPlace("the import runs it")
    if b"numba.extending" in source:
        raise NotInPlace("the compiler runs it")
    replaced = [(old, new) for old, new in pairs if old != new and old.co_name != "<module>"]
    return Change(own, replaced)


class Alive:
    """The functions of the package that are alive, and those that its import ran.

    Args:
        importing: Imports the package.
    """

    def __init__(self, importing: Callable[[], None]) -> None:
        ran = noted_while(importing)
        self.ran_by_import = {place(code) for code in ran.values()}
        self._functions: dict[tuple[str, CodeType], list[FunctionType]] = defaultdict(list)
        for one in gc.get_objects():
            if type(one) is FunctionType:
                self._functions[one.__code__.co_filename, one.__code__].append(one)

    def check(self, change: Change) -> None:
        """Raise `NotInPlace` if the import has run what changes, or none of it is alive."""
        if any(place(code) in self.ran_by_import for code in change.own):
            raise NotInPlace("the import runs it")
        if not any((old.co_filename, old) in self._functions for old, _ in change.replaced):
            raise NotInPlace("no function of it is alive")

    def apply(self, change: Change) -> list[FunctionType]:
        """Let the functions that are alive run the changed code; gives them."""
        self.check(change)
        altered = []
        for old, new in change.replaced:
            for function in self._functions.get((old.co_filename, old), []):
                function.__code__ = new
                altered.append(function)
        return altered


def noted_while(run: Callable[[], None]) -> dict[int, CodeType]:
    """The code of every function that is entered while something runs."""
    seen: dict[int, CodeType] = {}
    note = noting(seen)
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return seen


def noting(seen: dict[int, CodeType]) -> Callable[[Any, str, Any], None]:
    """A profiling function that keeps the code of every function that is entered."""

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            seen[id(code)] = code

    return note


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A module's code and all that is in it, in the order of the module."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)


def _own(code: CodeType) -> CodeType:
    """Code without that of functions in it, and without the columns of its lines."""
    consts = tuple(None if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_consts=consts, co_linetable=b"")
