"""A line on the terminal for work that takes longer than a couple of seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 2.0  # seconds; work that ends sooner needs no line on the terminal
_drawn_by_others = 0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep `working` silent meanwhile, on all threads: something else draws on the terminal."""
    global _drawn_by_others
    _drawn_by_others += 1
    try:
        yield
    finally:
        _drawn_by_others -= 1


@contextmanager
def working(title: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows how far the work is; silent within `quiet` or off a terminal."""
    if _drawn_by_others or not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.status import Status

    began = time.monotonic()
    status = Status(title, console=Console(stderr=True))
    running = False

    def report(text: str) -> None:
        nonlocal running
        if not running and time.monotonic() - began > _PATIENCE:
            status.start()
            running = True
        if running:
            status.update(f"{title}: {text}")

    try:
        yield report
    finally:
        status.stop()
