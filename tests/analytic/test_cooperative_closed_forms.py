"""Closed forms of cooperative decay against the master equation, and against each other."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analytic import cooperative as exact
from thermalent.operators import states

TIMES = np.array([0.0, 0.1, 0.7, 2.0, 6.0])
# The Taylor steps of the few-excitation evolution leave 1e-14; the closed forms a few roundings.
TOLERANCE = 1e-12


def evolved(network, initial, method=None):
    return te.evolve(network, TIMES, initial, method or te.FewExcitations())


def qubit_numbers(dims):
    """Excited qubits of each product state."""
    return np.array([label.count("1") for label in states.basis_labels(dims)])


def energies(evolution):
    populations = np.einsum("tii->ti", evolution.states).real
    return populations @ qubit_numbers(evolution.network.dims)


@pytest.mark.parametrize("individual", [0.0, 0.3])
@pytest.mark.parametrize("start", exact.PAIR_STARTS)
def test_pair_populations(start, individual):
    network = te.cooperative(2, 1.4, individual)
    for method in (te.FewExcitations(), te.Fock()):
        found = evolved(network, start, method)
        closed = exact.pair_populations(TIMES, start, 1.4, individual)
        for name, values in closed.as_dict().items():
            np.testing.assert_allclose(found.populations()[name], values, atol=TOLERANCE)
        energy = exact.pair_energy(TIMES, start, 1.4, individual)
        np.testing.assert_allclose(energies(found), energy, atol=TOLERANCE)


def test_printed_energies():
    """E_10 and E_11 with kappa = Gamma/2."""
    kappa = 0.35
    decayed = np.exp(-4 * kappa * TIMES)
    for start, printed in (("10", (1 + decayed) / 2), ("11", (2 + 4 * kappa * TIMES) * decayed)):
        np.testing.assert_allclose(exact.pair_energy(TIMES, start, 2 * kappa), printed, atol=1e-15)


@pytest.mark.parametrize("detuning", [0.0, 1e-6, 0.5, 1.0, 1.0 + 1e-9, 1.0 - 1e-9, 3.0, -0.7])
def test_detuned_amplitudes(detuning):
    network = te.cooperative(2, 1.0, 0.2, detuning=(0.0, detuning))
    for start in ((1.0, 0.0), (0.6, -0.8j)):
        ket = start[0] * states.ket("10") + start[1] * states.ket("01")
        found = evolved(network, ket).states
        a = exact.detuned_amplitudes(TIMES, 1.0, detuning, start, individual_decay=0.2)
        np.testing.assert_allclose(found[:, 2, 2], np.abs(a[:, 0]) ** 2, atol=TOLERANCE)
        np.testing.assert_allclose(found[:, 1, 1], np.abs(a[:, 1]) ** 2, atol=TOLERANCE)
        np.testing.assert_allclose(found[:, 2, 1], a[:, 0] * a[:, 1].conj(), atol=TOLERANCE)


@pytest.mark.parametrize("detuning", [0.0, 1e-3, 0.6, 1.0, 1.7, -0.4])
def test_detuned_rates_are_eigenvalues(detuning):
    matrix = np.array([[0.5, 0.5], [0.5, 0.5 + 1j * detuning]])
    rates = np.array(exact.detuned_rates(1.0, detuning))
    # sum and product of the eigenvalues: as accurate at the exceptional point as elsewhere
    assert rates.sum() == pytest.approx(np.trace(matrix), rel=0, abs=4e-16)
    assert np.prod(rates) == pytest.approx(0.5j * detuning, rel=0, abs=4e-16)
    assert rates[0].real <= rates[1].real


def test_a_small_detuning_empties_the_dark_state_slowly():
    """Energy rate delta^2/(2 Gamma), with all its digits where the naive form has none."""
    delta = 1e-9
    assert 2 * exact.detuned_rates(1.0, delta).slow.real == pytest.approx(
        delta**2 / 2, rel=1e-14, abs=0
    )
    late = 3 / delta**2
    a = exact.detuned_amplitudes(late, 1.0, delta)
    assert np.sum(np.abs(a) ** 2) == pytest.approx(0.5 * np.exp(-1.5), rel=1e-13)


@pytest.mark.parametrize("qubits", [1, 2, 3, 5])
def test_single_excitation(qubits):
    rates = tuple(np.linspace(0.4, 1.3, qubits))
    network = te.cooperative(qubits, rates, 0.15)
    for start in {0, qubits - 1}:
        label = "".join("1" if i == start else "0" for i in range(qubits))
        found = evolved(network, label)
        a = exact.single_excitation_amplitudes(TIMES, rates, start, individual_decay=0.15)
        np.testing.assert_allclose(energies(found), np.sum(a**2, axis=-1), atol=TOLERANCE)
        for l in range(1, qubits):
            pair = found.concurrence("q1", f"q{l + 1}")
            np.testing.assert_allclose(pair, 2 * np.abs(a[:, 0] * a[:, l]), atol=1e-11)


@pytest.mark.parametrize("qubits", [2, 3, 4, 6])
def test_what_one_excitation_ends_in(qubits):
    label = "1" + "0" * (qubits - 1)
    end = te.steady_state(te.cooperative(qubits, 0.7), initial=label)
    dark = exact.w_like_state(qubits)
    weight = (qubits - 1) / qubits
    expected = weight * np.outer(dark, dark)
    expected[0, 0] += 1 / qubits
    assert np.max(np.abs(end.state - expected)) <= end.error < 1e-10
    assert exact.basis_spin_weights(qubits, 1).dark_weight == pytest.approx(weight, abs=1e-15)
    closed = exact.limit_concurrences(qubits)
    assert end.concurrence("q1", "q2") == pytest.approx(closed.excited_other, abs=1e-10)
    if qubits > 2:
        assert end.concurrence("q2", "q3") == pytest.approx(closed.two_others, abs=1e-10)
    late = exact.single_excitation_amplitudes(1e3, (0.7,) * qubits)
    assert 2 * abs(late[0] * late[1]) == pytest.approx(closed.excited_other, abs=1e-15)


@pytest.mark.parametrize("label", ["1", "11", "011", "101", "0011", "0101", "1110", "110100"])
def test_trapped_energy_of_basis_states(label):
    found = te.steady_state(te.cooperative(len(label)), initial=label)
    closed = exact.basis_spin_weights(len(label), label.count("1"))
    energy = np.diag(found.state).real @ qubit_numbers(found.network.dims)
    assert energy == pytest.approx(closed.trapped_energy, abs=1e-10)
    assert 1 - found.state[0, 0].real == pytest.approx(closed.dark_weight, abs=1e-10)
    general = exact.spin_weights(states.ket(label))
    np.testing.assert_allclose(general.weights, closed.weights, atol=1e-13)


def test_trapped_energy_of_products_and_of_any_state():
    rng = np.random.default_rng(4)
    populations = rng.uniform(size=4)
    mixed = states.product(*(np.diag([1 - p, p]) for p in populations))
    closed = exact.product_spin_weights(populations)
    np.testing.assert_allclose(exact.spin_weights(mixed).weights, closed.weights, atol=1e-13)
    ket = rng.normal(size=16) + 1j * rng.normal(size=16)
    for state in (mixed, ket / np.linalg.norm(ket)):
        end = te.steady_state(te.cooperative(4), initial=state)
        energy = np.diag(end.state).real @ qubit_numbers((2,) * 4)
        assert energy == pytest.approx(exact.spin_weights(state).trapped_energy, abs=1e-10)


def test_equal_qubits_with_coherences_have_the_weights_of_their_eigenbasis():
    rng = np.random.default_rng(5)
    vector = rng.normal(size=3)
    vector *= 0.8 / np.linalg.norm(vector)
    pauli = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    one = (np.eye(2) + np.einsum("a,aij->ij", vector, pauli)) / 2
    general = exact.spin_weights(states.product(*(one,) * 5))
    np.testing.assert_allclose(
        general.weights, exact.product_spin_weights([0.9] * 5).weights, atol=1e-13
    )


def test_symmetric_dicke_states_keep_nothing_and_large_numbers_are_exact():
    assert exact.spin_weights(states.dicke(5, 2)).trapped_energy == pytest.approx(0, abs=1e-13)
    assert exact.dicke_spin_weights(5, 2.5).trapped_energy == 0
    assert exact.dicke_spin_weights(5, 0.5).trapped_energy == 2
    np.testing.assert_array_equal(exact.dicke_spin_weights(4, 1).spins, [2, 1, 0])
    for excited in (0, 1, 300, 599, 600):
        weights = exact.basis_spin_weights(600, excited)
        assert weights.weights.sum() == pytest.approx(1, abs=1e-13)
        # <J^2> of a basis state: N/2 + M^2
        spins = weights.spins
        square = weights.weights @ (spins * (spins + 1))
        assert square == pytest.approx(300 + (excited - 300.0) ** 2, rel=1e-13)


def test_pair_limit():
    rng = np.random.default_rng(6)
    ket = rng.normal(size=4) + 1j * rng.normal(size=4)
    for state in (ket / np.linalg.norm(ket), np.eye(4) / 4, states.bell("Phi+")):
        end = te.steady_state(te.cooperative(), initial=state)
        assert np.max(np.abs(end.state - exact.pair_limit(state))) <= 2 * end.error < 1e-10


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.1), (0.3, 0.3), (1.0, 0.0), (0.9, 0.4)])
def test_product_limit(first, second):
    start = states.product(*(np.diag([1 - p, p]) for p in (first, second)))
    end = te.steady_state(te.cooperative(), initial=start)
    closed = exact.product_limit(first, second)
    assert np.max(np.abs(end.state - closed.matrix())) <= 2 * end.error < 1e-10
    assert end.concurrence() == pytest.approx(closed.concurrence, abs=1e-10)
    if first == second:
        assert closed.concurrence == pytest.approx(first * (1 - first), abs=1e-15)
    negativity = exact.dark_mixture_negativity(closed.singlet)
    assert end.logarithmic_negativity() == pytest.approx(negativity, abs=1e-10)


def test_negativity_of_a_small_weight_keeps_its_digits():
    assert exact.dark_mixture_negativity(1e-9) == pytest.approx(
        0.5e-18 / np.log(2), rel=1e-8, abs=0
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact.basis_spin_weights(3, 4), r"`excited` must be an integer from 0 to 3"),
        (lambda: exact.basis_spin_weights(0, 0), r"`qubits` must be an integer of at least 1"),
        (lambda: exact.dicke_spin_weights(3, 1), r"`spin` must be a total spin of 3 qubits"),
        (lambda: exact.dicke_spin_weights(4, 3), r"`spin` .*\(2, 1, 0\), but is 3"),
        (lambda: exact.dicke_spin_weights(4, -1), r"`spin` must be a total spin of 4"),
        (lambda: exact.product_spin_weights([0.2, 1.2]), r"`populations` must be a number in"),
        (lambda: exact.product_spin_weights([]), r"`number of populations` must be"),
        (lambda: exact.spin_weights([1.0, 1.0]), r"`state` must be of norm 1"),
        (lambda: exact.spin_weights(np.ones(3) / np.sqrt(3)), r"`dims` must be given"),
        (
            lambda: exact.spin_weights(1.0 * (np.arange(2**13) == 0)),
            r"`state` must be of 1 to 12 qubits",
        ),
        (lambda: exact.spin_weights(0.5), r"`state` must be a ket or a density matrix"),
        (lambda: exact.w_like_state(3, 3), r"`excited` must be an index below 3"),
        (lambda: exact.w_like_state(1), r"`qubits` must be an integer of at least 2"),
        (lambda: exact.limit_concurrences(1), r"`qubits` must be an integer of at least 2"),
        (lambda: exact.pair_populations(1.0, "D"), r"`start` must be one of 00, 01, 10, S"),
        (lambda: exact.pair_energy(-1.0, "10"), r"`t` must be finite and non-negative"),
        (lambda: exact.pair_energy(1.0, "10", -1.0), r"`decay` must be finite and non-neg"),
        (lambda: exact.single_excitation_amplitudes(1.0, [1.0], 1), r"`start` must be an index"),
        (lambda: exact.single_excitation_amplitudes(1.0, []), r"`number of rates` must be"),
        (lambda: exact.detuned_amplitudes(1.0, 1.0, np.nan), r"`detuning` must be a finite"),
        (lambda: exact.detuned_amplitudes(1.0, 1.0, 0.0, [1.0]), r"`start` must be two ampl"),
        (lambda: exact.detuned_amplitudes(1.0, 1.0, 0.0, [1, 1]), r"`start` must be of norm 1"),
        (lambda: exact.detuned_rates(-1.0, 0.0), r"`decay` must be finite and non-negative"),
        (lambda: exact.pair_limit(np.eye(4)), r"`state` must be of unit trace"),
        (lambda: exact.product_limit(1.5, 0.5), r"`first` must be a number in \[0, 1\]"),
        (lambda: exact.product_limit([0.1, 0.2], [0.1] * 3), r"`second` must be of a shape that"),
        (lambda: exact.dark_mixture_negativity(1.1), r"`weight` must be a number in"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_qutip_agrees():
    """The printed dissipators, written out in another library, from a start with coherences."""
    qutip = pytest.importorskip("qutip")
    kappa, alpha, delta = 0.5, 0.05, (0.0, 0.3, -0.2)
    lower = [
        qutip.tensor(*(qutip.projection(2, 0, 1) if i == j else qutip.qeye(2) for i in range(3)))
        for j in range(3)
    ]
    hamiltonian = sum(d * s.dag() * s for d, s in zip(delta, lower, strict=True))
    jumps = [np.sqrt(2 * kappa) * sum(lower), *(np.sqrt(2 * alpha) * s for s in lower)]
    ket = states.product(np.array([0.6, 0.8]), np.array([0.8, 0.6j]), np.array([1.0, 0.0]))
    start = qutip.Qobj(ket, dims=[[2] * 3, [1] * 3])
    options = {"atol": 1e-13, "rtol": 1e-12, "nsteps": 100_000, "progress_bar": ""}
    found = qutip.mesolve(hamiltonian, start, TIMES, jumps, options=options)
    ours = evolved(te.cooperative(3, 2 * kappa, 2 * alpha, detuning=delta), ket)
    np.testing.assert_allclose([s.full() for s in found.states], ours.states, atol=1e-10)
