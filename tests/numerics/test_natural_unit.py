"""The unit of rates is a power of two next above the largest."""

import math

import pytest

from thermalent.numerics.natural_unit import natural_unit


@pytest.mark.parametrize(
    ("largest", "unit"), [(0.0, 1.0), (0.7, 1.0), (1.0, 2.0), (3.0, 4.0), (1e-90, 2.0**-298)]
)
def test_the_unit_is_a_power_of_two(largest, unit):
    assert natural_unit(largest) == unit
    assert largest == 0 or (0.5 <= largest / unit < 1 and math.frexp(unit)[0] == 0.5)
