"""A line in the table of observables is all that a new one needs beside its function."""

import pickle

import numpy as np
import pytest

import thermalent as te
from thermalent.operators.reading import observables
from thermalent.operators.reading.observables import TABLE, Measure
from thermalent.operators.reading.stacks import GivenStates

LINEAR = Measure(
    name="linear_entropy",
    function=lambda rho, dims, tolerance: 1 - te.purity(rho, tolerance=tolerance),
    # The bound of the purity depends on its value, which is one minus this number.
    bound=lambda rho, eps, values, zero: TABLE["purity"].bound(rho, eps, 1 - values, zero),
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


def test_numbers_of_two_qubits_name_the_emitters_that_are_none():
    network = te.clockwork()
    state, evolution = te.steady_state(network), te.evolve(network, [1.0], "0,0")
    words = r"`names` must be two qubits, but is two emitters of \[2, 4\] levels"
    for name in ("concurrence", "entanglement_of_formation"):
        for result in (state, evolution):
            with pytest.raises(ValueError, match=words):
                getattr(result, name)()
    found = observables.of_states(GivenStates([state]), "concurrence")
    assert "two qubits" in str(found.problems[0])
    assert np.isnan(found.values[0])
    assert np.isnan(found.errors[0])


@pytest.mark.parametrize("index", [2, -3, 0.5, True, "0"])
def test_a_moment_of_an_evolution_is_a_position(index):
    evolution = te.evolve(te.thermal_link(0.5, 1.0), [0.5, 1.0], "00")
    assert evolution.at(-1).state == pytest.approx(evolution.states[1])
    with pytest.raises(
        ValueError, match="`index` must be a position among the 2 times, from -2 to"
    ):
        evolution.at(index)
