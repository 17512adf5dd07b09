"""Steps of an evolution forwards in time, in two runs whose difference shows their error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.dynamics.chebyshev import Propagator
from thermalent.support.errors import ArgumentError

# Tiers to begin with; the second run always has fewer: the difference shows what is left out.
_FIRST_DEPTH, _OTHER_DEPTH, _FEWER = 16, 12, 2
# Of a cold source the tiers are not scaled to each other: what the top holds is smaller than what
# it sends down by powers of the width, down to this.
_COLDEST = 0.1
# Truncation error that the two runs may have by their highest tiers, in tolerances.
_LEFT_OUT = (1e-13, 1e-11)
_ADDED = (1 / 3, 1 / 5)  # tiers that the two runs add at a time, as a part of those they have
# The norm of the steps of a second run, in that of the first: another length, another rounding.
OTHER_STEPS = 1.07

Report = Callable[[str], None]


class Runs(Protocol):
    """The propagation of one initial vector, in two runs whose difference is the error."""

    @property
    def rate(self) -> float:
        """The largest rate of the emitters."""
        ...

    def at_zero(self) -> np.ndarray:
        """The values at time zero."""
        ...

    def two_runs(self, tolerance: float) -> tuple[Runner, Runner]:
        """Two runs of different tiers, steps and roundings, the one with more tiers first.

        Args:
            tolerance: Error allowed in the values.
        """
        ...


class Runner(Protocol):
    """One run, forwards in time."""

    @property
    def tier(self) -> int:
        """The highest tier in use."""
        ...

    @property
    def now(self) -> float:
        """The time that it has reached, not beyond the last that is expected."""
        ...

    @property
    def rounding(self) -> float:
        """Rounding error of the steps so far, as a standard deviation."""
        ...

    def cost(self, time: float) -> float:
        """Approximate number of multiplications up to a time."""
        ...

    def cost_when_filled(self, time: float) -> float:
        """The same with as many tiers as a steady state needs, to which late times fill them."""
        ...

    def expect(self, times: np.ndarray) -> None:
        """Prepare for steps to increasing times, up to the last of them."""
        ...

    def to(self, time: float, report: Report) -> np.ndarray:
        """The values at a time not before the last."""
        ...


class Steps:
    """Propagation exp(L t) of an initial vector, forwards in time.

    Args:
        chain: The chain of tiers.
        start: The initial vector X on the lowest tiers.
        depth: Highest tier that the steady state needs; twice as many are allowed.
        read: Map from X to the values.
        redrawn: The chain with other roundings, for the second run.
    """

    def __init__(
        self,
        chain: HierarchyChain | Tiers,
        start: np.ndarray,
        depth: int,
        read: Callable[[np.ndarray], np.ndarray],
        redrawn: HierarchyChain | Tiers | None = None,
    ) -> None:
        self.depth, self.most = depth, 2 * depth + 64
        self.at = offsets(chain, self.most)
        self.start, self.read = start, read
        self.rate = largest_rate(chain)
        self._chain, self._others = chain, chain if redrawn is None else redrawn
        self._kept = min(1.0, max(chain.width, _COLDEST)) ** 4

    def at_zero(self) -> np.ndarray:
        """The values at time zero."""
        return np.array(self.read(self.start))

    def two_runs(self, tolerance: float) -> tuple[RelaxationRun, RelaxationRun]:
        """Two runs that add a part of their tiers where the top one would exceed a limit."""
        finer = self.finer(tolerance)
        return finer, self.coarser(tolerance, finer)

    def finer(self, tolerance: float) -> RelaxationRun:
        """The first of the two runs."""
        propagator = Propagator(assemble(self._chain, self.most), offsets=self.at)
        return RelaxationRun(self, propagator, self._limit(tolerance, 0), _ADDED[0])

    def coarser(self, tolerance: float, finer: RelaxationRun) -> RelaxationRun:
        """The second one, with fewer tiers than the first."""
        others = assemble(self._others, self.most)
        propagator = Propagator(others, OTHER_STEPS, self.at, alike=finer.propagator)
        return RelaxationRun(self, propagator, self._limit(tolerance, 1), _ADDED[1], finer)

    def _limit(self, tolerance: float, run: int) -> float:
        """What the top tier of a run may hold before more are added."""
        # The feedback of a truncated tier falls like the square of its amplitude.
        return float(np.sqrt(_LEFT_OUT[run] * tolerance)) * self._kept


@dataclass(frozen=True, eq=False)
class StepsOfTwo:
    """Two vectors that mean the same, from chains of other unknowns: each has a run.

    Args:
        fine: The one whose values are given.
        other: The one whose difference is the error.
    """

    fine: Steps
    other: Steps

    @property
    def rate(self) -> float:
        """The largest rate of the emitters."""
        return self.fine.rate

    def at_zero(self) -> np.ndarray:
        """The values at time zero."""
        return self.fine.at_zero()

    def two_runs(self, tolerance: float) -> tuple[RelaxationRun, RelaxationRun]:
        """A run of each, see `Steps.two_runs`."""
        finer = self.fine.finer(tolerance)
        return finer, self.other.coarser(tolerance, finer)


class RelaxationRun:
    """One run of `Steps`, at its own time."""

    def __init__(
        self,
        steps: Steps,
        propagator: Propagator,
        limit: float,
        growth: float,
        finer: RelaxationRun | None = None,
    ) -> None:
        self.steps, self.propagator, self.finer = steps, propagator, finer
        self.limit, self.growth, self.now = limit, growth, 0.0
        self.rounding = 0.0
        self.expected, self.passed = np.zeros(0), dict[float, np.ndarray]()
        dtype = np.result_type(steps.start, propagator.matrix.dtype)
        self.y = np.zeros(steps.at[-1], dtype=dtype)
        self.y[: len(steps.start)] = steps.start
        filled = int(np.searchsorted(steps.at, len(steps.start)))
        least = max(_FIRST_DEPTH, filled + _FEWER) if finer is None else max(_OTHER_DEPTH, filled)
        self.tier = min(least, steps.most)

    def cost(self, time: float) -> float:
        """Approximate number of multiplications up to a time, if no tiers are added."""
        return self.propagator.cost(time - self.now, self.steps.at[self.tier + 1])

    def cost_when_filled(self, time: float) -> float:
        """The same with as many tiers as a steady state needs, to which late times fill them."""
        tier = max(self.tier, self.steps.depth)
        return self.propagator.cost(time - self.now, self.steps.at[tier + 1])

    def expect(self, times: np.ndarray) -> None:
        """Steps need not end at these times: the values are read within them."""
        self.expected = times

    def to(self, time: float, report: Report) -> np.ndarray:
        """The values at a time not before the last."""
        if time < self.now and time not in self.passed:
            raise ArgumentError(f"A run at t = {self.now:g} cannot go back to t = {time:g}.")
        offset, most = self.steps.at, self.steps.most
        if self.finer is not None:
            # The truncation error of two runs with equally many tiers would not show.
            most = max(self.tier, self.finer.tier - _FEWER)
        size = len(self.steps.start)
        while self.now < time:
            ahead = self._ahead(time)
            left = float(ahead[-1]) - self.now
            active = int(offset[self.tier + 1])
            top = active - int(offset[self.tier - 1])
            # More tiers than a steady state needs, or than the finer run: the error shows it.
            limit = self.limit if self.tier < most else np.inf
            passed, full = self.propagator.advance(
                self.y, left, active, top, limit, ahead - self.now, size
            )
            self.rounding = float(np.hypot(self.rounding, self.propagator.rounding))
            between = self.propagator.between
            self.passed = dict(zip(ahead.tolist(), between, strict=False))
            self.now = float(ahead[-1]) if passed >= left * (1 - 1e-12) else self.now + passed
            end = max([time, *self.expected[-1:].tolist()])  # steps go beyond what is read first
            report(f"stepping, t = {self.now:.3g} of {end:.3g}")
            if full and self.now < time:
                self.tier = min(self.tier + max(4, int(self.growth * self.tier)), most)
        return self.steps.read(self.y if time == self.now else self.passed[time]).copy()

    def _ahead(self, time: float) -> np.ndarray:
        """The next times, up to twice what was reached: later ones have other tiers.

        Never beyond the finer run, which says how many tiers there are.
        """
        further = 2 * self.now if self.finer is None else min(2 * self.now, self.finer.now)
        until = max(time, further)
        later = self.expected[(self.expected > self.now) & (self.expected <= until)]
        return later if time in later else np.array([time])


def largest_rate(chain: HierarchyChain | Tiers) -> float:
    """The largest rate of the emitters alone."""
    return max(float(np.max(np.abs(block), initial=0.0)) for block in chain.a)
