"""What is read off every steady state: by name or by a function, with its error."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from thermalent import checks, entanglement, entropy, states
from thermalent.network import Network
from thermalent.result import SteadyState
from thermalent.sweeping import propagation

NAMES = (
    "concurrence",
    "negativity",
    "logarithmic_negativity",
    "entanglement_of_formation",
    "purity",
    "entropy",
    "populations",
    "fidelity",
)
_PAIRS = NAMES[:4]
_UNITS = {"entropy": "bit", "logarithmic_negativity": "ebit", "entanglement_of_formation": "ebit"}
_SPELLING = re.compile(r"(\w+)(?:\[([^\[\]]*)\])?")
_OWN = ("error", "n_max", "status", "message", "origin")  # variables that every sweep has

Reading = tuple[float, float]  # value and error


@dataclass(frozen=True, kw_only=True)
class Observable:
    """A number of a steady state.

    Args:
        name: Of the variable in the data set.
        what: What is read: one of `NAMES`, or "" for a function.
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
        return _UNITS.get(self.what, "1")

    def read(self, result: SteadyState) -> Reading:
        """The number and its error, not-a-number where the state's error is not known.

        Raises:
            ValueError: the result has no such number.
        """
        if self.function is not None:
            return _of_function(self.function, result)
        eps = float(result.error)
        value, error = _READERS[self.what](self, result, eps if math.isfinite(eps) else math.nan)
        return float(value), float(error)


def as_observables(given: Any) -> tuple[Observable, ...]:
    """Observables from a name, a sequence of names and functions, or a mapping by name.

    Raises:
        ValueError: a name is unknown (the nearest valid one is given), or occurs twice.
    """
    if isinstance(given, (str, Observable)) or callable(given):
        given = [given]
    if isinstance(given, Mapping):
        found = [replace(_one(value, str(name)), name=str(name)) for name, value in given.items()]
    elif isinstance(given, Sequence):
        found = [_one(value) for value in given]
    else:
        checks.fail("observables", "names or functions", given)
    if not found:
        checks.fail("observables", "one name or function at least", given)
    names = [observable.name for observable in found]
    for name in names:
        if names.count(name) > 1 or name in _OWN or name.endswith("_error") or "/" in name:
            taken = [*_OWN, "..._error"]
            checks.fail("observables", f"of different names, none of {taken}, without '/'", name)
    return tuple(found)


def expanded(observables: Sequence[Observable], network: Network) -> tuple[Observable, ...]:
    """The observables, "populations" as one for each, checked against a network.

    Raises:
        ValueError: there is no such emitter or state, or not two emitters where two are needed.
    """
    found: list[Observable] = []
    for one in observables:
        _check(one, network)
        if one.what == "populations" and not one.label:
            dims = _dims(one, network)
            labels = ("00", "S", "T", "11") if dims == (2, 2) else states.basis_labels(dims)
            inside = [",".join((label, *one.emitters)) for label in labels]
            found += [
                replace(one, name=f"{one.name}[{text}]", label=label)
                for label, text in zip(labels, inside, strict=True)
            ]
        else:
            found.append(one)
    return tuple(found)


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
    match = _SPELLING.fullmatch(given.replace(" ", ""))
    what = match[1] if match else given
    if match is None or what not in NAMES:
        near = difflib.get_close_matches(what, NAMES, 1, 0.0)[0]
        checks.fail("observables", f"of {list(NAMES)} (nearest: {near!r})", given)
    arguments = tuple(item for item in (match[2] or "").split(",") if item)
    label = ""
    if what in ("populations", "fidelity"):
        label, arguments = (arguments[0], arguments[1:]) if arguments else ("", ())
    if what == "fidelity" and not label:
        checks.fail("observables", "with a state in brackets, such as 'fidelity[S]'", given)
    return Observable(name=match[0], what=what, label=label, emitters=arguments)


def _check(one: Observable, network: Network) -> None:
    if one.function is not None:
        return
    known = network.emitter_names
    for name in one.emitters:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.0)[0]
            allowed = f"of the emitters {list(known)} (nearest: {near!r})"
            checks.fail("observables", allowed, one.name)
    dims = _dims(one, network)
    if one.what in _PAIRS and (len(dims) != 2 or len(set(one.emitters)) == 1):
        example = f"{one.what}[{','.join(known[:2])}]"
        checks.fail(
            "observables", f"of two emitters of {list(known)}, such as {example!r}", one.name
        )
    if one.what in ("concurrence", "entanglement_of_formation") and dims != (2, 2):
        checks.fail("observables", f"of two qubits, not of dimensions {dims}", one.name)
    if one.label:
        _ket(one, dims)


