"""The one table of observables, the numbers of a state: function, unit, error bound, gradient.

`SteadyState`, `Evolution`, sweeps, sensitivities, the comparison of methods and the command line
read it.
A further observable is a function of a state and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from thermalent.operators import (
    distances,
    distillation,
    distillation_bounds,
    entanglement,
    error_bounds,
    gradients,
    measures_together,
    states,
)
from thermalent.operators.estimates import UNKNOWN, Estimate, Estimates
from thermalent.operators.given_states import require_dims
from thermalent.operators.readable import OneState, Result, SeveralStates, Stack
from thermalent.operators.stacks import (
    GivenStates,
    bounded_errors,
    reduced_error,
    reduced_errors,
    reduced_states,
)
from thermalent.operators.x_states import x_concurrences
from thermalent.support.errors import ArgumentError


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number of a state.

    Args:
        name: Its name everywhere.
        function: From a state (d, d), the dimensions of the emitters and the tolerance for what is
            no state, to the number. With `labelled`, from the state and a ket (d,).
        bound: From states (t, d, d), errors of their elements (t,) and values (t,) to bounds of the
            values' errors, (t,), with the elements `zero` (d, d) that cannot differ from zero, or
            None; see `thermalent.operators.error_bounds`. With `labelled`, from the ket and the
            errors.
        together: From states (t, d, d), tolerances (t,) and the dimensions to the numbers of all of
            them, (t,), the same to the bit as those of `function`; not-a-number where that has to
            be asked.
        statistical: The same as `bound` for standard errors, if that is another function.
        gradient: From a state and the dimensions of the emitters to the number and its gradient;
            None if it has none that the sensitivities could use.
        unit: Of the number.
        pair: Whether it is one of two emitters.
        qubits: Whether these have to be qubits.
        labelled: Whether it is the weight of a pure state, which is named or given.
        printed: Whether the command line prints it and writes it to files.
        plural: What its values for all pairs are called there, for one of two emitters.
    """

    name: str
    function: Callable[..., float]
    bound: Callable[..., np.ndarray]
    together: Callable[[np.ndarray, np.ndarray, Sequence[int]], np.ndarray] | None = None
    statistical: Callable[..., np.ndarray] | None = None
    gradient: Callable[[np.ndarray, Sequence[int]], gradients.Valued] | None = None
    unit: str = "1"
    pair: bool = False
    qubits: bool = False
    labelled: bool = False
    printed: bool = False
    plural: str = ""


def _overlap(rho: np.ndarray, ket: np.ndarray) -> float:
    return float((ket.conj() @ rho @ ket).real)


