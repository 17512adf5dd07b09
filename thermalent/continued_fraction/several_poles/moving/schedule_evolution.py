r"""Exact evolution behind several poles whose source moves, under one network or several.

From an empty or a stationary source charges stay apart, beside the chain of each network
(`charge_search`) or, behind hot sources, in coordinates that follow the source (`followed_run`).
From a coherent one they do relative to a wider Gaussian (`wider_reference`), and are coupled
relative to one with the mean of the source (`displaced_source`), which takes fewer tiers and suits
cold sources, and those that feel the emitters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.settings import Settings
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.converge import MOST_WORK, TIERS_BUDGET
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.moving.charge_search import Goal, evolve_charge
from thermalent.continued_fraction.several_poles.moving.displaced_source import (
    DisplacedRun,
    bytes_of_displaced,
)
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedRun,
)
from thermalent.continued_fraction.several_poles.moving.larger_runs import (
    LEAST_RUNS,
    PART_OF_STEPS,
    Run,
    SearchGoal,
    converge_runs,
)
from thermalent.continued_fraction.several_poles.moving.poles_tiers import PolesTiers
from thermalent.continued_fraction.several_poles.moving.source_schedule import (
    PolesSchedule,
    schedule_of,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    WiderRun,
    first_turn,
    reference_width,
)
from thermalent.continued_fraction.switching.run import TierReading
from thermalent.continued_fraction.total_charge import part_of_charge, sum_of_charges
from thermalent.solution.evolution import Evolution
from thermalent.solution.tasks import EvolutionTask
from thermalent.support.progress import working

HOW_OF_SCHEDULES = (
    "three times the change with one quantum more along the chain, other tiers and other steps "
    "(thirty times the first one), and what the change before that may leave, plus contours and "
    "roundings"
)
AIMS = (1e-3, 1e-6, 1e-9)  # errors that are tried for in turn where no accuracy is given
_FURTHER_AIMS = (1e-3, 1e-4, 1e-5, 1e-7, 1e-9)  # where runs take more tiers from one to the next
# Sources up to this variance may be amplified little enough for explicit steps, which are tried
# first: of 39 random evolutions with variances from 0.3 to 13 they ended 35 within 40 s, and steps
# that follow the source 26, with those of both 2 to 24 times later.
_MILD = 20.0
_FEW_DIGITS, _TRIED = 1e-4, 0.3 * TIERS_BUDGET
# Of coherent starts: charges beyond those of the emitters, and so many times as many from run to
# run. Where charges are apart a sharp field is a sum of all tiers, of which so many more are taken,
# and so many times as many from run to run; the first order K leaves some percent.
_FIRST_CHARGES, _MORE_CHARGES = 3, 1.5
_TIERS, _MORE_TIERS, _FIRST_QUANTA = 1.3, 1.25, 2
# Variance of the field, from which on explicit steps beside the stationary chain are amplified
# beyond use while the source is nearly empty (at 305 to an error of 1e22).
_AMPLIFIED = 100.0
# The least work of a sharp field: unknowns of a tier in the elements of its matrices, and folds
# of a run of one charge.
_UNKNOWNS, _FOLDS = 0.25, 120.0
_LARGE = 5e8  # bytes of the generator of coupled charges, from which on it is not built to compare
_MORE_WORK = 3.0  # times what is granted elsewhere where no accuracy is asked for
_SAMPLED = " te.FieldTrajectories() takes the same start where nothing acts back on the source."


def evolve_schedule(
    schedule: PolesSchedule, times: np.ndarray, rho: np.ndarray, goal: Goal
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics.

    Args:
        schedule: The chains.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        goal: The errors allowed, and the work.
    """
    if np.any(schedule.amplitudes):
        return evolve_coherent(schedule, times, rho, goal)
    stats = {"tiers": 0, "quanta": 0, "refused": 0}
    chain = schedule.chains[0]
    followed = schedule.followed(goal.aims[-1])
    # Where many digits are wanted, long steps would take many times as long as explicit ones.
    tried = _TRIED if goal.aims[-1] > _FEW_DIGITS else goal.granted
    first = goal if followed is None else replace(goal, granted=min(tried, goal.granted))

    def evolved(q: int) -> tuple[np.ndarray, np.ndarray] | None:
        part, reached = part_of_charge(chain.numbers, rho, q), False
        if part is None:
            return None
        if followed is None or schedule.hottest <= _MILD:
            values, error, own = evolve_charge(schedule, times, part, q, first)
            reached = bool(np.max(error) <= goal.aims[0])
        if followed is not None and not reached:
            values, error, own = converge_runs(
                lambda quanta, last, _: FollowedRun(followed, quanta, part, q, last),
                _search(schedule, goal),
                times,
                part.shape,
            )
        stats.update({key: max(value, own[key]) for key, value in stats.items()})
        return values.reshape(-1, *rho.shape), error

    states, error = sum_of_charges(chain.numbers, times, evolved)
    error[times > 0] += chain.rounding
    return states, error, stats


