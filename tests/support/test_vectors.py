"""Vector instructions against the same arithmetic in numpy."""

import numba
import numpy as np
import pytest

from thermalent.support.vectors import (
    aligned,
    at,
    divided,
    everywhere,
    following,
    larger,
    minus_product,
    multiplied,
    plus_product,
    put,
    put_following,
    spread,
    subtracted,
)


@numba.njit
def combine(x, number, result, side):
    a, b = at(side, x, (0, 1)), at(side, x, (np.int32(1), 0))
    put(side, result, (0,), multiplied(a, b))
    put(side, result, (1,), divided(a, b))
    put(side, result, (2,), plus_product(a, b, everywhere(side, number)))
    put(side, result, (3,), minus_product(a, b, everywhere(side, number)))
    put(side, result, (4,), spread(side, x, (1, np.int32(0), len(side) - 1)))
    put(side, result, (5,), larger(a, b))
    put(side, result, (6,), subtracted(a, b))
    put_following(side, result, (6, len(side)), following(side, x, (0, 0, 1)))  # the last row


@pytest.mark.parametrize("lanes", [1, 3, 16])
def test_every_operation_is_that_of_its_lanes(rng, lanes):
    x, result = aligned(2, 2, lanes), aligned(8, lanes)
    x[:] = rng.integers(1, 9, x.shape)  # so that products and sums are exact
    combine(x, 0.5, result, (1.0,) * lanes)
    a, b = x[0, 1], x[1, 0]
    first = [a * b, a / b, a + 0.5 * b, a - 0.5 * b, np.full(lanes, b[-1]), np.maximum(a, b)]
    assert np.array_equal(result, [*first, a - b, x.ravel()[1 : 1 + lanes]])


def test_arrays_begin_at_a_line_of_the_memory():
    for size in range(1, 20):
        x = aligned(size, 3)
        assert x.shape == (size, 3)
        assert x.ctypes.data % 64 == 0
        assert not x.any()


@pytest.mark.parametrize("wrong", [np.zeros((2, 2, 3), order="F"), np.zeros((2, 2, 3), np.float32)])
def test_other_arrays_are_refused(wrong):
    with pytest.raises(numba.TypingError):
        combine(wrong, 0.5, np.zeros((8, 3)), (1.0, 1.0, 1.0))
