r"""Derivatives of the generator with respect to a parameter of the network.

The matrices of a network are simple functions of its parameters (products, roots, exponentials),
known to rounding. So differences of them converge fast when the step is halved, and extrapolation
to step zero,

$$D_{i,j} = D_{i,j-1} + \frac{D_{i,j-1} - D_{i-1,j-1}}{2^{pj} - 1}, \qquad
  p = 2 \text{ (central) or } 1 \text{ (one-sided)}$$

gives the slope to nearly all digits; what the last column still changes is its error.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent import checks
from thermalent.continued_fraction.levels import Generator

_HALVINGS = 5
_FIRST_STEP = 0.03  # of the parameter's value
_STEP_AT_ZERO = 0.02  # rates are in units of one of them
_SHORTER = 1 / 16  # where the first steps were too long
_GOOD = 1e-11  # relative error of the generator's slope that needs no shorter steps


def slopes(
    at: Callable[[float], Generator], value: float, name: str
) -> list[tuple[Generator, Generator]]:
    """Candidates for the derivative of a generator, each with the entry before it in the table.

    Args:
        at: The generator at a value of the parameter; raises ValueError where it is not allowed.
        value: The parameter's value.
        name: Its name, for the message.

    Returns:
        Pairs (estimate, less extrapolated estimate); their difference is the error.

    Raises:
        ValueError: the network exists on neither side of the value.
    """
    step = _FIRST_STEP * abs(value) if value != 0 else _STEP_AT_ZERO
    found: list[tuple[Generator, Generator]] = []
    for h in (step, _SHORTER * step):
        for sides in ((1.0, -1.0), (1.0, 0.0), (-1.0, 0.0)):
            if sides[1] == 0.0 and h == step and value != 0:
                continue  # first try shorter steps to both sides
            try:
                found += _table(at, value, h, sides)
            except ValueError:
                continue
            break
        if found and min(_relative_change(*pair) for pair in found) < _GOOD:
            break
    if found:
        return found
    checks.fail(
        "parameters", f"such that {name!r} may change", checks.Words(f"not, at {name} = {value:g}")
    )


def _table(
    at: Callable[[float], Generator], value: float, h: float, sides: tuple[float, float]
) -> list[tuple[Generator, Generator]]:
    """The extrapolation table, its rows from halved steps; see `slopes`."""
    ratio = 4.0 if sides[1] else 2.0
    found: list[tuple[Generator, Generator]] = []
    before: list[Generator] = []
    for i in range(_HALVINGS):
        near, far = value + sides[0] * h, value + sides[1] * h
        row = [_combined(at(near), 1 / (near - far), at(far), -1 / (near - far))]
        for j in range(1, i + 1):
            weight = 1 / (ratio**j - 1)
            row.append(_combined(row[-1], 1 + weight, before[j - 1], -weight))
            found.append((row[-1], row[-2]))
        before = row
        h /= 2
    return found


def _relative_change(one: Generator, other: Generator) -> float:
    """Largest change of an element between two generators, relative to the largest element."""
    parts = ((one.a, other.a), (one.up, other.up), (one.down, other.down), (one.rate, other.rate))
    change = max(float(np.max(abs(p - q))) for p, q in parts)
    return change / max(max(float(np.max(abs(p))) for p, _ in parts), np.finfo(float).tiny)


def _combined(one: Generator, a: float, other: Generator, b: float) -> Generator:
    """A one + b other, part by part."""
    return Generator(
        a=a * one.a + b * other.a,
        up=a * one.up + b * other.up,
        down=a * one.down + b * other.down,
        rate=a * one.rate + b * other.rate,
        scale=one.scale,
    )


def steepest(values: list[tuple[float, float]]) -> tuple[float, float]:
    """The best of pairs (estimate, less extrapolated estimate), and its error."""
    errors = [abs(estimate - before) for estimate, before in values]
    best = int(np.argmin(errors))
    return values[best][0], errors[best]
