"""Handlers of signals that wait while code runs in which none may raise."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any


class Deferred:
    """Handlers in Python that wait until they are told to run."""

    def __init__(self) -> None:
        self.handlers: dict[int, Callable[..., Any]] = {}
        self.waiting: list[tuple[int, Any]] = []
        self.waits = True

    def begin(self) -> None:
        """Have the handlers wait; on the main thread only."""
        for number in signal.valid_signals():
            handler = signal.getsignal(number)
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
