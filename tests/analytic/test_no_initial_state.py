"""Approximations of the steady state know no initial state and no time, and say so."""

import pytest

import thermalent as te


@pytest.mark.parametrize(
    "method", [te.PhaseDiffusion(), te.Markov(), te.Bourret(), te.StrongDriving()]
)
def test_an_initial_state_is_refused(method):
    network = te.thermal_link(100.0, 0.01)
    assert te.steady_state(network, method).state.shape == (4, 4)
    with pytest.raises(te.MethodError, match="initial"):
        te.steady_state(network, method, initial="00")


@pytest.mark.parametrize(
    "method",
    [te.PhaseDiffusion(), te.Markov(), te.Quasistatic(), te.AmplitudeFluctuations(),
     te.StrongDriving()],
    ids=lambda method: method.name,
)  # fmt: skip
def test_an_evolution_is_refused(method):
    network = te.thermal_link(100.0, 0.01)
    with pytest.raises(te.MethodError, match="it gives steady states only"):
        te.evolve(network, [1.0], "00", method)
