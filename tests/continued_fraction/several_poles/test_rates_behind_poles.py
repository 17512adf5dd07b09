"""Eigenvalues of two truncations compared: what they state of their errors."""

import numpy as np
import pytest
from scipy import linalg, sparse

import thermalent as te
from thermalent.continued_fraction.several_poles import rates
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.rates import (
    SlowestRates,
    _compared,
    _Spectrum,
    slowest_on_tiers,
)

ROUNDING = 1e-13


def spectrum(values, *, complete=True, zero=1e-10, rounding=ROUNDING):
    values = np.array(values, dtype=complex)
    return _Spectrum(values, np.full(len(values), rounding), zero, complete)


def comparison(change, error=None):
    change = np.array(change, dtype=float)
    return SlowestRates(change, change, change, 0, True, 0.0)


def test_the_change_of_each_rate_is_its_distance_from_the_one_it_was():
    before = spectrum([5e-14, 0.1, 0.2 + 1j, 0.2 - 1j, 5.0])
    now = spectrum([-5e-14, 0.1 + 1e-6, 0.2 + 1j + 3e-6, 0.2 - 1j + 3e-6, 4.0, 9.0])
    found = _compared(before, now, 3, None)
    np.testing.assert_allclose(found.values, [0.1 + 1e-6, 0.2 + 1j + 3e-6, 0.2 - 1j + 3e-6])
    np.testing.assert_allclose(found.change, [1e-6, 3e-6, 3e-6], rtol=1e-6)
    np.testing.assert_allclose(found.error, found.change + ROUNDING, rtol=1e-12)
    assert (found.stationary, found.complete, found.smallest) == (1, True, 1e-10)
    assert not _compared(spectrum([0.1], complete=False), spectrum([0.1]), 1, None).complete
    assert not _compared(spectrum([0.1]), spectrum([0.1], complete=False), 1, None).complete


def test_what_is_within_the_smaller_of_two_roundings_is_zero():
    """The rounding of badly conditioned ones is too large to tell."""
    values = np.array([5e-11, 5e-9, 5e-7], dtype=complex)
    found = _Spectrum(values, np.array([1e-10, 1e-3, 1e-8]), 1e-8, complete=True)
    assert found.moving.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("falls", "factor"), [(0.2, 1.0), (0.5, 1.0), (0.8, 4.0), (0.94, 0.94 / 0.06)]
)
def test_changes_that_fall_are_extrapolated(falls, factor):
    before, now = spectrum([0.1, 0.3]), spectrum([0.1 + 1e-4, 0.3 + 1e-3])
    found = _compared(before, now, 2, comparison([0.0, 1e-3 / falls]))
    np.testing.assert_allclose(found.change, factor * np.array([1e-4, 1e-3]), rtol=1e-9)


def test_changes_that_hardly_fall_say_nothing():
    before, now = spectrum([0.1]), spectrum([0.1 + 1e-3])
    assert _compared(before, now, 1, comparison([1e-3 / 0.96])).error[0] > 1e8
    # Changes of the size of the rounding need not fall.
    small = spectrum([0.1], rounding=1e-2), spectrum([0.1 + 1e-3], rounding=1e-2)
    assert _compared(*small, 1, comparison([1e-3])).change[0] == pytest.approx(1e-3)


def test_a_rate_that_was_slower_and_moved_away_shows_how_far_others_may_move():
    before, now = spectrum([0.05, 0.3]), spectrum([0.3 + 1e-6, 0.9])
    found = _compared(before, now, 1, None)
    # 0.05 is 0.25 away from all of the larger truncation.
    np.testing.assert_allclose(found.change, [0.25 + 1e-6], rtol=1e-9)
    np.testing.assert_allclose(found.error, [0.25 + 1e-6], rtol=1e-9)
    assert not found.complete
    # One that was faster than what is asked for is not missed.
    assert _compared(spectrum([0.3, 0.5]), now, 1, None).complete


def test_clusters_are_as_wide_as_their_members_are_apart():
    """In any unit of rates."""
    for unit in (1.0, 1e3, 1e-3):
        found = rates._spread(unit * np.array([1.0, 1.0 + 4e-4, 1.0 - 5e-4, 2.0, 2.003]))
        expected = unit * np.array([2 * 5e-4, 2 * 9e-4, 2 * 9e-4])
        np.testing.assert_allclose(found[:3], expected, rtol=1e-9)
        assert np.all(np.isinf(found[3:]))


def test_eigenvalues_of_several_shifts_are_kept_once():
    found = rates._distinct(np.array([2.0, 1.0, 1.0 + 1.9e-9, 1.0 + 2.1e-9j, 2.0 + 2.9e-9, 3.0]))
    np.testing.assert_allclose(found, [1.0, 1.0 + 2.1e-9j, 2.0, 3.0], rtol=1e-12)


def test_rates_are_in_order_of_their_real_parts_then_of_their_frequencies():
    values = np.array([2.0, 1 - 3j, 1 + 3j, 1 + 1j, 1 - 1j, 0.5 + 1e-14j])
    rounding = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) * 1e-14
    found, moved = rates._in_order(values, rounding)
    assert found.tolist() == [0.5, 1 + 1j, 1 - 1j, 1 + 3j, 1 - 3j, 2.0]
    np.testing.assert_array_equal(moved, rounding[[5, 3, 4, 2, 1, 0]])


