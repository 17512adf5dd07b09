"""Steady states of many networks side by side: the same fractions, several points per instruction.

A single steady state spends most of its time on the way to its numbers. Here networks of one
structure (the same kinds of emitters; rates, occupations, detunings differ) become arrays at once,
and compiled kernels fold their fractions in lanes, on as many threads as there are. How far each
point goes, when it stops and what its error is follow the rules of `fraction`. What the lanes
cannot settle (several steady states, rounding, too many levels) the ordinary solver takes over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.batch.chains import Chains, chains
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.settings import Settings
from thermalent.networks.network import Network
from thermalent.solution.result import STATE_ROUNDING, ErrorEstimate, SteadyState
from thermalent.support.compile_notice import announced

_TOGETHER = 2**22  # elements of superoperators held at once
_EPS = float(np.finfo(float).eps)
_SHARE = 64  # points that a thread takes at a time
_HOW = "change of the state with more levels and another scaling and order of them"
_HOW_FIXED = "distance to the state with as many levels as it takes"


class Progress(NamedTuple):
    """Where each point of some chains stands, (p,) each unless said otherwise."""

    depth: np.ndarray  # the next number of levels
    depths: np.ndarray  # the last three, (p, 3)
    folds: np.ndarray
    changes: np.ndarray  # the last three, (p, 3)
    changed: np.ndarray  # how often
    singular: np.ndarray  # singular equations met
    status: np.ndarray  # see `batch_convergence`
    error: np.ndarray
    scale: np.ndarray
    residual: np.ndarray


def side_by_side(
    networks: Sequence[Network],
    members: Sequence[int],
    settings: Settings,
    threads: int,
    found: dict[int, SteadyState],
) -> None:
    """Solve networks of one structure; those that the lanes cannot settle are left out.

    Args:
        networks: All networks.
        members: Positions of those of the structure.
        settings: Accuracy.
        threads: Number of threads. It changes no bit of any result.
        found: Where the results go, by position.
    """
    size = int(np.prod(networks[members[0]].dims)) ** 4
    for slice_ in _slices(np.array(members), max(1, _TOGETHER // (3 * size))):
        with announced():
            groups = chains(networks, slice_)
        for group in groups:
            _solve(networks, settings, group, threads, found)


def _slices(points: np.ndarray, size: int) -> list[np.ndarray]:
    return [points[begin : begin + size] for begin in range(0, len(points), size)]


def _solve(
    networks: Sequence[Network],
    settings: Settings,
    group: Chains,
    threads: int,
    found: dict[int, SteadyState],
) -> None:
    """Solve the points of a group; those that the lanes cannot settle are left out."""
    from thermalent.continued_fraction.batch import convergence as batch_convergence

    began = time.perf_counter()
    fractions = _Fractions(group, threads)
    progress = fractions.converge(settings.aimed_rtol)
    good = np.flatnonzero(progress.status == batch_convergence.CONVERGED)
    levels, how = progress.depth, _HOW
    if settings.last is not None:
        levels, how = np.full(len(group.points), settings.last), _HOW_FIXED
        good = fractions.truncate(good, levels, progress)
    states = fractions.states(good)
    proper = _proper(states, progress.error[good])
    good, states = good[proper], states[proper]
    seconds = (time.perf_counter() - began) / max(1, len(group.points))
    unknowns = (group.a0.shape[1], group.a1.shape[1])
    for position, rho, error, level, residual in zip(
        group.points[good].tolist(),
        states,
        progress.error[good].tolist(),
        levels[good].tolist(),
        progress.residual[good].tolist(),
        strict=True,
    ):
        found[position] = SteadyState(
            network=networks[position],
            method=settings.record,
            state=rho,
            error=ErrorEstimate(error, how),
            stats={
                "n_max": (level + 1) // 2,
                "levels": level,
                "unknowns_per_level": unknowns,
                "residual": residual,
                "seconds": seconds,
                "batch": True,
            },
        )


def _proper(states: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Which are density matrices within their errors, as `result.checked`; Hermitian they are."""
    allowed = STATE_ROUNDING + states.shape[1] * error
    finite = np.all(np.isfinite(states), axis=(1, 2))
    trace = np.trace(states, axis1=1, axis2=2).real
    lowest = np.linalg.eigvalsh(np.where(finite[:, None, None], states, 0.0))[:, 0]
    says_something = error < np.max(np.abs(states), axis=(1, 2))
    return finite & says_something & (np.abs(trace - 1) <= allowed) & (lowest >= -allowed)


def _disturbed(group: Chains, largest: np.ndarray) -> Chains:
    """The chains with every element off by the last place of the largest, at random.

    The same random numbers for every point: what else is in the list changes no bit of a result.
    """
    size = max(group.a0.shape[1], group.a1.shape[1])
    noise = _EPS * np.random.default_rng(1).standard_normal((6, size, size))

    def block(a: np.ndarray, by: np.ndarray) -> np.ndarray:
        return a + largest[:, None, None] * by[: a.shape[1], : a.shape[1]]

    def band(given: tuple[np.ndarray, ...], by: np.ndarray) -> tuple[np.ndarray, ...]:
        row, col, e, value = given
        most = np.max(np.abs(value), axis=1, initial=0.0)[:, None]
        return row, col, e, value + np.where(value != 0, most * by[row, col], 0.0)

    return group._replace(
        a0=block(group.a0, noise[0]),
        a1=block(group.a1, noise[1]),
        bands=tuple(band(given, by) for given, by in zip(group.bands, noise[2:], strict=True)),
    )


