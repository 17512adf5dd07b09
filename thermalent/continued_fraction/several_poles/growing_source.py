r"""Exact time evolution of the emitters behind a source of several poles that is empty at first.

The amplitudes of an empty source are Gaussian at all times, with a covariance that grows,

$$V(t) = V - e^{-Ht}\, V\, e^{-H^\dagger t}, \qquad V(0) = 0$$

and the hierarchy is exact relative to any Gaussian that moves as the source does: in the terms
from the tier below V(t) takes the place of V, and nothing else changes. Then all tiers but the
lowest are empty at the start, as for a stationary source, and no more quanta along the chain are
needed than for the steady state. In return the generator depends on time, and steps replace
contours:

$$\dot X = \Big[ L + \sum_j \mathrm{Re}\,\delta_j(t)\, P_j + \mathrm{Im}\,\delta_j(t)\, Q_j \Big] X,
  \qquad \delta_j = V_{1j}(t) - V_{1j}$$
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import linalg, sparse

from thermalent.continued_fraction.several_poles.assembly import assemble_tiers
from thermalent.continued_fraction.several_poles.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.evolution import sum_of_charges, tiers_depth
from thermalent.continued_fraction.several_poles.tiers import (
    BlockEntries,
    Tiers,
    tiers_with_changes,
)
from thermalent.support.progress import working

HOW_GROWN = "change with one quantum more along the chain, more tiers and shorter steps"

_FEWER_TIERS = 0.85  # of the run that the error is the distance to
_PART_OF_STEPS = 1e-2  # of the tolerance, which the steps may be off by at each of them
# Sparse products take so much longer than the dense ones in which work is granted.
_SPARSE = 15.0
_STAGES = 12.0  # products with the generator in a step
# Marks between which exp(-H t) is a Taylor series, in units of 1/|H|, and its terms: 0.25^12/12!
# is 1e-16.
_MARK, _TERMS = 0.25, 11
_STEP = 3.0  # its length in units of the inverse norm of the generator, about


def evolve_from_empty(
    chain: SourceChain, times: np.ndarray, rho: np.ndarray, tolerance: float, most_work: float
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics of the solution.

    Args:
        chain: Emitters and source.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        tolerance: Error allowed in the largest element.
        most_work: Multiplications; K ends where one more would exceed them.
    """
    depth = tiers_depth(chain, min(1, chain.length - 1), tolerance)
    stats = {"tiers": depth, "stepped_times": len(times), "quanta": 0, "poles": chain.length}
    stats["refused"] = 0

    def evolved(part: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray]:
        found, error, quanta, refused = _converged(
            chain, part, q, times, depth, tolerance, most_work
        )
        stats["quanta"] = max(stats["quanta"], quanta)
        stats["refused"] = max(stats["refused"], int(refused))
        return found, error

    return *sum_of_charges(chain, times, rho, evolved), stats


