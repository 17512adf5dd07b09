"""When two rails are prepared: the last return of the purity, and the rate of relaxation."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.fock.purity import NeverPure

# Computed independently: r = 1, delta_A,i = Delta (i - 1), delta_B = -delta_A, [1 - mu]/N = 0.001.
TIMES = {
    0.0: (36.7335382448, 45.9354863914, 56.1609515500, 66.6145290153, 77.1096066217),
    0.2: (36.73353824, 45.07046847, 52.95445767, 59.56169170, 64.89541290),
}
# Digits of the list.
GIVEN = 1e-8


def rails(pairs, delta, permutation=None):
    return te.dual_rail(
        pairs, 1.0, detuning=[delta * i for i in range(pairs)], permutation=permutation
    )


@pytest.mark.parametrize("delta", TIMES)
@pytest.mark.parametrize("pairs", [1, 2, 3, pytest.param(4, marks=pytest.mark.long)])
def test_preparation_times(pairs, delta):
    found = te.purity_time(rails(pairs, delta))
    assert abs(found - TIMES[delta][pairs - 1]) < GIVEN
    assert abs(found - TIMES[delta][pairs - 1]) < GIVEN + found.error
    assert 0 < found.error < 1e-5
    assert "Krylov" in found.how


@pytest.mark.long
@pytest.mark.parametrize("delta", TIMES)
def test_preparation_times_of_five_pairs(delta):
    found = te.purity_time(rails(5, delta))
    assert abs(found - TIMES[delta][4]) < GIVEN


@pytest.mark.parametrize("impurity", [1e-4, 2.8e-3, 4.2e-2])
def test_an_excursion_within_one_long_step_is_seen(impurity):
    """One pair follows a few elements, so that a single step leads to its steady state."""
    network = te.dual_rail(1, 0.21, detuning=(0.44,), gamma=3.0)
    times = np.linspace(0.0, 12.0, 4001)
    impure = np.flatnonzero(1 - te.evolve(network, times, "00").purity() >= impurity)
    found = te.purity_time(network, impurity=impurity)
    assert times[impure[-1]] <= found <= times[impure[-1] + 1]


@pytest.mark.parametrize("permutation", ["reverse", (1, 2, 0)])
def test_the_time_does_not_depend_on_the_permutation(permutation):
    assert te.purity_time(rails(3, 0.2, permutation)) == pytest.approx(TIMES[0.2][2], abs=GIVEN)


def test_it_is_the_last_crossing_of_the_evolution():
    network = rails(2, 0.2)
    time = te.purity_time(network)
    step = 1e-3
    before, at, after = te.evolve(network, [time - step, time, time + step], "0000").purity()
    assert 1 - before > 0.002 > 1 - after
    assert 1 - at == pytest.approx(0.002, abs=1e-11)
    # The pure start is a crossing, too: the one that does not count.
    early = te.evolve(network, [1e-5, 1.0], "0000").purity()
    assert 1 - early[0] < 0.002 < 1 - early[1]
    later = te.evolve(network, np.linspace(time + step, 3 * time, 50), "0000").purity()
    assert np.all(1 - later < 0.002)


def test_beats_of_far_detuned_pairs_do_not_look_like_the_end():
    """After a few steps the purity hardly moves, at a value far below that of the end."""
    network = rails(3, 5.0)
    time = te.purity_time(network)
    before, after = te.evolve(network, [0.9 * time, time], "000000").purity()
    assert 1 - before > 0.003
    assert 1 - after == pytest.approx(0.003, abs=1e-9)
    assert 30 < time < 40  # about that of one pair, 36.73: DUALRAIL


def test_thresholds_starts_and_numbers_of_pairs():
    network = te.dual_rail(1, 0.5)
    loose, tight = (te.purity_time(network, impurity=value) for value in (0.01, 0.001))
    assert loose < tight
    assert te.purity_time(network, pairs=10) == pytest.approx(loose, abs=1e-9)
    assert te.purity_time(network, "01") != pytest.approx(tight, rel=1e-3)
    assert te.purity_time(network, impurity=1.0) == 0.0
    steady = te.steady_state(network, te.Fock()).state
    assert te.purity_time(network, steady) == 0.0


def test_a_dephased_network_never_becomes_pure():
    with pytest.raises(NeverPure, match=r"goes to 0\.\d+: it never falls to 0\.001"):
        te.purity_time(te.dual_rail(1, 1.0, dephasing=0.1))


def test_what_it_refuses():
    with pytest.raises(te.MethodError, match=r"has the modes \['a_A', 'a_B'\]"):
        te.purity_time(te.dual_rail(1, 1.0, bandwidth=2.0))
    with pytest.raises(ValueError, match=r"Argument `impurity` must be a number in"):
        te.purity_time(te.dual_rail(1, 1.0), impurity=2.0)
    with pytest.raises(ValueError, match=r"Argument `pairs` must be an integer of at least 1"):
        te.purity_time(te.dual_rail(1, 1.0), pairs=0)
    with pytest.raises(te.MethodError, match=r"cannot be followed: .* would fit"):
        te.purity_time(te.dual_rail(8, 1.0))


@pytest.mark.parametrize("r", [0.3, 1.0, 1.6])
def test_the_relaxation_rate_of_one_pair(r):
    expected = (3 * np.cosh(2 * r) - np.sqrt(9 * np.cosh(2 * r) ** 2 - 8)) / 2
    found = te.relaxation_rates(te.dual_rail(1, r), 1)
    assert abs(found.values[0] - expected) <= found.error[0] + 1e-14
    if r == 1.0:
        assert found.values[0] == pytest.approx(0.18007, abs=5e-6)


@pytest.mark.parametrize("pairs", ordinary_and_long([2, 3], [2]))
def test_more_pairs_relax_at_the_same_rate(pairs):
    """Three pairs have a defective eigenvalue there, which is found to the root of rounding."""
    found = te.relaxation_rates(te.dual_rail(pairs, 1.0), 2)
    assert np.all(np.abs(found.values - 0.18007452760534814) <= 5 * found.error + 1e-12)
    assert np.all(found.error < 1e-5)


def test_rates_of_too_many_emitters():
    with pytest.raises(te.MethodError, match=r"184756 unknowns are too many"):
        te.relaxation_rates(te.dual_rail(5, 1.0))
