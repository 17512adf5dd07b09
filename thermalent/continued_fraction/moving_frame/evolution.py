r"""Time evolution from a coherent field, in the frame that moves with it.

The tiers and the steps are refined until the states no longer change; the change is the error.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.moving_frame.generator import FrameGenerator
from thermalent.continued_fraction.moving_frame.steps import ORDER, FrameSteps, row_sum
from thermalent.support.progress import working

HOW_MOVED = "change with more tiers and shorter steps in the frame that moves with the field"

# Tiers of the first run in those that a steady state needs, and how many times as many each
# further run has; steps of a run are so much more accurate than what is aimed at, in turn.
_FIRST_TIERS, _MORE_TIERS = 0.7, 1.2
_OF_STEPS = (1e-4, 1e-5)
_MOST_RUNS = 10
_SAMPLE = 4  # tiers from which the size of the generator is extrapolated
# Measured for |beta| = 1 to 1000: products per unit of the bound of the norm and of time;
# multiplications per element and product, the sums of the series included, and per product.
_PRODUCTS, _PER_ENTRY, _PER_PRODUCT = 2.0, 3.0, 5e4
_LEAST_STEPS = 10.0  # until they are as long as they may be
_BYTES_PER_ENTRY, _VECTORS = 60.0, ORDER + 10


class FrameEvolution:
    """An evolution, its cost known before it runs.

    Args:
        h: The hierarchy, of one mode.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        amplitude: Beta.
        tolerance: Error allowed in the largest element.
        depth: Tiers that a steady state needs for it, about.
    """

    def __init__(
        self,
        h: Hierarchy,
        times: np.ndarray,
        rho: np.ndarray,
        amplitude: complex,
        tolerance: float,
        depth: float,
    ) -> None:
        self.h, self.times, self.rho = h, times, rho
        self.amplitude, self.tolerance = amplitude, tolerance
        self.depth = depth

    @cached_property
    def _sample(self) -> FrameGenerator:
        return FrameGenerator(self.h, _SAMPLE, self.rho, self.amplitude)

    def _entries(self, last: int) -> float:
        """Nonzero elements of the generator of the tiers up to `last`, about."""
        pairs = (last + 1) * (last + 2) / ((_SAMPLE + 1) * (_SAMPLE + 2))
        return self._sample.entries * pairs

    def _products(self, last: int) -> float:
        """Products with the generator up to the last time, about."""
        terms, (mode,), end = self._sample.terms, self.h.modes, float(self.times[-1])
        width, higher = np.sqrt(max(mode.variance, 0.0)), np.sqrt(last / _SAMPLE)
        coupled = width * (row_sum(terms.down) + row_sum(terms.up)) + row_sum(terms.backaction)
        norm = row_sum(terms.constant) + mode.rate * last + higher * coupled
        turned = row_sum(terms.drive) * abs(self.amplitude) * -np.expm1(-mode.rate * end)
        return _LEAST_STEPS * ORDER + _PRODUCTS * (norm * end + turned / mode.rate)

    @property
    def operations(self) -> float:
        """Multiplications of the two runs that a result with an error takes at least, about."""
        return sum(
            (_PER_ENTRY * self._entries(last) + _PER_PRODUCT) * self._products(last)
            for last in (self._last(0), self._last(1))
        )

    @property
    def bytes(self) -> float:
        """Memory at the peak, about."""
        last = self._last(1)
        unknowns = len(self._sample.start) * self._entries(last) / self._sample.entries
        return _BYTES_PER_ENTRY * self._entries(last) + 8.0 * _VECTORS * unknowns

    def _last(self, run: int) -> int:
        """The highest tier of a run."""
        return int(np.ceil(self.depth * _FIRST_TIERS * _MORE_TIERS**run))

    def states(self) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
        """States (t, d, d), errors (t,), and statistics of the solution."""
        before: np.ndarray | None = None
        stats = {"stepped_times": len(self.times), "refused": 0, "products": 0}
        with working("time evolution from a coherent field") as report:
            for run in range(_MOST_RUNS):
                last = self._last(run)
                generator = FrameGenerator(self.h, last, self.rho, self.amplitude)
                steps = FrameSteps(generator, self.tolerance * _OF_STEPS[run % 2])
                path = steps.to(self.times, lambda now: report(f"{last} tiers, {now}"))  # noqa: B023
                states = np.array([generator.read(x, time) for x, time in path])
                stats.update(tiers=last, products=stats["products"] + steps.products)
                if before is not None:
                    change = np.max(np.abs(states - before), axis=(1, 2))
                    # Where the two agree by chance at one time, the error is that of the others.
                    change = np.maximum.accumulate(change[::-1])[::-1]
                    if np.max(change) <= self.tolerance:
                        break
                before = states
        error = change + self.tolerance * _OF_STEPS[0]
        return states, error, stats
