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

import numpy as np

from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.converge import TIERS_BUDGET
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.evolution import sum_of_charges, tiers_depth
from thermalent.continued_fraction.several_poles.moving.displaced_source import (
    DisplacedRun,
    bytes_of_displaced,
)
from thermalent.continued_fraction.several_poles.moving.empty_source import EmptyRun
from thermalent.continued_fraction.several_poles.moving.larger_runs import (
    PART_OF_STEPS,
    Run,
    SearchGoal,
    converge_runs,
)
from thermalent.continued_fraction.several_poles.moving.moving_source import MovingSource
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    CoherentRun,
    Reference,
)

HOW_GROWN = "change with one quantum more along the chain, more tiers and shorter steps"

_WORTH_CONTOURS = 2.0  # times that the source takes to be stationary, from which contours are used
_FIRST_CHARGES, _MORE_CHARGES = 3, 1.5  # beyond those of the emitters; then so many times as many
_FIRST_QUANTA_COHERENT = 2  # of a hot source, where the first order leaves some percent
# Variance of the field, from which on explicit steps beside the stationary chain are amplified
# beyond use while the source is nearly empty (at 305 to an error of 1e22).
_AMPLIFIED = 100.0
# A sharp field is a sum of all tiers, of which so many more are taken, and so many times as many
# from run to run.
_TIERS_COHERENT, _MORE_TIERS_COHERENT = 1.3, 1.25
# The least work of a sharp field: unknowns of a tier in the elements of its matrices, and folds.
_UNKNOWNS, _FOLDS = 0.25, 120.0
_LARGE = 5e8  # bytes of the generator of coupled charges, from which on it is not built to compare
_MORE_WORK = 3.0  # times what is granted elsewhere where no accuracy is asked for


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
        make: Callable[[int, int, int], Run], shape: tuple[int, ...], goal: SearchGoal
    ) -> tuple[np.ndarray, np.ndarray]:
        states = np.full((len(times), *shape), np.nan, dtype=complex)
        error = np.full(len(times), np.inf)
        used = converge_runs(make, goal, times, states, error)
        for name, value in used.items():
            stats[name] = max(stats[name], value)
        return states, error

    def depth(tolerance: float) -> int:
        return tiers_depth(chain, min(1, chain.length - 1), tolerance)

    def end_of_steps(rest: float) -> float:
        return _end_of_steps(source, times, rest)

    goal = SearchGoal(tolerances, most_work, chain.length, depth, end_of_steps)
    if not np.any(source.mean):

        def of_charge(part: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
            end, at_a_step = float(times[-1]), PART_OF_STEPS * tolerances[0]

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
    granted = max(most_work, _MORE_WORK * TIERS_BUDGET)
    if reference.suits:
        # A strong field has so many tiers that already their start takes minutes to write down.
        size = _UNKNOWNS * count(chain.length - 1, _FIRST_QUANTA_COHERENT) * len(rho) ** 2
        wide = goal.depth(tolerances[0]) * reference.width * _TIERS_COHERENT
        least = _FOLDS * fold_work(int(wide), size)
        if least > granted and chain.variance > _AMPLIFIED:
            stats["refused"] = int(least)
            return np.full((len(times), *rho.shape), np.nan), np.full(len(times), np.inf), stats
        if least <= granted and _shorter(apart, coupled, chain, goal, times):
            make = apart
            goal = goal._replace(granted=granted, quanta=_FIRST_QUANTA_COHERENT)
    states, error = evolved(make, rho.shape, goal)
    error[times > 0] += chain.rounding
    return states, error, stats


def _shorter(
    apart: Callable[[int, int, int], Run],
    coupled: Callable[[int, int, int], Run],
    chain: SourceChain,
    goal: SearchGoal,
    times: np.ndarray,
) -> bool:
    """Whether long steps of charges that are apart take less work than short ones of coupled."""
    quanta, several = goal.quanta if chain.length > 1 else 0, chain.length > 1
    tolerance = PART_OF_STEPS * goal.tolerances[0]
    last = goal.depth(goal.tolerances[0])
    charges = int(np.max(chain.numbers)) + _FIRST_CHARGES
    until = min(float(times[-1]), goal.end_of_steps(tolerance))
    long = apart(_FIRST_QUANTA_COHERENT if several else 0, last, 0).work(until, tolerance)
    large = bytes_of_displaced(chain, quanta, last, charges) > _LARGE
    if large or chain.variance > _AMPLIFIED:
        return True
    return long < coupled(quanta, last, 0).work(until, tolerance)


def _end_of_steps(source: MovingSource, times: np.ndarray, rest: float) -> float:
    """When contours take over; never where steps to the last time take hardly longer."""
    settled = source.settled(rest)
    return settled if times[-1] > _WORTH_CONTOURS * settled else np.inf
