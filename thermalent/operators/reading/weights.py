"""Weights of pure states in those of a result, with their errors: populations and fidelities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np

from thermalent.operators import measures_together, states
from thermalent.operators.bounds import error_bounds
from thermalent.operators.estimates import UNKNOWN, Estimate, Estimates
from thermalent.operators.given_states import require_dims
from thermalent.operators.reading import observables
from thermalent.operators.reading.observables import Readings
from thermalent.operators.reading.readable import OneState, SeveralStates, Stack
from thermalent.operators.reading.stacks import GivenStates, reduced_errors, reduced_states
from thermalent.support import checks
from thermalent.support.errors import ArgumentError

T = TypeVar("T")


def weight(result: OneState, state: Any, emitters: Sequence[str] = ()) -> Estimate:
    """The weight <psi|rho|psi> of a pure state in a steady state, with its error.

    Args:
        result: The steady state.
        state: The pure state: a label as "01", a Bell state of two qubits, or a ket.
        emitters: Their names; all if empty.

    Raises:
        ValueError: there is no such state of these emitters.
    """
    psi = pure(state, observables._dims(result, tuple(emitters) or result.network.emitter_names))
    names = tuple(emitters)
    value = observables._overlap(result.reduced(*names), psi)
    how = observables._how(result, float(result.error), result.error.how)
    return Estimate(value, lambda: _Bounds(GivenStates([result]), names, len(psi)).of(psi)[0], how)


def weights(stack: Stack, psi: np.ndarray, emitters: Sequence[str] = ()) -> Readings:
    """The weight of a ket (k,) in many steady states, and its errors: as `of_states`."""
    values, errors = _weights(stack, psi, tuple(emitters))
    return Readings(values, errors(), {})


def _weights(
    stack: Stack, psi: np.ndarray, names: tuple[str, ...]
) -> tuple[np.ndarray, Callable[[], np.ndarray]]:
    """The weight of a ket (k,) in each state, (t,), and what finds their errors."""
    rho = reduced_states(stack, names)
    values = np.array([observables._overlap(state, psi) for state in rho])
    return values, partial(_Bounds(stack, names, len(psi)).of, psi)


class _Bounds:
    """Errors of weights of kets in some emitters' states: what they share is found once, if at all.

    Args:
        stack: The states.
        names: Of the emitters; all if none is named.
        size: Dimension of their states.
    """

    def __init__(self, stack: Stack, names: tuple[str, ...], size: int) -> None:
        self.stack, self.names, self.size = stack, names, size

    @cached_property
    def eps(self) -> np.ndarray:
        """Errors of the states' elements, (t,) or (t, k, k)."""
        return reduced_errors(self.stack, self.names, self.size)

    def of(self, psi: np.ndarray) -> np.ndarray:
        """Errors of the weight of a ket (k,), (t,); not-a-number where those of a state are."""
        known = np.isfinite(self.stack.error)
        return np.where(known, error_bounds.overlap_bound(psi, self.eps), UNKNOWN)


def weight_over_time(result: SeveralStates, state: Any, emitters: Sequence[str] = ()) -> Estimates:
    """The weight of a pure state in the states of an evolution."""
    psi = pure(state, observables._dims(result, tuple(emitters) or result.network.emitter_names))
    stack = GivenStates([result.at(i) for i in range(len(result))])
    values, errors = _weights(stack, psi, tuple(emitters))
    return Estimates(values, errors, observables._how(result, result.error, result.how))


class LabelledPopulations(dict[str, T]):
    """Populations by label, which say what to ask for instead of a label that they lack."""

    def __missing__(self, label: str) -> T:
        raise KeyError(
            f"{label!r} is not among the populations {', '.join(self)}; that of any pure state "
            f"is a fidelity, as in fidelity({label!r})"
        )


def populations_of(result: OneState, emitters: Sequence[str] = ()) -> dict[str, Estimate]:
    """The populations that `states.populations` gives, each with its error."""
    how = observables._how(result, float(result.error), result.error.how)
    values, errors = _populations([result], tuple(emitters))
    return LabelledPopulations(
        (label, Estimate(value, partial(_of_one, error), how))
        for (label, error), value in zip(errors.items(), values[0].tolist(), strict=True)
    )


