"""Evolutions by the Fock method: prepared, run, and their status."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.fock.evolution import Evolved, evolve_truncated, first_levels, too_large, too_many
from thermalent.fock.plans import FockSettings
from thermalent.fock.problem import Problem, words
from thermalent.networks.network import Network
from thermalent.solution.evolution import Evolution
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import Outcome, Status
from thermalent.solution.tasks import EvolutionTask, mismatched_start

# The truncation error meets the tolerance where it can. Rounding grows with time; up to this
# factor states are returned with their stated error nevertheless.
_TOLERATED = 100.0
# Multiplications of an evolution per element, charge sector and rate times time: of a series, which
# needs far fewer products than rate times time, measured from 4 to 68, and of steps that are taken
# block by block, measured from 30 to 380. Those of about an hour are refused.
_OF_SERIES, _IN_BLOCKS, _REFUSED = 15.0, 100.0, 4e12


def plan_fock_evolution(
    task: EvolutionTask, problems: tuple[Problem, ...], settings: FockSettings
) -> FockEvolutionPlan | Refusal:
    """The plan of an evolution, or the reason why there is none."""
    problem = problems[0]
    modes = len(problem.network.modes)
    not_classical = next(filter(None, (one.not_classical for one in problems)), None)
    if not_classical is not None:
        return Refusal(not_classical)
    reason = mismatched_start(task.source, modes)
    if reason is not None:
        return Refusal(reason)
    if task.source == "stationary" and problem.ratios is None:
        return Refusal(f"{problem.unstable} For an evolution, use source='empty'.")
    cutoffs = first_levels(
        problems, task.source, float(task.times[-1]), settings.cutoff, settings.tolerance
    )
    obstacle = too_large(problem, cutoffs) or too_many(problem, len(task.times))
    if obstacle is not None:
        return Refusal(obstacle)
    plan = FockEvolutionPlan(task=task, problems=problems, settings=settings, cutoffs=cutoffs)
    operations = plan.cost.operations
    if operations > _REFUSED:
        end = float(task.times[-1])
        at = f" at a cutoff of {words(cutoffs)}" if modes else ""
        remedies = [f"Ask for times up to {end * _REFUSED / operations:.1g}"]
        remedies += problem.without_cutoff()
        if modes:
            remedies.append("nor te.FieldTrajectories(), where nothing acts back on the source")
        return Refusal(
            f"up to t = {end:g}{at} its fastest rate would be followed in {plan.products:.0e} "
            f"products with the generator, about {operations:.0e} multiplications (1e9 take about "
            f"a second), above the limit of {_REFUSED:.0e}. {'; '.join(remedies)}."
        )
    return plan


@dataclass(frozen=True, kw_only=True, eq=False)
class FockEvolutionPlan(Plan):
    """An evolution at the first cutoffs; more levels follow while they are needed."""

    task: EvolutionTask
    problems: tuple[Problem, ...]
    settings: FockSettings
    cutoffs: tuple[int, ...]

    @property
    def products(self) -> float:
        """Products with the generator, about: levels x rate of the highest level x time."""
        networks = {id(network): network for network in self.task.networks}.values()
        return max(1.0, max(map(self._rate, networks)) * float(self.task.times[-1]))

    def _rate(self, network: Network) -> float:
        """The rate of the highest level under a network."""
        rates = [sum(network.mode_rates(j)) for j in network.mode_indices]
        highest = sum(2 * n * r for n, r in zip(self.cutoffs, rates, strict=True))
        return float(np.abs(network.decay).sum()) + highest

    @property
    def _sectors(self) -> int:
        """Charges that take part: all, if the source is coherent; the emitters may add some."""
        numbers = self.problems[0].numbers
        return 1 if isinstance(self.task.source, str) or numbers is None else 1 + int(numbers.max())

    @property
    def cost(self) -> Cost:
        """Cost of an evolution at the first cutoffs, and of the states at the times."""
        needed = self.problems[0].cost(self.cutoffs)
        # Two runs hold each time's state twice, and the largest populations of every level so far.
        state = 16.0 * float(np.prod([float(d) for d in self.task.network.dims])) ** 2
        each = 2 * (2 * state + sum(300.0 + 8 * cutoff for cutoff in self.cutoffs))
        each_product = _IN_BLOCKS if needed.large else _OF_SERIES
        return Cost(
            bytes=needed.evolution + len(self.task.times) * each,
            operations=each_product * self._sectors * needed.elements * self.products,
        )

    def compute(self) -> Evolution:
        """States at the times, their truncation and rounding errors measured."""
        evolved = evolve_truncated(
            self.problems,
            self.task,
            cutoffs=self.cutoffs,
            raised=self.settings.cutoff is None,
            tolerance=self.settings.tolerance,
        )
        return Evolution(
            network=self.task.network,
            method=self.settings.record,
            times=self.task.times,
            states=evolved.states,
            error=evolved.error,
            how="truncation from two cutoffs and the population beyond the last level so far, plus "
            "rounding",
            status=_evolved_status(self.settings, evolved, self.task.times),
            stats={
                "cutoff": evolved.cutoffs[0] if len(evolved.cutoffs) == 1 else evolved.cutoffs,
                "dimension": evolved.elements,
                "sectors": evolved.sectors,
                "truncation": evolved.truncation.bound,
                "rounding": evolved.rounding,
            },
        )


def _evolved_status(settings: FockSettings, evolved: Evolved, times: np.ndarray) -> Status:
    worst = float(np.max(evolved.error))
    # The user fixed the cutoff to see its error.
    if settings.cutoff is not None or worst <= max(
        _TOLERATED * settings.tolerance, settings.allowed
    ):
        return Status()
    return Outcome.NOT_CONVERGED.because(
        f"The error of the evolution is {worst:.1e} at t = "
        f"{times[int(np.argmax(evolved.error))]:g} with a cutoff of {words(evolved.cutoffs)} "
        f"({evolved.rounding:.1e} of it from rounding): "
        f"{evolved.obstacle or 'it hardly falls with the cutoff.'} Ask for a larger "
        "tolerance, or for earlier times."
    )
