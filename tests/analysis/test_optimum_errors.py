"""The numbers of an optimum know their errors."""

import pytest

import thermalent as te

RANGES = {"n_th": (0.05, 50.0)}


def link(n_th):
    return te.thermal_link(n_th, 0.1)


@pytest.mark.parametrize(
    "objective", ["concurrence", lambda network: te.steady_state(network).concurrence()]
)
def test_value_and_parameters_carry_errors(objective):
    best = te.optimise(link, RANGES, objective, starts=3)
    at = best.parameters["n_th"]
    assert at.error == best.errors["n_th"] > 0
    assert "noise" in at.how
    there = te.steady_state(link(float(at)), te.ContinuedFraction(digits=25)).concurrence()
    assert abs(float(there) - float(best.value)) <= best.value.error + there.error
    assert 0 < best.value.error < 1e-8
    # Nothing next to it is larger by more than the errors.
    for step in (-1e-3, 1e-3):
        beside = te.steady_state(link(float(at) * (1 + step))).concurrence()
        assert beside <= best.value + best.value.error + beside.error


def test_noise_that_is_said_is_the_least_error():
    plain = te.optimise(lambda x: x, {"x": (-1.0, 2.0)}, lambda x: 1 - (x - 0.5) ** 2, noise=1e-9)
    assert plain.value.error == 1e-9
    assert abs(plain.value - 1.0) <= plain.value.error
    assert abs(plain.parameters["x"] - 0.5) <= plain.parameters["x"].error
