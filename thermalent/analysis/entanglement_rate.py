"""How much entanglement per second: pairs are prepared, used, and prepared again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.operators.bounds import error_bounds
from thermalent.operators.distillation import distillation_yield
from thermalent.operators.estimates import Estimate
from thermalent.operators.reading.observables import over_time
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Method
from thermalent.solving.solve import evolve
from thermalent.support import checks
from thermalent.support.calls import explained_record, with_explained_calls
from thermalent.support.progress import working

_YIELD = "distillation_yield"
# What is at most one per pair and zero without entanglement, or below.
_OBSERVABLES = (
    _YIELD,
    "coherent_information",
    "logarithmic_negativity",
    "entanglement_of_formation",
    "concurrence",
)
# The first times: a long evolution costs as much with many times as with few.
_SPREAD = 129  # over four decades, so that neighbours differ by 7 %
_EVEN = 128  # at equal distances, for entanglement that comes and goes until the end
_FIRST = 1e-4  # of `until`
_EARLIEST = 1e-290  # of `until`: before, times lose their digits
_FINER = 17  # times between the neighbours of a maximum
_MOST_MAXIMA = 8  # that are looked at more closely
_REFINED = 2
_SAME = 1e-9  # times this close, relative, are one
_HOW = "error of the state carried through, {}; the maximum over time is at least this"
_BETWEEN = "and twice how far a parabola rises between the times"


@explained_record
class EntanglementRate(NamedTuple):
    """The largest amount of entanglement per time.

    Args:
        value: The amount per unit of time, inverse time unit of the network, with the error of the
            states and of the search in time.
        time: The time of the preparation, without `reset`, to about a percent; the rate is flat
            there.
        amount: The entanglement of each pair at that time, with its error.
        interior: Whether it is a maximum in time; if not, it lies at the end of the search, or
            there is no entanglement at all.
    """

    value: Estimate
    time: float
    amount: Estimate
    interior: bool


@with_explained_calls
def entanglement_rate(
    network: Network,
    observable: str = _YIELD,
    *,
    until: float,
    initial: Any = "00",
    reset: float = 0.0,
    pair: tuple[str, str] | None = None,
    method: Method | None = None,
) -> EntanglementRate:
    r"""The largest entanglement per time, if pairs are prepared, used and prepared again.

    $$R = \max_{0 < t \le \text{until}} \frac{E(\rho(t))}{t + t_\text{reset}}$$

    The source keeps running: it does not notice the qubits of a one-way link, so that every
    preparation starts from the same stationary source.

    Args:
        network: What is prepared, the source in its stationary state.
        observable: E: "distillation_yield" for Bell states by recurrence and hashing (see
            `te.distillation_yield`), "coherent_information", "logarithmic_negativity",
            "entanglement_of_formation" or "concurrence".
        until: End of the search, inverse rate unit, > 0.
        initial: The emitters' state after a reset.
        reset: Time of the reset and of all else between two preparations, inverse rate unit, >= 0.
        pair: Names of the two qubits; the only two if not given.
        method: Of the evolution; the first exact one that applies if not given.

    Returns:
        R with its error, the time and the amount per pair. Times the `rate_unit` of a
        `te.hardware.Hardware` it is the rate per second.

    Raises:
        ValueError: an argument is out of range.
        MethodError: no method evolves the network.
    """
    if observable not in _OBSERVABLES:
        checks.fail("observable", f"one of {list(_OBSERVABLES)}", observable)
    end, dead = checks.positive("until", until), checks.nonnegative("reset", reset)
    if end < _EARLIEST:
        checks.fail("until", f"at least {_EARLIEST:g}", until)
    rho = states.initial_state(initial, network.dims, name="initial")
    names = _pair(network, pair)
    with working("entanglement rate") as report:
        return _search(network, observable, rho, names, (end, dead), method, report)


def _search(
    network: Network,
    observable: str,
    rho: np.ndarray,
    names: tuple[str, str],
    ends: tuple[float, float],
    method: Method | None,
    report: Callable[[str], None],
) -> EntanglementRate:
    """The best time of a grid, then of finer ones around all maxima that may be the largest."""
    until, reset = ends
    spread, even = np.geomspace(_FIRST, 1.0, _SPREAD), np.arange(1, _EVEN + 1) / _EVEN
    times = _distinct(until * np.concatenate([spread[:-1], even]))
    for turn in range(_REFINED + 1):
        report(f"{len(times)} times up to {times[-1]:.3g}")
        evolution = evolve(network, times, rho, method)
        amounts = amounts_at(evolution, observable, names)
        rates = amounts / (times + reset)
        best = int(np.argmax(rates))
        if amounts[best] <= 0.0:
            break
        if turn < _REFINED:
            near = _maxima(rates)
            windows = [times[[max(i - 1, 0), min(i + 1, len(times) - 1)]] for i in near]
            finer = [np.linspace(low, high, _FINER) for low, high in windows]
            times = _distinct(np.concatenate(finer))
    amount = _with_error(evolution, best, observable, names, max(float(amounts[best]), 0.0))
    time = float(times[best])
    error = amount.error / (time + reset) + 2 * _rise(times, rates, best)
    value = Estimate(float(amount) / (time + reset), error, f"{amount.how}; {_BETWEEN}")
    return EntanglementRate(value, time, amount, float(amount) > 0.0 and time < until)


def _distinct(times: np.ndarray) -> np.ndarray:
    """Times in order, of those that differ by rounding the last one."""
    ordered = np.sort(times)
    return np.asarray(ordered[np.append(np.diff(ordered) > _SAME * ordered[1:], True)])


def _maxima(rates: np.ndarray) -> list[int]:
    """Maxima of a grid near which the largest rate may be, the best first.

    Between a time and its neighbours the rate rises by about as much as it differs there.
    """
    padded = np.concatenate([[-np.inf], rates, [-np.inf]])
    before, after = padded[:-2], padded[2:]
    steps = np.abs(np.diff(rates))
    differs = np.maximum(np.append(steps, 0.0), np.insert(steps, 0, 0.0))
    maxima = np.flatnonzero((rates >= before) & (rates >= after) & (rates > 0.0))
    within = maxima[rates[maxima] + differs[maxima] >= np.max(rates)]
    ranked = within[np.argsort(-rates[within], kind="stable")]
    return [int(i) for i in ranked[:_MOST_MAXIMA]]


def _rise(times: np.ndarray, rates: np.ndarray, best: int) -> float:
    """How far the parabola through the best time and its neighbours rises above it."""
    middle = min(max(best, 1), len(times) - 2)
    near = slice(middle - 1, middle + 2)
    x = times[near] / times[middle] - 1
    bend, slope, _ = np.polyfit(x, rates[near], 2)
    top = float(np.clip(-slope / (2 * bend), x[0], x[-1])) if bend < 0 else 0.0
    return max(float(rates[middle] - rates[best] + (slope + bend * top) * top), 0.0)


def amounts_at(evolution: Evolution, observable: str, names: tuple[str, str]) -> np.ndarray:
    """The entanglement of two qubits at each time of an evolution, without errors."""
    if observable != _YIELD:
        return np.asarray(over_time(evolution, observable, names), float)
    moments = (evolution.at(i) for i in range(len(evolution)))
    return np.array(
        [distillation_yield(m.reduced(*names), tolerance=m._tolerance) for m in moments]
    )


def _with_error(
    evolution: Evolution, index: int, observable: str, names: tuple[str, str], amount: float
) -> Estimate:
    moment = evolution.at(index)
    if observable != _YIELD:
        found = getattr(moment, observable)(*names)
        return Estimate(amount, found.error, _HOW.format("a bound"))
    state = moment.reduced(*names)
    eps = float(moment.error) * len(moment.state) / len(state)
    if not np.isfinite(eps):
        return Estimate(amount, np.nan, "not known, because the error of the state is not")

    def of(changed: np.ndarray) -> float:
        return distillation_yield(changed, tolerance=max(1e-6, 64 * eps))

    moved = error_bounds.by_moving(of, state, eps + error_bounds.ROUNDING)
    return Estimate(amount, moved, _HOW.format("element by element: an estimate"))


def _pair(network: Network, pair: Any) -> tuple[str, str]:
    names = network.emitter_names if pair is None else tuple(pair)
    if len(names) != 2 or len(set(names)) != 2 or not set(names) <= set(network.emitter_names):
        checks.fail("pair", f"two different emitters of {list(network.emitter_names)}", pair)
    if any(network.dims[network.position(name)] != 2 for name in names):
        checks.fail("pair", "two qubits", list(names))
    return names[0], names[1]
