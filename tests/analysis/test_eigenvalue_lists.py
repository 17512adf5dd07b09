"""Relaxation rates as lists: groups of close ones, pairs, copies, gaps and their order."""

import numpy as np
import pytest

from thermalent.analysis.eigenvalues import listing, shifts
from thermalent.analysis.eigenvalues.candidates import Near
from thermalent.analysis.eigenvalues.groups import Cluster, clusters
from thermalent.analysis.eigenvalues.subspace.balls import (
    Group,
)


def near(values, uncertainty=0.0, split=0.0):
    values = np.array(values, dtype=complex)
    return Near(values, np.full(len(values), uncertainty), np.full(len(values), split))


def test_what_a_shift_does_not_resolve_is_left_out():
    kept = shifts._resolved(near([-1.0, -0.1, -1e-4 + 5j], 1e-3), 1e-6)
    assert kept.values.tolist() == [-1.0]
    kept = shifts._resolved(near([-1.0, -0.21, -0.19], 1e-3), 1e-6)
    assert kept.values.tolist() == [-1.0, -0.21]
    assert len(shifts._resolved(near([-1e-9], 1e-8), 1.01e-7).values) == 1


def test_conjugate_pairs_are_made_exact():
    values = [-1 + 2j, -1.1 - 2j, -0.5 + 1e-9j]
    found = shifts._paired(near(values, split=1e-6), 1e-8, around_zero=True)
    assert found.values.tolist() == [-0.5, -1 + 2j, -1 - 2j]
    assert shifts._paired(near(values), 1e-8, around_zero=False).values.tolist() == [
        -1 + 2j,
        -1 - 2j,
    ]


@pytest.mark.parametrize(("uncertainty", "split"), [(1e-4, 0.0), (0.0, 1e-3), (1e-5, 1e-3)])
def test_a_pair_is_as_far_apart_as_copies_may_seem(uncertainty, split):
    """Ten times the uncertainty, or the split of copies, whichever is larger."""
    for imaginary, pairs in ((1.01e-3, 2), (0.9e-3, 1)):
        found = shifts._paired(
            near([-1 + 1j * imaginary], uncertainty, split), 1e-6, around_zero=True
        )
        assert len(found.values) == pairs


def test_copies_are_listed_only_where_one_search_has_them():
    first, second = near([-1.0, -1.0 - 1e-9, -2.0], 1e-12), near([-1.0 + 1e-9, -3.0], 1e-9)
    found = shifts._together([first, second], 1e-7)
    assert sorted(found.real) == pytest.approx([-3.0, -2.0, -1.0, -1.0])


def test_values_within_a_width_are_one_group():
    values = np.array([0.0, 1.0, 1.1, 1.2, 5.0 + 1j, 5.0 - 1j])
    found = clusters(values, np.array([1.9]), 0.15, real=True)
    shown = sorted((c.centre.real, c.centre.imag, c.size, c.gap) for c in found)
    assert shown == [
        (0.0, 0.0, 1, 1.0),
        (pytest.approx(1.1), 0.0, 3, pytest.approx(0.8)),
        (5.0, 1.0, 1, 2.0),
    ]
    both = clusters(values, np.zeros(0), 0.15, real=False)
    assert len(both) == 4
    (alone,) = clusters(np.array([2.0, 2.4]), np.zeros(0), 0.5, real=False)
    assert (alone.centre, alone.size, alone.gap) == (pytest.approx(2.2), 2, pytest.approx(2.2))
    (at_zero,) = clusters(np.array([-0.2, 0.2]), np.zeros(0), 0.5, real=False)
    assert at_zero.gap == 0.5


@pytest.mark.parametrize(
    ("depth", "more"),
    [
        ([1.0], 0),
        ([1.0, 1.2, 3.0], 0),
        ([1.0, 1.05, 1.3], 1),
        ([1.0, 1.0, 1.0, 1.0], 3),
        ([1.0, 1.02, 1.08, 1.1], 1),
        ([*np.linspace(1.0, 1.3, 12), 2.0], 0),
        ([0.0, 1e-12, 1.0], 1),
    ],
)
def test_a_line_is_put_in_a_wide_gap(depth, more):
    assert listing.until_gap(np.array(depth), 1e-10) == more


