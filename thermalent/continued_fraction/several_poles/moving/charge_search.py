"""One total charge of a schedule, with more and more quanta, by steps and contours on all tiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.errors_of_orders import errors_of_runs
from thermalent.continued_fraction.several_poles.moving.poles_tiers import PolesTiers
from thermalent.continued_fraction.several_poles.moving.source_schedule import PolesSchedule
from thermalent.continued_fraction.switching.run import ContourStart, ScheduleRun, TierReading

_FEWER = 0.85  # tiers of every other run
_PART_OF_STEPS, _LONGER_STEPS = 1e-2, 10.0  # of the tolerance; of every other run
_MOST_RUNS = 16
_OTHER_STEPS = 1.07  # norm of the steps of every other run
_MISSED, _LEAST_MISSED = 0.1, 1e-13  # what the contours of all pieces may miss, in tolerances
_DEVIATIONS = 8.0  # standard deviations of the rounding of many steps
_ROUNDING = 1e-13
_EPS = 4 * float(np.finfo(float).eps)
# Sparse products take so much longer than the dense ones in which work is granted.
_SPARSE = 15.0
# A run with one quantum more takes the power of its unknowns that steps and contours have between.
_GROWTH = 1.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Goal:
    """What is wanted, and what it may take.

    Args:
        aims: Errors allowed, falling: each is tried for in turn.
        granted: Multiplications; the search ends where one more run would exceed them.
        report: Is told how far the work is.
    """

    aims: Sequence[float]
    granted: float
    report: Callable[[str], None]


def evolve_charge(
    schedule: PolesSchedule,
    times: np.ndarray,
    part: np.ndarray,
    charge: int,
    goal: Goal,
    reading: Callable[[PolesTiers], TierReading] | None = None,
    fewest: int = 1,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Elements of one charge or what is read, (t, n), errors (t,), and statistics.

    Args:
        schedule: The chains.
        times: Increasing, >= 0, (t,).
        part: The elements of the initial density matrix with this charge, (d, d).
        charge: Q.
        goal: The errors allowed, and the work.
        reading: What is read, if not the emitters' elements.
        fewest: The smallest K.
    """
    poles, left, aims = schedule.chains[0].length - 1, goal.granted / _SPARSE, list(goal.aims)
    quanta, number, depth = fewest if poles else 0, 0, schedule.depth(aims[0])
    starts: dict[int, ContourStart] | None = None
    before: np.ndarray | None = None
    changed: np.ndarray | None = None if poles else np.zeros(len(times))
    while True:
        values, run = _run(
            schedule, times, part, charge, (quanta, number, depth, aims[0]), starts, left,
            goal.report, reading,
        )  # fmt: skip
        left, starts = left - run.spent, run.starts
        larger = count(poles, quanta + 1) / count(poles, quanta) if poles else 1.0
        if before is not None:
            change = np.max(np.abs(values - before), axis=1, initial=0.0)
            lacking = ~np.isfinite(change)
            change = np.maximum.accumulate(np.where(lacking, np.inf, change))
            error, changed = errors_of_runs(change, changed), change
            rounding = _ROUNDING + _DEVIATIONS * run.rounding + run.missed
            error += np.where(times > 0, rounding + _PART_OF_STEPS * aims[0], _EPS)
            while len(aims) > 1 and np.max(error) <= aims[0]:
                del aims[0]
                deeper = schedule.depth(aims[0])
                larger, depth, starts = larger * (deeper / depth) ** 1.5, deeper, None
            ended = np.max(error) <= aims[0] or np.any(lacking) or number >= _MOST_RUNS
            if ended or run.spent * larger**_GROWTH > left:
                stats = {"tiers": run.last, "quanta": quanta, "refused": int(run.refused)}
                return values, error, stats
        goal.report(f"K = {quanta}")
        before, number = values, number + 1
        quanta += poles > 0


def _run(
    schedule: PolesSchedule,
    times: np.ndarray,
    part: np.ndarray,
    charge: int,
    size: tuple[int, int, int, float],
    starts: dict[int, ContourStart] | None,
    granted: float,
    report: Callable[[str], None],
    reading: Callable[[PolesTiers], TierReading] | None,
) -> tuple[np.ndarray, ScheduleRun]:
    """One run: its values and itself. `size` holds K, its number, the tiers and the tolerance."""
    quanta, number, depth, tolerance = size
    missed = max(_MISSED * tolerance / len(schedule.chains), _LEAST_MISSED)
    nodes = int(np.ceil((1.25 if number else 1.0) * -np.log(missed / 3)))
    other = number % 2 == 0
    steps = _PART_OF_STEPS * tolerance * (_LONGER_STEPS if other else 1.0)
    stretches = schedule.stretches(_PART_OF_STEPS * tolerance)
    tiers, folded = (
        PolesTiers(schedule.chains, stretches, part, charge, quanta, steps, staggered=staggered)
        for staggered in (False, other)
    )
    run = ScheduleRun(
        tiers,
        2 * int(np.ceil((_FEWER if other else 1.0) * depth / 2)) + (2 if other else 4),
        _OTHER_STEPS if other else 1.0,
        folded=folded,
        missed=missed,
        nodes=nodes,
        starts=starts,
        report=report,
        reading=None if reading is None else reading(tiers),
        granted=granted,
    )
    values = run.values(times)
    if reading is None:
        values = np.asarray((tiers.first.basis[0][:, : tiers.tier0_size] @ values.T).T)
    return values, run
