r"""Steady states of emitters under a source of several modes.

The lattice grows level by level until the state no longer changes, each solution the guess for the
next. Small lattices are eliminated exactly, from the highest level down: a continued fraction whose
blocks grow with the level. Large ones go to the preconditioned Krylov method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from thermalent import memory
from thermalent.continued_fraction.krylov import RESTART, Generator, Ground, steady_vector
from thermalent.continued_fraction.lattice import (
    Lattice,
    Sectors,
    cloud,
    lattice,
    sectors,
    unknowns,
)
from thermalent.network import Network
from thermalent.progress import working
from thermalent.source import UnstableSourceError, gaussian_source

FIRST_LEVEL = 2
MOST_LEVELS = 60
_LEVELS_PER_WIDTH = 6  # levels per sqrt of the largest variance for two or three digits
_DENSE_UP_TO = 500  # unknowns: dense elimination is as fast as the Krylov method here
_PART_OF_RTOL = 0.05  # of the error, left to the Krylov method
_ROUNDING = 1e-13
_PLATEAU = 1e-9  # changes below this that no longer fall are rounding
# Growing step by step costs little at first; later a step of two is cheaper per digit.
_STEP_OF_TWO_FROM = 6


@dataclass(frozen=True, eq=False)
class Found:
    """A steady state, the error of its largest element, and what ended the search."""

    state: np.ndarray
    error: float
    outcome: str  # "converged", "rounding", "levels", "memory", "krylov", "singular"
    level: int
    size: int
    iterations: int
    needed: float  # bytes that this lattice takes, or the next one where memory ended it


def memory_needed(of: Sectors, last: int, *, real: bool = False) -> float:
    """Bytes that a solve with the levels up to `last` takes."""
    zero = of.sector(0).stop - of.sector(0).start
    # Krylov and work vectors of the iteration; the factors of level zero and their copy.
    return (8 if real else 16) * unknowns(of, last) * (RESTART + 12) + 2 * 8.0 * zero**2


def refusal(network: Network) -> str | None:
    """Why the sources of a network cannot be solved together, or None."""
    try:
        source = gaussian_source(network)
    except UnstableSourceError as error:
        return str(error)
    needed = _LEVELS_PER_WIDTH * float(np.sqrt(np.max(np.abs(source.covariance))))
    if needed > MOST_LEVELS:
        return (
            f"the source is so hot that the hierarchy of its {len(network.modes)} modes would need "
            f"about {needed:.2g} levels; it takes up to {MOST_LEVELS}. Use te.Trajectories(...) "
            "where the source is classical."
        )
    required = memory_needed(sectors(network), FIRST_LEVEL)
    if required <= memory.available():
        return None
    return (
        f"the hierarchy would need {memory.in_words(required)} of memory for its "
        f"{int(np.prod(network.dims))} emitter levels, and {memory.in_words(memory.available())} "
        "are free. Take fewer emitters: in a cascade the first ones do not feel the later."
    )


def steady_state(network: Network, rtol: float, last: int | None = None) -> Found:
    """The emitters' steady state to a relative tolerance, or with the levels up to `last`.

    Raises:
        UnstableSourceError: the modes together have no stationary state.
    """
    of = cloud(network)
    ground = Ground(Generator(of))
    if ground.singular:
        nothing = np.full((of.sectors.dimension,) * 2, np.nan)
        return Found(nothing, np.inf, "singular", 0, 0, 0, memory_needed(of.sectors, 0))
    vector, changes, found = np.zeros(0, dtype=ground.generator.dtype), [], None
    with working("hierarchy of several modes") as report:
        for level in _schedule(last):
            needed = memory_needed(of.sectors, level, real=of.real)
            if found is not None and last is None and needed > memory.available():
                return replace(found, outcome="memory", needed=needed)
            at = lattice(of.sectors, level)
            # The first state is not known yet, but its trace is: no element exceeds one.
            scale = 1.0 if found is None else float(np.max(np.abs(found.state)))
            aim = max(_PART_OF_RTOL * rtol * scale, _ROUNDING)
            vector, iterations, slack = _solve(ground, at, vector, aim, report)
            state = emitters(of.sectors, vector[: at.offset[1]])
            if found is not None:
                changes.append(float(np.max(np.abs(state - found.state))) + slack)
                iterations += found.iterations
            outcome = "krylov" if slack > 10 * aim else _outcome(changes, rtol * scale, level, last)
            found = Found(state, _error(changes), outcome, level, at.size, iterations, needed)
            if outcome:
                break
    assert found is not None  # the schedule holds a level
    return found


def _schedule(last: int | None) -> Iterable[int]:
    if last is not None:
        return (max(last - 1, 0), last)
    return (
        *range(FIRST_LEVEL, _STEP_OF_TWO_FROM),
        *range(_STEP_OF_TWO_FROM, MOST_LEVELS + 1, 2),
    )


def emitters(of: Sectors, zero: np.ndarray) -> np.ndarray:
    """The emitters' density matrix from the unknowns of level zero, (d, d)."""
    flat = np.zeros(of.dimension**2, dtype=complex)
    flat[of.order[of.sector(0)]] = zero
    rho = flat.reshape(of.dimension, of.dimension)
    return 0.5 * (rho + rho.conj().T)


