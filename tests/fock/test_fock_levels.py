"""The levels with which an evolution in Fock space begins, by hand."""

import numpy as np
import pytest

import thermalent as te
from thermalent.fock.evolution import (
    _displaced_levels,
    first_levels,
    horizon_ratios,
    largest_ratios,
    starting_cutoffs,
)
from thermalent.fock.problem import problem
from thermalent.fock.truncation import first_cutoffs

LINK = te.thermal_link(4.0, 0.5)


def ratio(n):
    return n / (1 + n)


@pytest.mark.parametrize("last", [0.01, 1.0, 30.0])
def test_a_mode_that_starts_empty_fills_at_the_rate_of_its_energy(last):
    prepared = problem(LINK, "auto")
    filled = 2.0 * (1 - np.exp(-1.0 * last))  # half of the occupation, at 2 kappa
    assert horizon_ratios(prepared, "empty", last) == pytest.approx((ratio(filled),))
    assert horizon_ratios(prepared, 3.0, last) == pytest.approx((ratio(filled),))
    assert horizon_ratios(prepared, "stationary", last) == pytest.approx((ratio(2.0),))


def test_of_several_networks_the_hottest_counts():
    prepared = [problem(te.thermal_link(n, 0.5), "auto") for n in (1.0, 4.0, 2.0)]
    assert largest_ratios(prepared, "stationary", 1.0) == pytest.approx((ratio(2.0),))


def test_the_first_levels_have_room_for_what_the_emitters_emit():
    prepared = problem(LINK, "auto")
    ratios = horizon_ratios(prepared, "stationary", 1.0)
    (bare,) = first_cutoffs(ratios, 1e-8)
    assert starting_cutoffs(prepared, ratios, "stationary", 1e-8) == (bare + 2,)
    assert first_levels((prepared,), "stationary", 1.0, None, 1e-8) == (bare + 2,)
    assert first_levels((prepared,), "stationary", 1.0, 9, 1e-8) == (9,)
    thermal = 2.0 * (1 - np.exp(-1.0))
    wanted = _displaced_levels(9.0, thermal, 1e-8 / 30) + 2
    assert first_levels((prepared,), 3.0, 1.0, None, 1e-8) == (wanted,)


def test_levels_of_a_coherent_state_are_those_of_its_bound():
    """Without heat the Chernoff bound is exp(-a) (e a/N)^N at the best x = N/a."""
    for quanta, tail in ((4.0, 1e-6), (50.0, 1e-10)):
        bound = next(
            n for n in range(1, 1000)
            if n > quanta and n - quanta + n * np.log(quanta / n) <= np.log(tail)
        )  # fmt: skip
        assert _displaced_levels(quanta, 0.0, tail) == bound
    assert _displaced_levels(0.0, 0.0, 1e-8) == 4