def _of_one(errors: Callable[[], np.ndarray]) -> float:
    return float(errors()[0])


def populations_over_time(
    result: SeveralStates, emitters: Sequence[str] = ()
) -> dict[str, Estimates]:
    """The populations at each time."""
    moments = [result.at(i) for i in range(len(result))]
    how = observables._how(result, result.error, result.how)
    return populations_together(moments, emitters, how)


def populations_together(
    results: Sequence[OneState], emitters: Sequence[str], how: str
) -> dict[str, Estimates]:
    """The populations of several states of networks with the same emitters."""
    values, errors = _populations(results, tuple(emitters))
    return LabelledPopulations(
        (label, Estimates(column, error, how))
        for (label, error), column in zip(errors.items(), values.T, strict=True)
    )


def _populations(
    results: Sequence[OneState], names: tuple[str, ...]
) -> tuple[np.ndarray, dict[str, Callable[[], np.ndarray]]]:
    """Populations of each state, (t, k), and by label what finds their errors, (t,)."""
    stack = GivenStates(results)
    for first in results[:1]:
        _refuse_labels(first, names)
    rho, dims = reduced_states(stack, names), observables._dims(stack, names)
    values = measures_together.populations_of_all(rho, stack.tolerance, dims)
    for i in np.flatnonzero(np.isnan(values).any(axis=1)).tolist():
        one = states.populations(rho[i], dims, tolerance=float(stack.tolerance[i]))
        values[i] = list(one.values())
    bounds, named = _Bounds(stack, names, rho.shape[1]), _bell_labels(dims)

    def error(place: int, label: str) -> np.ndarray:
        # The labels are in the order of the basis.
        return bounds.of(pure(label, dims) if label in named else np.eye(bounds.size)[place])

    return values, {name: partial(error, i, name) for i, name in enumerate(labels(dims))}


def labels(dims: Sequence[int]) -> Iterable[str]:
    """Names of the populations of emitters of these dimensions."""
    return ("00", "S", "T", "11") if tuple(dims) == (2, 2) else states.basis_labels(dims)


def pure(state: Any, dims: Sequence[int], *, name: str = "state", given: Any = None) -> np.ndarray:
    """The ket of a pure state: a Bell state of two qubits by name, a product state, or a ket.

    Args:
        state: "S", "T", "Psi-", "Psi+", "Phi-", "Phi+", a label such as "01", or a ket, (d,).
        dims: Dimensions of the emitters.
        name: What an error message calls it.
        given: What an error message says was given; the state itself if not told.

    Raises:
        ValueError: there is no such state.
    """
    if not isinstance(state, str):
        require_dims(name, state, dims)
        return states.check_ket(state, name=name, size=int(np.prod(dims)))
    if tuple(dims) == (2, 2) and not state.isdigit():
        if state in ("S", "T", "Psi-", "Psi+", "Phi-", "Phi+"):
            return states.bell(state)
        of = "" if given is None else "of "
        allowed = f"{of}a Bell state (S, T, Psi-, Psi+, Phi-, Phi+) or a basis state (00, 01, ...)"
        checks.fail(name, allowed, state if given is None else given)
    return states.ket(state, dims, name=name)


def _refuse_labels(result: OneState, names: Sequence[str]) -> None:
    """Names of states where those of emitters are meant, as in populations("S")."""
    dims, known = result.network.dims, result.network.emitter_names
    for name in names:
        if name not in known and name in (*_bell_labels(dims), *states.basis_labels(dims)):
            listed = name in labels(dims)
            its = f"populations()[{name!r}]" if listed else f"fidelity({name!r})"
            raise ArgumentError(
                f"Argument `names` must be emitters, any of {list(known)}, but is {name!r}, "
                f"which is a state: its population is {its}."
            )


def _bell_labels(dims: Sequence[int]) -> tuple[str, ...]:
    return ("S", "T") if tuple(dims) == (2, 2) else ()
