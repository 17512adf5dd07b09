from __future__ import annotations

import mpmath
import numpy as np
import pytest

from thermalent.analytic.upsilon import SWITCH, fraction_tails, upsilon, upsilon_complement

EDGE = SWITCH / 8
SPECIAL = [0.0, 5e-324, 1e-300, np.nextafter(EDGE, 0), EDGE, np.nextafter(EDGE, 1), 1e300, 1.7e308]


def exact(x):
    """Upsilon(x) and 1 - Upsilon(x), to 50 digits each."""
    if x == 0:
        return mpmath.mpf(1), mpmath.mpf(0)
    z = 8 * mpmath.mpf(float(x))
    if z > 1e-3:
        with mpmath.workdps(70):
            u = 1 / z
            value = u * mpmath.exp(u) * mpmath.e1(u)
            return value, 1 - value
    # 1 - z + 2 z^2 - 6 z^3 ..., asymptotic: the smallest term is below 1e-400 for z < 1e-3
    complement, term, k = mpmath.mpf(0), z, 1
    while abs(term) > z * mpmath.mpf(10) ** -60:
        complement, k = complement + term, k + 1
        term = -term * k * z
    return 1 - complement, complement


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(np.geomspace(1e-8, 1e8, 2000), id="2000 points"),
        pytest.param(np.geomspace(1e-320, 1e308, 400), id="the whole range of doubles"),
        pytest.param(np.linspace(0.9 * EDGE, 1.1 * EDGE, 100), id="around the switch"),
        pytest.param(np.array(SPECIAL), id="special"),
    ],
)
def test_relative_error_against_fifty_digits(x):
    with mpmath.workdps(50):
        for value, complement, at in zip(upsilon(x), upsilon_complement(x), x, strict=True):
            reference, reference_complement = exact(at)
            assert abs(value - reference) <= 1e-14 * reference
            # a subnormal complement has a spacing of its own
            assert abs(complement - reference_complement) <= 1e-14 * reference_complement + 5e-324


def test_limits():
    assert upsilon(0) == 1.0
    assert upsilon_complement(0) == 0.0
    x = 1e-9  # 1 - 8x, next term 2 (8x)^2
    assert upsilon_complement(x) == pytest.approx(8 * x, rel=2 * 8 * x, abs=0)
    x = 1e200  # u (-ln u - gamma_E), next term u^2 ln u
    u = 1 / (8 * x)
    assert upsilon(x) == pytest.approx(u * (-np.log(u) - np.euler_gamma), rel=1e-14, abs=0)


def test_upsilon_falls_monotonically_from_one_to_zero():
    values = upsilon(np.geomspace(1e-6, 1e6, 20001))
    assert np.all(np.diff(values) < 0)
    assert 0 < values[-1] < values[0] < 1


def test_shape_and_scalars():
    x = np.geomspace(0.01, 10, 6).reshape(2, 3)
    assert upsilon(x).shape == upsilon_complement(x).shape == (2, 3)
    assert upsilon(x)[1, 2] == upsilon(x[1, 2]) == upsilon(float(x[1, 2]))
    assert isinstance(upsilon(1), float)
    assert upsilon([]).shape == (0,)


def test_tails_of_the_fraction():
    z = np.array([0.0, 0.01, 0.3, SWITCH])
    first, second = fraction_tails(z)
    np.testing.assert_allclose(1 / (1 + z * first), upsilon(z / 8), rtol=1e-15)
    np.testing.assert_allclose(1 / (1 + z * second), first, rtol=1e-15)


@pytest.mark.parametrize("function", [upsilon, upsilon_complement])
@pytest.mark.parametrize(
    ("x", "shown"),
    [(-1.0, r"-1\.0"), (np.nan, "nan"), (np.inf, "inf"), ([1.0, -2.0], r"-2\.0"), ("a", "'a'")],
)
def test_wrong_arguments_are_named(function, x, shown):
    match = f"Argument `x` must be finite and non-negative, but is {shown}"
    with pytest.raises(ValueError, match=match):
        function(x)
