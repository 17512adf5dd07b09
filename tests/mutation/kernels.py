"""Compiles again, in this process alone, the kernels that a change concerns.

A kernel and all that it calls are compiled together. So a change in one of them asks for every
kernel that calls it, directly or through others. Their results are not kept on the disk, where
other processes would find them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

from numba.core.caching import NullCache
from numba.core.registry import CPUDispatcher


class Kernels:
    """The kernels that are alive; those that were imported before this was made."""

    def __init__(self) -> None:
        self._all = [one for one in gc.get_objects() if issubclass(type(one), CPUDispatcher)]
        self._calls = {one.py_func: _called(one.py_func) for one in self._all}

    def concerned(self, codes: Iterable[CodeType]) -> set[FunctionType]:
        """The functions of the kernels that run some code, in themselves or in what they call."""
        wanted = list(codes)
        found = {function for function in self._calls if function.__code__ in wanted}
        while more := {
            function
            for function, called in self._calls.items()
            if function not in found and called & found
        }:
            found |= more
        return found

    def compile_again(self, functions: set[FunctionType]) -> None:
        """Forget what was compiled of some kernels, here and as far as this looks on the disk."""
        for kernel in self._all:
            if kernel.py_func in functions:
                kernel._cache = NullCache()
                kernel._make_finalizer()()
                kernel._reset_overloads()
                kernel._can_compile = True


def _called(function: FunctionType) -> set[FunctionType]:
    """The kernels whose names a kernel uses, as its own or as those of a module or a closure."""
    names = function.__code__.co_names
    values: list[Any] = [function.__globals__.get(name) for name in names]
    values += [
        getattr(module, name, None)
        for module in values
        if isinstance(module, ModuleType)
        for name in names
    ]
    values += [cell.cell_contents for cell in function.__closure__ or ()]
    return {value.py_func for value in values if isinstance(value, CPUDispatcher)}
