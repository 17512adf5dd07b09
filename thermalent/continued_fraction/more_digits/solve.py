"""Steady states by ball arithmetic: results, their status, and whether they are unique."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.continued_fraction.chain import conserved
from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.more_digits.memory_of_balls import BALL_BUDGET
from thermalent.continued_fraction.settings import n_max_of
from thermalent.networks.network import Network
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState

if TYPE_CHECKING:
    from thermalent.continued_fraction.more_digits.extended import Extended

LARGEST_BALL_DIMENSION = 16  # of the emitters: at 32 a single tier takes minutes
MOST_DIGITS = 250  # so that no bound falls below the smallest double
_SLOW = 1e11  # from this condition on, the last digits of the couplings could decide
_EPS = float(np.finfo(float).eps)

_ENDED_BY = {"budget": "the budget of a solve", "memory": "all that fit into memory"}
_PROVEN = "a proven radius of the arithmetic and a proven bound of the tiers left out"
_ESTIMATED = (
    "a proven radius of the arithmetic; the tiers left out are estimated from the last ones"
)


def ball_steady_state(
    network: Network,
    h: Hierarchy,
    record: MethodRecord,
    rtol: float,
    reason: str,
    digits: int | None = None,
    budget: float | None = None,
) -> SteadyState:
    """The steady state by ball arithmetic, to the method's rtol or to a number of digits.

    Args:
        network: One mode, excitations conserved, at most 16 emitter levels.
        h: Its hierarchy.
        record: The method, for the result.
        rtol: Relative accuracy, if no digits are given.
        reason: Reason why doubles are not enough, for `stats`.
        digits: Decimal digits; None for `rtol`.
        budget: Multiplications to spend at most, if not the default.
    """
    from thermalent.continued_fraction.more_digits.extended import solve
    from thermalent.continued_fraction.more_digits.rounded_couplings import related_couplings

    extended = solve(
        network,
        rtol,
        digits=digits,
        budget=BALL_BUDGET if budget is None else budget,
        numbers=h.numbers,
    )
    undecided = extended.outcome == "singular"
    if extended.outcome == "converged" and extended.condition > _SLOW:
        # No digits are needed: the only question is whether the equation is singular.
        related = solve(
            network,
            1e-3,
            couplings=lambda: related_couplings(network),
            most_bits=extended.bits,
            numbers=h.numbers,
        )
        undecided = related.outcome == "singular"
    state = extended.doubles()
    d = int(np.prod(network.dims))
    if undecided or extended.state is None:
        state = np.full((d, d), np.nan + 0j)
    error = np.inf if undecided else extended.error + _EPS * extended.scale
    stats: dict[str, Any] = {
        "n_max": n_max_of(extended.tiers),
        "tiers": extended.tiers,
        "unknowns_per_tier": extended.sizes,
        "ended_by": "singular" if undecided else extended.outcome,
        "bits": extended.bits,
        "reason": reason,
        "tail": "bounded" if extended.proven else "estimated",
    }
    if digits is not None and extended.outcome == "converged" and not undecided:
        stats["digits"] = digits
        stats["precise"] = _written(extended, digits)
    return SteadyState(
        network=network,
        method=record,
        state=state,
        error=ErrorEstimate(error, _PROVEN if extended.proven else _ESTIMATED),
        status=_status(h, extended, undecided),
        stats=stats,
    )


def _written(extended: Extended, digits: int) -> dict[str, Any]:
    """The state as decimal strings: real and imaginary parts, (d, d) each, and the error."""
    assert extended.state is not None
    table = extended.state.tolist()
    from thermalent.continued_fraction.more_digits.balls import precision

    with precision(extended.bits):
        real = [[_decimal(value.real, digits) for value in row] for row in table]
        imag = [[_decimal(value.imag, digits) for value in row] for row in table]
    # Writing ten digits more than requested adds less than a billionth of the error.
    return {"real": real, "imag": imag, "error": f"{extended.error * (1 + 1e-9) + 1e-320:.3e}"}


def _decimal(value: Any, digits: int) -> str:
    return str(value.mid().str(digits + 12, radius=False))


def _status(h: Hierarchy, extended: Extended, undecided: bool) -> Status:
    if undecided:
        return not_unique(hierarchy_chain(h), extended)
    if extended.outcome == "converged":
        return Status()
    if extended.outcome in _ENDED_BY:
        return Outcome.NOT_CONVERGED.because(
            f"The continued fraction did not converge: after {extended.tiers} tiers of "
            f"{extended.bits} bits, {_ENDED_BY[extended.outcome]}, its error is "
            f"{extended.error:.1e}. "
            "Ask for a larger rtol or fewer digits."
        )
    return Outcome.INACCURATE.because(
        f"The steady state is so sensitive that {extended.bits} bits leave an error of "
        f"{extended.error:.1e}: it depends on rates many decades apart. Ask for a larger rtol."
    )


def not_unique(chain: HierarchyChain, extended: Extended | None = None) -> Status:
    """The status of several stationary states; the message names what the network conserves."""
    why = ""
    if extended is not None and extended.outcome == "singular":
        why = f" (its equation is singular to {extended.bits} bits)"
    elif extended is not None:
        why = " to the last digits of its couplings, which are the rounding of exact relations"
    explanation = ""
    try:
        stationary = TierZeroEquation(chain)
        fraction = evaluate_chain(
            chain, stationary.solve, degenerate=stationary.degenerate, most=10_000
        )
        explanation = conserved.independent_states(stationary, fraction)
    except np.linalg.LinAlgError:
        pass
    return conserved.status_not_unique(why, explanation)
