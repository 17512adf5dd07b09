r"""The solution of the radial equation on some elements, and what rounding may change of it.

Multiplied by every function of the elements and by p, and integrated,

$$\sum_j \Big[ O A + \sqrt V R D - \frac\lambda2 (S + q^2 I)
  + \frac{K}{2\sqrt V} \big(T + (q_i - q_j)\, q_i\, U\big) \Big] f = 0$$

with the integrals of `integrals`: the derivatives of the diffusion and of the back-action stand at
the function that it is multiplied by. The trace of f is set to one at one radius, in the place of
its equation there, and the state is divided by its trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.radial.elimination import ElementFactors, factored
from thermalent.continued_fraction.radial.equation import RadialEquation
from thermalent.continued_fraction.radial.integrals import RadialIntegrals

_EPS = float(np.finfo(float).eps)
_TYPICAL = 0.7  # the radius at which the field is most likely
# Last places that elimination loses of an element of the whole matrix: of 600 networks with up to
# twelve decades between their rates none needed more than three.
_ELIMINATION = 4.0


class RadialSolution(NamedTuple):
    """The solution on some elements.

    Args:
        x: The emitters' state: coordinates of charge zero, of trace one, (tier0,).
        trace: The trace before it was set to one; without back-action one but for rounding.
        function: f in the functions of each element, the trace in its place, (e, n, m).
        factors: Of the equation.
    """

    x: np.ndarray
    trace: float
    function: np.ndarray
    factors: ElementFactors


def radial_solution(
    equation: RadialEquation,
    integrals: RadialIntegrals,
    disturbance: np.random.Generator | None = None,
) -> RadialSolution:
    """The solution on some elements.

    Args:
        equation: The equation.
        integrals: The elements.
        disturbance: If given, every element of the whole matrix is changed at random by as much as
            elimination may lose of it.

    Raises:
        numpy.linalg.LinAlgError: the equation is singular.
    """
    m, (count, n) = len(equation.charge), integrals.mean.shape
    end = _pinned_end(integrals)
    elements = _element_equations(equation, integrals)
    if disturbance is not None:
        sizes = _element_equations(equation, integrals, absolute=True)
        elements += _ELIMINATION * _EPS * sizes * disturbance.standard_normal(sizes.shape)
    factors = factored(elements, m, end)
    right = np.zeros((count, n * m, 1))
    right[end, equation.trace] = 1.0
    function = factors.solve(right).reshape(count, n, m)
    mean = np.tensordot(integrals.mean, function, axes=2)[: equation.tier0_size]
    trace = float(mean[equation.trace])
    return RadialSolution(equation.populations(mean / trace), trace, function, factors)


def rounding_deviations(
    equation: RadialEquation, integrals: RadialIntegrals, solution: RadialSolution
) -> np.ndarray:
    r"""Standard deviations of the coordinates of the state by rounding, (tier0,).

    To first order \(\delta x = -y^T\, \delta M f\) with the solutions y of the adjoint equation. An
    element of A, D or K is off by a last place of what it was summed from, at all radii alike,
    and each element of the matrix M by some of its own, as elimination leaves them.
    """
    adjoint = _adjoint(equation, integrals, solution, np.eye(equation.tier0_size))
    function, size = solution.function, equation.size
    original = equation.populations(function)
    count, n, m = function.shape

    def response(integral: np.ndarray) -> np.ndarray:
        """Changes of the coordinates with the elements of a matrix, (tier0, m, m)."""
        by_row = adjoint.transpose(3, 2, 0, 1).reshape(-1, count * n)
        changed = by_row @ (integral @ original).reshape(count * n, m)
        changed = changed.reshape(-1, m, m)
        changed[:, equation.trace] = 0.0  # this equation follows from the others
        return np.asarray(changed)

    variance = np.sum((response(integrals.overlap) * size[0]) ** 2, axis=(1, 2))
    variance += np.sum((response(integrals.radius) * size[1]) ** 2, axis=(1, 2))
    if equation.backaction is not None:
        turned = response(integrals.slope) + _turning(equation) * response(integrals.inverse)
        variance += np.sum((turned / 2 * size[2]) ** 2, axis=(1, 2))
    squares = _element_equations(equation, integrals, absolute=True) ** 2
    effect = squares @ function.reshape(count, -1, 1) ** 2
    weights = adjoint.reshape(count * n * m, -1) ** 2
    variance += _ELIMINATION**2 * (effect.reshape(-1) @ weights)
    return np.asarray(_EPS * np.sqrt(variance) / abs(solution.trace))


class RadialMoments(NamedTuple):
    """By how much a number changes with each element of the equation.

    Args:
        a: With those of A, (m, m).
        drive: With those of sqrt(V) D.
        backaction: With those of K/sqrt(V).
        rate: With the decay rate of the mode.
    """

    a: np.ndarray
    drive: np.ndarray
    backaction: np.ndarray
    rate: float


def radial_moments(
    equation: RadialEquation,
    integrals: RadialIntegrals,
    solution: RadialSolution,
    gradient: np.ndarray,
) -> tuple[RadialMoments, RadialMoments]:
    """The moments of a number, and the sums of the absolute values of their terms.

    Args:
        equation: The equation.
        integrals: The elements.
        solution: The solution on them.
        gradient: Of the number with respect to the coordinates of the state, (tier0,).
    """
    adjoint = _adjoint(equation, integrals, solution, gradient[None])[..., 0]
    adjoint /= -solution.trace
    function = solution.function
    given = adjoint, function, equation.populations(function)
    return (
        _moments(equation, integrals, given, np.asarray),
        _moments(equation, integrals, [abs(part) for part in given], np.abs),
    )


def _moments(
    equation: RadialEquation,
    integrals: RadialIntegrals,
    given: Sequence[np.ndarray],
    part: Callable[[np.ndarray], np.ndarray],
) -> RadialMoments:
    """The moments from the adjoint, f, and f with the population where the trace stands."""
    adjoint, function, original = given
    charge, trace = equation.charge, equation.trace
    by_row = adjoint.reshape(-1, len(charge)).T

    def response(integral: np.ndarray) -> np.ndarray:
        return np.asarray(by_row @ (part(integral) @ original).reshape(len(by_row.T), -1))

    a, drive = response(integrals.overlap), response(integrals.radius)
    backaction = response(integrals.slope)
    backaction = (backaction + part(_turning(equation)) * response(integrals.inverse)) / 2
    # The equation in the place of the trace is the sum of those of the populations, in which only
    # the back-action takes part.
    backaction += np.outer(equation.traced, backaction[trace])
    backaction[trace] /= 2
    a[trace] = drive[trace] = 0.0
    # The diffusion acts on the trace itself, all else on the population in its place.
    diffusion = part(integrals.slopes) @ function
    diffusion += part(integrals.inverse_square) @ (function * charge**2)
    return RadialMoments(a, drive, backaction, -0.5 * float(np.sum(adjoint * diffusion)))


def _adjoint(
    equation: RadialEquation,
    integrals: RadialIntegrals,
    solution: RadialSolution,
    gradients: np.ndarray,
) -> np.ndarray:
    """The solutions of the adjoint equation for some numbers, (e, n, m, k).

    Args:
        equation: The equation.
        integrals: The elements.
        solution: The solution on them.
        gradients: Of the numbers with respect to the coordinates of the state, (k, tier0).
    """
    m, tier0 = len(equation.charge), equation.tier0_size
    count, n = integrals.mean.shape
    # The state is divided by its trace, and the population in the place of the trace is the rest.
    state = np.array(solution.x)
    state[equation.trace] = 1.0
    outputs = np.eye(tier0)
    outputs[:, equation.trace] -= state
    outputs[equation.trace] = 0.0
    outputs[equation.trace] = -equation.traced[:tier0] @ outputs
    outputs = gradients @ outputs
    right = np.zeros((count, n, m, len(outputs)))
    right[:, :, :tier0] = np.multiply.outer(integrals.mean, outputs.T)
    adjoint = solution.factors.transposed.solve(right.reshape(count, n * m, -1))
    adjoint = adjoint.reshape(count, n, m, -1)
    for element, function in _pinned_places(integrals):
        adjoint[element, function, equation.trace] = 0.0  # it has no equation
    return adjoint


def _pinned_end(integrals: RadialIntegrals) -> int:
    """The end of elements where the trace is set to one; elements lie on both sides of it."""
    return int(np.argmin(np.abs(integrals.ends[1:-1] - _TYPICAL))) + 1


def _pinned_places(integrals: RadialIntegrals) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where that end stands: elements, and functions of them."""
    end = _pinned_end(integrals)
    return (end, 0), (end - 1, 1)


