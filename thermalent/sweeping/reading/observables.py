"""The observables of a sweep, given by name or by a function, with their errors."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators.bounds import error_bounds
from thermalent.operators.estimates import Estimate
from thermalent.operators.reading.observables import TABLE, Readings, of_state, of_states
from thermalent.operators.reading.readable import Named, Stack
from thermalent.operators.reading.stacks import GivenStates
from thermalent.operators.reading.weights import labels, pure, weight, weights
from thermalent.solution.result import SteadyState
from thermalent.support import checks

SPELLING = re.compile(r"(\w+)(?:\[([^\[\]]*)\])?")
_OWN = ("error", "n_max", "status", "message", "origin")  # variables that every sweep has

Reading = tuple[float, float]  # value and error


@dataclass(frozen=True, kw_only=True)
class Observable:
    """A number of a steady state.

    Args:
        name: Of the variable in the data set.
        what: The kind of number: a name of the table of observables, or "" for a function.
        label: Of the state whose population or fidelity is read.
        emitters: Their names; all if empty.
        function: From the result to the number, or to the number and its error.
    """

    name: str
    what: str = ""
    label: str = ""
    emitters: tuple[str, ...] = ()
    function: Callable[[SteadyState], Any] | None = None

    @property
    def units(self) -> str:
        """Unit of the number."""
        return TABLE[self.what].unit if self.what else "1"

    def read(self, result: SteadyState) -> Reading:
        """The number and its error, not-a-number where the state's error is not known.

        Raises:
            ValueError: the result has no such number.
        """
        if self.function is not None:
            return _of_function(self.function, result)
        if TABLE[self.what].labelled:
            estimate = weight(result, self._state(result.network), self.emitters)
        else:
            estimate = of_state(result, self.what, self.emitters)
        return float(estimate), estimate.error

    def read_all(self, results: Sequence[SteadyState]) -> Readings:
        """The number and the error of every result, an exception where there is none.

        Args:
            results: Of networks with the same emitters, by methods of one claim.
        """
        if not self.function:
            return self.of_stack(GivenStates(results))
        readings = np.full((2, len(results)), math.nan)
        problems: dict[int, Exception] = {}
        for i, result in enumerate(results):
            try:
                readings[:, i] = self.read(result)
                if math.isnan(readings[0, i]):
                    raise ValueError("the function returned nan")
            except Exception as problem:  # of a user's function too: the other points continue
                problems[i] = problem
        return Readings(readings[0], readings[1], problems)

    def of_stack(self, stack: Stack) -> Readings:
        """The number and the error of every state, if it is not a function of results."""
        if TABLE[self.what].labelled:
            return weights(stack, self._state(stack.network), self.emitters)
        return of_states(stack, self.what, self.emitters)

    def _state(self, network: Named) -> np.ndarray:
        return pure(self.label, _dims(self, network), name="observables", given=self.name)


def as_observables(given: Any) -> tuple[Observable, ...]:
    """Observables from a name, a sequence of names and functions, or a mapping by name.

    Raises:
        ValueError: a name is unknown (the nearest valid one is given), or occurs twice.
    """
    if isinstance(given, (str, Observable)) or callable(given):
        given = [given]
    if isinstance(given, Mapping):
        observables = [
            replace(_one(value, str(name)), name=str(name)) for name, value in given.items()
        ]
    elif isinstance(given, Sequence):
        observables = [_one(value) for value in given]
    else:
        checks.fail("observables", "names or functions", given)
    if not observables:
        checks.fail("observables", "one name or function at least", given)
    check_variables([observable.name for observable in observables])
    return tuple(observables)


def check_variables(names: Sequence[str]) -> None:
    """Check names of variables of a data set.

    Raises:
        ValueError: one occurs twice, or is not free.
    """
    for name in names:
        if names.count(name) > 1 or name in _OWN or name.endswith("_error") or "/" in name:
            taken = [*_OWN, "..._error"]
            checks.fail("observables", f"of different names, none of {taken}, without '/'", name)


def expanded(observables: Sequence[Observable], network: Network) -> tuple[Observable, ...]:
    """The observables, "populations" as one for each, checked against a network.

    Raises:
        ValueError: there is no such emitter or state, or not two emitters where two are needed.
    """
    all_observables: list[Observable] = []
    for observable in observables:
        _check(observable, network)
        if observable.what == "populations" and not observable.label:
            named = tuple(labels(_dims(observable, network)))
            inside = [",".join((label, *observable.emitters)) for label in named]
            all_observables += [
                replace(observable, name=f"{observable.name}[{text}]", label=label)
                for label, text in zip(named, inside, strict=True)
            ]
        else:
            all_observables.append(observable)
    return tuple(all_observables)


def _one(given: Any, name: str = "") -> Observable:
    if isinstance(given, Observable):
        return given
    if callable(given):
        name = name or getattr(given, "__name__", "")
        if not name.isidentifier():
            checks.fail(
                "observables",
                "names or functions with a name of their own (for a lambda, a mapping from its "
                "name: {'my_number': lambda result: ...})",
                given,
            )
        return Observable(name=name, function=given)
    if not isinstance(given, str):
        checks.fail("observables", "names or functions", given)
    match = SPELLING.fullmatch(given.replace(" ", ""))
    what = match[1] if match else given
    if match is None or what not in TABLE:
        near = difflib.get_close_matches(what, TABLE, 1, 0.0)[0]
        checks.fail("observables", f"of {list(TABLE)} (nearest: {near!r})", given)
    arguments = tuple(item for item in (match[2] or "").split(",") if item)
    label = ""
    if TABLE[what].labelled:
        label, arguments = (arguments[0], arguments[1:]) if arguments else ("", ())
    if what == "fidelity" and not label:
        checks.fail("observables", "with a state in brackets, such as 'fidelity[S]'", given)
    return Observable(name=match[0], what=what, label=label, emitters=arguments)


def _check(observable: Observable, network: Network) -> None:
    if observable.function is not None:
        return
    known = network.emitter_names
    for name in observable.emitters:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.0)[0]
            allowed = f"of the emitters {list(known)} (nearest: {near!r})"
            checks.fail("observables", allowed, observable.name)
    dims = _dims(observable, network)
    if TABLE[observable.what].pair and (len(dims) != 2 or len(set(observable.emitters)) == 1):
        example = f"{observable.what}[{','.join(known[:2])}]"
        checks.fail(
            "observables", f"of two emitters of {list(known)}, such as {example!r}", observable.name
        )
    if TABLE[observable.what].qubits and dims != (2, 2):
        checks.fail("observables", f"of two qubits, not of dimensions {dims}", observable.name)
    if observable.label:
        observable._state(network)


def _dims(observable: Observable, network: Named) -> tuple[int, ...]:
    chosen = observable.emitters or network.emitter_names
    return tuple(network.dims[network.position(name)] for name in chosen)


def _of_function(function: Callable[[SteadyState], Any], result: SteadyState) -> Reading:
    """The number of a function; its error is its own, or that of changes of the state."""
    given = function(result)
    if isinstance(given, tuple):
        value, error = given
        return float(value), float(error)
    if isinstance(given, Estimate):
        return float(given), given.error
    eps = float(result.error)
    if not math.isfinite(eps):
        return float(given), math.nan
    return float(given), error_bounds.by_moving(
        lambda moved: float(function(replace(result, state=moved))), result.state, eps
    )
