"""One run through a schedule: Chebyshev steps of all tiers up to a fixed one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.continued_fraction.dynamics.chebyshev import Propagator
from thermalent.continued_fraction.switching.generators import ScheduleTiers


class ScheduleRun:
    """The tiers of one total charge, from time zero to the last time.

    Args:
        tiers: Generators and initial vector.
        last: The highest tier of the hottest stretch.
        factor: Of the norm of the generators: another length of the steps, another rounding.
        report: Is told how far it is.
    """

    def __init__(
        self, tiers: ScheduleTiers, last: int, factor: float, report: Callable[[str], None]
    ) -> None:
        self.tiers, self.last, self.factor, self.report = tiers, last, factor, report
        self.y = tiers.start(last)
        self.rounding = 0.0

    def values(self, times: np.ndarray) -> np.ndarray:
        """Tier 0 at increasing times >= 0, (t, tier0)."""
        size = self.tiers.first.tier0_size
        found = np.zeros((len(times), size), dtype=self.y.dtype)
        begin, now, done, stretches = 0.0, 0.0, 0, self.tiers.stretches
        for number, stretch in enumerate(stretches):
            end = begin + stretch.length
            if number + 1 == len(stretches):
                end = max(end, float(times[-1]))  # but for rounding they are the same
            inside = int(np.searchsorted(times, end, side="right"))
            until = [*times[done:inside].tolist(), end]
            if end > now:
                matrix = self.tiers.generator(stretch, self.last).astype(self.y.dtype)
                propagator = Propagator(matrix, self.factor)
            for i, time in enumerate(until):
                if time > now:
                    self._advance(propagator, now, time)
                    now = time
                if done + i < inside:
                    found[done + i] = self.y[:size]
            if number + 1 < len(stretches):
                self.y = self.tiers.leaped(self.y, stretch, stretches[number + 1], self.last)
            begin, done = end, inside
        return found

    def _advance(self, propagator: Propagator, now: float, time: float) -> None:
        while now < time:
            left = time - now
            passed, _ = propagator.advance(self.y, left, len(self.y), 1, np.inf)
            self.rounding = float(np.hypot(self.rounding, propagator.rounding))
            now = time if passed >= left * (1 - 1e-12) else now + passed
            self.report(f"stepping with {self.last} tiers, t = {now:.3g}")
