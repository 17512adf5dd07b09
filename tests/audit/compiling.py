"""How much CPU time a process has spent on compiling kernels, for another process to read."""

from __future__ import annotations

import time
from typing import Any

from numba.core import event

_NOT_NOW = -1.0
NOTHING = (0.0, _NOT_NOW)  # before the first compilation


class Compiling(event.Listener):
    """CPU seconds of compilation so far, and when the present one began.

    Args:
        shared: Two doubles that both processes see, `NOTHING` at first.
    """

    def __init__(self, shared: Any) -> None:
        self.shared = shared
        self.depth = 0  # kernels are compiled within each other

    def on_start(self, compilation: Any) -> None:
        self.depth += 1
        if self.depth == 1:
            self.shared[1] = time.process_time()

    def on_end(self, compilation: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.shared[:] = self.shared[0] + time.process_time() - self.shared[1], _NOT_NOW


def compiled_for(shared: Any, cpu: float) -> float:
    """CPU seconds of compilation in a process that has spent `cpu` seconds altogether."""
    before, began = shared
    return float(before + (max(cpu - began, 0.0) if began != _NOT_NOW else 0.0))
