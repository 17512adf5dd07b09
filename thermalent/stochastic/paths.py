"""Blocks of trajectories in a field: their random numbers, their steps and their records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from thermalent.ensembles.blocks import Stop, Stopped
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.ornstein_uhlenbeck import start
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK, StepOperators, advance
from thermalent.stochastic.step_operators import RARE, step_operators
from thermalent.support import checks
from thermalent.support.machine.signals import deferring_signals

_MOST_STEPS = 1e10  # of a path between two times: a day of computing
_CHUNK = 4096  # steps between two checks whether to stop, about 10 ms
# In units of the inverse total rate. At 0.8 the extrapolated means of steady states were biased by
# about 3e-5 at most (kappa/gamma from 1e-3 to 2, n_th up to 1220), at 2 by up to 7e-3.
_SAFE, _LARGEST = 0.8, 2.0
_advance = deferring_signals(advance)


class Segment(NamedTuple):
    """Part of a trajectory: `steps` steps of the field of length `step`, recorded or not.

    Of a segment that is averaged, the mean over its steps is recorded, of others the state at
    their end. Emitters and field are those of the piece of this number, see `PathSpec`.
    """

    step: float
    steps: int
    record: bool
    average: bool = False
    piece: int = 0


class PathBlock(NamedTuple):
    """A block of trajectories at one time."""

    rng: np.random.Generator
    u: np.ndarray  # (2 m, LANES): the field's real parts, then its imaginary parts
    x: np.ndarray  # (d^2, LANES): the emitters' coordinates
    mean: np.ndarray  # the same, averaged over the last segment; (0, LANES) if it was not


@dataclass(frozen=True, kw_only=True, eq=False)
class PathSpec:
    """The recipe that every block follows: its start, and the segments it consists of.

    Args:
        emitters: What is driven.
        segments: In order of time.
        initial: Coordinates of the emitters' initial state, (d^2,).
        source: "stationary", or the amplitudes from which the field starts, one of each mode.
        seed: Seed of all blocks; a block's numbers depend on it, `stream` and its own number only.
        stream: Separate uses of one seed have separate streams.
        coarsenings: Numbers of steps of the field that make a step of the emitters. The emitters
            are followed once for each of them, along the same path of the field.
        pieces: Emitters and field of each piece of a schedule, the first of them `emitters`; empty
            if there is no other.
        given_field: If given, the start follows from that of the field: from its real parts and its
            imaginary parts (2 m, LANES) to coordinates (d^2, LANES), in place of `initial`.
    """

    emitters: DrivenEmitters
    segments: Sequence[Segment]
    initial: np.ndarray
    source: str | tuple[complex, ...] = "stationary"
    seed: int
    stream: int = 0
    coarsenings: tuple[int, ...] = (1,)
    pieces: tuple[DrivenEmitters, ...] = ()
    given_field: Callable[[np.ndarray], np.ndarray] | None = None
    _operators: dict[tuple[float, int, int], StepOperators] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        amplitude = 0.0 if isinstance(self.source, str) else float(np.linalg.norm(self.source))
        pieces = self.pieces or (self.emitters,)
        operators = {
            (step, coarsening, piece): step_operators(
                pieces[piece], step, coarsening, amplitude + earlier_reach(pieces, piece)
            )
            for step, piece in {(segment.step, segment.piece) for segment in self.segments}
            for coarsening in self.coarsenings
        }
        object.__setattr__(self, "_operators", operators)

    def block(self, number: int) -> PathBlock:
        """The block of this number at time zero."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(self.stream, number))
        rng = np.random.Generator(np.random.PCG64(sequence))
        u = self._field(rng)
        if self.given_field is None:
            x = np.repeat(self.initial[:, None], LANES_OF_BLOCK, axis=1)
        else:
            x = np.array(self.given_field(u), order="C")
        return PathBlock(rng, u, x, np.zeros((0, LANES_OF_BLOCK)))

    def _field(self, rng: np.random.Generator) -> np.ndarray:
        """The field at time zero, (2 m, LANES)."""
        several = self.emitters.source
        if several is None:
            variance = self.emitters.variance
            initial = self.source if isinstance(self.source, str) else self.source[0]
            amplitudes = np.broadcast_to(
                start(initial, variance, rng, LANES_OF_BLOCK), (1, LANES_OF_BLOCK)
            )
        elif isinstance(self.source, str):
            values, vectors = np.linalg.eigh(several.field.covariance)
            normal = start("stationary", 1.0, rng, len(values) * LANES_OF_BLOCK)
            root = vectors * np.sqrt(np.maximum(values, 0.0))
            amplitudes = root @ np.reshape(normal, (len(values), LANES_OF_BLOCK))
        else:
            amplitudes = np.repeat(np.array(self.source)[:, None], LANES_OF_BLOCK, axis=1)
        return np.concatenate([amplitudes.real, amplitudes.imag])

    def coarsened_paths(
        self, number: int, coarsenings: Sequence[int] | None = None, stop: Stop | None = None
    ) -> Iterator[list[PathBlock]]:
        """Follow a block; yield its states for each coarsening at the end of recorded segments.

        Raises:
            Stopped: `stop` was set.
        """
        chosen = self.coarsenings if coarsenings is None else coarsenings
        paths = [self.block(number) for _ in chosen]
        for segment in self.segments:
            size = len(self.initial) if segment.average else 0
            paths = [block._replace(mean=np.zeros((size, LANES_OF_BLOCK))) for block in paths]
            for begin in range(0, segment.steps, _CHUNK):
                if stop is not None and stop.is_set():
                    raise Stopped
                count = min(_CHUNK, segment.steps - begin)
                for coarsening, block in zip(chosen, paths, strict=True):
                    operators = self._operators[segment.step, coarsening, segment.piece]
                    _advance(*block, count, coarsening, operators)
            for coarsening, block in zip(chosen, paths, strict=True):
                np.multiply(block.mean, coarsening / max(segment.steps, 1), out=block.mean)
            if segment.record:
                yield paths


