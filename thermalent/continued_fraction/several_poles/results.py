"""Steady states behind several poles as results, with their evidence and status."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.continued_fraction.chain.conserved import independent_states, status_not_unique
from thermalent.continued_fraction.chain.pole_at_zero import REAL_LOSS, PoleAtZero
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL, ENOUGH
from thermalent.continued_fraction.settings import n_max_of
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.converge import (
    MOST_WORK,
    Converged,
    converge,
    truncated,
    work,
)
from thermalent.continued_fraction.several_poles.errors_of_orders import error_of_orders
from thermalent.networks.network import Network
from thermalent.networks.symmetry import require_no_coherences
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import ErrorEstimate, Outcome, Status, SteadyState
from thermalent.support import memory_limit
from thermalent.support.progress import working

_HOW = (
    "change of the state with more quanta along the chain, more tiers and another scaling of them"
)
_HOW_TRUNCATED = "distance to the state with as many tiers as it takes"
_HOW_REACHED = "change with more quanta along the chain and with twice as many tiers"
_FLOOR = 10 * float(np.finfo(float).eps)
_PER_STATE = 6.0  # folds
_COMPARED = 2.0  # states of smaller radii at the end


def several_poles_steady_state(
    network: Network, method: MethodRecord, chain: SourceChain, rtol: float | None, last: int | None
) -> SteadyState:
    """The unique steady state.

    Args:
        network: The network.
        method: The method, for the result.
        chain: The chain of its source.
        rtol: Relative accuracy; if None, the best that a budget affords.
        last: The highest tier to keep, instead.
    """
    found = converge(chain, rtol) if last is None else truncated(chain, last, rtol)
    fraction = found.fraction
    return SteadyState(
        network=network,
        method=method,
        state=found.stationary.matrix(fraction.x),
        error=ErrorEstimate(fraction.error, _HOW if last is None else _HOW_TRUNCATED),
        status=_status(found, rtol),
        stats={
            "n_max": n_max_of(fraction.tiers),
            "tiers": fraction.tiers,
            "coordinates": "chain",
            "poles": found.poles,
            "quanta": found.quanta,
            "ended_by": fraction.outcome,
            "operations": found.work,
            "unknowns_per_tier": found.chain.sizes,
            "residual": fraction.residual,
        },
    )


def steady_state_from(
    network: Network,
    method: MethodRecord,
    chain: SourceChain,
    initial: np.ndarray,
    rtol: float | None,
) -> SteadyState:
    """The asymptotic state of an initial state, where there are several steady states."""
    require_no_coherences(initial, chain.numbers)
    with working("continued fraction of several poles") as report:
        state, error, tier, quanta, outcome = _reached(chain, initial, rtol, report)
    status = Status()
    if outcome and not (rtol is None and error <= ENOUGH * np.max(np.abs(state))):
        status = Outcome.NOT_CONVERGED.because(
            f"The steady state reached did not converge: with up to {quanta} quanta along the "
            f"chain of {chain.length} poles its error is still about {error:.1e}. Ask for a "
            "larger rtol, or take fewer poles or a narrower source."
        )
    return SteadyState(
        network=network,
        method=method,
        state=state,
        error=ErrorEstimate(error, _HOW_REACHED),
        status=status,
        stats={
            "tiers": tier,
            "coordinates": "chain",
            "poles": chain.length,
            "quanta": quanta,
        },
    )


def _reached(
    chain: SourceChain, initial: np.ndarray, rtol: float | None, report: Callable[[str], None]
) -> tuple[np.ndarray, float, int, int, str]:
    """State, error, tiers, quanta, and "budget" or "rounding" if that ended the search."""
    from thermalent.continued_fraction.chain import convergence

    floor = max(_FLOOR, chain.rounding)
    aimed = DEFAULT_RTOL if rtol is None else rtol
    changes, changed, before, spent, error = np.zeros(3), 0, None, 0.0, np.inf
    quanta = min(1, chain.length - 1)
    few = PoleAtZero(tiers(chain, quanta, start=initial), initial)
    tier = few.tiers(aimed)
    radius, _, lost = few.circle(tier)
    lost *= REAL_LOSS
    while True:
        reached = PoleAtZero(tiers(chain, quanta, start=initial), initial)
        depth = 2 * tier if quanta % 2 or chain.length == 1 else tier
        state = reached.interpolated(depth, radius)
        spent += _PER_STATE * work(chain, quanta, depth)
        scale = float(np.max(np.abs(state)))
        if chain.length == 1:
            shallow = reached.interpolated(tier, radius)
            return state, float(np.max(np.abs(state - shallow))) + lost + floor, depth, 0, ""
        if before is not None:
            change = float(np.max(np.abs(state - before)))
            changes, changed = np.append(changes[1:], change), changed + 1
            error = error_of_orders(changes, changed, scale) + floor
            report(f"K = {quanta}, {depth} tiers, error {error / scale:.0e}")
        converged = error <= aimed * scale
        stagnant = before is not None and convergence.stagnates(changes, changed, scale)
        # The comparison at the end takes work, too.
        further = _COMPARED * work(chain, quanta, depth) + work(chain, quanta + 1, 2 * tier)
        exhausted = spent + _PER_STATE * further > MOST_WORK
        if converged or stagnant or exhausted:
            # More quanta may have slower rates than the few that the radius was chosen for.
            if reached.agrees(depth, radius, state, lost):
                error += lost
            else:
                radius, again, left = reached.circle(depth)
                error += float(np.max(np.abs(again - state))) + left
                state, lost = again, REAL_LOSS * left
            converged = error <= aimed * scale
        if converged or stagnant or exhausted:
            ended = "" if converged else "rounding" if stagnant else "budget"
            return state, error, depth, quanta, ended
        before, quanta = state, quanta + 1


def _status(found: Converged, rtol: float | None) -> Status:
    fraction = found.fraction
    if fraction.outcome == "singular":
        return status_not_unique(explanation=independent_states(found.stationary, fraction))
    if rtol is None and fraction.error <= ENOUGH * fraction.scale:
        return Status()
    still = (
        f"with up to {found.quanta} quanta along the chain its error is still about "
        f"{fraction.error:.1e}"
    )
    remedy = "Ask for a larger rtol, or take fewer poles or a narrower source."
    failures = {
        "memory": (
            Outcome.NOT_CONVERGED,
            f"did not converge: {still}, and one more would take "
            f"{memory_limit.in_words(found.needed)} of memory. {remedy}",
        ),
        "budget": (
            Outcome.NOT_CONVERGED,
            f"did not converge: {still}, and one more would bring the work to {found.needed:.0e} "
            f"multiplications. {remedy}",
        ),
        "too many tiers": (
            Outcome.NOT_CONVERGED,
            f"did not converge in {fraction.tiers} tiers: {still}. {remedy}",
        ),
        "unsettled": (
            Outcome.NOT_CONVERGED,
            f"did not converge: its solutions keep changing, however many tiers. {remedy}",
        ),
        "rounding": (
            Outcome.INACCURATE,
            f"is as accurate as double precision allows: {still}, and more quanta do not lower "
            "it. Ask for a larger rtol.",
        ),
        "coordinates": (
            Outcome.INACCURATE,
            f"is as accurate as double precision allows: {still}, because the rates of the source "
            "are too far apart for its coordinates. Ask for a larger rtol, or leave out poles far "
            "wider than all others.",
        ),
    }
    if fraction.outcome not in failures:
        return Status()
    outcome, message = failures[fraction.outcome]
    return outcome.because(f"The continued fraction of {found.poles} poles {message}")
