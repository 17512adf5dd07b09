"""One run through a schedule, with all tiers up to a fixed one: steps, and contours where long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.dynamics.chebyshev import Propagator
from thermalent.continued_fraction.dynamics.relaxation import first_contour
from thermalent.continued_fraction.switching.contours import AllTiersResolvent, ContourChain

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
# What is read of the lowest tiers at a time since a stretch began: rows that multiply them,
# (values, unknowns).
TierReading = Callable[[Any, float], np.ndarray]


class SwitchedStretch(Protocol):
    """A time in which the network does not change."""

    @property
    def piece(self) -> int:
        """Number of the network."""
        ...

    @property
    def length(self) -> float:
        """How long it lasts."""
        ...

    def tiers(self, last: int) -> int:
        """The highest tier in use, where that of the hottest stretch is `last`."""
        ...


class SteppedMotion(Protocol):
    """An equation of motion whose generator depends on time."""

    def cost(self, time: float, y: np.ndarray) -> float:
        """Approximate number of multiplications up to a time, from y at zero."""
        ...

    def stepped(
        self, y: np.ndarray, times: list[float], report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        """The solution at increasing times >= 0, from y at zero."""
        ...


class SwitchedTiers(Protocol):
    """Generators and initial vector of one total charge, behind one mode or several."""

    @property
    def stretches(self) -> Sequence[SwitchedStretch]:
        """The times in which networks do not change, one after the other."""
        ...

    @property
    def tier0_size(self) -> int:
        """Unknowns of tier zero."""
        ...

    def offset(self, last: int) -> np.ndarray:
        """Position of each tier up to `last`, and the size, (last + 2,)."""
        ...

    def start(self, last: int) -> np.ndarray:
        """The initial vector on the tiers of the first stretch."""
        ...

    def leaped(self, y: np.ndarray, before: Any, after: Any, last: int) -> np.ndarray:
        """The vector at the end of one stretch as that at the beginning of the next."""
        ...

    def generator(self, stretch: Any, last: int) -> sparse.csr_array:
        """L of a stretch, on its tiers, where the hottest one has tiers up to `last`."""
        ...

    def motion(self, stretch: Any, last: int) -> SteppedMotion | None:
        """The equation of motion of a stretch whose generator depends on time, or None."""
        ...

    def at_rest(self, stretch: Any) -> bool:
        """Whether the source is stationary, so that L couples neighbouring tiers alone."""
        ...

    def largest_rate(self, stretch: Any) -> float:
        """The largest rate of the emitters alone."""
        ...

    def resolvent(self, stretch: Any, last: int) -> AllTiersResolvent:
        """(z - L)^{-1} of a stretch at rest."""
        ...


class _TooMuch(Exception):
    """More work than is granted."""


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
        granted: Multiplications after which it ends, wherever it is then.
    """

    def __init__(
        self,
        tiers: SwitchedTiers,
        last: int,
        factor: float,
        *,
        folded: SwitchedTiers,
        missed: float,
        nodes: int,
        starts: dict[int, ContourStart] | None,
        report: Callable[[str], None],
        reading: TierReading | None = None,
        granted: float = np.inf,
    ) -> None:
        self.granted, self.spent, self.refused = granted, 0.0, 0.0
        self.tiers, self.folded = tiers, folded
        self.last, self.factor, self.report = last, factor, report
        self.allowed, self.nodes = missed, nodes
        self.known, self.starts = starts, {} if starts is None else starts
        self.y = self.tiers.start(last)
        size = tiers.tier0_size
        self.reading = reading or (lambda stretch, time: np.eye(size))
        self.rounding = 0.0

    def values(self, times: np.ndarray) -> np.ndarray:
        """What is read at increasing times >= 0, (t, values); NaN where the work is not granted."""
        begin, done, stretches = 0.0, 0, self.tiers.stretches
        found = [np.zeros((0, len(self.reading(stretches[0], 0.0))))]
        for number, stretch in enumerate(stretches):
            end = begin + stretch.length
            if number + 1 == len(stretches):
                end = max(end, float(times[-1]))  # but for rounding they are the same
            inside = int(np.searchsorted(times, end, side="right"))
            marks = np.maximum(times[done:inside] - begin, 0.0)
            try:
                found.append(self._crossed(number, marks, end - begin))
            except _TooMuch:
                break
            except np.linalg.LinAlgError:  # steps became too short: tiers lack behind this source
                self.refused = max(self.spent, 1.0)
                break
            if number + 1 < len(stretches):
                self.y = self.tiers.leaped(self.y, stretch, stretches[number + 1], self.last)
            begin, done = end, inside
        known = np.concatenate(found)
        lacking = np.full((len(times) - len(known), known.shape[1]), np.nan)
        return np.concatenate([known, lacking])

    def spend(self, work: float) -> None:
        """Count multiplications before they are done.

        Raises:
            _TooMuch: they are not granted.
        """
        self.spent += work
        if self.spent > self.granted:
            self.refused = self.spent
            raise _TooMuch

    @property
    def missed(self) -> float:
        """What the contours of all pieces miss, at most."""
        return sum(start.missed for start in self.starts.values())

    def _crossed(self, number: int, marks: np.ndarray, length: float) -> np.ndarray:
        """What is read since a stretch began, (t, values); y is at its end afterwards."""
        if length <= 0:
            rows = self.reading(self.tiers.stretches[number], 0.0)
            return np.tile(rows @ self.y[: rows.shape[1]], (len(marks), 1))
        motion = self.tiers.motion(self.tiers.stretches[number], self.last)
        if motion is not None:
            return self._moved(motion, number, marks, length)
        stretch = _Constant(self, self.tiers.stretches[number], length)
        piece = stretch.stretch.piece
        if self.known is None and stretch.alone:
            self.starts[piece] = stretch.found()
        first = self.starts.get(piece, _STEPS_ONLY).time if stretch.alone else np.inf
        self.spend(stretch.left_to_do(first))
        values, self.y = stretch.to_the_end(marks, first)
        self.rounding = float(np.hypot(self.rounding, stretch.rounding))
        return values

    def _moved(
        self, motion: SteppedMotion, number: int, marks: np.ndarray, length: float
    ) -> np.ndarray:
        """The same where the generator depends on time."""
        self.spend(motion.cost(length, self.y))
        stretch, y = self.tiers.stretches[number], self.y
        ends = [*marks.tolist(), length]
        found = []
        for time, y in zip(ends, motion.stepped(self.y, ends, self.report), strict=True):
            rows = self.reading(stretch, time)
            found.append(rows @ y[: rows.shape[1]])
        self.y = y
        return np.array(found)[: len(marks)]


