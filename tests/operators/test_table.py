"""A line in the table of observables is all that a new one needs beside its function."""

import pickle

import numpy as np
import pytest

import thermalent as te
from thermalent.operators import observables
from thermalent.operators.observables import TABLE, Measure

LINEAR = Measure(
    name="linear_entropy",
    function=lambda rho, dims, tolerance: 1 - te.purity(rho, tolerance=tolerance),
    bound=TABLE["purity"].bound,
    unit="1",
)


@pytest.fixture
def linear_entropy(monkeypatch):
    monkeypatch.setitem(observables.TABLE, LINEAR.name, LINEAR)


@pytest.mark.usefixtures("linear_entropy")
def test_results_and_sweeps_read_a_new_line():
    network = te.thermal_link(n_th=2.0, kappa=0.3)
    state = te.steady_state(network)
    number = state.linear_entropy("q2")
    assert number == pytest.approx(1 - state.purity("q2"), rel=1e-14)
    assert number.error == state.purity("q2").error
    evolution = te.evolve(network, [0.5, 1.0], "10")
    assert evolution.linear_entropy() == pytest.approx(1 - evolution.purity(), rel=1e-12)
    data = te.sweep(te.thermal_link, {"n_th": [2.0], "kappa": [0.3]}, "linear_entropy[q2]")
    assert float(data["linear_entropy[q2]"].squeeze()) == pytest.approx(number, rel=1e-12)
    with pytest.raises(ValueError, match="`observable` must be one of"):
        te.sensitivities(te.thermal_link, {"n_th": 2.0, "kappa": 0.3}, "linear_entropy")


def test_other_attributes_stay_unknown():
    state = te.steady_state(te.thermal_link(n_th=2.0, kappa=0.3))
    evolution = te.evolve(state.network, [0.5], "10")
    for result in (state, evolution):
        with pytest.raises(AttributeError, match="has no attribute 'linear_entropy'"):
            result.linear_entropy()
        with pytest.raises(AttributeError, match="has no attribute '__array_interface__'"):
            result.__array_interface__  # noqa: B018
    again = pickle.loads(pickle.dumps(state))
    np.testing.assert_array_equal(again.state, state.state)


def test_states_and_evolutions_name_the_same_lines():
    """Their own methods, which are for completion in an editor."""
    own = [set(vars(result)) & TABLE.keys() for result in (te.SteadyState, te.Evolution)]
    assert own[0] == own[1]
    assert len(own[0]) >= 8
