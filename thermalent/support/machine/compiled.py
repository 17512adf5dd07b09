"""Compiled kernels: numba's `njit` with a cache that works on every installation.

Numba keeps compiled code beside the source or in the home folder. Where neither can be written (a
read-only installation, a container without a home) it refuses to compile at all, and a cache file
that is damaged stops every run. Here such an installation keeps its kernels in a folder of the
user's among the temporary files, or in memory; every cache file carries a checksum, and one that is
not what was written counts as not there.

Numba compiles a kernel again when its own file changes. What it calls of other files, and their
constants, are compiled into it, so that here a change of any file it imports counts as well.

What a kernel calls is optimised, made machine code and kept with the caller alone. Numba would do
all this for each callee by itself as well, and give it a way in from Python.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import re
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import caching, event, sigutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Flags
from numba.core.registry import CPUDispatcher

from thermalent.support.machine.signals import deferring_signals

# Numba fills its settings from the environment; type checkers do not see them.
_SETTINGS: Any = numba.config

# Nothing calls the kernels from C: the code for it would be compiled with each of them.
_NO_WRAPPER: dict[str, Any] = {"no_cfunc_wrapper": True}
# Numba's run time counts references, which is left out.
_UNCOUNTED: dict[str, Any] = {"_nrt": False}
_CHECKSUM = hashlib.sha256().digest_size
# Objects after which Python looks for cycles while a kernel is compiled: with more, memory grows.
_SELDOM = 50_000
# The import statements of a file that are not inside of a function.
_IMPORTED = re.compile(r"^(?:from|import) ([\w.]+)(?: import (\([^)]*\)|.*))?$", re.MULTILINE)


def compiled(
    *, from_python: bool | None = None, allocates: bool = True, **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Decorator: compile a function with numba, without the interpreter, and keep the result.

    Args:
        from_python: Whether it can be called from Python, and not by other kernels alone: by
            default whether its name begins without an underscore.
        allocates: Whether it makes arrays or returns any. A kernel that does neither need not count
            who holds the arrays that it is given; of small matrices to count takes longer than to
            compute. What it calls must not count either.
        options: Of `numba.njit`, besides `cache`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        options.update({} if allocates else _UNCOUNTED)
        no_wrapper = _NO_WRAPPER | {"no_cpython_wrapper": True}
        within: Any = numba.njit(**no_wrapper, **options)(function)
        if _SETTINGS.DISABLE_JIT:  # by NUMBA_DISABLE_JIT: the function itself
            return within
        within.__class__ = _Inner
        within._compiler._customize_flags = _only_lowered
        # Also what is in the cache comes through here. A kernel may compile others meanwhile.
        within.compile = deferring_signals(within.compile)
        if function.__name__.startswith("_") if from_python is None else not from_python:
            return within
        dispatcher: Any = numba.njit(**_NO_WRAPPER, **options)(function)
        dispatcher.__class__ = _Kernel
        dispatcher.within = within
        dispatcher._compiler._customize_flags = _QuickFlags
        dispatcher.compile = deferring_signals(dispatcher.compile)
        try:
            dispatcher.enable_caching()
        except RuntimeError:  # no folder that can be written
            _cache_in_temporary_folder(dispatcher)
        _check_cache_files(dispatcher, function.__module__)
        return dispatcher

    return decorate


class _Kernel(CPUDispatcher):
    """A kernel that Python calls. Other kernels get it as it is for Python, if that is compiled."""

    within: Any  # the same kernel as an `_Inner`

    def get_call_template(self, args: Any, kws: Any) -> Any:
        if tuple(self.fold_argument_types(args, kws)[1]) in self.overloads:
            return super().get_call_template(args, kws)
        return self.within.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        if sigutils.normalize_signature(sig)[0] in self.within.overloads:
            return self.within.get_overload(sig)
        return super().get_overload(sig)


class _Inner(CPUDispatcher):
    """A kernel that other kernels call; calling it from Python would end the process."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"Kernel {self.py_func.__name__} is called by other kernels alone.")

    def add_overload(self, cres: Any) -> None:
        """Tell other kernels of it: nothing can be called, the entry point is its name only."""
        cres.library.__class__ = _Linked
        cres = cres._replace(entry_point=object())
        self.targetctx.insert_user_function(cres.entry_point, cres.fndesc, [cres.library])
        self.overloads[tuple(cres.signature.args)] = cres


