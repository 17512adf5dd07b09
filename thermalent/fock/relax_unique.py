"""The unique steady state at a cutoff, or at cutoffs raised until the truncation error is small."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from thermalent.fock.cost import SolveCost
from thermalent.fock.lindbladian import lindbladian
from thermalent.fock.problem import Problem
from thermalent.fock.solvers import Direct, Iterative, Solver
from thermalent.fock.space import space
from thermalent.fock.stationary import RESIDUAL_TARGET, StationaryState, stationary
from thermalent.fock.truncation import Truncation, coarser, finer, truncation
from thermalent.support.progress import working

# Two initial states whose final states differ by more than this have found two steady states:
# rounding and the shift of the factorisation leave 1e-3 or more where there are several, 1e-6 where
# there is one.
_DISTINCT = 1e-3
# Both initial states keep the error that is hardest to reduce, so their distance underestimates it:
# by up to six times among 200 random networks with the iterative solver.
_DISTANCE_FACTOR = 10.0
# A cutoff at most doubles per round.
_ROUNDS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class RelaxedState:
    """The steady state at given cutoffs, with its errors.

    Args:
        cutoffs: Levels kept of each mode.
        state: Density matrix of the emitters, (d, d).
        truncation: The truncation error.
        distance: Largest element of the difference of the emitters' states from two starts.
        residual: The larger relative residual of the two.
        response: What the residual and rounding do to the emitters' state.
        elements: Number of unknowns.
        nonzeros: Number of non-zero elements of the Lindbladian.
        solver: "direct" or "iterative".
        iterations: Back-substitutions, or sweeps of the preconditioner, of both starts.
        cost: What the solve was expected to need.
    """

    cutoffs: tuple[int, ...]
    state: np.ndarray
    truncation: Truncation
    distance: float
    residual: float
    response: float
    elements: int
    nonzeros: int
    solver: str
    iterations: int
    cost: SolveCost

    @property
    def solver_error(self) -> float:
        """Bound of the solver's error."""
        return _DISTANCE_FACTOR * self.distance + self.response

    @property
    def converged(self) -> bool:
        """Whether the residual is as small as rounding."""
        return self.residual <= RESIDUAL_TARGET

    @property
    def unique(self) -> bool:
        """Whether both initial states relax to one state, as far as the residual can resolve."""
        return self.distance <= _DISTINCT or self.residual > 1e3 * RESIDUAL_TARGET


def relax_unique(problem: Problem, cutoffs: tuple[int, ...]) -> RelaxedState:
    """The steady state at the given cutoffs; its truncation error follows from coarser ones."""
    coarse = None
    if cutoffs:
        lower = coarser(cutoffs, problem.known_ratios)
        coarse = _Outline(lower, _Truncated(problem, lower).ground().state)
    return _relaxed(problem, cutoffs, coarse)


def relax_until(problem: Problem, cutoffs: tuple[int, ...], tolerance: float) -> RelaxedState:
    """The steady state at cutoffs raised until the truncation error is below the tolerance.

    Stops early, with the error that is left, if the next cutoffs do not fit into memory, the solver
    fails or the steady state is not unique.
    """
    result = relax_unique(problem, cutoffs)
    for _ in range(_ROUNDS):
        if result.truncation.bound <= tolerance or not (result.converged and result.unique):
            break
        cutoffs = finer(cutoffs, result.truncation, tolerance)
        if problem.too_large(cutoffs) is not None:
            break
        result = _relaxed(problem, cutoffs, _Outline(result.cutoffs, result.state))
    return result


class _Outline(NamedTuple):
    """The part of a coarser truncation that is kept: its factors would double the memory."""

    cutoffs: tuple[int, ...]
    state: np.ndarray


class _End(NamedTuple):
    """The result of one initial state: the solution, and the emitters' state."""

    solution: StationaryState
    state: np.ndarray


class _Truncated:
    """The generator at given cutoffs, ready to be solved."""

    def __init__(self, problem: Problem, cutoffs: tuple[int, ...]) -> None:
        self.ratios = problem.known_ratios
        self.cost = problem.cost(cutoffs)
        self.space = space(problem.network, cutoffs, problem.numbers)
        self.generator = lindbladian(problem.network, self.space)
        with self._working() as report:
            direct = problem.choose(self.cost) == "direct"
            report("factorisation" if direct else "preconditioner")
            self.solver: Solver = Direct(self.generator) if direct else Iterative(self.generator)

    def _working(self) -> AbstractContextManager[Callable[[str], None]]:
        return working(f"steady state in Fock space, {self.space.elements:.1e} unknowns")

    def ground(self) -> _End:
        """Relax from the stationary modes without emitters, and emitters in their ground state."""
        weights = np.zeros(self.space.emitter_dimension)
        weights[0] = 1.0
        return self._relaxed_from(1.0, weights)

    def mixed(self) -> _End:
        """Relax from cooler modes, and emitters with every level populated."""
        # Unequal populations, so that the initial state shares no symmetry of the network.
        weights = np.random.default_rng(1).uniform(0.5, 1.5, self.space.emitter_dimension)
        return self._relaxed_from(0.5, weights / weights.sum())

    def _relaxed_from(self, heat: float, weights: np.ndarray) -> _End:
        start = self.space.product([heat * q for q in self.ratios], weights)
        with self._working() as report:
            report(f"{self.solver.name} solution")
            solution = stationary(self.generator, self.solver, start)
        return _End(solution, self.space.emitters_state(solution.x))


def _relaxed(problem: Problem, cutoffs: tuple[int, ...], coarse: _Outline | None) -> RelaxedState:
    truncated = _Truncated(problem, cutoffs)
    end, other = truncated.ground(), truncated.mixed()
    left_out = Truncation(bound=0.0, ratios=(), tails=())
    if coarse is not None:
        left_out = truncation(
            difference=float(np.max(np.abs(end.state - coarse.state))),
            populations=truncated.space.mode_populations(end.solution.x),
            coarse=coarse.cutoffs,
            ratios=truncated.ratios,
            pairs=problem.network.pumped,
        )
    return RelaxedState(
        cutoffs=cutoffs,
        state=end.state,
        truncation=left_out,
        distance=float(np.max(np.abs(end.state - other.state))),
        residual=max(end.solution.residual, other.solution.residual),
        response=max(end.solution.response, other.solution.response),
        elements=truncated.space.elements,
        nonzeros=int(truncated.generator.matrix.nnz),
        solver=truncated.solver.name,
        iterations=truncated.solver.iterations,
        cost=truncated.cost,
    )
