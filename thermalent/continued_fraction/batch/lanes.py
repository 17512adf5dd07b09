"""Steady states of small emitters: one network, or many side by side, several per instruction.

Networks of one structure (the same kinds of emitters; rates, occupations, detunings differ) become
arrays at once, and compiled kernels fold their fractions in lanes, on as many threads as there are.
A single network is a list of one, in one lane. How far each point goes, when it stops and what its
error is follow the rules of `fraction`. What elimination without pivoting in lanes cannot settle
(several steady states, rounding, too many tiers), `fraction` takes over with the same chain.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import NamedTuple, cast

import numpy as np

from thermalent.continued_fraction.batch.element_errors import element_errors
from thermalent.continued_fraction.chain import rounding
from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.chain.small import Chains, chains
from thermalent.continued_fraction.chain.structure import Structure
from thermalent.continued_fraction.settings import Settings
from thermalent.networks.network import Network
from thermalent.solution.result import STATE_ROUNDING, ErrorEstimate, SteadyState

_TOGETHER = 2**22  # elements of superoperators held at once
_SHARE = 64  # points that a thread takes at a time
# Up to so many points a lane each would mostly fold copies: they are folded one by one.
_FEW = 4
HOW = "change of the state with more tiers and another scaling and order of them"
HOW_FIXED = "distance to the state with as many tiers as it takes"

Side = tuple[float, ...] | np.ndarray  # as many items as there are lanes, see `kernels`


class Bands(NamedTuple):
    """B into even and odd tiers and C into them, as one list of elements."""

    row: np.ndarray
    col: np.ndarray
    e: np.ndarray
    begin: np.ndarray  # where each of the four begins, and the end, (5,)


class TierZero(NamedTuple):
    """A at tier 0 of the chains of some points, and what its unknowns stand for."""

    a: np.ndarray  # of the even tiers, (p, m_0, m_0)
    size: np.ndarray  # what its elements were summed from, (p, m_0, m_0)
    basis: np.ndarray  # operators of tier 0 as columns, (p, d^2, tier0)


class ChainBlocks(NamedTuple):
    """The arguments of the kernels for the chains of some points, see `Chains`."""

    a: tuple[np.ndarray, np.ndarray]
    bands: Bands
    values: np.ndarray  # of the bands, (p, t)
    rate: np.ndarray  # (p,)

    def reversed_bands(self) -> Bands:
        """The bands with the unknowns of every tier in reverse order."""
        even, odd = self.a[0].shape[1], self.a[1].shape[1]
        row, col, e, begin = self.bands
        last = np.repeat([even - 1, odd - 1, even - 1, odd - 1], begin[1:] - begin[:-1])
        return Bands(last - row, (even + odd - 2) - last - col, e, begin)


def _chain_blocks(chain: HierarchyChain) -> ChainBlocks:
    four = (*chain.up, *chain.down)
    bands = Bands(
        row=np.concatenate([band.row for band in four]),
        col=np.concatenate([band.col for band in four]),
        e=np.concatenate([band.e for band in four]),
        begin=np.array([0, *itertools.accumulate(band.row.size for band in four)]),
    )
    values = np.concatenate([band.value for band in four], axis=1)
    return ChainBlocks(chain.a, bands, values, cast(np.ndarray, chain.rate))


class Work(NamedTuple):
    """Intermediate results of each point: matrices (p, tier0, tier0), vectors (p, tier0)."""

    k: np.ndarray
    before: np.ndarray  # K of the fold before
    x: np.ndarray
    x_before: np.ndarray
    inverse: np.ndarray  # of A_0 + K with the trace in the place of its first row
    above: np.ndarray  # what rounding may change in K


class Progress(NamedTuple):
    """The state of the search of each point, (p,) each unless another shape is given."""

    depth: np.ndarray  # the next number of tiers
    depths: np.ndarray  # the last three, (p, 3)
    folds: np.ndarray
    changes: np.ndarray  # the last three, (p, 3)
    changed: np.ndarray  # how often
    singular: np.ndarray  # singular equations met
    status: np.ndarray  # see `batch.convergence`
    error: np.ndarray
    scale: np.ndarray
    residual: np.ndarray


def side_by_side(
    networks: Sequence[Network],
    members: Sequence[int],
    kind: Structure,
    settings: Settings,
    threads: int,
    results: dict[int, SteadyState],
) -> None:
    """Solve networks of one structure; those that the lanes cannot settle are left out.

    Args:
        networks: All networks.
        members: Positions of those of the structure.
        kind: Their structure.
        settings: Accuracy.
        threads: Number of threads. It changes no bit of any result.
        results: Where the results go, by position.
    """
    size = int(np.prod(networks[members[0]].dims)) ** 4
    for slice_ in _slices(np.array(members), max(1, _TOGETHER // (6 * size))):
        groups = chains(networks, slice_, kind)
        for group in groups:
            results |= solved_group(networks, group, settings, threads, batch=True)


def _slices(points: np.ndarray, size: int) -> list[np.ndarray]:
    return [points[begin : begin + size] for begin in range(0, len(points), size)]


def solved_group(
    networks: Sequence[Network],
    group: Chains,
    settings: Settings,
    threads: int = 1,
    *,
    most: int = MOST_TIERS,
    began: float | None = None,
    batch: bool = False,
) -> dict[int, SteadyState]:
    """The steady states of a group by position; those that the lanes cannot settle are left out.

    Args:
        networks: All networks.
        group: The chains of some of them.
        settings: Accuracy.
        threads: Number of threads. It changes no bit of any result.
        most: Tier at which to give up.
        began: When the work began, as `time.perf_counter` says; now, if not given.
        batch: Whether the results say that they were solved with others.
    """
    from thermalent.continued_fraction.batch import convergence as batch_convergence

    began = time.perf_counter() if began is None else began
    fractions = _Fractions(group, threads)
    progress = fractions.converge(settings.aimed_rtol, most)
    good = np.flatnonzero(progress.status == batch_convergence.SETTLED)
    tiers, how = progress.depth, HOW
    if settings.last is not None:
        tiers, how = np.full(len(group.points), settings.last), HOW_FIXED
        good = fractions.truncate(good, tiers, progress)
    states = fractions.states(good)
    proper = _proper(states, progress.error[good])
    good, states = good[proper], states[proper]
    elements = None if settings.last is not None else fractions.element_errors(progress)
    seconds = (time.perf_counter() - began) / max(1, len(group.points))
    unknowns = tuple(block.shape[1] for block in group.chain.a)
    return {
        position: SteadyState(
            network=networks[position],
            method=settings.record,
            state=rho,
            error=ErrorEstimate(error, how, elements and partial(elements, row)),
            stats={
                "n_max": (tier + 1) // 2,
                "tiers": tier,
                "ended_by": "converged",
                "unknowns_per_tier": unknowns,
                "residual": residual,
                "seconds": seconds,
            }
            | ({"batch": True} if batch else {}),
        )
        for row, position, rho, error, tier, residual in zip(
            good.tolist(),
            group.points[good].tolist(),
            states,
            progress.error[good].tolist(),
            tiers[good].tolist(),
            progress.residual[good].tolist(),
            strict=True,
        )
    }


def _proper(states: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Mask of the Hermitian matrices that are states within their errors, as `result.checked`."""
    allowed = STATE_ROUNDING + states.shape[1] * error
    finite = np.all(np.isfinite(states), axis=(1, 2))
    trace = np.trace(states, axis1=1, axis2=2).real
    lowest = np.linalg.eigvalsh(np.where(finite[:, None, None], states, 0.0))[:, 0]
    says_something = error < np.max(np.abs(states), axis=(1, 2))
    return finite & says_something & (np.abs(trace - 1) <= allowed) & (lowest >= -allowed)


