"""The progress of a sweep: a bar on a terminal, lines in the log elsewhere."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from thermalent.support.progress import quiet

LOG = logging.getLogger("thermalent.sweep")
_EVERY = 30.0  # seconds between two lines at level INFO


def _watched() -> bool:
    """Whether stderr is a terminal, or this is a notebook."""
    if sys.stderr.isatty():
        return True
    return "ipykernel" in sys.modules


class Log:
    """Lines in the log "thermalent.sweep": every block at DEBUG, now and then one at INFO."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.done, self.first = total, done, done
        self.began = self.last = time.monotonic()

    def __call__(self, number: int, points: int, failed: int) -> None:
        """A block is finished, and stored if there is a store."""
        self.done += points
        LOG.debug("block %d finished: %d points, %d of them failed", number, points, failed)
        now = time.monotonic()
        if now - self.last >= _EVERY:
            self.last = now
            rate = (self.done - self.first) / (now - self.began)
            LOG.info(
                "%d of %d points, %.3g per second, %.0f s remain",
                self.done, self.total, rate, (self.total - self.done) / rate,
            )  # fmt: skip


@contextmanager
def shown(total: int, done: int, *, show: bool | None) -> Iterator[Callable[[int, int, int], None]]:
    """Yield a function to be called after every block with number, points and failed points.

    Args:
        total: Points of the grid.
        done: Points that are finished already.
        show: Whether to draw a bar; by default in terminals and notebooks only.
    """
    log = Log(total, done)
    if not (_watched() if show is None else show):
        yield log
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("sweep"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} points/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]}"),
        console=Console(stderr=True),
    )
    task = bar.add_task("sweep", total=total, completed=done, rate="-", failed="")
    lost = 0

    def advance(number: int, points: int, failed: int) -> None:
        nonlocal lost
        log(number, points, failed)
        lost += failed
        rate = (log.done - log.first) / max(time.monotonic() - log.began, 1e-9)
        bar.update(
            task, completed=log.done, rate=f"{rate:.3g}", failed=f"{lost} failed" if lost else ""
        )

    with quiet(), bar:
        yield advance
