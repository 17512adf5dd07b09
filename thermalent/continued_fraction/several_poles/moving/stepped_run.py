r"""The hierarchy behind a source that moves, in steps through stretches of time.

The generator of a stretch is a sum of constant ones with weights that depend on time. A hot source
makes its largest rates thousands of times those at which the state changes, so that the steps are
long ones (`collocation`). Once the last source is stationary contours give the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.assembly import assemble_tiers, tier_offsets
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import split
from thermalent.continued_fraction.several_poles.chain.tiers import (
    BlockEntries,
    Tiers,
    is_real,
    real_part,
)
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.elimination.sum_of_matrices import SumOfMatrices
from thermalent.continued_fraction.several_poles.moving.collocation import long_steps_to, stages_for
from thermalent.continued_fraction.several_poles.moving.moving_source import explicit_work, steps_to
from thermalent.continued_fraction.several_poles.moving.settled_source import evolve_settled
from thermalent.support.progress import working

_EPS = float(np.finfo(float).eps)
# Long steps of an evolution at the tolerance of five stages, and of each stretch after the first;
# what one of the factorisations and the rounds with it take, in the multiplications of a fold and
# per unknown (measured behind two and three poles, blocks of 24 to 120 unknowns).
_LONG_STEPS, _MORE_STEPS, _FACTORISATION, _ENTRY = 40.0, 15.0, 1.5, 4e4
_BYTES = 16.0  # of an element of its factors, a complex number
_MOST_EXPLICIT = 2e4  # unknowns, from which on explicit steps are never faster


def bytes_of_factors(tiers: float, size: float) -> float:
    """Memory of the factors of a long step, about, for so many tiers of so many unknowns."""
    return _BYTES * stages_for(0.0) * tiers * size**2


class SteppedStretch(NamedTuple):
    """A time in which the generator changes smoothly.

    Args:
        parts: Tiers that are summed, the first with weight one.
        weights: Of the others, at a time > 0 since the stretch began.
        settled: When the source is stationary but for some part of its covariance.
        chain: The emitters and their source.
        length: How long it lasts.
        fresh: Whether what was before left no field behind, so that tier 0 alone is carried over.
        dark: Whether there is no field at all.
    """

    parts: list[Tiers]
    weights: Callable[[float], list[float]]
    settled: Callable[[float], float]
    chain: SourceChain
    length: float = np.inf
    fresh: bool = True
    dark: bool = False


class SteppedRun:
    """One evolution of one charge with the tiers up to `last`.

    Args:
        stretches: One after the other, with the same unknowns.
        first: The initial vector, of all tiers or of the lowest unknowns.
        last: The highest tier.
        long: Whether the steps are long.
    """

    def __init__(
        self, stretches: Sequence[SteppedStretch], first: np.ndarray, last: int, *, long: bool
    ) -> None:
        self.last, self.long = last, long
        parts = {id(stretch.parts): stretch.parts for stretch in stretches}
        if not np.any(first.imag) and all(is_real(one) for own in parts.values() for one in own):
            parts = {key: [real_part(one) for one in own] for key, own in parts.items()}
            first = first.real
        self.stretches = [one._replace(parts=parts[id(one.parts)]) for one in stretches]
        self.built, self.first = self.stretches[0].parts[0], first
        self.basis = self.built.basis[0][:, : self.built.tier0_size]
        self._equation: tuple[tuple[int, bool], StretchEquation] | None = None

    @property
    def bytes(self) -> float:
        """Memory of the factors of a long step, about."""
        return bytes_of_factors(self.last, max(self.built.sizes))

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        return self.long_work(tolerance, time) if self.long else self.explicit_work(time)

    def long_work(self, tolerance: float, time: float = np.inf) -> float:
        """The work of long steps."""
        begun = np.cumsum([stretch.length for stretch in self.stretches[:-1]]) < time
        stages, size = stages_for(tolerance), max(self.built.sizes)
        steps = _LONG_STEPS + _MORE_STEPS * np.count_nonzero(begun)
        each = _FACTORISATION * fold_work(self.last, size) + _ENTRY * self.last * size
        factors = stages if np.iscomplexobj(self.first) else (stages + 1) / 2
        return float(steps * factors * each * max(1.0, (1e-6 / tolerance) ** (1 / stages)))

    def explicit_work(self, time: float) -> float:
        """The work of explicit steps through the first stretch."""
        if self.last * max(self.built.sizes) > _MOST_EXPLICIT:
            return np.inf
        equation = self.equation(self.stretches[0])
        return explicit_work(equation.generator.entries, equation.norm, time)

    def equation(self, stretch: SteppedStretch) -> StretchEquation:
        """The equation of motion of a stretch; that of one network is kept at a time."""
        key = id(stretch.parts), stretch.dark
        if self._equation is None or self._equation[0] != key:
            self._equation = key, StretchEquation(stretch, self.last)
        return self._equation[1].through(stretch)

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`; long steps go on as long as the rounding of what is conserved allows."""
        own, d = self.built.tier0_size, int(np.sqrt(self.basis.shape[0]))
        found, error = np.zeros((len(times), d, d), dtype=complex), np.zeros(len(times))
        begin, done, refused, y = 0.0, 0, 0.0, self.first
        with working("evolution behind a moving source") as report:
            for stretch in self.stretches:
                equation, final = self.equation(stretch), stretch is self.stretches[-1]
                limit = stretch.length
                if final:
                    limit = equation.limit(tolerance) if self.long else settled
                inside = np.searchsorted(times, begin + stretch.length, side="right")
                marks = np.maximum(times[done : None if final else int(inside)] - begin, 0.0)
                late = marks[marks > limit] if final else marks[:0]
                by_steps = [min(mark, limit) for mark in marks[: len(marks) - len(late)].tolist()]
                until = [*by_steps, *([limit] if late.size or not final else [])]
                y = y[:own] if begin > 0 and stretch.fresh else y
                steps = self._stepped(equation, y, until, tolerance, report)
                for number, now in enumerate(steps):
                    if number < len(by_steps):
                        found[done + number] = (self.basis @ now[:own]).reshape(d, d)
                    y = now
                if late.size:
                    begun = split(self.built, y, self.last)
                    found[-late.size :], error[-late.size :], refused = evolve_settled(
                        equation.in_the_end(), begun, late - limit, tolerance
                    )
                begin, done = begin + limit, done + len(marks)
                if done == len(times):
                    break
        return found, error, refused

    def _stepped(
        self,
        equation: StretchEquation,
        y: np.ndarray,
        until: list[float],
        tolerance: float,
        report: Callable[[str], None],
    ) -> Iterator[np.ndarray]:
        size = equation.generator.shape[0]
        start: np.ndarray = np.zeros(size, dtype=y.dtype)
        start[: min(len(y), size)] = y[:size]
        if self.long:
            first = min(1.0 / equation.norm, max([*until[-1:], 1e-300]))
            return long_steps_to(equation, start, until, first, tolerance, report)
        return steps_to(lambda t, y: equation.matrix(t) @ y, start, until, tolerance, report)