def test_large_chains_are_searched_beside_the_frequencies_of_the_slowest():
    values = np.array([0.1, 0.2 + 1.00004j, 0.2 - 1.00004j, 0.3 + 7j, *np.full(20, 1 + 50j)])

    def places(values, count=1, *, paired=True):
        return rates._frequencies(values, count, paired=paired).tolist()

    assert places(values) == [0.0, 1.0, 7.0, 50.0]
    # Of L, whose eigenvalues are those of -L with the other sign, where they are no pairs.
    assert places(values, paired=False) == [0.0, -1.0, 1.0, -7.0, -50.0]
    # Those of the slowest, not the smallest; on both sides twice as many.
    values = np.array([0.1 + 9j, *(1 + 1j * np.arange(1, 20))])
    assert places(values) == [0, 9, 1, 2, 3, 4]
    assert places(values, 3, paired=False) == [0, -9, *range(-1, -9, -1), -10, -11]
    assert places(np.array([*np.zeros(10), 3j])) == [0.0]  # 4 + 6 are slow
    assert places(np.array([*np.zeros(10), 3j]), 2) == [0.0, 3.0]


def test_an_eigenvalue_counts_as_the_nearest_shift_found_it():
    """Far from a shift it may be off by more than others are apart; of one shift all are kept."""
    near, far = np.array([1e-14, 0.5]), np.array([3e-7, 0.5 + 2e-7, 0.8 - 5j])
    found = rates._of_nearest_shifts([(5j, far), (0.1, near)], paired=False)
    np.testing.assert_array_equal(found, [1e-14, 0.5, 0.8 - 5j])
    # What the nearest one missed counts as another one found it.
    found = rates._of_nearest_shifts([(5j, far[:2]), (0.1, near[:1])], paired=False)
    np.testing.assert_array_equal(found, [1e-14, 0.5 + 2e-7])
    # A real one with a rounding is as near to a shift as to its conjugate, and not lost.
    found = rates._of_nearest_shifts(
        [(0.1 + 1j, np.array([0.3 + 1e-9j, 0.6 - 1e-9j]))], paired=True
    )
    np.testing.assert_allclose(found, [0.3, 0.6], atol=1e-8)
    found = rates._of_nearest_shifts([(0.1 + 1j, np.array([0.3 - 1j, 0.3 - 1.1j]))], paired=True)
    np.testing.assert_array_equal(found.imag, [-1.0, -1.1, 1.0, 1.1])
    assert not len(rates._of_nearest_shifts([(0.1, np.zeros(0, dtype=complex))], paired=True))


@pytest.mark.parametrize(
    ("poles", "n_th", "charge"),
    [
        ([-0.3977, -5.6139], 1.09, 0),  # zero had been found again beside other frequencies
        ([-4.6243, -0.1638 - 1.3642j], 1.73, 1),  # has no conjugate eigenvalues
    ],
)
def test_searches_find_the_rates_of_the_whole_spectrum(poles, n_th, charge):
    """Few tiers have all their eigenvalues taken, more of them are searched."""
    network = te.thermal_link(n_th, filter=te.Filter.poles_and_zeros(poles), qubits=1)
    whole, searched = (
        slowest_on_tiers(chain_of(network), 3, rtol, charge) for rtol in (1e-3, 1e-7)
    )
    assert (whole.complete, searched.complete) == (True, False)
    assert np.all(np.abs(whole.values - searched.values) <= whole.error + searched.error)
    assert np.all(searched.error < 1e-7)
    assert whole.stationary == searched.stationary


def test_a_search_finds_both_of_a_pair_of_conjugate_eigenvalues():
    """Of a real matrix, beside the frequency of one of them."""
    rng = np.random.default_rng(2)
    blocks = [np.array([[-a, w], [-w, -a]]) for a, w in ((0.2, 3.0), (0.7, 1.0))]
    blocks += [np.diag(-np.linspace(5.0, 9.0, 40) - rng.uniform(size=40))]
    turn = np.linalg.qr(rng.normal(size=(44, 44)))[0]
    matrix = sparse.csc_array(turn @ linalg.block_diag(*blocks) @ turn.T)
    found = rates._searched(matrix, 2, 1.0, np.array([0.0, 3.0]))
    slow = found.values[found.values.real < 1]
    expected = [0.2 - 3j, 0.2 + 3j, 0.7 - 1j, 0.7 + 1j]
    assert sorted(np.round(slow, 9), key=lambda v: (v.real, v.imag)) == pytest.approx(expected)
    assert not found.complete
    # Two searches agree but for rounding, of which a part of the largest rates is always assumed.
    base = 16 * np.finfo(float).eps * float(np.max(abs(matrix).sum(axis=0)))
    assert np.all(found.rounding >= base)
    assert np.all(found.rounding[found.values.real < 1] < 100 * base)
    assert found.zero == pytest.approx(100 * base)