def test_a_gap_is_as_wide_as_what_the_rates_resolution_leaves_of_it():
    assert listing.until_gap(np.array([1.0, 1.15, 3.0]), 1e-3) == 0
    assert listing.until_gap(np.array([1.0, 1.15, 3.0]), 1e-2) == 1


def group(values, error, rank_rounding=0.0):
    return Group(np.array(values, dtype=complex), np.array(error), rank_rounding)


def test_rates_are_listed_with_what_fewer_tiers_change():
    coarse, fine = group([-2.1, -1.0], [0.1, 0.1]), group([-1.01, -2.0], [0.01, 0.02], 1e-3)
    pair, finer = group([-1.5 + 4j], [0.5]), group([-1.5 + 4.2j], [0.05])
    zero = group([1e-40], [1e-41])
    found = listing.collected(
        [(coarse, fine, False), (pair, finer, True), (zero, zero, False)], 1.0, 7, real=True
    )
    assert found.values.tolist() == [1.01, 1.5 + 4.2j, 1.5 - 4.2j, 2.0]
    assert found.change == pytest.approx([0.01, 0.2, 0.2, 0.1])
    assert found.error == pytest.approx([0.021, 0.25, 0.25, 0.121], rel=1e-9)
    assert found.rank_rounding == pytest.approx([1e-3, 0.0, 0.0, 1e-3])
    assert (found.stationary, found.tiers) == (1, 7)
    assert found.cut(2).values.tolist() == [1.01, 1.5 + 4.2j]
    assert [len(x) for x in (found.cut(2).error, found.cut(2).change)] == [2, 2]
    shifted = listing.collected([(finer, finer, False)], 1.0, 7, real=True)
    assert shifted.values.tolist() == [1.5 - 4.2j]


def test_groups_that_found_the_same_value_are_joined():
    apart = [Cluster(-1.0, 2, 0.5), Cluster(-3.0 + 1j, 1, 0.5), Cluster(-9.0, 1, 6.0)]
    results = [
        group([-1.0, -1.1], [1e-20] * 2),
        group([-3.0 + 1j], [1e-20]),
        group([-9.0], [1e-20]),
    ]
    assert listing.merged(apart, results, 1.0, real=True) == apart
    same = [results[0], group([-1.1], [1e-20]), results[2]]
    rest, joined = listing.merged(apart, same, 1.0, real=True)
    assert rest == apart[2]
    # The mirrored one brings its conjugate along.
    assert (joined.size, joined.centre) == (4, -2.0)
    assert joined.gap == pytest.approx(7.0)
    _, complex_ones = listing.merged(apart, same, 1.0, real=False)
    assert (complex_ones.size, complex_ones.centre) == (3, pytest.approx((-5 + 1j) / 3))
    loose = [group([-1.0, -1.1], [1e-5] * 2), *results[1:]]
    assert listing.merged(apart, loose, 1.0, real=True) == apart
    close = [apart[0]._replace(gap=0.05), *apart[1:]]
    assert len(listing.merged(close, loose, 1.0, real=True)) == 2


def test_rates_that_errors_do_not_tell_apart_are_ordered_by_their_rotation():
    rates = np.array([1.0 + 3j, 1.0 - 3j, 1.0 + 1e-9 + 1j, 0.5 + 9j])
    order = listing._order(rates, np.full(4, 1e-6))
    assert order.tolist() == [3, 2, 0, 1]
    assert listing._order(rates, np.full(4, 1e-12)).tolist() == [3, 0, 1, 2]


def test_what_a_better_known_rate_can_be_told_from_comes_first():
    """Of two rates the smaller error decides whether they are told apart."""
    rates, error = np.array([1.0 + 2j, 1.0 + 1e-3]), np.array([1e-2, 1e-6])
    assert listing._order(rates, error).tolist() == [0, 1]
    assert listing._order(rates, np.full(2, 1e-2)).tolist() == [1, 0]
