"""One run through a schedule, with all tiers up to a fixed one: steps, and contours where long."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.dynamics.chebyshev import Propagator
from thermalent.continued_fraction.dynamics.relaxation import first_contour, largest_rate
from thermalent.continued_fraction.switching.contours import ContourChain, TierResolvent
from thermalent.continued_fraction.switching.generators import ScheduleTiers
from thermalent.continued_fraction.switching.reference import SourceStretch

# Multiplications from which on the layout of runs of elements pays, which takes time to find.
_LAID_OUT = 3e6
# A contour begins where steps confirm it. If they do not, the next trial is this many times later,
# as long as that is within this part of the stretch.
_LATER, _LATEST = 1.5, 0.6
_SAMPLES = 4.0  # of the rounding that the largest difference may have


class ContourStart(NamedTuple):
    """Where the contours of a piece begin.

    Args:
        time: Since its last stretch began; infinite if there are steps only.
        missed: What the contours miss, at most.
    """

    time: float
    missed: float


_STEPS_ONLY = ContourStart(np.inf, 0.0)
# What is read of the lowest tiers of a stretch: rows that multiply them, (values, unknowns).
TierReading = Callable[[SourceStretch], np.ndarray]


class ScheduleRun:
    """The tiers of one total charge, from time zero to the last time.

    Args:
        tiers: Generators and initial vector.
        last: The highest tier of the hottest stretch.
        factor: Of the norm of the generators: another length of the steps, another rounding.
        folded: The generators whose resolvents the contours take, which may be rounded differently.
        missed: What the contours of a piece may miss.
        nodes: Of each contour, in the upper half plane.
        starts: Where contours begin in the last stretch of each piece, from an earlier run; if not
            given, it is found, and stands here afterwards.
        report: Is told how far it is.
        reading: What is read at each time; if not given, tier 0.
    """

    def __init__(
        self,
        tiers: ScheduleTiers,
        last: int,
        factor: float,
        *,
        folded: ScheduleTiers,
        missed: float,
        nodes: int,
        starts: dict[int, ContourStart] | None,
        report: Callable[[str], None],
        reading: TierReading | None = None,
    ) -> None:
        self.tiers, self.folded = tiers.up_to(last), folded.up_to(last)
        self.last, self.factor, self.report = last, factor, report
        self.allowed, self.nodes = missed, nodes
        self.known, self.starts = starts, {} if starts is None else starts
        self.y = self.tiers.start(last)
        size = tiers.first.tier0_size
        self.reading = reading or (lambda stretch: np.eye(size))
        self.rounding = 0.0

    def values(self, times: np.ndarray) -> np.ndarray:
        """What is read at increasing times >= 0, (t, values)."""
        found: list[np.ndarray] = []
        begin, done, stretches = 0.0, 0, self.tiers.stretches
        for number, stretch in enumerate(stretches):
            end = begin + stretch.length
            if number + 1 == len(stretches):
                end = max(end, float(times[-1]))  # but for rounding they are the same
            inside = int(np.searchsorted(times, end, side="right"))
            marks = np.maximum(times[done:inside] - begin, 0.0)
            found.append(self._crossed(number, marks, end - begin))
            if number + 1 < len(stretches):
                self.y = self.tiers.leaped(self.y, stretch, stretches[number + 1], self.last)
            begin, done = end, inside
        return np.concatenate(found)

    @property
    def missed(self) -> float:
        """What the contours of all pieces miss, at most."""
        return sum(start.missed for start in self.starts.values())

    def _crossed(self, number: int, marks: np.ndarray, length: float) -> np.ndarray:
        """What is read since a stretch began, (t, values); y is at its end afterwards."""
        if length <= 0:
            rows = self.reading(self.tiers.stretches[number])
            return np.tile(rows @ self.y[: rows.shape[1]], (len(marks), 1))
        stretch = _Stretch(self, self.tiers.stretches[number], length)
        piece = stretch.stretch.piece
        if self.known is None and stretch.alone:
            self.starts[piece] = stretch.found()
        first = self.starts.get(piece, _STEPS_ONLY).time if stretch.alone else np.inf
        values, self.y = stretch.to_the_end(marks, first)
        self.rounding = float(np.hypot(self.rounding, stretch.rounding))
        return values


class _Stretch:
    """A time over which the generator does not change."""

    def __init__(self, run: ScheduleRun, stretch: SourceStretch, length: float) -> None:
        self.run, self.stretch, self.length, self.begin = run, stretch, length, run.y
        self.piece = run.tiers.pieces[stretch.piece]
        self.alone = stretch.reference == self.piece.modes[0].variance  # no pairs of tiers
        matrix = run.tiers.generator(stretch, run.last).astype(run.y.dtype)
        self.offset = offsets(run.tiers.first, stretch.tiers(run.last))
        self.propagator = Propagator(matrix, run.factor)
        self.dear = self.propagator.cost(length, len(run.y)) > _LAID_OUT
        if self.dear:
            self.propagator = Propagator(matrix, run.factor, self.offset)
        self.now, self.y, self.rounding = 0.0, run.y.copy(), 0.0
        self._resolvent: TierResolvent | None = None

    def found(self) -> ContourStart:
        """Where contours agree with steps, on all tiers; steps are taken up to there."""
        chain = self.run.tiers.chains[id(self.piece), 0]
        time = first_contour(self.run.allowed, largest_rate(chain))
        allowed = self.run.allowed
        while self._worth_while(time):
            self._step_to(time)
            contours = self._contours(time)
            first = contours.contour(0)
            apart = float(np.max(np.abs(first.at(time) - self.y)))
            apart = max(apart, contours.mismatch() if apart <= allowed else 0.0)
            self.run.report(f"contours from t = {time:.3g} on")
            if apart <= max(allowed, _SAMPLES * (first.rounding(time) + self.rounding)):
                return ContourStart(time, apart)
            time *= _LATER
        return _STEPS_ONLY

    def to_the_end(self, marks: np.ndarray, first: float) -> tuple[np.ndarray, np.ndarray]:
        """What is read at some times, (t, values), and the vector at the end.

        Args:
            marks: Increasing times within the stretch.
            first: Time from which on there are contours.
        """
        rows = self.run.reading(self.stretch)
        size = rows.shape[1]
        if len(marks) and marks[0] < self.now:
            self.now, self.y = 0.0, self.begin.copy()
        values = np.zeros((len(marks), len(rows)), dtype=self.y.dtype)
        contours = self._contours(first) if first < self.length else None
        for i, time in enumerate(marks):
            if contours is None or time < first:
                self._step_to(float(time))
                values[i] = rows @ self.y[:size]
            else:
                values[i] = rows @ contours.serving(time).at(time)[:size]
        if contours is None:
            self._step_to(self.length)
            return values, self.y
        last = contours.serving(self.length)
        self.rounding = float(np.hypot(self.rounding, last.rounding(self.length)))
        return values, last.at(self.length)

    def _worth_while(self, time: float) -> bool:
        """Whether contours from a time on would be quicker than steps."""
        if not self.dear or time > _LATEST * self.length:
            return False
        left = self.propagator.cost(self.length - time, len(self.y))
        contours = self._contours(time)
        return left > contours.cost

    def _contours(self, first: float) -> ContourChain:
        if self._resolvent is None:
            run, stretch = self.run, self.stretch
            self._resolvent = TierResolvent(
                run.folded.generator(stretch, run.last),
                self.offset,
                run.tiers.conserved(stretch.piece),
            )
        return ContourChain(self._resolvent, self.begin, first, self.length, self.run.nodes)

    def _step_to(self, time: float) -> None:
        while self.now < time:
            left = time - self.now
            passed, _ = self.propagator.advance(self.y, left, len(self.y), 1, np.inf)
            self.rounding = float(np.hypot(self.rounding, self.propagator.rounding))
            self.now = time if passed >= left * (1 - 1e-12) else self.now + passed
            self.run.report(f"stepping with {self.run.last} tiers, t = {self.now:.3g}")
