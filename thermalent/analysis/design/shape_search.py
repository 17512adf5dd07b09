r"""Which filter is worth building: shapes and orders side by side, each at its best width.

A shape is stretched over all widths at truncations that are held, so that a scan costs little:
first with one quantum along the chain, then with two. What is reported of the widths that were
found is solved again to an accuracy that is asked for, and the difference corrects the truncated
numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, inf, log
from typing import Any

import numpy as np

from thermalent.analysis.design.margins import margin
from thermalent.analysis.design.shape_points import ShapeDesign
from thermalent.analysis.shapes.passive_spectra import ChainNumbers, chain_numbers
from thermalent.analysis.shapes.truncated_link import TruncatedLink, truncated_state
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.filters.filter import Filter
from thermalent.models.thermal_link import thermal_link
from thermalent.networks.network import Network
from thermalent.numerics.extrema import largest_between
from thermalent.operators.estimates import Estimate
from thermalent.solution.errors import SolveError
from thermalent.solution.result import SteadyState
from thermalent.solving.solve import steady_state
from thermalent.support import checks

HIGHEST_ORDER = 6
_RIPPLE = 0.1  # dB, of a Chebyshev filter that says nothing else
_WIDTHS = np.geomspace(1e-6, 3.0, 40)  # full widths over gamma of the first scan
_AROUND = np.geomspace(0.08, 6.0, 25)  # of the second, over the best of the first
_COARSE, _FINE = 2e-2, 1e-3  # what the tiers may leave out of the margin, in the two scans
_FALLEN = 0.1  # below the largest margin so far, where the first scan ends
_FLAT = 1e-3  # accuracy of ln(width) at a maximum, which is flat
# Order along the chain of the states whose widths reach the target. Wide filters have fast fields:
# every order more changes the concurrence by some 0.002, up and down, far beyond this one.
_AT_THE_EDGE = 4
_PLACE = 1e-4  # of ln(width), and relative of a tolerance, where the target is crossed
_MOST = {"loss": 1.0, "dephasing": 100.0, "mistuning": 100.0}
_SMALLEST = 4.0**-9  # of these, where the search for a tolerance begins


@dataclass(frozen=True)
class Shape:
    """A shape by name.

    Args:
        name: "cavities", "butterworth" or "chebyshev".
        ripple: Of a Chebyshev filter, dB.
    """

    name: str
    ripple: float = _RIPPLE

    def of_order(self, order: int) -> Filter:
        """The filter of full width one."""
        if self.name == "cavities" or order == 1:
            row = Filter.cavities([1.0] * order)
            return row.scaled(1 / row.fwhm)
        if self.name == "butterworth":
            return Filter.butterworth(order, 1.0)
        return Filter.chebyshev(order, 1.0, self.ripple)


def read_shape(text: Any) -> Shape:
    """A shape from its name: "cavities", "butterworth", "chebyshev" or "chebyshev:0.5"."""
    name, _, number = str(text).partition(":")
    allowed = "cavities, butterworth, chebyshev or chebyshev:RIPPLE (in decibels)"
    if name not in ("cavities", "butterworth", "chebyshev") or (number and name != "chebyshev"):
        checks.fail("shapes", allowed, text)
    try:
        ripple = float(number) if number else _RIPPLE
    except ValueError:
        checks.fail("shapes", allowed, text)
    shape = Shape(name, ripple)
    shape.of_order(2)  # names a ripple that is out of range
    return shape


def compared_shapes(
    n_th: float,
    orders: Sequence[int],
    shapes: Sequence[Shape],
    target: float,
    link: Mapping[str, Any],
    rtol: float,
    report: Callable[[str], None],
) -> tuple[ShapeDesign, ...]:
    """All shapes of all orders, by order.

    Args:
        n_th: Occupation of the source.
        orders: Numbers of poles, 1 to 6.
        shapes: What is compared; all are the same at order one.
        target: The wanted concurrence.
        link: Imperfections that there are anyway, arguments of `thermal_link`.
        rtol: Accuracy of the concurrences that are reported.
        report: Called with how far it is.
    """
    wanted = [(order, shape) for order in orders for shape in (shapes if order > 1 else shapes[:1])]
    # Measured: with the truncation by hops the time grows about as the number of poles.
    weights = np.array([float(order) for order, _ in wanted])
    found, began = [], time.monotonic()
    for i, (order, shape) in enumerate(wanted):
        done = float(np.sum(weights[:i]) / np.sum(weights))
        left = (time.monotonic() - began) * (1 - done) / done if i else None
        told = partial(_told, report, left)
        found.append(_ShapeSearch(n_th, shape, order, target, link, rtol, told).run())
    return tuple(found)


def _told(report: Callable[[str], None], seconds: float | None, text: str) -> None:
    """Report with the time that is left, as far as the orders before show it."""
    report(text if seconds is None else f"{text}, about {seconds:.0f} s left")


class _ShapeSearch:
    """One shape of one order at all widths."""

    def __init__(
        self,
        n_th: float,
        shape: Shape,
        order: int,
        target: float,
        link: Mapping[str, Any],
        rtol: float,
        report: Callable[[str], None],
    ) -> None:
        self.n_th, self.shape, self.target, self.link = n_th, shape, target, link
        self.filter = filter = shape.of_order(order)
        self.rtol, self.report = rtol, report
        a, b, c, _ = filter.system
        self.unit = chain_numbers(a, b, c)
        reference = thermal_link(n_th, 1.0, **link)
        self.coarse, self.fine = (
            TruncatedLink(reference, filter.order, quanta=quanta) for quanta in (1, 2)
        )
        # Found on the way: tiers of the fine scan, the best concurrence, and by how much the fine
        # scan is above it.
        self.tiers, self.lowered = 0, 0.0
        self.concurrence = Estimate(0.0, 0.0, "")

    def run(self) -> ShapeDesign:
        """The design."""
        self.report(f"{self.filter.label}: widths")
        rough = self._rough_width()
        self.tiers = self.coarse.tiers_for(self._numbers(2 * rough), _FINE)
        widths = rough * _AROUND
        curve = np.array([self._value(log(width)) for width in widths])
        best = self._top(widths, curve)
        self.report(f"{self.filter.label}: the state behind the best")
        self.concurrence = self._concurrence(best)
        self.lowered = self._value(log(best)) - float(self.concurrence)
        reached = self.concurrence > self.target
        ends = [self._crossing(best, side) if reached else None for side in (1, -1)]
        spent = {name: self._spent(best, name) if reached else None for name in _MOST}
        return ShapeDesign(
            family=self.shape.name,
            filter=self.filter.scaled(best),
            concurrence=self.concurrence,
            fwhm=best,
            widest=ends[0],
            narrowest=ends[1],
            loss=spent["loss"],
            dephasing=spent["dephasing"],
            mistuning=spent["mistuning"] if self.filter.order > 1 else None,
            widths=widths,
            margins=curve - self.lowered,
        )

    def _rough_width(self) -> float:
        """The best of some widths; beyond it the concurrence falls, and tiers are many."""
        best, found = -np.inf, float(_WIDTHS[0])
        for width in _WIDTHS:
            numbers = self._numbers(width)
            value = self.coarse.value(numbers, self.coarse.tiers_for(numbers, _COARSE))
            if value > best:
                best, found = value, float(width)
            elif value < best - _FALLEN:
                break
        return found

    def _numbers(self, width: float) -> ChainNumbers:
        return ChainNumbers(width * self.unit.drift, width * self.unit.flux)

    def _value(self, log_width: float) -> float:
        return self.fine.value(self._numbers(exp(log_width)), self.tiers)

    def _top(self, widths: np.ndarray, values: np.ndarray) -> float:
        i = int(np.argmax(values))
        low, high = widths[max(i - 1, 0)], widths[min(i + 1, len(widths) - 1)]
        return exp(largest_between(self._value, log(low), log(high), _FLAT)[1])

    def _network(self, filter: Filter, **more: float) -> Network:
        link = {**self.link, **{name: self.link[name] + value for name, value in more.items()}}
        return thermal_link(self.n_th, filter=filter, **link)

    def _concurrence(self, width: float) -> Any:
        """That of the steady state; where `rtol` is out of reach, with the error reached."""
        network = self._network(self.filter.scaled(width))
        try:
            return steady_state(network, ContinuedFraction(rtol=self.rtol)).concurrence()
        except SolveError as error:
            if not isinstance(error.result, SteadyState):
                raise
            return error.result.concurrence()

    def _crossing(self, best: float, side: int) -> float | None:
        """The widest (+1) or narrowest (-1) width that reaches the target.

        The truncated value is corrected by what the best width shows, and once more by what the
        place that was found shows.
        """
        from scipy.optimize import brentq

        self.report(f"{self.filter.label}: {'widest' if side > 0 else 'narrowest'}")
        lowered = self.lowered
        inside, outside = log(best), log(best) + side * log(2.0)
        while self._value(outside) - lowered > self.target:
            inside, outside = outside, outside + side * log(2.0)
            if not -50 < outside < 10:
                return None

        def excess(log_width: float) -> float:
            return self._value(log_width) - lowered - self.target

        place = float(brentq(excess, inside, outside, xtol=_PLACE))
        network = self._network(self.filter.scaled(exp(place)))
        tiers = self.coarse.tiers_for(self._numbers(exp(place)), _FINE)
        finer = margin(truncated_state(network, _AT_THE_EDGE, tiers))
        lowered = self._value(place) - finer
        slope = (self._value(place + 0.01) - self._value(place - 0.01)) / 0.02
        return exp(place + (self.target - self._value(place) + lowered) / slope)

    def _spent(self, width: float, name: str) -> float:
        """How much of one imperfection first brings C down to the target; inf if none does.

        Looked for with one quantum along the chain, corrected by what one with two shows there.
        """
        if name == "mistuning" and self.filter.order == 1:
            return inf
        from scipy.optimize import brentq

        self.report(f"{self.filter.label}: {name}")
        filter = self.filter.scaled(width)

        def value(amount: float, quanta: int) -> float:
            if name == "mistuning":
                network = self._network(mistuned(filter, amount))
            else:
                network = self._network(filter, **{name: amount})
            return margin(truncated_state(network, quanta, self.tiers))

        lowered = value(0.0, 1) - float(self.concurrence)
        low, high = 0.0, _MOST[name] * _SMALLEST
        most = _MOST[name] - (self.link["loss"] if name == "loss" else 0.0)
        while value(high, 1) - lowered > self.target:
            if high >= most:
                return inf
            low, high = high, min(4 * high, most)

        def excess(amount: float) -> float:
            return value(amount, 1) - lowered - self.target

        amount = float(brentq(excess, low, high, rtol=_PLACE, xtol=1e-12))
        slope = (value(0.99 * amount, 1) - value(amount, 1)) / (0.01 * amount)
        difference = value(amount, 2) - self.lowered - self.target
        return min(amount + difference / slope, most)


def mistuned(filter: Filter, spread: float) -> Filter:
    """The resonators of a filter at evenly spaced frequencies, `spread` from first to last."""
    return filter.detuned(np.linspace(-spread / 2, spread / 2, filter.order).tolist())