def _solve(
    ground: Ground, at: Lattice, guess: np.ndarray, aim: float, report: Callable[[str], None]
) -> tuple[np.ndarray, int, float]:
    """The stationary vector, iterations, and the error that the solver leaves."""
    if at.size <= _DENSE_UP_TO:
        return fraction(ground, at), 0, 0.0
    padded = np.zeros(at.size, dtype=ground.generator.dtype)
    padded[: len(guess)] = guess
    if not len(guess):
        padded[: at.offset[1]] = ground.solve(ground.target)
    solved = steady_vector(ground, at, padded, aim, report)
    return solved.vector, solved.iterations, solved.error


def fraction(ground: Ground, at: Lattice) -> np.ndarray:
    """The stationary vector of trace one by exact block elimination, the highest level first."""
    generator = ground.generator
    columns = np.eye(at.size, dtype=generator.dtype)
    matrix = np.column_stack([generator.apply(column, at) for column in columns])
    edge = at.offset[at.levels]
    parts = [slice(edge[n], edge[n + 1]) for n in range(at.last + 1)]
    pivot = matrix[parts[-1], parts[-1]]
    rising = []
    for n in range(at.last, 0, -1):
        # x_n = -pivot^{-1} (what rises from below) x_{n-1}
        rising.append(-np.linalg.solve(pivot, matrix[parts[n], parts[n - 1]]))
        pivot = matrix[parts[n - 1], parts[n - 1]] + matrix[parts[n - 1], parts[n]] @ rising[-1]
    pinned = int(ground.populations[0])
    pivot[pinned] = 0.0
    pivot[pinned, ground.populations] = 1.0
    levels = [np.linalg.solve(pivot, ground.target)]
    for rise in reversed(rising):
        levels.append(rise @ levels[-1])
    return np.concatenate(levels)


def _error(changes: list[float]) -> float:
    """Error of the last state: its change, as long as the changes fall."""
    if not changes:
        return np.inf
    return max(changes[-2:]) if len(changes) > 1 and changes[-1] > changes[-2] else changes[-1]


def _outcome(changes: list[float], wanted: float, level: int, last: int | None) -> str:
    """What ends the search, or nothing."""
    if last is not None:
        return "converged" if level == last else ""
    if len(changes) >= 2 and _error(changes) + _ROUNDING <= wanted:
        return "converged"
    if len(changes) >= 3 and max(changes[-3:]) < _PLATEAU and changes[-1] > 0.5 * changes[-3]:
        return "rounding"
    return "levels" if level == MOST_LEVELS else ""
