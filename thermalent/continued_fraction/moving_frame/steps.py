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

from thermalent.continued_fraction.moving_frame.field import FieldPiece
from thermalent.continued_fraction.moving_frame.generator import FrameGenerator

ORDER = 40
# Of the largest term in the first: what more would cancel costs digits.
_LARGEST_TERM = 1e3
_LONGER = 2.0  # a step than the one before, at most
# The first step, and at most that after a change, in units of the inverse norm of the generator.
_FIRST, _NEXT = 1e-3, 10.0
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
        self._growth = _OUT_OF_SCALE ** (2.0 / max(generator.last, 1))
        self.width = 0.0

    def to(
        self, times: np.ndarray, report: Callable[[str], None]
    ) -> Iterator[tuple[np.ndarray, float]]:
        """The unknowns at increasing times >= 0, and each time."""
        waiting, x, now, step = times.tolist(), self.generator.start.copy(), 0.0, np.inf
        for piece in self.generator.field.pieces:
            while waiting and waiting[0] <= now:
                yield x, waiting.pop(0)
            if not waiting:
                return
            x = self._entered(piece, x)
            rate = self._largest_rate()
            if rate > 0:
                step = min(step, (_FIRST if now == 0 else _NEXT) / rate)
            until = min(piece.end, waiting[-1])
            while now < until:
                x = self._followed(x, now)
                step = min(step, until - now)
                series = self._series(x, now, step)
                longer = self._allowed(series)
                end = now + longer * step
                if longer * step >= (1 - 1e-12) * (until - now):
                    end = until
                while waiting and waiting[0] <= end:
                    yield _value(series, (waiting[0] - now) / step), waiting.pop(0)
                x, now, step = _value(series, (end - now) / step), end, longer * step
                report(f"t = {now:.3g}")

    def _entered(self, piece: FieldPiece, x: np.ndarray) -> np.ndarray:
        """The unknowns at the beginning of a piece."""
        self.piece, self.terms = piece, self.generator.terms(piece.hierarchy)
        self._narrow, self._followed_at = self._narrowest(), piece.begin
        return self._in_scale(x, max(self.width, self._narrow))

    def _followed(self, x: np.ndarray, now: float) -> np.ndarray:
        """The unknowns in the scale that the fluctuations have at a time."""
        variance, mode = self.piece.variance_at(now), self.piece.mode
        if variance > self.width:
            width = min(self._growth * variance, max(variance, mode.variance))
        else:
            # Not faster than tiers decay, so that what is no more than rounding stays that.
            kept = self.width * np.exp(-2 * mode.rate * (now - self._followed_at))
            width = max(variance, self._narrow, kept)
        if self.width < width or width * self._growth <= self.width:
            x = self._in_scale(x, width)
            self._followed_at = now
        return x

    def _in_scale(self, x: np.ndarray, width: float) -> np.ndarray:
        """The unknowns in another scale; at the start those of tier 0 alone, which have none."""
        x = x * (self.width / width) ** (self.generator.tier / 2)
        self._rescale(width)
        return x

    def _largest_rate(self) -> float:
        driven = self.piece.mean * row_sum(self.terms.drive)
        return row_sum(self._constant) + driven + row_sum(self._up) * self.width

    def _narrowest(self) -> float:
        """The square of the scale, at least, however little the field fluctuates.

        While it fluctuates less than that, errors are amplified on their way down, by less than e
        without back-action: a field that fills drives the emitters until the scale has grown, and
        one that decays until it is gone. With back-action nothing is gained below a quantum.
        """
        begin, limit = self.piece.variance, max(self.piece.mode.variance, 0.0)
        rate, speed = self.piece.mode.rate, row_sum(self.terms.down)
        if self.terms.backaction.nnz or max(begin, limit) <= 0:
            return 1.0
        if speed == 0:
            return max(begin, limit)
        if limit > begin:
            return float(min(limit, (speed / (2 * rate * (limit - begin))) ** (-2 / 3)))
        return float(min(begin, max(limit, (rate / speed) ** 2)))

    def _rescale(self, width: float) -> None:
        """Take tiers of the scale s^2 = width."""
        self.width, s, terms = width, np.sqrt(width), self.terms
        self._constant = sparse.csr_array(
            terms.constant + s * terms.down + terms.backaction * (1 / s)
        )
        self._up = terms.up * (1 / s)

    def _series(self, x: np.ndarray, now: float, step: float) -> np.ndarray:
        """The terms of the Taylor series at a time after it by one step, (order + 1, n)."""
        terms, piece, rate = self.terms, self.piece, self.piece.mode.rate
        drive = piece.mean_at(now) * _exponential(rate * step)
        limit = piece.mode.variance
        filled = (piece.variance_at(now) - limit) * _exponential(2 * rate * step)
        filled[0] += limit
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
