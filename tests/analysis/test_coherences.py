"""How many tiers a coherence takes, and what is refused."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.radiation import coherences, spectra
from thermalent.analysis.radiation.coherences import (
    CoherenceAsked,
    OverDelay,
    coherence_over_delay,
    more_tiers,
)

LINK = te.thermal_link(5.0, 0.3, (1.0, 0.8), detuning=(0.3, -0.2))
DELAYS = np.array([0.0, 0.7, 4.0])


def asked(rtol):
    regression, depth = spectra._prepared(LINK, "output", rtol, None)
    given = CoherenceAsked(delays=DELAYS, of="output", order=1, rtol=rtol, regression=regression)
    return given, depth


@pytest.mark.parametrize("rtol", [1e-2, 1e-5, 1e-8, 1e-10])
def test_the_error_is_true_and_no_larger_than_asked_for(rtol):
    exact = te.coherence(LINK, DELAYS, rtol=1e-12)
    found = te.coherence(LINK, DELAYS, rtol=rtol)
    assert np.all(np.abs(found.values - exact.values) <= found.error + exact.error)
    assert np.max(found.error) <= rtol


def told_of(errors, rtol=1e-8, depth=20):
    """The error that is taken, and the depths that were tried, of runs with these errors."""
    depths, left = [], list(errors)

    def run(_, depth):
        depths.append(depth)
        return OverDelay(np.zeros(1), np.array([left.pop(0)]), te.Estimate(1.0, 0.0, ""))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coherences, "_with_tiers", run)
        told = []
        found = coherence_over_delay(asked(rtol)[0], depth, told.append)
    assert told == [f"{more_tiers(tiers)} tiers" for tiers in depths]
    return float(found.error[0]), depths


@pytest.mark.parametrize(
    ("errors", "taken", "depths"),
    [
        ([1e-8], 1e-8, [20]),
        ([2e-8, 0.9e-8], 0.9e-8, [20, 27]),
        ([2e-8, 1.1e-8], 1.1e-8, [20, 27]),  # gains too little to go on
        ([2e-8, 3e-8], 2e-8, [20, 27]),
        ([1e-2, 1e-3, 1e-4, 1e-5], 1e-5, [20, 27, 35, 45]),  # the last that is tried
        ([np.inf, np.inf], np.inf, [20, 27]),
    ],
)
def test_more_tiers_are_taken_as_long_as_they_gain(errors, taken, depths):
    assert told_of(errors) == (taken, depths)


def test_too_few_tiers_at_first_are_found_out():
    given, depth = asked(1e-8)
    exact = te.coherence(LINK, DELAYS, rtol=1e-12)
    found = coherence_over_delay(given, depth // 2, lambda _: None)
    assert np.max(found.error) <= 1e-8
    assert np.all(np.abs(found.values - exact.values) <= found.error + exact.error)


def test_a_field_that_two_nodes_cancel_is_dark():
    """Both qubits of a closed pair in phase, read with opposite weights."""
    network = te.thermal_link(1.0, 0.5, qubits=1)
    with pytest.raises(ValueError, match="dark"):
        te.coherence(network, DELAYS, {"q1": 0.0})


@pytest.mark.parametrize(("order", "kind"), [(1, complex), (2, float)])
@pytest.mark.parametrize("n_th", [0.1, 50.0])
def test_coherences_are_complex_and_their_squares_real(n_th, order, kind):
    """Also where all steps are in real numbers."""
    assert te.coherence(te.thermal_link(n_th, 0.3), DELAYS, order=order).values.dtype == kind
