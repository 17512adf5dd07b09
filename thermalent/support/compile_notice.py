"""A word to the user while numba compiles, which happens once per installation."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds; loading compiled kernels from the cache takes less
_announced = threading.Event()


@contextmanager
def announced() -> Iterator[None]:
    """Say on stderr that kernels are being compiled, if the first call takes over a second."""
    if _announced.is_set():
        yield
        return
    timer = threading.Timer(
        _PATIENCE,
        lambda: print(
            "thermalent: compiling the numerical kernels (once per installation) ...",
            file=sys.stderr,
            flush=True,
        ),
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _announced.set()
