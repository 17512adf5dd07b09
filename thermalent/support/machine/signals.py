"""Signals wait while code runs in which no handler may raise, such as that of Ctrl-C.

Numba and LLVM call Python code while they compile a kernel, load one from the cache, or read a
`numpy.random.Generator`. There the exception of a handler is lost, becomes an error of the compiler
or leaves a null pointer that ends the process. Handlers run on the main thread only.
"""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

_T = TypeVar("_T")
# Handlers as plain objects, and signals as plain numbers: the names that `signal` gives to each of
# some sixty take longer than a short kernel.
_handler_of: Callable[[int], Any] = import_module("_signal").getsignal
_NUMBERS = tuple(int(number) for number in signal.valid_signals())


def deferring_signals(work: Callable[..., _T]) -> Callable[..., _T]:
    """The function; on the main thread, handlers of signals that arrive meanwhile run after it."""

    @functools.wraps(work)
    def call(*arguments: Any) -> _T:
        if threading.current_thread() is not threading.main_thread():
            return work(*arguments)
        deferred = Deferred()
        try:
            deferred.begin()
            result = work(*arguments)
        finally:
            deferred.end()
        deferred.handle()
        return result

    return call


class Deferred:
    """Handlers in Python that wait until they are told to run."""

    def __init__(self) -> None:
        self.handlers: dict[int, Callable[..., Any]] = {}
        self.waiting: list[tuple[int, Any]] = []
        self.waits = True

    def begin(self) -> None:
        """Have the handlers wait; on the main thread only."""
        for number in _NUMBERS:
            handler = _handler_of(number)
            if callable(handler):
                self.handlers[number] = handler
                signal.signal(number, self._receive)

    def end(self) -> None:
        """Give the signals back to their handlers."""
        # From here on signals are handed on: an exception of a handler may end the loop.
        self.waits = False
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def handle(self) -> None:
        """Run the handlers of the signals that arrived meanwhile."""
        for number, frame in self.waiting:
            self.handlers[number](number, frame)

    def _receive(self, number: int, frame: Any) -> None:
        if self.waits:
            self.waiting.append((number, frame))
        else:
            self.handlers[number](number, frame)
