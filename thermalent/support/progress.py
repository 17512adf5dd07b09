"""A line on the terminal for work that takes longer than a couple of seconds."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 2.0  # seconds; work that ends sooner needs no line on the terminal
_FIRST_LINE = 10.0  # seconds off a terminal; every line waits twice as long as the one before
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
    """Yield a function that shows how far the work is; silent within `quiet`.

    A text with "i of n" is shown with the time that is left. Off a terminal, lines on stderr after
    10, 20, 40, ... seconds take the place of a line that changes.
    """
    if _drawn_by_others:
        yield lambda text: None
        return
    if not sys.stderr.isatty():
        yield _Lines(title).report
        return
    from rich.console import Console
    from rich.status import Status

    began = time.monotonic()
    status = Status(title, console=Console(stderr=True))
    running = False

    def report(text: str) -> None:
        nonlocal running
        elapsed = time.monotonic() - began
        if not running and elapsed > _PATIENCE:
            status.start()
            running = True
        if running:
            status.update(f"{title}: {text}{time_left(text, elapsed)}")

    try:
        yield report
    finally:
        status.stop()


class _Lines:
    """Progress in lines, fewer and fewer."""

    def __init__(self, title: str) -> None:
        self.title, self.began, self.due = title, time.monotonic(), _FIRST_LINE

    def report(self, text: str) -> None:
        elapsed = time.monotonic() - self.began
        if elapsed < self.due:
            return
        self.due = 2 * elapsed
        left = time_left(text, elapsed)
        line = f"thermalent: {self.title} after {elapsed:.0f} s: {text}{left}"
        print(line, file=sys.stderr, flush=True)


def time_left(text: str, elapsed: float) -> str:
    """The time left, such as ", about 3 min left"; nothing unless the text has "i of n".

    Args:
        text: What is done.
        elapsed: Seconds that it took.
    """
    parts = re.search(r"(\d+) of (\d+)", text)
    if parts is None or not 0 < int(parts[1]) < int(parts[2]):
        return ""
    seconds = elapsed * (int(parts[2]) / int(parts[1]) - 1)
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f", about {seconds / length:.0f} {unit} left"
    return f", about {seconds:.0f} s left"
