"""Steady states by ball arithmetic: results, what is said of them, and whether they are unique."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.networks.network import Network
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState

if TYPE_CHECKING:
    from thermalent.continued_fraction.more_digits.extended import Extended

LARGEST_BALL_DIMENSION = 16  # of the emitters: at 32 a single level takes minutes
MOST_DIGITS = 250  # so that no bound falls below the smallest double
_SLOW = 1e11  # from this condition on, the last digits of the couplings could decide
_EPS = float(np.finfo(float).eps)

_PROVEN = "a proven radius of the arithmetic and a proven bound of the levels left out"
_ESTIMATED = (
    "a proven radius of the arithmetic; the levels left out are estimated from the last ones"
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
        rtol: Relative accuracy, if no digits were asked for.
        reason: Why doubles are not enough, for `stats`.
        digits: Decimal digits, if they were asked for.
        budget: Multiplications to spend at most, if not the default.
    """
    from thermalent.continued_fraction.more_digits.extended import BALL_BUDGET, solve
    from thermalent.continued_fraction.more_digits.rounded_couplings import related_couplings

    began = time.perf_counter()
    found = solve(
        network,
        rtol,
        digits=digits,
        budget=BALL_BUDGET if budget is None else budget,
        numbers=h.numbers,
    )
    undecided = found.outcome == "singular"
    if found.outcome == "converged" and found.condition > _SLOW:
        # Not to digits: whether the equation is singular, and no more, is the question.
        related = solve(
            network,
            1e-3,
            couplings=lambda: related_couplings(network),
            most_bits=found.bits,
            numbers=h.numbers,
        )
        undecided = related.outcome == "singular"
    state = found.doubles()
    d = int(np.prod(network.dims))
    if undecided or found.state is None:
        state = np.full((d, d), np.nan + 0j)
    error = np.inf if undecided else found.error + _EPS * found.scale
    stats: dict[str, Any] = {
        "n_max": (found.levels + 1) // 2,
        "levels": found.levels,
        "unknowns_per_level": found.sizes,
        "ended_by": "singular" if undecided else found.outcome,
        "bits": found.bits,
        "reason": reason,
        "tail": "bounded" if found.proven else "estimated",
        "seconds": time.perf_counter() - began,
    }
    if digits is not None and found.outcome == "converged" and not undecided:
        stats["digits"] = digits
        stats["precise"] = _written(found, digits)
    return SteadyState(
        network=network,
        method=record,
        state=state,
        error=ErrorEstimate(error, _PROVEN if found.proven else _ESTIMATED),
        status=_status(h, found, undecided),
        stats=stats,
    )


def _written(found: Extended, digits: int) -> dict[str, Any]:
    """The state as decimal strings: real and imaginary parts, (d, d) each, and the error."""
    assert found.state is not None
    table = found.state.tolist()
    from thermalent.continued_fraction.more_digits.balls import precision

    with precision(found.bits):
        real = [[_decimal(value.real, digits) for value in row] for row in table]
        imag = [[_decimal(value.imag, digits) for value in row] for row in table]
    # Writing ten digits more than were asked for adds less than a billionth of the error.
    return {"real": real, "imag": imag, "error": f"{found.error * (1 + 1e-9) + 1e-320:.3e}"}


def _decimal(value: Any, digits: int) -> str:
    return str(value.mid().str(digits + 12, radius=False))


def _status(h: Hierarchy, found: Extended, undecided: bool) -> Status:
    if undecided:
        return not_unique(hierarchy_chain(h), found)
    if found.outcome == "converged":
        return Status()
    if found.outcome == "budget":
        return Status(
            outcome=Outcome.NOT_CONVERGED,
            message=(
                f"The continued fraction did not converge: after {found.levels} levels of "
                f"{found.bits} bits, all that a solve may spend, its error is {found.error:.1e}. "
                "Ask for a larger rtol or fewer digits."
            ),
        )
    return Status(
        outcome=Outcome.INACCURATE,
        message=(
            f"The steady state is so sensitive that {found.bits} bits leave an error of "
            f"{found.error:.1e}: it depends on rates many decades apart. Ask for a larger rtol."
        ),
    )


def not_unique(chain: HierarchyChain, found: Extended | None = None) -> Status:
    """That there are several stationary states, and what the network conserves, in words."""
    why = ""
    if found is not None and found.outcome == "singular":
        why = f" (its equation is singular to {found.bits} bits)"
    elif found is not None:
        why = " to the last digits of its couplings, which are the rounding of exact relations"
    told = ""
    try:
        stationary = TierZeroEquation(chain)
        fraction = evaluate_chain(
            chain, stationary.solve, degenerate=stationary.degenerate, most=10_000
        )
        count = stationary.null_vectors(fraction.k, fraction.uncertainty)[0].shape[1]
        if count > 1:
            conserved = stationary.conserved(fraction.k, fraction.uncertainty)
            told = (
                f": there are {count} independent stationary states, because the network conserves "
                f"{conserved}"
            )
    except np.linalg.LinAlgError:
        pass
    return Status(
        outcome=Outcome.NOT_UNIQUE,
        message=(
            f"The steady state is not unique{why}{told}. Give `initial=` for the one that is "
            "reached from a state, or break the symmetry (detuning, position, dephasing, decay)."
        ),
    )
