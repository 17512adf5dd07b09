"""What a passing field leaves of the emitters' own decay, in any unit of the rates."""

import numpy as np
import pytest

from thermalent.stochastic.linear_field import _remainder


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_roundings_of_the_largest_rate_are_zero_and_all_else_stays(unit, rng):
    vectors = np.linalg.qr(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))[0]
    part, rest, rounding = (np.outer(v, v.conj()) for v in vectors.T)
    matrix = unit * (part + 0.3 * rest - 2e-13 * rounding)
    found = _remainder(matrix, unit * part)
    np.testing.assert_allclose(found / unit, 0.3 * rest, rtol=0, atol=1e-15)
    assert _remainder(matrix, np.zeros((3, 3))) is matrix
    kept = _remainder(matrix + 1e-9 * unit * rounding, unit * part)
    np.testing.assert_allclose(kept / unit, 0.3 * rest + 1e-9 * rounding, rtol=0, atol=1e-12)
