"""The quasistatic limit: the emitters follow a slowly varying field adiabatically."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, NamedTuple

import numpy as np

from thermalent.analytic.methods.classical_field import ClassicalField, classical, dense_cost, field
from thermalent.analytic.methods.null_vector import NullState, OneMode, result
from thermalent.analytic.methods.recognise import IdealLink, ideal_link
from thermalent.analytic.methods.steady_state_plan import planned
from thermalent.analytic.quasistatic import quasistatic_populations
from thermalent.solution.method import Claim, Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import Outcome, SteadyState
from thermalent.solution.tasks import Task
from thermalent.support import checks

# Amplitudes x = |u|^2/V beyond these carry less than exp(-40), and, with a state that is linear in
# x near zero, an error of the order 1e-20.
_LOG_X = (-23.0, 3.7)
_FIRST_STEP = 0.5
_MOST_HALVINGS = 8


@dataclass(frozen=True, kw_only=True)
class Quasistatic(Method):
    r"""The emitters' steady state in a constant field, averaged over the thermal amplitudes.

    $$\rho = \int_0^\infty dx\, e^{-x} \oint \frac{d\theta}{2\pi}\, \rho_{\sqrt{Vx}\,e^{i\theta}},
      \qquad (L + u L_+ + u^* L_-)\,\rho_u = 0$$

    For the ideal link there is a closed form, populations Upsilon of |00> and 1 - Upsilon of |S>.
    Otherwise the integral is summed over log x by the trapezoidal rule, whose error falls
    exponentially with the number of amplitudes; the step is halved until the sum has converged.

    Args:
        rtol: Allowed error of the sum over amplitudes, from 1e-12 to 0.1; the error of the
            approximation itself is another matter.

    Raises:
        ValueError: rtol is out of range.

    Source: THERMAL, Eqs. (19) to (21); numerically for other networks, ours.
    """

    rtol: float = 1e-7

    claim: ClassVar[Claim] = Claim.APPROXIMATE
    domain: ClassVar[str] = (
        "one mode without back-action, excitation number conserved up to decay; bandwidth far "
        "below the emitters' decay rates, also times flux over decay rate"
    )

    def __post_init__(self) -> None:
        checks.within("rtol", self.rtol, 1e-12, 0.1)

    def plan(self, task: Task) -> Plan | Refusal:
        """The plan; refused unless one classical field of random phase drives few levels."""
        return planned(task, classical, lambda mode: QuasistaticPlan(method=self, problem=mode))


@dataclass(frozen=True, kw_only=True, eq=False)
class QuasistaticPlan(Plan):
    """The average over the field's amplitude and phase."""

    method: Quasistatic
    problem: OneMode

    @property
    def cost(self) -> Cost:
        """Cost of a null vector per amplitude, some hundreds of them."""
        return dense_cost(self.problem, 200)

    def compute(self) -> SteadyState:
        """The state, of unknown error."""
        link = ideal_link(self.problem.network)
        if isinstance(link, IdealLink):
            state = quasistatic_populations(link.flux, link.gamma).matrix().astype(complex)
            average = _Average(state, 1e-14, 0, True)  # the accuracy of upsilon
        else:
            average = _average(field(self.problem), self.method.rtol)
        answer = result(
            self.method.record,
            self.problem.network,
            average.state,
            order=(
                "it is proportional to the bandwidth; the sum over amplitudes is good to "
                f"{average.error:.1g}"
            ),
            unique=average.unique,
            stats={"amplitudes": average.amplitudes, "quadrature_error": average.error},
        )
        if average.unique and not average.error <= self.method.rtol:
            status = Outcome.NOT_CONVERGED.because(
                f"The sum over {average.amplitudes} amplitudes of the field has not converged: it "
                f"still changes by {average.error:.1e}, for rtol = {self.method.rtol:.1e}. Ask for "
                "a larger rtol, or use te.ContinuedFraction()."
            )
            return replace(answer, status=status)
        return answer


class _Average(NamedTuple):
    """A state averaged over the field, its quadrature error, and the number of amplitudes."""

    state: np.ndarray
    error: float
    amplitudes: int
    unique: bool


def _average(classical: ClassicalField, rtol: float) -> _Average:
    """The trapezoidal rule in log x, each halving of the step keeping the amplitudes so far.

    The weights h x exp(-x) sum to one up to the part below the first node, where the state is that
    of no field: the first node takes it.
    """
    log_x = np.arange(*_LOG_X, _FIRST_STEP)
    solved = _solve(classical, log_x)
    step, state, error = _FIRST_STEP, np.array(np.inf), np.inf
    for halving in range(_MOST_HALVINGS + 1):
        if halving:
            between = log_x + step / 2
            log_x, step = np.concatenate([log_x, between]), step / 2
            solved += _solve(classical, between)
        weight = step * np.exp(log_x - np.exp(log_x))
        weight[0] += 1 - np.sum(weight)
        unique = np.array([node.unique for node in solved])
        # Without any field an emitter may be undamped; such amplitudes may matter little.
        lost = float(np.sum(weight[~unique]))
        if lost > rtol:
            return _Average(np.full_like(solved[0].state, np.nan), np.inf, len(solved), False)
        before = state
        state = np.tensordot(weight[unique], [s.state for s in solved if s.unique], axes=1)
        state = classical.phase_average(state / np.trace(state).real)
        # Where the step is wider than a resonance, the sums scatter by about their error.
        error = 4 * float(np.max(np.abs(state - before))) + lost
        if error <= rtol:
            break
    return _Average(state, error, len(solved), True)


def _solve(classical: ClassicalField, log_x: np.ndarray) -> list[NullState]:
    return [classical.stationary(u) for u in np.sqrt(classical.variance * np.exp(log_x))]
