r"""Functions of time from the hierarchy: Chebyshev steps for short times, contours for long ones.

A contour for times around T misses the poles p of the resolvent with |Im p| beyond a few N/T. That
is an error of size exp(Re p t), and more nodes do not show it. So the contours form a chain: the
first must agree with those steps at several times, and each further one, for three times
longer times, with the one before where they overlap. A pole that one of them is first to miss shows
up there, at a time when it matters more than ever after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import Levels
from thermalent.continued_fraction.chain.fraction import fold
from thermalent.continued_fraction.dynamics.chebyshev import Propagator
from thermalent.numerics.inverse_laplace import hyperbola
from thermalent.support.progress import working

SPAN = 10.0  # a contour serves the times from T to this times T
_SHIFT = 3.0  # T of the next contour over that of this one
_OVERLAP = np.array([1.0, 1.37, 1.9])  # where the first contour meets the steps, in T
LAST_MARK = float(_OVERLAP[-1])
_MORE_NODES = 1.35
_MOST_NODES = 54  # in the upper half plane; more would lose digits to exp(Re z t)
_FIRST_DEPTH = 16
# Where the first contour is tried: what it misses has fallen to the tolerance at about this rate.
_FIRST_RATE = 0.75  # in units of the largest rate of the emitters
_ROUNDING = 1e-13

# The Laplace transform at z with the levels up to a depth, (n,).
Transform = Callable[[complex, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Values over time, their errors, how many times were stepped, and the highest level used."""

    values: np.ndarray  # (t, n)
    error: np.ndarray  # (t,)
    stepped: int
    depth: int


class Runs(Protocol):
    """What steps from one start: two runs of it have different levels and steps."""

    @property
    def rate(self) -> float:
        """The largest rate of the emitters."""
        ...

    def run(self, limit: float, growth: float) -> Runner:
        """A run that keeps what arrives at its top with an amplitude above `limit`."""
        ...


class Runner(Protocol):
    """One run, forwards in time."""

    @property
    def level(self) -> int:
        """The highest level in use."""
        ...

    def to(self, time: float) -> np.ndarray:
        """The values at a time not before the last."""
        ...


