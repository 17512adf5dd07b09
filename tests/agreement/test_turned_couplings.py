"""No number depends on the phases that are chosen for the lowering operators, in any room."""

from dataclasses import replace

import numpy as np
import pytest

import thermalent as te

PHASES = np.exp(1j * np.array([2.1, 0.4, 1.3]))
TURN = np.diag(np.kron([1, PHASES[1]], [1, PHASES[2]]))
DETUNED = {"gamma": (1.0, 0.7), "detuning": (0.1, 0.3), "loss": 0.1, "dephasing": 0.02}
NETWORKS = {
    "one way": te.thermal_link(0.5, 0.4, **DETUNED),
    "warm": te.thermal_link(0.5, 0.4, waveguide_occupation=0.1, **DETUNED),
    "both ways": te.phononic_link(0.5, 0.3, positions=(2.0, 3.7)),
}


def turned(network):
    """The same network with c -> exp(i phi) c, so that both kinds of couplings are complex."""
    factors = np.outer(PHASES, PHASES.conj())
    return replace(
        network,
        exchange=network.exchange * factors,
        decay=network.decay * factors.conj(),
        absorption=network.absorption * factors,
    )


NUMBERS = {
    "entanglement": lambda network: te.steady_state(network).concurrence(),
    "heat": lambda network: list(te.heat_currents(network)._flows().values()),
    "spectrum of the output": lambda network: te.spectrum(network, [-0.3, 0.2, 0.9]).values,
    "spectrum of a qubit": lambda network: te.spectrum(network, [-0.3, 0.2], "q1").values,
    "coherence": lambda network: te.coherence(network, [0.0, 0.5], "q2").values,
    "rates": lambda network: te.relaxation_rates(network, 2).values,
}
STATES = {
    "fraction": lambda network: te.steady_state(network, te.ContinuedFraction()).state,
    "Fock space": lambda network: te.steady_state(network, te.Fock(cutoff=4)).state,
    "evolution": lambda network: te.evolve(network, [1.0], "01", source="empty").states[0],
    "jumps": lambda network: te.evolve(network, [1.0], "01", te.QuantumJumps(n=64)).states[0],
    "memory": lambda network: te.steady_state(network, te.Bourret()).state,
    "white noise": lambda network: te.steady_state(network, te.Markov()).state,
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in NETWORKS
        for name in NUMBERS
        # A warm waveguide has no heat currents and no spectra.
        if kind != "warm" or name in ("entanglement", "rates")
    ],
)
def test_numbers_stay(kind, name):
    straight, found = (NUMBERS[name](n) for n in (NETWORKS[kind], turned(NETWORKS[kind])))
    np.testing.assert_allclose(found, straight, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("name", STATES)
def test_states_turn(kind, name):
    straight, found = (STATES[name](n) for n in (NETWORKS[kind], turned(NETWORKS[kind])))
    np.testing.assert_allclose(found, TURN @ straight @ TURN.conj().T, atol=1e-8)
