"""Work that compiles for longer than it may take, to see that compilation is not counted."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from numba.core import event

_COMPILED_FOR = 0.7  # CPU seconds, of which the process that waits looks every half second


def warm_up() -> None:
    """There is nothing to prepare."""


def do(task: Any) -> float:
    """Compile, as far as numba's listeners can tell."""

    def dispatched() -> None:
        """What is compiled."""

    began = time.process_time()
    data = {"dispatcher": SimpleNamespace(py_func=dispatched)}
    with event.trigger_event("numba:compile", data):
        while time.process_time() - began < _COMPILED_FOR:
            pass
    return time.process_time() - began
