"""Linear algebra on one thread while the package computes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_depth = 0  # of the limits within each other


@cache
def _libraries() -> tuple[Any, ...]:
    """The controllers of the loaded libraries of linear algebra."""
    # Libraries that are loaded later would not be found.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit the linear algebra of numpy and scipy to one thread.

    Vectors and matrices of the size met here are slower on several threads: beside other work their
    waiting for each other multiplies the processor's time, by fifteen in a Krylov method. On one
    thread sums also have the same order, and results the same last bits, on every machine. The
    limit is that of the process. OpenBLAS takes it from the main thread only: work on another one
    has the limit that it finds.
    """
    global _depth
    if _depth > 0 or threading.current_thread() is not threading.main_thread():
        yield
        return
    # Every solve asks: what has one thread already is left alone, and nothing else is looked at.
    before = [(library, library.get_num_threads()) for library in _libraries()]
    limited = [(library, count) for library, count in before if count != 1]
    for library, _ in limited:
        library.set_num_threads(1)
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        for library, count in limited:
            library.set_num_threads(count)
