r"""The asymptotic state of an initial state, where there are several stationary states.

$$\rho_\infty = P_0\,\rho(0), \qquad P_0 = \lim_{s \to 0} s\,(s - \mathcal{L})^{-1}$$

\(P_0\) projects onto what is conserved. One application of \(R = s (s - \mathcal{L})^{-1}\) keeps
that part and multiplies a part of eigenvalue \(\lambda\) by \(s/(s - \lambda)\), so that some
applications with s just below the slowest rate remove everything else. The shift s is lowered until
they do. Each adds rounding of up to \(\epsilon \|\mathcal{L}\|/s\), about what the slowest rate
allows any method. The charge sectors that the initial state occupies are projected one by one,
so that its coherences between excitation numbers are included.

An undamped coherence (\(\lambda = i\omega\): of two dark states that differ in energy) is
averaged away by R, and there is no stationary state then. The Cayley transform
\((s + \mathcal{L})(s - \mathcal{L})^{-1} = 2R - 1\) distinguishes it from
decaying parts: it keeps the size of the one and shrinks the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.fock.lindbladian import Lindbladian, lindbladian
from thermalent.fock.problem import Problem
from thermalent.fock.resolvent import Factored, Resolvent, Swept
from thermalent.fock.sectors import Flow, flow_of, mode_states, product_elements, sector
from thermalent.fock.space import Space, space
from thermalent.fock.splittings import with_enlarged_splittings
from thermalent.fock.truncation import Truncation, coarser, finer, truncation
from thermalent.solution.method import MethodError
from thermalent.support import memory_limit
from thermalent.support.progress import working

_EPSILON = float(np.finfo(float).eps)
# A shift at which an application shrinks the residual by less than the first is lowered by the
# second: rounding is least with a shift just below the slowest rate.
_SHRINKS = 3.0
_STEP = np.sqrt(10.0)
# Rounding errors of the applications add up at random. Over slow networks of three qubits the true
# error was up to 0.65 of their sum in quadrature; the bound is this many times that sum.
_SAFETY = 3.0
# Residuals at this many roundings of |L| |x| are rounding.
_ROUNDINGS = 16.0
# Residuals that no longer shrink are at this many roundings of L.
_STAGNANT = 4.0
# After the residual has converged, so many applications follow: the concurrence makes 1e-9 of a
# population of 1e-18.
_POLISHED = 8
# A shift below this part of the largest rate leaves no digits in double precision.
_LOWEST_SHIFT = 1e-12
# A part of this size counts as decayed; one that changes by less than this over so many cycles
# through the shifts does not decay. A weakly damped coherence (frequency omega, decay gamma) needs
# about omega/gamma Cayley transforms per decimal digit.
_DECAYED = 1e-9
_CYCLES = 50
_STEADY = 1e-10
_TRANSFORMS = 20_000
# For matrices up to this size the transform is squared instead, so many times.
_DENSE = 500
_SQUARINGS = 30
_ROUNDS = 12
# Splittings of 1e-4 change the conserved part by about as much; a leak changes a population.
_SAME = 1e-2


@dataclass(frozen=True, kw_only=True, eq=False)
class AsymptoticState:
    """The state to which an initial state relaxes, at given cutoffs.

    Args:
        cutoffs: Levels kept of each mode.
        state: Density matrix of the emitters, (d, d); its average over time if a coherence
            oscillates.
        truncation: The truncation error.
        solver_error: Bound of the error by rounding and by the residual.
        oscillating_coherence: Largest element of what neither decays nor becomes stationary.
        converged: Whether the residual came down to rounding.
        elements: Unknowns of all sectors.
        solves: Back-substitutions.
    """

    cutoffs: tuple[int, ...]
    state: np.ndarray
    truncation: Truncation
    solver_error: float
    oscillating_coherence: float
    converged: bool
    elements: int
    solves: int


class _Projection(NamedTuple):
    """P_0 of a vector, its error (2-norm), the undamped coherences, and the work."""

    x: np.ndarray
    error: float
    oscillating_coherence: np.ndarray
    converged: bool
    solves: int


def asymptotic_state(
    problem: Problem, cutoffs: tuple[int, ...], initial: np.ndarray
) -> AsymptoticState:
    """The asymptotic state at the given cutoffs; its truncation error follows from coarser ones.

    Raises:
        MethodError: the factorisation does not fit into memory.
    """
    return _checked(problem, _after_coarser(problem, cutoffs, initial), initial)


def asymptotic_state_until(
    problem: Problem, cutoffs: tuple[int, ...], initial: np.ndarray, tolerance: float
) -> AsymptoticState:
    """The asymptotic state at cutoffs raised until the truncation error is within the tolerance."""
    result = _after_coarser(problem, cutoffs, initial)
    for _ in range(_ROUNDS):
        if result.truncation.bound <= tolerance or not result.converged:
            break
        cutoffs = finer(result.cutoffs, result.truncation, tolerance)
        if problem.too_large(cutoffs) is not None:
            break
        result = _asymptotic_state(problem, cutoffs, initial, result)
    return _checked(problem, result, initial)


def _after_coarser(
    problem: Problem, cutoffs: tuple[int, ...], initial: np.ndarray
) -> AsymptoticState:
    coarse = None
    if cutoffs:
        coarse = _asymptotic_state(problem, coarser(cutoffs, problem.known_ratios), initial, None)
    return _asymptotic_state(problem, cutoffs, initial, coarse)


def _checked(problem: Problem, result: AsymptoticState, initial: np.ndarray) -> AsymptoticState:
    """The result, not converged if it leaks by splittings too small to be resolved."""
    enlarged = with_enlarged_splittings(problem.network)
    if enlarged is None or not result.converged:
        return result
    other = _asymptotic_state(replace(problem, network=enlarged), result.cutoffs, initial, None)
    moved = float(np.max(np.abs(other.state - result.state)))
    return replace(result, converged=other.converged and moved < _SAME)


def _asymptotic_state(
    problem: Problem, cutoffs: tuple[int, ...], initial: np.ndarray, coarse: AsymptoticState | None
) -> AsymptoticState:
    cost = problem.cost(cutoffs)
    direct = problem.choose(cost) == "direct"
    # Sweeps exist for the sector of charge zero only.
    coherent = not direct and _coherent(problem, initial)
    needed = cost.direct if direct or coherent else cost.iterative
    if needed > problem.limit:
        instead = " Start without coherences between excitation numbers, or use" if coherent else ""
        raise MethodError(
            f"The state that is reached needs about {memory_limit.in_words(needed)}, "
            f"above the limit of "
            f"{memory_limit.in_words(problem.limit)}.{instead or ' Use'} te.evolve and late times."
        )
    base = space(problem.network, cutoffs, problem.numbers)
    generator = lindbladian(problem.network, base)
    d = base.emitter_dimension
    state, oscillating_coherence = np.zeros((d, d), dtype=complex), np.zeros((d, d), dtype=complex)
    populations: list[np.ndarray] = []
    error, converged, elements, solves = 0.0, True, 0, 0
    with working("Projecting onto what is conserved") as report:
        for charge, flow in _sectors(problem, generator, base, initial):
            report(f"coherences between N and N - {charge} excitations")
            projected = _project(
                flow.matrix, flow.start, _resolvent(direct, generator, flow, charge)
            )
            x = projected.x
            if charge == 0:
                x = x / base.populations(x).sum()
                populations = base.mode_populations(x)
            state += _hermitian(flow, x, charge)
            oscillating_coherence += _hermitian(flow, projected.oscillating_coherence, charge)
            error += projected.error
            converged = converged and projected.converged
            elements, solves = elements + len(x), solves + projected.solves
    left_out = Truncation(bound=0.0, ratios=(), tails=())
    if coarse is not None:
        left_out = truncation(
            difference=float(np.max(np.abs(state - coarse.state))),
            populations=populations,
            coarse=coarse.cutoffs,
            ratios=problem.known_ratios,
            pairs=problem.network.pumped,
        )
    return AsymptoticState(
        cutoffs=cutoffs,
        state=state,
        truncation=left_out,
        solver_error=error,
        oscillating_coherence=float(np.max(np.abs(oscillating_coherence))),
        converged=converged,
        elements=elements,
        solves=solves,
    )


def _sectors(
    problem: Problem, generator: Lindbladian, base: Space, initial: np.ndarray
) -> list[tuple[int, Flow]]:
    """The charge sectors that the initial state occupies, modes in their stationary state."""
    numbers = problem.numbers
    modes = mode_states(problem, base.cutoffs, "stationary")
    flows = []
    for charge in range(1 if numbers is None else int(np.ptp(numbers)) + 1):
        kept = base if numbers is None else sector(base, charge)
        start = product_elements(kept, modes, initial)
        if np.any(start):
            flows.append((charge, flow_of(generator, kept, start, charge)))
    return flows


def _coherent(problem: Problem, initial: np.ndarray) -> bool:
    """Whether the initial state occupies more than the sector of charge zero."""
    numbers = problem.numbers
    if numbers is None:
        return False
    return bool(np.any(initial[numbers[:, None] != numbers[None, :]]))


def _resolvent(
    direct: bool, generator: Lindbladian, flow: Flow, charge: int
) -> Callable[[float], Resolvent]:
    """A function that makes R at a shift in this sector."""
    if direct or charge != 0:
        return lambda shift: Factored(flow.matrix, shift)
    return lambda shift: Swept(generator, shift)


def _hermitian(flow: Flow, x: np.ndarray, charge: int) -> np.ndarray:
    """The emitters' elements of a sector and of its adjoint, (d, d)."""
    part = flow.readout @ x
    d = round(np.sqrt(len(part)))
    part = part.reshape(d, d)
    part = part / 2 if charge == 0 else part
    return part + part.conj().T


