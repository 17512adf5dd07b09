r"""Steady states of many emitters behind one mode, without a dense block.

The fraction inverts the block of a tier, of 16,000 unknowns for eight qubits. Here all tiers
are solved at once by minimal residuals, each divided by its own diagonal

$$M = \big(L - \lambda N\big)^{-1}$$

on tier N, the emitters' decay in the vacuum, which takes excitations away or carries them
downstream: a triangular matrix. The number of products hardly grows with the number of emitters.

A direction that decays very slowly, such as a nearly dark state, can hide from the residual. So the
slowest rate is first taken from the emitters under a broadband source, and solutions start in
turn from nothing and from the maximally mixed state: what is not found stays as it was at the start
and shows in the change from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.lattice.krylov import Ground, LatticeGenerator
from thermalent.continued_fraction.lattice.lattice import (
    HierarchyOperators,
    Lattice,
    Sectors,
    hierarchy_operators,
    lattice,
    unknowns,
)
from thermalent.continued_fraction.lattice.minimal_residual import Solution, minimal_residual
from thermalent.continued_fraction.lattice.solve import (
    DEFAULT_RTOL,
    LATTICE_BUDGET,
    emitters,
)
from thermalent.networks.network import Network
from thermalent.support import memory_limit
from thermalent.support.progress import working

MOST_VECTORS = 800
# Vectors for six digits, about: measured with four qubits at 26 to 114 tiers. The memory that
# follows was 2.4 times the peak of eight qubits on resonance.
_FEWEST_VECTORS, _VECTORS_PER_TIER = 100, 5
# Accuracies where none is given; how much more work and tiers each takes than the one before.
STAGES, _GROWTH, _MORE_TIERS = (1e-3, 1e-6, DEFAULT_RTOL), 3.0, 1.8
MOST_ITERATED = 400  # tiers; hotter sources take more vectors than are kept
_PART_OF_RTOL = 0.1  # part of the allowed error that the iteration may leave
# Applications of an inverse and its adjoint: of n unknowns they find its norm but for n^(1/4k).
_POWERS = 6
# Solutions, each from the one before, where what is left of it is more than its recurrence says.
_REFINED = 3
_NOT_FALLING = 4.0  # error over changes that the iteration's own errors explain
_LAST_PLACES = 8 * float(np.finfo(float).eps)  # rounding of the numbers that were put in


class Iterated(NamedTuple):
    """A steady state that was iterated, and its evidence.

    Args:
        state: The emitters' density matrix, (d, d).
        error: Error of its largest element.
        outcome: "converged", "budget", "singular", "too many tiers", "rounding", "unsettled", or
            "krylov" where the iteration ended before the error was small enough.
        tiers: Highest tier kept.
        unknowns: Number of unknowns.
        iterations: Products with the generator, of all depths together.
        operations: What they took, about.
    """

    state: np.ndarray
    error: float
    outcome: str
    tiers: int
    unknowns: int
    iterations: int
    operations: float

    @property
    def scale(self) -> float:
        """The largest element of the state."""
        return float(np.max(np.abs(self.state)))


# As `convergence` numbers them.
_OUTCOMES = ("", "converged", "rounding", "too many tiers", "unsettled")


def iterated_bytes(elements: Sectors, tiers: int, *, real: bool = False) -> float:
    """Bytes of memory for the iteration with the tiers up to one."""
    zero = elements.sector(0).stop - elements.sector(0).start
    vectors = min(_FEWEST_VECTORS + _VECTORS_PER_TIER * tiers, MOST_VECTORS)
    return (8 if real else 16) * unknowns(elements, tiers) * vectors + 3 * 8.0 * zero**2


def iterated_steady_state(
    network: Network, rtol: float | None, last: int | None = None
) -> Iterated:
    """The emitters' steady state behind one mode to a relative tolerance, or up to a tier.

    Args:
        network: Emitters and one mode.
        rtol: Allowed error relative to the largest element; if None, 1e-9, or what the budget of
            operations affords, three digits at least.
        last: Highest tier to keep; the error is then measured against a converged state.
    """
    operators = hierarchy_operators(network)
    ground = Ground(LatticeGenerator(operators))
    with working("hierarchy of many emitters") as report:
        report("uniqueness of the state")
        if ground.singular:
            nothing = np.full((operators.sectors.dimension,) * 2, np.nan)
            return Iterated(nothing, np.inf, "singular", 0, 0, 0, 0.0)
        search = _Search(operators, ground, report)
        for goal in STAGES if rtol is None and last is None else (rtol or DEFAULT_RTOL,):
            found = search.found(goal)
            if found.outcome != "converged":
                break
            if rtol is None and goal > DEFAULT_RTOL and not _affords(operators, found):
                found = found._replace(outcome="budget")
                break
        if last is None:
            return found
        state, solved = search.solved(last, rtol or DEFAULT_RTOL)
    error = float(np.max(np.abs(state - found.state))) + found.error
    return found._replace(
        state=state, error=error, tiers=last, unknowns=solved.x.size, iterations=search.iterations
    )


def _affords(operators: HierarchyOperators, found: Iterated) -> bool:
    """Whether the budget of operations and memory are enough for three more digits."""
    tiers = round(_MORE_TIERS * found.tiers)
    needed = iterated_bytes(operators.sectors, tiers, real=operators.real)
    return _GROWTH * found.operations <= LATTICE_BUDGET and memory_limit.fits(needed)


class _Search:
    """Solutions with more and more tiers, each the guess for the next."""

    def __init__(
        self,
        operators: HierarchyOperators,
        ground: Ground,
        report: Callable[[str], None],
    ) -> None:
        self.of, self.ground, self.report = operators, ground, report
        self.iterations, self.operations = 0, 0.0
        self._scale = 1.0  # of an element of the state: only the trace is known
        self._lowest = _vacuum(ground)
        self._factors = linalg.splu(self._lowest)
        self._slowest = _slowest(ground, self._lowest)
        self._starts_mixed = False

    def solved(self, last: int, rtol: float) -> tuple[np.ndarray, Solution]:
        """The state with the tiers up to one, and how well its equation was solved."""
        grid = lattice(self.of, last)
        guess = np.zeros(grid.size, dtype=self.ground.generator.dtype)
        if self._starts_mixed:
            guess[self.ground.populations] = 1.0 / len(self.ground.populations)
        self._starts_mixed = not self._starts_mixed
        before, iterations = self.iterations, 0

        def count(vectors: int) -> None:
            self.report(f"{last} tiers, {grid.size:.1e} unknowns, iteration {before + vectors}")

        goal = _PART_OF_RTOL * rtol * self._scale
        best: Solution | None = None
        for _ in range(_REFINED):
            solution = minimal_residual(
                _acting(self.ground, grid),
                _divided(self.ground, grid, self._factors),
                _trace_of_one(self.ground, grid),
                guess,
                goal,
                slowest=self._slowest,
                most=MOST_VECTORS,
                report=count,
            )
            iterations, guess = iterations + solution.iterations, solution.x
            if best is None or solution.error < best.error:  # where rounding is all, any may be
                best = solution
            if best.error <= goal or solution.iterations > MOST_VECTORS:
                break
        assert best is not None
        self.iterations += iterations
        self.operations += iterations * self.ground.generator.work(grid.size)
        # The trace is an equation like the others: what is left of it is an error of all elements.
        state = emitters(self.of.sectors, best.x[: grid.offset[1]])
        trace = float(np.trace(state).real)
        state = state / trace
        self._scale = float(np.max(np.abs(state)))
        return state, best._replace(error=best.error + abs(trace - 1.0) * self._scale)

    def found(self, rtol: float) -> Iterated:
        """The state to the tolerance; its error from the changes with more tiers."""
        width = float(np.sqrt(np.max(np.abs(self.of.covariance))))
        depth = convergence.first_depth(width)
        depths, changes, count, folds = np.zeros(3, dtype=np.int64), np.zeros(3), 0, 0
        before, left = None, np.zeros(4)  # what the iteration left of the last solutions
        while True:
            state, solution = self.solved(depth, rtol)
            left = np.append(left[1:], solution.error)
            scale, folds = self._scale, folds + 1
            depths = np.append(depths[1:], depth)
            hidden = solution.error + _LAST_PLACES * scale / max(solution.smallest, _LAST_PLACES)
            if before is not None:
                changes = np.append(changes[1:], np.max(np.abs(state - before)))
                count += 1
                most = _explained(changes, left) if count >= len(changes) else np.inf
                error = min(convergence.stated_error(depths, changes, count, scale), most) + hidden
                decisive = min(convergence.error_of(depths, changes, count, scale), most) + hidden
                self.report(f"{depth} tiers, error {error / scale:.0e} (wanted {rtol:.0e})")
                outcome = _OUTCOMES[
                    convergence.outcome(
                        decisive, hidden, rtol * scale, changes, count, scale, depth,
                        MOST_ITERATED, folds,
                    )
                ]  # fmt: skip
                if hidden > rtol * scale:
                    outcome = "krylov"
                if outcome:
                    size = solution.x.size
                    made = self.iterations, self.operations
                    return Iterated(state, error, outcome, depth, size, *made)
            before = state
            wanted = rtol * scale
            depth = convergence.next_depth(depths, folds, changes, count, wanted)
            depth = min(depth, max(MOST_ITERATED, depths[2] + 2))


def _explained(changes: np.ndarray, left: np.ndarray) -> float:
    """The truncation error where what the iteration left explains the last changes; else infinite.

    Such changes do not fall with more tiers, and say no more than that those of the truncation
    are not larger.
    """
    if np.all(changes <= left[1:] + left[:-1]):
        return _NOT_FALLING * float(np.max(changes))
    return np.inf


def _acting(ground: Ground, grid: Lattice) -> Callable[[np.ndarray], np.ndarray]:
    """The generator with the row of one population replaced by the trace."""
    pinned = int(ground.populations[0])

    def act(x: np.ndarray) -> np.ndarray:
        out = ground.generator.apply(x, grid)
        out[pinned] = np.sum(x[ground.populations])
        return out

    return act


def _divided(
    ground: Ground, grid: Lattice, lowest: linalg.SuperLU
) -> Callable[[np.ndarray], np.ndarray]:
    """Each tier divided by its own diagonal, tier zero with the trace in place of a row."""
    generator, zero = ground.generator, grid.offset[1]

    def divide(x: np.ndarray) -> np.ndarray:
        out = x.astype(generator.dtype, copy=True)
        out[:zero] = lowest.solve(out[:zero])
        generator.solve_upper(out, grid, range(1, grid.last + 1))
        return out

    return divide


def _vacuum(ground: Ground) -> sparse.csc_array:
    """The decay in the vacuum on tier zero, with the trace in place of one row.

    What does not decay is taken to decay with the mode's rate: a preconditioner may.
    """
    generator, sector = ground.generator, ground.sector
    matrix = sparse.lil_array(generator.operators.liouvillian[sector, :][:, sector])
    pinned = int(ground.populations[0])
    rate = float(np.min(np.diag(generator.operators.drift).real))
    diagonal = matrix.diagonal()
    matrix.setdiag(np.where(np.abs(diagonal) < rate, diagonal - rate, diagonal))
    matrix[pinned] = 0.0
    matrix[pinned, ground.populations] = 1.0
    return sparse.csc_array(matrix)


def _slowest(ground: Ground, vacuum: sparse.csc_array) -> float:
    """The smallest singular value of the preconditioned broadband generator, not below it.

    By power iteration of the inverse and its adjoint, from a vector of no symmetry.
    """
    vector = np.random.default_rng(0).standard_normal(vacuum.shape[0]).astype(vacuum.dtype)
    largest = 0.0
    for _ in range(_POWERS):
        found = ground.solve(vacuum @ (vector / np.linalg.norm(vector)))
        largest = max(largest, float(np.linalg.norm(found)))
        vector = vacuum.conj().T @ ground.solve(found, adjoint=True)
    return 1.0 / largest


def _trace_of_one(ground: Ground, grid: Lattice) -> np.ndarray:
    target = np.zeros(grid.size, dtype=ground.generator.dtype)
    target[: grid.offset[1]] = ground.target
    return target
