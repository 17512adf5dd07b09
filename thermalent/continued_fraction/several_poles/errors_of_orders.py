"""Errors of solutions of successive orders K, from their changes.

Orders of one parity may change far less than those of the other, so that a change that is small
after a larger one does not tell how small the next one is, and one alone tells nothing.
"""

from __future__ import annotations

import numpy as np

OF_LAST_CHANGE = 3.0  # the error over the last change, where changes fall fast
FEWEST_CHANGES = 2
# Part of the change before that the next one may be, however small the last one is: of 1930 random
# filters of two or three poles in front of one or two qubits, all errors hold then, by a factor of
# 1.9 at least; with a quarter of it some do not.
STEEPEST = 0.2
# The same of evolutions whose source moves, where a run more is dear: of 4678 random ones behind a
# source that was empty, all errors hold, by a factor of 1.5 at least; with 15 some do not.
_FIRST_CHANGE = 30.0


def error_of_orders(changes: np.ndarray, changed: int, scale: float) -> float:
    """Error of the last solution; infinite where its changes do not tell.

    Args:
        changes: The last three, the latest at the end; zeros stand for none.
        changed: How many there were.
        scale: The solution's largest element.
    """
    from thermalent.continued_fraction.chain import convergence

    if changed < FEWEST_CHANGES:
        return np.inf
    error = float(convergence.error_of(convergence.ONE_BY_ONE, changes, changed, scale))
    two_before, before, last = changes.tolist()
    if not np.isfinite(error) and last < two_before / 2:
        error = OF_LAST_CHANGE * last  # the changes fall with every second order
    return max(error, OF_LAST_CHANGE * STEEPEST * before)


def errors_over_time(change: np.ndarray, error: float) -> np.ndarray:
    """Errors at increasing times, of which the largest is at least a known one.

    Where two orders agree by chance at one time, the error is that of the times after it.

    Args:
        change: The change from one order less at each time, (t,).
        error: Error of the last order, from the changes of a few numbers.
    """
    later = np.maximum.accumulate(change[::-1])[::-1]
    largest = float(np.max(later, initial=0.0))
    if largest == 0.0 or not np.isfinite(error):
        return np.full(len(change), error)
    return later * max(OF_LAST_CHANGE, error / largest)


def errors_of_runs(change: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """Errors of values from their change and from the change before, which may be none yet.

    Args:
        change: The largest change so far, or of this and all later times, (t,).
        before: The same of the run before, (t,).
    """
    if before is None:
        return _FIRST_CHANGE * change
    return OF_LAST_CHANGE * np.maximum(change, STEEPEST * before)
