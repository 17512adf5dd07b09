"""Mean fidelities of unknown states against density matrices of sampled and of chosen states."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import thermalent as te

ROOT = np.sqrt(0.5)
W = [{"q1a": ROOT, "q1b": ROOT}, {"q2a": ROOT, "q2b": ROOT}]
TWO = ["1100", "0011"]


def rings(g=0.30183):
    return te.ring_resonators(((g, g), (g, g)), 1.0, qubits=2)


def ket(state):
    """A state of the four qubits of the first node's levels |00>, W, |11>."""
    found = np.zeros(16, dtype=complex)
    found[0b0000] = state[0]
    found[[0b1000, 0b0100]] = state[1] * ROOT
    if len(state) > 2:
        found[0b1100] = state[2]
    return found


def wanted(state, phases):
    found = np.zeros(4, dtype=complex)
    found[0] = state[0]
    found[1:3] = state[1] * phases[0] * ROOT
    if len(state) > 2:
        found[3] = state[2] * phases[1]
    return found


def by_density_matrix(state, time, phases):
    evolution = te.evolve(rings(), [time], ket(state), te.FewExcitations())
    return float(evolution.fidelity(wanted(state, phases), "q2a", "q2b")[0])


def phases_at(time):
    amplitudes = [te.transfer(rings(), [time], *pair).amplitude[0] for pair in (W, TWO)]
    return [a / abs(a) for a in amplitudes]


def test_the_mean_over_all_qubits_is_that_of_six_of_them():
    time = 6.0
    phases = phases_at(time)
    six = [(1, 0), (0, 1), *((ROOT, ROOT * p) for p in (1, -1, 1j, -1j))]
    mean = np.mean([by_density_matrix(state, time, phases) for state in six])
    found = te.unknown_state_fidelity(rings(), [time], [W])
    assert found[0] == pytest.approx(mean, abs=1e-8)
    assert 0 < found.error[0] < 1e-12


def test_the_mean_over_all_qutrits_is_that_of_twelve_of_them():
    """Four mutually unbiased bases of three levels have the mean over all states."""
    time, turn = 6.0, np.exp(2j * np.pi / 3)
    phases = phases_at(time)
    states = [np.eye(3)[k] for k in range(3)]
    for squared in range(3):
        for k in range(3):
            exponents = [0, k + squared, 2 * k + squared]
            states.append(np.array([turn**e for e in exponents]) / np.sqrt(3))
    # Each basis is orthonormal, and any two of different bases overlap by 1/3.
    overlaps = np.abs(np.array(states).conj() @ np.array(states).T) ** 2
    expected = np.kron(np.eye(4), np.eye(3)) + (1 - np.kron(np.eye(4), np.ones((3, 3)))) / 3
    np.testing.assert_allclose(overlaps, expected, atol=1e-12)
    mean = np.mean([by_density_matrix(state, time, phases) for state in states])
    found = te.unknown_state_fidelity(rings(), [time], [W, TWO])
    assert found[0] == pytest.approx(mean, abs=1e-8)


def test_the_best_transfers_of_unknown_qubits_and_qutrits():
    """At the couplings that are best for a Bell state, 0.9680; a qutrit loses more."""
    times = np.linspace(5, 9, 401)
    qubit = te.unknown_state_fidelity(rings(), times, [W])
    amplitude = np.sqrt(0.9052991826)
    assert np.max(qubit) == pytest.approx(0.5 + amplitude / 3 + amplitude**2 / 6, abs=1e-6)
    qutrit = te.unknown_state_fidelity(rings(), times, [("0000", "0000"), W, TWO])
    assert qutrit == pytest.approx(te.unknown_state_fidelity(rings(), times, [W, TWO]), abs=1e-15)

    def missing(g):
        return -float(np.max(te.unknown_state_fidelity(rings(g), times, [W, TWO])))

    best = minimize_scalar(missing, bounds=(0.25, 0.36), method="bounded", options={"xatol": 1e-4})
    assert -best.fun >= np.max(qutrit)
    assert np.max(qubit) > -best.fun > 0.885


def test_wrong_levels_are_named():
    network = rings()
    with pytest.raises(ValueError, match=r"^Argument `levels` must be of different numbers"):
        te.unknown_state_fidelity(network, [1.0], [W, W])
    with pytest.raises(ValueError, match=r"^Argument `levels` must be 1 to 16 pairs"):
        te.unknown_state_fidelity(network, [1.0], [])
    with pytest.raises(ValueError, match=r"^Argument `levels` must be 1 to 16 pairs"):
        te.unknown_state_fidelity(network, [1.0], ["1000"])
    with pytest.raises(ValueError, match=r"^Argument `target` must be of 1 excitations"):
        te.unknown_state_fidelity(network, [1.0], [("1000", "0011")])


def test_one_qubit_per_ring_in_fock_space():
    network, time = te.ring_resonators((0.4, 0.4), 1.0), 6.0
    amplitude = te.transfer(network, [time], "10", "01").amplitude[0]
    phase = amplitude / abs(amplitude)
    fidelities = []
    for c in [(1, 0), (0, 1), *((ROOT, ROOT * p) for p in (1, -1, 1j, -1j))]:
        evolution = te.evolve(network, [time], np.kron(c, [1, 0]), te.Fock())
        fidelities.append(evolution.fidelity(np.array([c[0], c[1] * phase]), "q2")[0])
    found = te.unknown_state_fidelity(network, [time], [("10", "01")])
    assert found[0] == pytest.approx(np.mean(fidelities), abs=1e-7)