class Steps:
    """exp(L t) on a start, forwards in time, read out where asked.

    Args:
        chain: The levels.
        start: The vector X from level 0 up as far as it goes.
        depth: Highest level that the steady state needs; twice as many are allowed.
        read: Picks the values from X.
    """

    def __init__(
        self,
        chain: Levels,
        start: np.ndarray,
        depth: int,
        read: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.most = 2 * depth + 64
        self.at = offsets(chain, self.most)
        self.propagator = Propagator(assemble(chain, self.most))
        self.start, self.read = start, read
        self.rate = largest_rate(chain)

    def run(self, limit: float, growth: float) -> Run:
        """A run that adds a part `growth` of its levels where the top would exceed `limit`."""
        return Run(self, limit, growth)


class Run:
    """One run of `Steps`, at its own time."""

    def __init__(self, steps: Steps, limit: float, growth: float) -> None:
        self.steps, self.limit, self.growth, self.now = steps, limit, growth, 0.0
        dtype = np.result_type(steps.start, steps.propagator.matrix.dtype)
        self.y = np.zeros(steps.at[-1], dtype=dtype)
        self.y[: len(steps.start)] = steps.start
        filled = int(np.searchsorted(steps.at, len(steps.start)))
        self.level = min(max(_FIRST_DEPTH, filled), steps.most)

    def to(self, time: float) -> np.ndarray:
        """The values at a time not before the last."""
        if time < self.now:
            raise ValueError(f"A run at t = {self.now:g} cannot go back to t = {time:g}.")
        at, most = self.steps.at, self.steps.most
        while self.now < time:
            left = time - self.now
            top = at[self.level + 1] - at[self.level - 1]
            passed, full = self.steps.propagator.advance(
                self.y, left, at[self.level + 1], top, self.limit
            )
            self.now = time if passed >= left * (1 - 1e-12) else self.now + passed
            if full:
                if self.level == most:
                    self.limit = np.inf  # deeper than a steady state needs: the error will tell
                self.level = min(self.level + max(4, int(self.growth * self.level)), most)
        return self.steps.read(self.y).copy()


@dataclass(frozen=True, eq=False)
class Inverter:
    """Inverse Laplace transforms with an error from other nodes and other depths."""

    transform: Transform
    depth: int
    tolerance: float
    real: bool

    def window(self, first: float) -> Window:
        """A contour for the times from `first` to `SPAN * first`."""
        # The midpoint rule gains about one digit in 2.3 nodes.
        count = max(8, int(np.ceil(-np.log(self.tolerance))))
        sums = [self._weighted(first, count, self.depth)]
        probe = first * np.geomspace(1.0, SPAN, 5)
        error = np.inf
        while count < _MOST_NODES:
            count = int(np.ceil(_MORE_NODES * count))
            # More nodes and more levels at once: the difference shows whichever is not enough.
            sums.append(self._weighted(first, count, self.depth + self.depth // 4 + 2))
            before = error
            error = float(np.max(np.abs(sums[-1].at(probe) - sums[-2].at(probe))))
            if error <= self.tolerance / 4 or error > before / 4:
                break  # good enough, or more nodes do not help
        return Window(sums[-1], error + _ROUNDING)

    def _weighted(self, first: float, count: int, depth: int) -> ExponentialSum:
        contour = hyperbola(first, SPAN * first, count)
        upper = np.array([self.transform(complex(z), depth) for z in contour.nodes])
        if self.real:
            lower = upper.conj()
        else:
            lower = np.array([self.transform(complex(z).conjugate(), depth) for z in contour.nodes])
        weights = contour.weights[:, None]
        return ExponentialSum(
            np.concatenate([contour.nodes, contour.nodes.conj()]),
            np.concatenate([weights * upper, -weights.conj() * lower]) / 2j,
            self.real,
        )


@dataclass(frozen=True, eq=False)
class ExponentialSum:
    """sum_k f_k exp(z_k t)."""

    nodes: np.ndarray  # (k,)
    factors: np.ndarray  # (k, n)
    real: bool

    def at(self, times: np.ndarray) -> np.ndarray:
        """Values at times, (t, n)."""
        values = np.exp(np.multiply.outer(times, self.nodes)) @ self.factors
        return values.real if self.real else values


@dataclass(frozen=True, eq=False)
class Window:
    """A contour's values and its own error."""

    sum: ExponentialSum
    error: float


def level_zero(chain: Levels, b: np.ndarray) -> Transform:
    """(z - L)^{-1} at level 0 for a start b at level 0, by the fraction."""
    a = chain.a[0][: chain.ground, : chain.ground]
    identity = np.eye(chain.ground)

    def transform(z: complex, depth: int) -> np.ndarray:
        return np.linalg.solve(z * identity - a - fold(chain, z, depth), b)

    return transform


def largest_rate(chain: Levels) -> float:
    """The largest rate of the emitters alone."""
    return max(float(np.max(np.abs(block), initial=0.0)) for block in chain.a)


def first_contour(tolerance: float, rate: float) -> float:
    """The T where a contour is first tried, from the largest rate of the emitters."""
    return -np.log(tolerance) / (_FIRST_RATE * rate) if rate > 0 else np.inf


def relax(times: np.ndarray, tolerance: float, steps: Runs, inverter: Inverter) -> Relaxed:
    """Values at increasing times >= 0 to an absolute tolerance, each with its error."""
    # What a truncated level would send back down falls like the square of what it holds.
    level = float(np.sqrt(tolerance))
    runs = steps.run(3e-3 * level, 1 / 3), steps.run(3e-2 * level, 1 / 5)
    values: list[np.ndarray] = []
    errors: list[float] = []

    # Two runs may happen to keep the same levels; the square of the larger limit covers that.
    least = 1e-3 * tolerance + _ROUNDING

    def step_to(time: float) -> tuple[np.ndarray, float]:
        fine, coarse = runs[0].to(time), runs[1].to(time)
        return fine, 2 * float(np.max(np.abs(fine - coarse))) + least

    with working("time evolution") as report:
        first = first_contour(tolerance, steps.rate)
        while len(values) < len(times):
            # Step to where the contour is tried, or to the end.
            marks = first * _OVERLAP
            stepped = {}
            for time in sorted({*marks, *times[len(values) :][times[len(values) :] <= marks[-1]]}):
                if time > times[-1]:
                    break
                stepped[time] = step_to(time)
                report(f"stepping, t = {time:.3g}")
            for time in times[len(values) :][times[len(values) :] <= marks[-1]]:
                values.append(stepped[time][0])
                errors.append(stepped[time][1])
            if len(values) == len(times):
                break
            window = inverter.window(first)
            mismatch = np.max(np.abs(window.sum.at(marks) - [stepped[t][0] for t in marks]))
            error = window.error + float(mismatch) + max(stepped[t][1] for t in marks)
            if error > tolerance:
                first *= 2.0  # beyond the last mark: steps only go forwards
                continue
            found, reached = _chain(times[len(values) :], first, window, error, inverter, report)
            by_contour = len(found)
            values.extend(value for value, _ in found)
            errors.extend(error for _, error in found)
            if by_contour and len(values) == len(times):
                return Relaxed(
                    np.array(values), np.array(errors), len(times) - by_contour, inverter.depth
                )
            first = reached  # the chain broke: step on from there
    return Relaxed(np.array(values), np.array(errors), len(times), runs[0].level)


def _chain(
    times: np.ndarray,
    first: float,
    window: Window,
    error: float,
    inverter: Inverter,
    report: Callable[[str], None],
) -> tuple[list[tuple[np.ndarray, float]], float]:
    """Values and errors by a chain of contours, as far as its links agree; and the next T."""
    found: list[tuple[np.ndarray, float]] = []
    while True:
        # The next contour takes over where it begins.
        here = times[len(found) :][times[len(found) :] <= _SHIFT * first]
        found.extend((value, error) for value in (window.sum.at(here) if here.size else ()))
        if len(found) == len(times):
            return found, first
        following = inverter.window(_SHIFT * first)
        overlap = first * np.geomspace(_SHIFT, SPAN, 4)
        mismatch = np.max(np.abs(following.sum.at(overlap) - window.sum.at(overlap)))
        first *= _SHIFT
        if following.error + float(mismatch) > 2 * inverter.tolerance:
            return found, first
        error = following.error + float(mismatch) + error
        window = following
        report(f"contour, t = {first:.3g}")
