"""What follows from the accuracy or the number of tiers that a fraction is given."""

import numpy as np
import pytest

from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.settings import n_max_of


def test_a_stated_n_max_is_the_smallest_that_keeps_all_tiers():
    for tiers in range(30):
        kept = [n for n in range(30) if 2 * n >= tiers]
        assert n_max_of(tiers) == min(kept)
        assert n_max_of(np.array([tiers, 7])).tolist() == [min(kept), 4]
        assert ContinuedFraction(n_max=tiers + 1).settings.last == 2 * tiers + 2


def test_evolutions_aim_at_no_less_than_contours_lose_by_rounding():
    found = ContinuedFraction(rtol=1e-13).settings
    assert (found.last, found.aimed_rtol, found.evolution_tolerance) == (None, 1e-13, 1e-10)
    assert ContinuedFraction(rtol=1e-5).settings.evolution_tolerance == 1e-5
    assert ContinuedFraction().settings.aimed_rtol == pytest.approx(DEFAULT_RTOL, rel=1e-15)
