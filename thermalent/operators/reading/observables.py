"""The one table of observables, the numbers of a state: function, unit, error bound, gradient.

`SteadyState`, `Evolution`, sweeps, sensitivities, the comparison of methods and the command line
read it. A further observable is a function of a state and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from thermalent.operators import distances, distillation, entanglement, measures_together
from thermalent.operators.bounds import (
    concurrence_bounds,
    distillation_bounds,
    error_bounds,
    gradients,
)
from thermalent.operators.estimates import UNKNOWN, Estimate, Estimates
from thermalent.operators.reading.readable import OneState, Result, SeveralStates, Stack
from thermalent.operators.reading.stacks import (
    GivenStates,
    bounded_errors,
    reduced_error,
    reduced_errors,
    reduced_states,
)
from thermalent.operators.x_states import x_concurrences
from thermalent.support import checks
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
            None; see `thermalent.operators.bounds.error_bounds`. With `labelled`, from the ket and
            the errors.
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


def _of_whole(function: Callable[..., float]) -> Callable[..., float]:
    return lambda rho, dims, tolerance: function(rho, tolerance=tolerance)


def _of_parts(function: Callable[..., float]) -> Callable[..., float]:
    return lambda rho, dims, tolerance: function(rho, dims, tolerance=tolerance)


def _overlap(rho: np.ndarray, ket: np.ndarray) -> float:
    return float((ket.conj() @ rho @ ket).real)


MEASURES = (
    Measure(
        name="concurrence",
        function=_of_whole(entanglement.concurrence),
        bound=concurrence_bounds.concurrence_bound,
        together=x_concurrences,
        statistical=concurrence_bounds.concurrence_of_mean,
        gradient=gradients.concurrence_with_gradient,
        pair=True,
        qubits=True,
        printed=True,
        plural="concurrences",
    ),
    Measure(
        name="negativity",
        function=_of_parts(entanglement.negativity),
        bound=error_bounds.negativity_bound,
        together=measures_together.negativities,
        gradient=gradients.negativity_with_gradient,
        pair=True,
    ),
    Measure(
        name="logarithmic_negativity",
        function=_of_parts(entanglement.logarithmic_negativity),
        bound=error_bounds.logarithmic_negativity_bound,
        together=measures_together.logarithmic_negativities,
        gradient=gradients.logarithmic_negativity_with_gradient,
        unit="ebit",
        pair=True,
    ),
    Measure(
        name="entanglement_of_formation",
        function=_of_whole(entanglement.entanglement_of_formation),
        bound=concurrence_bounds.entanglement_of_formation_bound,
        together=measures_together.formations,
        statistical=concurrence_bounds.formation_of_mean,
        gradient=gradients.formation_with_gradient,
        unit="ebit",
        pair=True,
        qubits=True,
    ),
    Measure(
        name="fully_entangled_fraction",
        function=_of_whole(distillation.fully_entangled_fraction),
        bound=distillation_bounds.fraction_bound,
        gradient=distillation_bounds.fraction_with_gradient,
        pair=True,
        qubits=True,
    ),
    Measure(
        name="teleportation_fidelity",
        function=_of_whole(distillation.teleportation_fidelity),
        bound=distillation_bounds.teleportation_bound,
        gradient=distillation_bounds.teleportation_with_gradient,
        pair=True,
        qubits=True,
    ),
    Measure(
        name="coherent_information",
        function=_of_parts(distillation.coherent_information),
        bound=distillation_bounds.coherent_information_bound,
        gradient=distillation_bounds.coherent_information_with_gradient,
        unit="bit",
        pair=True,
        qubits=True,
    ),
    Measure(
        name="purity",
        function=_of_whole(distances.purity),
        bound=error_bounds.purity_bound,
        together=measures_together.purities,
        gradient=gradients.purity_with_gradient,
        printed=True,
    ),
    Measure(
        name="entropy",
        function=_of_whole(distances.von_neumann_entropy),
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


def methods_without_own() -> list[str]:
    """The lines of the table that results offer as methods: for completion in an editor."""
    return [name for name, measure in TABLE.items() if not measure.labelled]


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
    eps = reduced_error(np.asarray(result.error, float), result.states.shape[1], rho.shape[1])
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
        eps = reduced_errors(some, names, rho.shape[1])
        errors[good] = _errors(measure, some, names, rho[good], eps, values[good])
    return Readings(values, errors, problems)


def _chosen(measure: Measure, result: Result, emitters: Sequence[str]) -> tuple[str, ...]:
    names = tuple(emitters)
    if not measure.pair:
        return names
    known = result.network.emitter_names
    if not names and len(known) == 2:
        names = known
    if len(names) != 2 or names[0] == names[1]:
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


def _dims(result: Result, names: Sequence[str]) -> list[int]:
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


def _how(result: Result, eps: Any, origin: str) -> str:
    if not np.any(np.isfinite(eps)):
        return f"not known, because the error of the state is not: {origin}"
    if result.method.claim == "statistical":
        return (
            "at least the standard error: the largest change if each element of the state is off "
            f"by one standard error or less, carried through from these: {origin}"
        )
    return f"bound for every state whose elements differ by the error of this one: {origin}"
