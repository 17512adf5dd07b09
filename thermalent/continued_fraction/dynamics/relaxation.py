r"""Functions of time from the hierarchy: Chebyshev steps for short times, contours for long ones.

Where steps to the first contour, or the transforms on contours, would take long, a sum of poles
that follows the transform along a line is tried before (`line`). What it might have missed, a
narrow line between two samples, would show at early times, to which steps go in any case.

A contour for times around T misses the poles p of the resolvent with |Im p| beyond a few N/T. That
is an error of size exp(Re p t), and more nodes do not show it. So the contours form a chain: the
first must agree with those steps at several times, and each further one, for four times
longer times, with the one before where they overlap. A pole that one of them is first to miss shows
up there, at a time when it matters more than ever after.

Where they do not agree, poles near the imaginary axis are looked for, which get contours of their
own. The chain ends where the function stays at its limit throughout a window: what is left then
decays, and every later time has the limit. Long runs of steps end likewise.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter, Window
from thermalent.continued_fraction.dynamics.laplace.line import LineSum, along_a_line
from thermalent.continued_fraction.dynamics.steps import Report, Runner, Runs
from thermalent.support.progress import working

_SHIFT = 0.6  # T of the next contour over that of this one, as a power of the span
_OVERLAP = np.array([1.0, 1.37, 1.9])  # where the first contour meets the steps, in T
LAST_MARK = float(_OVERLAP[-1])
# Time of the first contour: the part that it misses falls to the tolerance at about this rate.
_FIRST_RATE = 0.75  # in units of the largest rate of the emitters
_LEAST = 4 * float(np.finfo(float).eps)  # of the largest value, what the last step rounds
_ROUNDING = 1e-13
# Redrawn roundings are one sample of what they may be.
_SAMPLES = 4.0
# Standard deviations of the rounding of many steps that the error counts. Roundings of successive
# steps are not quite independent: in the audit one evolution in some thousand exceeded four.
_DEVIATIONS = 8.0
# Multiplications: about half a minute, which is announced, and about an hour, which is refused.
ANNOUNCED, REFUSED = 3e10, 4e12
# Steps that take a tenth of a second, after which contours are tried if all steps would be dear.
_QUICK = 1e8
# Steps that are taken however late the times: they take no longer than contours, and lose less.
_STEPPED = 1e8
# Steps that take as long as a line of some 60 transforms, and as a contour of 150 with its other
# nodes and roundings, in multiplications of one transform: those of steps take about twenty times
# as long each, 6 to 33 measured, as those of blocks.
_LIKE_A_LINE, _LIKE_A_CONTOUR = 3.0, 7.5
# Steps that take so long that they are compared with the limit, at times that double each time.
_LONG_STEPS = 1e7
# A few seconds, which are only spent where the error would otherwise be larger than this, in
# tolerances.
_CHEAP, _ENOUGH = 3e9, 30.0
# Steps, and a transform, that take so long that a line is tried instead; steps that it is compared
# with, and where; contours that are tried where it does not reach the tolerance, with some hundred
# transforms.
_DEAR_STEPS, _DEAR_TRANSFORM = 1e9, 1e6
_COMPARED, _ON_LINE = 2e8, np.array([0.3, 0.55, 0.8, 1.0])
_CONTOURS, _TRANSFORMS = 5e10, 400.0
# Lines with more and more tiers, as long as each gains this much.
_DEEPER, _WORTH_TIERS = 5, 0.5
_USEFUL = 0.1  # of the first values: a larger error says nothing


@dataclass(frozen=True, eq=False)
class RelaxationResult:
    """Values over time, their errors and the work.

    Args:
        values: Values, (t, n); not finite where it would have taken too long.
        error: Their errors, (t,).
        stepped: How many times were stepped.
        depth: The highest tier used.
        refused: Multiplications that the rest would have taken, where that was too many.
        support: Frequencies of a line that a similar function needs too; none without a line.
    """

    values: np.ndarray
    error: np.ndarray
    stepped: int
    depth: int
    refused: float = 0.0
    support: np.ndarray = field(default_factory=lambda: np.zeros(0))


def _shift(window: Window) -> float:
    """T of the next contour over that of this one."""
    return float(window.span**_SHIFT)


def first_contour(tolerance: float, rate: float) -> float:
    """The T where a contour is first tried, from the largest rate of the emitters."""
    return -np.log(tolerance) / (_FIRST_RATE * rate) if rate > 0 else np.inf


def relax(
    times: np.ndarray,
    tolerance: float,
    steps: Runs,
    inverter: Inverter,
    *,
    line_first: bool = False,
) -> RelaxationResult:
    """Values at increasing times >= 0 to an absolute tolerance, each with its error.

    Args:
        times: The times, (t,).
        tolerance: Error allowed in the values.
        steps: The function by steps.
        inverter: The same by its transform.
        line_first: Whether a sum of poles that reaches the tolerance is enough: it takes less than
            steps and contours, which reach more digits where they are short.
    """
    with working("time evolution") as report:
        relaxation = _Relaxation(times, tolerance, steps, inverter, report)
        if line_first and times.size and times[-1] > 0:
            relaxation.take_line()
        return relaxation.relaxed()


class _Relaxation:
    """One relaxation: steps, then contours, and steps again where contours do not agree."""

    def __init__(
        self, times: np.ndarray, tolerance: float, steps: Runs, inverter: Inverter, report: Report
    ) -> None:
        self.times, self.tolerance, self.inverter, self.report = times, tolerance, inverter, report
        self.steps = steps
        self.at_zero = steps.at_zero
        self.rate = steps.rate
        self.announced = ANNOUNCED
        self.values: list[np.ndarray] = []
        self.errors: list[float] = []
        self.on_line, self.support = 0, np.zeros(0)  # values by a sum of poles
        self.at_limit = 0  # values that were not stepped to, since steps stay at the limit

    @cached_property
    def runs(self) -> tuple[Runner, Runner]:
        """Two runs of steps, which nothing makes before they are needed."""
        return self.steps.two_runs(self.tolerance)

    def take_line(self) -> None:
        """All values by a sum of poles, if that reaches the tolerance."""
        found = self._line()
        if found is None or found.error > self.tolerance:
            return
        if self.times[0] == 0:
            known = self.at_zero()
            self._add([known], _LEAST * float(np.max(np.abs(known), initial=0.0)))
        self.on_line, self.support = len(self._left), found.support
        self._add(found.sum.at(self._left), found.error)

    def relaxed(self) -> RelaxationResult:
        """All values."""
        if not self._left.size:
            return self._result(self.on_line)
        first, by_contour = self._first_try(), 0
        line_tried = False
        while self._left.size:
            if not line_tried and self._wants_line(first):
                line_tried = True
                self._by_line(first)
                by_contour += self.on_line
                first = max(first, *(run.now for run in self.runs))
                continue
            marks = first * _OVERLAP
            cost = self._cost(min(marks[-1], self.times[-1]))
            if cost > REFUSED:
                return self._refused(cost)
            stepped = self._step(marks)
            if not self._left.size:
                break
            window, error = self._tried(first, marks, stepped)
            if window is None:
                first *= 2.0  # beyond the last mark
                continue
            count = len(self.values)
            # Steps only go forwards.
            first = max(self._chain(first, window, error), marks[-1])
            by_contour += len(self.values) - count
        return self._result(by_contour + self.at_limit)

    def _result(self, by_contour: int) -> RelaxationResult:
        """The values, of which so many are by contours, by a line or the limit."""
        depth = self.inverter.depth if by_contour else self.runs[0].tier
        return RelaxationResult(
            np.array(self.values),
            np.array(self.errors),
            len(self.times) - by_contour,
            depth,
            support=self.support,
        )

    def _first_try(self) -> float:
        """The time from which a contour is tried: the emitters' oscillations have decayed by then.

        Steps that follow a source much faster than the emitters would never come that far. What
        such a source leaves decays without oscillating, so that contours may agree much sooner.
        """
        first = first_contour(self.tolerance, self.rate)
        contours = _LIKE_A_CONTOUR * self.inverter.response.work
        filled = sum(run.cost_when_filled(float(self.times[-1])) for run in self.runs)
        if filled <= max(_STEPPED, contours):
            return max(first, float(self.times[-1]))
        end = min(first * LAST_MARK, float(self.times[-1]))
        cost = sum(run.cost(end) for run in self.runs)
        if cost <= _CHEAP:
            return first
        return end / LAST_MARK * _QUICK / cost

    def _wants_line(self, first: float) -> bool:
        """Whether steps to the first contour, or the transforms on contours, would take long."""
        end = float(self.times[-1])
        filled = sum(run.cost_when_filled(min(first * LAST_MARK, end)) for run in self.runs)
        if filled > max(_DEAR_STEPS, _LIKE_A_LINE * self.inverter.response.work):
            return True
        return self.inverter.response.work > _DEAR_TRANSFORM and end > first * LAST_MARK

    def _by_line(self, first: float) -> None:
        """All values that are left by a sum of poles, if it is as good as contours would be."""
        end = min(first * LAST_MARK, float(self.times[-1]))
        filled = sum(run.cost_when_filled(end) for run in self.runs)
        now = max(run.now for run in self.runs)
        until = max(now, end * min(1.0, _COMPARED / max(filled, 1.0)))
        stepped = self._step(until * _ON_LINE[until * _ON_LINE >= now])
        if not self._left.size:
            return
        found = self._line()
        if found is None:
            return
        known = np.array(list(stepped))
        away = found.sum.at(known) - np.array([value for value, _ in stepped.values()])
        own = max(error for _, error in stepped.values())
        error = found.error + float(np.max(np.abs(away), initial=0.0)) + own
        contours = _TRANSFORMS * self.inverter.response.work + filled
        allowed = _ENOUGH * self.tolerance if filled > _CHEAP else self.tolerance
        useful = _USEFUL * float(np.max(np.abs(self.at_zero()), initial=0.0))
        if error <= allowed or (contours > _CONTOURS and error <= useful):
            self.on_line, self.support = len(self._left), found.support
            self._add(found.sum.at(self._left), error)

    def _line(self) -> LineSum | None:
        """The sum of poles, with more tiers until it is as good as it should be."""
        inverter, seeds, found = self.inverter, self.inverter.response.seeds, None
        depth, deeper = inverter.depth, inverter.deeper
        for _ in range(_DEEPER if inverter.response.more_with_tiers else 1):
            try:
                following = along_a_line(
                    replace(inverter.response, seeds=seeds),
                    float(self.times[-1]),
                    self.at_zero(),
                    rate=self.rate,
                    depth=depth,
                    deeper=deeper,
                    tolerance=self.tolerance,
                    real=inverter.real,
                    report=self.report,
                )
            except np.linalg.LinAlgError:
                return found
            gain = 0.0 if found is None else following.error / found.error
            found, seeds = following, following.support
            enough = found.error <= self.tolerance or not found.foretold
            if enough or gain > _WORTH_TIERS:
                break
            depth, deeper = deeper, 2 * deeper
        return found

    @property
    def _left(self) -> np.ndarray:
        """The times without a value so far."""
        return self.times[len(self.values) :]

    def _step(self, marks: np.ndarray) -> dict[float, tuple[np.ndarray, float]]:
        """Step to where the contour is tried, or to the end; values and errors at the marks."""
        wanted = self._left[self._left <= marks[-1]]
        probes = self._probes(min(float(marks[-1]), float(self.times[-1])))
        expected = np.union1d(marks[marks <= self.times[-1]], [*wanted, *probes])
        for run in self.runs:
            run.expect(expected)
        stepped: dict[float, tuple[np.ndarray, float]] = {}
        settled = None
        for now in expected.tolist():
            stepped[now] = self._stepped(now)
            settled = self._at_limit(stepped, now) if now in probes[1:] else None
            if settled is not None:
                break
        for time in wanted[wanted <= max(stepped, default=0.0)].tolist():
            self.values.append(stepped[time][0])
            self.errors.append(stepped[time][1])
        if settled is not None:
            self.at_limit = len(self._left)
            self._add([settled[0]] * self.at_limit, settled[1])
        return stepped

    def _probes(self, end: float) -> list[float]:
        """Times at which steps that take long are compared with the limit."""
        first = max(first_contour(self.tolerance, self.rate), *(run.now for run in self.runs))
        if not sum(run.cost(end) for run in self.runs) > _LONG_STEPS:
            return []
        return [first * 2.0**k for k in range(math.ceil(math.log2(max(end / first, 1.0))))]

    def _at_limit(
        self, stepped: dict[float, tuple[np.ndarray, float]], now: float
    ) -> tuple[np.ndarray, float] | None:
        """The limit and its error, if it is all that steps have found since half the time."""
        if self._limit is None:
            return None
        limit, known = self._limit
        recent = [values for time, values in stepped.items() if 2 * time >= now]
        away = max(float(np.max(np.abs(value - limit), initial=0.0)) for value, _ in recent)
        own = max(error for _, error in recent)
        return (limit, away + known) if away <= known + own else None

    @cached_property
    def _limit(self) -> tuple[np.ndarray, float] | None:
        return self.inverter.limit()

    def _stepped(self, time: float) -> tuple[np.ndarray, float]:
        fine, coarse = (run.to(time, self.report) for run in self.runs)
        least = _LEAST * float(np.max(np.abs(fine), initial=0.0))
        least += _DEVIATIONS * self.runs[0].rounding
        return fine, _SAMPLES * float(np.max(np.abs(fine - coarse))) + least

    def _cost(self, time: float) -> float:
        """Multiplications to a time; announced where they take long."""
        cost = sum(run.cost(time) for run in self.runs)
        if self.announced < cost <= REFUSED:
            self.announced = 4 * cost
            warnings.warn(
                f"The evolution to t = {time:.3g} takes about {cost:.0e} multiplications (1e9 take "
                "about a second), because contours do not resolve its weakly damped oscillations.",
                RuntimeWarning,
                stacklevel=6,
            )
        return cost

    def _refused(self, cost: float) -> RelaxationResult:
        """The values so far, where the others would take too long."""
        n = self.runs[0].to(0.0, self.report).shape if not self.values else self.values[0].shape
        count = len(self._left)
        values = [*self.values, *[np.full(n, np.nan)] * count]
        errors = [*self.errors, *[np.inf] * count]
        return RelaxationResult(
            np.array(values), np.array(errors), len(self.values), self.runs[0].tier, cost
        )

    def _tried(
        self, first: float, marks: np.ndarray, stepped: dict[float, tuple[np.ndarray, float]]
    ) -> tuple[Window | None, float]:
        """The first contour and its error, if it agrees with the steps."""
        own = max(stepped[t][1] for t in marks.tolist())
        expected = np.array([stepped[t][0] for t in marks.tolist()])
        while True:
            window = self.inverter.window(first)
            self.report(f"contour, t = {first:.3g}")
            if np.isfinite(window.error):
                mismatch = float(np.max(np.abs(window.sum.at(marks) - expected)))
                error = window.error + mismatch + own
                if error <= max(self.tolerance, _SAMPLES * (window.rounding + own)):
                    return window, error
                cost = sum(run.cost(2 * marks[-1]) for run in self.runs)
                if cost > _CHEAP and error <= _ENOUGH * self.tolerance:
                    return window, error
            if not self.inverter.look_for_poles():
                return None, np.inf

    def _chain(self, first: float, window: Window, error: float) -> float:
        """Values by successive contours while neighbouring ones agree; and the next T."""
        limit = self._limit
        while True:
            # The next contour gives the values from its first time on.
            covered = self._left[self._left <= _shift(window) * first]
            self._add(window.sum.at(covered) if covered.size else (), error)
            if not self._left.size:
                return first
            if limit is not None and self._settled(first, window, error, limit):
                return first
            following, mismatch = self._next(first, window)
            allowed = max(
                2 * self.tolerance, _SAMPLES * (following.rounding + window.rounding + _ROUNDING)
            )
            first *= _shift(window)
            if not following.error + mismatch <= allowed and self._steps_help(first, following):
                return first
            error, window = following.error + mismatch + error, following

    def _steps_help(self, first: float, following: Window) -> bool:
        """Whether to step to where a chain of contours broke, instead of stating a larger error.

        The difference of two contours bounds what the later one misses, so that it may be taken.
        """
        cost = sum(run.cost(first * LAST_MARK) for run in self.runs)
        return cost <= _CHEAP or not np.isfinite(following.error)

    def _next(self, first: float, window: Window) -> tuple[Window, float]:
        """The next contour, and its largest difference from this one where they overlap."""
        shift = _shift(window)
        while True:
            following = self.inverter.window(shift * first)
            self.report(f"contour, t = {shift * first:.3g}")
            mismatch = np.inf
            if np.isfinite(following.error):
                overlap = first * np.geomspace(shift, min(window.span, shift * following.span), 4)
                difference = following.sum.at(overlap) - window.sum.at(overlap)
                mismatch = float(np.max(np.abs(difference)))
            agrees = following.error + mismatch <= 2 * self.tolerance
            if agrees or not self.inverter.look_for_poles():
                return following, mismatch

    def _settled(
        self, first: float, window: Window, error: float, limit: tuple[np.ndarray, float]
    ) -> bool:
        """Whether all later values are the limit; if so, they are added."""
        probe = first * np.geomspace(1.0, window.span, 5)
        away = float(np.max(np.abs(window.sum.at(probe) - limit[0]), initial=0.0))
        known = window.error + limit[1]
        if away > max(self.tolerance / 4, known):
            return False
        inside = self._left[self._left <= window.span * first]
        self._add(window.sum.at(inside) if inside.size else (), error)
        self._add([limit[0]] * len(self._left), away + known)
        return True

    def _add(self, values: Iterable[np.ndarray], error: float) -> None:
        for value in values:
            self.values.append(value)
            self.errors.append(error)
