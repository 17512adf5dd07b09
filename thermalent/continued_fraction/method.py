"""The exact method: the matrix continued fraction of the phase-space hierarchy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from thermalent.continued_fraction import many_emitters, memory, one_mode, several_modes
from thermalent.continued_fraction.batch.lanes import solved_arrays
from thermalent.continued_fraction.batch.plans import together
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.chain.one_structure.structure import (
    MOST_STATES,
    structure_of_arrays,
)
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.continued_fraction.more_digits import solve
from thermalent.continued_fraction.one_mode_evolution import OneModeEvolutionPlan
from thermalent.continued_fraction.settings import Settings
from thermalent.continued_fraction.several_poles import choice
from thermalent.continued_fraction.switching.evolution import ScheduleEvolutionPlan
from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode
from thermalent.networks.symmetry import SymmetryError, excitation_numbers, excitation_numbers_of
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.several import SteadyStateArrays
from thermalent.solution.tasks import (
    EvolutionTask,
    SteadyStateTask,
    Task,
    mismatched_start,
)
from thermalent.support import checks, memory_limit

SMALLEST_RTOL = 1e-13
_FEW_TIMES = 100
# Evolutions, correlations and rates: with 4e5 an evolution took 35 s and 2.5 GB, and its error was
# a hundredth.
_MOST_TIERS_OVER_TIME = 300_000


@dataclass(frozen=True, kw_only=True)
class ContinuedFraction(Method):
    r"""Exact steady states at any temperature, back-action included.

    $$(A_0 + K)\,x_0 = 0, \qquad
      K = C_0 \frac{1}{\lambda - A_1 - C_1 \frac{1}{2\lambda - A_2 - \dots} B_2} B_1$$

    The hierarchy of tiers N counts the quanta of the source; x_0 is the emitters' state, A_N acts
    within a tier, B_N and C_N couple it to the tiers below and above, and lambda is the amplitude
    decay rate of the source.

    Args:
        rtol: Allowed error of the state relative to its largest element, from 1e-13 to 0.1; the
            number of tiers follows from it. A given accuracy is kept or refused; over time the
            status is `LIMITED` up to a hundred times of it. If not given, 1e-9 where that is cheap,
            else what a budget of operations affords (about half a minute of one core, five seconds
            behind several poles, two once six digits are reached; the same call gives the same
            bits), and 1e-2 at least: `error` says what was reached, `stats["ended_by"]` what ended
            the search.
        n_max: Instead, keep the tiers k + l <= 2 n_max of a steady state; the error that this
            leaves is measured, and the status is `LIMITED` where it is above rtol.
        digits: Instead, give so many decimal digits of the steady state, from 1 to 250, by ball
            arithmetic: `stats["precise"]` holds them as strings ("real" and "imag", (d, d) each,
            and their "error"), `state` what doubles hold of them.

    Behind a mode of 1e8 quanta or more the hierarchy of up to eight emitter levels is summed over
    its tiers and solved at all amplitudes of the field (`stats["form"]` is "radial"), which takes
    as long however hot the mode is. With more than 64 emitter levels (seven qubits) all tiers of a
    steady state are iterated at once, without a block of a tier: `stats["iterations"]` counts the
    products with the generator, and the error holds a bound of what they leave.

    Where doubles cannot give `rtol`, the steady state is solved in more digits by itself, and
    `stats["bits"]` and `stats["reason"]` say so.

    Raises:
        ValueError: rtol is below 1e-13 (ask for digits instead), n_max is below 1, or digits are
            given together with one of them.

    Source: THERMAL, Sec. IV C and Appendix B; back-action and charge sectors are ours.
    """

    rtol: float | None = None
    n_max: int | None = None
    digits: int | None = None

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = (
        "one thermal mode with excitations conserved up to decay, or several modes of any Gaussian "
        "statistics"
    )
    takes_schedules: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.rtol is not None:
            if isinstance(self.rtol, float) and 0 < self.rtol < SMALLEST_RTOL:
                smaller = f"a number in [{SMALLEST_RTOL:g}, 0.1], or left out for `digits=30`"
                checks.fail("rtol", smaller, self.rtol)
            checks.within("rtol", self.rtol, SMALLEST_RTOL, 0.1)
        checks.if_given(checks.integer, "n_max", self.n_max, 1, MOST_TIERS // 2)
        if self.digits is not None:
            checks.integer("digits", self.digits, 1)
            if self.digits > solve.MOST_DIGITS:
                checks.fail("digits", f"at most {solve.MOST_DIGITS}", self.digits)
            if self.n_max is not None:
                checks.fail("digits", "given without `n_max`", self.digits)
            if self.rtol is not None:
                checks.fail("digits", "given without `rtol`", self.digits)

    @property
    def aimed_rtol(self) -> float:
        """The relative error that is aimed at: the given one, or the default."""
        return DEFAULT_RTOL if self.rtol is None else self.rtol

    @cached_property
    def settings(self) -> Settings:
        """The settings of all parts of the solver."""
        return Settings(self.record, self.rtol, self.n_max, self.digits)

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused without a mode or U(1) symmetry, if unstable, too hot or too large.

        An evolution takes one mode, or several that drive the emitters through one amplitude.
        """
        network, evolves = task.network, isinstance(task, EvolutionTask)
        if evolves and self.digits is not None:
            return Refusal("`digits` is for steady states. Ask for an rtol instead.")
        if evolves and self.n_max is not None:
            return Refusal("`n_max` is for steady states. Ask for an rtol instead.")
        if not network.modes:
            return Refusal(
                "the hierarchy needs a boson mode, and the network has none. Use te.Fock(...)."
            )
        if isinstance(task, EvolutionTask):
            mismatch = mismatched_start(task.source, len(network.modes))
            if mismatch is not None:
                return Refusal(mismatch)
        several_networks = isinstance(task, EvolutionTask) and len(task.pieces) > 1
        if len(network.modes) > 1:
            return several_modes.plan_several_modes(task, self.settings)
        networks = task.networks if isinstance(task, EvolutionTask) else (network,)
        try:
            numbers, *_ = [excitation_numbers(one) for one in networks]
        except SymmetryError as error:
            return Refusal(str(error))
        reason = self._too_many_digits(numbers) or self._too_large(task, numbers)
        if evolves:
            reason = next(filter(None, map(_too_hot_to_evolve, networks)), None) or reason
        elif not self._takes_any_heat(network, numbers):
            reason = _too_hot(network) or reason
        if reason is not None:
            return Refusal(reason)
        if isinstance(task, EvolutionTask) and several_networks:
            plan = ScheduleEvolutionPlan(task=task, settings=self.settings, numbers=numbers)
            too_strong = plan.refusal
            return plan if too_strong is None else Refusal(too_strong)
        if isinstance(task, SteadyStateTask) and many_emitters.iterates(
            network, numbers, self.settings
        ):
            return many_emitters.ManyEmittersPlan(
                task=task, settings=self.settings, numbers=numbers
            )
        return one_mode.plan_one_mode(task, self.settings, numbers)

    def plan_many(self, tasks: Sequence[Task]) -> list[Plan | Refusal]:
        """Steady states behind one mode are solved side by side when the first of them runs.

        Evolutions behind one mode are as accurate as asked for, and take less for that; one by
        itself has more digits where they take a tenth of a second.
        """
        return [
            replace(plan, one_of_many=True) if isinstance(plan, OneModeEvolutionPlan) else plan
            for plan in together(tasks, self.settings, self.plan)
        ]

    def steady_state_arrays(self, networks: NetworkArrays) -> SteadyStateArrays | None:
        """Networks of few qubits are folded side by side, without a `Network` for each."""
        kind = structure_of_arrays(networks)
        if kind is None or self.digits is not None or len(networks) == 0:
            return None
        return solved_arrays(networks, kind, self.settings)

    def distance_of_alternatives(self, result: SteadyState) -> float | None:
        """From one adjoint solve for all of them, behind several poles."""
        if result.stats.get("coordinates") != "chain":
            return None
        from thermalent.continued_fraction.sensitivity.several_poles.neighbours import (
            distance_of_neighbours,
        )

        network, stats = result.network, result.stats
        return distance_of_neighbours(
            network, network.alternatives, stats["quanta"], stats["tiers"]
        )

    def one_mode_refusal(self, network: Network) -> str | None:
        """Reason why spectra and sensitivities, which need one mode, do not apply, or None."""
        if len(network.modes) > 1:
            return (
                f"it needs one boson mode, and the network has {len(network.modes)}; of several "
                "the hierarchy gives the steady state. Use te.Fock(...) for the dynamics."
            )
        return self.refusal(network) or _too_hot_to_evolve(network)

    def chain_refusal(self, network: Network) -> str | None:
        """Reason why dynamics and rates, which need a chain of tiers, do not apply, or None."""
        if len(network.modes) > 1:
            return choice.chain_refusal(network)
        return self.refusal(network) or _too_hot_to_evolve(network)

    def _takes_any_heat(self, network: Network, numbers: np.ndarray) -> bool:
        """Whether a steady state may be found in the radial form, which needs no tiers."""
        given = self.digits is not None or self.n_max is not None
        return not given and len(numbers) <= MOST_STATES and isinstance(network.nodes[0], Mode)

    def _too_many_digits(self, numbers: np.ndarray) -> str | None:
        """Reason why digits are out of reach for emitters behind one mode, or None."""
        if self.digits is None or len(numbers) <= solve.LARGEST_BALL_DIMENSION:
            return None
        return (
            f"`digits` takes up to {solve.LARGEST_BALL_DIMENSION} emitter levels, and there "
            f"are {len(numbers)}. Ask for an rtol instead."
        )

    def _too_large(self, task: Task, numbers: np.ndarray) -> str | None:
        """Reason why a task behind one mode does not fit into memory, and what would; or None.

        Small problems fit anywhere, and nobody looks for them.
        """
        times = len(task.times) if isinstance(task, EvolutionTask) else 0

        def needed(numbers: np.ndarray, times: int) -> float:
            if times == 0 and many_emitters.iterates(task.network, numbers, self.settings):
                return many_emitters.needed_bytes(task.network, numbers, self.settings)
            if times == 0:
                return memory.steady_state_bytes(numbers)
            return memory.evolution_bytes(numbers, times)

        if len(numbers) <= one_mode.ALWAYS_FITS and times <= _FEW_TIMES:
            return None
        reason = memory_limit.lacking(needed(numbers, times))
        if reason is None:
            return None
        free = memory_limit.available()
        at_no_time = needed(numbers, 1)
        if times > 1 and at_no_time <= free:
            each = (needed(numbers, times) - at_no_time) / (times - 1)
            fitting = 1 + int((free - at_no_time) / each)
            return f"at {times} times {reason}. {fitting} times would fit."
        emitters = task.network.emitters
        fitting = 0
        for count in range(1, len(emitters)):
            first = excitation_numbers_of(emitters[:count])
            if needed(first, min(times, 1)) <= free:
                fitting = count
        return (
            f"for the tiers of its {len(numbers)} emitter levels {reason}. The first {fitting} of "
            f"the {len(emitters)} emitters would fit."
        )


def _too_hot(network: Network, most: int = MOST_TIERS) -> str | None:
    """Reason why a network with one mode has too many tiers, or None."""
    needed = one_mode.tiers_needed(network)
    if needed <= most:
        return None
    return (
        f"the mode is so hot that the continued fraction would need about {needed:.1g} tiers; it "
        f"takes up to {most}."
    )


def _too_hot_to_evolve(network: Network) -> str | None:
    """The same of what needs tiers over time or frequency."""
    reason = _too_hot(network, _MOST_TIERS_OVER_TIME)
    return None if reason is None else f"{reason[:-1]} over time. Steady states may be hotter."
