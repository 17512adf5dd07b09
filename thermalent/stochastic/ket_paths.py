"""Trajectories of pure states in a sampled classical field: initial kets and recorded states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from thermalent.ensembles.blocks import Stop, Stopped
from thermalent.ensembles.mean import BlockMean
from thermalent.solution.tasks import SourceStart
from thermalent.stochastic.ket_kernels import KetPlan, follow_ket
from thermalent.stochastic.kets import DrivenKets, indices
from thermalent.support.machine.signals import deferring_signals


class KetSegment(NamedTuple):
    """Part of a trajectory with steps of one length.

    Args:
        step: Length of a step, inverse rate unit.
        steps: Numbers of steps before each sample.
        record: Whether the mean of the samples is recorded.
    """

    step: float
    steps: np.ndarray
    record: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class KetPaths:
    """The recipe that every trajectory follows.

    Args:
        driven: The operators.
        kept: Emitters whose reduced state is recorded.
        segments: In order of time.
        start: The initial ket of a trajectory, from its number and its random numbers.
        source: "stationary", "empty", or one amplitude for each mode.
    """

    driven: DrivenKets
    kept: list[int]
    segments: list[KetSegment]
    start: Callable[[int, np.random.Generator], np.ndarray]
    source: SourceStart

    @cached_property
    def _plans(self) -> dict[float, KetPlan]:
        steps = {segment.step for segment in self.segments}
        return {step: self.driven.plan(step) for step in steps}

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        return indices(self.driven.count, self.kept)

    def trajectory(self, number: int, seed: int, stop: Stop) -> BlockMean:
        """Follow one trajectory; its recorded states are (r, d, d).

        Raises:
            Stopped: `stop` was set.
        """
        sequence = np.random.SeedSequence(seed, spawn_key=(0, number))
        rng = np.random.Generator(np.random.PCG64(sequence))
        z, psi = self.driven.field_start(self.source, rng), self.start(number, rng)
        d = 2 ** len(self.kept)
        records = sum(segment.record for segment in self.segments)
        rho, record, jumps = np.zeros((records, d, d), dtype=complex), 0, 0
        for segment in self.segments:
            if stop.is_set():
                raise Stopped
            own = rho[record : record + 1] if segment.record else np.zeros((1, d, d), dtype=complex)
            plan = self._plans[segment.step]
            follow = deferring_signals(follow_ket)
            jumps += follow(rng, plan, z, psi, segment.steps, True, *self._places, own)
            own /= len(segment.steps)
            record += segment.record
        return BlockMean(1, rho, np.zeros_like(rho), events=jumps)


def drawn_from(initial: np.ndarray) -> Callable[[int, np.random.Generator], np.ndarray]:
    """A function that draws an eigenvector of a density matrix with its probability."""
    diagonal = np.diag(initial).real
    product = np.count_nonzero(initial) == np.count_nonzero(diagonal)
    # The matrix of a dozen qubits is large; product states need no eigenvectors.
    values, vectors = (diagonal, None) if product else np.linalg.eigh(initial)
    shares = np.cumsum(np.maximum(values, 0.0)) / np.sum(np.maximum(values, 0.0))

    def start(number: int, rng: np.random.Generator) -> np.ndarray:
        index = min(int(np.searchsorted(shares, rng.random(), side="right")), len(shares) - 1)
        psi = np.zeros(len(shares), dtype=complex)
        psi[:] = np.eye(1, len(shares), index)[0] if vectors is None else vectors[:, index]
        return psi

    return start


def ground(count: int) -> np.ndarray:
    """The ket of all qubits in their ground states."""
    psi = np.zeros(2**count, dtype=complex)
    psi[0] = 1.0
    return psi


def product_state(count: int, rng: np.random.Generator) -> np.ndarray:
    """A random product ket, every qubit in one of its two levels."""
    psi = np.zeros(2**count, dtype=complex)
    psi[int(rng.integers(2**count))] = 1.0
    return psi
