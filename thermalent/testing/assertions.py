"""Assertions about states, numbers with errors and methods, with the size of a failure."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators.estimates import Estimate, Estimates
from thermalent.operators.states import lowest_eigenvalue
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Claim, Method
from thermalent.solution.result import STATE_ROUNDING, SteadyState
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

# Standard errors that a statistical result may be away: six in ten million draws are further.
_SIGMAS = 5.0


@with_explained_calls
def assert_state(found: Any, *, tolerance: float | None = None) -> None:
    r"""Assert that the density matrix, or every one of an evolution, is a state.

    $$|\mathrm{Tr}\rho - 1| \le \epsilon, \qquad |\rho - \rho^\dagger| \le \epsilon, \qquad
      \rho \ge -\epsilon$$

    Args:
        found: A `SteadyState`, an `Evolution`, or an array (d, d) or (t, d, d).
        tolerance: epsilon; if not given, 1e-12 plus d times the stated error of a result.

    Raises:
        AssertionError: it is not; the message says which condition fails and by how much.
    """
    if isinstance(found, SteadyState):
        _assert_one_state(found.state, _allowed(found.state, found.error, tolerance), "the state")
    elif isinstance(found, Evolution):
        for time, rho, error in zip(found.times, found.states, found.error, strict=True):
            _assert_one_state(rho, _allowed(rho, error, tolerance), f"the state at t = {time:g}")
    else:
        try:
            array = np.asarray(found, dtype=complex)
        except (TypeError, ValueError, OverflowError):  # no numbers, or ragged
            checks.fail("found", "a result, or an array of numbers", found)
        if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2]:
            checks.fail(
                "found",
                "a result, or an array of shape (d, d) or (t, d, d)",
                checks.Words(f"an array of shape {array.shape}"),
            )
        for i, rho in enumerate(array.reshape(-1, *array.shape[-2:])):
            name = "the state" if array.ndim == 2 else f"state {i}"
            _assert_one_state(rho, _allowed(rho, 0.0, tolerance), name)


def _allowed(rho: np.ndarray, error: float, tolerance: float | None) -> float:
    if tolerance is not None:
        return checks.nonnegative("tolerance", tolerance)
    known = float(error) if np.isfinite(error) else 0.0
    return STATE_ROUNDING + len(rho) * known


def _assert_one_state(rho: np.ndarray, tolerance: float, name: str) -> None:
    if not np.all(np.isfinite(rho)):
        raise AssertionError(f"{name} holds elements that are not finite")
    trace = complex(np.trace(rho))
    if abs(trace - 1) > tolerance:
        raise AssertionError(
            f"the trace of {name} is {trace:.17g}: off by {abs(trace - 1):.3g}, allowed are "
            f"{tolerance:.3g}"
        )
    skew = float(np.max(np.abs(rho - rho.conj().T)))
    if skew > tolerance:
        raise AssertionError(
            f"{name} differs from its adjoint by {skew:.3g}, allowed are {tolerance:.3g}"
        )
    lowest = lowest_eigenvalue(rho)
    if lowest < -tolerance:
        raise AssertionError(
            f"the smallest eigenvalue of {name} is {lowest:.3g}, allowed are {-tolerance:.3g}"
        )


@with_explained_calls
def assert_within_errors(
    found: Any,
    expected: Any,
    *,
    error: Any = None,
    expected_error: Any = 0.0,
    largest: float | None = None,
    name: str = "the number",
) -> None:
    r"""Assert that a result is right within its stated error, \(|x - y| \le \delta x + \delta y\).

    Args:
        found: A `SteadyState`, an `Evolution`, an estimate, or any number or array.
        expected: What it should be: another such result, or plain numbers of the same shape (a
            state for a `SteadyState`).
        error: The stated error; if not given, that of `found`.
        expected_error: The error of `expected`; that of a result is taken from it.
        largest: The stated error may not exceed this: a bound that is always kept because it is
            absurdly large says nothing.
        name: What the number is, for the message.

    Raises:
        AssertionError: it is further away, or its stated error is not finite or too large.
        ValueError: `found` has no error and none is given.
    """
    values, own = _with_error(found)
    truth, other = _with_error(expected)
    stated = own if error is None else error
    if stated is None:
        checks.fail("error", "given, since `found` has none of its own", error)
    if other is None:
        other = expected_error
    values, truth = _numbers("found", values, "biufc"), _numbers("expected", truth, "biufc")
    allowed = _numbers("error", stated, "iuf").astype(float)
    other = _numbers("expected_error", other, "iuf").astype(float)
    distance = np.abs(np.subtract(*_fitting("expected", values, truth)))
    largest = None if largest is None else checks.nonnegative("largest", largest)
    if isinstance(found, Evolution) and error is None:
        allowed = allowed[:, None, None]
    if not np.all(np.isfinite(allowed)):
        raise AssertionError(f"the stated error of {name} is not finite: {stated!r}")
    if isinstance(expected, Evolution):
        other = other[:, None, None]
    if largest is not None and np.max(allowed) > largest:
        raise AssertionError(
            f"the stated error of {name} is {np.max(allowed):.3g}, allowed are {largest:.3g}"
        )
    distance, allowed = _fitting("error", distance, allowed)
    distance, other = _fitting("expected_error", distance, other)
    allowed = np.broadcast_to(allowed, distance.shape)
    # Not a number is not within any error.
    outside = ~(distance <= allowed + other)
    if np.any(outside):
        raise AssertionError(_miss(values, truth, distance, allowed, other, outside, name))


def _fitting(name: str, values: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and an argument for them in one shape."""
    try:
        shape = np.broadcast_shapes(values.shape, given.shape)
    except ValueError:
        wanted = f"of a shape that fits {values.shape}"
        checks.fail(name, wanted, checks.Words(f"of shape {given.shape}"))
    return np.broadcast_to(values, shape), np.broadcast_to(given, shape)


