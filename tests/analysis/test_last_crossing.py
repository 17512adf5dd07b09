"""Preparation times are the last time that a distance is crossed, of a distance known exactly."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from tests.support.lindbladian import FockLindbladian
from thermalent.analysis import last_crossing, relaxation_times
from thermalent.analysis.last_crossing import LastCrossing

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


@pytest.mark.parametrize("turning", [37.0, 400.0])
def test_oscillations_between_the_first_times(turning):
    """A distance that comes back thousands of times, and a pause in which it does not."""

    def curve(t):
        swing = np.cos(turning * t) ** 2 * np.cos(0.3 * t) ** 2
        return 0.5 * np.exp(-0.1 * t) * swing, np.full(len(t), 1e-12)

    found = last_crossing.last_crossing(curve, 0.02, np.geomspace(1e-3, 60.0, 400))
    times = np.arange(0.0, 60.0, 0.02 / turning)
    latest = times[np.flatnonzero(curve(times)[0] >= 0.02)[-1]]
    assert found.above <= latest + 0.02 / turning
    assert found.below >= latest
    assert found.below - found.above < 2 / turning
    assert found.doubtful <= found.below + 1 / turning


def test_a_crossing_that_stays_in_doubt_is_part_of_the_error(monkeypatch):
    """Where oscillations stay unresolved, or errors hide whether a swing crosses once more."""

    def curve(t, error=1e-12):
        value = np.exp(-0.1 * t) * (1 + 0.5 * np.cos(t))
        return value, np.full(len(t), error)

    grid = np.geomspace(1e-3, 60.0, 400)
    times = np.arange(0.0, 60.0, 1e-4)
    swings = curve(times)[0]
    tops = times[1:-1][(swings[1:-1] > swings[:-2]) & (swings[1:-1] > swings[2:])]
    top = tops[3]
    level = float(curve(np.array([top]))[0][0]) + 1e-6  # a touch above its fourth swing
    sure = last_crossing.last_crossing(curve, level, grid)
    assert sure.below < tops[2] + 3
    assert sure.doubtful <= sure.below
    unsure = last_crossing.last_crossing(lambda t: curve(t, 1e-5), level, grid)
    assert unsure.below == sure.below
    assert unsure.doubtful >= top
    error = relaxation_times._with_error(unsure.above, lambda t: curve(t, 1e-5), unsure).error
    assert error >= top - unsure.above
    monkeypatch.setattr(last_crossing, "_MOST_ROUNDS", 0)
    fast = last_crossing.last_crossing(lambda t: curve(300 * t), level / 1e3, grid / 300)
    assert fast.doubtful == 0.0 or fast.doubtful > fast.below


@pytest.mark.parametrize("exchange", [24.5])
def test_the_last_of_many_swings_between_a_qubit_and_the_mode(exchange):
    """Against the master equation with Kronecker products, on a grid that shows every swing."""
    couplings = np.array([[0.0, exchange], [exchange, 0.0]])
    network = te.Network(
        nodes=(te.Mode(bath_rate=0.1, n_th=0.05), te.Qubit(name="q")),
        exchange=couplings,
        decay=np.diag([0.1, 0.2]),
    )
    found = te.preparation_time(network, "1", distance=0.01)
    fock = FockLindbladian(network, 7)
    values, vectors = np.linalg.eig(fock.generator.toarray())
    weights = (0.05 / 2.05) ** np.arange(7) * (2.0 / 2.05)  # the mode holds 0.025 quanta
    start = np.kron(np.diag(weights / weights.sum()), np.diag([0.0, 1.0])).ravel()
    excited = np.kron(np.eye(7), np.diag([0.0, 1.0])).ravel()
    parts = (excited @ vectors) * np.linalg.solve(vectors, start)
    times = np.arange(0.0, 40.0, 0.05 / exchange)
    population = np.concatenate(
        [(parts @ np.exp(np.outer(values, t))).real for t in np.array_split(times, 100)]
    )
    steady = parts[np.abs(values) < 1e-9].sum().real
    last = times[np.flatnonzero(np.abs(population - steady) >= 0.01)[-1]]
    assert abs(found - last) <= found.error + 0.05 / exchange


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
        found = relaxation_times._with_error(
            2.0, lambda t, e=error: (np.exp(-t), e + 0 * t), LastCrossing(1.9, 2.1, 0.0)
        )
        searched = found.error - error * np.exp(2.0)
        assert searched == pytest.approx(
            2 * relaxation_times._SEARCHED_TO * 2.0, abs=1e-2 * error + 1e-15
        )


def test_a_rate_that_is_lost_to_rounding_is_no_undamped_one():
    """Equal cavities without quanta: their eigenvalues coincide, and have no condition."""
    with pytest.raises(te.MethodError, match=r"lost to rounding: it is 0\.6 with an error of"):
        te.preparation_time(te.thermal_link(0.0, 0.3, filters=2))
