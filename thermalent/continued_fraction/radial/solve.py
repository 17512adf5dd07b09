"""Steady states by the radial equation, on more and more elements until two of them agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain, Sizes
from thermalent.continued_fraction.chain.kernels.rounding import SAFETY
from thermalent.continued_fraction.radial.equation import RadialEquation, radial_equation
from thermalent.continued_fraction.radial.integrals import radial_integrals
from thermalent.continued_fraction.radial.solution import (
    RadialSolution,
    radial_solution,
    rounding_deviations,
)
from thermalent.networks.gaussian_source import GaussianMode
from thermalent.support.machine.freed_memory import keep_freed_memory
from thermalent.support.progress import working

HOW_RADIAL = "change of the state with more elements of the field's amplitude"
# Elements and their degrees. Each takes about 2.5 times as long as the one before.
MESHES = ((7, 3), (10, 4), (14, 5), (20, 6), (28, 7), (40, 8))
# Radii up to which the elements go: the density beyond the first is 2e-16 of all. Emitters that
# feed the mode make it broader.
LARGEST = (6.0, 8.0, 11.0, 15.0)
CUT = 0.1  # allowed share of what is left out beyond in the error
# The stated error is the change from the elements before, and more where changes fall by less than
# this factor: a narrow resonance may not be resolved. It may also be small by chance, below this
# share of the change before. Where three changes fall steadily, a part of it counts. Of 3,000
# changes in 745 networks none needed more than 0.68 of it.
_FALL = 0.01
_STEADY, _STEADY_PART = 0.1, 0.3
_EPS = float(np.finfo(float).eps)
_LAST_PLACES = 4 * _EPS  # as in `fraction`


class Radial(NamedTuple):
    """A steady state by the radial equation, and what supports it.

    Args:
        state: Density matrix of the emitters, (d, d).
        error: Of its largest element.
        errors: Of all its elements, (d, d).
        scale: Its largest element.
        elements: Number of elements of the radius.
        degree: Their degree.
        outcome: "converged", "rounding" (more elements do not help), "too few elements" or
            "singular".
    """

    state: np.ndarray
    error: float
    errors: np.ndarray
    scale: float
    elements: int
    degree: int
    outcome: str


def nothing_found(d: int) -> Radial:
    """The result where the equation of d emitter levels is singular."""
    empty = np.full((d, d), np.nan)
    return Radial(empty, np.inf, np.full((d, d), np.inf), np.nan, 0, 0, "singular")


def radial_state(
    chain: HierarchyChain, size: Sizes, mode: GaussianMode, rtol: float
) -> Radial | None:
    """The steady state of a chain; None where the equation is singular.

    The error is stated by the change from fewer elements. What rounding loses is worked out once,
    with few of them.

    Args:
        chain: The tiers of charge zero.
        size: What their elements were summed from.
        mode: The mode.
        rtol: Allowed error, relative to the largest element.
    """
    keep_freed_memory()
    equation = radial_equation(chain, size, mode)
    with working("radial equation") as report, np.errstate(all="ignore"):
        try:
            return _converged(equation, rtol, report)
        except np.linalg.LinAlgError:
            return None


def _converged(
    equation: RadialEquation, rtol: float, report: Callable[[str], None]
) -> Radial | None:
    found = None
    for largest in LARGEST:
        wide_enough, found = _search(equation, rtol, largest, report)
        if wide_enough:
            break
    return found


def _search(
    equation: RadialEquation, rtol: float, largest: float, report: Callable[[str], None]
) -> tuple[bool, Radial | None]:
    """More and more elements up to a radius; whether the field is hardly ever beyond it."""
    before, found, lost = None, None, np.zeros(equation.tier0_size)
    shifts: list[np.ndarray] = []  # of each element of the matrix, with more and more elements
    for count, degree in MESHES:
        integrals = radial_integrals(count, degree, equation.smallest, largest)
        solution = radial_solution(equation, integrals)
        tail = beyond(solution, largest)
        if not tail <= CUT * rtol * np.max(np.abs(solution.x)):
            return False, found
        if before is None:
            before = solution.x
            continue
        shifts.append(np.abs(equation.basis @ (solution.x - before)))
        before = solution.x
        if len(shifts) == 1:
            lost = SAFETY * rounding_deviations(equation, integrals, solution)
            continue
        # Where the mode is made broader, the solution grows like another Gaussian.
        missing = left_out(shifts, tail, steadily=largest == LARGEST[0])
        found = _judged(equation, solution.x, missing, np.abs(equation.basis) @ lost, rtol)
        if found is None:
            return True, None
        found = found._replace(elements=count, degree=degree)
        if found.outcome in ("converged", "rounding"):
            return True, found
        report(f"{count} elements, error {found.error / found.scale:.0e} (wanted {rtol:.0e})")
    return True, found


def beyond(solution: RadialSolution, largest: float) -> float:
    """What lies beyond the largest radius, about."""
    at_end = np.max(np.abs(solution.function[-1, 1])) / abs(solution.trace)
    return float(np.exp(-(largest**2)) * at_end)


class LeftOut(NamedTuple):
    """What more elements would change, and what lies beyond the largest radius."""

    error: float  # of the largest element of the matrix
    shape: np.ndarray  # of all in units of that, (d^2,)


def left_out(shifts: list[np.ndarray], tail: float, steadily: bool) -> LeftOut:
    """The part of the error that falls with more elements; at least two shifts are known."""
    changes = [float(np.max(shift)) for shift in shifts]
    tiny = float(np.finfo(float).tiny)
    last, before = changes[-1], max(changes[-2], tiny)
    error = max(last, _FALL * before) * min(max(1.0, last / (_FALL * before)), 1 / _FALL)
    if steadily and len(changes) > 2 and last < _STEADY * before < _STEADY**2 * changes[-3]:
        error *= _STEADY_PART
    # The change of an element may be small by chance, too.
    shapes = [shift / max(float(np.max(shift)), tiny) for shift in shifts[-2:]]
    return LeftOut(error + tail, np.maximum(*shapes))


def _judged(
    equation: RadialEquation, x: np.ndarray, left_out: LeftOut, rounding: np.ndarray, rtol: float
) -> Radial | None:
    """The state x with its errors; None if it is none."""
    basis, d = equation.basis, round(np.sqrt(len(equation.basis)))
    state = (basis @ x).reshape(d, d)
    scale, hidden = float(np.max(np.abs(state))), float(np.max(rounding))
    error = hidden + left_out.error + _LAST_PLACES * scale
    if not np.isfinite(error):
        return None
    # An element is the sum of terms, and known no better than its share of them.
    terms = np.abs(basis) @ np.abs(x)
    shape = np.maximum(left_out.shape, terms / scale)
    errors = rounding + left_out.error * shape + _LAST_PLACES * (terms + _EPS * scale)
    outcome = "too few elements"
    if error <= rtol * scale:
        outcome = "converged"
    elif hidden > 0.5 * rtol * scale and left_out.error <= hidden:
        outcome = "rounding"
    return Radial(
        state=state,
        error=error,
        errors=np.minimum(errors, error).reshape(d, d),
        scale=scale,
        elements=0,
        degree=0,
        outcome=outcome,
    )
