r"""The number of quanta along the chain and of tiers, both larger until states no longer change."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from thermalent.continued_fraction.several_poles.errors_of_orders import errors_of_runs
from thermalent.support import memory_limit

# Tiers of the first run in those that the steady state needs; each further one has so many more.
_FEWER_TIERS, _MORE_TIERS = 0.85, 0.12
PART_OF_STEPS = 1e-2  # of the tolerance, which the steps may be off by at each of them
_LONGER_STEPS = (10.0, 1.0, 3.0)  # that in the first run, then in turn: other steps in each
LEAST_RUNS = 3.0  # work of a result with an error, in that of its first run
_FIRST_QUANTA = 1  # K of the first run
_ANNOUNCED = 1e12  # multiplications that are told beforehand: half a minute


class Run(Protocol):
    """One evolution in a truncated space."""

    last: int  # the highest tier

    @property
    def bytes(self) -> float:
        """Memory that it takes beyond that of its generator, about."""
        ...

    def work(self, time: float, tolerance: float) -> float:
        """Multiplications up to a time, about, with an error allowed at each step."""
        ...

    def states(self, times: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray, float]:
        """The emitters' matrices, (t, d, d), and errors of those after the steps, (t,).

        Beside them the multiplications that what is not finite would have taken, or zero.

        Args:
            times: Increasing, >= 0, (t,).
            tolerance: Error allowed in the largest element at each step, and of the contours.
        """
        ...


class SearchGoal(NamedTuple):
    """What is wanted, and what it may take.

    Args:
        tolerances: Errors allowed in the largest element, each in turn as far as it is affordable.
        granted: Multiplications.
        poles: Amplitudes of the chain.
        depth: Tiers that the steady state needs for an error.
        quanta: K of the first run.
    """

    tolerances: Sequence[float]
    granted: float
    poles: int
    depth: Callable[[float], int]
    quanta: int = _FIRST_QUANTA


def _announce(time: float, work: float) -> None:
    """Tell beforehand of an evolution that takes long."""
    if work > _ANNOUNCED:
        warnings.warn(
            f"The evolution to t = {time:.3g} takes {work:.0e} multiplications at least (3e10 take "
            "about a second), because the source is hot and moves. Take a larger rtol or earlier "
            "times, or te.FieldTrajectories(...).",
            RuntimeWarning,
            stacklevel=2,
        )


def converge_runs(
    make: Callable[[int, int, int], Run],
    goal: SearchGoal,
    times: np.ndarray,
    shape: tuple[int, ...],
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d) and their errors (t,), as far as they are affordable.

    Beside them tiers and K, and the work of the times that take too much, or zero.

    Args:
        make: The run with K quanta, tiers up to some last one, and of some round.
        goal: What is wanted.
        times: Increasing, >= 0, (t,).
        shape: Of a state, (d, d).
    """
    states = np.full((len(times), *shape), np.nan, dtype=complex)
    error = np.full(len(times), np.inf)
    tolerances, several = list(goal.tolerances), goal.poles > 1
    least = goal.quanta if several else 0
    used = {"tiers": 0, "quanta": least, "refused": 0}
    spent, round_, depth = 0.0, 0, goal.depth(tolerances[0])
    before: np.ndarray | None = None
    changed: np.ndarray | None = None
    while True:
        tolerance = PART_OF_STEPS * tolerances[0] * _LONGER_STEPS[min(round_, 2 - round_ % 2)]
        last = 2 * int(np.ceil((_FEWER_TIERS + _MORE_TIERS * round_) * depth / 2)) + 2
        quanta = least + round_ * several
        run = make(quanta, last, round_)
        if before is None:
            # Two runs are the least that a result with an error takes; the second is larger.
            until = [LEAST_RUNS * run.work(t, tolerance) for t in times.tolist()]
            affordable = np.array(until) <= goal.granted
            used["refused"] = 0 if np.all(affordable) else int(until[-1])
            times = times[affordable]
            changed = None if several else np.zeros(len(times))
            if not times.size:
                return states, error, used
            most = max(work for work, fits in zip(until, affordable, strict=True) if fits)
            _announce(float(times[-1]), most)
        needed = run.work(float(times[-1]), tolerance)
        dear = spent + needed > goal.granted or run.bytes > memory_limit.available()
        if dear and round_ > 1:
            return states, error, used
        spent += needed
        now, own, lost = run.states(times, tolerance)
        used.update(tiers=run.last, quanta=quanta, refused=max(used["refused"], int(lost)))
        if before is not None:
            change = _of_later_times(np.max(np.abs(now - before), axis=(1, 2)))
            found, changed = errors_of_runs(change, changed), change
            found = found + PART_OF_STEPS * tolerances[0] + own
            states[: len(times)], error[: len(times)] = now, found
            if lost or np.max(found) <= tolerances[-1]:
                return states, error, used
            if np.max(found) <= tolerances[0] and len(tolerances) > 1:
                del tolerances[0]
                depth = goal.depth(tolerances[0])
        before, round_ = now, round_ + 1


def _of_later_times(change: np.ndarray) -> np.ndarray:
    """The largest change of each time and of those after it; infinite where there is none."""
    known = np.isfinite(change)
    # Where the two agree by chance at one time, the error is that of the times after it.
    largest = np.maximum.accumulate(np.where(known, change, 0.0)[::-1])[::-1]
    return np.where(known, largest, np.inf)