MEASURES = (
    Measure(
        name="concurrence",
        function=lambda rho, dims, tolerance: entanglement.concurrence(rho, tolerance=tolerance),
        bound=error_bounds.concurrence_bound,
        together=x_concurrences,
        statistical=error_bounds.concurrence_of_mean,
        gradient=gradients.concurrence_with_gradient,
        pair=True,
        qubits=True,
        printed=True,
        plural="concurrences",
    ),
    Measure(
        name="negativity",
        function=lambda rho, dims, tolerance: entanglement.negativity(
            rho, dims, tolerance=tolerance
        ),
        bound=error_bounds.negativity_bound,
        together=measures_together.negativities,
        gradient=gradients.negativity_with_gradient,
        pair=True,
    ),
    Measure(
        name="logarithmic_negativity",
        function=lambda rho, dims, tolerance: entanglement.logarithmic_negativity(
            rho, dims, tolerance=tolerance
        ),
        bound=error_bounds.logarithmic_negativity_bound,
        together=measures_together.logarithmic_negativities,
        gradient=gradients.logarithmic_negativity_with_gradient,
        unit="ebit",
        pair=True,
    ),
    Measure(
        name="entanglement_of_formation",
        function=lambda rho, dims, tolerance: entanglement.entanglement_of_formation(
            rho, tolerance=tolerance
        ),
        bound=error_bounds.entanglement_of_formation_bound,
        together=measures_together.formations,
        statistical=error_bounds.formation_of_mean,
        gradient=gradients.formation_with_gradient,
        unit="ebit",
        pair=True,
        qubits=True,
    ),
    Measure(
        name="fully_entangled_fraction",
        function=lambda rho, dims, tolerance: distillation.fully_entangled_fraction(
            rho, tolerance=tolerance
        ),
        bound=distillation_bounds.fraction_bound,
        gradient=distillation_bounds.fraction_with_gradient,
        pair=True,
        qubits=True,
    ),
    Measure(
        name="teleportation_fidelity",
        function=lambda rho, dims, tolerance: distillation.teleportation_fidelity(
            rho, tolerance=tolerance
        ),
        bound=distillation_bounds.teleportation_bound,
        gradient=distillation_bounds.teleportation_with_gradient,
        pair=True,
        qubits=True,
    ),
    Measure(
        name="coherent_information",
        function=lambda rho, dims, tolerance: distillation.coherent_information(
            rho, dims, tolerance=tolerance
        ),
        bound=distillation_bounds.coherent_information_bound,
        gradient=distillation_bounds.coherent_information_with_gradient,
        unit="bit",
        pair=True,
        qubits=True,
    ),
    Measure(
        name="purity",
        function=lambda rho, dims, tolerance: distances.purity(rho, tolerance=tolerance),
        bound=error_bounds.purity_bound,
        together=measures_together.purities,
        gradient=gradients.purity_with_gradient,
        printed=True,
    ),
    Measure(
        name="entropy",
        function=lambda rho, dims, tolerance: distances.von_neumann_entropy(
            rho, tolerance=tolerance
        ),
        bound=error_bounds.entropy_bound,
        together=measures_together.entropies,
        gradient=gradients.entropy_with_gradient,
        unit="bit",
    ),
    Measure(
        name="populations", function=_overlap, bound=error_bounds.overlap_bound, labelled=True
    ),
    Measure(name="fidelity", function=_overlap, bound=error_bounds.overlap_bound, labelled=True),
)  # fmt: skip
TABLE = {measure.name: measure for measure in MEASURES}
PRINTED = tuple(measure for measure in MEASURES if measure.printed)


def of_state(result: OneState, name: str, emitters: Sequence[str] = ()) -> Estimate:
    """A number of a steady state, with its error.

    Args:
        result: The steady state.
        name: Of a measure without label.
        emitters: Their names; for a measure of pairs the only two if none is named, else all.

    Raises:
        ValueError: these are not emitters of the network, or not what the measure needs.
    """
    measure, names = TABLE[name], _chosen(TABLE[name], result, emitters)
    rho, dims = result.reduced(*names), _dims(result, names)
    value = _value(measure, rho, dims, result._tolerance)
    return Estimate(
        value,
        lambda: _errors(
            measure,
            GivenStates([result]),
            names,
            rho[None],
            reduced_errors(GivenStates([result]), names, len(rho)),
            np.array([value]),
        )[0],
        _how(result, float(result.error), result.error.how),
    )


def of_result(result: OneState, name: str) -> Callable[..., Estimate]:
    """The method under which a result offers a line of the table without one of its own.

    Raises:
        AttributeError: there is no such line, as of every unknown attribute.
    """
    _check(result, name)
    return lambda *emitters: of_state(result, name, emitters)


def of_evolution(result: SeveralStates, name: str) -> Callable[..., Estimates]:
    """The method under which an evolution offers a line of the table; see `of_result`."""
    _check(result, name)
    return lambda *emitters: over_time(result, name, emitters)


def _check(result: Result, name: str) -> None:
    if name not in TABLE or TABLE[name].labelled:
        raise AttributeError(f"{type(result).__name__!r} object has no attribute {name!r}")


def over_time(result: SeveralStates, name: str, emitters: Sequence[str] = ()) -> Estimates:
    """A number of the states of an evolution, one per time, with its errors."""
    measure, names = TABLE[name], _chosen(TABLE[name], result, emitters)
    dims = _dims(result, names)
    moments = [result.at(i) for i in range(len(result))]
    stack = GivenStates(moments)
    rho = reduced_states(stack, names)
    values = _values(measure, rho, dims, stack.tolerance)
    for i in np.flatnonzero(np.isnan(values)).tolist():
        values[i] = _value(measure, rho[i], dims, moments[i]._tolerance)
    eps = reduced_error(np.asarray(result.error, float), result.states.shape[-1], rho.shape[-1])
    return Estimates(
        values,
        lambda: _errors(measure, stack, names, rho, eps, values),
        _how(result, result.error, result.how),
    )