def _converged(
    chain: SourceChain,
    part: np.ndarray,
    charge: int,
    times: np.ndarray,
    depth: int,
    tolerance: float,
    most_work: float,
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Contribution of one charge, its error, K, and the work of the times that take too much."""
    quanta, spent = min(1, chain.length - 1), 0.0
    granted = most_work / _SPARSE
    states = np.full((len(times), *part.shape), np.nan, dtype=complex)
    error, refused = np.full(len(times), np.inf), 0.0
    before: np.ndarray | None = None
    while True:
        fewer = before is None
        last = 2 * int(np.ceil((_FEWER_TIERS if fewer else 1.0) * depth / 2)) + 2
        run = _Run(chain, quanta, part, charge, last)
        if before is None:
            # Two runs are the least that a result with an error takes; the second is larger.
            affordable = np.array([3 * run.work(time) <= granted for time in times.tolist()])
            refused = 0.0 if np.all(affordable) else 3 * run.work(float(times[-1]))
            times = times[affordable]
            if not times.size:
                return states, error, quanta, refused
        needed = run.work(float(times[-1]))
        spent += needed
        now = run.states(times, tolerance * _PART_OF_STEPS * (10.0 if fewer else 1.0))
        if before is not None:
            change = np.max(np.abs(now - before), axis=(1, 2))
            # Where the two agree by chance at one time, the error is that of the times after it.
            change = 3 * np.maximum.accumulate(change[::-1])[::-1] + _PART_OF_STEPS * tolerance
            if np.max(change) <= tolerance or spent + 2 * needed > granted:
                states[: len(times)], error[: len(times)] = now, change
                return states, error, quanta, refused
        before = now
        quanta += chain.length > 1


class _Run:
    """One evolution with K quanta and the tiers up to `last`."""

    def __init__(
        self, chain: SourceChain, quanta: int, part: np.ndarray, charge: int, last: int
    ) -> None:
        self.chain = chain
        self.apart = _MARK / float(np.linalg.norm(chain.drift, 2))
        self.marks: dict[int, np.ndarray] = {}  # exp(-H t) at some times
        nowhere = np.zeros(chain.length)
        changes = [
            (_with_covariance_alone(chain, j, unit), nowhere)
            for j in range(chain.length)
            for unit in (1.0, 1j)
        ]
        built, moved = tiers_with_changes(chain, quanta, changes, part, charge)
        self.constant = assemble_tiers(built, last)
        self.varying = [assemble_tiers(_up_alone(one), last) for one in moved]
        self.basis = built.basis[0][:, : built.tier0_size]
        start = self.basis.conj().T @ part.ravel()
        self.start = np.zeros(self.constant.shape[0], dtype=float if charge == 0 else complex)
        self.start[: built.tier0_size] = start.real if charge == 0 else start

    def work(self, time: float) -> float:
        """Multiplications up to a time, about."""
        norm = float(sparse.linalg.norm(self.constant, np.inf))
        entries = self.constant.nnz + sum(matrix.nnz for matrix in self.varying)
        return _STAGES * entries * (1 + time * norm / _STEP)

    def states(self, times: np.ndarray, tolerance: float) -> np.ndarray:
        """The emitters' matrices at increasing times, (t, d, d)."""
        d = len(self.chain.numbers)
        found = np.zeros((len(times), d, d), dtype=complex)
        size = self.basis.shape[1]
        with working("evolution from an empty source") as report:
            y, now = self.start, 0.0
            for i, time in enumerate(times.tolist()):
                if time > now:
                    y, now = _stepped(self._slope, now, time, y, tolerance), time
                    report(f"t = {now:.3g}")
                found[i] = (self.basis @ y[:size]).reshape(d, d)
        return found

    def _propagator(self, time: float) -> np.ndarray:
        """exp(-H t), from that at a mark before t by Taylor's series."""
        drift = self.chain.drift
        apart = self.apart
        mark = int(time / apart)
        if mark not in self.marks:
            self.marks[mark] = linalg.expm(-drift * (mark * apart))
        step = -drift * (time - mark * apart)
        found = identity = np.eye(len(drift))
        for n in range(_TERMS, 0, -1):
            found = identity + (step @ found) / n
        return np.asarray(found @ self.marks[mark])

    def _slope(self, time: float, y: np.ndarray) -> np.ndarray:
        left = self._propagator(time)
        lacking = -(left[0] @ self.chain.covariance @ left.conj().T)
        slope = self.constant @ y
        for j, delta in enumerate(lacking):
            for number, matrix in ((delta.real, 2 * j), (delta.imag, 2 * j + 1)):
                if number != 0.0 and self.varying[matrix].nnz:
                    slope = slope + number * (self.varying[matrix] @ y)
        return np.asarray(slope)


def _stepped(
    slope: Callable[[float, np.ndarray], np.ndarray],
    now: float,
    time: float,
    y: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """The solution at a later time."""
    from scipy.integrate import DOP853  # late: most calls need none of scipy.integrate

    steps = DOP853(slope, now, y, time, rtol=tolerance, atol=tolerance)
    while steps.status == "running":
        message = steps.step()
        if message is not None:  # the step fell below the spacing of the numbers
            raise np.linalg.LinAlgError(message)
    return np.asarray(steps.y)


def _with_covariance_alone(chain: SourceChain, j: int, unit: complex) -> SourceChain:
    """The chain whose only terms are those of the covariance of u_1 and u_j."""
    nothing = (0 * chain.drive,) * chain.length
    covariance = np.zeros((chain.length, chain.length), dtype=complex)
    covariance[0, j] = unit
    return replace(
        chain,
        liouvillian=0 * chain.liouvillian,
        drift=np.zeros_like(chain.drift),
        covariance=covariance,
        backaction=nothing,
        backaction_conj=nothing,
    )


def _up_alone(chain: Tiers) -> Tiers:
    """The terms from the tier below alone."""

    def without(pair: tuple[BlockEntries, BlockEntries]) -> tuple[BlockEntries, BlockEntries]:
        even, odd = pair
        return even._replace(value=0 * even.value), odd._replace(value=0 * odd.value)

    return replace(chain, within=without(chain.within), down=without(chain.down))
