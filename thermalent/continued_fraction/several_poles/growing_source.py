r"""Exact time evolution of the emitters behind several poles that are empty or coherent at first.

The hierarchy relative to a Gaussian that moves as the source does (`moving_source`). From an empty
source charges stay apart,

$$\dot X = \Big[ L + \sum_j \mathrm{Re}\,\delta_j(t)\, P_j + \mathrm{Im}\,\delta_j(t)\, Q_j \Big] X,
  \qquad \delta_j = V_{1j}(t) - V_{1j}$$

and from a coherent one they are coupled (`displaced_source`). The number K of quanta along the
chain, and from a coherent source the number of charges, grow until the states no longer change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from thermalent.continued_fraction.several_poles.assembly import assemble_tiers
from thermalent.continued_fraction.several_poles.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.displaced_source import DisplacedRun
from thermalent.continued_fraction.several_poles.evolution import sum_of_charges, tiers_depth
from thermalent.continued_fraction.several_poles.fields import split
from thermalent.continued_fraction.several_poles.moving_source import (
    MovingSource,
    covariance_changes,
    steps_to,
    up_alone,
)
from thermalent.continued_fraction.several_poles.settled_source import evolve_settled
from thermalent.support.progress import working

HOW_GROWN = "change with one quantum more along the chain, more tiers and shorter steps"

_FEWER_TIERS = 0.85  # of the run that the error is the distance to
_PART_OF_STEPS = 1e-2  # of the tolerance, which the steps may be off by at each of them
# Sparse products take so much longer than the dense ones in which work is granted.
_SPARSE = 15.0
_STAGES = 12.0  # products with the generator in a step
_STEP = 3.0  # its length in units of the inverse norm of the generator, about
_WORTH_CONTOURS = 2.0  # times that the source takes to be stationary, from which contours are used
_FIRST_CHARGES, _MORE_CHARGES = 3, 1.5  # beyond those of the emitters; then so many times as many


class Run(Protocol):
    """One evolution in a truncated space."""

    @property
    def entries(self) -> int:
        """Nonzero elements of the generator."""
        ...

    @property
    def norm(self) -> float:
        """Norm of the generator, about."""
        ...

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """The emitters' matrices, (t, d, d), and errors of those after the steps, (t,).

        Beside them the multiplications that what is not finite would have taken, or zero.

        Args:
            times: Increasing, >= 0, (t,).
            settled: When the source is stationary, which ends the steps.
            tolerance: Error allowed in the largest element at each step, and of the contours.
        """
        ...


def evolve_moving_source(
    chain: SourceChain,
    times: np.ndarray,
    rho: np.ndarray,
    tolerance: float,
    most_work: float,
    amplitudes: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics of the solution.

    Args:
        chain: Emitters and source.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerance: Error allowed in the largest element.
        most_work: Multiplications; K ends where one more would exceed them.
        amplitudes: Of the modes' coherent states at the start, (modes,); zeros: empty.
    """
    depth = tiers_depth(chain, min(1, chain.length - 1), tolerance)
    stats = {"tiers": depth, "stepped_times": len(times), "quanta": 0, "poles": chain.length}
    stats["refused"] = 0
    source = MovingSource(chain, amplitudes)

    def evolved(
        make: Callable[[int, int, int], Run], shape: tuple[int, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        states = np.full((len(times), *shape), np.nan, dtype=complex)
        error = np.full(len(times), np.inf)
        granted = most_work / _SPARSE
        quanta, refused = _converge(
            make, chain, source, times, depth, tolerance, granted, states, error
        )
        stats["quanta"] = max(stats["quanta"], quanta)
        stats["refused"] = max(stats["refused"], int(refused))
        return states, error

    if not np.any(source.mean):

        def of_charge(part: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
            return evolved(
                lambda quanta, last, _: _EmptyRun(chain, source, quanta, part, q, last), part.shape
            )

        return *sum_of_charges(chain, times, rho, of_charge), stats

    def displaced(quanta: int, last: int, round_: int) -> Run:
        charges = int(_FIRST_CHARGES * _MORE_CHARGES**round_)
        highest = int(np.max(chain.numbers))
        return DisplacedRun(chain, source, quanta, last, highest + min(charges, last), rho)

    states, error = evolved(displaced, rho.shape)
    error[times > 0] += chain.rounding
    return states, error, stats


def _converge(
    make: Callable[[int, int, int], Run],
    chain: SourceChain,
    source: MovingSource,
    times: np.ndarray,
    depth: int,
    tolerance: float,
    granted: float,
    states: np.ndarray,
    error: np.ndarray,
) -> tuple[int, float]:
    """Fill in states and their errors as far as they are affordable.

    Args:
        make: The run with K quanta, tiers up to some last one, and of some round.
        chain: Emitters and source.
        source: Its mean and covariance over time.
        times: Increasing, >= 0, (t,).
        depth: Tiers that the steady state needs.
        tolerance: Error allowed in the largest element.
        granted: Multiplications of sparse matrices; K ends where one more would exceed them.
        states: Where the states go, (t, d, d).
        error: Where their errors go, (t,).

    Returns:
        K, and the work of the times that take too much, or zero.
    """
    quanta, spent, refused, round_ = min(1, chain.length - 1), 0.0, 0.0, 0
    settled = _end_of_steps(source, times, tolerance * _PART_OF_STEPS)
    before: np.ndarray | None = None
    while True:
        fewer = before is None
        last = 2 * int(np.ceil((_FEWER_TIERS if fewer else 1.0) * depth / 2)) + 2
        run = make(quanta, last, round_)
        if before is None:
            # Two runs are the least that a result with an error takes; the second is larger.
            until = np.minimum(times, settled).tolist()
            affordable = np.array([3 * _work(run, time) <= granted for time in until])
            refused = 0.0 if np.all(affordable) else 3 * _work(run, until[-1])
            times = times[affordable]
            if not times.size:
                return quanta, refused
        needed = _work(run, min(float(times[-1]), settled))
        spent += needed
        allowed = tolerance * _PART_OF_STEPS * (10.0 if fewer else 1.0)
        now, own, lost = run.states(times, _end_of_steps(source, times, allowed), allowed)
        refused = max(refused, lost)
        if before is not None:
            change = np.max(np.abs(now - before), axis=(1, 2))
            known = np.isfinite(change)
            # Where the two agree by chance at one time, the error is that of the times after it.
            change = 3 * np.maximum.accumulate(np.where(known, change, 0.0)[::-1])[::-1]
            change = np.where(known, change + _PART_OF_STEPS * tolerance + own, np.inf)
            if lost or np.max(change) <= tolerance or spent + 2 * needed > granted:
                states[: len(times)], error[: len(times)] = now, change
                return quanta, refused
        before, round_ = now, round_ + 1
        quanta += chain.length > 1


def _end_of_steps(source: MovingSource, times: np.ndarray, rest: float) -> float:
    """When contours take over; never where steps to the last time take hardly longer."""
    settled = source.settled(rest)
    return settled if times[-1] > _WORTH_CONTOURS * settled else np.inf


def _work(run: Run, time: float) -> float:
    """Multiplications up to a time, about."""
    return _STAGES * run.entries * (1 + time * run.norm / _STEP)


class _EmptyRun:
    """One evolution of one charge with K quanta and the tiers up to `last`."""

    def __init__(
        self,
        chain: SourceChain,
        source: MovingSource,
        quanta: int,
        part: np.ndarray,
        charge: int,
        last: int,
    ) -> None:
        self.chain, self.source, self.last = chain, source, last
        built, moved = tiers_with_changes(chain, quanta, covariance_changes(chain), part, charge)
        self.built, self.constant = built, assemble_tiers(built, last)
        self.varying = [assemble_tiers(up_alone(one), last) for one in moved]
        self.basis = built.basis[0][:, : built.tier0_size]
        start = self.basis.conj().T @ part.ravel()
        self.start = np.zeros(self.constant.shape[0], dtype=float if charge == 0 else complex)
        self.start[: built.tier0_size] = start.real if charge == 0 else start

    @property
    def entries(self) -> int:
        """Nonzero elements of the generator."""
        return int(self.constant.nnz) + sum(int(matrix.nnz) for matrix in self.varying)

    @property
    def norm(self) -> float:
        """Norm of the generator, about: the largest sum over a row."""
        return float(abs(self.constant).sum(axis=1).max())

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`."""
        d, size = len(self.chain.numbers), self.basis.shape[1]
        by_steps, late = times[times <= settled], times[times > settled]
        until = [*by_steps.tolist(), *([settled] if late.size else [])]
        found, error = np.zeros((len(times), d, d), dtype=complex), np.zeros(len(times))
        with working("evolution from an empty source") as report:
            for i, y in enumerate(steps_to(self._slope, self.start, until, tolerance, report)):
                if i < len(by_steps):
                    found[i] = (self.basis @ y[:size]).reshape(d, d)
        refused = 0.0
        if late.size:
            begun = split(self.built, y, self.last)
            found[-late.size :], error[-late.size :], refused = evolve_settled(
                self.built, begun, late - settled, tolerance
            )
        return found, error, refused

    def _slope(self, time: float, y: np.ndarray) -> np.ndarray:
        lacking, _ = self.source.at(time)
        slope = self.constant @ y
        for j, delta in enumerate(lacking):
            for number, matrix in ((delta.real, 2 * j), (delta.imag, 2 * j + 1)):
                if number != 0.0 and self.varying[matrix].nnz:
                    slope = slope + number * (self.varying[matrix] @ y)
        return np.asarray(slope)
