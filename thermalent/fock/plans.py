"""Steady states by the Fock method: prepared, run, and their status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from thermalent.fock.problem import Problem, words
from thermalent.fock.projection import AsymptoticState, asymptotic_state, asymptotic_state_until
from thermalent.fock.relax_unique import RelaxedState, relax_unique, relax_until
from thermalent.fock.truncation import finer, first_cutoffs
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.solution.tasks import SteadyStateTask
from thermalent.solution.validity import informative
from thermalent.support import memory_limit

_DIRECT_REMEDY = "Use solver='direct', which is more accurate, if it fits. "


class FockSettings(NamedTuple):
    """The parameters of the method that matter once the problem is prepared.

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
    """The plan of a steady state, or the reason why there is none."""
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


@dataclass(frozen=True, kw_only=True, eq=False)
class FockPlan(Plan):
    """A steady state at the first cutoffs; more levels follow while they are needed."""

    task: SteadyStateTask
    problem: Problem
    settings: FockSettings
    cutoffs: tuple[int, ...]

    @property
    def cost(self) -> Cost:
        """Cost of a solve at the first cutoffs."""
        needed = self.problem.cost(self.cutoffs)
        return Cost(bytes=needed.of(self.problem.choose(needed)), operations=needed.work)

    def compute(self) -> SteadyState:
        """The steady state, its truncation and solver errors measured.

        With an initial state that one is reached only where the steady state is not unique.
        """
        initial = self.task.start
        unique = self._unique()
        if initial is None or unique.status.outcome is not Outcome.NOT_UNIQUE:
            return unique
        return self._asymptotic(initial)

    def _unique(self) -> SteadyState:
        if self.settings.cutoff is not None:
            relaxed = relax_unique(self.problem, self.cutoffs)
        else:
            relaxed = relax_until(self.problem, self.cutoffs, self.settings.tolerance)
        stats = {
            "nonzeros": relaxed.nonzeros,
            "residual": relaxed.residual,
            "solver": relaxed.solver,
            "iterations": relaxed.iterations,
            "memory": relaxed.cost.of(relaxed.solver),
        }
        how = "plus the distance between two starts and what the residual may do"
        return self._result(relaxed, how, _status(self.settings, self.problem, relaxed), stats)

    def _asymptotic(self, initial: np.ndarray) -> SteadyState:
        if self.settings.cutoff is not None:
            asymptotic = asymptotic_state(self.problem, self.cutoffs, initial)
        else:
            asymptotic = asymptotic_state_until(
                self.problem, self.cutoffs, initial, self.settings.tolerance
            )
        status = _asymptotic_status(self.settings, self.problem, asymptotic)
        how = "plus what rounding adds to the projection"
        return self._result(asymptotic, how, status, {"iterations": asymptotic.solves})

    def _result(
        self, found: RelaxedState | AsymptoticState, how: str, status: Status, stats: dict[str, Any]
    ) -> SteadyState:
        result = SteadyState(
            network=self.problem.network,
            method=self.settings.record,
            state=found.state,
            error=ErrorEstimate(
                min(1.0, found.truncation.bound + found.solver_error),
                f"truncation from two cutoffs and the population beyond the last level, {how}",
            ),
            status=status,
            stats={
                "cutoff": found.cutoffs[0] if len(found.cutoffs) == 1 else found.cutoffs,
                "dimension": found.elements,
                "truncation": found.truncation.bound,
                "solver_error": found.solver_error,
                **stats,
            },
        )
        return informative(result)


def _status(settings: FockSettings, asked: Problem, relaxed: RelaxedState) -> Status:
    if not relaxed.unique:
        return Outcome.NOT_UNIQUE.because(_not_unique(asked, relaxed))
    if not relaxed.converged:
        return Outcome.NOT_CONVERGED.because(_not_solved(asked, relaxed))
    if settings.cutoff is not None:
        return Status()
    cause = f"can give for this network: the {relaxed.solver} solver's error is"
    remedy = "" if relaxed.solver == "direct" else _DIRECT_REMEDY
    return _accurate(settings, asked, relaxed, cause, remedy)


def _asymptotic_status(
    settings: FockSettings, asked: Problem, asymptotic: AsymptoticState
) -> Status:
    if not asymptotic.converged or asymptotic.oscillating_coherence > 0:
        return Outcome.NOT_CONVERGED.because(_not_relaxed(asymptotic))
    if settings.cutoff is not None:
        return Status()
    cause = "can give for the state that is reached: its slowest rate leaves an error of"
    return _accurate(settings, asked, asymptotic, cause)


def _accurate(
    settings: FockSettings,
    asked: Problem,
    solved: RelaxedState | AsymptoticState,
    cause: str,
    remedy: str = "",
) -> Status:
    """Whether the truncation and the solver are as accurate as was asked for."""
    if solved.truncation.bound > settings.allowed:
        obstacle = asked.too_large(finer(solved.cutoffs, solved.truncation, settings.tolerance))
        return Outcome.NOT_CONVERGED.because(
            f"The truncation error is still {solved.truncation.bound:.1e} at a cutoff of "
            f"{words(solved.cutoffs)}: {obstacle or 'it hardly falls with the cutoff.'} Ask for "
            "a larger tolerance, or check the rates: a mode may be driven without bound."
        )
    if solved.solver_error > settings.allowed:
        return Outcome.INACCURATE.because(
            f"Argument `tolerance` = {settings.allowed:.1e} is below what double precision {cause} "
            f"about {solved.solver_error:.1e}. {remedy}Ask for tolerance >= "
            f"{2 * solved.solver_error:.1e}."
        )
    return Status()


def _not_unique(asked: Problem, relaxed: RelaxedState) -> str:
    also = ""
    if len(asked.network.modes) == 1 and asked.numbers is not None:
        also = ", with this method or te.ContinuedFraction()"
    return (
        "The steady state is not unique to double precision: two initial states of the emitters "
        f"relax to states that differ by {relaxed.distance:.2g} (a dark state, or an emitter that "
        "nothing damps). Break the symmetry (detuning, position, dephasing, decay), or give "
        f"`initial=` for the one that is reached from a state{also}."
    )


def _not_relaxed(asymptotic: AsymptoticState) -> str:
    if not asymptotic.converged:
        return (
            "From this initial state the network has not relaxed at rates of 1e-12 of its largest "
            "one, below which double precision holds no digits. Use te.evolve, up to a time of "
            "interest."
        )
    return (
        "From this initial state the network never relaxes: coherences of up to "
        f"{asymptotic.oscillating_coherence:.2g} between undamped states keep oscillating (or "
        "decay too slowly to be resolved). `result` holds the average over time; use te.evolve "
        "for the state at a time."
    )


def _not_solved(asked: Problem, relaxed: RelaxedState) -> str:
    failure = (
        f"The {relaxed.solver} solver stopped at a relative residual of {relaxed.residual:.1e} "
        f"after {relaxed.iterations} iterations. "
    )
    if relaxed.solver == "direct":
        return failure + "The rates span too many orders of magnitude for double precision."
    if relaxed.cost.direct <= asked.limit:
        return (
            failure + f"Use solver='direct' (about {memory_limit.in_words(relaxed.cost.direct)})."
        )
    return failure + "Use a smaller cutoff, or a larger tolerance, and solver='direct'."
