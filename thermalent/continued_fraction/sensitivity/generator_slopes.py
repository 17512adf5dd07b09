r"""Derivatives of the generator with respect to a parameter of the network.

The matrices of a network are simple functions of its parameters (products, roots, exponentials),
known to rounding. So differences of them converge fast when the step is halved, and extrapolation
to step zero,

$$D_{i,j} = D_{i,j-1} + \frac{D_{i,j-1} - D_{i-1,j-1}}{2^{pj} - 1}, \qquad
  p = 2 \text{ (central) or } 1 \text{ (one-sided)}$$

gives the slope to nearly all digits; what the last column still changes is its error. A root has no
such expansion within its distance to zero, so the steps are shortened until the table converges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.operators.superoperators import Superoperator
from thermalent.support import checks

_HALVINGS = 5
_FIRST_STEP = 0.03  # of the parameter's value
_STEP_AT_ZERO = 0.02  # rates are in units of one of them
_SHORTER = 1 / 16  # where the steps were too long
_SHORTENINGS = 8  # down to 1e-10 of the value, where differences have few digits left
_GOOD = 1e-11  # relative error of the generator's slope that needs no shorter steps
_ENOUGH = 1e-9  # the same, that needs no steps to one side instead
_CONVERGED = 1e-6  # the same, without which there is no slope
_AMPLIFIED = 8.0  # rounding of the differences by the weights of the table, rounded up
_SENSIBLE = 1e-6  # steps this long, relative to the parameter, show whether it has an effect
_INSIDE = 1e-6  # where to go from the end of a range
_EPS = float(np.finfo(float).eps)


class Slope(NamedTuple):
    """The derivative of a generator, and how far it is known.

    Args:
        estimate: The derivative.
        before: The less extrapolated one: the difference is the error.
        change: The largest change of an element between the two, relative to the largest element,
            or what rounding leaves, if that is more.
        rounding: What rounding leaves, of the elements that change at all.
        noise: The same element by element, absolute.
        converged: Whether the table does, or would but for rounding.
    """

    estimate: HierarchyTerms
    before: HierarchyTerms
    change: float
    rounding: float
    noise: HierarchyTerms
    converged: bool


def slopes(generator_at: Callable[[float], HierarchyTerms], value: float, name: str) -> Slope:
    """The derivative of a generator by a parameter.

    Args:
        generator_at: The generator at a value of the parameter; raises ValueError where that is
            not allowed.
        value: The parameter's value.
        name: Its name, for the message.

    Returns:
        The best entry of the tables: the one whose elements change least.

    Raises:
        ValueError: the network exists on neither side of the value, or its matrices have no slope
            there, as a root has none at its end.
    """
    best: Slope | None = None
    side, refused = 0.0, ""
    for sides in ((1.0, -1.0), (1.0, 0.0), (-1.0, 0.0)):
        if best is not None and best.change < _ENOUGH:
            break
        for h in _steps(value, one_sided=sides[1] == 0.0):
            try:
                table = _table(generator_at, value, h, sides)
            except ValueError as error:
                refused = str(error)
                continue  # over the end of a range: shorter steps may stay inside
            candidate = min(table, key=lambda slope: slope.change)
            if best is None or candidate.change < best.change:
                best, side = candidate, sides[0]
            if best.change < _GOOD or candidate.rounding >= best.change:
                break
    if best is None:
        allowed = f"such that {name!r} may change"
        checks.fail("parameters", allowed, checks.Words(f"not, at {name} = {value:.9g}: {refused}"))
    if not best.converged:
        inside = value + side * _INSIDE * (abs(value) or 1.0)
        checks.fail(
            "parameters",
            f"such that the network's matrices have a slope in {name!r} (a rate under a root has "
            "none at the end of its range: move the value inside by a little, for example to "
            f"{name} = {inside:.9g})",
            checks.Words(f"{name} = {value:.9g}"),
        )
    return best


def _steps(value: float, *, one_sided: bool) -> Iterator[float]:
    """First steps of the tables; to one side they may be long against a small value."""
    h = _FIRST_STEP * abs(value)
    if one_sided or value == 0:
        h = max(h, _STEP_AT_ZERO)
    return (h * _SHORTER**k for k in range(_SHORTENINGS))


def _table(
    generator_at: Callable[[float], HierarchyTerms],
    value: float,
    h: float,
    sides: tuple[float, float],
) -> list[Slope]:
    """The extrapolation table, its rows from halved steps; see `slopes`."""
    ratio = 4.0 if sides[1] else 2.0
    table: list[Slope] = []
    before: list[HierarchyTerms] = []
    for i in range(_HALVINGS):
        near, far = value + sides[0] * h, value + sides[1] * h
        if near == far:
            raise ValueError("no floating-point number in between")
        nearby = generator_at(near)
        row = [_combined(nearby, 1 / (near - far), generator_at(far), -1 / (near - far))]
        noise = _noise(nearby, row[0], _EPS / abs(near - far))
        sensible = h >= _SENSIBLE * max(abs(value), _STEP_AT_ZERO)
        for j in range(1, i + 1):
            weight = 1 / (ratio**j - 1)
            row.append(_combined(row[-1], 1 + weight, before[j - 1], -weight))
            table.append(_judged(row[-1], row[-2], noise, sensible))
        before = row
        h /= 2
    return table


def _judged(
    estimate: HierarchyTerms, before: HierarchyTerms, noise: HierarchyTerms, sensible: bool
) -> Slope:
    """An entry of the table and the one before it, with the errors relative to the largest."""
    largest = max(_size(estimate), _size(before))
    if largest == 0.0:  # no effect, or too short a step to see one
        unknown = 0.0 if sensible else float("inf")
        return Slope(estimate, before, unknown, unknown, noise, sensible)
    rounding = _size(noise) / largest
    change = _size(_combined(estimate, 1.0, before, -1.0)) / largest
    converged = change < _CONVERGED or (sensible and change <= _AMPLIFIED * rounding)
    return Slope(estimate, before, max(change, rounding), rounding, noise, converged)


def _size(terms: HierarchyTerms) -> float:
    """The largest element; nan if one is."""
    parts = (terms.a, terms.up, terms.down)
    return float(np.max([abs(terms.rate), *(abs(part).max() for part in parts)]))


def _noise(terms: HierarchyTerms, difference: HierarchyTerms, share: float) -> HierarchyTerms:
    """A share of both parts of each element, real and imaginary, where a difference has one at all.

    An element of the emitters' generator is a sum in which terms as large as its largest element
    may cancel (a fast dephasing in a population), so that one counts for all of them.
    """
    parts = zip(terms[1:3], difference[1:3], strict=True)
    up, down = (
        share * abs(part.real) * (moved.real != 0) + 1j * share * abs(part.imag) * (moved.imag != 0)
        for part, moved in parts
    )
    largest = share * float(abs(terms.a).max())
    a = largest * (difference.a.real != 0) + 1j * largest * (difference.a.imag != 0)
    rate = share * abs(terms.rate) if difference.rate else 0.0
    return HierarchyTerms(a=a, up=up, down=down, rate=rate, scale=terms.scale)


def randomised(noise: HierarchyTerms, rng: np.random.Generator) -> HierarchyTerms:
    """A draw of what rounding may have changed of a slope: normal deviates of these sizes."""

    def deviates(sizes: np.ndarray) -> np.ndarray:
        real, imaginary = rng.standard_normal((2, *sizes.shape))
        return np.asarray(sizes.real * real + 1j * sizes.imag * imaginary)

    def drawn(part: Superoperator) -> Superoperator:
        if isinstance(part, np.ndarray):
            return deviates(part)
        part = sparse.csr_array(part, copy=True)
        part.data = deviates(part.data)
        return part

    a, up, down = (drawn(part) for part in noise[:3])
    rate = noise.rate * float(rng.standard_normal())
    return noise._replace(a=a, up=up, down=down, rate=rate)


def _combined(first: HierarchyTerms, a: float, second: HierarchyTerms, b: float) -> HierarchyTerms:
    """A one + b other, part by part."""
    return HierarchyTerms(
        a=a * first.a + b * second.a,
        up=a * first.up + b * second.up,
        down=a * first.down + b * second.down,
        rate=a * first.rate + b * second.rate,
        scale=first.scale,
    )