class _Constant:
    """A time over which the generator does not change."""

    def __init__(self, run: ScheduleRun, stretch: Any, length: float) -> None:
        self.run, self.stretch, self.length, self.begin = run, stretch, length, run.y
        self.alone = run.tiers.at_rest(stretch)
        matrix = run.tiers.generator(stretch, run.last).astype(run.y.dtype)
        self.offset = run.tiers.offset(stretch.tiers(run.last))
        self.propagator = Propagator(matrix, run.factor)
        self.dear = self.propagator.cost(length, len(run.y)) > _LAID_OUT
        if self.dear:
            self.propagator = Propagator(matrix, run.factor, self.offset)
        self.now, self.y, self.rounding = 0.0, run.y.copy(), 0.0
        self._resolvent: AllTiersResolvent | None = None

    def found(self) -> ContourStart:
        """Where contours agree with steps, on all tiers; steps are taken up to there."""
        rate = self.run.tiers.largest_rate(self.stretch)
        time = first_contour(self.run.allowed, rate)
        allowed = self.run.allowed
        while self._worth_while(time):
            self.run.spend(self.propagator.cost(time - self.now, len(self.y)))
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

    def left_to_do(self, first: float) -> float:
        """Multiplications until the end, with contours from some time on."""
        steps = max(0.0, min(first, self.length) - self.now)
        contours = self._contours(first).cost if first < self.length else 0.0
        return self.propagator.cost(steps, len(self.y)) + contours

    def to_the_end(self, marks: np.ndarray, first: float) -> tuple[np.ndarray, np.ndarray]:
        """What is read at some times, (t, values), and the vector at the end.

        Args:
            marks: Increasing times within the stretch.
            first: Time from which on there are contours.
        """
        rows = self.run.reading(self.stretch, 0.0)
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
            self._resolvent = self.run.folded.resolvent(self.stretch, self.run.last)
        return ContourChain(self._resolvent, self.begin, first, self.length, self.run.nodes)

    def _step_to(self, time: float) -> None:
        while self.now < time:
            left = time - self.now
            passed, _ = self.propagator.advance(self.y, left, len(self.y), 1, np.inf)
            self.rounding = float(np.hypot(self.rounding, self.propagator.rounding))
            self.now = time if passed >= left * (1 - 1e-12) else self.now + passed
            self.run.report(f"stepping with {self.run.last} tiers, t = {self.now:.3g}")
