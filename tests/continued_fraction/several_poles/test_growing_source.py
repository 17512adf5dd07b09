"""Evolution from an empty source of several poles: Fock, trajectories, the limits in time."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from tests.support.several_poles_sources import behind
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.moving import (
    followed_run,
    schedule_evolution,
)

TIMES = np.array([0.0, 0.5, 3.0, 10.0])


def cold():
    return te.thermal_link(0.05, 0.4, (1.0, 0.8), detuning=(0.1, -0.3), filters=2)


def acting_back():
    """Two detuned modes, the second coupled to both qubits in both directions: complex V(t)."""
    return behind(
        (te.Mode(name="a", bath_rate=0.4, n_th=0.06), te.Mode(name="b", bath_rate=0.2, n_th=0.02)),
        np.array([[0.3, 0.25 - 0.1j], [0.25 + 0.1j, -0.2]]),
        (0.0, 0.1),
        (0.0, 0.7),
        detuning=(0.1, -0.3),
    )


@pytest.mark.parametrize(
    ("network", "initial"),
    [(cold(), "10"), (acting_back(), np.array([0.6, 0.0, 0.64j, 0.48]))],
    ids=["cascade", "detuned"],
)
def test_cold_sources_fill_as_in_fock_space(network, initial):
    """Populations, and coherences of charges one and two."""
    found = te.evolve(network, TIMES, initial, te.ContinuedFraction(rtol=1e-6), source="empty")
    expected = te.evolve(network, TIMES, initial, te.Fock(cutoff=4), source="empty")
    distance = np.max(np.abs(found.states - expected.states), axis=(1, 2))
    assert np.all(distance <= found.error + expected.error)
    assert np.max(found.error) <= 1e-5
    # A stationary source gives something else.
    other = te.evolve(network, TIMES, initial, te.ContinuedFraction(rtol=1e-6))
    assert np.max(np.abs(other.states - found.states)) > 100 * np.max(found.error)


def test_hot_sources_fill_as_their_sampled_fields():
    """Within 4 standard errors of the mean over fields; from a stationary source not."""
    network = te.thermal_link(20.0, 0.1, filters=2)
    times = np.array([3.0, 12.0])
    found = te.evolve(network, times, "00", te.ContinuedFraction(rtol=1e-3), source="empty")
    sampled = te.evolve(network, times, "00", te.FieldTrajectories(n=400, seed=3), source="empty")
    distance = np.max(np.abs(found.states - sampled.states), axis=(1, 2))
    assert np.all(distance <= 4 * sampled.error + found.error)
    stationary = te.evolve(network, times, "00", te.ContinuedFraction(rtol=1e-3))
    away = np.max(np.abs(stationary.states - sampled.states), axis=(1, 2))
    assert away[0] > 6 * sampled.error[0]


@pytest.mark.long
@pytest.mark.parametrize("filters", ["butterworth", "unequal and detuned", "third order"])
def test_sources_at_room_temperature_fill_as_their_sampled_fields(filters):
    """Within 4 standard errors while they fill, and stationary in the end, without an rtol."""
    shape = {
        "butterworth": te.Filter.butterworth(order=2, fwhm=0.02),
        "unequal and detuned": te.Filter.cavities([0.02, 0.05], detunings=[0.01, -0.03]),
        "third order": te.Filter.butterworth(order=3, fwhm=0.04),
    }[filters]
    network = te.thermal_link(1221 if filters == "butterworth" else 300, filter=shape)
    times = np.array([3.0, 30.0, 80.0, 1e4])
    found = te.evolve(network, times, "00", te.ContinuedFraction(), source="empty")
    assert np.max(found.error) < 5e-3
    sampled = te.evolve(
        network, times[:3], "00", te.FieldTrajectories(n=600, seed=3), source="empty"
    )
    distance = np.max(np.abs(found.states[:3] - sampled.states), axis=(1, 2))
    assert np.all(distance <= 4 * sampled.error + found.error[:3])
    steady = te.steady_state(network, te.ContinuedFraction(rtol=1e-3))
    assert np.max(np.abs(found.states[3] - steady.state)) <= found.error[3] + steady.error


def test_in_the_end_the_source_is_stationary():
    network = te.thermal_link(0.5, 0.5, filters=2)
    method = te.ContinuedFraction(rtol=1e-5)
    late = te.evolve(network, [40.0], "00", method, source="empty")
    steady = te.steady_state(network, method)
    assert np.max(np.abs(late.states[0] - steady.state)) <= late.error[0] + steady.error


@pytest.mark.parametrize("source", ordinary_and_long(["empty", (0.3, 0.2j)], ["empty"]))
def test_contours_take_over_where_the_source_is_stationary(source):
    """The same at a time that steps reach alone, and the steady state ever after."""
    network = te.thermal_link(0.1, 0.5, detuning=(0.1, -0.2), filters=2)
    method, initial = te.ContinuedFraction(rtol=1e-3), np.array([0.6, 0.0, 0.64j, 0.48])
    stepped = te.evolve(network, [20.0], initial, method, source=source)
    late = te.evolve(network, [20.0, 1e3, 1e8], initial, method, source=source)
    assert np.max(np.abs(late.states[0] - stepped.states[0])) <= late.error[0] + stepped.error[0]
    steady = te.steady_state(network, method)
    assert np.max(np.abs(late.states[1:] - steady.state)) <= np.max(late.error) + steady.error
    assert np.max(late.error) < 3e-3


def test_times_that_contours_refuse_have_no_error_that_looks_small(monkeypatch):
    """The times before them keep theirs."""

    def refusing(built, begun, times, tolerance):
        return np.full((len(times), 4, 4), np.nan), np.full(len(times), np.inf), 1e13

    monkeypatch.setattr(followed_run, "evolve_settled", refusing)
    monkeypatch.setattr(schedule_evolution, "_MILD", 0.0)
    network, method = te.thermal_link(2.0, 0.5, filters=2), te.ContinuedFraction(rtol=1e-3)
    with pytest.raises(te.SolveError, match=r"From t = 1e\+16 on .* 1e\+13") as caught:
        te.evolve(network, [3.0, 1e16], "00", method, source="empty")
    found = caught.value.result
    assert found.error[0] < 1e-2
    assert found.error[1] == np.inf
    assert np.all(np.isfinite(found.states[0]))


def test_what_it_does_not_take_is_refused_with_a_remedy(monkeypatch):
    with pytest.raises(te.MethodError, match=r"one amplitude for each boson mode.* 3 for 2"):
        te.evolve(cold(), TIMES, "00", te.ContinuedFraction(), source=(0.3, 0.0, 0.1))
    monkeypatch.setattr(schedule_evolution, "MOST_WORK", 1e6)
    with pytest.raises(te.SolveError, match=r"the filling of the source .* Ask for earlier times"):
        te.evolve(
            te.thermal_link(100.0, 1e-2, filters=2), [1e3], "00",
            te.ContinuedFraction(rtol=1e-3), source="empty",
        )  # fmt: skip


def test_a_coherent_field_too_strong_is_refused_before_its_tiers_are_written_down(monkeypatch):
    def never(*given):
        raise AssertionError("the run was made")

    monkeypatch.setattr(schedule_evolution, "WiderRun", never)
    with pytest.raises(te.SolveError, match=r"From t = 1 on the evolution was not computed"):
        te.evolve(
            te.thermal_link(1221.0, 0.05, filters=2), [1.0], "00",
            te.ContinuedFraction(rtol=1e-2), source=(2e5, 0.0),
        )  # fmt: skip


@pytest.mark.parametrize("source", ["empty", (0.3, 0.1j)])
def test_what_the_coordinates_lose_is_in_the_error_at_all_times_but_the_first(monkeypatch, source):
    network, method = (
        te.thermal_link(0.2, 0.6, filters=2, qubits=1),
        te.ContinuedFraction(rtol=1e-3),
    )
    plain = te.evolve(network, [0.0, 0.5, 1.0], "1", method, source=source)
    monkeypatch.setattr(SourceChain, "rounding", 0.02)
    found = te.evolve(network, [0.0, 0.5, 1.0], "1", method, source=source)
    np.testing.assert_allclose(found.error[1:], plain.error[1:] + 0.02, rtol=1e-6)
    assert found.error[0] == pytest.approx(plain.error[0], abs=1e-15)


@pytest.mark.parametrize("unit", [1e-30, 1e30, 1e90])
def test_a_source_fills_the_same_in_any_unit_of_rates(unit):
    """Powers of its drift are in units of the marks between which they are summed."""

    def states(unit):
        network = te.thermal_link(0.3, 0.2 * unit, unit, filters=2)
        times, method = np.array([1.0, 10.0]) / unit, te.ContinuedFraction(rtol=1e-3)
        return te.evolve(network, times, "00", method, source="empty")

    found, expected = states(unit), states(1.0)
    distance = np.max(np.abs(found.states - expected.states), axis=(1, 2))
    assert np.all(distance <= found.error + expected.error)
    assert np.max(found.error) <= 1e-3