class _Fractions:
    """The fractions of a group of points, folded side by side."""

    def __init__(self, group: Chains, threads: int) -> None:
        chain, count = group.chain, len(group.points)
        assert chain.size is not None
        self.group, self.threads = group, threads
        self.blocks = _chain_blocks(chain)
        self.bands = (self.blocks.bands, self.blocks.reversed_bands())
        self.populations = round(np.sqrt(chain.basis[0].shape[1]))
        self.tier0 = TierZero(chain.a[0], chain.size.a[0], chain.basis[0])
        square, line = (count, chain.tier0_size, chain.tier0_size), (count, chain.tier0_size)
        k, before, inverse, above = (np.full(square, np.nan) for _ in range(4))
        x, x_before = (np.full(line, np.nan) for _ in range(2))
        self.work = Work(k, before, x, x_before, inverse, above)

    def converge(self, rtol: float, most: int = MOST_TIERS) -> Progress:
        """Fold at more and more tiers until every point is settled, one way or the other."""
        from thermalent.continued_fraction.batch import convergence as batch_convergence
        from thermalent.continued_fraction.chain import convergence as control

        count, widths = len(self.group.points), cast(np.ndarray, self.group.chain.width)
        progress = Progress(
            depth=np.array([control.first_depth(width) for width in widths]),
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
        # What needs more tiers than the ordinary solver takes, it also refuses.
        progress.status[progress.depth > most] = batch_convergence.DEFERRED
        judge_points, first_depths = batch_convergence.judge_points, progress.depth.copy()
        for folds in itertools.count():
            active = np.flatnonzero(progress.status == batch_convergence.ACTIVE)
            if active.size == 0:
                break
            if active.size > 1:  # lanes of similar depth wait least for each other
                active = active[np.argsort(progress.depth[active], kind="stable")]
            reverse, side = folds % 2 == 1, self._side(active)

            def task(points: np.ndarray, reverse: bool = reverse, side: Side = side) -> None:
                self._solve(points, progress.depth[points], reverse, side)
                judge_points(points, self.tier0, self.work, progress, rtol, most)

            self._share(task, active)
            if folds == 0:
                self._lose(active, first_depths, side)
        return progress

    def truncate(self, points: np.ndarray, tiers: np.ndarray, progress: Progress) -> np.ndarray:
        """Solve points at a fixed tier, and measure the error; returns those that can be."""
        converged, side = self.states(points), self._side(points)
        self._share(lambda some: self._solve(some, tiers[some], False, side), points)
        regular = ~np.isnan(self.work.x[points, 0])
        points, converged = points[regular], converged[regular]
        progress.error[points] += np.max(np.abs(self.states(points) - converged), axis=(1, 2))
        return points

    def _side(self, points: np.ndarray) -> Side:
        """The lanes in which so many points are folded."""
        from thermalent.continued_fraction.batch import kernels

        return kernels.ONE_LANE if len(points) <= _FEW else kernels.MANY_LANES

    def _solve(self, points: np.ndarray, depths: np.ndarray, reverse: bool, side: Side) -> None:
        """K, the solution at tier 0 and its inverse of some points, folded from their depths."""
        from thermalent.continued_fraction.batch.convergence import solve_points
        from thermalent.continued_fraction.batch.kernels import fold_points

        (a, _, values, rate), work = self.blocks, self.work
        bands = self.bands[1 if reverse else 0]
        fold_points(points, depths, reverse, a, bands, values, rate, work.k, side)
        solve_points(points, self.tier0.a, work.k, self.populations, work.x, work.inverse)

    def states(self, points: np.ndarray) -> np.ndarray:
        """Density matrices of the solutions of some points, (n, d, d)."""
        elements = np.sum(self.tier0.basis[points] * self.work.x[points, None, :], axis=2)
        d = round(np.sqrt(elements.shape[1]))
        return elements.reshape(-1, d, d)

    def element_errors(self, progress: Progress) -> Callable[[int], np.ndarray]:
        """The errors of the elements of a point's state, worked out for all when first asked for.

        The last but one solution is kept by what `converge` leaves in the work arrays.
        """

        @cache
        def table() -> np.ndarray:
            return element_errors(self.work, self.tier0, progress.error, progress.scale)

        return lambda row: table()[row]

    def _lose(self, points: np.ndarray, depths: np.ndarray, side: Side) -> None:
        """The change of K, which was folded once, by rounding: see `rounding.lost_above`."""
        from thermalent.continued_fraction.batch.kernels import fold_points

        blocks, above = _chain_blocks(rounding.disturbed(self.group.chain)), self.work.above
        a, _, values, rate = blocks
        bands = blocks.reversed_bands()

        def task(members: np.ndarray) -> None:
            fold_points(members, depths[members], True, a, bands, values, rate, above, side)

        self._share(task, points)
        above[:] = rounding.SECOND_DRAW * (self.work.k - above)

    def _share(self, task: Callable[[np.ndarray], None], points: np.ndarray) -> None:
        """Do the task for all points, on all threads; the kernels release the GIL."""
        parts = _slices(points, _SHARE)
        if self.threads == 1 or len(parts) == 1:
            for part in parts:
                task(part)
            return
        with ThreadPoolExecutor(self.threads, thread_name_prefix="fractions") as pool:
            list(pool.map(task, reversed(parts)))  # the longest first
