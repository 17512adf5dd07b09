"""Stated errors behind several poles against runs that are converged further, on many sources."""

import numpy as np
import pytest

import thermalent as te
from tests.support.several_poles_sources import KINDS
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.several_poles import choice
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.converge import converge, work
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    evaluate_truncated_tiers,
)
from thermalent.continued_fraction.several_poles.evolution import tiers_depth

LARGEST_WORK = 3e9  # multiplications of one fold
EXPECTED_ORDER = 4
MOST_WORK = 3e10  # of all folds


def drawn(seed, largest_work):
    """A chain of 2 to 4 poles, of each kind in turn and as hot as is affordable; a tolerance."""
    rng = np.random.default_rng([13, seed])
    poles, rtol = int(rng.integers(2, 5)), 10.0 ** -int(rng.choice([2, 3, 4, 6, 8]))
    hottest = 10 ** rng.uniform(-1.0, 3.1)
    state = rng.bit_generator.state
    while True:
        rng.bit_generator.state = state
        chain = chain_of(KINDS[seed % len(KINDS)](rng, poles, hottest))
        if choice.chain_cost(chain, rtol).operations < largest_work:
            depth = tiers_depth(chain, 1, max(rtol, 1e-6))
            if work(chain, EXPECTED_ORDER, depth) < largest_work:
                return chain, rtol
        hottest, rtol = (hottest / 2, rtol) if hottest > 0.5 else (hottest, 10 * rtol)


def compared(seed, largest_work):
    """The stated error, the distance to higher orders and more tiers, and whether it converged."""
    chain, rtol = drawn(seed, largest_work)
    found = converge(chain, rtol)
    converged = found.fraction.outcome == "converged"
    built = tiers(chain, found.quanta + (2 if converged else 1))
    last = 2 * int(0.75 * found.fraction.tiers) + 4
    stationary = TierZeroEquation(built)
    exact = stationary.matrix(stationary.solve(evaluate_truncated_tiers(built, 0.0, last)))
    difference = np.max(np.abs(found.stationary.matrix(found.fraction.x) - exact))
    return float(found.fraction.error), float(difference), converged


def require(seeds, monkeypatch, largest_work=LARGEST_WORK):
    """No error is larger than stated, and most are not stated absurdly large."""
    # Some seconds at most; what is stated where it does not suffice has to hold as well.
    monkeypatch.setattr("thermalent.continued_fraction.several_poles.converge.MOST_WORK", MOST_WORK)
    ratios, ended = [], []
    for seed in seeds:
        stated, difference, converged = compared(seed, largest_work)
        assert difference <= stated, (seed, stated, difference)
        ended.append(converged)
        if stated > 1e-10:
            ratios.append(stated / max(difference, 1e-16))
    # Of few orders the error is about that of the one before, which orders of a slow field all
    # improve by several digits.
    assert np.median(ratios) < 1e4
    assert np.mean(ended) > 0.8


def test_the_error_covers_the_distance_to_a_converged_run(monkeypatch):
    require(range(12, 20), monkeypatch, largest_work=1e9)


@pytest.mark.long
@pytest.mark.parametrize("first", range(100, 400, 50))
def test_the_error_of_random_sources_holds(first, monkeypatch):
    """300 sources of 2 to 4 poles."""
    require(range(first, first + 50), monkeypatch)


@pytest.mark.parametrize("width", [1e6, 1e8])
def test_rates_of_the_source_far_apart_cost_digits_that_the_error_counts(width):
    """One pole is the limit: its corrections, (kappa / width)^2, are below double precision."""
    n_th, kappa = 1220.0, 0.02
    one = te.steady_state(te.thermal_link(n_th, kappa), te.ContinuedFraction(rtol=1e-11))
    network = te.thermal_link(n_th, filter=te.Filter.cavities([kappa, width]))
    two = te.steady_state(network, te.ContinuedFraction(rtol=1e-5))
    assert two.stats["coordinates"] == "chain"
    assert np.max(np.abs(two.state - one.state)) <= two.error + one.error
    if width == 1e8:
        with pytest.raises(te.SolveError, match="rates of the source are too far apart"):
            te.steady_state(network, te.ContinuedFraction(rtol=1e-9))
