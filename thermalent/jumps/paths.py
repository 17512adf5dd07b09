"""Blocks of quantum-jump trajectories, and the contribution of a block to the mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from thermalent.ensembles.blocks import Stop, Stopped, in_order
from thermalent.ensembles.mean import BlockMean, squares
from thermalent.jumps.start import Start
from thermalent.jumps.system import System
from thermalent.support.machine.signals import deferring_signals

# Trajectories that share a random stream and a sum: part of what a seed means.
BLOCK = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class JumpPaths:
    """The recipe that every trajectory follows.

    Args:
        system: The operators.
        start: The distribution of initial kets.
        times: Times at which the state is sampled, increasing, (r,).
        average: Whether the samples of one trajectory are averaged to one.
        tolerance: Relative error of a step, and of the norm at which a jump happens.
        seed: Seed of all random numbers.
        stream: Ensembles with the same seed and different streams are independent.
    """

    system: System
    start: Start
    times: np.ndarray
    average: bool
    tolerance: float
    seed: int
    stream: int

    def block(self, number: int, count: int, stop: Stop) -> BlockMean:
        """Follow one block of `count` trajectories and average over them.

        Returns:
            The mean state at the samples, (r, d, d) or (1, d, d), its scatter, the number of jumps;
            beside it the mean population of the last level of each mode, (r, m) or (1, m).

        Raises:
            Stopped: `stop` was set meanwhile.
        """
        from thermalent.jumps.kernels import SERIES_TERMS, follow_jumps

        system = self.system
        sequence = np.random.SeedSequence(self.seed, spawn_key=(self.stream, number))
        rng = np.random.Generator(np.random.PCG64(sequence))
        drift, jumps = system.arrays
        d, modes = system.emitter_dimension, len(system.cutoffs)
        samples = 1 if self.average else len(self.times)
        buffer = np.zeros((SERIES_TERMS + 2, system.dimension), dtype=complex)
        grid = np.zeros((system.dimension // d, d), dtype=complex)
        levels = _last_levels(system.cutoffs)
        first = np.zeros((samples, d, d), dtype=complex)
        second, top = np.zeros_like(first), np.zeros((samples, modes))
        steps, total = np.diff(self.times, prepend=0.0), 0
        mode_of, emitter_of = system.order // d, system.order % d
        for _ in range(count):
            psi, where = self.start.draw(system, rng, self.tolerance)
            own = np.zeros_like(first)
            total += deferring_signals(follow_jumps)(
                rng, drift, jumps, system.targets, system.starts, system.norms, psi, where, steps,
                self.tolerance, buffer, mode_of, emitter_of, grid, own, top, levels, stop.flag,
            )  # fmt: skip
            if stop.is_set():
                raise Stopped
            if self.average:
                own /= len(steps)
            first += own
            second += squares(own)
        mean = first / count
        # Single states differ from their mean by numbers of order one, so that this difference
        # loses no digits that a standard error needs.
        scatter = second - count * squares(mean)
        scatter = np.maximum(scatter.real, 0.0) + 1j * np.maximum(scatter.imag, 0.0)
        weight = top / count / (len(steps) if self.average else 1)
        return BlockMean(count, mean, scatter, (weight,), total)


def blocks(
    paths: Sequence[JumpPaths], sizes: Sequence[int], threads: int | None
) -> Callable[[Stop], Iterator[tuple[int, BlockMean]]]:
    """Blocks of several ensembles in turn, each with the number of its ensemble.

    Args:
        paths: The ensembles.
        sizes: Number of trajectories of each.
        threads: Number of threads; as many as numba may use if not given.
    """
    rounds = range(-(-max(sizes) // BLOCK))
    tasks = [(k, i) for i in rounds for k in range(len(paths)) if i * BLOCK < sizes[k]]

    def computed(stop: Stop) -> Iterator[tuple[int, BlockMean]]:
        def block(task: int) -> tuple[int, BlockMean]:
            which, number = tasks[task]
            count = min(BLOCK, sizes[which] - number * BLOCK)
            return which, paths[which].block(number, count, stop)

        return in_order(block, len(tasks), threads=threads, stop=stop)

    return computed


def _last_levels(cutoffs: Sequence[int]) -> np.ndarray:
    """Whether each product state of the modes has a mode in its last level, (m, states)."""
    size = int(np.prod(cutoffs, dtype=np.int64))
    if not cutoffs:
        return np.zeros((0, 1), dtype=bool)
    levels = np.unravel_index(np.arange(size), tuple(cutoffs))
    return np.array([level == cutoff - 1 for level, cutoff in zip(levels, cutoffs, strict=True)])