def earlier_reach(pieces: Sequence[DrivenEmitters], piece: int) -> float:
    """The largest amplitude that the field brings along from the pieces before this one."""
    return max((float(np.sqrt(RARE * one.variance)) for one in pieces[:piece]), default=0.0)


def total_rate(emitters: DrivenEmitters, amplitude: float = 0.0) -> float:
    r"""Sum of the rates that a step must resolve.

    $$R = \|X\| \sqrt{V + |u_0|^2} + \|L\| + |\lambda + i\delta|$$

    and, where a part of the field is white noise of power S, \(\|X\|^2 S\).

    Args:
        emitters: What is driven.
        amplitude: Initial amplitude u_0 of the field, if it is given.
    """
    rate = emitters.field_rate(amplitude) + np.linalg.norm(emitters.vacuum, 2)
    return float(f"{rate:.6g}")  # the last bits of a norm depend on the linear algebra library


def safe_step(rate: float) -> float:
    """A step whose extrapolated bias is far below the usual standard errors (measured)."""
    return _SAFE / rate


def largest_step(rate: float) -> float:
    """The largest step for which the order of the scheme still means something."""
    return _LARGEST / rate


def segments_to(
    times: np.ndarray, step: float, multiple: int, piece: int = 0, end: float | None = None
) -> list[Segment]:
    """Segments from zero to each of the times, recorded there, in steps of at most `step`.

    Args:
        times: Increasing, >= 0.
        step: Largest step of the field.
        multiple: The number of steps of every segment is a multiple of it.
        piece: The piece of a schedule to which the segments belong.
        end: Where a last segment ends that is not recorded, if it is not one of the times.
    """
    segments = []
    ends = np.append(times, [] if end is None or (len(times) and times[-1] == end) else end)
    for i, length in enumerate(np.diff(ends, prepend=0.0)):
        record = i < len(times)
        if length == 0.0:  # the first time may be zero
            segments.append(Segment(step, 0, record, piece=piece))
            continue
        steps = whole_steps(length, step, multiple)
        # Twelve digits, so that the segments of a uniform grid share their operators.
        segments.append(Segment(float(f"{length / steps:.12e}"), steps, record, piece=piece))
    return segments


def whole_steps(duration: float, step: float, multiple: int) -> int:
    """Steps of at most `step` in a duration: a multiple, at least one multiple."""
    if duration > step * _MOST_STEPS:
        allowed = (
            f"at least {duration / _MOST_STEPS:.3g}, a step of which {_MOST_STEPS:g} are enough"
        )
        checks.fail("step", allowed, step)
    # A duration of whole steps that rounding made longer does not need one more.
    return multiple * max(1, int(np.ceil(duration / (step * multiple) * (1 - 1e-12))))
