"""The last time at which a curve that settles is above a value, oscillations of it included."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.numerics.between_points import possible_rise, with_more_points

CurveOverTime = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From increasing times (t,) to values and their errors, (t,) each."""

_AT_ONCE = 2000  # intervals that are divided together, the latest first
_MOST_TIMES = 50_000
_MOST_ROUNDS = 40
_NARROWEST = 1e-7  # of the time, the shortest interval in which more is looked for
_STEADY_FALL = 0.5  # of the fall over an interval: a smaller rise within hides no second crossing


class LastCrossing(NamedTuple):
    """Where a curve is above a value for the last time.

    Args:
        above: The last time found above it; None if there is none.
        below: The next time, below it; None if there is no later one.
        doubtful: The end of the last interval in which the curve may be above it again, for all
            that its errors and the distance of the times tell; zero if there is none.
    """

    above: float | None
    below: float | None
    doubtful: float


def last_crossing(curve: CurveOverTime, level: float, times: np.ndarray) -> LastCrossing:
    """The last crossing on a grid that is made finer where the curve may rise to the value.

    Args:
        curve: What is to be followed.
        level: The value.
        times: The first grid, increasing, (t,).
    """

    def both(at: np.ndarray) -> np.ndarray:
        return np.stack(curve(at), axis=1)

    known = both(times)
    for _ in range(_MOST_ROUNDS):
        last, tops = _last_above(times, known, level)
        if last == len(times) - 1:  # the search has to begin anew, with a later end
            break
        opened = np.flatnonzero(tops >= level)
        if len(opened) == 0 or len(times) > _MOST_TIMES:
            break
        chosen = np.zeros(len(times) - 1, dtype=bool)
        chosen[opened[-_AT_ONCE:]] = True
        times, known = with_more_points(both, times, known, chosen)
    last, tops = _last_above(times, known, level)
    return LastCrossing(
        above=float(times[last]) if last >= 0 else None,
        below=float(times[last + 1]) if last + 1 < len(times) else None,
        doubtful=_doubtful(times, known[:, 1], level, last, tops),
    )


def _last_above(times: np.ndarray, known: np.ndarray, level: float) -> tuple[int, np.ndarray]:
    """The last place above the level, -1 if there is none, and how high each interval may be.

    Intervals before it do not count, and one through which the curve falls is highest at its
    beginning; that of the crossing itself does not count then.
    """
    values = known[:, 0]
    above = np.flatnonzero(values >= level)
    last = int(above[-1]) if above.size else -1
    rise = possible_rise(times, values)
    falls = rise <= _STEADY_FALL * (values[:-1] - values[1:])
    tops = np.where(falls, values[:-1], np.maximum(values[1:], values[:-1]) + rise)
    tops[: max(last, 0)] = -np.inf
    if 0 <= last < len(tops) and falls[last]:
        tops[last] = -np.inf
    tops[np.diff(times) <= _NARROWEST * times[1:]] = -np.inf
    return last, tops


def _doubtful(
    times: np.ndarray, errors: np.ndarray, level: float, last: int, tops: np.ndarray
) -> float:
    """The end of the last interval that may be above, the errors of the values included.

    Next to the crossing they are part of its own error, which the slope there tells.
    """
    maybe = tops + np.maximum(errors[1:], errors[:-1]) >= level
    after = last + 1 + np.flatnonzero(~maybe[last + 1 :])
    far = np.flatnonzero(maybe[after[0] :]) + after[0] if after.size else np.empty(0, dtype=int)
    unresolved = np.flatnonzero(tops >= level)
    ends = np.concatenate([far, unresolved])
    return float(times[ends.max() + 1]) if ends.size else 0.0
