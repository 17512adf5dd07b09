"""The cooperative network and the clockwork: what they describe, and what they refuse."""

import numpy as np
import pytest
from scipy.linalg import null_space

import thermalent as te
from thermalent.models.clockwork import SCHEMES
from thermalent.networks.liouvillian import emitter_liouvillian
from thermalent.operators.superoperators import dense

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])


def doubled(operator):
    """COOPERATIVE's L[o] = 2 o rho o^+ - o^+ o rho - rho o^+ o on row-major vectors."""
    number, identity = operator.conj().T @ operator, np.eye(len(operator))
    return (
        2 * np.kron(operator, operator.conj())
        - np.kron(number, identity)
        - np.kron(identity, number.T)
    )


def turning(hamiltonian):
    identity = np.eye(len(hamiltonian))
    return -1j * (np.kron(hamiltonian, identity) - np.kron(identity, hamiltonian.T))


def sites(*operators):
    result = np.eye(1)
    for operator in operators:
        result = np.kron(result, operator)
    return result


@pytest.mark.parametrize("phase", [0.0, np.pi, 0.4])
def test_is_the_printed_equation_with_doubled_rates(phase):
    kappa, alpha, delta = 0.7, 0.05, 0.3
    s1, s2 = sites(LOWER, np.eye(2)), sites(np.eye(2), LOWER)
    printed = (
        turning(delta * s2.T @ s2)
        + kappa * doubled(s1 + np.exp(-1j * phase) * s2)
        + alpha * (doubled(s1) + doubled(s2))
    )
    network = te.cooperative(2, 2 * kappa, 2 * alpha, detuning=(0, delta), phase=(0, phase))
    np.testing.assert_allclose(dense(emitter_liouvillian(network)), printed, atol=1e-15)


def test_emission_in_antiphase_makes_the_triplet_dark():
    network = te.cooperative(phase=(0, np.pi))
    end = te.steady_state(network, initial="10").populations()
    assert end["T"] == pytest.approx(0.5, abs=1e-12)
    assert end["S"] == pytest.approx(0, abs=1e-12)


def test_one_value_per_qubit_and_names():
    network = te.cooperative(3, (1, 2, 3), (0.1, 0.2, 0.3), detuning=(1, 0, -1), dephasing=0.5)
    assert network.emitter_names == ("q1", "q2", "q3")
    np.testing.assert_allclose(np.diag(network.decay), [1.1, 2.2, 3.3])
    assert network.decay[0, 2] == pytest.approx(np.sqrt(3))
    np.testing.assert_allclose(network.exchange, np.diag([1, 0, -1]))
    assert te.cooperative(1).dims == (2,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"qubits": 0}, "`qubits` must be an integer of at least 1, but is 0"),
        ({"qubits": 2.0}, "`qubits` must be an integer"),
        ({"decay": -1.0}, "`decay` must be finite and non-negative, but is -1.0"),
        ({"decay": (1.0, 1.0, 1.0)}, r"`decay` must be one number or 2 numbers \(one per qubit\)"),
        ({"individual_decay": (0.1,)}, "`individual_decay` must be one number or 2 numbers"),
        ({"individual_decay": np.inf}, "`individual_decay` must be finite and non-negative"),
        ({"detuning": "fast"}, "`detuning` must be a finite real number"),
        ({"dephasing": -0.1}, "`dephasing` must be finite and non-negative"),
        ({"phase": np.nan}, "`phase` must be a finite real number"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        te.cooperative(**options)


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        ("2", "`initial` must be"),
        ("100", "`initial` must be one level for each of 2 subsystems"),
        ([1.0, 1.0, 0.0, 0.0], "`initial` must be of norm 1"),
        (np.eye(4), "`initial` must be of unit trace"),
        ([1.0, 0.0], "`initial` must be a ket of 4 amplitudes"),
    ],
)
def test_initial_states_are_checked(initial, message):
    for solve in (
        lambda: te.steady_state(te.cooperative(), initial=initial),
        lambda: te.evolve(te.cooperative(), [1.0], initial),
    ):
        with pytest.raises(ValueError, match=message):
            solve()


def lift(start, end):
    operator = np.zeros((4, 4))
    operator[end, start] = 1.0
    return operator


def reconstruction(scheme, pump, delta):
    """Fig. 3(e)'s rates in the printed convention, written out."""
    kappa, gamma, beta, epsilon = 1.0, 3.0, 0.1, 2.0
    (u, l), fast = SCHEMES[scheme].cooperative, SCHEMES[scheme].fast
    qubit, active = sites(LOWER, np.eye(4)), sites(np.eye(2), lift(u, l))
    generator = turning(delta * qubit.T @ qubit)
    if pump == "coherent":
        generator = generator + turning(epsilon * sites(np.eye(2), lift(0, 3) + lift(3, 0)))
    else:
        generator = generator + epsilon * doubled(sites(np.eye(2), lift(0, 3)))
    generator = generator + kappa * doubled(qubit + active)
    generator = generator + beta * (doubled(qubit) + doubled(active))
    return generator + gamma * sum(doubled(sites(np.eye(2), lift(*pair))) for pair in fast)


@pytest.mark.parametrize("delta", [0.0, 0.5])
@pytest.mark.parametrize(
    ("scheme", "pump"),
    [("lowest transition", "coherent"), ("lowest transition", "incoherent"), ("laser", "coherent")],
)
def test_the_clockwork_is_the_reconstruction(scheme, pump, delta):
    network = te.clockwork(scheme, pump=pump, detuning=delta)
    generator = reconstruction(scheme, pump, delta)
    np.testing.assert_allclose(dense(emitter_liouvillian(network)), generator, atol=1e-14)
    state = null_space(generator).reshape(8, 8)
    found = te.steady_state(network)
    np.testing.assert_allclose(found.state, state / np.trace(state), atol=1e-13)
    assert found.logarithmic_negativity() > 0.09


def test_clockwork_options():
    network = te.clockwork("laser", decay=1.0, individual_decay=(0.3, 0.1), pumping=0.5)
    assert network.emitter_names == ("qubit", "qudit")
    assert network.dims == (2, 4)
    np.testing.assert_allclose(network.decay, [[1.3, 1.0], [1.0, 1.1]])
    stopped = te.steady_state(te.clockwork(pumping=0.0))  # it runs down without its pump
    assert stopped.state[0, 0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "A"}, "`scheme` must be one of 'lowest transition', 'laser', but is 'A'"),
        ({"pump": None}, "`pump` must be one of 'coherent', 'incoherent', but is None"),
        ({"pump": "incoherent", "pumping": -1.0}, "`pumping` must be finite and non-negative"),
        ({"pumping": np.inf}, "`pumping` must be a finite real number"),
        ({"decay": -1.0}, "`decay` must be finite and non-negative"),
        ({"relaxation": -1.0}, "`relaxation` must be finite and non-negative"),
        ({"individual_decay": (0.1, 0.1, 0.1)}, "`individual_decay` must be one number or 2"),
        ({"detuning": 1j}, "`detuning` must be a finite real number"),
    ],
)
def test_clockwork_refusals(options, message):
    with pytest.raises(ValueError, match=message):
        te.clockwork(**options)
