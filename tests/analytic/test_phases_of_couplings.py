"""The phase of every coupling may be chosen at will: states turn along, to the last digits."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te

PHASES = np.exp(1j * np.array([0.0, 0.4, 1.3]))
TURN = np.diag(np.kron([1, PHASES[1]], [1, PHASES[2]]))


def turned(network):
    """The same network with lowering operators of another phase, c -> exp(i phi) c."""
    factors = np.outer(PHASES, PHASES.conj())
    return replace(
        network, exchange=network.exchange * factors, decay=network.decay * factors.conj()
    )


@pytest.mark.parametrize(
    "method",
    [te.Markov(), te.Bourret(), te.PhaseDiffusion(), te.Quasistatic(), te.AmplitudeFluctuations()],
    ids=lambda method: method.name,
)
def test_states_turn_with_the_phases(method):
    """Both qubits detuned and of unequal rates, so that the source is sampled off its centre."""
    network = te.thermal_link(2.0, 0.5, gamma=(1.0, 0.7), detuning=(0.1, 0.3))
    straight = te.steady_state(network, method).state
    found = te.steady_state(turned(network), method).state
    # Only white noise makes nothing coherent; there the phases must leave the populations alone.
    assert np.abs(straight[1, 2]) > 1e-3 or isinstance(method, te.Markov)
    np.testing.assert_allclose(found, TURN @ straight @ TURN.conj().T, atol=1e-13)


@pytest.mark.parametrize("method", [te.Markov(), te.Bourret(), te.PhaseDiffusion()])
def test_a_dark_state_keeps_its_digits_under_a_strong_drive(method):
    """In another basis than that of bright and dark states, six of them would be lost."""
    network = te.thermal_link(1e9, 1e-6)
    straight = te.steady_state(network, method).state
    found = TURN.conj().T @ te.steady_state(turned(network), method).state @ TURN
    rare = straight[3, 3].real  # both excited
    assert found[3, 3].real == pytest.approx(rare, rel=1e-11, abs=0)
