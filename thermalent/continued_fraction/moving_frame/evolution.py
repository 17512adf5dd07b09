r"""Time evolution from a coherent field, in the frame that moves with it.

The tiers and the steps are refined until the states no longer change; the change is the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.dynamics.relaxation import ANNOUNCED
from thermalent.continued_fraction.moving_frame.field import MovingField
from thermalent.continued_fraction.moving_frame.generator import HELD, FrameGenerator
from thermalent.continued_fraction.moving_frame.steps import ORDER, FrameSteps, row_sum
from thermalent.support.progress import working

# Errors that are aimed at where no accuracy is given, in turn, until the work is affordable.
FRAME_AIMS = (1e-9, 1e-7, 1e-5, 1e-3)
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


def affordable_frame(
    field: MovingField,
    times: np.ndarray,
    rho: np.ndarray,
    tolerances: Sequence[float],
    depth: Callable[[float], float],
) -> FrameEvolution:
    """The first of some falling accuracies that needs not be announced, or else the last one.

    Args:
        field: The networks, and the mean and the variance of the field.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerances: Errors allowed in the largest element, in the order in which they are preferred.
        depth: Tiers that a steady state needs for an error, about.
    """
    for tolerance in tolerances:
        found = FrameEvolution(field, times, rho, tolerance, depth(tolerance))
        if found.operations <= ANNOUNCED:
            break
    return found


class _Norms(NamedTuple):
    """Sums over a row of the terms of a network, for few tiers."""

    constant: float
    coupled: float
    backaction: float
    drive: float


class FrameEvolution:
    """An evolution, its cost known before it runs.

    Args:
        field: The networks, and the mean and the variance of the field.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerance: Error allowed in the largest element.
        depth: Tiers that a steady state needs for it, about.
    """

    def __init__(
        self,
        field: MovingField,
        times: np.ndarray,
        rho: np.ndarray,
        tolerance: float,
        depth: float,
    ) -> None:
        self.field, self.times, self.rho = field, times, rho
        self.tolerance, self.depth = tolerance, depth

    @cached_property
    def _sample(self) -> FrameGenerator:
        return FrameGenerator(self.field, _SAMPLE, self.rho)

    def _entries(self, last: int) -> float:
        """Nonzero elements of the largest generator of the tiers up to `last`, about."""
        pairs = (last + 1) * (last + 2) / ((_SAMPLE + 1) * (_SAMPLE + 2))
        return self._sampled[0] * pairs

    @cached_property
    def _sampled(self) -> tuple[float, dict[int, _Norms]]:
        """Nonzero elements of the largest sample, and the norms of the terms of each network."""
        entries, norms = 0.0, {}
        for h in self.field.hierarchies:
            terms = self._sample.terms(h)
            entries = max(entries, float(self._sample.entries(h)))
            norms[id(h)] = _Norms(
                row_sum(terms.constant),
                row_sum(terms.down) + row_sum(terms.up),
                row_sum(terms.backaction),
                row_sum(terms.drive),
            )
        return entries, norms

    def _products(self, last: int) -> float:
        """Products with the generator up to the last time, about."""
        end, higher = float(self.times[-1]), np.sqrt(last / _SAMPLE)
        found = _LEAST_STEPS * ORDER
        for piece in self.field.pieces:
            length = min(piece.end, end) - piece.begin
            if length <= 0:
                break
            norms, mode = self._sampled[1][id(piece.hierarchy)], piece.mode
            width = np.sqrt(max(mode.variance, piece.variance, 0.0))
            coupled = width * norms.coupled + norms.backaction
            norm = norms.constant + mode.rate * last + higher * coupled
            turned = norms.drive * piece.mean * -np.expm1(-mode.rate * length) / mode.rate
            found += _PRODUCTS * (norm * length + turned)
        return float(found)

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
        pairs = (last + 1) * (last + 2) / ((_SAMPLE + 1) * (_SAMPLE + 2))
        held = min(len(self.field.hierarchies), HELD)
        matrices = held * _BYTES_PER_ENTRY * self._entries(last)
        return matrices + 8.0 * _VECTORS * len(self._sample.start) * pairs

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
                generator = FrameGenerator(self.field, last, self.rho)
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