def _dims(one: Observable, network: Network) -> tuple[int, ...]:
    chosen = one.emitters or network.emitter_names
    return tuple(network.dims[network.position(name)] for name in chosen)


def _ket(one: Observable, dims: tuple[int, ...]) -> np.ndarray:
    """The state that a population or fidelity names: a Bell state of two qubits, or a product."""
    if dims == (2, 2) and not one.label.isdigit():
        if one.label in ("S", "T", "Psi-", "Psi+", "Phi-", "Phi+"):
            return states.bell(one.label)
        allowed = "of a Bell state (S, T, Psi-, Psi+, Phi-, Phi+) or a basis state (00, 01, ...)"
        checks.fail("observables", allowed, one.name)
    return states.ket(one.label, dims, name="observables")


def _of_function(function: Callable[[SteadyState], Any], result: SteadyState) -> Reading:
    """A function's number; its error is the function's own, or found by moving the state."""
    given = function(result)
    if isinstance(given, tuple):
        value, error = given
        return float(value), float(error)
    eps = float(result.error)
    if not math.isfinite(eps):
        return float(given), math.nan
    return float(given), propagation.by_moving(
        lambda moved: float(function(replace(result, state=moved))), result.state, eps
    )


def _state(one: Observable, result: SteadyState) -> np.ndarray:
    """State of the emitters that are read; of all in their order it is the result's own."""
    everything = not one.emitters or one.emitters == result.network.emitter_names
    return result.state if everything else result.reduced(*one.emitters)


def _reduced(one: Observable, result: SteadyState, eps: float) -> tuple[np.ndarray, float]:
    rho = _state(one, result)
    eps = eps * len(result.state) / len(rho)
    if np.linalg.eigvalsh(rho)[0] < -entropy.NOISE_PER_DIMENSION * len(rho):
        # Measures are taken of the nearest state, which is as far again at most.
        eps *= 2
    return rho, eps


def _read_concurrence(one: Observable, result: SteadyState, eps: float) -> Reading:
    rho, eps = _reduced(one, result, eps)
    value = entanglement.concurrence(rho, tolerance=result._tolerance)
    if math.isnan(eps):
        return value, eps
    return value, propagation.concurrence(rho, eps, propagation.tolerance_for(rho, eps))


def _read_formation(one: Observable, result: SteadyState, eps: float) -> Reading:
    value, change = _read_concurrence(one, result, eps)
    at = entanglement.formation(value)
    return at, propagation.formation(value, change) if math.isfinite(change) else change


def _read_negativity(one: Observable, result: SteadyState, eps: float) -> Reading:
    return result.negativity(*one.emitters), propagation.negativity(*_reduced(one, result, eps))


def _read_logarithmic(one: Observable, result: SteadyState, eps: float) -> Reading:
    value = result.logarithmic_negativity(*one.emitters)
    return value, propagation.logarithmic_negativity(*_reduced(one, result, eps), value)


def _read_purity(one: Observable, result: SteadyState, eps: float) -> Reading:
    return result.purity(*one.emitters), propagation.purity(*_reduced(one, result, eps))


def _read_entropy(one: Observable, result: SteadyState, eps: float) -> Reading:
    rho, eps = _reduced(one, result, eps)
    return result.entropy(*one.emitters), eps if math.isnan(eps) else propagation.von_neumann(
        rho, eps
    )


def _read_overlap(one: Observable, result: SteadyState, eps: float) -> Reading:
    rho = _state(one, result)
    ket = _ket(one, _dims(one, result.network))
    error = propagation.overlap(ket, eps * len(result.state) / len(rho))
    return propagation.fidelity_with(rho, ket), error


_READERS: Mapping[str, Callable[[Observable, SteadyState, float], Reading]] = {
    "concurrence": _read_concurrence,
    "negativity": _read_negativity,
    "logarithmic_negativity": _read_logarithmic,
    "entanglement_of_formation": _read_formation,
    "purity": _read_purity,
    "entropy": _read_entropy,
    "populations": _read_overlap,
    "fidelity": _read_overlap,
}
