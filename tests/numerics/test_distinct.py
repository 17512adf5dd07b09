"""Rows that are the same, beside a dictionary of them."""

import numpy as np

from thermalent.numerics.distinct import distinct


def test_each_row_is_that_of_the_first_of_its_kind(rng):
    for count, kinds in ((1, 1), (7, 1), (50, 3), (200, 40)):
        narrow = rng.normal(size=(kinds, 1))[rng.integers(0, kinds, count)]
        wide = rng.normal(size=(2, 3))[rng.integers(0, 2, count)]
        same = np.broadcast_to(np.array([1.0, -2.0]), (count, 2))
        first, which = distinct([narrow, same, wide])
        table = np.concatenate([narrow, same, wide], axis=1)
        assert len(first) == len({row.tobytes() for row in table})
        assert np.array_equal(table[first][which], table)
        for kind, position in enumerate(first.tolist()):
            assert position == which.tolist().index(kind)


def test_neighbouring_numbers_are_distinct():
    numbers = np.array([1.0, np.nextafter(1.0, 2.0), 1.0])
    first, which = distinct([numbers[:, None]])
    assert (first.tolist(), which.tolist()) == ([0, 1], [0, 1, 0])
    first, which = distinct([np.empty((0, 2))])
    assert first.size == which.size == 0
