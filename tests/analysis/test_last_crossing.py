"""Preparation times are the last time that a distance is crossed, of a distance known exactly."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis import relaxation_times

NETWORK = te.thermal_link(1.0, 1.0)


def distance(t):
    """Falls with a rate of 0.1 and swings: it comes back above 0.01 several times."""
    return 0.5 * np.exp(-0.1 * t) * np.cos(t) ** 2


@pytest.fixture
def known(monkeypatch):
    states = SimpleNamespace(state=None, error=0.0)
    monkeypatch.setattr(relaxation_times, "steady_state", lambda network, method: states)
    monkeypatch.setattr(relaxation_times, "_slowest_of", lambda network, rho: 0.1)
    monkeypatch.setattr(
        relaxation_times,
        "evolve",
        lambda network, at, rho, method: SimpleNamespace(states=at, error=np.zeros(len(at))),
    )
    monkeypatch.setattr(
        relaxation_times, "trace_distance", lambda t, steady, tolerance: float(distance(t))
    )


@pytest.mark.parametrize("wanted", [0.1, 0.03, 0.01])
def test_the_last_of_several_crossings(known, wanted):
    times = np.linspace(0, 100, 1_000_001)
    above = distance(times) >= wanted
    assert np.sum(above[:-1] & ~above[1:]) > 2
    found = te.preparation_time(NETWORK, "00", distance=wanted)
    assert found == pytest.approx(times[np.flatnonzero(above)[-1]], abs=2e-4)
    assert found.error < 1e-3


def test_a_search_that_ends_too_early_goes_on(known, monkeypatch):
    """A rate that is ten times too large sets an end before the crossing."""
    monkeypatch.setattr(relaxation_times, "_slowest_of", lambda network, rho: 1.0)
    found = te.preparation_time(NETWORK, "00", distance=0.01)
    assert distance(float(found)) == pytest.approx(0.01, rel=1e-4)
    assert np.all(distance(np.linspace(float(found) + 1e-3, 100, 10_000)) < 0.01)
    monkeypatch.setattr(relaxation_times, "_LONGER", 1)
    with pytest.raises(te.MethodError, match=r"The distance 0.01 is not reached by t = 6\.9"):
        te.preparation_time(NETWORK, "00", distance=0.01)


def test_a_distance_that_is_never_reached(known):
    assert te.preparation_time(NETWORK, "00", distance=0.6) == 0.0


def test_the_error_of_a_time_is_that_of_the_distance_over_its_slope():
    """Of exp(-t) at t = 2 the slope is exp(-2); without that error the search's own is left."""
    for error in (1e-6, 0.0):
        found = relaxation_times._with_error(2.0, lambda t, e=error: (np.exp(-t), e + 0 * t))
        searched = found.error - error * np.exp(2.0)
        assert searched == pytest.approx(
            2 * relaxation_times._SEARCHED_TO * 2.0, abs=1e-2 * error + 1e-15
        )


def test_a_rate_that_is_lost_to_rounding_is_no_undamped_one():
    """Equal cavities without quanta: their eigenvalues coincide, and have no condition."""
    with pytest.raises(te.MethodError, match=r"lost to rounding: it is 0\.6 with an error of"):
        te.preparation_time(te.thermal_link(0.0, 0.3, filters=2))
