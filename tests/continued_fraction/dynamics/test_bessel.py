"""Bessel functions of all orders at one argument."""

import numpy as np
import pytest
from scipy.special import jv

from thermalent.continued_fraction.dynamics.bessel import bessel_series


@pytest.mark.parametrize("z", [0.0, 1e-30, 1e-9, 0.3, 2.404825557695773, 31.0, 128.0])
def test_coefficients_are_bessel_functions(z):
    found = bessel_series(z)
    expected = jv(np.arange(len(found) + 1), z) * np.where(np.arange(len(found) + 1), 2, 1)
    # Those of SciPy, of large arguments, are known to some eps times the argument.
    assert np.max(np.abs(found - expected[:-1])) <= 1e-16 * (4 + z)
    assert abs(expected[-1]) <= 1e-18
    assert z < 1e-18 or abs(found[-1]) > 1e-18  # and no more than those are kept
