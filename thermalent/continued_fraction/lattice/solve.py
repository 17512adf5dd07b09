r"""Steady states of emitters under a source of several modes.

The lattice grows tier by tier until the state no longer changes, each solution the guess for the
next. Small lattices, and those of hot sources, are eliminated exactly; the others go to the
preconditioned Krylov method.

If no tolerance was asked for, the growth ends where the next lattice would exceed a budget, counted
in operations before it is begun, so that the outcome does not depend on the machine's speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.lattice.elimination import eliminate, elimination_cost
from thermalent.continued_fraction.lattice.krylov import (
    DENSE,
    RESTART,
    Ground,
    LatticeGenerator,
    steady_vector,
    vectors_kept,
)
from thermalent.continued_fraction.lattice.lattice import (
    HierarchyOperators,
    Lattice,
    Sectors,
    hierarchy_operators,
    lattice,
    sectors,
    unknowns,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import Source, source_of
from thermalent.networks.gaussian_source import UnstableSourceError
from thermalent.networks.network import Network
from thermalent.solution.result import TARGET
from thermalent.support import memory_limit
from thermalent.support.progress import working

DEFAULT_RTOL = TARGET
ENOUGH = 1e-2  # largest relative error that is accepted where no tolerance is given
# Operations where no accuracy is given, about half a minute of one core (measured: 1e9
# per second), the factor by which the first two digits may exceed them, and what is left of them
# where six digits are reached: a few seconds, because large lattices take ten times as long each.
LATTICE_BUDGET = 3e10
_FOR_TWO_DIGITS = 10.0
_SIX_DIGITS, _FOR_MORE = 1e-6, 1 / 15
FIRST_TIER = 2
MOST_LATTICE_TIERS = 60
_TIERS_PER_WIDTH = 6  # tiers per sqrt of the largest variance for two or three digits
# Multiplications of an elimination: a twentieth of a second, and half a minute.
_ALWAYS_ELIMINATED = 1e9
_MOST_WORK = 1e12
# Elements of tier zero up to which its inverse is factorised: 3 GB in double precision.
MOST_FACTORISED = 20_000
# Bytes of the sparse operators per product of two emitter levels while they are made, and numbers
# per element of tier zero that its iteration keeps (measured with five pairs).
_OPERATOR_BYTES, _ITERATED_NUMBERS = 4800.0, 300
_MOST_NUMBERS = 10**6  # boson numbers of a lattice, which are listed one by one
_PART_OF_RTOL = 0.05  # part of the error that the Krylov method may leave
_PART_OF_CHANGE = 0.03  # part of the expected change by the next tier, likewise
_ROUNDING = 1e-13
_FLOOR = 64 * float(np.finfo(float).eps)  # rounding that two lattices may share
_PLATEAU = 1e-9  # changes below this that no longer fall are rounding
# Growing step by step costs little at first; later a step of two is cheaper per digit.
_STEP_OF_TWO_FROM = 6
_STEP_OF_HOT = 4  # an elimination starts anew at each tier, so that few tiers are tried


@dataclass(frozen=True, eq=False)
class Found:
    """A steady state, the error of its largest element, and what ended the search."""

    state: np.ndarray
    error: float
    # "converged", "budget", "rounding", "grows", "too many tiers", "memory", "krylov", "singular"
    outcome: str
    tier: int
    size: int
    iterations: int
    # Bytes that this lattice takes, or the next one where memory ended it; operations with the next
    # one where the budget did.
    needed: float
    operations: float = 0.0

    @property
    def enough(self) -> bool:
        """Whether the error is acceptable for a solve without a tolerance."""
        return bool(self.error <= ENOUGH * np.max(np.abs(self.state)))


def lattice_memory(
    elements: Sectors, last: int, *, real: bool = False, operators: bool = True
) -> float:
    """Bytes of memory for a solve with the tiers up to `last`.

    Args:
        elements: The emitters' matrix elements.
        last: Highest tier.
        real: Whether all numbers are real.
        operators: Whether those of many emitters are still to be made; they take more than they
            hold.
    """
    zero, size = elements.sector(0).stop - elements.sector(0).start, unknowns(elements, last)
    number = 8 if real else 16
    # Krylov and work vectors of the iteration, and the factors of tier zero with their copy.
    vectors = float(number * size * (vectors_kept(size) + 12))
    if zero <= MOST_FACTORISED:
        return vectors + 2 * 8.0 * zero**2
    iterated = float(number * zero * _ITERATED_NUMBERS)
    return vectors + iterated + (_OPERATOR_BYTES * elements.dimension**2 if operators else 0.0)


def lattice_refusal(network: Network | Source) -> str | None:
    """Reason why the sources of a network cannot be solved together, or None."""
    problem = source_of(network)
    network = problem.network
    try:
        source = problem.gaussian
    except UnstableSourceError as error:
        return str(error)
    needed = _TIERS_PER_WIDTH * float(np.sqrt(np.max(np.abs(source.covariance))))
    if needed > MOST_LATTICE_TIERS:
        return (
            f"the source is so hot that the hierarchy of its {len(network.modes)} modes would need "
            f"about {needed:.2g} tiers; it takes up to {MOST_LATTICE_TIERS}. Take a weaker source."
        )
    required = lattice_memory(sectors(problem), FIRST_TIER)
    if memory_limit.fits(required):
        return None
    return (
        f"the hierarchy would need {memory_limit.in_words(required)} of memory for its "
        f"{int(np.prod(network.dims))} emitter levels, and "
        f"{memory_limit.in_words(memory_limit.available())} "
        "are free. Take fewer emitters: in a cascade the first ones do not depend on the later."
    )


def lattice_steady_state(
    network: Network | Source, rtol: float | None, last: int | None = None
) -> Found:
    """The emitters' steady state to a relative tolerance, or with the tiers up to `last`.

    Args:
        network: Emitters and several modes.
        rtol: Allowed error relative to the largest element; if None, the best within the budget.
        last: Highest tier, instead of a tolerance.

    Raises:
        UnstableSourceError: the modes together have no stationary state.
    """
    operators = hierarchy_operators(network)
    zero = operators.sectors.sector(0)
    too_large = zero.stop - zero.start > MOST_FACTORISED
    tier0 = Ground(LatticeGenerator(operators), iterates=too_large)
    if tier0.singular:
        nothing = np.full((operators.sectors.dimension,) * 2, np.nan)
        return Found(nothing, np.inf, "singular", 0, 0, 0, lattice_memory(operators.sectors, 0))
    growth = _Growth(operators, tier0, rtol, last)
    with working("hierarchy of several modes") as report:
        for tier in _schedule(last):
            if growth.skips(tier):
                continue
            obstacle = growth.obstacle(tier)
            if obstacle is not None:
                return growth.ended(obstacle.outcome, obstacle.needed)
            outcome = growth.solve(tier, report)
            if outcome:
                return growth.ended(outcome)
    assert growth.found is not None  # the schedule holds a tier
    return growth.found


class _Obstacle(NamedTuple):
    """Reason why the next lattice is not solved: the outcome, and its memory or operations."""

    outcome: str
    needed: float


class _Growth:
    """The lattices solved so far, and the cost of the next one."""

    def __init__(
        self, operators: HierarchyOperators, tier0: Ground, rtol: float | None, last: int | None
    ) -> None:
        self.of, self.tier0, self.last = operators, tier0, last
        self.limited = rtol is None and last is None
        self.rtol = DEFAULT_RTOL if rtol is None else rtol
        self.krylov_failed = False  # whether the iteration has failed before
        self.vector = np.zeros(0, dtype=tier0.generator.dtype)
        self.changes: list[float] = []
        self.found: Found | None = None
        self.best: Found | None = None
        self.iterations = 0
        self.latest_iterations = RESTART
        self.operations = tier0.factorising

    def skips(self, tier: int) -> bool:
        """Whether a tier of the schedule is passed over: eliminations are done anew for each."""
        started = self.found is not None and self.last is None
        return (
            started
            and self.krylov_failed
            and bool(tier % _STEP_OF_HOT)
            and tier > _STEP_OF_TWO_FROM
        )

    def obstacle(self, tier: int) -> _Obstacle | None:
        """Reason why the growth ends before this tier, or None."""
        if self.found is None or self.last is not None:
            return None
        # Before memory, which differs from machine to machine.
        work = self.operations + self._expected(tier)
        if self.limited and work > self._granted:
            return _Obstacle("budget", work)
        needed = lattice_memory(self.of.sectors, tier, real=self.of.real, operators=False)
        if not memory_limit.fits(needed):
            return _Obstacle("memory", needed)
        if comb(tier + len(self.of.drive), tier) > _MOST_NUMBERS:
            return _Obstacle("too many tiers", needed)
        return None

    @property
    def _granted(self) -> float:
        """Total number of operations where no accuracy is given."""
        if self.found is None or not self.found.enough:
            return _FOR_TWO_DIGITS * LATTICE_BUDGET
        if self.found.error <= _SIX_DIGITS * np.max(np.abs(self.found.state)):
            return _FOR_MORE * LATTICE_BUDGET
        return LATTICE_BUDGET

    @property
    def _most_eliminated(self) -> float:
        """Multiplications of the largest elimination."""
        if not self.limited:
            return _MOST_WORK
        return max(DENSE * (self._granted - self.operations), _ALWAYS_ELIMINATED)

    def _expected(self, tier: int) -> float:
        """Operations that a tier will take, if it takes as many iterations as the one before."""
        sizes = [unknowns(self.of.sectors, n) for n in range(tier + 1)]
        dense = 4.0 * float(np.sum(np.diff([0, *sizes]).astype(float) ** 3))
        if dense <= _ALWAYS_ELIMINATED or self.krylov_failed:
            return dense / DENSE
        return self.latest_iterations * self.tier0.generator.work(sizes[-1])

    def solve(self, tier: int, report: Callable[[str], None]) -> str:
        """Solve the lattice up to a tier; returns what ends the search, or nothing."""
        grown = lattice(self.of, tier)
        before = self.found
        # Before the first state only the trace is known: no element exceeds one.
        scale = 1.0 if before is None else float(np.max(np.abs(before.state)))
        target = self._target(scale)
        vector, solver_error = self._vector(grown, target, report)
        if solver_error > 10 * target and before is not None:
            return "krylov"
        self.vector = vector
        state = emitters(self.of.sectors, vector[: grown.offset[1]])
        if before is not None:
            self.changes.append(float(np.max(np.abs(state - before.state))) + solver_error)
        outcome = "krylov"
        if solver_error <= 10 * target:
            outcome = _outcome(self.changes, self.rtol * scale, tier, self.last)
        error = _error(self.changes) + _FLOOR * float(np.max(np.abs(state)))
        needed = lattice_memory(self.of.sectors, tier, real=self.of.real)
        self.found = Found(state, error, outcome, tier, grown.size, 0, needed)
        if self.best is None or error <= self.best.error:
            self.best = self.found
        return outcome

    def _vector(
        self, lattice: Lattice, target: float, report: Callable[[str], None]
    ) -> tuple[np.ndarray, float]:
        """The stationary vector, and the error that the solver leaves.

        A hot source drives the emitters harder than the preconditioner knows; what the iteration
        does not solve is eliminated, if that can be done.
        """
        work, solver_error = elimination_cost(lattice), np.inf
        vector = np.zeros(lattice.size, dtype=self.tier0.generator.dtype)
        if work > (self._most_eliminated if self.krylov_failed else _ALWAYS_ELIMINATED):
            vector[: len(self.vector)] = self.vector
            if not len(self.vector):
                vector[: lattice.offset[1]] = self.tier0.start
            solved = steady_vector(self.tier0, lattice, vector, target, report)
            vector, solver_error = solved.vector, solved.error
            self.iterations += solved.iterations
            self.operations += solved.iterations * self.tier0.generator.work(lattice.size)
            self.latest_iterations = max(solved.iterations, 1)
            self.krylov_failed = self.krylov_failed or (
                solver_error > 10 * target and work <= self._most_eliminated
            )
        if solver_error > 10 * target and work <= self._most_eliminated:
            report(f"tier {lattice.last}, {lattice.size:.1e} unknowns, elimination")
            vector, solver_error = eliminate(self.tier0, lattice), 0.0
            self.operations += work / DENSE
        return vector, solver_error

    def _target(self, scale: float) -> float:
        """The error that the Krylov method may leave: what the tolerance or the tiers allow.

        Digits beyond the change that the tier brings would be solved for in vain.
        """
        allowed = max(_PART_OF_RTOL * self.rtol * scale, _ROUNDING)
        if len(self.changes) < 2:
            return allowed
        last, before = self.changes[-1], self.changes[-2]
        expected = last * min(1.0, last / before) if before > 0 else last
        return max(allowed, _PART_OF_CHANGE * expected)

    def ended(self, outcome: str, needed: float | None = None) -> Found:
        """The last lattice, or the best where no tier was given, and the end of the search."""
        assert self.found is not None
        assert self.best is not None
        chosen = self.best if self.limited else self.found
        return replace(
            chosen,
            outcome=outcome,
            needed=chosen.needed if needed is None else needed,
            iterations=self.iterations,
            operations=self.operations,
        )


def _schedule(last: int | None) -> Iterable[int]:
    if last is not None:
        return (max(last - 1, 0), last)
    return (
        *range(FIRST_TIER, _STEP_OF_TWO_FROM),
        *range(_STEP_OF_TWO_FROM, MOST_LATTICE_TIERS + 1, 2),
    )


def emitters(elements: Sectors, zero: np.ndarray) -> np.ndarray:
    """The emitters' density matrix from the unknowns of tier zero, (d, d)."""
    flat = np.zeros(elements.dimension**2, dtype=complex)
    flat[elements.order[elements.sector(0)]] = zero
    rho = flat.reshape(elements.dimension, elements.dimension)
    return 0.5 * (rho + rho.conj().T)


def _error(changes: list[float]) -> float:
    """Error of the last state, from the changes with more tiers."""
    return changes[-1] if changes else np.inf


def _outcome(changes: list[float], wanted: float, tier: int, last: int | None) -> str:
    """The outcome that ends the search, or nothing."""
    if last is not None:
        return "converged" if tier == last else ""
    if len(changes) >= 2 and _error(changes) + _ROUNDING <= wanted:
        return "converged"
    if len(changes) >= 3 and max(changes[-3:]) < _PLATEAU and changes[-1] > 0.5 * changes[-3]:
        return "rounding"
    # A few tiers may do worse than the ones before; four in a row are rounding that grows.
    if len(changes) >= 5 and all(a < b for a, b in pairwise(changes[-5:])):
        return "grows"
    return "too many tiers" if tier == MOST_LATTICE_TIERS else ""
