"""Steady states and evolutions of the Fock method: prepared, run, and what is said of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from thermalent.fock.evolution import Evolved, evolve_truncated, first_levels, too_large, too_many
from thermalent.fock.problem import Problem, words
from thermalent.fock.projection import AsymptoticState, asymptotic_state, asymptotic_state_until
from thermalent.fock.relax_unique import RelaxedState, relax_unique, relax_until
from thermalent.fock.truncation import finer, first_cutoffs
from thermalent.solution.evolution import Evolution
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState, informative
from thermalent.solution.tasks import EvolutionTask, SteadyStateTask
from thermalent.support import memory_limit

_DIRECT_REMEDY = "Use solver='direct', which is more accurate, if it fits. "
# The truncation error meets the tolerance where it can. Rounding grows with time, and up to this
# factor it is no reason to withhold states that say how far they are off.
_TOLERATED = 100.0


class FockSettings(NamedTuple):
    """What of the method matters once the problem stands.

    Args:
        record: The method, for the result.
        cutoff: Levels of each mode that were asked for; None to choose them.
        tolerance: Truncation error that is aimed at.
        allowed: Error with which a state is still returned.
    """

    record: MethodRecord
    cutoff: int | None
    tolerance: float
    allowed: float


def plan_steady_state(
    task: SteadyStateTask, problem: Problem, settings: FockSettings
) -> FockPlan | Refusal:
    """The plan of a steady state, or what stands against it."""
    if problem.not_classical is not None:
        return Refusal(problem.not_classical)
    if problem.ratios is None:
        return Refusal(problem.unstable)
    if settings.cutoff is not None:
        cutoffs: tuple[int, ...] = (settings.cutoff,) * len(problem.network.modes)
    else:
        cutoffs = first_cutoffs(problem.known_ratios, settings.tolerance)
    obstacle = problem.too_large(cutoffs)
    if obstacle is not None:
        return Refusal(obstacle)
    return FockPlan(task=task, problem=problem, settings=settings, cutoffs=cutoffs)


def evolution(
    task: EvolutionTask, problem: Problem, settings: FockSettings
) -> FockEvolutionPlan | Refusal:
    """The plan of an evolution, or what stands against it."""
    modes = len(problem.network.modes)
    if problem.not_classical is not None:
        return Refusal(problem.not_classical)
    if not isinstance(task.source, str) and modes != 1:
        return Refusal(
            "a coherent amplitude needs exactly one boson mode to start in, but the network has "
            f"{modes}. Use source='empty' or 'stationary'."
        )
    if task.source == "stationary" and problem.ratios is None:
        return Refusal(f"{problem.unstable} For an evolution, use source='empty'.")
    cutoffs = first_levels(
        problem, task.source, float(task.times[-1]), settings.cutoff, settings.tolerance
    )
    obstacle = too_large(problem, cutoffs) or too_many(problem, len(task.times))
    if obstacle is not None:
        return Refusal(obstacle)
    return FockEvolutionPlan(task=task, problem=problem, settings=settings, cutoffs=cutoffs)


@dataclass(frozen=True, kw_only=True, eq=False)
class FockPlan(Plan):
    """A steady state at the first cutoffs; more levels follow while they are needed."""

    task: SteadyStateTask
    problem: Problem
    settings: FockSettings
    cutoffs: tuple[int, ...]

    @property
    def cost(self) -> Cost:
        """Of a solve at the first cutoffs."""
        needed = self.problem.cost(self.cutoffs)
        return Cost(bytes=needed.of(self.problem.choose(needed)), operations=needed.work)

    def run(self) -> SteadyState:
        """The steady state, its truncation and solver errors measured.

        With an initial state that one is reached only where the steady state is not unique.
        """
        initial = self.task.start
        unique = self._unique()
        if initial is None or unique.status.outcome is not Outcome.NOT_UNIQUE:
            return unique
        return self._reached(initial)

    def _unique(self) -> SteadyState:
        began = time.perf_counter()
        if self.settings.cutoff is not None:
            found = relax_unique(self.problem, self.cutoffs)
        else:
            found = relax_until(self.problem, self.cutoffs, self.settings.tolerance)
        result = SteadyState(
            network=self.problem.network,
            method=self.settings.record,
            state=found.state,
            error=ErrorEstimate(
                min(1.0, found.truncation.bound + found.solver_error),
                "truncation from two cutoffs and the population beyond the last level, plus the "
                "distance between two starts and what the residual may do",
            ),
            status=_status(self.settings, self.problem, found),
            stats=_stats(found) | {"seconds": time.perf_counter() - began},
        )
        return informative(result)

    def _reached(self, initial: np.ndarray) -> SteadyState:
        began = time.perf_counter()
        if self.settings.cutoff is not None:
            found = asymptotic_state(self.problem, self.cutoffs, initial)
        else:
            found = asymptotic_state_until(
                self.problem, self.cutoffs, initial, self.settings.tolerance
            )
        result = SteadyState(
            network=self.problem.network,
            method=self.settings.record,
            state=found.state,
            error=ErrorEstimate(
                min(1.0, found.truncation.bound + found.solver_error),
                "truncation from two cutoffs and the population beyond the last level, plus what "
                "rounding adds to the projection",
            ),
            status=_reached_status(self.settings, self.problem, found),
            stats={
                "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
                "dimension": found.elements,
                "truncation": found.truncation.bound,
                "solver_error": found.solver_error,
                "iterations": found.solves,
                "seconds": time.perf_counter() - began,
            },
        )
        return informative(result)


@dataclass(frozen=True, kw_only=True, eq=False)
class FockEvolutionPlan(Plan):
    """An evolution at the first cutoffs; more levels follow while they are needed."""

    task: EvolutionTask
    problem: Problem
    settings: FockSettings
    cutoffs: tuple[int, ...]

    @property
    def cost(self) -> Cost:
        """Of an evolution at the first cutoffs: levels x rate of the highest level x time."""
        needed = self.problem.cost(self.cutoffs)
        network = self.problem.network
        rates = [sum(network.mode_rates(j)) for j in network.mode_indices]
        rate = float(np.abs(network.decay).sum()) + sum(
            2 * n * r for n, r in zip(self.cutoffs, rates, strict=True)
        )
        steps = max(1.0, rate * float(self.task.times[-1]))
        return Cost(bytes=needed.evolution, operations=10 * needed.elements * steps)

    def run(self) -> Evolution:
        """States at the times, their truncation and rounding errors measured."""
        began = time.perf_counter()
        found = evolve_truncated(
            self.problem,
            self.task.times,
            self.task.start,
            self.task.source,
            cutoffs=self.cutoffs,
            raised=self.settings.cutoff is None,
            tolerance=self.settings.tolerance,
        )
        return Evolution(
            network=self.problem.network,
            method=self.settings.record,
            times=self.task.times,
            states=found.states,
            error=found.error,
            how="truncation from two cutoffs and the population beyond the last level so far, plus "
            "rounding",
            status=_evolved_status(self.settings, found, self.task.times),
            stats={
                "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
                "dimension": found.elements,
                "sectors": found.sectors,
                "truncation": found.truncation.bound,
                "rounding": found.rounding,
                "seconds": time.perf_counter() - began,
            },
        )


def _evolved_status(settings: FockSettings, found: Evolved, times: np.ndarray) -> Status:
    worst = float(np.max(found.error))
    # With a cutoff of the user's the error is what they asked to see.
    if settings.cutoff is not None or worst <= max(
        _TOLERATED * settings.tolerance, settings.allowed
    ):
        return Status()
    return Status(
        outcome=Outcome.NOT_CONVERGED,
        message=(
            f"The error of the evolution is {worst:.1e} at t = "
            f"{times[int(np.argmax(found.error))]:g} with a cutoff of {words(found.cutoffs)} "
            f"({found.rounding:.1e} of it from rounding): "
            f"{found.obstacle or 'it hardly falls with the cutoff.'} Ask for a larger "
            "tolerance, or for earlier times."
        ),
    )


def _status(settings: FockSettings, asked: Problem, found: RelaxedState) -> Status:
    if not found.unique:
        return Status(outcome=Outcome.NOT_UNIQUE, message=_not_unique(asked, found))
    if not found.converged:
        return Status(outcome=Outcome.NOT_CONVERGED, message=_not_solved(asked, found))
    if settings.cutoff is not None:
        return Status()
    if found.truncation.bound > settings.allowed:
        return _truncated(settings, asked, found)
    if found.solver_error > settings.allowed:
        direct = found.solver == "direct"
        return Status(
            outcome=Outcome.INACCURATE,
            message=(
                f"Argument `tolerance` = {settings.allowed:.1e} is below what double precision "
                f"can give for this network: the {found.solver} solver's error is "
                f"about {found.solver_error:.1e}. {'' if direct else _DIRECT_REMEDY}Ask for "
                f"tolerance >= {2 * found.solver_error:.1e}."
            ),
        )
    return Status()


def _reached_status(settings: FockSettings, asked: Problem, found: AsymptoticState) -> Status:
    if not found.converged or found.oscillating_coherence > 0:
        return Status(outcome=Outcome.NOT_CONVERGED, message=_not_settled(found))
    if settings.cutoff is not None:
        return Status()
    if found.truncation.bound > settings.allowed:
        return _truncated(settings, asked, found)
    if found.solver_error > settings.allowed:
        return Status(
            outcome=Outcome.INACCURATE,
            message=(
                f"Argument `tolerance` = {settings.allowed:.1e} is below what double precision "
                "can give for the state that is reached: its slowest rate leaves an error of "
                f"about {found.solver_error:.1e}. Ask for tolerance >= "
                f"{2 * found.solver_error:.1e}."
            ),
        )
    return Status()


def _truncated(
    settings: FockSettings, asked: Problem, found: RelaxedState | AsymptoticState
) -> Status:
    obstacle = asked.too_large(finer(found.cutoffs, found.truncation, settings.tolerance))
    return Status(
        outcome=Outcome.NOT_CONVERGED,
        message=(
            f"The truncation error is still {found.truncation.bound:.1e} at a cutoff of "
            f"{words(found.cutoffs)}: {obstacle or 'it hardly falls with the cutoff.'} Ask for "
            "a larger tolerance, or check the rates: a mode may be driven without bound."
        ),
    )


def _not_unique(asked: Problem, found: RelaxedState) -> str:
    also = ""
    if len(asked.network.modes) == 1 and asked.numbers is not None:
        also = ", with this method or te.ContinuedFraction()"
    return (
        "The steady state is not unique to double precision: two initial states of the emitters "
        f"relax to states that differ by {found.distance:.2g} (a dark state, or an emitter that "
        "nothing damps). Break the symmetry (detuning, position, dephasing, decay), or give "
        f"`initial=` for the one that is reached from a state{also}."
    )


def _not_settled(found: AsymptoticState) -> str:
    if not found.converged:
        return (
            "From this initial state the network has not settled at rates of 1e-12 of its largest "
            "one, below which double precision holds no digits. Use te.evolve, up to a time of "
            "interest."
        )
    return (
        "From this initial state the network never settles: coherences of up to "
        f"{found.oscillating_coherence:.2g} between states that nothing damps keep turning (or "
        "decay more slowly than can be told). `result` holds the average over time; use te.evolve "
        "for the state at a time."
    )


def _not_solved(asked: Problem, found: RelaxedState) -> str:
    failure = (
        f"The {found.solver} solver stopped at a relative residual of {found.residual:.1e} after "
        f"{found.iterations} iterations. "
    )
    if found.solver == "direct":
        return failure + "The rates span too many orders of magnitude for double precision."
    if found.cost.direct <= asked.limit:
        return failure + f"Use solver='direct' (about {memory_limit.in_words(found.cost.direct)})."
    return failure + "Use a smaller cutoff, or a larger tolerance, and solver='direct'."


def _stats(found: RelaxedState) -> dict[str, object]:
    return {
        "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
        "dimension": found.elements,
        "nonzeros": found.nonzeros,
        "truncation": found.truncation.bound,
        "solver_error": found.solver_error,
        "residual": found.residual,
        "solver": found.solver,
        "iterations": found.iterations,
        "memory": found.cost.of(found.solver),
    }
