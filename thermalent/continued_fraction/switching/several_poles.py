"""Evolution under a schedule of networks behind several poles, exact, with its error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.settings import Settings
from thermalent.continued_fraction.several_poles import choice
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.chain.coordinates import NoChainError, SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.converge import MOST_WORK, TIERS_BUDGET
from thermalent.continued_fraction.several_poles.evolution import sum_of_charges, tiers_depth
from thermalent.continued_fraction.several_poles.growing_source import HOW_GROWN
from thermalent.continued_fraction.several_poles.moving.empty_source import COLD
from thermalent.continued_fraction.several_poles.moving.larger_runs import (
    Run,
    SearchGoal,
    converge_runs,
)
from thermalent.continued_fraction.switching.coherent_poles import (
    CoherentSchedule,
    evolve_coherent,
)
from thermalent.continued_fraction.switching.fading_source import fading_refusal
from thermalent.continued_fraction.switching.followed_poles import (
    FollowedStretch,
    followed_run,
    followed_stretches,
)
from thermalent.continued_fraction.switching.poles_source import PolesStretch, poles_stretches
from thermalent.continued_fraction.switching.poles_tiers import PolesTiers
from thermalent.continued_fraction.switching.run import ContourStart, ScheduleRun, TierReading
from thermalent.networks.gaussian_source import UnstableSourceError
from thermalent.networks.network import Network
from thermalent.networks.symmetry import SymmetryError, element_charges
from thermalent.solution.evolution import Evolution
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.tasks import EvolutionTask, start_amplitudes
from thermalent.support.progress import working

HOW_OF_SCHEDULES = (
    "three times the change with one quantum more along the chain, other tiers and other steps, "
    "plus contours and roundings"
)
AIMS = (1e-3, 1e-6, 1e-9)  # errors that are tried for in turn where no accuracy is given
_FOLLOWED_AIMS = (1e-3, 1e-4, 1e-5, 1e-7, 1e-9)  # where long steps follow a hot source
_FEWER = 0.85  # tiers of every other run
_PART_OF_STEPS, _LONGER_STEPS = 1e-2, 10.0  # of the tolerance; of every other run
_MOST_RUNS = 16
# Of the change to the error of the better run: each quantum along the chain may leave three
# quarters of what the one before it left.
_CHANGES = 3.0
_OTHER_STEPS = 1.07  # norm of the steps of every other run
_MISSED, _LEAST_MISSED = 0.1, 1e-13  # what the contours of all pieces may miss, in tolerances
_MOST_NODES = 54  # more would lose digits to exp(Re z t)
# Sources up to this variance may be amplified little enough for explicit steps, which are tried
# first: of 39 random evolutions with variances from 0.3 to 13 they ended 35 within 40 s, and steps
# that follow the source 26, with those of both 2 to 24 times later.
_MILD = 20.0
_FEW_DIGITS, _TRIED = 1e-4, 0.3 * TIERS_BUDGET
_PROBED = 8  # networks whose steady states are looked at for the number of tiers
_DEVIATIONS = 8.0  # standard deviations of the rounding of many steps
_ROUNDING = 1e-13
_EPS = 4 * float(np.finfo(float).eps)
# Sparse products take so much longer than the dense ones in which work is granted.
_SPARSE = 15.0
# A run with one quantum more takes the power of its unknowns that steps and contours have between.
_GROWTH = 1.5


@dataclass(frozen=True, kw_only=True, eq=False)
class PolesSchedule:
    """Chains in common coordinates, and where they start.

    Args:
        chains: Of the networks up to the last time, one after the other.
        lengths: How long each of them lasts.
        begin: Covariance of the source at time zero, (m, m).
    """

    chains: list[SourceChain]
    lengths: list[float]
    begin: np.ndarray

    def stretches(self, tolerance: float) -> list[PolesStretch]:
        """The times in which neither network nor the motion of the source change."""
        return poles_stretches(self.chains, self.lengths, self.begin, tolerance)

    @property
    def hottest(self) -> float:
        """The largest variance of the field that the emitters see."""
        every = [self.begin, *(chain.covariance for chain in self.chains)]
        return max(float(v[0, 0].real) for v in every) * self.chains[0].scale ** 2

    def followed(self, tolerance: float) -> list[FollowedStretch] | None:
        """The stretches of a hot source that moves, in coordinates that follow it, if there are."""
        at_rest = all(one.source is None for one in self.stretches(tolerance))
        if at_rest or self.hottest <= COLD:
            return None
        begin = np.linalg.cholesky(self.begin) if np.any(self.begin) else self.begin[:, :0]
        return followed_stretches(self.chains, self.lengths, begin, tolerance)

    def depth(self, tolerance: float) -> int:
        """Tiers that steady states need behind the hottest source of all."""
        every = [self.begin, *(chain.covariance for chain in self.chains)]
        hottest = max(every, key=lambda covariance: float(np.trace(covariance).real))
        probed = self.chains[:: max(1, len(self.chains) // _PROBED)]
        return max(
            tiers_depth(replace(chain, covariance=hottest), min(1, chain.length - 1), tolerance)
            for chain in {id(chain): chain for chain in probed}.values()
        )


def schedule_of(chains: Sequence[SourceChain], task: EvolutionTask) -> PolesSchedule:
    """The schedule of a task from the chains of its networks, one after the other."""
    lengths = [stretch.length for stretch in task.stretches()]
    first = chains[0].covariance
    begin = first if task.source == "stationary" else 0 * first
    return PolesSchedule(chains=list(chains[: len(lengths)]), lengths=lengths, begin=begin)


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
            error = _CHANGES * np.maximum.accumulate(np.where(lacking, np.inf, change))
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
        nodes=min(nodes, _MOST_NODES),
        starts=starts,
        report=report,
        reading=None if reading is None else reading(tiers),
        granted=granted,
    )
    values = run.values(times)
    if reading is None:
        values = np.asarray((tiers.first.basis[0][:, : tiers.tier0_size] @ values.T).T)
    return values, run


def follow_charge(
    schedule: PolesSchedule,
    stretches: Sequence[FollowedStretch],
    times: np.ndarray,
    part: np.ndarray,
    charge: int,
    goal: Goal,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """The same in coordinates that follow the source; see `evolve_charge`."""

    def make(quanta: int, last: int, round_: int) -> Run:
        return followed_run(stretches, quanta, part, charge, last)

    states = np.full((len(times), *part.shape), np.nan, dtype=complex)
    error = np.full(len(times), np.inf)
    aims = goal.aims if len(goal.aims) == 1 else _FOLLOWED_AIMS
    wanted = SearchGoal(aims, goal.granted, schedule.chains[0].length, schedule.depth)
    stats = converge_runs(make, wanted, times, states, error)
    return states, error, stats


def evolve_schedule(
    schedule: PolesSchedule,
    task: EvolutionTask,
    goal: Goal,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics."""
    stats = {"tiers": 0, "quanta": 0, "refused": 0}
    d = len(schedule.chains[0].numbers)
    followed = schedule.followed(goal.aims[-1])
    # Where many digits are wanted, long steps would take many times as long as explicit ones.
    tried = _TRIED if goal.aims[-1] > _FEW_DIGITS else goal.granted
    first = goal if followed is None else replace(goal, granted=min(tried, goal.granted))

    def evolved(part: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
        reached = False
        if followed is None or schedule.hottest <= _MILD:
            values, error, own = evolve_charge(schedule, task.times, part, q, first)
            reached = bool(np.max(error) <= goal.aims[0])
        if followed is not None and not reached:
            values, error, own = follow_charge(schedule, followed, task.times, part, q, goal)
        stats.update({key: max(value, own[key]) for key, value in stats.items()})
        return values.reshape(-1, d, d), error

    return *sum_of_charges(schedule.chains[0], task.times, task.start, evolved), stats


def whole_chains(networks: Sequence[Network]) -> list[SourceChain]:
    """The chains of networks in common coordinates that hold every amplitude of the source.

    Raises:
        NoChainError: there are none, or their fraction takes too much.
        SymmetryError: a network does not conserve the excitation number.
        UnstableSourceError: the modes of a network together have no stationary state.
    """
    chains = common_chains(networks, whole=True)
    for chain in {id(chain): chain for chain in chains}.values():
        reason = choice.chain_too_large(chain)
        if reason is not None:
            raise NoChainError(reason)
    return chains


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
    d = len(chains[0].numbers)
    charge = element_charges(chains[0].numbers).reshape(d, d)
    goal = Goal(
        aims=AIMS if rtol is None else (rtol,),
        granted=TIERS_BUDGET if rtol is None else MOST_WORK,
        report=report,
    )
    part = np.where(charge == 0, task.start, 0)
    values, error, stats = evolve_charge(
        schedule_of(chains, task), task.times, part, 0, goal, reading, fewest
    )
    return values, error, stats["refused"]


def plan_schedule(task: EvolutionTask, settings: Settings) -> Plan | Refusal:
    """The plan of an evolution under several networks of several modes, or why there is none."""
    try:
        chains = common_chains(task.networks)
    except (SymmetryError, UnstableSourceError) as error:
        return Refusal(str(error))
    except NoChainError as error:
        return Refusal(
            f"a schedule behind several modes takes those that drive the emitters through one "
            f"amplitude: {error} Use te.Fock() or te.FieldTrajectories()."
        )
    for chain in {id(chain): chain for chain in chains}.values():
        reason = choice.chain_too_large(chain)
        if reason is not None:
            return Refusal(reason)
    schedule = schedule_of(chains, task)
    reason = fading_refusal(schedule.chains, schedule.lengths, schedule.begin)
    if reason is not None:
        return Refusal(reason)
    return PolesScheduleEvolutionPlan(task=task, settings=settings, chains=chains)


@dataclass(frozen=True, kw_only=True, eq=False)
class PolesScheduleEvolutionPlan(Plan):
    """An evolution under several networks behind several poles, charge sector by charge sector."""

    task: EvolutionTask
    settings: Settings
    chains: list[SourceChain]

    @property
    def cost(self) -> Cost:
        """Memory of the tiers at the quanta that an accuracy takes, about."""
        once = choice.chain_cost(self.chains[0], self.settings.aimed_rtol)
        return replace(once, operations=np.nan)

    def compute(self) -> Evolution:
        """Exact states at the times, each with its error."""
        task, settings = self.task, self.settings
        aims = AIMS if settings.rtol is None else (settings.evolution_tolerance,)
        granted = TIERS_BUDGET if settings.rtol is None else MOST_WORK
        with working("evolution under a schedule") as report:
            schedule, how = schedule_of(self.chains, task), HOW_OF_SCHEDULES
            amplitudes = start_amplitudes(task.source, len(task.network.modes))
            if np.any(amplitudes):
                states, error, own = self._coherent(schedule, amplitudes, aims, granted)
                how = HOW_GROWN
            else:
                goal = Goal(aims=aims, granted=granted, report=report)
                states, error, own = evolve_schedule(schedule, task, goal)
        stats, cause = {**own, "pieces": len(task.pieces)}, "what is switched"
        stats["poles"] = self.chains[0].length
        return evolved(task, settings, states, error, stats, how=how, cause=cause)

    def _coherent(
        self,
        schedule: PolesSchedule,
        amplitudes: np.ndarray,
        aims: Sequence[float],
        granted: float,
    ) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
        chains, lengths = schedule.chains, schedule.lengths
        coherent = CoherentSchedule(chains, lengths, amplitudes, schedule.hottest, aims[-1])
        goal = SearchGoal(aims, granted, chains[0].length, schedule.depth)
        return evolve_coherent(coherent, self.task.times, self.task.start, goal)
