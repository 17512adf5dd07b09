"""Errors of states with a given number of tiers, alone and in a batch, and the least error."""

import numpy as np
import pytest

import thermalent as te

NETWORKS = [
    te.thermal_link(n_th, 0.2, detuning=detuning) for n_th in (4.0, 9.0) for detuning in (0.0, 0.3)
]


@pytest.mark.parametrize("n_max", [1, 2, 3])
def test_the_error_is_the_distance_to_all_tiers(n_max):
    exact = [te.steady_state(network).state for network in NETWORKS]
    method = te.ContinuedFraction(n_max=n_max)
    batch = te.continued_fraction.solve_side_by_side(NETWORKS, method)
    alone = [te.steady_state(network, method) for network in NETWORKS]
    for found in (batch, alone):
        for state, truth in zip(found, exact, strict=True):
            distance = np.max(np.abs(state.state - truth))
            assert distance > 1e-6
            assert distance <= state.error <= 1.001 * distance


def test_the_error_of_a_large_hierarchy_is_the_distance_to_all_tiers():
    """The blocks of four qubits are too large for the batch."""
    network = te.thermal_link(1.0, 0.5, detuning=(0.1, 0.2, 0.3, 0.4), qubits=4)
    exact = te.steady_state(network).state
    found = te.steady_state(network, te.ContinuedFraction(n_max=2))
    distance = np.max(np.abs(found.state - exact))
    assert distance > 1e-5
    assert distance <= found.error <= 1.001 * distance


def test_no_error_is_below_the_last_places():
    """Of an empty source nothing is left out, and hardly anything is rounded."""
    eps = np.finfo(float).eps
    for n_th in (0.0, 1e-12):
        network = te.thermal_link(n_th, 1.0)
        batch = te.continued_fraction.solve_side_by_side([network, network, NETWORKS[0]])
        for found in (te.steady_state(network), *batch):
            assert found.error >= 4 * eps * np.max(np.abs(found.state))
