r"""Exact time evolution of the emitters behind several poles that are empty or coherent at first.

The hierarchy relative to a Gaussian that moves as the source does (`moving_source`). From an empty
source charges stay apart (`empty_source`); from a coherent one they do relative to a wider Gaussian
(`wider_reference`), and are coupled relative to one with the mean of the source
(`displaced_source`), which takes fewer tiers and suits cold sources. The number K of quanta along
the chain and of tiers, and where charges are coupled the number of them, grow until the states no
longer change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from thermalent.continued_fraction.several_poles.converge import TIERS_BUDGET
from thermalent.continued_fraction.several_poles.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.displaced_source import (
    DisplacedRun,
    bytes_of_displaced,
)
from thermalent.continued_fraction.several_poles.empty_source import EmptyRun
from thermalent.continued_fraction.several_poles.evolution import sum_of_charges, tiers_depth
from thermalent.continued_fraction.several_poles.moving_source import MovingSource
from thermalent.continued_fraction.several_poles.wider_reference import CoherentRun, Reference
from thermalent.support import memory_limit

HOW_GROWN = "change with one quantum more along the chain, more tiers and shorter steps"

# Tiers of the first run in those that the steady state needs; each further one has so many more.
_FEWER_TIERS, _MORE_TIERS = 0.85, 0.12
_PART_OF_STEPS = 1e-2  # of the tolerance, which the steps may be off by at each of them
_LONGER_STEPS = (10.0, 1.0, 3.0)  # that in the first run, then in turn: other steps in each
_WORTH_CONTOURS = 2.0  # times that the source takes to be stationary, from which contours are used
_FIRST_CHARGES, _MORE_CHARGES = 3, 1.5  # beyond those of the emitters; then so many times as many
_LEAST_RUNS = 3.0  # work of a result with an error, in that of its first run
# K of the first run; of a coherent start of a hot source the first order leaves some percent.
_FIRST_QUANTA, _FIRST_QUANTA_COHERENT = 1, 2
# Variance of the field, from which on explicit steps beside the stationary chain are amplified
# beyond use while the source is nearly empty (at 305 to an error of 1e22).
_AMPLIFIED = 100.0
# A sharp field is a sum of all tiers, of which so many more are taken, and so many times as many
# from run to run.
_TIERS_COHERENT, _MORE_TIERS_COHERENT = 1.3, 1.25
_LARGE = 5e8  # bytes of the generator of coupled charges, from which on it is not built to compare
_MORE_WORK = 3.0  # times what is granted elsewhere where no accuracy is asked for


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

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """The emitters' matrices, (t, d, d), and errors of those after the steps, (t,).

        Beside them the multiplications that what is not finite would have taken, or zero.

        Args:
            times: Increasing, >= 0, (t,).
            settled: When the source is stationary, which may end the steps.
            tolerance: Error allowed in the largest element at each step, and of the contours.
        """
        ...


class _Goal(NamedTuple):
    """What is wanted, and what it may take.

    Args:
        chain: Emitters and source.
        source: Its mean and covariance over time.
        tolerances: Errors allowed in the largest element, each in turn as far as it is affordable.
        granted: Multiplications.
        quanta: K of the first run.
    """

    chain: SourceChain
    source: MovingSource
    tolerances: Sequence[float]
    granted: float
    quanta: int = _FIRST_QUANTA


def evolve_moving_source(
    chain: SourceChain,
    times: np.ndarray,
    rho: np.ndarray,
    tolerances: Sequence[float],
    most_work: float,
    amplitudes: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics of the solution.

    Args:
        chain: Emitters and source.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerances: Errors allowed in the largest element, falling: each is tried for in turn.
        most_work: Multiplications; the search ends where one more run would exceed them.
        amplitudes: Of the modes' coherent states at the start, (modes,); zeros: empty.
    """
    stats = {"tiers": 0, "stepped_times": len(times), "quanta": 0, "poles": chain.length}
    stats["refused"] = 0
    source = MovingSource(chain, amplitudes)

    def evolved(
        make: Callable[[int, int, int], Run], shape: tuple[int, ...], goal: _Goal
    ) -> tuple[np.ndarray, np.ndarray]:
        states = np.full((len(times), *shape), np.nan, dtype=complex)
        error = np.full(len(times), np.inf)
        used = _converge(make, goal, times, states, error)
        for name, value in used.items():
            stats[name] = max(stats[name], value)
        return states, error

    goal = _Goal(chain, source, tolerances, most_work)
    if not np.any(source.mean):

        def of_charge(part: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
            end, at_a_step = float(times[-1]), _PART_OF_STEPS * tolerances[0]

            def make(quanta: int, last: int, round_: int) -> Run:
                return EmptyRun(chain, source, quanta, part, q, last, end, at_a_step)

            return evolved(make, part.shape, goal)

        return *sum_of_charges(chain, times, rho, of_charge), stats

    reference = Reference(source)
    highest = int(np.max(chain.numbers))

    def coupled(quanta: int, last: int, round_: int) -> Run:
        charges = int(_FIRST_CHARGES * _MORE_CHARGES**round_)
        return DisplacedRun(chain, source, quanta, last, highest + min(charges, last), rho)

    def apart(quanta: int, last: int, round_: int) -> Run:
        wide = reference.width * _TIERS_COHERENT * _MORE_TIERS_COHERENT**round_
        return CoherentRun(reference, quanta, int(np.ceil(last * wide)), rho)

    make: Callable[[int, int, int], Run] = coupled
    if reference.suits and _shorter(apart, coupled, goal, times):
        make = apart
        goal = goal._replace(
            granted=max(most_work, _MORE_WORK * TIERS_BUDGET),
            quanta=_FIRST_QUANTA_COHERENT,
        )
    states, error = evolved(make, rho.shape, goal)
    error[times > 0] += chain.rounding
    return states, error, stats


def _shorter(
    apart: Callable[[int, int, int], Run],
    coupled: Callable[[int, int, int], Run],
    goal: _Goal,
    times: np.ndarray,
) -> bool:
    """Whether long steps of charges that are apart take less work than short ones of coupled."""
    chain, several = goal.chain, goal.chain.length > 1
    quanta = _FIRST_QUANTA if several else 0
    tolerance = _PART_OF_STEPS * goal.tolerances[0]
    last = tiers_depth(chain, quanta, goal.tolerances[0])
    charges = int(np.max(chain.numbers)) + _FIRST_CHARGES
    until = min(float(times[-1]), _end_of_steps(goal.source, times, tolerance))
    long = apart(_FIRST_QUANTA_COHERENT if several else 0, last, 0).work(until, tolerance)
    large = bytes_of_displaced(chain, quanta, last, charges) > _LARGE
    if large or chain.variance > _AMPLIFIED:
        return True
    return long < coupled(quanta, last, 0).work(until, tolerance)


def _converge(
    make: Callable[[int, int, int], Run],
    goal: _Goal,
    times: np.ndarray,
    states: np.ndarray,
    error: np.ndarray,
) -> dict[str, int]:
    """Fill in states and their errors as far as they are affordable.

    Args:
        make: The run with K quanta, tiers up to some last one, and of some round.
        goal: What is wanted.
        times: Increasing, >= 0, (t,).
        states: Where the states go, (t, d, d).
        error: Where their errors go, (t,).

    Returns:
        Tiers and K, and the work of the times that take too much, or zero.
    """
    chain, tolerances = goal.chain, list(goal.tolerances)
    least = goal.quanta if chain.length > 1 else 0
    used = {"tiers": 0, "quanta": least, "refused": 0}
    spent, round_ = 0.0, 0
    depth = tiers_depth(chain, min(1, least), tolerances[0])
    before: np.ndarray | None = None
    while True:
        tolerance = _PART_OF_STEPS * tolerances[0] * _LONGER_STEPS[min(round_, 2 - round_ % 2)]
        settled = _end_of_steps(goal.source, times, tolerance)
        last = 2 * int(np.ceil((_FEWER_TIERS + _MORE_TIERS * round_) * depth / 2)) + 2
        quanta = least + round_ * (chain.length > 1)
        run = make(quanta, last, round_)
        if before is None:
            # Two runs are the least that a result with an error takes; the second is larger.
            until = [_LEAST_RUNS * run.work(min(t, settled), tolerance) for t in times.tolist()]
            affordable = np.array(until) <= goal.granted
            used["refused"] = 0 if np.all(affordable) else int(until[-1])
            times = times[affordable]
            if not times.size:
                return used
        needed = run.work(min(float(times[-1]), settled), tolerance)
        dear = spent + needed > goal.granted or run.bytes > memory_limit.available()
        if dear and round_ > 1:
            return used
        spent += needed
        now, own, lost = run.states(times, settled, tolerance)
        used.update(tiers=run.last, quanta=quanta, refused=max(used["refused"], int(lost)))
        if before is not None:
            change = np.max(np.abs(now - before), axis=(1, 2))
            known = np.isfinite(change)
            # Where the two agree by chance at one time, the error is that of the times after it.
            change = 3 * np.maximum.accumulate(np.where(known, change, 0.0)[::-1])[::-1]
            change = np.where(known, change + _PART_OF_STEPS * tolerances[0] + own, np.inf)
            states[: len(times)], error[: len(times)] = now, change
            if lost or np.max(change) <= tolerances[-1]:
                return used
            if np.max(change) <= tolerances[0] and len(tolerances) > 1:
                del tolerances[0]
                depth = tiers_depth(chain, min(1, least), tolerances[0])
        before, round_ = now, round_ + 1


def _end_of_steps(source: MovingSource, times: np.ndarray, rest: float) -> float:
    """When contours take over; never where steps to the last time take hardly longer."""
    settled = source.settled(rest)
    return settled if times[-1] > _WORTH_CONTOURS * settled else np.inf
