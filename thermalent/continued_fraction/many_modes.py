r"""Steady states of emitters under a source of several modes.

The lattice grows level by level until the state no longer changes, each solution the guess for the
next. Small lattices, and those of hot sources, are eliminated exactly; the others go to the
preconditioned Krylov method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb

import numpy as np

from thermalent import memory
from thermalent.continued_fraction.elimination import cost, eliminate
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
# Multiplications of an elimination: a twentieth of a second, and half a minute.
_ALWAYS_ELIMINATED = 1e9
_MOST_WORK = 1e12
_MOST_NUMBERS = 10**6  # boson numbers of a lattice, which are listed one by one
_PART_OF_RTOL = 0.05  # of the error, left to the Krylov method
_ROUNDING = 1e-13
_PLATEAU = 1e-9  # changes below this that no longer fall are rounding
# Growing step by step costs little at first; later a step of two is cheaper per digit.
_STEP_OF_TWO_FROM = 6
_STEP_OF_HOT = 4  # what is eliminated anew at each level takes few of them


@dataclass(frozen=True, eq=False)
class Found:
    """A steady state, the error of its largest element, and what ended the search."""

    state: np.ndarray
    error: float
    outcome: str  # "converged", "rounding", "grows", "levels", "memory", "krylov", "singular"
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
            f"about {needed:.2g} levels; it takes up to {MOST_LEVELS}. Take a weaker source."
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
    hot = False  # whether the iteration has failed before
    vector, changes, found = np.zeros(0, dtype=ground.generator.dtype), [], None
    with working("hierarchy of several modes") as report:
        for level in _schedule(last):
            needed = memory_needed(of.sectors, level, real=of.real)
            if found is not None and last is None:
                if needed > memory.available():
                    return replace(found, outcome="memory", needed=needed)
                if comb(level + len(of.drive), level) > _MOST_NUMBERS:
                    return replace(found, outcome="levels")
                if hot and level % _STEP_OF_HOT and level > _STEP_OF_TWO_FROM:
                    continue
            at = lattice(of, level)
            # The first state is not known yet, but its trace is: no element exceeds one.
            scale = 1.0 if found is None else float(np.max(np.abs(found.state)))
            aim = max(_PART_OF_RTOL * rtol * scale, _ROUNDING)
            vector, iterations, slack = _solve(ground, at, vector, aim, hot, report)
            hot = hot or (iterations > 0 and slack == 0.0)
            if slack > 10 * aim and found is not None:
                return replace(found, outcome="krylov", iterations=found.iterations + iterations)
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
    ground: Ground,
    at: Lattice,
    guess: np.ndarray,
    aim: float,
    direct: bool,
    report: Callable[[str], None],
) -> tuple[np.ndarray, int, float]:
    """The stationary vector, iterations, and the error that the solver leaves.

    A hot source drives the emitters harder than the preconditioner knows; what the iteration does
    not solve is eliminated, if that can be done.
    """
    work = cost(at)
    if work <= _ALWAYS_ELIMINATED or (direct and work <= _MOST_WORK):
        report(f"level {at.last}, {at.size:.1e} unknowns, elimination")
        return eliminate(ground, at), 0, 0.0
    padded = np.zeros(at.size, dtype=ground.generator.dtype)
    padded[: len(guess)] = guess
    if not len(guess):
        padded[: at.offset[1]] = ground.solve(ground.target)
    solved = steady_vector(ground, at, padded, aim, report)
    if solved.error > 10 * aim and work <= _MOST_WORK:
        report(f"level {at.last}, {at.size:.1e} unknowns, elimination")
        return eliminate(ground, at), solved.iterations, 0.0
    return solved.vector, solved.iterations, solved.error


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
    # A few levels may do worse than the ones before; four in a row are rounding that grows.
    if len(changes) >= 5 and all(a < b for a, b in pairwise(changes[-5:])):
        return "grows"
    return "levels" if level == MOST_LEVELS else ""
