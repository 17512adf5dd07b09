"""The hot flux behind a filter is the integral of its transmission, in any unit."""

import numpy as np
import pytest
from scipy.integrate import quad

import thermalent as te


@pytest.mark.parametrize(
    "made",
    [
        lambda unit: te.Filter.butterworth(1, unit),
        lambda unit: te.Filter.butterworth(3, unit),
        lambda unit: te.Filter.chebyshev(2, unit, 0.5),
    ],
)
@pytest.mark.parametrize("unit", [1.0, 40.0])
def test_it_is_the_integral_over_all_frequencies(made, unit):
    shape = made(unit)

    def power(x):
        return float(np.abs(shape.response(unit * x)) ** 2)

    # Beyond 60 widths one pole leaves 1/x^2, and more poles next to nothing.
    inside = quad(power, -60, 60, points=(-0.5, 0.0, 0.5), limit=400, epsabs=1e-12)[0]
    expected = unit * (inside + 2 * 60 * power(60.0)) / (2 * np.pi)
    assert shape.noise_bandwidth == pytest.approx(expected, rel=1e-4)
