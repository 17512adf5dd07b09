r"""Steps of the hierarchy in its moving frame, by Taylor series of a high order.

The generator is constant but for the mean of the field and the variance of what it fluctuates,
which are exponentials of time. So the coefficients of \(X(t + \tau) = \sum_m X_m \tau^m\) follow
from each other,

$$(m + 1) X_{m+1} = A X_m + \sqrt2 L_x \sum_j m_j X_{m-j} + U \sum_j V_j X_{m-j}$$

and a step is as long as the last of them allow: while a strong field drives the emitters, some
radians of their rotation, at three to five products per radian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.moving_frame.generator import FrameGenerator

ORDER = 40
# Of the largest term in the first: what more would cancel costs digits.
_LARGEST_TERM = 1e3
_LONGER = 2.0  # a step than the one before, at most
_FIRST = 1e-3  # step, in units of the inverse norm of the generator
_NEGLIGIBLE = 1e-18  # of the terms of an exponential
# By which the highest tier may be out of scale: the tiers are rescaled from then on.
_OUT_OF_SCALE = 20.0


class FrameSteps:
    """The tiers of a source that starts in a coherent state, over time.

    Args:
        generator: Their equation of motion.
        tolerance: Largest truncation error of a step, in any unknown.
    """

    def __init__(self, generator: FrameGenerator, tolerance: float) -> None:
        self.generator, self.tolerance = generator, tolerance
        self.products = 0  # with the generator, so far
        self.rate, self.variance = generator.mode.rate, generator.mode.variance
        self._growth = _OUT_OF_SCALE ** (2.0 / max(generator.last, 1))
        self._rescale(self._narrowest())

    def to(
        self, times: np.ndarray, report: Callable[[str], None]
    ) -> Iterator[tuple[np.ndarray, float]]:
        """The unknowns at increasing times >= 0, and each time."""
        terms, waiting = self.generator.terms, times[times > 0].tolist()
        x, now = self.generator.start.copy(), 0.0
        for _ in range(len(times) - len(waiting)):
            yield x, 0.0
        field = abs(self.generator.amplitude)
        norm = (
            row_sum(self._constant) + field * row_sum(terms.drive) + row_sum(self._up) * self.width
        )
        step = _FIRST / norm if norm > 0 else np.inf
        while waiting:
            filled = -self.variance * np.expm1(-2 * self.rate * now)
            if filled > self.width < self.variance:
                wider = min(self._growth * filled, self.variance)
                x *= (self.width / wider) ** (self.generator.tier / 2)
                self._rescale(wider)
            step = min(step, waiting[-1] - now)
            series = self._series(x, now, step)
            longer = self._allowed(series)
            end = now + longer * step
            if longer * step >= (1 - 1e-12) * (waiting[-1] - now):
                end = waiting[-1]
            while waiting and waiting[0] <= end:
                yield _value(series, (waiting[0] - now) / step), waiting.pop(0)
            x, now, step = _value(series, (end - now) / step), end, longer * step
            report(f"t = {now:.3g}")

    def _narrowest(self) -> float:
        """The square of the scale at the start.

        While the field fluctuates less than that, errors are amplified on their way down, by less
        than e without back-action; with back-action nothing is gained below a quantum.
        """
        if self.generator.terms.backaction.nnz or self.variance <= 0:
            return 1.0
        speed = row_sum(self.generator.terms.down) / (2 * self.rate * self.variance)
        return min(self.variance, speed ** (-2 / 3) if speed > 0 else 1.0)

    def _rescale(self, width: float) -> None:
        """Take tiers of the scale s^2 = width."""
        self.width, s, terms = width, np.sqrt(width), self.generator.terms
        self._constant = sparse.csr_array(
            terms.constant + s * terms.down + terms.backaction * (1 / s)
        )
        self._up = terms.up * (1 / s)

    def _series(self, x: np.ndarray, now: float, step: float) -> np.ndarray:
        """The terms of the Taylor series at a time after it by one step, (order + 1, n)."""
        terms = self.generator.terms
        mean = abs(self.generator.amplitude) * np.exp(-self.rate * now)
        drive = mean * _exponential(self.rate * step)
        filled = -self.variance * np.exp(-2 * self.rate * now) * _exponential(2 * self.rate * step)
        filled[0] += self.variance
        series = np.empty((ORDER + 1, len(x)))
        series[0] = x
        for m in range(ORDER):
            slope = self._constant @ series[m]
            for matrix, factors in ((terms.drive, drive), (self._up, filled)):
                many = min(len(factors), m + 1)
                slope += matrix @ (factors[many - 1 :: -1] @ series[m + 1 - many : m + 1])
            series[m + 1] = step / (m + 1) * slope
        self.products += ORDER
        return series

    def _allowed(self, series: np.ndarray) -> float:
        """How much longer than its step a series may be taken."""
        sizes = np.max(np.abs(series), axis=1)
        most = np.full(len(sizes), _LARGEST_TERM * sizes[0])
        most[-2:] = np.minimum(most[-2:], self.tolerance)
        held = np.flatnonzero(sizes[1:] > 0) + 1
        return float(np.min((most[held] / sizes[held]) ** (1.0 / held), initial=_LONGER))


def _exponential(decay: float) -> np.ndarray:
    """Terms of exp(-decay), as far as they matter in a step that is as long as one may be."""
    every = np.cumprod(np.concatenate([[1.0], -decay / np.arange(1, ORDER + 1)]))
    longest = np.abs(every) * _LONGER ** np.arange(ORDER + 1)
    return every[: max(2, int(np.max(np.flatnonzero(longest > _NEGLIGIBLE))) + 1)]


def _value(series: np.ndarray, part: float) -> np.ndarray:
    """The sum of a series at a part of its step."""
    return np.asarray(part ** np.arange(len(series)) @ series)


def row_sum(matrix: sparse.csr_array) -> float:
    """The largest sum over a row, which bounds the rates."""
    return float(abs(matrix).sum(axis=1).max()) if matrix.nnz else 0.0
