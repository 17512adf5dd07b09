"""Stated errors in cases built so that the true error is not far below them."""

from functools import cache

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.continued_fraction import solve_side_by_side
from thermalent.continued_fraction.lattice import solve

LINK = te.thermal_link(60.0, 0.1, (1.0, 0.7), detuning=(0.3, -0.2))


def test_a_batch_of_fixed_depth_measures_what_its_tiers_leave_out():
    networks = [te.thermal_link(n, 0.1, detuning=(0.3, -0.2)) for n in (5.0, 40.0, 300.0)]
    found = solve_side_by_side(networks, te.ContinuedFraction(n_max=4))
    for network, result in zip(networks, found, strict=True):
        exact = te.steady_state(network, te.ContinuedFraction(rtol=1e-12))
        true = np.max(np.abs(result.state - exact.state))
        assert true > 1e-6
        # The error is measured against more tiers, which are nearly exact.
        assert true <= result.error <= 10 * true


def test_the_error_is_never_below_the_rounding_of_the_state():
    found = te.steady_state(LINK, te.ContinuedFraction(rtol=1e-3))
    assert found.error > 0
    exact = te.ContinuedFraction(rtol=1e-12).steady_state(te.thermal_link(1e-9, 1.0))
    # At least one unit in the last place of the largest element, which is 1.
    assert exact.error >= np.finfo(float).eps / 2


def test_errors_of_the_lattice_are_the_change_by_its_last_tiers():
    assert solve._error([]) == np.inf
    assert solve._error([0.3, 0.1, 0.02]) == 0.02
    assert solve._error([0.3, 0.01, 0.02]) == 0.02


def test_the_lattice_gives_up_where_changes_grow_four_times_in_a_row():
    growing = [1e-7, 2e-7, 3e-7, 4e-7, 5e-7]
    assert solve._outcome(growing, 1e-12, 9, None) == "grows"
    assert solve._outcome(growing[1:], 1e-12, 9, None) != "grows"
    assert solve._outcome([5e-7, *growing[:2], 1e-7, 2e-7], 1e-12, 9, None) != "grows"


@cache
def spectrum_and_coherence(rtol):
    """Of the link at three frequencies and at three delays."""
    spectrum = te.spectrum(LINK, np.array([0.0, 0.3, 1.0]), rtol=rtol)
    return spectrum, te.coherence(LINK, np.array([0.0, 2.0, 10.0]), rtol=rtol)


@pytest.mark.parametrize("rtol", ordinary_and_long([1e-2, 1e-4], [1e-4]))
def test_errors_of_spectra_and_coherence_are_seen(rtol):
    """With few tiers the error is far above rounding, and not absurdly large."""
    rough, fine = spectrum_and_coherence(rtol), spectrum_and_coherence(1e-12)
    for found, exact in zip(rough, fine, strict=True):
        true = np.abs(found.values - exact.values)
        assert np.all(true <= found.error + exact.error)
        # The reference's own error, in which the rounding of the generator counts, is far below.
        assert np.max(true) > 1e2 * np.max(exact.error)
        assert np.max(found.error) < 1e3 * np.max(true)
