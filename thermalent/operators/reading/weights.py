"""Weights of pure states in those of a result, with their errors: populations and fidelities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

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
    found = weights(GivenStates([result]), psi, emitters)
    how = observables._how(result, float(result.error), result.error.how)
    return Estimate(float(found.values[0]), float(found.errors[0]), how)


def weights(stack: Stack, psi: np.ndarray, emitters: Sequence[str] = ()) -> Readings:
    """The weight of a ket (k,) in many steady states, and its errors: as `of_states`."""
    rho = reduced_states(stack, tuple(emitters))
    values = np.array([observables._overlap(state, psi) for state in rho])
    eps = reduced_errors(stack, tuple(emitters), len(psi))
    return Readings(values, _errors_of_weights(stack, psi, eps), {})


def _errors_of_weights(stack: Stack, psi: np.ndarray, eps: np.ndarray) -> np.ndarray:
    """Errors of the weight of a ket (k,), (t,); not-a-number where those of a state are."""
    return np.where(np.isfinite(stack.error), error_bounds.overlap_bound(psi, eps), UNKNOWN)


def weight_over_time(result: SeveralStates, state: Any, emitters: Sequence[str] = ()) -> Estimates:
    """The weight of a pure state in the states of an evolution."""
    psi = pure(state, observables._dims(result, tuple(emitters) or result.network.emitter_names))
    found = weights(GivenStates([result.at(i) for i in range(len(result))]), psi, emitters)
    return Estimates(found.values, found.errors, observables._how(result, result.error, result.how))


def populations_of(result: OneState, emitters: Sequence[str] = ()) -> dict[str, Estimate]:
    """The populations that `states.populations` gives, each with its error."""
    how = observables._how(result, float(result.error), result.error.how)
    return {name: each[0] for name, each in populations_together([result], emitters, how).items()}


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
    stack, names = GivenStates(results), tuple(emitters)
    for first in results[:1]:
        _refuse_labels(first, names)
    rho, dims = reduced_states(stack, names), observables._dims(stack, names)
    values = measures_together.populations_of_all(rho, stack.tolerance, dims)
    for i in np.flatnonzero(np.isnan(values).any(axis=1)).tolist():
        one = states.populations(rho[i], dims, tolerance=float(stack.tolerance[i]))
        values[i] = list(one.values())
    named, basis = _bell_labels(dims), np.eye(rho.shape[-1])  # the labels are in its order
    eps = reduced_errors(stack, names, rho.shape[-1])
    return {
        label: Estimates(
            column, _errors_of_weights(stack, pure(label, dims) if label in named else ket, eps),
            how,
        )
        for label, ket, column in zip(labels(dims), basis, values.T, strict=True)
    }  # fmt: skip


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
            raise ArgumentError(
                f"Argument `names` must be emitters, any of {list(known)}, but is {name!r}, "
                f"which is a state: its population is populations()[{name!r}]."
            )


def _bell_labels(dims: Sequence[int]) -> tuple[str, ...]:
    return ("S", "T") if tuple(dims) == (2, 2) else ()