def _numbers(name: str, value: Any, kinds: str) -> np.ndarray:
    """An array whose numpy kind is one of `kinds`; it may hold what is not finite."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError):  # ragged
        checks.fail(name, "a number or an array of them", value)
    if array.dtype.kind not in kinds:
        checks.fail(name, "a number or an array of them", value)
    return array


def _with_error(result: Any) -> tuple[Any, Any]:
    if isinstance(result, SteadyState):
        return result.state, float(result.error)
    if isinstance(result, Evolution):
        return result.states, result.error
    if isinstance(result, (Estimate, Estimates)):
        return result, result.error
    return result, None


def _miss(
    values: Any,
    truth: Any,
    distance: np.ndarray,
    allowed: np.ndarray,
    other: np.ndarray,
    outside: np.ndarray,
    name: str,
) -> str:
    """The worst miss in words."""
    total = allowed + other
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(outside, np.where(total > 0, distance / total, np.inf), -np.inf)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    index = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    place = f"[{', '.join(map(str, index))}]" if index else ""
    value = np.broadcast_to(np.asarray(values), distance.shape)[index]
    right = np.broadcast_to(np.asarray(truth), distance.shape)[index]
    also = (
        f" and the error {other[index]:.3g} of what it is compared with" if other[index] > 0 else ""
    )
    count = int(np.sum(outside))
    more = f"; {count} of {distance.size} elements miss" if distance.size > 1 else ""
    return (
        f"{name}{place} is {value:.17g} and should be {right:.17g}: off by {distance[index]:.3g}, "
        f"{ratio[index]:.3g} times the stated error {allowed[index]:.3g}{also}{more}"
    )


@with_explained_calls
def assert_methods_agree(
    network: Network,
    *methods: Method,
    times: Any = None,
    initial: Any = None,
) -> dict[str, Any]:
    """Assert that all methods agree on the steady state, or the evolution, within their errors.

    Exact results may differ by the sum of their errors, statistical ones by five standard errors
    more.

    Args:
        network: The network.
        methods: At least two; if none are given, every exact method that applies.
        times: If given, evolutions at these times are compared.
        initial: The emitters' initial state, see `te.evolve` and `te.steady_state`.

    Returns:
        The results by the methods' names.

    Raises:
        AssertionError: two methods disagree; the message names them and says by how much.
        ValueError: fewer than two methods apply, or one of them claims no error.
        MethodError: a method that was asked for does not apply.
        SolveError: a method failed.
    """
    from thermalent.solving.solve import evolve, steady_state

    chosen = methods or _exact(network, times)
    if len(chosen) < 2:
        checks.fail("methods", "at least two that apply", [method.name for method in chosen])
    for method in chosen:
        if method.claim is Claim.APPROXIMATE:
            checks.fail("methods", "exact or statistical", method)
    results: dict[str, Any] = {}
    for i, method in enumerate(chosen):
        name = method.name if method.name not in results else f"{method.name} ({i + 1})"
        if times is None:
            results[name] = steady_state(network, method, initial=initial)
        else:
            results[name] = evolve(network, times, initial, method)
    for (first_name, first), (other_name, second) in combinations(results.items(), 2):
        _compare(first_name, first, other_name, second)
    return results


def _compare(name: str, first: Any, other_name: str, second: Any) -> None:
    evolved = isinstance(first, Evolution)
    states = [result.states if evolved else result.state for result in (first, second)]
    errors = [_reach(result) for result in (first, second)]
    if evolved:
        errors = [error[:, None, None] for error in errors]
    assert_within_errors(
        states[0],
        states[1],
        error=errors[0],
        expected_error=errors[1],
        name=f"the state by {name} (compared with {other_name})",
    )


def _reach(result: Any) -> np.ndarray:
    """Largest distance of a result from the truth: its bound, or five standard errors."""
    factor = _SIGMAS if result.method.claim is Claim.STATISTICAL else 1.0
    return factor * np.asarray(result.error, dtype=float)


def _exact(network: Network, times: Any) -> tuple[Method, ...]:
    """The exact methods of the registry that apply by default."""
    from thermalent.solving import registry
    from thermalent.solving.solve import method_named

    if times is None:
        candidates = [method_named(name) for name in registry.STEADY_STATE_DEFAULTS]
        return tuple(m for m in candidates if m.refusal(network) is None)
    candidates = [method_named(name) for name in registry.EVOLUTION_DEFAULTS]
    return tuple(m for m in candidates if m.evolution_refusal(network, "stationary") is None)
