"""All phases turned together: every way to evolve a coherent source turns the states as much."""

import numpy as np
import pytest

import thermalent as te

ANGLE = 0.9
ONE = te.thermal_link(0.3, 0.5, qubits=1, detuning=0.2)
OTHER = te.thermal_link(0.1, 0.4, 0.8, qubits=1, detuning=-0.1)
BEHIND_TWO = te.thermal_link(0.3, 0.6, filters=2, qubits=1, detuning=0.2)
LATER = te.thermal_link(0.1, 0.6, 0.8, filters=2, qubits=1)
# A qubit in a superposition, with a phase of its own against that of the field.
START = np.array([[0.6, 0.3 - 0.2j], [0.3 + 0.2j, 0.4]])


@pytest.mark.parametrize(
    ("network", "amplitudes"),
    [
        (ONE, np.array([0.8])),
        (ONE, np.array([40.0])),  # in the frame that moves with the field
        (te.Schedule([(ONE, 1.0), (OTHER, np.inf)]), np.array([0.8])),
        (BEHIND_TWO, np.array([0.5, 0.3j])),
        (te.Schedule([(BEHIND_TWO, 1.0), (LATER, np.inf)]), np.array([0.5, 0.3j])),
    ],
    ids=["tiers", "moving frame", "switched", "several poles", "switched, several poles"],
)
def test_a_turn_of_all_phases_turns_the_states(network, amplitudes):
    """A quantum more carries the phase once more, in the field and in the emitters."""
    times, method = [0.4, 1.7], te.ContinuedFraction(rtol=1e-4)
    turn = np.diag(np.exp(-1j * ANGLE * np.arange(2)))
    plain = te.evolve(network, times, START, method, source=tuple(amplitudes))
    turned = te.evolve(
        network,
        times,
        turn @ START @ turn.conj(),
        method,
        source=tuple(np.exp(-1j * ANGLE) * amplitudes),
    )
    for one, other, error, own in zip(
        plain.states, turned.states, plain.error, turned.error, strict=True
    ):
        distance = np.max(np.abs(turn @ one @ turn.conj() - other))
        assert distance <= error + own < 2e-3
        assert np.max(np.abs(one - other)) > 1e-2  # a phase left out is seen
