"""The look at all states of an evolution at once finds what the looks one by one find."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.evolution import doubtful
from thermalent.solution.result import Outcome
from thermalent.solution.validity import checked


@pytest.fixture(scope="module")
def evolution():
    return te.evolve(te.thermal_link(2.0, 0.3), np.linspace(0.0, 5.0, 7), "10")


def test_states_raise_no_doubt(evolution):
    assert len(doubtful(evolution)) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        np.diag([1e-3, 0, 0, 0]),  # trace
        np.diag([-0.5, 0.5, 0, 0]),  # positivity
        np.diag([0, 1e-3], 2)[:4, :4] + np.zeros((4, 4)),  # Hermiticity
        np.full((4, 4), np.nan),
    ],
    ids=["trace", "negative", "not Hermitian", "not finite"],
)
def test_what_is_no_state_does(evolution, wrong):
    states = evolution.states.copy()
    states[3] += wrong
    spoiled = replace(evolution, states=states)
    assert len(doubtful(spoiled)) == len(states)
    assert not checked(spoiled.at(3)).status.ok


def test_what_failed_does(evolution):
    failed = Outcome.NOT_CONVERGED.because("Ask for more.")
    assert len(doubtful(replace(evolution, status=failed))) == len(evolution)


@pytest.mark.parametrize("error", [1e-13, 1e-6])
def test_a_state_may_be_off_by_its_error_and_rounding_and_no_more(error):
    """Trace and positivity of a 4 x 4 state: 1e-12 plus four times the error."""
    found = te.steady_state(te.thermal_link(2.0, 0.3))
    allowed = 1e-12 + 4 * error
    pure = np.zeros((4, 4), dtype=complex)
    for factor, ok in ((0.9, True), (1.1, False)):
        state = found.state + np.diag([factor * allowed, 0, 0, 0])
        spoiled = replace(found, state=state, error=type(found.error)(error, "given"))
        assert checked(spoiled).status.ok is ok
        negative = pure + np.diag([1 + factor * allowed, 0, 0, -factor * allowed])
        spoiled = replace(found, state=negative, error=type(found.error)(error, "given"))
        assert checked(spoiled).status.ok is ok
