"""The fractions of many points of one structure: how far each goes, when it stops, its error."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from thermalent.continued_fraction.batch.arrangement import (
    Arrangement,
    alone_and_together,
    room_for,
    side_by_side_of,
)
from thermalent.continued_fraction.batch.work import (
    NUMBERS_AT_A_TIME,
    Progress,
    TierZero,
    Work,
    beginning,
)
from thermalent.continued_fraction.chain import rounding
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.chain.one_structure.blocks import lane_tiers
from thermalent.continued_fraction.chain.one_structure.small import Chains
from thermalent.support.once import once

if TYPE_CHECKING:
    from thermalent.continued_fraction.batch.arrangement import AnyArrays
    from thermalent.continued_fraction.chain.one_structure.blocks import LaneTiers

_IN_ORDER = 8  # numbers from which on numpy sums several at a time
_SHARE = 64  # points that a thread takes at a time


class Fractions:
    """The fractions of a group of points, folded side by side."""

    def __init__(self, group: Chains, threads: int) -> None:
        self.group, self.threads = group, threads
        self.tier0 = TierZero(group.six[0], group.size.a[0], group.tier0, group.first)
        count, tier0_size = len(group.points), group.reached.tier0_size
        k, before, above, inverse = np.full((4, count, tier0_size, tier0_size), np.nan)
        x, x_before = np.full((2, count, tier0_size), np.nan)
        self.work = Work(k, before, x, x_before, above, inverse)
        # The shape of the equations of one point: see `convergence.settle_points`.
        row = -(-2 * tier0_size // NUMBERS_AT_A_TIME) * NUMBERS_AT_A_TIME
        self.equations = tier0_size, row

    def converge(self, rtol: float, most: int = MOST_TIERS, widest: float = math.inf) -> Progress:
        """Fold at more and more tiers until every point is settled, one way or the other."""
        from thermalent.continued_fraction.batch import convergence as batch_convergence
        from thermalent.continued_fraction.chain import convergence as control

        progress = beginning(control.first_depths(self.group.width))
        # What needs more tiers than the ordinary solver takes, it also refuses.
        if progress.depth.max() > most:
            progress.status[progress.depth > most] = batch_convergence.DEFERRED
        progress.status[self.group.width > widest] = batch_convergence.DEFERRED
        (active,) = (progress.status == batch_convergence.ACTIVE).nonzero()
        if active.size > 1:  # one alone begins with its disturbed tiers by itself
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
            space = np.zeros(self.equations), np.empty((3, self.equations[0]))
            if how.alone:
                moved = self.moved.values  # more elements, if what was zero is not
                more = moved if moved.shape[1] > tiers.values.shape[1] else tiers.values
                room = self._room(how, more)
                search_points(
                    some, tiers, self.moved, group.rate, *state, space, rounds, room, how.side
                )
            else:
                reverse = bool(progress.folds[some[0]] % 2)
                self._fold(some, how, progress.depth, reverse, tiers, self.work.k)
                settle_points(some, *state, space)

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
        if how.alone:
            from thermalent.continued_fraction.batch.alone_kernels import fold_alone as fold
        elif how.groups:
            from thermalent.continued_fraction.batch.group_kernels import fold_groups as fold
        else:
            from thermalent.continued_fraction.batch.kernels import fold_points as fold

        order, rate = tiers.reversed_bands if reverse else tiers.bands, self.group.rate
        values, room = tiers.values, self._room(how, tiers.values)
        fold(points, depths, reverse, tiers.a, order, values, rate, result, room, how.side)

    def truncate(self, points: np.ndarray, tiers: np.ndarray, progress: Progress) -> np.ndarray:
        """Solve points at a fixed tier, and measure the error; returns those that can be."""
        from thermalent.continued_fraction.batch.convergence import solve_points

        group, work, converged = self.group, self.work, self.states(points)

        def task(some: np.ndarray, how: Arrangement) -> None:
            self._fold(some, how, tiers, False, group.folded, work.k)
            space = np.zeros(self.equations), np.empty((3, self.equations[0]))
            solve_points(some, self.tier0, work, group.reached.populations, space)

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
        # Lanes of similar depth wait least for each other.
        points = points[np.argsort(-depths[points], kind="stable")]
        abreast, cost = side_by_side_of(counts, self.group.reached.tier0_size)
        alone, together = alone_and_together(depths[points], abreast.lanes, cost)
        size = _SHARE if self.threads > 1 else max(1, len(points))
        parts: list[tuple[np.ndarray, Arrangement]] = []
        for places, how in ((together, abreast), (alone, one_by_one)):
            for begin in range(0, len(places), size):
                parts.append((points[places[begin : begin + size]], how))
        return parts

    def _room(self, how: Arrangement, values: np.ndarray) -> AnyArrays:
        counts, tier0_size = self.group.folded.counts, self.group.reached.tier0_size
        return room_for(how, counts, values.shape[1], tier0_size)

    def states(self, points: np.ndarray) -> np.ndarray:
        """Density matrices of the solutions of some points in ascending order, (n, d, d)."""
        basis, x = self.tier0.basis, self.work.x
        if len(points) < len(x):  # else these are all, and need no copy
            basis, x = basis[points], x[points]
        terms = basis * x[:, None, :]
        # So few numbers numpy sums in order as well, but of many points far slower.
        if len(x) > 1 and x.shape[1] < _IN_ORDER:
            elements = terms[:, :, 0].copy()
            for j in range(1, x.shape[1]):
                elements += terms[:, :, j]
        else:
            elements = terms.sum(axis=2)
        d = self.group.reached.populations
        return np.asarray(elements.reshape(-1, d, d))

    @once
    def moved(self) -> LaneTiers:
        """The tiers as rounding may disturb them, for what it loses: see `rounding.lost_above`."""
        reached, sizes = self.group.reached, sum(self.group.size, ())
        return lane_tiers(
            rounding.disturbed(self.group.six, sizes, reached.charge, reached.populations),
            reached.charge,
            reached.tier0_size,
            reached.traceless,
        )

    def _fold_disturbed(self, points: np.ndarray, depths: np.ndarray) -> None:
        """K of disturbed tiers of the points that are folded side by side."""

        def task(some: np.ndarray, how: Arrangement) -> None:
            self._fold(some, how, depths, True, self.moved, self.work.above)

        self._share(task, [part for part in self._parts(points, depths) if not part[1].alone])

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
