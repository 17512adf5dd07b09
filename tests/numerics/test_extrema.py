"""The largest value between two places."""

import numpy as np
import pytest

from thermalent.numerics.extrema import largest_between


@pytest.mark.parametrize("accuracy", [1e-2, 1e-4, 1e-7])
def test_the_place_has_its_accuracy_and_the_value_its_square(accuracy):
    value, place = largest_between(
        lambda x: 3.0 - (x - 1.3) ** 4 - (x - 1.3) ** 2, 0.2, 4.0, accuracy
    )
    assert abs(place - 1.3) < 2 * accuracy
    assert 0 <= 3.0 - value < 5 * accuracy**2 + 1e-15


def test_a_function_that_rises_is_largest_at_the_end():
    value, place = largest_between(np.exp, 0.0, 1.0, 1e-6)
    assert place == pytest.approx(1.0, abs=1e-5)
    assert value == pytest.approx(np.exp(place), rel=1e-15)