class _Linked(JITCodeLibrary):
    """Code that is linked into that of callers, and not optimised or made executable before."""

    def _optimize_final_module(self) -> None:
        """Nothing: the callers are optimised with it."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


class _QuickFlags(Flags):
    """Numba's flags, compared at once: it finds what it has compiled by them, over and over.

    Of the seconds that a first steady state takes to compile, to look up one by one the flags that
    nobody has set took a quarter of one.
    """

    def values(self) -> dict[str, Any]:
        return _UNSET | self._values

    def __hash__(self) -> int:
        return _HASH


_UNSET = {name: option.default for name, option in Flags.options.items()}
_HASH = hash(Flags())  # that of the names alone


def _only_lowered(flags: Any) -> Any:
    flags.no_compile = True
    return _QuickFlags(flags)


class _CheckedFiles(caching.IndexDataCacheFile):
    """Cache files with a checksum; what is damaged or cannot be written is as if it were absent."""

    def _load_index(self) -> Any:
        try:
            return super()._load_index()
        except Exception:  # whatever unpickling makes of a damaged file
            return {}

    def load(self, key: Any) -> Any:
        try:
            return super().load(key)
        except Exception:  # as above
            return None

    def save(self, key: Any, data: Any) -> None:
        try:
            super().save(key, data)
        except OSError:  # the disk is full: the kernel is in memory, and compiled again next time
            return

    def _dump(self, obj: Any) -> bytes:
        content = super()._dump(obj)
        return hashlib.sha256(content).digest() + content

    def _save_index(self, overloads: Any) -> None:
        # The index is read by numba's own code, which knows no checksum.
        content = super()._dump((self._source_stamp, overloads))
        with self._open_for_write(self._index_path) as file:
            pickle.dump(self._version, file, protocol=-1)
            file.write(content)

    def _load_data(self, name: str) -> Any:
        content = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(content[_CHECKSUM:]).digest() != content[:_CHECKSUM]:
            raise ValueError("not the kernel that was written")
        return pickle.loads(content[_CHECKSUM:])


def _check_cache_files(dispatcher: Any, module: str) -> None:
    files = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if isinstance(files, caching.IndexDataCacheFile):
        files.__class__ = _CheckedFiles
        files._source_stamp = (files._source_stamp, _stamp_of_imports(module))


def _stamp_of_imports(module: str) -> bytes:
    """Digest of the sources of its own package that a module imports, one from the other."""
    package = module.partition(".")[0]
    sources: dict[str, bytes] = {}
    left = [module]
    while left:
        name = left.pop()
        file = getattr(sys.modules.get(name), "__file__", None)
        if name in sources or file is None or name.partition(".")[0] != package:
            continue
        sources[name] = _source(file)
        for origin, names in _IMPORTED.findall(sources[name].decode()):
            # What is imported from a package may be a module of it.
            left += [origin, *(f"{origin}.{word}" for word in re.findall(r"\w+", names))]
    return hashlib.sha256(b"".join(sources[name] for name in sorted(sources))).digest()


@cache
def _source(file: str) -> bytes:
    return Path(file).read_bytes()


def _cache_in_temporary_folder(dispatcher: Any) -> None:
    """Use a folder among the temporary files that belongs to this user alone, if there is one."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir(), f"thermalent-kernels-{user}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = os.lstat(folder)
        private = not folder.is_symlink() and status.st_mode & 0o077 == 0
        if not private or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            raise PermissionError(f"{folder} is not this user's alone")
        before, _SETTINGS.CACHE_DIR = _SETTINGS.CACHE_DIR, str(folder)
        try:
            dispatcher.enable_caching()
        finally:
            _SETTINGS.CACHE_DIR = before
        _Notice.where = f"once; they are kept in {folder}"
    except (OSError, RuntimeError):
        _Notice.where = "in every process: no folder can be written to keep them"


class _Notice(event.Listener):
    """A line on stderr when numba begins to compile, once per process."""

    where = "once per kind of computation and installation"
    given = threading.Event()

    def on_start(self, compilation: Any) -> None:
        if self.given.is_set() or not _ours(compilation):
            return
        self.given.set()
        print(
            f"thermalent: compiling the numerical kernels ({self.where}) ...",
            file=sys.stderr,
            flush=True,
        )

    def on_end(self, compilation: Any) -> None:
        """Nothing: the wait is over."""


class _SeldomCollected(event.Listener):
    """Python looks for cycles less often while a kernel is compiled.

    The compiler makes millions of objects that live until the kernel is done, and looking through
    them again and again takes a tenth of its time. Only one thread compiles at a time.
    """

    def __init__(self) -> None:
        self.depth = 0  # kernels are compiled within each other
        self.before: tuple[int, int, int] | None = None

    def on_start(self, compilation: Any) -> None:
        self.depth += 1
        before = gc.get_threshold()
        if self.depth == 1 and 0 < before[0] < _SELDOM:  # zero is never
            self.before = before
            gc.set_threshold(_SELDOM, *before[1:])

    def on_end(self, compilation: Any) -> None:
        self.depth -= 1
        if self.depth == 0 and self.before is not None:
            gc.set_threshold(*self.before)
            self.before = None


def _ours(compilation: Any) -> bool:
    function = compilation.data["dispatcher"].py_func
    return str(function.__module__).startswith("thermalent.")


event.register("numba:compile", _Notice())
event.register("numba:compile", _SeldomCollected())