class StretchEquation:
    """The equation of motion of a stretch; see `Equation`.

    Args:
        stretch: The stretch.
        last: The highest tier.
    """

    def __init__(self, stretch: SteppedStretch, last: int) -> None:
        self.stretch = stretch
        self.own = stretch.parts[0].tier0_size
        tiers = 0 if stretch.dark else last
        self.offset = tier_offsets(stretch.parts[0], tiers)
        self.generator = SumOfMatrices([assemble_tiers(one, tiers) for one in stretch.parts])

    def through(self, stretch: SteppedStretch) -> StretchEquation:
        """The equation of another stretch with the same parts."""
        other = copy(self)
        other.stretch = stretch
        return other

    def at(self, time: float) -> Callable[[np.ndarray], np.ndarray]:
        """The generator at a time, see `Equation`."""
        matrix = self.matrix(time)
        return lambda y: np.asarray(matrix @ y)

    def frozen(self, times: np.ndarray) -> sparse.csr_array:
        """The mean of the generators, see `Equation`."""
        weights = np.mean([self.stretch.weights(time) for time in times.tolist()], axis=0)
        return self.generator.with_weights(weights)

    def matrix(self, time: float) -> sparse.csr_array:
        """The generator at a time."""
        return self.generator.with_weights(np.array(self.stretch.weights(time)))

    @property
    def end(self) -> float:
        """When the stretch ends, or the source no longer changes."""
        return min(self.stretch.length, self.stretch.settled(_EPS))

    @property
    def norm(self) -> float:
        """Norm of the generator in the end, about: the largest sum over a row."""
        return float(abs(self.matrix(self.end)).sum(axis=1).max())

    def limit(self, tolerance: float) -> float:
        """Until when the rounding of what is conserved allows steps, and contours do not."""
        by_rounding = tolerance / (_EPS * self.norm)
        return np.inf if self.stretch.dark else max(self.stretch.settled(tolerance), by_rounding)

    def in_the_end(self) -> Tiers:
        """The tiers behind the stationary source."""
        stretch, chain = self.stretch, self.stretch.chain
        weights = [1.0, *stretch.weights(stretch.settled(_EPS))]

        def joined(kind: str, parity: int) -> BlockEntries:
            blocks = [getattr(part, kind)[parity] for part in stretch.parts]
            arrays = [np.concatenate(same) for same in zip(*blocks, strict=True)]
            sizes = np.repeat(weights, [len(block.value) for block in blocks])
            row, col, value, shift = arrays
            return BlockEntries(row, col, value * sizes, shift)

        return replace(
            stretch.parts[0],
            within=(joined("within", 0), joined("within", 1)),
            up=(joined("up", 0), joined("up", 1)),
            down=(joined("down", 0), joined("down", 1)),
            rate=float(np.dot(weights, [part.rate for part in stretch.parts])),
            width=float(np.sqrt(abs(chain.variance))),
            source_rate=float(np.min(np.linalg.eigvals(chain.drift).real)),
        )