class _Fractions:
    """The fractions of a group of points, folded side by side."""

    def __init__(self, group: Chains, threads: int) -> None:
        count, tier0_size = len(group.points), group.places.shape[1]
        self.group, self.threads = group, threads
        self.k = np.full((count, tier0_size, tier0_size), np.nan)
        self.x = np.full((count, tier0_size), np.nan)
        blocks = (group.a0, group.a1)
        self.largest = np.maximum(*(np.max(np.abs(a), axis=(1, 2), initial=0.0) for a in blocks))

    def converge(self, rtol: float) -> Progress:
        """Fold at more and more levels until every point is settled, one way or the other."""
        from thermalent.continued_fraction.batch import convergence as batch_convergence
        from thermalent.continued_fraction.chain import convergence as control

        count = len(self.group.points)
        progress = Progress(
            depth=np.array([control.first_depth(width) for width in self.group.width]),
            depths=np.zeros((count, 3), dtype=np.int64),
            folds=np.zeros(count, dtype=np.int64),
            changes=np.zeros((count, 3)),
            changed=np.zeros(count, dtype=np.int64),
            singular=np.zeros(count, dtype=np.int64),
            status=np.zeros(count, dtype=np.int64),
            error=np.full(count, np.inf),
            scale=np.ones(count),
            residual=np.full(count, np.inf),
        )
        before, x_before = np.full_like(self.k, np.nan), np.full_like(self.x, np.nan)
        above = self._lost_above(progress.depth)
        reverse = False
        # What needs more levels than the ordinary solver takes, it also refuses.
        progress.status[progress.depth > MOST_TIERS] = batch_convergence.DEFERRED
        while np.any(progress.status == batch_convergence.ACTIVE):
            active = np.flatnonzero(progress.status == batch_convergence.ACTIVE)
            # Lanes of similar depth wait least for each other.
            active = active[np.argsort(progress.depth[active], kind="stable")]
            backwards = reverse

            def task(points: np.ndarray, backwards: bool = backwards) -> None:
                self._fold(points, progress.depth[points], backwards)
                batch_convergence.judge_convergence(
                    points,
                    tuple(progress),
                    self.k,
                    before,
                    self.x,
                    x_before,
                    self.group.a0,
                    self.largest,
                    above,
                    self.group.places,
                    self.group.bright_dark,
                    rtol,
                    MOST_TIERS,
                )

            self._share(task, active)
            reverse = not reverse
        return progress

    def truncate(self, points: np.ndarray, levels: np.ndarray, progress: Progress) -> np.ndarray:
        """Solve points at a fixed level, and measure the error; returns those that can be."""
        converged = self.states(points)
        self._share(lambda some: self._fold(some, levels[some], False), points)
        regular = ~np.isnan(self.x[points, 0])
        points, converged = points[regular], converged[regular]
        progress.error[points] += np.max(np.abs(self.states(points) - converged), axis=(1, 2))
        return points

    def states(self, points: np.ndarray) -> np.ndarray:
        """Density matrices of the solutions of some points, (n, d, d)."""
        from thermalent.continued_fraction.batch import convergence as batch_convergence

        d = self.group.bright_dark.shape[1]
        found = np.zeros((len(points), d, d), dtype=complex)
        batch_convergence.states_of_points(
            points, self.x, self.group.places, self.group.bright_dark, found
        )
        return found

    def _lost_above(self, depths: np.ndarray) -> np.ndarray:
        """What rounding may change in K, (p, ground, ground): see `rounding.lost_above`."""
        from thermalent.continued_fraction.batch import kernels

        folded = []
        for group, reverse in ((self.group, False), (_disturbed(self.group, self.largest), True)):
            k = np.zeros_like(self.k)

            def task(
                points: np.ndarray, group: Chains = group, k: np.ndarray = k, back: bool = reverse
            ) -> None:
                kernels.fold_points(
                    points, depths[points], back, group.a0, group.a1, group.bands, group.rate, k
                )

            fitting = np.flatnonzero(depths <= MOST_TIERS)
            self._share(task, fitting[np.argsort(depths[fitting], kind="stable")])
            folded.append(k)
        return folded[1] - folded[0]

    def _fold(self, points: np.ndarray, depths: np.ndarray, reverse: bool) -> None:
        from thermalent.continued_fraction.batch import convergence as batch_convergence
        from thermalent.continued_fraction.batch import kernels

        group = self.group
        kernels.fold_points(
            points, depths, reverse, group.a0, group.a1, group.bands, group.rate, self.k
        )
        batch_convergence.solve_points(points, self.k, group.a0, group.bright_dark.shape[1], self.x)

    def _share(self, task: Callable[[np.ndarray], None], points: np.ndarray) -> None:
        """Do the task for all points, on all threads; the kernels release the GIL."""
        with announced():
            parts = _slices(points, _SHARE)
            if self.threads == 1 or len(parts) == 1:
                for part in parts:
                    task(part)
                return
            with ThreadPoolExecutor(self.threads, thread_name_prefix="fractions") as pool:
                list(pool.map(task, reversed(parts)))  # the longest first
