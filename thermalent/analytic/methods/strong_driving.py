"""Strong thermal driving of the ideal link, in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from thermalent.analytic.methods.null_vector import result
from thermalent.analytic.methods.recognise import IdealLink, Mismatch, ideal_link
from thermalent.analytic.strong_driving import strong_driving_populations
from thermalent.networks.network import Network
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import NO_INITIAL, STEADY_STATES_ONLY, Cost, Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import EvolutionTask, Task
from thermalent.support.checks import fail


@dataclass(frozen=True, kw_only=True)
class StrongDriving(Method):
    r"""The closed forms for a slow source of any flux, |11> left out.

    $$\rho_S = 1 - B\,\Big(1 + \frac{16\kappa\Phi}{\gamma^2}\Big), \qquad
      \rho_T = \frac{8\kappa\Phi}{\gamma^2}\, B, \qquad
      B = \Upsilon\Big(\frac{\Phi_\mathrm{eff}}{\gamma}\Big)\Big(1 + \frac{3\kappa}{\gamma}\Big)
        - \frac{3\kappa}{\gamma}$$

    with rho_11 = 0 and the rest in rho_00. Far beyond the optimal occupation they are no state.

    Args:
        leading: Whether to drop 3 kappa/gamma: B = Upsilon. This is what the printed concurrence
            and its optimum are made of, and farther from the exact state.

    Raises:
        ValueError: leading is not a truth value.

    Source: THERMAL, Eqs. (B42) and (B43); leading: Eqs. (43) and (44).
    """

    leading: bool = False

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "the ideal link, kappa far below gamma, n_th up to about gamma^2/(12 kappa^2)"
    )

    def __post_init__(self) -> None:
        if not isinstance(self.leading, bool):
            fail("leading", "True or False", self.leading)

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused with the parameter in which the network is not the ideal link."""
        if isinstance(task, EvolutionTask):
            return STEADY_STATES_ONLY
        link = ideal_link(task.network)
        if isinstance(link, Mismatch):
            return Refusal(
                "the closed form holds for the ideal link (two equal resonant qubits, symmetric "
                f"filter, nothing lost), but {link.reason}. Use te.ContinuedFraction(...) or "
                "te.Fock(...)."
            )
        if task.initial is not None:
            return NO_INITIAL
        return StrongDrivingPlan(method=self, network=task.network, link=link)


@dataclass(frozen=True, kw_only=True, eq=False)
class StrongDrivingPlan(Plan):
    """The closed form for the parameters of a link."""

    method: StrongDriving
    network: Network
    link: IdealLink

    @property
    def cost(self) -> Cost:
        """Negligible cost."""
        return Cost(bytes=1e4, operations=1e4)

    def compute(self) -> SteadyState:
        """The state, of unknown error."""
        link = self.link
        populations = strong_driving_populations(
            link.flux, link.kappa, link.gamma, leading=self.method.leading
        )
        return result(
            self.method.record,
            self.network,
            populations.matrix().astype(complex),
            order=("of the order kappa/gamma and of the population of |11>, which is left out"),
            stats={"flux": link.flux},
        )
