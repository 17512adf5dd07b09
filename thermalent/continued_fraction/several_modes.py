"""Tasks behind several modes: in the coordinates of the modes, or of a chain of poles."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.lattice import solve
from thermalent.continued_fraction.settings import Settings, n_max_of
from thermalent.continued_fraction.several_poles import choice, results
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.chain.coordinates import (
    NoChainError,
    Source,
    SourceChain,
)
from thermalent.continued_fraction.several_poles.converge import MOST_WORK, TIERS_BUDGET
from thermalent.continued_fraction.several_poles.evolution import evolve_several_poles
from thermalent.continued_fraction.several_poles.moving.schedule_evolution import schedule_evolution
from thermalent.continued_fraction.several_poles.moving.source.fading import fading_refusal
from thermalent.continued_fraction.several_poles.moving.source_schedule import schedule_of
from thermalent.networks.gaussian_source import UnstableSourceError
from thermalent.networks.symmetry import SymmetryError
from thermalent.solution.errors import MethodError
from thermalent.solution.evolution import Evolution
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.solution.tasks import EvolutionTask, SteadyStateTask, Task
from thermalent.support import memory_limit


def plan_several_modes(task: Task, settings: Settings) -> Plan | Refusal:
    """The plan of a task behind several modes, or the reason why there is none."""
    if isinstance(task, EvolutionTask):
        return _evolution(task, settings)
    if settings.digits is not None:
        return Refusal(
            f"`digits` needs one boson mode, and the network has {len(task.network.modes)}. Ask "
            "for an rtol instead."
        )
    source = Source(task.network)
    reason = choice.sources_refusal(source, settings.aimed_rtol)
    if reason is not None:
        return Refusal(reason)
    chain = choice.preferred_chain(source, settings.aimed_rtol)
    return SeveralModesPlan(task=task, settings=settings, source=source, chain=chain)


def _evolution(task: EvolutionTask, settings: Settings) -> Plan | Refusal:
    if len(task.pieces) > 1:
        return _schedule(task, settings)
    source = Source(task.network)
    reason = choice.chain_refusal(source)
    if reason is not None:
        return Refusal(reason)
    assert isinstance(source.chain, SourceChain)  # or the evolution is refused
    return SeveralModesEvolutionPlan(task=task, settings=settings, chains=[source.chain])


def _schedule(task: EvolutionTask, settings: Settings) -> Plan | Refusal:
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
    return SeveralModesEvolutionPlan(task=task, settings=settings, chains=chains)


@dataclass(frozen=True, kw_only=True, eq=False)
class SeveralModesPlan(Plan):
    """A steady state: in the chain's coordinates, or, without a chain, in those of the modes."""

    task: SteadyStateTask
    settings: Settings
    source: Source
    chain: SourceChain | None

    @property
    def cost(self) -> Cost:
        """The cost that was estimated for the choice of the coordinates."""
        if self.chain is not None:
            return choice.chain_cost(self.chain, self.settings.aimed_rtol)
        return choice.lattice_cost(self.source, self.settings.rtol, self.settings.last)

    def compute(self) -> SteadyState:
        """The steady state, its error measured.

        An initial state matters only where the steady state is not unique.
        """
        initial = self.task.start
        if self.chain is not None:
            unique = results.several_poles_steady_state(
                self.task.network,
                self.settings.record,
                self.chain,
                self.settings.rtol,
                self.settings.last,
            )
        else:
            unique = self._on_the_lattice()
        if initial is None or unique.status.outcome is not Outcome.NOT_UNIQUE:
            return unique
        chain = self.source.chain
        if isinstance(chain, str):
            raise MethodError(
                f"{self.settings.record.name} takes `initial` behind one mode or a chain of poles: "
                f"{chain} Use te.Fock()."
            )
        return results.steady_state_from(
            self.task.network, self.settings.record, chain, initial, self.settings.rtol
        )

    def _on_the_lattice(self) -> SteadyState:
        solved = solve.lattice_steady_state(self.source, self.settings.rtol, self.settings.last)
        return SteadyState(
            network=self.task.network,
            method=self.settings.record,
            state=solved.state,
            error=ErrorEstimate(solved.error, "change of the state with more tiers"),
            status=_status_of_many(self.settings, solved),
            stats={
                "n_max": n_max_of(solved.tier),
                "tiers": solved.tier,
                "coordinates": "modes",
                "ended_by": solved.outcome,
                "operations": solved.operations,
                "unknowns": solved.size,
                "iterations": solved.iterations,
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SeveralModesEvolutionPlan(Plan):
    """An evolution in the coordinates of a chain, one for each network."""

    task: EvolutionTask
    settings: Settings
    chains: list[SourceChain]

    @property
    def cost(self) -> Cost:
        """Cost of some sixty fractions of the chain per decade of the times.

        Of schedules, and from a coherent source, it depends on how many quanta are needed.
        """
        chain, rtol = self.chains[0], self.settings.aimed_rtol
        once = choice.chain_cost(chain, rtol)
        if len(self.task.pieces) > 1:
            return replace(once, operations=np.nan)
        times = self.task.times[self.task.times > 0]
        decades = 1 + (float(np.log10(times[-1] / times[0])) if len(times) else 0.0)
        # Measured: contours end with fewer quanta than a steady state, but hold two chains.
        needed = 3e7 + 0.4 * once.bytes
        if self.task.source == "empty":
            needed += choice.empty_start_bytes(chain, rtol)
        elif not isinstance(self.task.source, str):
            needed += choice.coherent_start_bytes(chain, rtol)
        coherent = not isinstance(self.task.source, str)
        operations = np.nan if coherent else 60 * decades * once.operations
        return Cost(bytes=needed, operations=operations, least=once.least)

    def compute(self) -> Evolution:
        """Exact states at the times, each with its error."""
        task, settings = self.task, self.settings
        tolerance = settings.evolution_tolerance
        if task.source != "stationary" or len(task.pieces) > 1:
            return schedule_evolution(task, settings, self.chains)
        granted = TIERS_BUDGET if settings.rtol is None else MOST_WORK
        found = evolve_several_poles(self.chains[0], task.times, task.start, tolerance, granted)
        return evolved(task, settings, *found)


def _status_of_many(settings: Settings, solved: solve.Found) -> Status:
    reached = f"at tier {solved.tier} its error is still about {solved.error:.1e}"
    if settings.rtol is None and solved.enough:
        return Status()
    failures = {
        "singular": Outcome.NOT_UNIQUE.because(
            "The steady state is not unique: under a broadband source the emitters have "
            "several. Break the symmetry (detuning, position, dephasing, decay).",
        ),
        "memory": Outcome.NOT_CONVERGED.because(
            f"The hierarchy did not converge in memory: {reached}, and the next tier would "
            f"need {memory_limit.in_words(solved.needed)}. Ask for a larger rtol.",
        ),
        "too many tiers": Outcome.NOT_CONVERGED.because(
            f"The hierarchy did not converge: {reached}. Ask for a larger rtol, or weaken the "
            "source.",
        ),
        "budget": Outcome.NOT_CONVERGED.because(
            f"Not even two digits are affordable: {reached}, and the next tier would bring "
            f"the work to {solved.needed:.0e} operations. Ask for rtol=0.1, or take a weaker "
            "source or a broader one.",
        ),
        "krylov": Outcome.NOT_CONVERGED.because(
            f"The hierarchy did not converge: {reached}, the next one is too large to "
            f"eliminate, and the Krylov method gave up on it ({solved.iterations} iterations in "
            "all). Ask for a larger rtol, or take a weaker source or a broader one.",
        ),
        "grows": Outcome.INACCURATE.because(
            f"The hierarchy loses its digits: {reached}, and more tiers make it larger. Use "
            "te.Fock(...), or a weaker source.",
        ),
        "rounding": Outcome.INACCURATE.because(
            f"Argument `rtol` = {settings.aimed_rtol:.1e} is below what double precision can give "
            f"for this network: more tiers leave an error of about {solved.error:.1e}. Ask for "
            "a larger one.",
        ),
    }
    return failures.get(solved.outcome, Status())
