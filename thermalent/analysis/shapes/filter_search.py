"""The search behind `best_filter`: many climbs, and finer ones from the best of their ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.analysis.shapes.climb import (
    ClimbEnd,
    climbed,
    random_start,
    with_slope,
    without_far_zeros,
)
from thermalent.analysis.shapes.guarded_link import GuardedLink
from thermalent.analysis.shapes.passive_spectra import ChainNumbers, PassiveCoordinates
from thermalent.analysis.shapes.truncated_link import TruncatedLink
from thermalent.networks.network import Network

# Full widths over gamma among which the best Butterworth filter gives the unit of the search.
_WIDTHS = np.geomspace(1e-5, 3.0, 34)
# What the tiers may leave out of the margin: on the way, and at the end.
_ON_THE_WAY, _IN_THE_END = 1e-2, 1e-3
_BESIDE = 0.05  # distance of the first start from the best Butterworth filter, in every coordinate
_SAME = 1e-5  # climbs that end at values closer than this ended at the same maximum
# Orders K that the last climbs take more than those on the way. A climb finds filters that its own
# order takes for better than they are, by as much as 0.007; two orders more show them.
_MORE_QUANTA = 2
_CLIMBED_ON = 6  # different ends, the best at the finer order, from which the climb goes on
# A last climb whose order differs by more than this from two orders more ended at no filter that it
# describes: of fifty climbs over six poles at n_th = 1221 one ended at 0.96, where there is 0.91.
_CONFIRMED = 0.01
# Multiplications of a value with slopes up to which the last climbs take the finer order.
_AFFORDABLE = 1.5e11


class SearchResult(NamedTuple):
    """What a search found.

    Args:
        best: The end of the best climb.
        ends: The margin at the end of every start's climb, the largest first, (starts,); at the
            truncations of the last climbs, or at two orders more where those say something else.
        agreeing: How many starts led to the largest one.
        quanta: Order K along the chain of the last climbs.
        tiers: Their tiers.
        evaluations: Values with slopes of all climbs.
    """

    best: ClimbEnd
    ends: np.ndarray
    agreeing: int
    quanta: int
    tiers: int
    evaluations: int


class FilterSearch:
    """Climbs over the passive filters of some order in front of a link.

    Args:
        reference: The link behind any source of one mode.
        order: Number of poles.
        zeros: Whether the transfer function may have zeros.
        symmetric: Whether only spectra symmetric about the carrier are searched.
        quanta: Order K along the chain on the way.
        report: Called with how far it is.
    """

    def __init__(
        self,
        reference: Network,
        order: int,
        *,
        zeros: bool,
        symmetric: bool,
        quanta: int,
        report: Callable[[str], None],
    ) -> None:
        self.report = report
        unit = _half_width(TruncatedLink(reference, order, quanta=1), order)
        self.coordinates = PassiveCoordinates(order, zeros=zeros, symmetric=symmetric, unit=unit)
        self.coarse, self.fine = (
            GuardedLink(reference, order, quanta=most, symmetric=symmetric)
            for most in (quanta, quanta + _MORE_QUANTA)
        )

    def run(self, starts: int, rng: np.random.Generator) -> SearchResult:
        """The best filter from a number of starts."""
        ends = self._climbs(starts, rng)
        groups = _distinct(ends)
        last = self.coarse.tiers_for(self._numbers(groups[0][0]), _IN_THE_END)
        link = self.fine if self.fine.work(last) < _AFFORDABLE else self.coarse
        judged = [(link.value(self._numbers(group[0]), last), group) for group in groups]
        judged.sort(key=lambda pair: -pair[0])
        finest: list[ClimbEnd] = []
        for i, (_, group) in enumerate(judged[:_CLIMBED_ON]):
            self.report(f"last climb {i + 1} of {min(len(judged), _CLIMBED_ON)}")
            finest.append(climbed(self.coordinates, link, last, group[0].place))
        top, heights = self._confirmed(finest, link.quanta, last)
        values: list[float] = []
        for i, (value, group) in enumerate(judged):
            values += [heights[i] if i < len(heights) else value] * len(group)
        kept = without_far_zeros(self.coordinates, top.place)
        best = ClimbEnd(kept, *with_slope(self.coordinates, link, last, kept), top.evaluations)
        reached = np.sort(values)[::-1]
        return SearchResult(
            best=best,
            ends=reached,
            agreeing=int(np.sum(reached > reached[0] - _SAME)),
            quanta=link.quanta,
            tiers=last,
            evaluations=sum(end.evaluations for end in (*ends, *finest)),
        )

    def _confirmed(
        self, ends: list[ClimbEnd], quanta: int, last: int
    ) -> tuple[ClimbEnd, list[float]]:
        """The highest end that two orders more confirm, and the heights of all ends.

        Ends above it have the height that these orders give; what lies below is not asked. If none
        is confirmed, it is the highest by these orders.
        """
        heights = [end.value for end in ends]
        more = self.coarse.link.reordered(quanta + _MORE_QUANTA)
        for i in np.argsort(heights)[::-1].tolist():
            value = more.value(self._numbers(ends[i]), last)
            if abs(value - heights[i]) < _CONFIRMED:
                return ends[i], heights
            heights[i] = value
        return ends[int(np.argmax(heights))], heights

    def _climbs(self, starts: int, rng: np.random.Generator) -> list[ClimbEnd]:
        """Where the climbs on the way end."""
        coordinates, beside = self.coordinates, _butterworth(self.coordinates)
        last = self.coarse.tiers_for(coordinates.numbers(beside), _ON_THE_WAY)
        ends: list[ClimbEnd] = []
        for i in range(starts):
            start = random_start(coordinates, rng)
            if i == 0:  # by itself it would stay among filters that reflect nothing somewhere
                start = beside + _BESIDE * rng.normal(size=coordinates.count)
            ends.append(climbed(coordinates, self.coarse, last, start))
            best = max(end.value for end in ends)
            self.report(f"start {i + 1} of {starts}, C = {best:.4f}")
        return ends

    def _numbers(self, end: ClimbEnd) -> ChainNumbers:
        return self.coordinates.numbers(end.place)


def _distinct(ends: list[ClimbEnd]) -> list[list[ClimbEnd]]:
    """The ends of climbs, those at the same value together, the largest first."""
    groups: list[list[ClimbEnd]] = []
    for end in sorted(ends, key=lambda end: -end.value):
        if groups and groups[-1][0].value - end.value < _SAME:
            groups[-1].append(end)
        else:
            groups.append([end])
    return groups


def _butterworth(coordinates: PassiveCoordinates) -> np.ndarray:
    """The Butterworth filter of half width one: F = s^p, P = 1."""
    return coordinates.place(np.eye(coordinates.order + 1)[0], np.ones(1))


def _half_width(link: TruncatedLink, order: int) -> float:
    """Half of the width of the Butterworth filter with the largest margin, over gamma."""
    values = []
    for fwhm in _WIDTHS:
        coordinates = PassiveCoordinates(order, zeros=False, symmetric=True, unit=fwhm / 2)
        numbers = coordinates.numbers(_butterworth(coordinates))
        values.append(link.value(numbers, link.tiers_for(numbers, _ON_THE_WAY)))
    return float(_WIDTHS[int(np.argmax(values))] / 2)