def _project(
    matrix: sparse.csr_array, start: np.ndarray, resolvent: Callable[[float], Resolvent]
) -> _Projection:
    """The part of `start` that the generator conserves; `resolvent` makes R at a shift."""
    magnitude = abs(matrix)
    scale = float(np.max(magnitude.sum(axis=0), initial=0.0))
    size = float(np.linalg.norm(start))

    def terms(x: np.ndarray) -> float:
        """The product |L| |x|, whose rounding errors enter every product with L."""
        return float(np.linalg.norm(magnitude @ np.abs(x)))

    def done(x: np.ndarray, left: float, before: float, shift: float) -> bool:
        """Whether the residual is rounding of |L| |x| or of L, or would move x by rounding."""
        stagnates = left > before / 2 and left <= _STAGNANT * _EPSILON * scale * size
        return left <= _ROUNDINGS * _EPSILON * max(terms(x), shift * size) or stagnates

    x, shift, solves = start, scale, 0
    before = left = float(np.linalg.norm(matrix @ x))
    roundings, factors = _ROUNDINGS * _EPSILON * size, list[Resolvent]()
    while not (converged := done(x, left, before, shift)) and shift > _LOWEST_SHIFT * scale:
        if not factors or left > before / _SHRINKS:
            shift = shift / _STEP if factors else shift
            factors.append(resolvent(shift))
        added = factors[-1].residual(x) + _EPSILON * terms(x) / shift
        roundings = float(np.hypot(roundings, added))
        x = factors[-1].solve(x)
        before, left = left, float(np.linalg.norm(matrix @ x))
        solves += 1
    if scale == 0.0:
        return _Projection(start, _EPSILON * size, np.zeros_like(start), True, 0)
    if not converged or not factors:
        return _Projection(x, roundings + left / shift, np.zeros_like(x), converged, solves)
    for _ in range(_POLISHED):
        added = factors[-1].residual(x) + _EPSILON * terms(x) / shift
        roundings = float(np.hypot(roundings, added))
        x = factors[-1].solve(x)
    error = _SAFETY * roundings + left / shift
    remainder, transforms = _undecayed(matrix, factors, start - x)
    if np.linalg.norm(remainder) <= error:
        remainder = np.zeros_like(remainder)
    return _Projection(x, error, remainder, True, solves + _POLISHED + transforms)


