"""The Fock method: the master equation itself, every mode cut off at a number state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from thermalent.fock import plans
from thermalent.fock.evolution_plan import plan_fock_evolution
from thermalent.fock.problem import problem, problems
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Plan, Refusal
from thermalent.solution.result import TARGET
from thermalent.solution.tasks import EvolutionTask, Task
from thermalent.support import checks

_ENOUGH = 1e-2  # the largest error that is returned then
SOLVERS = ("auto", "direct", "iterative")


@dataclass(frozen=True, kw_only=True)
class Fock(Method):
    r"""Exact steady states and dynamics of any network whose modes are cold enough to be cut off.

    $$\dot\rho = \mathcal{L}\rho, \qquad
      a_j = \sum_{n=1}^{N_j - 1} \sqrt{n}\, |n - 1\rangle\langle n|$$

    is the master equation of the network with the N_j lowest number states of mode j.
    The work of an evolution grows like (levels) x (rate of the highest level) x (last time).

    Args:
        cutoff: Levels kept of each mode (number states 0 to cutoff - 1), at least 2; the error that
            this leaves is measured, and the status is `LIMITED` where it is above the tolerance.
            If not given, chosen per mode from `tolerance`.
        tolerance: Allowed truncation error of the state's largest element, from 1e-13 to 0.1. What
            is asked for is kept or refused; over time the status is `LIMITED` up to a hundred times
            of it. If not given, 1e-9 is aimed at, and what rounding or memory leaves instead is
            returned with its error, up to 1e-2.
        solver: "direct" (sparse LU), "iterative" (preconditioned Krylov), or "auto": direct where
            it takes seconds, else iterative. For steady states.

    Raises:
        ValueError: an argument is out of range.

    Source: THERMAL, Eqs. (1) to (4) and (C2), as in `thermalent.networks.network`.
    """

    cutoff: int | None = None
    tolerance: float | None = None
    solver: str = "auto"

    claim: ClassVar[Claim] = Claim.EXACT
    domain: ClassVar[str] = "modes cold enough to be cut off: n_th to about 1e4 for two qubits"
    takes_schedules: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checks.if_given(checks.integer, "cutoff", self.cutoff, 2)
        checks.if_given(checks.within, "tolerance", self.tolerance, 1e-13, 0.1)
        if self.solver not in SOLVERS:
            checks.fail("solver", f"one of {list(SOLVERS)}", self.solver)

    @property
    def aimed_tolerance(self) -> float:
        """The error that is aimed at: the given tolerance, or the default."""
        return TARGET if self.tolerance is None else self.tolerance

    @property
    def _allowed(self) -> float:
        """The error with which a state is still returned."""
        return _ENOUGH if self.tolerance is None else self.tolerance

    def plan(self, task: Task) -> Plan | Refusal:
        r"""The task with its symmetry, thermal occupations and cutoffs, or why it does not fit.

        $$\mathcal{L}\rho = 0, \qquad \rho(t) = \mathrm{Tr}_\mathrm{modes}\,
          e^{\mathcal{L} t} \big(\rho_\mathrm{modes} \otimes \rho(0)\big)$$

        With an initial state, a steady state is the one reached from there, where there are
        several: the emitters with any coherences, uncorrelated with the modes, which start in
        their stationary state.
        """
        settings = plans.FockSettings(self.record, self.cutoff, self.aimed_tolerance, self._allowed)
        if isinstance(task, EvolutionTask):
            return plan_fock_evolution(task, problems(task.networks, self.solver), settings)
        return plans.plan_steady_state(task, problem(task.network, self.solver), settings)
