"""Bessel functions of all orders at one argument, the coefficients of a Chebyshev series."""

from __future__ import annotations

import math

import numpy as np

from thermalent.support.machine.compiled import compiled

_NEGLIGIBLE = 1e-18  # size of a coefficient that is left out
_BELOW = 1e-7  # where the recurrence begins, in that size


def bessel_series(z: float) -> np.ndarray:
    """J_0(z), 2 J_1(z), 2 J_2(z), ... until they vanish in double precision.

    By the recurrence downwards from an order where J_k(z) < (z/2)^k / k! is far below what is left
    out, and J_0^2 + 2 J_1^2 + 2 J_2^2 + ... = 1.
    """
    if z < _NEGLIGIBLE:
        return np.array([1.0, z])
    coefficients = _downwards(z)
    now = float(coefficients[0])
    coefficients *= 2 / math.sqrt(2 * float(coefficients @ coefficients) - now * now)
    coefficients[0] /= 2
    return coefficients[: (np.abs(coefficients) > _NEGLIGIBLE).nonzero()[0][-1] + 1]


@compiled(from_python=True, error_model="numpy")
def _downwards(z: float) -> np.ndarray:
    """The J_k(z), up to a common factor."""
    bound, last = 1.0, 0
    while bound > _BELOW * _NEGLIGIBLE:
        last += 1
        bound *= z / 2 / last
    values, above = np.empty(last + 1), 0.0
    values[last] = 1.0
    for k in range(last, 0, -1):
        values[k - 1] = 2 * k / z * values[k] - above
        above = values[k]
    return values