class Readings(NamedTuple):
    """A number of many states.

    Args:
        values: Not-a-number where a state does not have it, (t,).
        errors: The same, (t,).
        problems: Why not, by position.
    """

    values: np.ndarray
    errors: np.ndarray
    problems: Mapping[int, Exception]


def of_states(stack: Stack, name: str, emitters: Sequence[str] = ()) -> Readings:
    """A number of many steady states of one kind of network, and its errors.

    As `of_state` one by one, in less time. The bits do not depend on what else is in the list.

    Args:
        stack: States of networks with the same emitters, by methods of one claim.
        name: Of a measure without label.
        emitters: Their names, as for one state.
    """
    measure = TABLE[name]
    names = _chosen(measure, stack, emitters)
    dims = _dims(stack, names)
    rho, tolerance = reduced_states(stack, names), stack.tolerance
    values = _values(measure, rho, dims, tolerance)
    problems: dict[int, Exception] = {}
    for i in np.flatnonzero(np.isnan(values)).tolist():
        try:
            values[i] = _value(measure, rho[i], dims, float(tolerance[i]))
        except Exception as problem:  # the error of one state does not stop the others
            problems[i] = problem
    errors = np.full(len(rho), UNKNOWN)
    good = np.ones(len(rho), dtype=bool)
    good[list(problems)] = False
    if np.any(good):
        some = stack if not problems else stack.part(good)
        eps = reduced_errors(some, names, rho.shape[-1])
        errors[good] = _errors(measure, some, names, rho[good], eps, values[good])
    return Readings(values, errors, problems)


def weight(result: OneState, state: Any, emitters: Sequence[str] = ()) -> Estimate:
    """The weight <psi|rho|psi> of a pure state in a steady state, with its error.

    Args:
        result: The steady state.
        state: The pure state: a label as "01", a Bell state of two qubits, or a ket.
        emitters: Their names; all if empty.

    Raises:
        ValueError: there is no such state of these emitters.
    """
    names = tuple(emitters) or result.network.emitter_names
    rho, psi = result.reduced(*emitters), pure(state, _dims(result, names))
    return _weighed(result, names, rho, _overlap(rho, psi), psi)


def weights(stack: Stack, psi: np.ndarray, emitters: Sequence[str] = ()) -> Readings:
    """The weight of a ket (k,) in many steady states, and its errors: as `of_states`."""
    rho = reduced_states(stack, tuple(emitters))
    values = np.array([_overlap(state, psi) for state in rho])
    return Readings(values, _errors_of_weights(stack, psi, tuple(emitters)), {})


