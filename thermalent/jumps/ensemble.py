"""Blocks of trajectories, their sums, and means with standard errors."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from thermalent.jumps.start import Start
from thermalent.jumps.system import System

# Trajectories that share a random stream and a sum: part of what a seed means.
BLOCK = 32


class Stopped(Exception):
    """A block was told to stop before it was done."""


class Sums(NamedTuple):
    """What a block contributes at each recorded time.

    Args:
        trajectories: Their number.
        jumps: Jumps of all of them.
        mean: Their mean state, (r, d, d).
        scatter: Sums of squared deviations from it: real part plus i times imaginary, (r, d, d).
        top: Mean weight in the last level of each mode, (r, m).
    """

    trajectories: int
    jumps: int
    mean: np.ndarray
    scatter: np.ndarray
    top: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """What every trajectory does.

    Args:
        system: The operators.
        start: Where it begins.
        times: When it is looked at, increasing, (r,).
        average: Whether the looks of one trajectory are averaged to one.
        tolerance: Relative error of its steps and of its jump times' norms.
        seed: Of all random numbers.
        stream: Tells ensembles of one seed apart.
    """

    system: System
    start: Start
    times: np.ndarray
    average: bool
    tolerance: float
    seed: int
    stream: int

    def block(self, number: int, count: int, stop: np.ndarray) -> Sums:
        """The sums of one block of `count` trajectories.

        Raises:
            Stopped: `stop`, (1,), was set to something else than zero meanwhile.
        """
        from thermalent.jumps.kernels import TERMS, follow

        system = self.system
        sequence = np.random.SeedSequence(self.seed, spawn_key=(self.stream, number))
        rng = np.random.Generator(np.random.PCG64(sequence))
        drift, jumps = system.arrays
        d, modes = system.emitter_dimension, len(system.cutoffs)
        looks = 1 if self.average else len(self.times)
        buffer = np.zeros((TERMS + 2, system.dimension), dtype=complex)
        grid = np.zeros((system.dimension // d, d), dtype=complex)
        levels = _last_levels(system.cutoffs)
        first = np.zeros((looks, d, d), dtype=complex)
        second, top = np.zeros_like(first), np.zeros((looks, modes))
        steps, total = np.diff(self.times, prepend=0.0), 0
        mode_of, emitter_of = system.order // d, system.order % d
        for _ in range(count):
            psi, where = self.start.draw(system, rng, self.tolerance)
            own = np.zeros_like(first)
            total += follow(
                rng, drift, jumps, system.targets, system.starts, system.norms, psi, where, steps,
                self.tolerance, buffer, mode_of, emitter_of, grid, own, top, levels, stop,
            )  # fmt: skip
            if stop[0] != 0:
                raise Stopped
            if self.average:
                own /= len(steps)
            first += own
            second += own.real**2 + 1j * own.imag**2
        mean = first / count
        # The states differ by numbers of order one: nothing cancels that the mean would show.
        scatter = second - count * (mean.real**2 + 1j * mean.imag**2)
        scatter = np.maximum(scatter.real, 0.0) + 1j * np.maximum(scatter.imag, 0.0)
        weight = top / count / (len(steps) if self.average else 1)
        return Sums(count, total, mean, scatter, weight)


class Tally:
    """Sums over blocks, added in their order: the same numbers whoever computed the blocks."""

    def __init__(self) -> None:
        self.count = self.jumps = 0
        self.interrupted = False

    def add(self, block: Sums) -> None:
        """Add a block (Chan's formula for the scatter)."""
        n, k = self.count, block.trajectories
        if n == 0:
            self.mean, self.top = np.zeros_like(block.mean), np.zeros_like(block.top)
            self._scatter = np.zeros_like(block.scatter)
        delta = block.mean - self.mean
        self.mean = self.mean + delta * (k / (n + k))
        self.top = self.top + (block.top - self.top) * (k / (n + k))
        square = delta.real**2 + 1j * delta.imag**2
        self._scatter = self._scatter + block.scatter + square * (n * k / (n + k))
        self.count, self.jumps = n + k, self.jumps + block.jumps

    @property
    def standard_errors(self) -> np.ndarray:
        """Standard errors of the elements, real and imaginary part together, (r, d, d)."""
        scatter = self._scatter.real + self._scatter.imag
        return np.sqrt(scatter / (self.count * (self.count - 1)))


def run(walk: Walk, n: int, threads: int | None, report: Callable[[str], None]) -> Tally:
    """The means over n trajectories, at least two; over fewer if Ctrl-C comes in between.

    Raises:
        KeyboardInterrupt: not even one block was done.
    """
    counts = [min(BLOCK, n - first) for first in range(0, n, BLOCK)]
    tally, stop = Tally(), np.zeros(1, dtype=np.int64)

    def add() -> None:
        for sums in in_order(walk.block, counts, threads or threads_available(), stop):
            tally.add(sums)
            report(f"{tally.count} of {n} trajectories")

    # Ctrl-C interrupts the main thread wherever it is. The sums are added in another one, where it
    # cannot leave half of a block behind.
    with ThreadPoolExecutor(1) as collector:
        done = collector.submit(add)
        try:
            done.result()
        except KeyboardInterrupt:
            stop[0] = 1
            done.result()
            tally.interrupted = True
            if tally.count < 2:
                raise
    return tally


def in_order(
    block: Callable[[int, int, np.ndarray], Sums],
    counts: Sequence[int],
    threads: int,
    stop: np.ndarray,
) -> Iterator[Sums]:
    """The blocks' sums in their order; the kernels release the GIL.

    They end early, still without a gap, once `stop`, (1,), is not zero.
    """
    waiting: deque[Future[Sums]] = deque()
    executor = ThreadPoolExecutor(threads, thread_name_prefix="jumps")
    try:
        for number, count in enumerate(counts):
            waiting.append(executor.submit(block, number, count, stop))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except Stopped:
        return
    finally:
        stop[0] = 1
        executor.shutdown(wait=True, cancel_futures=True)


def threads_available() -> int:
    """Number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _last_levels(cutoffs: Sequence[int]) -> np.ndarray:
    """Whether each product state of the modes has a mode in its last level, (m, states)."""
    size = int(np.prod(cutoffs, dtype=np.int64))
    if not cutoffs:
        return np.zeros((0, 1), dtype=bool)
    levels = np.unravel_index(np.arange(size), tuple(cutoffs))
    return np.array([level == cutoff - 1 for level, cutoff in zip(levels, cutoffs, strict=True)])
