"""What every network of every kind must fulfil."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import thermalent as te
from tests.support.reference import Reference, ReferenceError
from thermalent.testing import (
    assert_state,
    assert_within_errors,
    networks,
    states,
    times,
)

fixed = settings(
    deadline=None, derandomize=True, max_examples=8, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("kind", ["ordinary", "bidirectional"])
def test_steady_states_are_states_and_within_their_errors(kind):
    @fixed
    @given(networks(kind))
    def holds(network):
        steady = te.steady_state(network)
        assert_state(steady)
        try:
            exact = Reference(network).steady_state()
        except ReferenceError:
            return
        distance = exact.distance(steady.state)
        assert_within_errors(distance, 0.0, error=float(steady.error), largest=1e-6)

    holds()


@fixed
@given(networks("ordinary"), times(count=3, longest=30.0))
def test_evolutions_begin_with_their_start_and_stay_states(network, at):
    d = int(np.prod(network.dims))
    rho = np.zeros((d, d))
    rho[d - 1, d - 1] = 1.0
    evolution = te.evolve(network, np.concatenate([[0.0], at]), rho)
    assert_state(evolution)
    assert_within_errors(evolution.states[0], rho, error=float(evolution.error[0]))


@fixed
@given(networks("cold_rings"), states((2, 2)), times(count=2, longest=20.0))
def test_cold_rings_only_lose_excitations(network, rho, at):
    numbers = np.array([0, 1, 1, 2])
    evolution = te.evolve(network, np.concatenate([[0.0], at]), rho, source="empty")
    assert_state(evolution)
    before = float(np.diag(rho).real @ numbers)
    for state, error in zip(evolution.states, evolution.error, strict=True):
        # Never more excitations in the qubits than there were at the start.
        assert float(np.diag(state).real @ numbers) <= before + 4 * float(error) + 1e-12


@fixed
@given(networks("nearly_dark"))
def test_the_unit_of_the_rates_does_not_matter(network):
    """All rates times two give the same state."""
    doubled = te.Network(
        nodes=tuple(
            te.Mode(name=n.name, bath_rate=2 * n.bath_rate, n_th=n.n_th)
            if isinstance(n, te.Mode)
            else te.Qubit(name=n.name, dephasing=2 * n.dephasing)
            for n in network.nodes
        ),
        exchange=2 * network.exchange,
        decay=2 * network.decay,
        absorption=2 * network.absorption,
    )
    try:
        first, second = te.steady_state(network), te.steady_state(doubled)
    except te.SolveError:
        return
    assert_within_errors(first, second)
