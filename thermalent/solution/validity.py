"""Whether a result is a state within its error, says something, and is as accurate as was asked."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from thermalent.operators import states
from thermalent.operators.state_checks import surely_above
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import (
    STATE_ROUNDING,
    TARGET,
    Outcome,
    Status,
    SteadyState,
    allowance,
)

_FEW_LEVELS = 8


def checked(result: SteadyState) -> SteadyState:
    """The result; its status says that it failed if the matrix is no state within its error.

    An error above the tolerance is in the status too; see `limitation`.
    """
    if not result.status.ok:
        return result
    if not result._is_state and says_nothing(result.state, result.error, result.method):
        return informative(result)
    problem = None if result._is_state else _defect(result)
    if problem is None:
        limited = limitation(result.method, result.state, float(result.error))
        return result if limited is None else replace(result, status=limited)
    message = (
        f"{result.method.name} returned a matrix that is not a state: {problem}. {_remedy(result)}"
    )
    return replace(result, status=Outcome.NOT_A_STATE.because(message))


def known_states(states: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Which Hermitian matrices are states within their errors, as `checked` asks of each.

    Args:
        states: Hermitian matrices, (p, d, d).
        error: Errors of their largest elements, (p,).

    Returns:
        True where they are, (p,); `marked` says so of a result.
    """
    one = len(states) == 1 and states.shape[1] <= _FEW_LEVELS
    if one and _surely_state(states[0].tolist(), float(error[0])):
        return np.ones(1, dtype=bool)
    allowed = STATE_ROUNDING + states.shape[1] * error
    largest = np.abs(states).max(axis=(1, 2), initial=0.0)
    good = np.isfinite(largest)
    if not good.all():
        states = np.where(good[:, None, None], states, 0.0)
    good &= error < largest
    good &= np.abs(states.trace(axis1=1, axis2=2).real - 1) <= allowed
    unsure = good & ~surely_above(states, -allowed)
    if unsure.any():
        good[unsure] = np.linalg.eigvalsh(states[unsure])[:, 0] >= -allowed[unsure]
    return np.asarray(good)


def _surely_state(rows: list[list[complex]], error: float) -> bool:
    """Whether a small Hermitian matrix is a state within its error, where that is plain to see.

    One matrix is seen faster in plain numbers: its trace, and that the elimination of the matrix
    with what is allowed added to its diagonal meets positive numbers alone.
    """
    allowed = STATE_ROUNDING + len(rows) * error
    trace = 0.0
    for i, row in enumerate(rows):
        trace += row[i].real
        row[i] += allowed
    if not abs(trace - 1) <= allowed or not error < 0.25 / len(rows):  # far below the largest
        return False
    for i, row in enumerate(rows):
        pivot = row[i].real
        if not pivot > 0:
            return False
        for later in rows[i + 1 :]:
            if later[i]:
                factor = later[i] / pivot
                for j in range(i + 1, len(row)):
                    later[j] -= factor * row[j]
    return True


def marked(result: SteadyState) -> SteadyState:
    """The result, whose matrix `known_states` has found to be a state: it is not asked again."""
    object.__setattr__(result, "_is_state", True)
    return result


def says_nothing(state: np.ndarray, error: float, method: MethodRecord) -> bool:
    """Whether a stated error is as large as the largest element of its state.

    Approximations are left out: their errors measure the neglected terms.
    """
    if method.claim == "approximate":
        return False
    largest = float(np.abs(state).max())
    return math.isfinite(largest) and not error < largest


def informative(result: SteadyState) -> SteadyState:
    """The result; its status says that it failed if its error is as large as the state itself."""
    if not result.status.ok or not says_nothing(result.state, result.error, result.method):
        return result
    message = (
        f"The error of the state, {float(result.error):.1g}, is as large as its largest element, "
        f"{np.max(np.abs(result.state)):.1g}: its numbers say nothing. {_more(result.method)}"
    )
    return replace(result, status=Outcome.INACCURATE.because(message))


def limitation(
    method: MethodRecord, state: np.ndarray, error: float, *, over_time: bool = False
) -> Status | None:
    """The status of a usable state of an exact method whose error is above the tolerance, or None.

    It is exceeded where the truncation was given instead, or no tolerance. Over time a given one
    may be, too: what rounding and work leave is returned up to a hundred times of it.

    Args:
        method: The method of the result, with the parameters that were asked for.
        state: The density matrix, (d, d).
        error: Error of its largest element.
        over_time: Whether it is one of an evolution, whose states all have the same tolerance.
    """
    parameters = method.parameters
    name = "rtol" if "rtol" in parameters else "tolerance"
    if method.claim != "exact" or name not in parameters:
        return None
    asked = parameters[name]
    aimed = TARGET if asked is None else asked
    if error * len(state) <= aimed:  # the largest element is at least 1/d
        return None
    relative = name == "rtol" and not (over_time and asked is not None)
    allowed = aimed * float(np.max(np.abs(state))) if relative else aimed
    if error <= allowed:
        return None
    size = _given_truncation(method)
    if size is not None:
        message = (
            f"The truncation that was asked for, {size}={parameters[size]}, leaves an error of "
            f"{error:.1e}; the tolerance allows {allowed:.1e}. {_more(method)}"
        )
    else:
        message = (
            f"The error is {error:.1e}, what is affordable or what rounding leaves; {allowed:.1e} "
            + (
                f"was aimed at. Give `{name}` to have it kept or refused."
                if asked is None
                else f"is what {name}={asked:g} allows. Ask for a larger one, or for earlier times."
            )
        )
    return Outcome.LIMITED.because(message)


def _given_truncation(method: MethodRecord) -> str | None:
    """Name of the parameter that fixes the truncation, if one was given."""
    for name in ("cutoff", "n_max"):
        if method.parameters.get(name) is not None:
            return name
    return None


def _more(method: MethodRecord) -> str:
    """The advice on how to make a method more accurate."""
    name = _given_truncation(method)
    if method.claim == "statistical":
        return "Ask for more trajectories" + (f" or a larger {name}." if name else ".")
    if name is not None:
        return f"Ask for a larger {name}, or leave it out: then it follows from the tolerance."
    return "Ask for a smaller tolerance."


def _defect(result: SteadyState) -> str | None:
    rho = result.state
    if not np.isfinite(rho).all():
        return "it holds elements that are not finite"
    tolerance = allowance(result)
    trace = complex(rho.trace())
    if abs(trace - 1) > tolerance:
        return f"its trace is {trace.real:.12g}"
    skew = float(np.abs(rho - rho.conj().T).max())
    if skew > tolerance:
        return f"it deviates from its adjoint by {skew:.3g}"
    lowest = states.lowest_eigenvalue(rho)
    if lowest < -tolerance:
        return f"its smallest eigenvalue is {lowest:.3g}, its error estimate {result.error:.1g}"
    return None


def _remedy(result: SteadyState) -> str:
    if result.method.claim == "approximate":
        return (
            f"The network is outside the domain of this approximation ({result.method.domain}); "
            "use te.ContinuedFraction() or te.Fock()."
        )
    if result.method.claim == "statistical":
        return "Ask for more trajectories."
    return "Ask for a smaller rtol or a larger truncation."
