"""Stated errors against true ones, from another method: never smaller, and not far larger."""

import numpy as np
import pytest

import thermalent as te

LINKS = {
    "two qubits": te.thermal_link(2.0, 0.3, gamma=(1.0, 0.8), detuning=(0.4, -0.2), dephasing=0.05),
    "one qubit": te.thermal_link(0.5, 0.3, detuning=0.4, qubits=1),
    "two poles": te.thermal_link(0.5, filter=te.Filter.butterworth(2, 0.5), detuning=0.4, qubits=1),
    "both ways": te.phononic_link(0.5, 0.5, positions=(1.0, 2.3), detuning=(0.2, 0.1)),
}
TIMES = np.array([0.5, 2.0])
EXACT = te.ContinuedFraction(rtol=1e-12)


def share(stated, found, true):
    """The stated error over the true one, for each state."""
    return np.asarray(stated) / np.max(np.abs(found - true), axis=(-2, -1))


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("cutoff", [4, 7])
def test_few_levels(name, cutoff):
    """The bounds were between 3 and 36 times as large as the errors."""
    network, method = LINKS[name], te.Fock(cutoff=cutoff)
    found = te.steady_state(network, method)
    steady = share(found.error, found.state, te.steady_state(network, EXACT).state)
    start = "0" * len(network.dims)
    later = te.evolve(network, TIMES, start, method)
    true = te.evolve(network, TIMES, start, te.ContinuedFraction(rtol=1e-10))
    evolved = share(later.error, later.states, true.states)
    assert 1 < steady < 15
    assert np.all((evolved > 1) & (evolved < 45))


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("n_max", [2, 3])
def test_few_tiers(name, n_max):
    """The distance to all tiers is known behind one mode, and bounded behind several."""
    several = name == "two poles"
    found = te.steady_state(LINKS[name], te.ContinuedFraction(n_max=n_max))
    true = te.steady_state(LINKS[name], EXACT if several else te.Fock(tolerance=1e-9)).state
    assert 1 - 1e-3 < share(found.error, found.state, true) < (10 if several else 1.01)


@pytest.mark.parametrize("kind", [te.QuantumJumps, te.FieldTrajectories])
def test_few_runs(kind):
    """Half of twelve seeds are off by less than the error, and none by more than three of it."""
    network = LINKS["one qubit"]
    true = te.evolve(network, TIMES[1:], "1", te.ContinuedFraction()).states
    shares = []
    for seed in range(12):
        found = te.evolve(network, TIMES[1:], "1", kind(n=64, seed=seed))
        shares.append(share(found.error, found.states, true)[0])
    # 2.0 and 1.1 measured, and 0.8 and 0.6 at least.
    assert 0.9 < np.median(shares) < 3
    assert np.min(shares) > 1 / 3
