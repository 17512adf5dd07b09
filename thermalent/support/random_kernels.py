"""Compiled kernels that draw random numbers, safe against Ctrl-C.

Numba reads a `numpy.random.Generator` by calling Python code, and follows a null pointer if that
code ends in an exception. A signal handler that raises, such as that of Ctrl-C, may run in the
middle of it and then ends the process. Handlers run on the main thread only.
"""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


def deferring_signals(kernel: Callable[..., _T]) -> Callable[..., _T]:
    """The kernel; on the main thread, handlers of signals that arrive meanwhile run after it."""

    @functools.wraps(kernel)
    def call(*arguments: Any) -> _T:
        if threading.current_thread() is not threading.main_thread():
            return kernel(*arguments)
        deferred = _Deferred()
        try:
            deferred.begin()
            result = kernel(*arguments)
        finally:
            deferred.end()
        deferred.handle()
        return result

    return call


class _Deferred:
    """Handlers in Python that wait until they are told to run."""

    def __init__(self) -> None:
        self.handlers: dict[int, Callable[..., Any]] = {}
        self.waiting: list[tuple[int, Any]] = []
        self.waits = True

    def begin(self) -> None:
        for number in signal.valid_signals():
            handler = signal.getsignal(number)
            if callable(handler):
                self.handlers[number] = handler
                signal.signal(number, self._receive)

    def end(self) -> None:
        # From here on signals are handed on: an exception of a handler may end the loop.
        self.waits = False
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def handle(self) -> None:
        for number, frame in self.waiting:
            self.handlers[number](number, frame)

    def _receive(self, number: int, frame: Any) -> None:
        if self.waits:
            self.waiting.append((number, frame))
        else:
            self.handlers[number](number, frame)