def _undecayed(
    matrix: sparse.csr_array, factors: list[Resolvent], remainder: np.ndarray
) -> tuple[np.ndarray, int]:
    """The part of `remainder` that never decays: zero, or undamped coherences.

    The shifts are those of the projection, so that one of them is near every rate.
    """
    sizes, dense = [float(np.linalg.norm(remainder))], matrix.shape[0] <= _DENSE
    most = _TRANSFORMS // (100 if dense else 1)
    while sizes[-1] > _DECAYED and len(sizes) * len(factors) <= most:
        for factor in factors:
            remainder = 2 * factor.solve(remainder) - remainder
        sizes.append(float(np.linalg.norm(remainder)))
        if len(sizes) > _CYCLES and abs(sizes[-1] / sizes[-1 - _CYCLES] - 1) < _STEADY:
            break
    else:
        if dense and sizes[-1] > _DECAYED:
            remainder = _after_many_transforms(factors[len(factors) // 2], remainder)
            sizes.append(float(np.linalg.norm(remainder)))
    oscillating_coherence = remainder if sizes[-1] > _DECAYED else np.zeros_like(remainder)
    return oscillating_coherence, (len(sizes) - 1) * len(factors)


def _after_many_transforms(factor: Resolvent, remainder: np.ndarray) -> np.ndarray:
    """2^30 Cayley transforms, by squaring: a weakly damped fast coherence needs that many."""
    transform = 2 * factor.solve(np.eye(len(remainder), dtype=remainder.dtype)) - np.eye(
        len(remainder)
    )
    for _ in range(_SQUARINGS):
        transform = transform @ transform
    return transform @ remainder
