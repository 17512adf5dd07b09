"""Approximations of the steady state know no initial state, and say so."""

import pytest

import thermalent as te


@pytest.mark.parametrize("method", [te.PhaseDiffusion(), te.Markov(), te.Bourret()])
def test_an_initial_state_is_refused(method):
    network = te.thermal_link(100.0, 0.01)
    assert te.steady_state(network, method).state.shape == (4, 4)
    with pytest.raises(te.MethodError, match="initial"):
        te.steady_state(network, method, initial="00")
