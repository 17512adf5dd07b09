r"""Slopes of the concurrence at the border of the separable states, to either side.

There the concurrence max(0, c) has c = 0 and, in general, a kink: no gradient describes it,
and at a pure product state (a cold network) c is the difference of two numbers that both vanish.
What exists is a slope to each side of a parameter, the limit of C(p + h)/h, by extrapolation,

$$D_{i,j} = D_{i,j-1} + \frac{D_{i,j-1} - D_{i-1,j-1}}{2^j - 1}, \qquad
  D_{i,0} = \frac{C(p + h/2^i)}{h/2^i}$$
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.operators.estimates import Estimate
from thermalent.support import checks

_HALVINGS = 6
_FIRST_STEP = 0.02  # of the parameter, or at zero of the unit of rate
_SHORTER = 1 / 16  # where the steps were too long
_SHORTENINGS = 6
_GOOD = 1e-9  # relative error that needs no shorter steps
_ENOUGH = 1e-3  # relative error above which there is no slope: a root has none

_HOW = "one-sided differences of the concurrence, extrapolated"


def slope(value_at: Callable[[float], Estimate], value: float, name: str) -> Estimate | str:
    """The derivative by one parameter where the concurrence is zero and may grow.

    Args:
        value_at: The concurrence at a value of the parameter; raises ValueError where that is not
            allowed.
        value: The parameter's value.
        name: Its name, for the message.

    Returns:
        The slope: to the one side where the parameter can go if there is only one, or to both if
        they agree. If they do not, or there is none, what there is instead, in words.

    Raises:
        ValueError: the parameter cannot change at all.
    """
    right, left = _one_sided(value_at, value, 1.0), _one_sided(value_at, value, -1.0)
    sides = [side for side in (left, right) if isinstance(side, Estimate)]
    if not sides:
        allowed = f"such that {name!r} may change"
        checks.fail("parameters", allowed, checks.Words(f"not, at {name} = {value:.9g}: {right}"))
    if any(not np.isfinite(side) for side in sides):
        return f"in {name!r} it grows faster than linearly, as a root does"
    if len(sides) == 1 or abs(sides[0] - sides[1]) <= sides[0].error + sides[1].error:
        return min(sides, key=lambda side: side.error)
    return f"its slope in {name!r} is {sides[0]:.6g} to the left and {sides[1]:.6g} to the right"


def _one_sided(value_at: Callable[[float], Estimate], value: float, side: float) -> Estimate | str:
    """The slope to one side; infinite where there is none, the reason where there is no side."""
    first = _FIRST_STEP * (abs(value) or 1.0)
    best: Estimate | None = None
    zeros: list[float] = []
    refused = ""
    for k in range(_SHORTENINGS):
        h = first * _SHORTER**k
        try:
            points = [
                (side * h / 2**i, value_at(value + side * h / 2**i)) for i in range(_HALVINGS)
            ]
        except ValueError as error:
            refused = str(error)
            continue  # over the end of the range: shorter steps may stay inside
        if not any(c > 0 for _, c in points):
            # Separable all along; shorter steps tell whether that begins at once.
            zeros.append(min(c.error / abs(step) for step, c in points))
            if len(zeros) < 2 or best is not None:
                continue
            break
        # Steps into what is separable again would show a slope of zero.
        nearest = next(i for i, (_, c) in enumerate(points) if c > 0)
        estimate = _extrapolated(points[nearest:])
        if best is None or estimate.error < best.error:
            best = estimate
        if best.error <= _GOOD * abs(best):
            break
    if best is None:
        return Estimate(0.0, min(zeros), _HOW) if zeros else refused
    return best if best.error <= _ENOUGH * abs(best) else Estimate(np.inf, np.inf, _HOW)


def _extrapolated(points: list[tuple[float, Estimate]]) -> Estimate:
    """The best entry of the table: least change by the last step and least noise together."""
    best = Estimate(np.nan, np.inf, _HOW)
    row: list[tuple[float, float]] = []  # entries and their noise
    for i, (step, c) in enumerate(points):
        before, row = row, [(float(c) / step, c.error / abs(step))]
        for j in range(1, i + 1):
            weight = 1 / (2**j - 1)
            (entry, noise), (other, other_noise) = row[-1], before[j - 1]
            row.append(
                (entry + (entry - other) * weight, noise * (1 + weight) + other_noise * weight)
            )
            error = abs(row[-1][0] - entry) + row[-1][1]
            if error < best.error:
                best = Estimate(row[-1][0], error, _HOW)
    return best
