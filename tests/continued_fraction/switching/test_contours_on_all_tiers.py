"""Contours on all tiers against matrix exponentials, and their costs and mismatches."""

import numpy as np
import pytest
from scipy import linalg

from thermalent.continued_fraction.switching.contours import ContourChain, TierContour

RNG = np.random.default_rng(1)
REAL = RNG.normal(size=(5, 5)) - 4 * np.eye(5)


class Dense:
    cost = 7.0

    def __init__(self, matrix):
        self.matrix = matrix

    def solve(self, z, y):
        return np.linalg.solve(z * np.eye(len(self.matrix)) - self.matrix, y)


@pytest.mark.parametrize("kind", [float, complex])
def test_a_contour_is_the_exponential_within_its_window(kind):
    matrix = REAL if kind is float else REAL + 0.3j * RNG.normal(size=(5, 5))
    y = RNG.normal(size=5).astype(kind)
    contour = TierContour(Dense(matrix), y, 0.7, 20)
    assert contour.real is (kind is float)
    for time in (0.7, 2.0, 7.0):
        exact = linalg.expm(matrix * time) @ y
        found = contour.at(time)
        assert found.dtype == kind
        # Eigenvalues off the real axis converge more slowly than those on it.
        np.testing.assert_allclose(found, exact, atol=1e-6 * np.max(np.abs(y)))
        phases = contour.nodes * time
        size = np.abs(np.exp(phases)) * (1 + np.abs(phases))
        expected = np.finfo(float).eps * np.max(size @ np.abs(contour.factors))
        assert contour.rounding(time) == pytest.approx(expected, rel=1e-12, abs=0)


def test_contours_follow_each_other_until_the_last_time_is_served():
    shift = 10.0**0.6
    chain = ContourChain(Dense(REAL), np.ones(5), 2.0, 2.0 * shift**2 * 9.9, 8)
    np.testing.assert_allclose(chain.firsts, [2.0, 2 * shift, 2 * shift**2])
    assert len(ContourChain(Dense(REAL), np.ones(5), 2.0, 19.9, 8).firsts) == 1
    assert len(ContourChain(Dense(REAL), np.ones(5), 2.0, 20.1, 8).firsts) == 2
    assert chain.cost == 8 * 3 * 7.0
    assert ContourChain(Dense(REAL), np.ones(5, complex), 2.0, 19.9, 8).cost == 16 * 7.0


@pytest.mark.parametrize(("time", "number"), [(1.0, 0), (2.0, 0), (7.9, 0), (8.0, 1), (1e9, 2)])
def test_the_last_contour_that_has_begun_serves(time, number):
    chain = ContourChain(Dense(REAL), np.ones(5), 2.0, 300.0, 8)
    chain.firsts = [2.0, 8.0, 30.0]
    assert chain.serving(time) is chain.contour(number)
    assert chain.serving(time).first == chain.firsts[number]


def test_the_mismatch_is_the_largest_where_neighbours_overlap():
    chain = ContourChain(Dense(REAL), np.ones(5), 2.0, 19.0, 8)
    chain.firsts = [2.0, 8.0, 30.0]
    asked = []

    class Given:
        def __init__(self, values):
            self.values = values

        def at(self, time):
            asked.append(time)
            return np.array([0.0, self.values.get(time, 0.0)])

    chain._known = {0: Given({8.0: 1.0}), 1: Given({8.0: 1.25, 60.0: 0.5}), 2: Given({60.0: 1.1})}
    assert chain.mismatch() == pytest.approx(0.6)
    assert sorted(set(asked)) == [8.0, 16.0, 30.0, 60.0]