def _errors_of_weights(stack: Stack, psi: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Errors of the weight of a ket (k,), (t,); not-a-number where those of a state are."""
    bounds = error_bounds.overlap_bound(psi, reduced_errors(stack, names, len(psi)))
    return np.where(np.isfinite(stack.error), bounds, UNKNOWN)


def weight_over_time(result: SeveralStates, state: Any, emitters: Sequence[str] = ()) -> Estimates:
    """The weight of a pure state in the states of an evolution."""
    psi = pure(state, _dims(result, tuple(emitters) or result.network.emitter_names))
    found = weights(GivenStates([result.at(i) for i in range(len(result))]), psi, emitters)
    return Estimates(found.values, found.errors, _how(result, result.error, result.how))


def populations_of(result: OneState, emitters: Sequence[str] = ()) -> dict[str, Estimate]:
    """The populations that `states.populations` gives, each with its error."""
    names = tuple(emitters) or result.network.emitter_names
    _refuse_labels(result, names)
    rho, dims = result.reduced(*emitters), _dims(result, names)
    values = states.populations(rho, dims, tolerance=result._tolerance)
    named, basis = _bell_labels(dims), np.eye(len(rho))  # the labels are in the order of the basis
    return {
        label: _weighed(result, names, rho, value, pure(label, dims) if label in named else ket)
        for ket, (label, value) in zip(basis, values.items(), strict=True)
    }


def populations_over_time(
    result: SeveralStates, emitters: Sequence[str] = ()
) -> dict[str, Estimates]:
    """The populations at each time."""
    moments = [result.at(i) for i in range(len(result))]
    return populations_together(moments, emitters, _how(result, result.error, result.how))


def populations_together(
    results: Sequence[OneState], emitters: Sequence[str], how: str
) -> dict[str, Estimates]:
    """The populations of several states of networks with the same emitters."""
    stack, names = GivenStates(results), tuple(emitters)
    for first in results[:1]:
        _refuse_labels(first, names)
    rho, dims = reduced_states(stack, names), _dims(stack, names)
    values = measures_together.populations_of_all(rho, stack.tolerance, dims)
    for i in np.flatnonzero(np.isnan(values).any(axis=1)).tolist():
        one = states.populations(rho[i], dims, tolerance=float(stack.tolerance[i]))
        values[i] = list(one.values())
    named, basis = _bell_labels(dims), np.eye(rho.shape[-1])  # the labels are in its order
    return {
        label: Estimates(
            column, _errors_of_weights(stack, pure(label, dims) if label in named else ket, names),
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
    from thermalent.support import checks

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


def _chosen(measure: Measure, result: Result | Stack, emitters: Sequence[str]) -> tuple[str, ...]:
    names = tuple(emitters)
    if not measure.pair:
        return names
    known = result.network.emitter_names
    if not names and len(known) == 2:
        names = known
    if len(names) != 2 or names[0] == names[1]:
        from thermalent.support import checks

        checks.fail("names", f"two different emitters of {list(known)}", list(names))
    return names


def _value(measure: Measure, rho: np.ndarray, dims: Sequence[int], tolerance: float) -> float:
    if measure.qubits and set(dims) != {2}:
        raise ArgumentError(
            f"Argument `names` must be two qubits, but is two emitters of {list(dims)} levels."
        )
    return measure.function(rho, dims, tolerance)


def _values(
    measure: Measure, rho: np.ndarray, dims: Sequence[int], tolerance: np.ndarray
) -> np.ndarray:
    """The number of each state, (t,); not-a-number where a state has to be looked at by itself."""
    if measure.together is None or not len(rho) or (measure.qubits and set(dims) != {2}):
        return np.full(len(rho), UNKNOWN)
    return measure.together(rho, tolerance, dims)


def _dims(result: Result | Stack, names: Sequence[str]) -> list[int]:
    network = result.network
    return [network.dims[network.position(name)] for name in names or network.emitter_names]


def _errors(
    measure: Measure,
    stack: Stack,
    names: Sequence[str],
    rho: np.ndarray,
    eps: np.ndarray,
    values: np.ndarray,
) -> np.ndarray:
    """Errors of values (t,) of some emitters' states; see `bounded_errors`."""
    bound = measure.bound
    if measure.statistical is not None and stack.method.claim == "statistical":
        bound = measure.statistical
    return bounded_errors(bound, stack, tuple(names), rho, eps, values)


def _weighed(
    result: OneState, names: Sequence[str], rho: np.ndarray, value: float, ket: np.ndarray
) -> Estimate:
    def error() -> float:
        if not np.isfinite(result.error):
            return UNKNOWN
        eps = reduced_errors(GivenStates([result]), names, len(rho))
        return float(error_bounds.overlap_bound(ket, eps)[0])

    return Estimate(value, error, _how(result, float(result.error), result.error.how))


def _how(result: Result, eps: Any, origin: str) -> str:
    if not np.any(np.isfinite(eps)):
        return f"not known, because the error of the state is not: {origin}"
    if result.method.claim == "statistical":
        return (
            "at least the standard error: the largest change if each element of the state is off "
            f"by one standard error or less, carried through from these: {origin}"
        )
    return f"bound for every state whose elements differ by the error of this one: {origin}"
