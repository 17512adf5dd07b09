"""The largest concurrence of a filtered source, and where it falls to a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from math import exp, inf, log
from typing import Any

import numpy as np

from thermalent.continued_fraction.batch import steady_states
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.models.thermal_link import thermal_link
from thermalent.network import Network
from thermalent.result import Outcome, SolveError
from thermalent.solve import steady_state

EXACT = ContinuedFraction(rtol=1e-10)
_ROUGH = ContinuedFraction(rtol=1e-7)
ATTENUATIONS = np.geomspace(1.0, 1e-4, 9)
_MAP = ContinuedFraction(rtol=1e-6)
_BANDWIDTHS = np.geomspace(1e-7, 1.0, 43)  # kappa/gamma that are searched
_PLACE = 1e-9  # accuracy of ln(kappa) where a curve crosses the target
_FLAT = 1e-5  # accuracy of ln(kappa) and ln(n) at a maximum, which is flat
_FEWEST, _MOST = 0.1, 1e7  # occupations between which the needed one is looked for


def concurrence(network: Network) -> float:
    """C of a network to ten digits, or to what double precision can give."""
    try:
        return steady_state(network, EXACT).concurrence()
    except SolveError as error:
        if error.status.outcome is not Outcome.INACCURATE:
            raise
        return steady_state(network, _ROUGH).concurrence()


def concurrences(
    kappas: Sequence[float] | np.ndarray, occupations: np.ndarray, link: Mapping[str, Any]
) -> np.ndarray:
    """C at all bandwidths and occupations, (kappas, occupations), to six digits."""
    networks = [
        thermal_link(float(n), float(kappa), **link) for kappa in kappas for n in occupations
    ]
    found = [state.concurrence() for state in steady_states(networks, _MAP)]
    return np.array(found).reshape(len(kappas), len(occupations))


class Search:
    """The largest concurrence over the attenuation, as a function of the bandwidth."""

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
    def map(self) -> np.ndarray:
        """C on the grid of bandwidths, with the best of some attenuations."""
        shares = ATTENUATIONS if self.attenuate else ATTENUATIONS[:1]
        return np.max(concurrences(_BANDWIDTHS, self.n_th * shares, self.link), axis=1)

    def at(self, kappa: float) -> tuple[float, float]:
        """The largest C at a bandwidth, and the occupation that gives it."""
        if kappa not in self.known:
            self.known[kappa] = self._at(kappa)
            self.report(f"kappa/gamma = {kappa:.4g}")
        return self.known[kappa]

    def _at(self, kappa: float) -> tuple[float, float]:
        def value(log_n: float) -> float:
            return concurrence(thermal_link(exp(log_n), kappa, **self.link))

        full = log(self.n_th)
        everything = value(full)
        # Where a little less is no better, nothing is: the concurrence has one maximum in n.
        if not self.attenuate or value(full - 1e-3) <= everything:
            return everything, self.n_th
        from scipy.optimize import minimize_scalar

        found = minimize_scalar(
            lambda log_n: -value(log_n),
            bounds=(full + log(ATTENUATIONS[-1]), full),
            method="bounded",
            options={"xatol": _FLAT},
        )
        return -float(found.fun), exp(float(found.x))

    @cached_property
    def top(self) -> float:
        """The bandwidth of the largest concurrence."""
        from scipy.optimize import minimize_scalar

        i = int(np.argmax(self.map))
        low, high = _BANDWIDTHS[max(i - 1, 0)], _BANDWIDTHS[min(i + 1, len(self.map) - 1)]
        found = minimize_scalar(
            lambda log_kappa: -self.at(exp(log_kappa))[0],
            bounds=(log(low), log(high)),
            method="bounded",
            options={"xatol": _FLAT},
        )
        return exp(float(found.x))

    def crossing(self, wanted: float, side: int) -> float | None:
        """The bandwidth above (-1) or below (+1) the best one at which C falls to a value.

        None if it is out of reach, or if the source lasts to the end of what is searched.
        """
        if self.at(self.top)[0] < wanted:
            return None
        from scipy.optimize import brentq

        if side < 0:
            outside = np.flatnonzero((self.top < _BANDWIDTHS) & (self.map < wanted))
            end = float(_BANDWIDTHS[outside[0]]) if len(outside) else float(_BANDWIDTHS[-1])
        else:
            outside = np.flatnonzero((self.top > _BANDWIDTHS) & (self.map < wanted))
            end = float(_BANDWIDTHS[outside[-1]]) if len(outside) else float(_BANDWIDTHS[0])
        if self.at(end)[0] >= wanted:
            return None

        def excess(log_kappa: float) -> float:
            return self.at(exp(log_kappa))[0] - wanted

        return exp(float(brentq(excess, log(self.top), log(end), xtol=_PLACE, rtol=1e-14)))

    def needed(self, wanted: float) -> float:
        """The smallest occupation whose best filter gives a concurrence; inf if none is found."""
        from scipy.optimize import brentq

        def excess(log_n: float) -> float:
            other = Search(exp(log_n), self.link, False, self.report)
            return other.at(other.top)[0] - wanted

        low = high = log(max(self.n_th, _FEWEST))
        before = excess(high)
        while high < log(_MOST):
            high += log(4)
            here = excess(high)
            if here >= 0:
                return exp(float(brentq(excess, low, high, xtol=1e-4)))
            if before > -wanted and here < before + 1e-6:  # what limits it is something else
                return inf
            low, before = high, here
        return inf


def imperfect(n: float, kappa: float, link: Mapping[str, Any], name: str, amount: float) -> Network:
    """The link with some more of one imperfection; a detuning is split evenly."""
    if name == "detuning":
        return thermal_link(n, kappa, detuning=(amount / 2, -amount / 2), **link)
    return thermal_link(n, kappa, **{**link, name: link[name] + amount})
