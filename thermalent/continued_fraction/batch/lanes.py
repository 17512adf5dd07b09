"""Steady states of small emitters: one network, or many side by side, several per instruction.

Networks of one structure (the same kinds of emitters; rates, occupations, detunings differ) become
arrays at once, and compiled kernels fold their fractions in lanes, on as many threads as there are.
A single network is a list of one, in one lane. How far each point goes, when it stops and what its
error is follow the rules of `fraction`. What elimination without pivoting in lanes cannot settle
(several steady states, rounding, too many tiers), `fraction` takes over with the same chain.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thermalent.continued_fraction.batch.element_errors import element_errors
from thermalent.continued_fraction.chain import rounding
from thermalent.continued_fraction.chain.blocks import lane_tiers
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.chain.small import Chains, chains
from thermalent.continued_fraction.chain.structure import Structure
from thermalent.continued_fraction.radial.plan import widest_folded
from thermalent.continued_fraction.settings import Settings
from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.network import Network
from thermalent.solution.arrays import SteadyStateArrays
from thermalent.solution.result import ErrorEstimate, SteadyState, known_states, marked

if TYPE_CHECKING:
    from thermalent.continued_fraction.batch.alone_kernels import AloneArrays
    from thermalent.continued_fraction.batch.kernels import LaneArrays
    from thermalent.continued_fraction.chain.blocks import LaneTiers

_TOGETHER = 2**22  # elements of superoperators held at once
_SHARE = 64  # points that a thread takes at a time
# So many lanes together take as long as so many folds of one network (measured for two qubits, 16
# detuned and 32 resonant ones), so that fewer are folded one by one.
_LANES_COST = {16: 4.6, 32: 4.6}
HOW = "change of the state with more tiers and another scaling and order of them"
HOW_FIXED = "distance to the state with as many tiers as it takes"

_MOST_ROOMS = 4  # of a thread, half a megabyte each at most


class _Rooms(threading.local):
    """The space in which each thread folds, by its sizes: to make it takes as long as to fold."""

    def __init__(self) -> None:
        self.by_sizes: dict[tuple[Any, ...], LaneArrays | AloneArrays] = {}


_rooms = _Rooms()


class Arrangement(NamedTuple):
    """How some points are folded."""

    alone: bool  # one by one, else side by side
    side: tuple[float, ...]  # as many items as a row has, or as there are lanes: see the kernels


class TierZero(NamedTuple):
    """A at tier 0 of the chains of some points, and what its unknowns stand for."""

    a: np.ndarray  # of the even tiers, (p, m_0, m_0)
    size: np.ndarray  # what its elements were summed from, (p, m_0, m_0)
    basis: np.ndarray  # operators of tier 0 as columns, (p, d^2, tier0)


class Work(NamedTuple):
    """Intermediate results of each point: matrices (p, tier0, tier0), vectors (p, tier0)."""

    k: np.ndarray
    before: np.ndarray  # K of the fold before
    x: np.ndarray
    x_before: np.ndarray
    # A_0 + K with the trace in the place of its first row, then its inverse, (p, tier0, 2 tier0)
    equations: np.ndarray
    above: np.ndarray  # what rounding may change in K; K of disturbed tiers until there is another

    @property
    def inverse(self) -> np.ndarray:
        """The inverses of the equations."""
        return self.equations[:, :, self.x.shape[1] :]


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


def _beginning(depth: np.ndarray) -> Progress:
    """The state of searches that begin with so many tiers, (p,)."""
    count = len(depth)
    folds, changed, singular, status = np.zeros((4, count), dtype=np.int64)
    error, scale, residual = np.full((3, count), np.inf)
    scale[:] = 1.0
    return Progress(
        depth=depth,
        depths=np.zeros((count, 3), dtype=np.int64),
        folds=folds,
        changes=np.zeros((count, 3)),
        changed=changed,
        singular=singular,
        status=status,
        error=error,
        scale=scale,
        residual=residual,
    )


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


def solved_arrays(
    networks: NetworkArrays, kind: Structure, settings: Settings, threads: int = 1
) -> SteadyStateArrays:
    """The steady states of networks given as arrays; those that the lanes cannot settle are left
    out.

    Args:
        networks: The networks.
        kind: Their structure.
        settings: Accuracy.
        threads: Number of threads. It changes no bit of any result.
    """
    size, found = int(np.prod(networks.dims)) ** 4, []
    for slice_ in _slices(np.arange(len(networks)), max(1, _TOGETHER // (6 * size))):
        for group in chains(networks, slice_, kind):
            solved = _solved(group, settings, threads, widest=widest_folded(settings))
            elements = solved.elements.table[solved.rows] if solved.elements else None
            found.append((group.points[solved.rows], solved, elements))
    points = np.concatenate([part for part, _, _ in found])
    order = np.argsort(points)
    error = np.concatenate([solved.error for _, solved, _ in found])[order]
    tables = [table for _, _, table in found if table is not None]
    elements = np.concatenate(tables)[order] if tables else None
    return SteadyStateArrays(
        network=networks.part(points[order]),
        method=settings.record,
        state=np.concatenate([solved.states for _, solved, _ in found])[order],
        error=error,
        elements=None if elements is None else np.minimum(elements, error[:, None, None]),
        order=(np.concatenate([solved.tiers for _, solved, _ in found])[order] + 1) // 2,
    )


def _slices(points: np.ndarray, size: int) -> list[np.ndarray]:
    return [points[begin : begin + size] for begin in range(0, len(points), size)]


def solved_group(
    networks: Sequence[Network],
    group: Chains,
    settings: Settings,
    threads: int = 1,
    *,
    most: int = MOST_TIERS,
    batch: bool = False,
) -> dict[int, SteadyState]:
    """The steady states of a group by position; those that the lanes cannot settle are left out.

    Args:
        networks: All networks.
        group: The chains of some of them.
        settings: Accuracy.
        threads: Number of threads. It changes no bit of any result.
        most: Tier at which to give up.
        batch: Whether the results say that they were solved with others, and what share of the
            time each took.
    """
    began = time.perf_counter()
    # What is too hot for tiers the ordinary solver has tried otherwise, where it comes from there.
    widest = widest_folded(settings) if batch else math.inf
    solved = _solved(group, settings, threads, most, widest)
    how, elements = HOW_FIXED if solved.elements is None else HOW, solved.elements
    share = (time.perf_counter() - began) / max(1, len(group.points))
    shared = {"seconds": share, "batch": True} if batch else {}
    return {
        position: marked(
            SteadyState(
                network=networks[position],
                method=settings.record,
                state=rho,
                error=ErrorEstimate(
                    error, how, None if elements is None else partial(elements.of, row)
                ),
                stats={
                    "n_max": (tier + 1) // 2,
                    "tiers": tier,
                    "ended_by": "converged",
                    "unknowns_per_tier": group.counts,
                    "residual": residual,
                    **shared,
                },
            )
        )
        for row, position, rho, error, tier, residual in zip(
            solved.rows.tolist(),
            group.points[solved.rows].tolist(),
            solved.states,
            solved.error.tolist(),
            solved.tiers.tolist(),
            solved.residual.tolist(),
            strict=True,
        )
    }


class _Solved(NamedTuple):
    """The states of those points of a group that the lanes have settled."""

    rows: np.ndarray  # which of the points, (s,)
    states: np.ndarray  # (s, d, d)
    error: np.ndarray  # of the largest elements, (s,)
    tiers: np.ndarray  # (s,)
    residual: np.ndarray  # (s,)
    elements: _ElementErrors | None  # of all points; None where the truncation was given


def _solved(
    group: Chains,
    settings: Settings,
    threads: int = 1,
    most: int = MOST_TIERS,
    widest: float = math.inf,
) -> _Solved:
    from thermalent.continued_fraction.batch import convergence as batch_convergence

    fractions = _Fractions(group, threads)
    progress = fractions.converge(settings.aimed_rtol, most, widest)
    (good,) = (progress.status == batch_convergence.SETTLED).nonzero()
    tiers, fixed = progress.depth, settings.last is not None
    if settings.last is not None:
        tiers = np.full(len(group.points), settings.last)
        good = fractions.truncate(good, tiers, progress)
    states = fractions.states(good)
    proper = known_states(states, progress.error[good])
    if not proper.all():
        good, states = good[proper], states[proper]
    return _Solved(
        rows=good,
        states=states,
        error=progress.error[good],
        tiers=tiers[good],
        residual=progress.residual[good],
        elements=None if fixed else _ElementErrors(fractions, progress),
    )


class _ElementErrors:
    """The errors of the elements of the states of a group, worked out when first asked for.

    The last but one solution is kept by what the search leaves in the work arrays.
    """

    def __init__(self, fractions: _Fractions, progress: Progress) -> None:
        self.fractions, self.progress = fractions, progress

    @cached_property
    def table(self) -> np.ndarray:
        """Those of all points, (p, d, d)."""
        fractions, progress = self.fractions, self.progress
        return element_errors(fractions.work, fractions.tier0, progress.error, progress.scale)

    def of(self, row: int) -> np.ndarray:
        """Those of the state of a point, (d, d)."""
        return np.asarray(self.table[row])


class _Fractions:
    """The fractions of a group of points, folded side by side."""

    def __init__(self, group: Chains, threads: int) -> None:
        self.group, self.threads = group, threads
        self.tier0 = TierZero(group.six[0], group.size.a[0], group.tier0)
        count, tier0_size = len(group.points), group.reached.tier0_size
        k, before, above = np.full((3, count, tier0_size, tier0_size), np.nan)
        x, x_before = np.full((2, count, tier0_size), np.nan)
        equations = np.empty((count, tier0_size, 2 * tier0_size))
        self.work = Work(k, before, x, x_before, equations, above)

    def converge(self, rtol: float, most: int = MOST_TIERS, widest: float = math.inf) -> Progress:
        """Fold at more and more tiers until every point is settled, one way or the other."""
        from thermalent.continued_fraction.batch import convergence as batch_convergence
        from thermalent.continued_fraction.chain import convergence as control

        first_depths = [control.first_depth(width) for width in self.group.width.tolist()]
        progress = _beginning(np.array(first_depths))
        # What needs more tiers than the ordinary solver takes, it also refuses.
        if max(first_depths) > most:
            progress.status[progress.depth > most] = batch_convergence.DEFERRED
        progress.status[self.group.width > widest] = batch_convergence.DEFERRED
        (active,) = (progress.status == batch_convergence.ACTIVE).nonzero()
        self._fold_disturbed(active, progress.depth)
        while active.size:
            self._search(active, progress, rtol, most)
            (active,) = (progress.status == batch_convergence.ACTIVE).nonzero()
        return progress

    def _search(self, points: np.ndarray, progress: Progress, rtol: float, most: int) -> None:
        """Fold some points until each is settled.

        Where some are folded side by side, once: then those of similar depth come together again.
        """
        from thermalent.continued_fraction.batch.convergence import search_points, settle_points
        from thermalent.continued_fraction.chain.convergence import MOST_FOLDS

        group, tiers = self.group, self.group.folded
        parts = self._parts(points, progress.depth)
        rounds = MOST_FOLDS if all(how.alone for _, how in parts) else 1
        state = (self.tier0, self.work, progress, group.reached.populations, (rtol, most))

        def task(some: np.ndarray, how: Arrangement) -> None:
            if how.alone:
                room = self._room(how, tiers.values)
                search_points(some, tiers, group.rate, *state, rounds, room, how.side)
            else:
                reverse = bool(progress.folds[some[0]] % 2)
                self._fold(some, how, progress.depth, reverse, tiers, self.work.k)
                settle_points(some, *state)

        self._share(task, parts)

    def _fold(
        self,
        points: np.ndarray,
        how: Arrangement,
        depths: np.ndarray,
        reverse: bool,
        tiers: LaneTiers,
        result: np.ndarray,
    ) -> None:
        """Fold some points once, each at its own depth, into `result`."""
        from thermalent.continued_fraction.batch.alone_kernels import fold_alone
        from thermalent.continued_fraction.batch.kernels import fold_points

        order = tiers.reversed_bands if reverse else tiers.bands
        fold, rate = fold_alone if how.alone else fold_points, self.group.rate
        values, room = tiers.values, self._room(how, tiers.values)
        fold(points, depths, reverse, tiers.a, order, values, rate, result, room, how.side)

    def truncate(self, points: np.ndarray, tiers: np.ndarray, progress: Progress) -> np.ndarray:
        """Solve points at a fixed tier, and measure the error; returns those that can be."""
        from thermalent.continued_fraction.batch.convergence import solve_points

        group, work, converged = self.group, self.work, self.states(points)

        def task(some: np.ndarray, how: Arrangement) -> None:
            self._fold(some, how, tiers, False, group.folded, work.k)
            solve_points(some, self.tier0, work, group.reached.populations)

        self._share(task, self._parts(points, tiers))
        regular = ~np.isnan(work.x[points, 0])
        points, converged = points[regular], converged[regular]
        progress.error[points] += np.max(np.abs(self.states(points) - converged), axis=(1, 2))
        return points

    def _parts(
        self, points: np.ndarray, depths: np.ndarray
    ) -> list[tuple[np.ndarray, Arrangement]]:
        """Some points in the parts that a thread takes at a time, each with how it is folded."""
        from thermalent.continued_fraction.batch.alone_kernels import row_for

        counts = self.group.folded.counts
        one_by_one = Arrangement(True, row_for(counts, self.group.reached.tier0_size))
        if len(points) == 1:
            return [(points, one_by_one)]
        from thermalent.continued_fraction.batch.kernels import lanes_for

        # Lanes of similar depth wait least for each other.
        points, lanes = points[np.argsort(-depths[points], kind="stable")], lanes_for(counts)
        alone, together = _alone_and_together(depths[points], len(lanes))
        size = _SHARE if self.threads > 1 else max(1, len(points))
        parts: list[tuple[np.ndarray, Arrangement]] = []
        for places, how in ((together, Arrangement(False, lanes)), (alone, one_by_one)):
            for begin in range(0, len(places), size):
                parts.append((points[places[begin : begin + size]], how))
        return parts

    def _room(self, how: Arrangement, values: np.ndarray) -> LaneArrays | AloneArrays:
        """Space for the fractions that one thread folds at a time; the next fold overwrites it."""
        from thermalent.continued_fraction.batch import alone_kernels, kernels

        counts, tier0_size = self.group.folded.counts, self.group.reached.tier0_size
        sizes = (counts, values.shape[1], tier0_size, len(how.side))
        rooms = _rooms.by_sizes
        if (how, sizes) not in rooms:
            if len(rooms) >= _MOST_ROOMS:
                rooms.clear()
            make = alone_kernels.alone_arrays if how.alone else kernels.lane_arrays
            rooms[how, sizes] = make(*sizes)
        return rooms[how, sizes]

    def states(self, points: np.ndarray) -> np.ndarray:
        """Density matrices of the solutions of some points, (n, d, d)."""
        elements = (self.tier0.basis[points] * self.work.x[points, None, :]).sum(axis=2)
        d = self.group.reached.populations
        return np.asarray(elements.reshape(-1, d, d))

    def _fold_disturbed(self, points: np.ndarray, depths: np.ndarray) -> None:
        """K as rounding may disturb it, for what it loses: see `rounding.lost_above`."""
        reached, sizes = self.group.reached, sum(self.group.size, ())
        moved = lane_tiers(
            rounding.disturbed(self.group.six, sizes, reached.charge, reached.populations),
            reached.charge,
            reached.tier0_size,
            reached.traceless,
        )

        def task(some: np.ndarray, how: Arrangement) -> None:
            self._fold(some, how, depths, True, moved, self.work.above)

        self._share(task, self._parts(points, depths))

    def _share(
        self,
        task: Callable[[np.ndarray, Arrangement], None],
        parts: Sequence[tuple[np.ndarray, Arrangement]],
    ) -> None:
        """Do the task for all parts, on all threads; the kernels release the GIL."""
        if self.threads == 1 or len(parts) <= 1:
            for part in parts:
                task(*part)
            return
        with ThreadPoolExecutor(self.threads, thread_name_prefix="fractions") as pool:
            list(pool.map(lambda part: task(*part), parts))  # the longest first


def _alone_and_together(depths: np.ndarray, lanes: int) -> tuple[list[int], list[int]]:
    """Which points are folded one by one, and which side by side, to take the least time.

    All lanes take as long as the deepest point in them. Of the next points, as many as there are
    lanes, the deepest are therefore folded alone where that is less work.

    Args:
        depths: Tiers of the points, (n,), the deepest first.
        lanes: Number of lanes.

    Returns:
        Positions of those alone, and of those together, in the order of the depths.
    """
    cost = _LANES_COST[lanes]
    # Mostly no point of the first windows is folded alone, which is seen of all of them at once.
    full = depths[: len(depths) // lanes * lanes].reshape(-1, lanes)
    following = cost * np.append(full[:, 1:], np.zeros((len(full), 1)), axis=1)
    apart = (full.cumsum(axis=1) + following < cost * full[:, :1]).any(axis=1)
    begin = lanes * (int(apart.argmax()) if apart.any() else len(full))
    alone: list[int] = []
    together, left = list(range(begin)), depths.tolist()
    while begin < len(left):
        window = [*left[begin : begin + lanes], 0]  # beyond the last one there is no work
        before = [0, *itertools.accumulate(window)]
        work = [own + cost * deepest for own, deepest in zip(before, window, strict=False)]
        split = begin + work.index(min(work))
        end = split + lanes if split < begin + len(window) - 1 else split
        alone += range(begin, split)
        together += range(split, min(end, len(left)))
        begin = end
    return alone, together