def _turning(equation: RadialEquation) -> np.ndarray:
    """The factors (q_i - q_j) q_i of the back-action, (m, m)."""
    charge = equation.charge
    return np.asarray((charge[:, None] - charge) * charge[:, None])


def _element_equations(
    equation: RadialEquation, integrals: RadialIntegrals, absolute: bool = False
) -> np.ndarray:
    """The matrices of the elements, (e, n m, n m), or the sums of absolute values behind them.

    Elements of charge vanish at s = 0: their first function there is left out.
    """
    charge, m = equation.charge, len(equation.charge)
    (count, n), half = integrals.mean.shape, equation.rate / 2
    part = np.abs if absolute else np.asarray

    def product(integral: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        # Whole rows of the result at a time.
        row = np.repeat(part(integral), m, axis=2)
        return row[:, :, None, :] * np.tile(part(matrix), n)

    result = product(integrals.overlap, equation.a)
    result += product(integrals.radius, equation.drive)
    if equation.backaction is not None:
        result += product(integrals.slope, equation.backaction / 2)
        result += product(integrals.inverse, _turning(equation) * equation.backaction / 2)
    result = result.reshape(count, n, m, n, m)
    each = np.arange(m)
    diffusion = part(-half * integrals.slopes)[..., None]
    turning = part(-half * integrals.inverse_square)[..., None]
    result[:, :, each, :, each] += np.moveaxis(diffusion + turning * charge**2, -1, 0)
    charged = np.flatnonzero(charge)
    result[0, 0, charged] = 0.0
    result[0, :, :, 0, charged] = 0.0
    result[0, 0, charged, 0, charged] = 1.0
    places = _pinned_places(integrals)
    for element, function in places:
        result[element, function, equation.trace] = 0.0
    if not absolute:
        element, function = places[0]
        result[element, function, equation.trace, function, equation.trace] = 1.0
    return np.asarray(result.reshape(count, n * m, n * m))
