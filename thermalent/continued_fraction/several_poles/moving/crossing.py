"""The way of one run through the networks of a schedule, and what it gives at some times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from thermalent.support.progress import working


class Crossing(Protocol):
    """A run by steps through stretches of time, and by contours at the end of the last one."""

    @property
    def lengths(self) -> Sequence[float]:
        """Of the stretches, one after the other."""
        ...

    @property
    def start(self) -> np.ndarray:
        """The vector at time zero."""
        ...

    def enter(self, number: int) -> None:
        """Take the generator of a stretch."""
        ...

    def limit(self, end: float, tolerance: float) -> float:
        """When contours take over in the last stretch, which ends at some time since it began."""
        ...

    def steps(
        self, y: np.ndarray, times: list[float], tolerance: float, report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        """The vector at increasing times >= 0 since the stretch began, from that at its begin."""
        ...

    def read(self, y: np.ndarray) -> np.ndarray:
        """The emitters' matrix, (d, d)."""
        ...

    def late(
        self, y: np.ndarray, times: np.ndarray, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """What `across` gives, by contours from a vector on at which the source is stationary."""
        ...


def across(
    run: Crossing, times: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """The emitters' matrices, (t, d, d), and errors of those after the steps, (t,).

    Beside them the multiplications that what is not finite would have taken, or zero.

    Args:
        run: The run.
        times: Increasing, >= 0, (t,).
        tolerance: Error allowed in the largest element at each step, and of the contours.
    """
    y, begin, done, refused = run.start, 0.0, 0, 0.0
    run.enter(0)
    found = np.zeros((len(times), *run.read(y).shape), dtype=complex)
    error = np.zeros(len(times))
    with working("evolution behind a moving source") as report:
        for number, length in enumerate(run.lengths):
            run.enter(number)
            final, last = number + 1 == len(run.lengths), len(times)
            limit = run.limit(times[-1] - begin, tolerance) if final else length
            if not final:
                last = int(np.searchsorted(times, begin + length, side="right"))
            marks = np.maximum(times[done:last] - begin, 0.0)
            late = marks[marks > limit] if final else marks[:0]
            early = np.minimum(marks[: len(marks) - len(late)], limit).tolist()
            until = early if final and not late.size else [*early, limit]
            for i, now in enumerate(run.steps(y, until, tolerance, report)):
                if i < len(early):
                    found[done + i] = run.read(now)
                y = now
            if late.size:
                found[-late.size :], error[-late.size :], refused = run.late(
                    y, late - limit, tolerance
                )
            begin, done = begin + length, done + len(marks)
            if done == len(times):
                break
    return found, error, refused
