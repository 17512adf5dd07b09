"""The largest concurrence behind a filter, and the bandwidths at which it falls to a value.

The search works with the margin m, see `margins`: it is smooth where the concurrence has a kink,
and it still falls where the concurrence is zero, so that neither a maximum nor a crossing can be
mistaken there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from math import ceil, exp, inf, log
from typing import Any

import numpy as np

from thermalent.analysis.design.margins import entanglement, margins
from thermalent.models.thermal_link import thermal_link
from thermalent.numerics.extrema import largest_between

_BANDWIDTHS = np.geomspace(1e-7, 1.0, 43)  # kappa/gamma of the map
_NARROWEST = 1e-18  # bandwidth at which the search for a narrower filter ends
_LEAST_N = 1e-6  # occupation to which the source is attenuated in the search
_PER_DECADE = 4  # occupations of the map
_PLACE = 1e-10  # accuracy of ln(kappa) where a curve crosses the target
_SLIGHTLY = 1e-3  # step of ln(n) that shows on which side the maximum lies
_FLAT = 1e-5  # accuracy of ln(kappa) and ln(n) at a maximum, which is flat
# A maximum between the map's points exceeds its neighbours by less than this (measured: 0.02).
_BETWEEN = 0.05
# A thinned map has every so manieth place of the map, and what is as far below as this there is not
# above between its points (`_BETWEEN` on the map). Quanta of the waveguide and of the source from
# which on it is looked at first.
_THINNED, _FAR = 4, 0.25
_WARM, _HOT = 1.0, 2e7
_NOT_LOOKED_AT = -1.0  # below any margin
_AROUND = 0.15  # below the best of neighbouring bandwidths, what is not the best in between
_BESIDE = 1e-4  # distance in ln(kappa) at which a crossing is checked from outside
_MISSED = 1e-7  # of the target, at a crossing; the solver leaves 1e-10 of the state
_FEWEST, _MOST = 0.1, 1e7  # occupations between which the needed one is searched


class MarginSearch:
    """The largest margin over the attenuation, as a function of the bandwidth."""

    def __init__(
        self,
        n_th: float,
        link: Mapping[str, Any],
        attenuate: bool,
        report: Callable[[str], None],
    ) -> None:
        self.n_th, self.link, self.attenuate, self.report = n_th, link, attenuate, report
        self.known: dict[float, tuple[float, float]] = {}

    @cached_property
    def occupations(self) -> np.ndarray:
        """Occupations behind the attenuator from all of the source down, (occupations,)."""
        if not self.attenuate or self.n_th <= _LEAST_N:
            return np.array([self.n_th])
        count = 1 + ceil(_PER_DECADE * np.log10(self.n_th / _LEAST_N))
        return np.geomspace(self.n_th, _LEAST_N, count)

    @cached_property
    def hopeless(self) -> bool:
        """Whether the waveguide is so warm that nothing is nearly entangled."""
        if self.link["waveguide_occupation"] < _WARM:
            return False
        rows, columns = np.meshgrid(_BANDWIDTHS[::_THINNED], self.occupations[::_THINNED])
        return bool(np.max(margins(rows.ravel(), columns.ravel(), self.link)) < -_FAR)

    @cached_property
    def table(self) -> np.ndarray:
        """The margin at the bandwidths and occupations of the map, (bandwidths, occupations)."""
        self.report(f"map of {len(_BANDWIDTHS)} bandwidths, {len(self.occupations)} attenuations")
        return self._looked_at(_BANDWIDTHS)

    def _looked_at(self, bandwidths: np.ndarray) -> np.ndarray:
        """The margin at some bandwidths and the occupations of the map.

        Hot sources, which are solved one by one, are looked at once per decade, and near the
        places where they are not far below the best of their bandwidth.
        """
        table = np.full((len(bandwidths), len(self.occupations)), _NOT_LOOKED_AT)
        hot = self.occupations > _HOT
        thinned = np.arange(len(hot)) % _THINNED == 0
        chosen = np.tile(thinned | ~hot, (len(bandwidths), 1))
        if self.hopeless:
            chosen &= thinned
            chosen[np.arange(len(bandwidths)) % _THINNED > 0] = False
        self._look(table, chosen, bandwidths)
        near = chosen & hot & (table >= np.max(table, axis=1, keepdims=True) - _FAR)
        if not self.hopeless:
            self._look(table, _widened(near, _THINNED) & ~chosen, bandwidths)
        return table

    def _look(self, table: np.ndarray, chosen: np.ndarray, bandwidths: np.ndarray) -> None:
        """Write the margins of the chosen places into the table."""
        rows, columns = np.nonzero(chosen)
        if len(rows):
            table[rows, columns] = margins(bandwidths[rows], self.occupations[columns], self.link)

    @cached_property
    def map(self) -> np.ndarray:
        """The margin on the grid of bandwidths, with the best of some attenuations."""
        return np.max(self.table, axis=1)

    def _attenuated(self, kappa: float) -> np.ndarray:
        """The margins with the occupations of the map, as far as one of them may be the best."""
        place = int(np.searchsorted(_BANDWIDTHS, kappa))
        if place in (0, len(_BANDWIDTHS)):
            return self._looked_at(np.array([kappa]))[0]
        around = self.table[max(place - 2, 0) : place + 2]
        near = around >= np.max(around, axis=1, keepdims=True) - _AROUND
        chosen = _widened(np.any(near, axis=0)[None], 1)
        values = np.full(chosen.shape, _NOT_LOOKED_AT)
        self._look(values, chosen, np.array([kappa]))
        return np.asarray(values[0])

    def at(self, kappa: float) -> tuple[float, float]:
        """The largest margin at a bandwidth, and the occupation that gives it."""
        if kappa not in self.known:
            self.known[kappa] = self._at(kappa)
            self.report(f"kappa/gamma = {kappa:.4g}")
        return self.known[kappa]

    def _at(self, kappa: float) -> tuple[float, float]:
        def value(log_n: float) -> float:
            return entanglement(thermal_link(exp(log_n), kappa, **self.link))

        full = value(log(self.n_th)), self.n_th
        if not self.attenuate or self.hopeless:
            return full
        places = np.log(self.occupations)
        values = self._attenuated(kappa)
        candidates = [full]
        for i in _tops(values):
            if i == 0 and value(places[0] - _SLIGHTLY) <= full[0]:
                continue  # a little less is no better
            low, high = places[min(i + 1, len(places) - 1)], places[max(i - 1, 0)]
            largest, place = largest_between(value, low, high, _FLAT)
            candidates.append((largest, exp(place)))
        return max(candidates)

    @cached_property
    def top(self) -> float:
        """The bandwidth of the largest margin."""
        if self.hopeless:
            return float(_BANDWIDTHS[np.argmax(self.map)])
        candidates = []
        for i in _tops(self.map):
            low, high = _BANDWIDTHS[max(i - 1, 0)], _BANDWIDTHS[min(i + 1, len(self.map) - 1)]
            candidates.append(
                largest_between(lambda x: self.at(exp(x))[0], log(low), log(high), _FLAT)
            )
        return exp(max(candidates)[1])

    def crossing(self, wanted: float, side: int) -> float | None:
        """The widest (-1) or the narrowest (+1) filter with which the margin reaches a value.

        None only if the largest margin of all is below it.

        Raises:
            RuntimeError: the value is reached where the search ends, or the filter that was found
                does not pass its check.
        """
        if self.at(self.top)[0] < wanted:
            return None
        kappa = self._edge(*self._bracket(wanted, side), wanted)
        beyond = kappa * exp(-side * _BESIDE)
        if self.at(kappa)[0] < wanted - _MISSED * wanted or self.at(beyond)[0] >= wanted:
            raise RuntimeError(
                f"The concurrence does not fall through {wanted:g} at kappa/gamma = {kappa:.6g}, "
                "where the search ended. Please report these arguments."
            )
        return kappa

    def _bracket(self, wanted: float, side: int) -> tuple[float, float]:
        """Neighbouring bandwidths: the inner one attains the value, the outer one does not."""
        outwards = np.flatnonzero(side * _BANDWIDTHS < side * self.top)
        outwards = outwards[::-1] if side > 0 else outwards
        # The map is coarse: search inwards from the outermost place that might attain the value.
        hopeful = np.flatnonzero(self.map[outwards] >= wanted - _BETWEEN)
        place = int(hopeful[-1]) if len(hopeful) else -1
        while place >= 0 and self.at(float(_BANDWIDTHS[outwards[place]]))[0] < wanted:
            place -= 1
        inside = self.top if place < 0 else float(_BANDWIDTHS[outwards[place]])
        if place + 1 < len(outwards):
            return inside, float(_BANDWIDTHS[outwards[place + 1]])
        step = float(_BANDWIDTHS[1] / _BANDWIDTHS[0]) ** (-side)
        while _NARROWEST < inside <= _BANDWIDTHS[-1]:
            outside = inside * step
            if self.at(outside)[0] < wanted:
                return inside, outside
            inside = outside
        raise RuntimeError(
            f"Even at kappa/gamma = {inside:.2g} the concurrence reaches {wanted:g}."
        )

    def gaps(self, low: float, high: float, wanted: float) -> tuple[tuple[float, float], ...]:
        """Bandwidths between two others at which the value is not reached: intervals, ascending.

        Looked for at the bandwidths of the map, and where the map has a minimum between them.
        """
        places = [low, *_BANDWIDTHS[(low < _BANDWIDTHS) & (high > _BANDWIDTHS)].tolist(), high]
        places = sorted({*places, *self._minima(low, high, wanted)})
        # The two ends were chosen such that they attain the value.
        reached = [
            place in (low, high) or not self._doubtful(place, wanted) or self.at(place)[0] >= wanted
            for place in places
        ]
        intervals = []
        start = None
        for i in range(1, len(places)):
            if reached[i - 1] and not reached[i]:
                start = self._edge(places[i - 1], places[i], wanted)
            elif reached[i] and not reached[i - 1] and start is not None:
                intervals.append((start, self._edge(places[i], places[i - 1], wanted)))
        return tuple(intervals)

    def _doubtful(self, kappa: float, wanted: float) -> bool:
        """Whether the map, which has less than the best attenuation, is not decisive at a place."""
        on_map = np.flatnonzero(kappa == _BANDWIDTHS)
        return len(on_map) == 0 or bool(self.map[on_map[0]] < wanted)

    def _minima(self, low: float, high: float, wanted: float) -> list[float]:
        """Where the margin is lowest between the places of the map, if that may be below a value.

        Every minimum of the map is refined, and so is the middle between its neighbours.
        """
        minima = []
        for i in range(1, len(self.map) - 1):
            left, right = float(_BANDWIDTHS[i - 1]), float(_BANDWIDTHS[i + 1])
            lowest = self.map[i] <= self.map[i - 1] and self.map[i] <= self.map[i + 1]
            if lowest and self.map[i] < wanted + _BETWEEN and low < left and right < high:
                _, place = largest_between(
                    lambda x: -self.at(exp(x))[0], log(left), log(right), _FLAT
                )
                minima.append(exp(place))
        return minima

    def _edge(self, inside: float, outside: float, wanted: float) -> float:
        """The bandwidth between two others at which a value is no longer reached."""
        from scipy.optimize import brentq

        def excess(log_kappa: float) -> float:
            return self.at(exp(log_kappa))[0] - wanted

        if excess(log(inside)) <= 0:  # an end, whose margin is the value itself
            return inside
        return exp(float(brentq(excess, log(inside), log(outside), xtol=_PLACE, rtol=1e-14)))

    def needed(self, wanted: float) -> float:
        """The smallest occupation whose best filter gives a concurrence; inf if none is found."""
        from scipy.optimize import brentq

        def excess(log_n: float) -> float:
            other = MarginSearch(exp(log_n), self.link, False, self.report)
            return other.at(other.top)[0] - wanted

        low = high = log(max(self.n_th, _FEWEST))
        before = excess(high)
        if before >= 0:  # this source is colder than the lowest occupation of the search
            return exp(float(brentq(excess, log(self.n_th), high, xtol=1e-4)))
        while high < log(_MOST):
            high += log(4)
            value = excess(high)
            if value >= 0:
                return exp(float(brentq(excess, low, high, xtol=1e-4)))
            if before > -wanted and value < before + 1e-6:  # not limited by the occupation
                return inf
            low, before = high, value
        return inf


def _tops(values: np.ndarray) -> list[int]:
    """Places of the maxima beside which the largest value may be; one of each plateau.

    A plateau is what is left where nothing reaches the second qubit: the margin is zero everywhere.
    """
    higher = np.concatenate([[-inf], values, [-inf]])
    tops = (values > higher[:-2]) & (values >= higher[2:]) & (values > values.max() - _BETWEEN)
    return [int(place) for place in np.flatnonzero(tops)]


def _widened(chosen: np.ndarray, steps: int) -> np.ndarray:
    """Places of a table (rows, places) within so many steps of the chosen ones in their row."""
    result = chosen.copy()
    for step in range(1, steps + 1):
        result[:, step:] |= chosen[:, :-step]
        result[:, :-step] |= chosen[:, step:]
    return result
