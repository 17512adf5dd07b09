r"""Exact time evolution of the emitters behind a source of several poles, stationary at first.

Each total charge evolves by itself, as behind one mode (see `total_charge`); a stationary source
leaves every tier but the lowest empty at the start. What is new is the number K of quanta along the
chain: it is chosen where the Laplace transform right of the contours no longer changes. The changes
of that and the evolution with one quantum less tell the error that is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.fraction import evaluate_chain
from thermalent.continued_fraction.chain.stationary import TierZeroEquation, resolvent
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.dynamics.laplace.conserved import reading_with_trace
from thermalent.continued_fraction.dynamics.laplace.inversion import Inverter
from thermalent.continued_fraction.dynamics.laplace.reduced import Folded, response
from thermalent.continued_fraction.dynamics.relaxation import RelaxationResult, relax
from thermalent.continued_fraction.dynamics.steps import Steps, largest_rate
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.errors_of_orders import (
    FEWEST_CHANGES,
    error_of_orders,
    errors_over_time,
)
from thermalent.continued_fraction.total_charge import (
    part_of_charge,
    sum_of_charges,
    tier0_matrices,
    tier0_vector,
)
from thermalent.support.progress import working

_FOLDS = 60.0  # of complex numbers along a line, and those by which K is chosen
_PART_OF_TIERS = 1e-2  # of the tolerance: emitters that turn need more tiers than steady ones
_RESCALED = float(np.sqrt(1.7))  # of the tiers against each other: another rounding
_NO_SEEDS = np.zeros(0)
_PROBES, _HIGHEST = 6, 3.0  # frequencies by which K is chosen, the last in the largest rate


def tiers_depth(chain: SourceChain, quanta: int, rtol: float) -> int:
    """Tiers that the steady state needs, or without a unique one, the source's resolvent."""
    built = tiers(chain, quanta)
    stationary = TierZeroEquation(built)
    found = evaluate_chain(built, stationary.solve, degenerate=stationary.degenerate, rtol=rtol)
    if found.outcome == "converged":
        return found.tiers
    s = stationary.source_rate
    return evaluate_chain(
        built, resolvent(built, np.ones(built.tier0_size), s), s=s, rtol=rtol
    ).tiers


