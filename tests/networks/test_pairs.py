"""Networks whose excitations come in pairs: pumping and squeezed channels."""

import numpy as np
import pytest

import thermalent as te
from tests.support.lindbladian import FockLindbladian
from thermalent.networks.jump_channels import channels
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.networks.network import Couplings
from thermalent.networks.symmetry import SymmetryError, excitation_numbers, node_signs
from thermalent.operators.superoperators import dense

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
A, B = np.kron(LOWER, np.eye(2)), np.kron(np.eye(2), LOWER)


def two_qubits(**matrices):
    given = {"exchange": np.zeros((2, 2)), "decay": np.eye(2)} | matrices
    return te.Network(nodes=(te.Qubit(name="A"), te.Qubit(name="B")), **given)


def squeezed(r, gamma=1.0):
    pair = np.array([[0, 1], [1, 0]])
    return two_qubits(
        decay=gamma * np.cosh(r) ** 2 * np.eye(2),
        absorption=gamma * np.sinh(r) ** 2 * np.eye(2),
        anomalous=-gamma * np.cosh(r) * np.sinh(r) * pair,
    )


def by_hand(hamiltonian, jumps):
    """The Lindbladian from Kronecker products, jump by jump."""
    one = np.eye(4)
    total = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    for o in jumps:
        n = o.conj().T @ o
        total += np.kron(o, o.conj()) - 0.5 * (np.kron(n, one) + np.kron(one, n.T))
    return total


@pytest.mark.parametrize("r", [0.0, 0.3, 1.7])
def test_a_squeezed_channel_is_two_collective_jumps(r):
    """DUALRAIL, Eqs. (3) and (4)."""
    jumps = (
        np.cosh(r) * A - np.sinh(r) * B.conj().T,
        np.cosh(r) * B - np.sinh(r) * A.conj().T,
    )
    expected = by_hand(np.zeros((4, 4)), jumps)
    found = dense(emitter_liouvillian(squeezed(r)))
    assert np.max(np.abs(found - expected)) < 1e-14 * np.cosh(r) ** 2


def test_a_complex_squeezing_phase():
    """M and M^* stand where the module says: checked with a phase, which tells them apart."""
    r, phase = 0.8, np.exp(0.7j)
    jumps = (
        np.cosh(r) * A - phase * np.sinh(r) * B.conj().T,
        np.cosh(r) * B - phase * np.sinh(r) * A.conj().T,
    )
    net = two_qubits(
        decay=np.cosh(r) ** 2 * np.eye(2),
        absorption=np.sinh(r) ** 2 * np.eye(2),
        anomalous=-phase * np.cosh(r) * np.sinh(r) * np.array([[0, 1], [1, 0]]),
    )
    found = dense(emitter_liouvillian(net))
    assert np.max(np.abs(found - by_hand(np.zeros((4, 4)), jumps))) < 1e-14


def test_pumping_makes_pairs():
    g = 0.3 - 0.2j
    pump = g * A.conj().T @ B.conj().T
    found = dense(emitter_liouvillian(two_qubits(pumping=g * np.array([[0, 1], [1, 0]]))))
    assert np.max(np.abs(found - by_hand(pump + pump.conj().T, (A, B)))) < 1e-15


def test_what_pairs_conserve_is_the_difference():
    assert list(node_signs(squeezed(0.5))) == [1, -1]
    assert list(excitation_numbers(squeezed(0.5))) == [1, 0, 2, 1]
    # Without pairs everything counts positive.
    assert list(excitation_numbers(two_qubits())) == [0, 1, 1, 2]


@pytest.mark.parametrize(
    "matrices",
    [
        {"pumping": 0.1 * np.eye(2)},
        {"pumping": [[0, 0.1], [0.1, 0]], "exchange": [[0, 0.2], [0.2, 0]]},
    ],
)
def test_pairs_that_no_signs_balance_break_the_symmetry(matrices):
    with pytest.raises(SymmetryError, match="the pairs made at A"):
        excitation_numbers(two_qubits(**matrices))


def test_more_correlation_than_noise_is_not_a_channel():
    # |M|^2 <= G U must hold: here 0.3^2 > 1.0 x 0.05.
    with pytest.raises(ValueError, match=r"anomalous with decay and absorption.*semidefinite"):
        two_qubits(absorption=0.05 * np.eye(2), anomalous=[[0, 0.3], [0.3, 0]])


def test_pumping_must_be_symmetric():
    with pytest.raises(ValueError, match="`pumping` must be symmetric"):
        two_qubits(pumping=[[0, 0.1], [0.2, 0]])


@pytest.mark.parametrize("joined", ["modes", "mode and qubit"])
def test_squeezed_channels_of_modes_act_as_in_fock_space(joined):
    """The sign and phase of M between two modes, and between a mode and a qubit."""
    r, phase = 0.25, np.exp(0.7j)
    modes = 2 if joined == "modes" else 1
    n = modes + 1
    decay, absorption, squeezing, exchange = (np.zeros((n, n), complex) for _ in range(4))
    pair = np.ix_([0, 1], [0, 1])
    decay[pair], absorption[pair] = np.cosh(r) ** 2 * np.eye(2), np.sinh(r) ** 2 * np.eye(2)
    squeezing[pair] = -phase * np.cosh(r) * np.sinh(r) * np.array([[0, 1], [1, 0]])
    decay[-1, -1] += 0.5
    if joined == "modes":  # the qubit sees one of them coherently, the other by a pump
        exchange[0, 2] = exchange[2, 0] = 0.4
        pumping = np.zeros((3, 3), complex)
        pumping[1, 2] = pumping[2, 1] = 0.3
    else:
        pumping = np.zeros((2, 2), complex)
        pumping[0, 1] = pumping[1, 0] = 0.2
    network = te.Network(
        nodes=(*(te.Mode(name=f"m{i}") for i in range(modes)), te.Qubit(name="q")),
        exchange=exchange,
        decay=decay,
        absorption=absorption,
        anomalous=squeezing,
        pumping=pumping,
    )
    fock = FockLindbladian(network, 9 if modes == 1 else 6)
    expected = fock.emitters(fock.steady_state())
    found = te.steady_state(network, te.ContinuedFraction(rtol=1e-10))
    # Six states of a mode that holds tanh(r)^2 of its weight in each leave 1e-7 outside.
    assert np.max(np.abs(found.state - expected)) < (1e-9 if modes == 1 else 1e-5)


def test_channels_of_an_environment_that_is_none_keep_their_negative_rates():
    """Modes that are classical fields leave such channels: their rates must not be dropped."""
    rng = np.random.default_rng(2)
    matrices = rng.normal(size=(5, 3, 3)) + 1j * rng.normal(size=(5, 3, 3))
    j, g, u, p, m = (matrix + matrix.T for matrix in matrices)
    g, u = g + g.conj().T, u + u.conj().T
    found = channels(Couplings(j, g, u, p, m))
    assert min(channel.rate for channel in found) < -1.0
    rebuilt = sum(c.rate * np.outer(c.weights, c.weights.conj()) for c in found)
    gamma = np.block([[g, m.conj()], [m, u]])
    assert np.max(np.abs(rebuilt - gamma)) < 1e-13 * np.max(np.abs(gamma))
