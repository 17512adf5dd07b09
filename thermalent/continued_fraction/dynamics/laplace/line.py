r"""Functions of time from a few samples of their Laplace transforms on one line.

$$f(t) = \frac{1}{2\pi i} \int_{\sigma - i\infty}^{\sigma + i\infty} e^{zt} F(z)\, dz \approx
  \sum_k c_k\, e^{p_k t}, \qquad \sigma = 1/T$$

A sum of poles that follows F along the line right of all its singularities gives f at every time up
to T: with F off by dF, f is off by no more than \(\frac{e}{2\pi} \int |dF|\, d\omega\). Contours
around the origin have to pass whatever turns while it decays; the line does not, and neither does
it take new samples for every decade of time. They are worth it where each of them is dear.

New samples are taken where two sums of different length differ most, and in the widest gaps. The
sum is accepted when it has foretold several of them. What a sample costs decides nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.dynamics.laplace.inversion import (
    ExponentialSum,
    Response,
    at_nodes,
)
from thermalent.numerics.rational_fit import PoleSum, common_poles, mirrored, with_residues

_AT_FIRST = 1.5  # samples per factor of ten
_FLAT = 1e-2  # of the value at time zero: z F this close to it ends the line at high frequencies
_HIGHEST = 1e8  # in units of the largest rate, whatever F does
_BEYOND = 30.0  # of the last sample: how far up more may be taken
_CANDIDATES = 16  # per factor of ten, where more may be taken
_TAKEN = 1.0 / _CANDIDATES  # relative distance from a sample within which no other is taken
_MOST = 90  # samples
_FORETOLD = 4  # new samples in a row that a sum has to foretell
_CHECKED = 4  # samples with other tiers and roundings at the end
_PART = 0.03  # of the tolerance, how far off z F may be: the line is some ten natural scales long
_LEAST = 1e-13  # of the largest value, below which a distance is rounding
# Where samples cost less than a sum, the more of them are taken before the next one the farther off
# the last one was: two for each factor of ten.
_PER_DIGIT, _MORE = 2.0, 6
_RIGHT = 0.5  # poles are left of this part of sigma


class LineSum(NamedTuple):
    """The function of time and its error.

    Args:
        sum: It.
        error: Its error at any time up to T, the largest element.
        samples: How many transforms were taken.
        support: Frequencies of those that a similar function needs too.
        foretold: Whether it foretold the last samples; if not, there were too few.
    """

    sum: ExponentialSum
    error: float
    samples: int
    support: np.ndarray
    foretold: bool


def along_a_line(
    response: Response,
    last: float,
    start: np.ndarray,
    *,
    rate: float,
    depth: int,
    deeper: int,
    tolerance: float,
    real: bool,
    report: Callable[[str], None],
) -> LineSum:
    """The function at all times up to `last`.

    Args:
        response: Its Laplace transform.
        last: T.
        start: Its value at time zero, (n,).
        rate: The largest rate of the emitters.
        depth: Tiers of the samples at the end, which show what tiers leave out.
        deeper: Tiers of all other samples, more than these.
        tolerance: Error allowed in the largest element.
        real: Whether it is real.
        report: What to tell of the progress.
    """
    return _Line(response, last, start, rate, depth, deeper, tolerance, real, report).found()


class _Line:
    """One line and the samples on it."""

    def __init__(
        self,
        response: Response,
        last: float,
        start: np.ndarray,
        rate: float,
        depth: int,
        deeper: int,
        tolerance: float,
        real: bool,
        report: Callable[[str], None],
    ) -> None:
        self.response, self.start, self.rate = response, start, rate
        self.depth, self.deeper, self.real, self.report = depth, deeper, real, report
        self.sigma, self.tolerance = 1.0 / last, tolerance
        self.points: list[complex] = []
        self.values: list[np.ndarray] = []
        self.one_sided = True
        self.support = np.zeros(0)

    def found(self) -> LineSum:
        """The sum and its error."""
        top = self._first_samples()
        largest = max(
            float(np.max(np.abs(z * value)))
            for z, value in zip(self.points, self.values, strict=True)
        )
        scale = max(largest, float(np.max(np.abs(self.start), initial=0.0)))
        allowed = max(_PART * self.tolerance, _LEAST * scale)
        grid = self._candidates(top)
        while True:
            sums, missed = self._foretelling(grid, allowed)
            off, omega = self._checked(grid, sums)
            missed = max(missed, off)
            if missed <= 2 * allowed or self._used_up(grid):
                break
            if self._distance(sums, self._sample(omega)) <= 2 * allowed:
                break  # other tiers are off there, and no other sum would help
        error = self._bound(missed)
        factors = sums.residues.real if self.real and not np.any(sums.poles.imag) else sums.residues
        found = ExponentialSum(sums.poles, factors, self.real)
        samples = len(self.points) + _CHECKED
        rounding = found.rounding(np.array([1.0 / self.sigma]))
        return LineSum(found, error + rounding, samples, self.support, not self._used_up(grid))

    def _foretelling(self, grid: np.ndarray, allowed: float) -> tuple[PoleSum, float]:
        """A sum that foretells new samples, and by how much z F was off there."""
        better, foretold, missed, more = self._fitted(allowed), 0, allowed, 0
        while foretold < _FORETOLD and not self._used_up(grid):
            wanted = self._wanted(grid, *better, more)
            off = [self._distance(better[1], sample) for sample in self._sample_all(wanted)]
            self.report(f"{len(self.points)} samples on a line")
            if max(off) <= 2 * allowed:
                foretold, missed = foretold + len(off), max(missed, *off)
            else:
                better, foretold, missed = self._fitted(allowed), 0, allowed
                if not self.response.work:
                    digits = np.log10(max(max(off) / allowed, 1.0))
                    more = min(int(_PER_DIGIT * digits), _MORE)
        return better[1], missed

    def _first_samples(self) -> float:
        """Samples from the axis up to where z F is flat; returns the last frequency."""
        seeds = self.response.seeds
        if seeds.size:
            self.one_sided = bool(np.all(seeds >= 0))
            self._sample_all(seeds.tolist())
            return max(float(np.max(np.abs(seeds))), self.rate)
        self._sample(0.0)
        omega, scale = max(self.rate, 4 * self.sigma), float(np.max(np.abs(self.start)))
        first = self._sample(omega)
        below = self._transform(complex(self.sigma, -omega), self.deeper)
        size = float(np.max(np.abs(self.values[first])))
        self.one_sided = self.real or bool(
            np.max(np.abs(below - self.values[first].conj())) <= _LEAST * size
        )
        if not self.one_sided:
            self._keep(complex(self.sigma, -omega), below)
        count = max(4, int(np.ceil(_AT_FIRST * np.log10(omega / self.sigma))))
        first_ones = np.geomspace(self.sigma, omega, count)[:-1].tolist()
        self._sample_all([x for y in first_ones for x in ((y,) if self.one_sided else (y, -y))])
        while omega < _HIGHEST * self.rate:
            at = self._nearest(omega)
            away = np.max(np.abs(self.points[at] * self.values[at] - self.start))
            if away <= _FLAT * scale:
                break
            omega *= 10 ** (1 / _AT_FIRST)
            self._both(omega)
        return omega

    def _both(self, omega: float) -> None:
        self._sample(omega)
        if not self.one_sided:
            self._sample(-omega)

    def _nearest(self, omega: float) -> int:
        return int(np.argmin([abs(z.imag - omega) for z in self.points]))

    def _sample(self, omega: float) -> int:
        """Take a sample, unless there is one; its number."""
        z = complex(self.sigma, omega)
        if z in self.points:
            return self.points.index(z)
        return self._keep(z, self._transform(z, self.deeper))

    def _sample_all(self, wanted: list[float]) -> list[int]:
        """Take several samples; their numbers."""
        points = np.array([complex(self.sigma, omega) for omega in wanted])
        values = at_nodes(self.response.transform, points, self.deeper)
        return list(map(self._keep, points.tolist(), values))

    def _keep(self, z: complex, value: np.ndarray) -> int:
        self.points.append(z)
        self.values.append(value)
        return len(self.points) - 1

    def _transform(self, z: complex, depth: int, *, other: bool = False) -> np.ndarray:
        transform = self.response.transform
        if other and self.response.redrawn is not None:
            transform = self.response.redrawn
        return np.asarray(transform(z, depth))

    def _candidates(self, top: float) -> np.ndarray:
        """Frequencies at which more samples may be taken."""
        low, high = 0.1 * self.sigma, _BEYOND * top
        count = int(_CANDIDATES * np.log10(high / low))
        grid = np.geomspace(low, high, count)
        return grid if self.one_sided else np.concatenate([-grid[::-1], grid])

    def _fitted(self, allowed: float) -> tuple[PoleSum, PoleSum]:
        """Two sums of different length that follow all samples, the better one last."""
        points, values = np.array(self.points), np.array(self.values)
        if self.one_sided:
            points, values = mirrored(points, values)
        *both, support = common_poles(points, values, allowed)
        self.support = support.imag[support.imag >= 0] if self.one_sided else support.imag
        shorter, longer = (
            with_residues(poles[poles.real < _RIGHT * self.sigma], points, values, self.start)
            for poles in both
        )
        return shorter, longer

    def _wanted(
        self, grid: np.ndarray, shorter: PoleSum, longer: PoleSum, more: int
    ) -> list[float]:
        """Where two sums differ most, away from all samples, and the middle of the widest gap.

        Of the former one place, and so many more.
        """
        apart = self._apart(grid)
        z = self.sigma + 1j * grid
        differ = np.abs(z) * np.max(np.abs(longer.at(z) - shorter.at(z)), axis=1)
        found: list[float] = []
        while len(found) < 2 + more and np.any(apart > _TAKEN):
            last = len(found) == 1 + more
            worth = apart * (np.abs(grid) <= self._highest()) if last else differ
            found.append(float(grid[int(np.argmax(np.where(apart > _TAKEN, worth, -1.0)))]))
            apart = np.minimum(apart, np.abs(grid - found[-1]) / np.abs(grid))
        return found

    def _apart(self, grid: np.ndarray) -> np.ndarray:
        """Of each frequency the distance from the next sample, relative to it."""
        taken = np.array([z.imag for z in self.points])
        return np.min(
            np.abs(np.subtract.outer(grid, taken)) / np.abs(grid)[:, None], axis=1, initial=np.inf
        )

    def _used_up(self, grid: np.ndarray) -> bool:
        """Whether there are as many samples as may be, or no frequency is left for another.

        A frequency that is taken twice leaves a fraction the freedom to be zero over zero.
        """
        return len(self.points) >= _MOST or not np.any(self._apart(grid) > _TAKEN)

    def _highest(self) -> float:
        return max(abs(z.imag) for z in self.points)

    def _distance(self, sums: PoleSum, sample: int) -> float:
        z = self.points[sample]
        return float(abs(z) * np.max(np.abs(sums.at(np.array([z]))[0] - self.values[sample])))

    def _checked(self, grid: np.ndarray, sums: PoleSum) -> tuple[float, float]:
        """How far z F is off at some samples with other tiers and another rounding, and where."""
        inside = grid[np.abs(grid) <= self._highest()]
        share = (np.arange(_CHECKED) + 0.5) / _CHECKED
        found = []
        for omega in np.quantile(inside, share, method="nearest").tolist():
            z = complex(self.sigma, omega)
            value = self._transform(z, self.depth, other=True)
            away = float(np.max(np.abs(sums.at(np.array([z]))[0] - value)))
            found.append((abs(z) * away, omega))
        return max(found)

    def _bound(self, off: float) -> float:
        """The error of the function, from the distance of z F."""
        length = np.log(self._highest() / self.sigma) + 2.0  # beyond its ends the weight falls
        return float(math.e / math.pi * length * off)
