"""Steady states of small emitters: one network, or many side by side, several per instruction.

Networks of one structure (the same kinds of emitters; rates, occupations, detunings differ) become
arrays at once, and compiled kernels fold their fractions in lanes, on as many threads as there are.
A single network is a list of one, in one lane. How far each point goes, when it stops and what its
error is follow the rules of `fraction`. What elimination without pivoting in lanes cannot settle
(several steady states, rounding, too many tiers), `fraction` takes over with the same chain.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.batch.element_errors import element_errors
from thermalent.continued_fraction.batch.fractions import Fractions
from thermalent.continued_fraction.batch.work import Progress
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.chain.one_structure.small import Chains, chains
from thermalent.continued_fraction.chain.one_structure.structure import Structure
from thermalent.continued_fraction.radial.plan import widest_folded
from thermalent.continued_fraction.settings import Settings, n_max_of
from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.network import Network
from thermalent.solution.result import ErrorEstimate, SteadyState
from thermalent.solution.several import SteadyStateArrays
from thermalent.solution.validity import known_states, marked
from thermalent.support.machine.freed_memory import keep_freed_memory

_TOGETHER = 2**22  # elements of superoperators held at once
HOW = "change of the state with more tiers and another scaling and order of them"
HOW_FIXED = "distance to the state with as many tiers as it takes"


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
    keep_freed_memory()
    size, found = int(np.prod(networks.dims)) ** 4, []
    # One after the other, networks with the same matrices share what is made of these.
    points = np.arange(len(networks))
    if networks.alike is not None:
        points = np.argsort(networks.alike, kind="stable")
    for slice_ in _slices(points, max(1, _TOGETHER // (6 * size))):
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
        order=n_max_of(np.concatenate([solved.tiers for _, solved, _ in found])[order]),
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
                    "n_max": n_max_of(tier),
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

    fractions = Fractions(group, threads)
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

    def __init__(self, fractions: Fractions, progress: Progress) -> None:
        self.fractions, self.progress = fractions, progress

    @cached_property
    def table(self) -> np.ndarray:
        """Those of all points, (p, d, d)."""
        fractions, progress = self.fractions, self.progress
        return element_errors(fractions.work, fractions.tier0, progress.error, progress.scale)

    def of(self, row: int) -> np.ndarray:
        """Those of the state of a point, (d, d)."""
        return np.asarray(self.table[row])
