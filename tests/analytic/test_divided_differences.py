"""Damped hyperbolic functions and their divided differences against fifty digits."""

import mpmath
import numpy as np
import pytest

from thermalent.analytic.divided_differences import damped, divided_differences

# Both signs, zero, either side of where a series takes over (1e-2 and 4), and large numbers.
NUMBERS = (0.0, 1e-9, -1e-5, 9.9e-3, -1.01e-2, 0.5, -2.0, 3.99, -4.01, 5.0, -30.0, 900.0, -1e4)


def exact(z):
    """Cosh and sinhc of the root of z."""
    root = mpmath.sqrt(mpmath.mpc(z))
    sinhc = mpmath.sinh(root) / root if z else mpmath.mpf(1)
    return mpmath.re(mpmath.cosh(root)), mpmath.re(sinhc)


def slopes(z):
    """The derivatives of sinhc and cosh of the root of z, the limits of divided differences."""
    if not z:
        return mpmath.mpf(1) / 6, mpmath.mpf(1) / 2
    cosh, sinhc = exact(z)
    return (cosh - sinhc) / (2 * mpmath.mpf(z)), sinhc / 2


def close(found, expected, scale):
    """Within forty units of rounding of the largest function, which rounding is relative to."""
    assert abs(found - float(expected)) <= 40 * np.finfo(float).eps * max(scale, abs(expected))


@pytest.mark.parametrize("z", NUMBERS)
def test_functions(z):
    with mpmath.workdps(50):
        decay = float(np.sqrt(max(z, 0.0))) + 0.5
        found = damped(np.array([z]), np.array([decay]))
        for number, expected in zip(found, exact(z), strict=True):
            # The argument of a cosine of 100 has an error of 100 units.
            scale = float(mpmath.exp(-0.5)) * (1 + abs(z) ** 0.5)
            close(float(number[0]), expected * mpmath.exp(-decay), scale)


@pytest.mark.parametrize("z1", NUMBERS)
@pytest.mark.parametrize("z2", [*NUMBERS, "equal", "near"])
def test_differences(z1, z2):
    z2 = {"equal": z1, "near": z1 * (1 + 1e-9)}.get(z2, z2)
    with mpmath.workdps(50):
        decay = float(np.sqrt(max(z1, z2, 0.0))) + 0.5
        found = divided_differences(np.array([z1]), np.array([z2]), np.array([decay]))
        if z1 == z2:
            expected = slopes(z1)
        else:
            gap = mpmath.mpf(z1) - mpmath.mpf(z2)
            (c1, s1), (c2, s2) = exact(z1), exact(z2)
            expected = (s1 - s2) / gap, (c1 - c2) / gap
        size = max(1.0, abs(z1), abs(z2))
        for number, value in zip(found, expected, strict=True):
            close(float(number[0]), value * mpmath.exp(-decay), 1 / (6 * size**0.5))
