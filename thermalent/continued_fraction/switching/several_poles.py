"""Evolution under a schedule of networks behind several poles, exact, with its error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.settings import Settings
from thermalent.continued_fraction.several_poles import choice
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.chain.coordinates import NoChainError, SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.converge import MOST_WORK, TIERS_BUDGET
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.evolution import sum_of_charges, tiers_depth
from thermalent.continued_fraction.several_poles.moving.displaced_source import (
    DisplacedRun,
    bytes_of_displaced,
)
from thermalent.continued_fraction.several_poles.moving.filling_chain import COLD
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedRun,
    FollowedStretch,
    followed_stretches,
)
from thermalent.continued_fraction.several_poles.moving.larger_runs import (
    LEAST_RUNS,
    PART_OF_STEPS,
    Run,
    SearchGoal,
    converge_runs,
)
from thermalent.continued_fraction.several_poles.moving.moving_source import (
    MovingPiece,
    source_pieces,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    PART,
    WiderRun,
    first_turn,
    reference_width,
)
from thermalent.continued_fraction.switching.fading_source import fading_refusal
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
_FURTHER_AIMS = (1e-3, 1e-4, 1e-5, 1e-7, 1e-9)  # where runs take more tiers from one to the next
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


@dataclass(frozen=True, kw_only=True, eq=False)
class PolesSchedule:
    """Chains in common coordinates, and where they start.

    Args:
        chains: Of the networks up to the last time, one after the other.
        lengths: How long each of them lasts.
        begin: Covariance of the source at time zero, (m, m).
        amplitudes: Of the modes' coherent states at time zero, (modes,).
    """

    chains: list[SourceChain]
    lengths: list[float]
    begin: np.ndarray
    amplitudes: np.ndarray

    @cached_property
    def pieces(self) -> list[MovingPiece]:
        """The source, network by network."""
        return source_pieces(self.chains, self.lengths, self.amplitudes, self.begin)

    def stretches(self, tolerance: float) -> list[PolesStretch]:
        """The times in which neither network nor the motion of the source change."""
        return poles_stretches(self.pieces, tolerance)

    @property
    def hottest(self) -> float:
        """The largest variance of the field that the emitters see."""
        every = [self.begin, *(chain.covariance for chain in self.chains)]
        return max(float(v[0, 0].real) for v in every) * self.chains[0].scale ** 2

    def followed(self, tolerance: float) -> list[FollowedStretch] | None:
        """The stretches of a hot source that moves, in coordinates that follow it, if there are.

        Of a coherent one a wider Gaussian is followed; see `wider_reference`.
        """
        coherent = bool(np.any(self.amplitudes))
        at_rest = all(one.source is None for one in self.stretches(tolerance))
        if (at_rest and not coherent) or self.hottest <= COLD:
            return None
        begin = self.begin[:, :0]
        if coherent:
            begin = np.sqrt(PART) * self.pieces[0].source.mean[:, None]
        elif np.any(self.begin):
            begin = np.linalg.cholesky(self.begin)
        return followed_stretches(self.pieces, begin, tolerance)

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
    return PolesSchedule(
        chains=list(chains[: len(lengths)]),
        lengths=lengths,
        begin=first if task.source == "stationary" else 0 * first,
        amplitudes=start_amplitudes(task.source, len(task.network.modes)),
    )


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
    d = len(schedule.chains[0].numbers)
    followed = schedule.followed(goal.aims[-1])
    # Where many digits are wanted, long steps would take many times as long as explicit ones.
    tried = _TRIED if goal.aims[-1] > _FEW_DIGITS else goal.granted
    first = goal if followed is None else replace(goal, granted=min(tried, goal.granted))

    def evolved(part: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
        reached = False
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
        return values.reshape(-1, d, d), error

    return *sum_of_charges(schedule.chains[0], times, rho, evolved), stats


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
    goal = _goal(rtol, report)
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
        return schedule_evolution(self.task, self.settings, self.chains)


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
