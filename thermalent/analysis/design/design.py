r"""The inverse problem: which filter reaches a wanted concurrence, and what the rest may cost.

Temperature and frequency fix how many quanta the source has; the filter's bandwidth is what one can
choose. Of a wide filter the qubits see too little of what is slow, of a narrow one too few quanta:
the concurrence has a largest value in between, and a target below it is met for

$$Q_\mathrm{low} \le Q \le Q_\mathrm{high}, \qquad 2\kappa = \omega_c / Q$$

More quanta are not always better either. Where they are too many, a cold attenuator between source
and filter,

$$n = \eta\, n_\mathrm{th}, \qquad \eta \le 1$$

gives a larger concurrence, and so a wider filter for the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import exp, inf, log, log10, nan, pi
from numbers import Integral
from typing import Any

from thermalent.analysis.design.margins import entanglement, imperfect
from thermalent.analysis.design.result import Budget as Budget
from thermalent.analysis.design.result import Design as Design
from thermalent.analysis.design.result import DesignPoint as DesignPoint
from thermalent.analysis.design.search import MarginSearch
from thermalent.analysis.design.shape_search import HIGHEST_ORDER, compared_shapes, read_shape
from thermalent.analysis.design.unknown import MOST_QUANTA, check_warmth
from thermalent.continued_fraction.sensitivity.sensitivities import sensitivities
from thermalent.hardware.occupation import source_temperature, thermal_occupation
from thermalent.hardware.units import FREQUENCY, TEMPERATURE, TIME, quantity_in_si
from thermalent.models.thermal_link import thermal_link
from thermalent.networks.network import Network
from thermalent.solution.errors import SolveError
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.errors import ArgumentError
from thermalent.support.progress import working

_MOST = {"loss": 1.0, "dephasing": 100.0, "detuning": 100.0, "waveguide_occupation": 10.0}
_SMALLEST = 4.0**-8  # of these, where the search for a budget begins
_LEAST_N = 1e-300  # below, an occupation is zero in doubles, or has few digits
# How a missing derivative is said: the concurrence has none at the border of separable states, and
# the coupling over the line, the root of 1 - loss, has none where all is lost.
_WITHOUT_SLOPE = (SolveError, ArgumentError)


@with_explained_calls
def design(
    temperature: Any,
    frequency: Any,
    gamma: Any,
    target: float,
    *,
    margins: Sequence[float] = (0.02, 0.05),
    attenuate: bool = True,
    dephasing_time: Any = None,
    loss: float = 0.0,
    base_temperature: Any = 0.0,
    filters: int | Sequence[int] | None = None,
    shapes: Sequence[str] = ("cavities", "butterworth", "chebyshev"),
    rtol: float = 2e-3,
) -> Design:
    r"""The filters with which two qubits on a one-way waveguide reach a concurrence.

    $$\max_{n \le n_\mathrm{th}} C(n, \kappa/\gamma) \ge C_\mathrm{target}, \qquad
      Q = \omega_c / 2\kappa$$

    Args:
        temperature: Of the source, such as "293K"; a plain number is in kelvin. > 0, and such
            that there are at most 1e12 quanta. The search takes about a second of one core for a
            thousand quanta, two for a million, some seconds for 1e8 and more.
        frequency: Of the filter, omega_c/2pi, such as "5GHz"; a plain number is in hertz.
        gamma: Decay of the qubits into the waveguide, gamma/2pi, such as "10MHz".
        target: The wanted concurrence, in (0, 1).
        margins: Further designs, this much above the target.
        attenuate: Whether the source may be attenuated in front of the filter, by something cold.
        dephasing_time: T_phi that the qubits have anyway; None is no dephasing.
        loss: Power loss between the qubits that there is anyway.
        base_temperature: T_0 that the waveguide has anyway, at most 3e5 quanta.
        filters: Orders of filters to compare, such as (1, 2, 3, 4), up to 6; None for one cavity
            alone. A shape takes some ten seconds.
        shapes: Which ones, of each order: "cavities" (equal, in a row), "butterworth",
            "chebyshev" (0.1 dB of ripple) or "chebyshev:RIPPLE" in decibels. They stand behind all
            of the source, none of it attenuated.
        rtol: Accuracy of their states.

    Returns:
        The designs with their budgets and sensitivities; whether the target can be reached, and if
        not, the largest concurrence and what the target would take. With `filters`, `shapes` holds
        every shape at its best width, what it tolerates, and the widths that reach the target.

    Raises:
        ValueError: an argument has another unit, none, or is out of range.

    Source: solves THERMAL, Sec. V A, backwards.
    """
    kelvin = quantity_in_si("temperature", temperature, TEMPERATURE, checks.positive)
    hertz = quantity_in_si("frequency", frequency, FREQUENCY, checks.positive)
    rate = quantity_in_si("gamma", gamma, FREQUENCY, checks.positive_rate)
    occupation = _quanta(kelvin, hertz, temperature)
    wanted = checks.within("target", target, 1e-6, 1 - 1e-6)
    extra = sorted(checks.positive("margins", margin) for margin in margins)
    time = None
    if dephasing_time is not None:
        time = quantity_in_si("dephasing_time", dephasing_time, TIME, checks.positive)
    base = quantity_in_si("base_temperature", base_temperature, TEMPERATURE, checks.nonnegative)
    check_warmth(base, hertz)
    link = {
        "loss": checks.within("loss", loss, 0.0, 1.0),
        "dephasing": 0.0 if time is None else 1 / (2 * pi * rate * time),
        "waveguide_occupation": thermal_occupation(base, hertz),
    }
    checks.within("rtol", rtol, 1e-10, 0.1)
    orders = _orders(filters)
    given = [read_shape(shape) for shape in shapes]
    if not given:
        checks.fail("shapes", "at least one shape", shapes)
    with working("design") as report:
        search = MarginSearch(occupation, link, attenuate, report)
        make = _Maker(search, wanted, hertz, rate)
        solutions, missed = _solutions(make, extra)
        gaps = search.gaps(solutions[-1].kappa, solutions[0].kappa, wanted) if solutions else ()
        best = make("largest C", search.top)
        assert best is not None
        alternatives = compared_shapes(search.n_th, orders, given, wanted, link, rtol, report)
        return Design(
            target=wanted,
            temperature=kelvin,
            frequency=hertz,
            gamma=rate,
            n_th=search.n_th,
            best=best,
            points=solutions,
            missed=missed,
            gaps=tuple((hertz / (2 * high * rate), hertz / (2 * low * rate)) for low, high in gaps),
            needed_n=search.n_th if solutions else search.needed(wanted),
            link=link,
            attenuate=attenuate,
            shapes=alternatives,
        )


def _quanta(kelvin: float, hertz: float, given: Any) -> float:
    """Quanta of the source, if they are such that a design makes sense."""
    occupation = thermal_occupation(kelvin, hertz)
    if occupation < _LEAST_N:
        allowed = f"so high that the source has quanta at {hertz:g} Hz"
        checks.fail("temperature", allowed, given)
    if occupation > MOST_QUANTA:
        allowed = f"so low that the source has at most {MOST_QUANTA:g} quanta at {hertz:g} Hz"
        checks.fail("temperature", allowed, given)
    return occupation


def _solutions(
    make: _Maker, margins: Sequence[float]
) -> tuple[tuple[DesignPoint, ...], tuple[float, ...]]:
    """The filters that reach the target, widest first, and the margins that none has."""
    search, target = make.search, make.target
    points = [make("widest filter", search.crossing(target, -1), margin=False)]
    missed = []
    for margin in margins:
        kappa = search.crossing(target + margin, -1) if points[0] else None
        points.append(make(f"margin {margin:g}", kappa))
        if kappa is None:
            missed.append(margin)
    points.append(make("narrowest filter", search.crossing(target, 1), margin=False))
    return tuple(point for point in points if point is not None), tuple(missed)


def _orders(filters: int | Sequence[int] | None) -> list[int]:
    one = checks.scalar(filters)
    given = () if one is None else (one,) if isinstance(one, Integral) else one
    return sorted({checks.integer("filters", order, 1, HIGHEST_ORDER) for order in given})


class _Maker:
    """Designs from bandwidths."""

    def __init__(self, search: MarginSearch, target: float, frequency: float, gamma: float) -> None:
        self.search, self.target = search, target
        self.frequency, self.gamma = frequency, gamma

    def __call__(
        self, name: str, kappa: float | None, *, margin: bool = True
    ) -> DesignPoint | None:
        if kappa is None:
            return None
        value, n = self.search.at(kappa)
        room = margin and value > self.target
        return DesignPoint(
            name=name,
            concurrence=max(value, 0.0),
            kappa=kappa,
            quality=self.frequency / (2 * kappa * self.gamma),
            n=n,
            attenuation=10 * log10(self.search.n_th / n),
            budget=self._budget(n, kappa) if room else None,
            sensitivities=self._slopes(n, kappa),
        )

    def _budget(self, n: float, kappa: float) -> Budget:
        link = self.search.link
        dephasing = self._spent(n, kappa, "dephasing")
        split = self._spent(n, kappa, "detuning")
        warm = self._spent(n, kappa, "waveguide_occupation")
        rate = link["dephasing"] + dephasing
        return Budget(
            loss=self._spent(n, kappa, "loss"),
            dephasing=dephasing,
            dephasing_time=1 / (2 * pi * self.gamma * rate),
            detuning=split * self.gamma,
            base_temperature=source_temperature(link["waveguide_occupation"] + warm, self.frequency)
            if warm < inf
            else inf,
        )

    def _spent(self, n: float, kappa: float, name: str) -> float:
        """How much more of one imperfection first brings C down to the target; inf if none does."""
        most = _MOST[name] - (self.search.link["loss"] if name == "loss" else 0.0)
        from scipy.optimize import brentq

        def excess(amount: float) -> float:
            network = imperfect(n, kappa, self.search.link, name, amount)
            return entanglement(network) - self.target

        self.search.report(f"budget of {name}")
        low, high = 0.0, most * _SMALLEST
        while excess(high) > 0:
            if high >= most:
                return inf
            low, high = high, min(4 * high, most)
        return float(brentq(excess, low, high, xtol=1e-12 * most, rtol=1e-12))

    def _slopes(self, n: float, kappa: float) -> dict[str, float]:
        if self.search.hopeless:  # inside of the separable states
            return dict.fromkeys(("kappa", "n", *self.search.link), 0.0)
        self.search.report(f"sensitivities at kappa/gamma = {kappa:.4g}")

        def builder(ln_n: float, ln_kappa: float, **link: Any) -> Network:
            return thermal_link(exp(ln_n), exp(ln_kappa), **link)

        values = {"ln_n": log(n), "ln_kappa": log(kappa), **self.search.link}
        try:
            slopes: Mapping[str, float] = sensitivities(builder, values, rtol=1e-6)
        except _WITHOUT_SLOPE:  # some of them, at the border of separable states or of a range
            slopes = {name: _slope_alone(builder, values, name) for name in values}
        return {
            "kappa": slopes["ln_kappa"],
            "n": slopes["ln_n"],
            **{name: slopes[name] for name in self.search.link},
        }


def _slope_alone(builder: Callable[..., Network], values: Mapping[str, Any], name: str) -> float:
    """The derivative by one parameter, the others held; nan where the concurrence has none."""
    others = {key: value for key, value in values.items() if key != name}
    try:
        return float(
            sensitivities(partial(builder, **others), {name: values[name]}, rtol=1e-6)[name]
        )
    except _WITHOUT_SLOPE:
        return nan
