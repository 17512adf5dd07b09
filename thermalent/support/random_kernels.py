"""Compiled kernels that draw random numbers, safe against Ctrl-C.

Numba reads a `numpy.random.Generator` by calling Python code, and follows a null pointer if that
code ends in an exception. A signal handler that raises, such as that of Ctrl-C, may run in the
middle of it and then ends the process. Handlers run on the main thread only.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from thermalent.support.signals import Deferred

_T = TypeVar("_T")


def deferring_signals(kernel: Callable[..., _T]) -> Callable[..., _T]:
    """The kernel; on the main thread, handlers of signals that arrive meanwhile run after it."""

    @functools.wraps(kernel)
    def call(*arguments: Any) -> _T:
        if threading.current_thread() is not threading.main_thread():
            return kernel(*arguments)
        deferred = Deferred()
        try:
            deferred.begin()
            result = kernel(*arguments)
        finally:
            deferred.end()
        deferred.handle()
        return result

    return call