def evolve_several_poles(
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
    stats = {"tiers": 0, "stepped_times": 0, "quanta": 0, "poles": chain.length, "refused": 0}
    depth = tiers_depth(chain, min(1, chain.length - 1), _PART_OF_TIERS * tolerance)

    def evolved(q: int) -> tuple[np.ndarray, np.ndarray] | None:
        part = part_of_charge(chain.numbers, rho, q)
        if part is None:
            return None
        sector = _Sector(chain, part, q, depth)
        orders = sector.quanta(times, tolerance, most_work)
        stats["quanta"] = max(stats["quanta"], orders.quanta)
        found, error = sector.relaxed(times, orders)
        stats["tiers"] = max(stats["tiers"], sector.tiers)
        stats["stepped_times"] = max(stats["stepped_times"], sector.stepped)
        stats["refused"] = max(stats["refused"], int(sector.refused))
        return found, error

    states, error = sum_of_charges(chain.numbers, times, evolved)
    error[times > 0] += chain.rounding
    return states, error, stats


class QuantaFound(NamedTuple):
    """How many quanta an evolution takes.

    Args:
        quanta: K.
        reachable: The accuracy to which the evolution itself is worth the work.
        error: What K leaves out of the largest of a few numbers.
    """

    quanta: int
    reachable: float
    error: float


class _Sector:
    """One total charge of the state."""

    def __init__(self, chain: SourceChain, part: np.ndarray, charge: int, depth: int) -> None:
        self.chain, self.part, self.charge, self.depth = chain, part, charge, depth
        self.tiers, self.stepped, self.refused = depth, 0, 0.0

    def built(self, quanta: int) -> tuple[Tiers, np.ndarray]:
        """The tiers with this many quanta, and the initial vector."""
        built = tiers(self.chain, quanta, start=self.part, charge=self.charge)
        return built, tier0_vector(built, self.part, self.charge)

    def quanta(self, times: np.ndarray, tolerance: float, most_work: float) -> QuantaFound:
        """The K at which the transform has the accuracy, or as many as are affordable."""
        if self.chain.length == 1:
            return QuantaFound(0, tolerance, 0.0)
        built, start = self.built(1)
        weighted = list(_probes(built, times))
        before = self._transformed(built, start, weighted)
        quanta, changes, changed, error = 1, np.zeros(3), 0, np.inf
        poles = self.chain.length - 1
        with working("quanta along the chain") as report:
            while True:
                # The next blocks from these, where symmetries leave fewer unknowns.
                larger = count(poles, quanta + 1) / count(poles, quanta)
                spent = _FOLDS * fold_work(self.depth, larger * max(built.sizes))
                if changed >= FEWEST_CHANGES and spent > most_work:
                    return QuantaFound(quanta, float(changes[-1]), error)
                quanta += 1
                built, start = self.built(quanta)
                now = self._transformed(built, start, weighted)
                change = float(np.max(np.abs(now - before), initial=0.0))
                changes, changed = np.append(changes[1:], change), changed + 1
                error = error_of_orders(changes, changed, 1.0)
                report(f"K = {quanta}, change {change:.0e}")
                if error <= tolerance:
                    return QuantaFound(quanta, tolerance, error)
                before = now

    def _transformed(
        self, built: Tiers, start: np.ndarray, weighted: list[tuple[complex, float]]
    ) -> np.ndarray:
        equation = Folded(built, start)
        basis = built.basis[0][:, : built.tier0_size]
        return np.array(
            [w * (basis @ np.linalg.solve(*equation(z, self.depth))) for z, w in weighted]
        )

    def relaxed(self, times: np.ndarray, orders: QuantaFound) -> tuple[np.ndarray, np.ndarray]:
        """States with K quanta, and errors: their own and what the quanta leave out."""
        quanta, tolerance = orders.quanta, max(orders.reachable / 10, 1e-10)
        # Where the budget ended K, tiers for more digits than that would be folded in vain.
        fewest = tiers_depth(self.chain, min(1, self.chain.length - 1), _PART_OF_TIERS * tolerance)
        self.depth = self.tiers = min(self.depth, fewest)
        if self.chain.length == 1:
            states, own, _ = self._run(times, quanta, tolerance, _NO_SEEDS)
            return states, own
        fewer, theirs, seeds = self._run(times, quanta - 1, tolerance, _NO_SEEDS)
        states, own, _ = self._run(times, quanta, tolerance, seeds)
        change = np.max(np.abs(states - fewer), axis=(1, 2))
        left_out = errors_over_time(change, orders.error)
        left_out[times == 0] = 0.0
        return states, own + left_out + theirs

    def _run(
        self, times: np.ndarray, quanta: int, tolerance: float, seeds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """States, errors, and frequencies for the next run (see `line`)."""
        built, start = self.built(quanta)
        other = built.rescaled(_RESCALED)
        # Poles are not searched: steps continue until contours agree.
        over_time = replace(
            response(
                built,
                Folded(built, start),
                Folded(other, start),
                chained=False,
                work=fold_work(self.depth, max(built.sizes)),
            ),
            seeds=seeds,
        )
        relaxed: RelaxationResult = relax(
            times,
            tolerance,
            Steps(built, start, self.depth, reading_with_trace(built, start), other),
            Inverter(over_time, self.depth, tolerance, real=self.charge == 0),
        )
        self.refused = max(self.refused, float(relaxed.refused))
        self.tiers = max(self.tiers, relaxed.depth)
        self.stepped = max(self.stepped, relaxed.stepped)
        return tier0_matrices(built, relaxed.values), relaxed.error, relaxed.support


def _probes(built: Tiers, times: np.ndarray) -> Iterable[tuple[complex, float]]:
    """Points on a line right of all singularities, and what z F says of the function of time.

    Left of the slowest rates of the source, where contours pass, K never converges.
    """
    last = float(times[-1])
    if last <= 0:
        return
    rate = max(largest_rate(built), 1.0 / last)
    for omega in (0.0, *np.geomspace(1.0 / last, _HIGHEST * rate, _PROBES).tolist()):
        z = complex(1.0 / last, omega)
        yield z, abs(z)
