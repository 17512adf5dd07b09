"""A line that says how far a sample is, for people who wait for it."""

from __future__ import annotations

import sys

_WIDTH = 30


class Progress:
    """A bar on the terminal; elsewhere a line for each new stage.

    Args:
        total: Changes to decide.
    """

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.last = ""

    def show(self, done: int | None, stage: str) -> None:
        """Draw the bar; `done` changes are decided, None for as many as before."""
        self.done = self.done if done is None else done
        if sys.stderr.isatty():
            filled = _WIDTH * self.done // max(self.total, 1)
            bar = "#" * filled + "." * (_WIDTH - filled)
            print(
                f"\r\033[K[{bar}] {self.done} of {self.total}; {stage}",
                end="", file=sys.stderr, flush=True,
            )  # fmt: skip
        elif stage.partition(":")[0] != self.last:
            self.last = stage.partition(":")[0]
            print(f"... {self.last}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the terminal clean."""
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)
