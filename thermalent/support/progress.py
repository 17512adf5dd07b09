"""A line on the terminal for work that takes longer than a couple of seconds."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from thermalent.support.machine.one_thread import one_thread

_PATIENCE = 2.0  # seconds; work that ends sooner needs no line on the terminal
_FIRST_LINE = 10.0  # seconds off a terminal; every line waits twice as long as the one before
_LOOKS = 1.0  # seconds between two looks of the thread that shows lines
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
    10, 20, 40, ... seconds take the place of a line that changes. A thread looks once a second
    whether a line is due, so that one long step of linear algebra is shown as well. Work within
    other work is shown in brackets behind it. Linear algebra has one thread meanwhile.
    """
    outer = _shown.line
    if _drawn_by_others:
        line = _Line(title)
    elif outer is not None:
        line = _Within(title, outer)
    else:
        line = _TerminalLine(title) if sys.stderr.isatty() else _Lines(title)
    _shown.line = line
    if outer is None and not _drawn_by_others:
        _watch(line)
    try:
        with one_thread():
            yield line.report
    finally:
        _shown.line = outer
        _watched.pop(id(line), None)
        line.end()


@contextmanager
def told_to(report: Callable[[str], None]) -> Iterator[None]:
    """Tell a function how far the work within is, instead of showing it on the terminal."""
    outer = _shown.line
    _shown.line = _Told(report)
    try:
        yield
    finally:
        _shown.line = outer


def still_working() -> None:
    """Let whoever is told of the work look at it, between two reports that are far apart.

    That is where a long step can be ended from outside: the function of `told_to` may raise.
    """
    line = _shown.line
    if line is not None:
        line.show()


def _watch(line: _Line) -> None:
    """Have the watching thread look after a line, and start that thread once in a process."""
    global _watcher
    _watched[id(line)] = line
    if _watcher != os.getpid():  # a forked process has lost the thread
        _watcher = os.getpid()
        threading.Thread(target=_look_after_lines, name="thermalent progress", daemon=True).start()


def _look_after_lines() -> None:
    while True:
        time.sleep(_LOOKS)
        for line in list(_watched.values()):
            if not _drawn_by_others:
                line.show()


class _Line:
    """The progress of one piece of work, shown nowhere."""

    def __init__(self, title: str) -> None:
        self.title, self.began = title, time.monotonic()
        self.text = self.inner = ""
        self.lock = threading.Lock()  # between the work and the thread that watches it
        self.ended = False

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.began

    def words(self) -> str:
        """The progress of the work in words, that of the work within it in brackets."""
        inner = f" ({self.inner})" if self.inner else ""
        return f"{self.text}{time_left(self.text, self.elapsed)}{inner}"

    def report(self, text: str) -> None:
        """Show how far the work is; work within it has ended."""
        self.text, self.inner = text, ""
        self.show()

    def show(self) -> None:
        """Show what is known."""

    def end(self) -> None:
        """Take the line away."""


class _Within(_Line):
    """The progress of work within other work, which shows it."""

    def __init__(self, title: str, outer: _Line) -> None:
        super().__init__(title)
        self.outer = outer

    def show(self) -> None:
        self.outer.inner = f"{self.title}: {self.words()}"
        self.outer.show()


class _Told(_Line):
    """The progress of work within, told to a function."""

    def __init__(self, report: Callable[[str], None]) -> None:
        super().__init__("")
        self.tell = report

    def show(self) -> None:
        self.tell(self.inner)


class _TerminalLine(_Line):
    """A line on the terminal that changes."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.status: Any = None

    def show(self) -> None:
        with self.lock:
            if self.ended or (self.status is None and self.elapsed <= _PATIENCE):
                return
            if self.status is None:
                from rich.console import Console
                from rich.status import Status

                self.status = Status(self.title, console=Console(stderr=True))
                self.status.start()
            self.status.update(f"{self.title}: {self.words()}")

    def end(self) -> None:
        with self.lock:
            self.ended = True
            if self.status is not None:
                self.status.stop()


class _Lines(_Line):
    """Lines off a terminal, fewer and fewer."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.due = _FIRST_LINE

    def show(self) -> None:
        with self.lock:
            elapsed = self.elapsed
            if self.ended or elapsed < self.due:
                return
            self.due = 2 * elapsed
        line = f"thermalent: {self.title} after {elapsed:.0f} s: {self.words()}"
        print(line, file=sys.stderr, flush=True)


_watched: dict[int, _Line] = {}  # of all threads, by their identity
_watcher = 0  # process in which the watching thread runs


class _Shown(threading.local):
    """The innermost work of each thread."""

    line: _Line | None = None


_shown = _Shown()


def time_left(text: str, elapsed: float) -> str:
    """The time left, such as ", about 3 min left"; nothing unless the text has "i of n".

    Args:
        text: What is done.
        elapsed: Seconds that it took.
    """
    parts = re.search(r"(?<![\d.+-])(\d+) of (\d+)(?!\d|\.\d|e)", text)
    if parts is None or not 0 < int(parts[1]) < int(parts[2]):
        return ""
    seconds = elapsed * (int(parts[2]) / int(parts[1]) - 1)
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f", about {seconds / length:.0f} {unit} left"
    return f", about {seconds:.0f} s left"
