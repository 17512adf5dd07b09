r"""Functions of time from a few samples of their Laplace transforms on one line.

$$f(t) = \frac{1}{2\pi i} \int_{\sigma - i\infty}^{\sigma + i\infty} e^{zt} F(z)\, dz \approx
  \sum_k c_k\, e^{p_k t}, \qquad \sigma = 1/T$$

A sum of poles that follows F along the line right of all its singularities gives f at every time up
to T: with F off by dF, f is off by no more than \(\frac{e}{2\pi} \int |dF|\, d\omega\). Contours
around the origin have to pass whatever turns while it decays; the line does not, and neither does
it take new samples for every decade of time. They are worth it where each of them is dear.

New samples are taken where two fractions of different length differ most, and in the widest
gaps. The longer one is accepted when it has foretold several of them; its poles are those of the
sum. What a sample costs decides only how many are taken at a time.
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
from thermalent.numerics.rational_fit import (
    Barycentric,
    LastTwo,
    PoleSum,
    fractions_through,
    mirrored,
    with_residues,
)

_AT_FIRST = 1.5  # samples per factor of ten
_APART = 1e-2  # logarithms of frequencies of the first samples
_SAME = 1e-6  # of a frequency, within which two samples are one
# Of the value at time zero, or of the largest z F: z F this close to it ends the line upwards.
_FLAT = 1e-2
_HIGHEST = 1e8  # in units of the largest rate, whatever F does
_BEYOND = 30.0  # of the last sample: how far up more may be taken
_STRIDE = 10 ** (1 / 16)  # from one place to the next where more may be taken, there
_BETWEEN = np.array([0.25, 0.5, 0.75])  # places between two samples where one more may be taken
_FORETOLD = 4  # new samples in a row that a sum has to foretell
_CHECKED, _CHECKED_CHEAP = 4, 16  # samples with other tiers and roundings at the end
# Fractions whose sums are tried: where rounding moves their poles, more of them are no better.
_ROUNDS = 4
_PART = 0.02  # of the tolerance, how far off z F may be: the line is some ten natural scales long
_LEAST = 1e-13  # of the largest value, below which a distance is rounding
# Where samples cost less than a fraction, this many times as many are taken at first, a vector of
# them before the next one, and more of them in all.
_DENSER, _MORE, _GAPS = 4, 8, 3
_MOST, _MOST_CHEAP = 90, 200
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
        self.cheap = not response.work
        self.most = _MOST_CHEAP if self.cheap else _MOST
        self.checked = _CHECKED_CHEAP if self.cheap else _CHECKED
        self.last: Barycentric | None = None  # the last fraction

    def found(self) -> LineSum:
        """The sum and its error."""
        top = self._first_samples()
        scale = max(self._largest(), float(np.max(np.abs(self.start), initial=0.0)))
        allowed = max(_PART * self.tolerance, _LEAST * scale)
        for _ in range(_ROUNDS):
            fraction, missed = self._foretelling(top, allowed)
            sums = self._sum(fraction)
            off, omega = self._checked(sums)
            if self.cheap:
                wanted = self._wanted(top, sums, fraction, _MORE - _GAPS, _GAPS)
                self._sample_all([*wanted, *self._narrow(sums, allowed)])
            own = self._furthest(sums)
            missed = max(missed, off, own)
            if missed <= 2 * allowed or len(self.points) >= self.most:
                break
            if max(own, self._distance(sums, self._sample(omega))) <= 2 * allowed:
                break  # other tiers are off there, and no other sum would help
        error = self._bound(missed)
        factors = sums.residues.real if self.real and not np.any(sums.poles.imag) else sums.residues
        found = ExponentialSum(sums.poles, factors, self.real)
        samples = len(self.points) + self.checked
        rounding = found.rounding(np.array([0.0, 1.0 / self.sigma]))
        foretold = len(self.points) < self.most
        return LineSum(found, error + rounding, samples, fraction.support.imag, foretold)

    def _foretelling(self, top: float, allowed: float) -> tuple[Barycentric, float]:
        """A fraction that foretells new samples, and by how much z F was off there."""
        better, foretold, missed = self._fitted(allowed), 0, allowed
        while foretold < _FORETOLD and len(self.points) < self.most:
            many = (_MORE - _GAPS, _GAPS) if self.cheap else (1, 1)
            wanted = self._wanted(top, *better, *many)
            off = [self._distance(better.longer, sample) for sample in self._sample_all(wanted)]
            self.report(f"{len(self.points)} samples on a line")
            if max(off, default=0.0) <= 2 * allowed:
                foretold, missed = foretold + len(wanted), max([missed, *off])
            else:
                better, foretold, missed = self._fitted(allowed), 0, allowed
        return better.longer, missed

    def _first_samples(self) -> float:
        """Samples from the axis up to where z F is flat; returns the last frequency."""
        seeds = self.response.seeds
        if seeds.size:
            self.one_sided = bool(np.all(seeds >= 0))
            self._sample_all(seeds.tolist())
            return max(float(np.max(np.abs(seeds))), self.rate)
        self._sample(0.0)
        omega, step = max(self.rate, 4 * self.sigma), 10 ** (1 / _AT_FIRST)
        below = None if self.real else self._transform(complex(self.sigma, -omega))
        upper: list[float] = []
        while not upper or not self._flat(upper[-1]):
            # A vector of them shows what is flat first, and couples to faster rates above.
            upper += (omega * step ** np.arange(_MORE if self.cheap else 1)).tolist()
            self._sample_all(upper[-_MORE if self.cheap else -1 :])
            omega = upper[-1] * step
        if below is not None:
            first = self.values[1]
            off = float(np.max(np.abs(below - first.conj())))
            self.one_sided = off <= _LEAST * float(np.max(np.abs(first)))
            if not self.one_sided:
                self._keep(self.points[1].conjugate(), below)
        end, dense = upper[0], 1
        if self.cheap:
            end, dense = (
                next(y for y in reversed(upper) if y == upper[0] or not self._flat(y)),
                _DENSER,
            )
        count = max(4, math.ceil(dense * _AT_FIRST * math.log10(end / self.sigma)))
        between = np.geomspace(self.sigma, end, count)[:-1]
        apart = np.min(np.abs(np.log(np.divide.outer(between, upper))), axis=1)
        between = between[apart > _APART]
        if not self.one_sided:
            self._sample_all([-y for y in (*upper, *between)])
        self._sample_all(between.tolist())
        return upper[-1]

    def _flat(self, omega: float) -> bool:
        """Whether the line may end at a sample."""
        at = int(np.argmin([abs(z.imag - omega) for z in self.points]))
        away = float(np.max(np.abs(self.points[at] * self.values[at] - self.start)))
        # What is zero at first (pairs of one emitter) has the size of what it becomes.
        scale = max(float(np.max(np.abs(self.start))), self._largest())
        return away <= _FLAT * scale or omega >= _HIGHEST * self.rate

    def _largest(self) -> float:
        """The largest z F of all samples."""
        return float(np.max(np.abs(np.array(self.points)[:, None] * np.array(self.values))))

    def _sample(self, omega: float) -> int:
        """Take a sample, if it is not there; its number."""
        z = complex(self.sigma, omega)
        return self.points.index(z) if z in self.points else self._keep(z, self._transform(z))

    def _sample_all(self, wanted: list[float]) -> list[int]:
        """Take several samples, but none twice; their numbers."""
        new: list[float] = []
        for omega in wanted:
            taken = np.array([z.imag for z in self.points] + new)
            if np.all(np.abs(taken - omega) > _SAME * max(abs(omega), self.sigma)):
                new.append(omega)
        if not new:
            return []
        points = np.array([complex(self.sigma, omega) for omega in new])
        values = at_nodes(self.response.transform, points, self.deeper)
        return list(map(self._keep, points.tolist(), values))

    def _keep(self, z: complex, value: np.ndarray) -> int:
        self.points.append(z)
        self.values.append(value)
        return len(self.points) - 1

    def _transform(self, z: complex) -> np.ndarray:
        return np.asarray(self.response.transform(z, self.deeper))

    def _fitted(self, allowed: float) -> LastTwo:
        """Two fractions of different length that follow all samples, from the last support on."""
        before = self.last
        found = fractions_through(
            np.array(self.points),
            np.array(self.values),
            allowed,
            mirrored=self.one_sided,
            begun=None if before is None else before.support,
        )
        self.last = found.longer
        # Where new weights of the same support do, the last ones are the other fraction.
        return found if before is None or len(found.shorter.support) else LastTwo(before, self.last)

    def _sum(self, fraction: Barycentric) -> PoleSum:
        """The sum of poles that follows all samples, with the poles of a fraction."""
        points, values = np.array(self.points), np.array(self.values)
        if self.one_sided:
            points, values = mirrored(points, values)
        poles = fraction.poles()
        return with_residues(poles[poles.real < _RIGHT * self.sigma], points, values, self.start)

    def _wanted(
        self,
        top: float,
        shorter: Barycentric | PoleSum,
        longer: Barycentric | PoleSum,
        most: int,
        widest: int,
    ) -> list[float]:
        """Where two functions differ most, and the middles of the widest gaps between samples.

        Args:
            top: Where z F is flat.
            shorter: One function.
            longer: The other one.
            most: How many of the former, each between other samples.
            widest: How many of the latter.
        """
        taken = np.sort([z.imag for z in self.points])
        highest = self._highest()
        steps = math.ceil(math.log(_BEYOND * top / highest) / math.log(_STRIDE))
        beyond = highest * _STRIDE ** np.arange(1.0, steps + 1)
        below = beyond[:0] if self.one_sided else -beyond[::-1]
        edges = np.concatenate([below, taken, beyond])
        places = edges[:-1, None] + np.diff(edges)[:, None] * _BETWEEN  # (gaps, 3)
        z = self.sigma + 1j * places.ravel()
        differ = np.abs(z) * np.max(np.abs(longer.at(z) - shorter.at(z)), axis=1)
        differ = np.where(np.isfinite(differ), differ, np.inf).reshape(places.shape)
        best = np.argmax(differ, axis=1)
        gaps = np.argsort(-differ[np.arange(len(best)), best], kind="stable")[:most]
        wide = np.diff(edges) / np.maximum(np.abs(places[:, 1]), self.sigma)
        wide[np.abs(places[:, 1]) > highest] = 0.0
        wide[gaps] = 0.0
        middles = places[np.argsort(-wide, kind="stable")[:widest], 1]
        return [*places[gaps, best[gaps]].tolist(), *middles.tolist()]

    def _highest(self) -> float:
        return max(abs(z.imag) for z in self.points)

    def _distance(self, sums: PoleSum | Barycentric, sample: int) -> float:
        z = self.points[sample]
        return float(abs(z) * np.max(np.abs(sums.at(np.array([z]))[0] - self.values[sample])))

    def _narrow(self, sums: PoleSum, allowed: float) -> list[float]:
        """Where a pole makes a line between samples, in which nothing else would show its error.

        A pole that is none of F, which rounding has put between two samples, is seen nowhere else.
        """
        width = self.sigma - sums.poles.real
        height = np.max(np.abs(sums.residues), axis=1) / width
        taken = np.array([z.imag for z in self.points])
        places = np.abs(sums.poles.imag) if self.one_sided else sums.poles.imag
        apart = np.min(np.abs(np.subtract.outer(places, taken)), axis=1)
        seen = (apart <= 0.5 * width) | (np.hypot(self.sigma, places) * height <= allowed)
        order = np.argsort(places[~seen], kind="stable")
        found, near = places[~seen][order], 0.5 * width[~seen][order]
        return found[np.diff(found, prepend=-np.inf) > near].tolist()

    def _furthest(self, sums: PoleSum) -> float:
        """How far z F is off at the samples, and at infinity."""
        points = np.array(self.points)
        away = np.max(np.abs(sums.at(points) - np.array(self.values)), axis=1)
        ends = float(np.max(np.abs(np.sum(sums.residues, axis=0) - self.start), initial=0.0))
        return max(ends, float(np.max(np.abs(points) * away)))

    def _checked(self, sums: PoleSum) -> tuple[float, float]:
        """How far z F is off at some places with other tiers and another rounding, and where."""
        highest, share = self._highest(), (np.arange(self.checked) + 0.5) / self.checked
        places = 0.1 * self.sigma * (highest / (0.1 * self.sigma)) ** share
        if not self.one_sided:
            places[::2] *= -1
        redrawn = self.response.redrawn or self.response.transform
        z = self.sigma + 1j * places
        off = np.abs(z) * np.max(np.abs(sums.at(z) - at_nodes(redrawn, z, self.depth)), axis=1)
        worst = int(np.argmax(off))
        return float(off[worst]), float(places[worst])

    def _bound(self, off: float) -> float:
        """The error of the function, from the distance of z F."""
        length = np.log(self._highest() / self.sigma) + 2.0  # beyond its ends the weight falls
        return float(math.e / math.pi * length * off)
