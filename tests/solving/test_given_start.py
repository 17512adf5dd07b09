"""Results as initial states of other evolutions, within their own error."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.result import ErrorEstimate, Outcome
from thermalent.solving.given_start import given_start

LINK = te.thermal_link(0.5, 0.8)
TIMES = [1.0, 2.0]


def reached(error, trace=0.0, seed=0):
    """A state that an evolution with such an error might have left."""
    found = te.evolve(LINK, [1.5], "01").at(0)
    away = np.random.default_rng(seed).uniform(-0.9, 0.9, (4, 4)) * error
    state = found.state + 0.5 * (away + away.T) + trace * np.diag([1.0, 0, 0, 0])
    return found.state, replace(found, state=state, error=ErrorEstimate(error, "made up"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("error", [1e-6, 1e-3])
def test_the_error_that_is_carried_holds_the_true_one(error, seed):
    true, given = reached(error, seed=seed)
    with pytest.raises(te.ThermalentError, match=r"unit trace.*evolution.at"):
        te.evolve(LINK, TIMES, given.state)
    found = te.evolve(LINK, TIMES, given, source="empty")
    exact = te.evolve(LINK, TIMES, true, source="empty")
    assert np.all(np.abs(found.states - exact.states).max(axis=(1, 2)) <= found.error)
    assert np.all(found.error >= 4 * error)
    assert np.all(found.error < 8 * error)
    assert found.how == f"{exact.how}, plus the error of the initial state"
    assert np.max(np.abs(np.trace(found.states, axis1=1, axis2=2) - 1)) < 1e-9


def test_the_start_is_the_nearest_state():
    """Against the projection on states by alternating steps, which knows no eigenvalues' order."""
    true, given = reached(0.02, seed=3)
    given = replace(given, state=given.state - true + np.diag([0.0, 1.0, 0.0, 0.0]))
    found = given_start(given, (2, 2)).initial
    other = given.state.astype(complex)
    shift = np.zeros_like(other)
    for _ in range(2000):  # Dykstra's algorithm: matrices >= 0, and matrices of unit trace
        values, vectors = np.linalg.eigh(other + shift)
        positive = (vectors * np.maximum(values, 0)) @ vectors.conj().T
        shift = other + shift - positive
        other = positive - np.eye(4) * (np.trace(positive).real - 1) / 4
    assert np.max(np.abs(found - other)) < 1e-9
    assert np.linalg.eigvalsh(found)[0] > -1e-15
    assert np.linalg.eigvalsh(given.state)[0] < -1e-3


def test_a_state_of_few_digits_goes_on_in_another_evolution():
    link = te.thermal_link(40.0, 0.05, filters=2, qubits=1)
    first = te.evolve(link, [4.0], "1", te.ContinuedFraction(rtol=1e-3))
    again = te.evolve(te.thermal_link(0.5, 1.0, qubits=1), [1.0], first.at(-1))
    assert np.all(again.error >= first.error)
    assert np.all(again.error < 10 * first.error + 1e-9)


def test_a_state_off_by_more_than_its_error_is_refused():
    _, given = reached(1e-6, trace=1e-4)
    with pytest.raises(te.ThermalentError, match="`initial` must be of unit trace to 4e-06"):
        te.evolve(LINK, TIMES, given)


def test_results_that_cannot_be_a_start_are_refused():
    _, given = reached(0.03)
    with pytest.raises(te.ThermalentError, match=r"leaves less than 0\.1 to each element"):
        te.evolve(LINK, TIMES, given)
    with pytest.raises(te.ThermalentError, match="known error, but is off by up to inf"):
        te.evolve(LINK, TIMES, replace(given, error=ErrorEstimate(np.inf, "none")))
    with pytest.raises(te.ThermalentError, match=r"such as `evolution\.at"):
        te.evolve(LINK, TIMES, te.evolve(LINK, [1.0], "00"))
    with pytest.raises(te.ThermalentError, match=r"of the dimensions \[2\], but is a state of"):
        te.evolve(te.thermal_link(0.5, 0.8, qubits=1), TIMES, given)
    failed = replace(given, status=Outcome.NOT_CONVERGED.because("It did not."))
    with pytest.raises(te.ThermalentError, match="a result that may be used, but is one that is"):
        te.evolve(LINK, TIMES, failed)


def test_under_a_schedule_the_error_is_carried_as_well():
    true, given = reached(1e-5)
    pieces = te.Schedule([(LINK, 1.0), (te.thermal_link(0.0, 0.8), np.inf)])
    found, exact = (te.evolve(pieces, TIMES, one) for one in (given, true))
    assert np.all(np.abs(found.states - exact.states).max(axis=(1, 2)) <= found.error)
    assert np.all(found.error > 4e-5)
