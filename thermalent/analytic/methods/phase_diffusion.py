"""A field of fixed amplitude whose phase diffuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.analytic.methods.classical_field import classical, dense_cost, field
from thermalent.analytic.methods.null_vector import OneMode, result
from thermalent.analytic.methods.steady_state_plan import planned
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import Task
from thermalent.support import checks


@dataclass(frozen=True, kw_only=True)
class PhaseDiffusion(Method):
    r"""The steady state for a field of constant amplitude whose phase alone fluctuates.

    $$0 = \Big[ L + r_0\,(L_+ + L_-) - \frac{\lambda V}{2 r_0^2}\, q^2 \Big] \tilde\rho$$

    with q the charge N_i - N_j of an element, lambda and V the source's amplitude decay rate and
    variance. For the ideal link the last term is
    \((\kappa n_\mathrm{th}/8 r_0^2)\,\mathcal{D}[S^z]\).

    The state rotates with the field: it is the state for an observer who knows the field's phase,
    and more entangled than the state without that knowledge (`averaged`). The populations are the
    same.

    Args:
        averaged: Whether to average over the phase, which removes all elements of charge q != 0.
            That is the state to compare with those of the other methods.
        r0: The amplitude |alpha|, square root of quanta, > 0; if not given, the root mean square
            sqrt(V), for the ideal link sqrt(n_th/2).

    Raises:
        ValueError: r0 is not finite and positive.

    Source: THERMAL, Eq. (38); for other networks ours.
    """

    r0: float | None = None
    averaged: bool = False

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode without back-action, excitation number conserved up to decay; a model of phase "
        "noise, which leaves out that a thermal amplitude fluctuates"
    )

    def __post_init__(self) -> None:
        if self.r0 is not None:
            checks.within("r0", self.r0, 1 / checks.LARGEST_RATE, checks.LARGEST_RATE)
        if not isinstance(self.averaged, bool):
            checks.fail("averaged", "True or False", self.averaged)

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused unless one classical field of random phase drives few levels."""
        return planned(task, classical, lambda mode: PhaseDiffusionPlan(method=self, problem=mode))


@dataclass(frozen=True, kw_only=True, eq=False)
class PhaseDiffusionPlan(Plan):
    """The stationary state at the amplitude r0."""

    method: PhaseDiffusion
    problem: OneMode

    @property
    def cost(self) -> Cost:
        """Cost of one null vector on all elements."""
        return dense_cost(self.problem, 1)

    def compute(self) -> SteadyState:
        """The state, of unknown error."""
        classical = field(self.problem)
        if self.method.r0 is None:
            amplitude, diffusion = np.sqrt(classical.variance), classical.rate / 2
        else:
            amplitude = self.method.r0
            diffusion = classical.rate * classical.variance / (2 * self.method.r0**2)
        solved = classical.stationary(amplitude, diffusion)
        return result(
            self.method.record,
            self.problem.network,
            classical.phase_average(solved.state) if self.method.averaged else solved.state,
            order="it does not vanish in any limit but that of no drive",
            unique=solved.unique,
            stats={"r0": float(amplitude), "condition": solved.condition},
        )