def _search(schedule: PolesSchedule, goal: Goal) -> SearchGoal:
    aims = goal.aims if len(goal.aims) == 1 else _FURTHER_AIMS
    return SearchGoal(aims, goal.granted, schedule.chains[0].length, schedule.depth)


def evolve_coherent(
    schedule: PolesSchedule, times: np.ndarray, rho: np.ndarray, goal: Goal
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """The same from coherent states of the modes; see `displaced_source` and `wider_reference`."""
    pieces, hottest = schedule.pieces, schedule.hottest
    source, followed = pieces[0].source, schedule.followed(goal.aims[-1])
    search, poles = _search(schedule, goal), source.chain.length
    depth, highest = schedule.depth(search.tolerances[0]), int(np.max(source.chain.numbers))

    def coupled(quanta: int, last: int, round_: int) -> DisplacedRun:
        charges = min(int(_FIRST_CHARGES * _MORE_CHARGES**round_), last)
        return DisplacedRun(pieces, quanta, last, highest + charges, rho)

    def apart(quanta: int, last: int, round_: int) -> WiderRun:
        wide = int(np.ceil(last * width * _MORE_TIERS**round_))
        return WiderRun(followed or [], first_turn(source), quanta, wide, rho)

    make: Callable[[int, int, int], Run] = coupled
    if followed is not None:
        width = _TIERS * reference_width(pieces, hottest)
        granted = max(goal.granted, _MORE_WORK * TIERS_BUDGET)
        # A strong field has so many tiers that already their start takes minutes to write down.
        size = _UNKNOWNS * count(poles - 1, _FIRST_QUANTA) * len(rho) ** 2
        least = LEAST_RUNS * (highest + 1) * _FOLDS * fold_work(int(depth * width), size)
        if least > granted and hottest > _AMPLIFIED:
            nothing = np.full((len(times), *rho.shape), np.nan), np.full(len(times), np.inf)
            return *nothing, {"tiers": 0, "quanta": 0, "refused": int(least)}
        quanta, tolerance = int(poles > 1), PART_OF_STEPS * search.tolerances[0]
        large = bytes_of_displaced(source.chain, quanta, depth, highest + _FIRST_CHARGES) > _LARGE
        if least <= granted and (
            large
            or hottest > _AMPLIFIED
            or apart(quanta * _FIRST_QUANTA, depth, 0).work(float(times[-1]), tolerance)
            < coupled(quanta, depth, 0).work(float(times[-1]), tolerance)
        ):
            make, search = apart, search._replace(granted=granted, quanta=_FIRST_QUANTA)
    states, error, stats = converge_runs(make, search, times, rho.shape)
    error[times > 0] += source.chain.rounding
    return states, error, stats


def read_several_poles(
    chains: Sequence[SourceChain],
    task: EvolutionTask,
    rtol: float | None,
    report: Callable[[str], None],
    reading: Callable[[PolesTiers], TierReading],
    fewest: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Real numbers read from the lowest tiers of total charge zero.

    Args:
        chains: Of the networks, one after the other, in common coordinates.
        task: Times, start and source.
        rtol: Error aimed at; None for what a budget affords.
        report: Is told how far the work is.
        reading: What is read.
        fewest: The smallest K.

    Returns:
        Values (t, n), errors (t,), and the multiplications of what was not computed, or zero.
    """
    goal = _goal(rtol, report)
    part = part_of_charge(chains[0].numbers, task.start, 0)
    assert part is not None  # its trace is one
    values, error, stats = evolve_charge(
        schedule_of(chains, task), task.times, part, 0, goal, reading, fewest
    )
    return values, error, stats["refused"]


def schedule_evolution(
    task: EvolutionTask, settings: Settings, chains: Sequence[SourceChain]
) -> Evolution:
    """The evolution behind the chains of all networks, one after the other."""
    rtol = None if settings.rtol is None else settings.evolution_tolerance
    with working("evolution under a schedule") as report:
        goal = _goal(rtol, report)
        found = evolve_schedule(schedule_of(chains, task), task.times, task.start, goal)
    states, error, own = found
    return evolved(
        task,
        settings,
        states,
        error,
        {**own, "pieces": len(task.pieces), "poles": chains[0].length},
        how=HOW_OF_SCHEDULES,
        cause="the filling of the source" if len(task.pieces) == 1 else "what is switched",
        remedy=_SAMPLED,
    )


def _goal(rtol: float | None, report: Callable[[str], None]) -> Goal:
    """An error that is wanted, or what a budget affords."""
    if rtol is None:
        return Goal(aims=AIMS, granted=TIERS_BUDGET, report=report)
    return Goal(aims=(rtol,), granted=MOST_WORK, report=report)
