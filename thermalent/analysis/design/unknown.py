"""The concurrence of a link in the laboratory, over the one quantity that is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf, pi
from typing import Any, NamedTuple

import numpy as np

from thermalent.analysis.design.margins import entanglement, margins_of
from thermalent.hardware.occupation import source_temperature, thermal_occupation
from thermalent.models.thermal_link import thermal_link
from thermalent.networks.network import Network
from thermalent.numerics.extrema import largest_between
from thermalent.operators.estimates import Estimate
from thermalent.solving.solve import steady_state
from thermalent.support import checks

# Of the source: up to there states behind one mode were checked.
MOST_QUANTA = 1e12
# Of the waveguide: beyond, doubles hardly tell how the qubits are mixed behind hot sources; long
# before, nothing is entangled.
_MOST_WARMTH = 3e5
_PER_DECADE = 6
# Ends of the search, in the numbers on which the state depends.
_OCCUPATIONS = (1e-3, 1e7)
_BANDWIDTHS = (1e-7, 10.0)  # kappa/gamma
_DEPHASING = (1e-8, 100.0)  # gamma_phi/gamma
_WARMTH = (1e-8, 10.0)  # occupation of the waveguide
_LOSS = (1e-7, 1.0)
# An extremum between the points of the grid exceeds its neighbours by less than this (measured
# for bandwidths on a grid of the same density: 0.02).
_BETWEEN = 0.05
_FLAT = 1e-6  # relative accuracy of the place of a maximum, which is flat
_PLACE = 1e-12  # relative accuracy of a crossing
_STEP = 1e-4  # relative step of the slope at a crossing
_AT_CROSSING = "error of the concurrence over its slope, and accuracy of the search"
_AT_END = "end of the search, where the target is still reached: nothing is known beyond"
_AT_NOTHING = "nothing of it: there is no less"


@dataclass(frozen=True, kw_only=True)
class LaboratoryLink:
    """A source, its filter and two qubits, in SI: K, Hz, s.

    Args:
        temperature: Of the source.
        frequency: Of the filter.
        quality: Of the filter.
        gamma: Decay of the qubits into the waveguide, gamma/2pi.
        loss: Power loss between the qubits.
        dephasing_time: T_phi; inf is no dephasing.
        base_temperature: Of the waveguide.

    Raises:
        ValueError: a quantity is out of range.
    """

    temperature: float
    frequency: float
    quality: float
    gamma: float
    loss: float
    dephasing_time: float
    base_temperature: float

    def __post_init__(self) -> None:
        checks.positive("temperature", self.temperature)
        checks.nonnegative("base_temperature", self.base_temperature)
        checks.within("loss", self.loss, 0.0, 1.0)
        for name in ("frequency", "quality", "gamma", "dephasing_time"):
            if getattr(self, name) != inf or name != "dephasing_time":
                checks.positive_rate(name, getattr(self, name))

    @property
    def n_th(self) -> float:
        """Occupation of the source."""
        return thermal_occupation(self.temperature, self.frequency)

    @property
    def kappa(self) -> float:
        """Decay rate of the filter per port, in units of gamma."""
        return self.frequency / (2 * self.quality * self.gamma)

    @property
    def link(self) -> dict[str, Any]:
        """The imperfections, as arguments of `thermal_link`."""
        return {
            "loss": self.loss,
            "dephasing": 1 / (2 * pi * self.gamma * self.dephasing_time),
            "waveguide_occupation": thermal_occupation(self.base_temperature, self.frequency),
        }

    @property
    def network(self) -> Network:
        """The link, in units of gamma."""
        return thermal_link(self.n_th, self.kappa, **self.link)

    def without(self, imperfection: str, share: float = 0.0) -> LaboratoryLink:
        """The same with a share of one imperfection left: none of it if the share is zero."""
        amount = getattr(self, imperfection)
        if imperfection == "loss":
            return replace(self, loss=share * amount)
        if imperfection == "dephasing_time":
            return replace(self, dephasing_time=amount / share if share > 0 else inf)
        warmth = share * thermal_occupation(amount, self.frequency)
        return replace(self, base_temperature=source_temperature(warmth, self.frequency))


def check_warmth(base: float, frequency: float) -> None:
    """Refuse a waveguide of too many quanta.

    Args:
        base: Temperature of the waveguide, K.
        frequency: Hz.
    """
    if thermal_occupation(base, frequency) > _MOST_WARMTH:
        most = source_temperature(_MOST_WARMTH, frequency)
        checks.fail("base_temperature", f"at most {most:.3g} K at {frequency:g} Hz", base)


class Unknown(NamedTuple):
    """A quantity that may be unknown: its values in the search, whether nothing of it is perfect.

    Args:
        grid: The values in the search, SI, from a laboratory.
        perfect: The value that is no imperfection at all; None for what is none.
        unit: Of its values, empty for pure numbers.
        words: What it is.
    """

    grid: Callable[[LaboratoryLink], np.ndarray]
    perfect: float | None
    unit: str
    words: str


def _spaced(low: float, high: float) -> np.ndarray:
    return np.geomspace(low, high, 1 + round(_PER_DECADE * np.log10(high / low)))


def _temperatures(lab: LaboratoryLink, ends: tuple[float, float]) -> np.ndarray:
    return np.array([source_temperature(n, lab.frequency) for n in _spaced(*ends).tolist()])


UNKNOWNS = {
    "temperature": Unknown(
        lambda lab: _temperatures(lab, _OCCUPATIONS), None, "K", "temperature of the source"
    ),
    "quality": Unknown(
        lambda lab: np.sort(lab.frequency / (2 * lab.gamma * _spaced(*_BANDWIDTHS))),
        None,
        "",
        "Q of the filter",
    ),
    "gamma": Unknown(
        lambda lab: np.sort(lab.frequency / (2 * lab.quality * _spaced(*_BANDWIDTHS))),
        None,
        "Hz",
        "coupling of the qubits, gamma/2pi",
    ),
    "loss": Unknown(lambda lab: _spaced(*_LOSS), 0.0, "", "loss between the qubits"),
    "dephasing_time": Unknown(
        lambda lab: np.sort(1 / (2 * pi * lab.gamma * _spaced(*_DEPHASING))),
        inf,
        "s",
        "dephasing time T_phi",
    ),
    "base_temperature": Unknown(
        lambda lab: _temperatures(lab, _WARMTH), 0.0, "K", "temperature of the waveguide"
    ),
}
IMPERFECTIONS = ("loss", "dephasing_time", "base_temperature")
# What a laboratory chooses; none of it is an imperfection.
CHOICES = ("temperature", "quality", "gamma")


class Curve:
    """The margin, whose positive part is the concurrence, over the unknown quantity."""

    def __init__(self, lab: LaboratoryLink, unknown: str, report: Callable[[str], None]) -> None:
        self.lab, self.unknown, self.report = lab, unknown, report
        chosen = UNKNOWNS[unknown]
        grid = chosen.grid(lab)
        ends = [] if chosen.perfect is None else [chosen.perfect]
        self.grid: np.ndarray = np.sort(np.concatenate([grid, ends]))
        report(f"{unknown}: {len(self.grid)} values")
        self.values = margins_of([self.at(float(x)).network for x in self.grid])

    def at(self, x: float) -> LaboratoryLink:
        """The laboratory at a value of the unknown."""
        return replace(self.lab, **{self.unknown: x})

    def __call__(self, x: float) -> float:
        """The margin at a value, to ten digits."""
        self.report(f"{self.unknown} = {x:.4g}")
        return entanglement(self.at(x).network)

    def top(self) -> tuple[float, float]:
        """The largest margin and where it is."""
        candidates = [(self(x), x) for x in (float(self.grid[np.argmax(self.values)]),)]
        for i in range(1, len(self.grid) - 1):
            here = self.values[i]
            highest = here >= max(self.values[i - 1], self.values[i + 1])
            if highest and here > self.values.max() - _BETWEEN:
                candidates.append(self._extremum(i, 1))
        return max(candidates)

    def ranges(self, target: float) -> list[tuple[Estimate, Estimate]]:
        """Where the margin is at least the target: intervals of the unknown, ascending."""
        places = {float(x) for x in self.grid}
        for i in range(1, len(self.grid) - 1):
            before, here, after = self.values[i - 1 : i + 2]
            extreme = here >= max(before, after) or here <= min(before, after)
            if extreme and abs(here - target) < _BETWEEN:
                places.add(self._extremum(i, 1 if here >= max(before, after) else -1)[1])
        ordered = sorted(places)
        # Values of the map are good to six digits: near the target they are computed anew.
        known = dict(zip(self.grid.tolist(), self.values.tolist(), strict=True))
        reached = [
            (known[x] if abs(known.get(x, target) - target) > 1e-4 else self(x)) >= target
            for x in ordered
        ]
        found, begin = [], self._end(ordered[0]) if reached[0] else None
        for i in range(1, len(ordered)):
            if reached[i] == reached[i - 1]:
                continue
            edge = self._crossing(ordered[i - 1], ordered[i], target)
            if begin is None:
                begin = edge
            else:
                found.append((begin, edge))
                begin = None
        if begin is not None:
            found.append((begin, self._end(ordered[-1])))
        return found

    def _end(self, x: float) -> Estimate:
        perfect = x == UNKNOWNS[self.unknown].perfect
        return Estimate(x, 0.0 if perfect else inf, _AT_NOTHING if perfect else _AT_END)

    def _extremum(self, i: int, sign: int) -> tuple[float, float]:
        """The largest (+1) or smallest (-1) margin between the neighbours of a grid point."""
        low, high = float(self.grid[i - 1]), float(self.grid[i + 1])
        if high == inf:  # the place without any dephasing is one of the candidates
            high = float(self.grid[i])
        largest, place = largest_between(lambda x: sign * self(x), low, high, _FLAT * high)
        return sign * largest, place

    def _crossing(self, low: float, high: float, target: float) -> Estimate:
        """Where the margin passes the target between two places, with the error of the place."""
        from scipy.optimize import brentq

        if high == inf:  # between the last time of the grid and none: inversely in the time

            def excess(rate: float) -> float:
                return self(1 / rate if rate > 0 else inf) - target

            place = 1 / brentq(excess, 0.0, 1 / low, xtol=_PLACE / low, rtol=_PLACE)
        else:
            place = brentq(lambda x: self(x) - target, low, high, xtol=_PLACE * low, rtol=_PLACE)
        return self._with_error(float(place))

    def _with_error(self, x: float) -> Estimate:
        step = _STEP * x
        slope = (self(x + step) - self(x - step)) / (2 * step)
        error = steady_state(self.at(x).network).concurrence().error
        uncertain = inf if slope == 0 else 2 * error / abs(slope) + 4 * _PLACE * x
        return Estimate(x, uncertain, _AT_CROSSING)
