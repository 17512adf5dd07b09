"""Expectation values of operators and Bloch vectors, with bounds of their errors."""

import copy
import pickle

import numpy as np
import pytest

import thermalent as te
from thermalent.operators.bounds.error_bounds import operator_bound
from thermalent.operators.reading import expectations

LOWER = np.array([[0, 1], [0, 0]], dtype=complex)
RNG = np.random.default_rng(11)


def drawn(d):
    return RNG.normal(size=(d, d)) + 1j * RNG.normal(size=(d, d))


@pytest.fixture(scope="module")
def state():
    return te.steady_state(te.thermal_link(3, 0.2, detuning=(0.3, -0.1)))


@pytest.fixture(scope="module")
def evolution():
    start = np.kron([0.6, 0.8], [0.8, -0.6j])
    return te.evolve(te.thermal_link(0.4, 0.5), [0.0, 0.3, 2.0], start)


def test_expectation_values_of_projectors_are_the_populations(state):
    for level in range(4):
        projector = np.diag(np.eye(4)[level])
        assert state.expectation(projector) == pytest.approx(state.state[level, level].real)
    singlet = te.states.density(te.states.bell("S"))
    assert state.expectation(singlet) == pytest.approx(state.fidelity("S"), abs=1e-15)
    excited = np.diag([0.0, 1.0])
    for name in ("q1", "q2"):
        expected = state.populations(name)["1"]
        assert state.expectation(excited, name) == pytest.approx(expected, abs=1e-15)


def test_the_order_of_the_names_is_that_of_the_factors(state):
    operator = drawn(4)
    swapped = operator.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
    assert state.expectation(operator, "q1", "q2") == pytest.approx(
        state.expectation(swapped, "q2", "q1"), abs=1e-14
    )


def test_a_hermitian_operator_gives_a_real_number_another_one_a_complex_one(evolution):
    ours = evolution.at(1).expectation(LOWER, "q2")
    assert isinstance(ours, te.ComplexEstimate)
    hermitian, antihermitian = LOWER + LOWER.T, -1j * (LOWER - LOWER.T)
    real, imaginary = (evolution.at(1).expectation(o, "q2") for o in (hermitian, antihermitian))
    assert isinstance(real, te.Estimate)
    assert ours == pytest.approx((real + 1j * imaginary) / 2)
    assert abs(ours) > 1e-3
    over_time = evolution.expectation(LOWER, "q2")
    assert isinstance(over_time[1], te.ComplexEstimate)
    assert over_time[1] == ours
    assert real.error == evolution.expectation(hermitian, "q2").error[1] > 0
    assert over_time.error[1] == over_time[1].error == ours.error


def test_expectation_values_are_those_of_qutip(evolution):
    qutip = pytest.importorskip("qutip")
    for moment in (evolution.at(0), evolution.at(2)):
        theirs = qutip.Qobj(drawn(4), dims=[[2, 2], [2, 2]])
        assert moment.expectation(theirs) == pytest.approx(
            qutip.expect(theirs, moment.to_qutip()), abs=1e-13
        )
    with pytest.raises(te.ThermalentError, match=r"`operator`.*\[2, 2\].*Qobj of \[2, 1, 2\]"):
        evolution.expectation(qutip.Qobj(np.eye(4), dims=[[2, 1, 2], [2, 1, 2]]))


def test_the_bound_holds_for_every_change():
    rho = np.diag([0.4, 0.3, 0.2, 0.1]).astype(complex)[None]
    for _ in range(300):
        operator, eps = drawn(4), np.abs(drawn(4))
        eps = 1e-3 * (eps + eps.T)
        change = eps * np.exp(2j * np.pi * RNG.random((4, 4)))
        change = np.triu(change, 1)
        diagonal = np.diag(eps) * RNG.choice([-1.0, 1.0], 4)
        diagonal -= np.diag(eps) * np.sum(diagonal) / np.trace(eps)  # of trace zero
        diagonal /= max(1.0, float(np.max(np.abs(diagonal) / np.diag(eps))))
        change += change.conj().T + np.diag(diagonal)
        assert abs(np.trace(operator @ change)) <= operator_bound(operator, rho, eps[None])[0]


def test_the_worst_change_reaches_the_bound():
    """Of a Hermitian operator every element can move against it at once."""
    rho, eps = np.eye(4)[None] / 4, 1e-3
    for _ in range(20):
        operator = drawn(4)
        operator = operator + operator.conj().T
        worst = eps * np.exp(-1j * np.angle(operator.T))
        median = np.median(np.diag(operator).real)
        worst[np.diag_indices(4)] = eps * np.sign(np.diag(operator).real - median)
        assert abs(np.trace(worst)) < 1e-15
        bound = operator_bound(operator, rho, np.array([eps]))[0]
        assert np.trace(operator @ worst).real == pytest.approx(bound, rel=1e-9)


def test_the_identity_has_no_error_but_that_of_the_trace(state):
    assert state.expectation(1e3 * np.eye(4)).error < 1e-11
    lossy = np.diag([0.5, 0.2, 0.2, 0.098])
    bound = operator_bound(np.eye(4), lossy[None], np.array([1e-3]))[0]
    assert bound == pytest.approx(0.002, rel=1e-9)


@pytest.mark.parametrize("n_max", [3, 6])
def test_the_stated_error_bounds_the_true_one(n_max):
    network = te.thermal_link(0.5, 0.4, detuning=(0.2, -0.3))
    exact = te.steady_state(network)
    rough = te.steady_state(network, te.ContinuedFraction(n_max=n_max))
    for _ in range(5):
        operator = drawn(4)
        found = rough.expectation(operator)
        assert abs(found - exact.expectation(operator)) <= found.error
        assert found.error < 20 * float(rough.error) * np.sum(np.abs(operator))


def test_an_unknown_error_stays_unknown():
    approximate = te.steady_state(te.thermal_link(0.5, 0.4), te.Bourret())
    assert np.isnan(approximate.expectation(np.diag([0, 1, 1, 2.0])).error) == np.isnan(
        approximate.error
    )


def test_bloch_vectors_of_known_states():
    network = te.thermal_link(0.4, 0.5)
    polar, azimuth = 1.1, 0.7
    # cos of the half angle for the excited state, which is the upper pole
    ket = np.array([np.sin(polar / 2) * np.exp(1j * azimuth), np.cos(polar / 2)])
    start = te.evolve(network, [0.0], np.kron([1.0, 0.0], ket)).at(0)
    expected = (
        np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar),
    )  # fmt: skip
    assert start.bloch("q2") == pytest.approx(expected, abs=1e-14)
    assert start.bloch("q1") == pytest.approx((0, 0, -1), abs=1e-14)
    x, y, z = expectations.PAULI
    assert np.array_equal(x @ y - y @ x, 2j * z)
    assert np.array_equal((x - 1j * y) / 2, LOWER)  # sigma^-


def test_the_length_of_a_bloch_vector_gives_the_purity(evolution):
    vectors = evolution.bloch("q2")
    assert vectors.shape == vectors.error.shape == (3, 3)
    purities = (1 + np.sum(np.asarray(vectors) ** 2, axis=1)) / 2
    assert purities == pytest.approx(np.asarray(evolution.purity("q2")), abs=1e-13)
    assert np.array_equal(evolution.at(2).bloch("q2"), vectors[2])


def test_wrong_operators_and_qubits_are_named(state, evolution):
    with pytest.raises(te.ThermalentError, match=r"`operator` must be a 2 x 2 matrix"):
        state.expectation(np.eye(4), "q1")
    with pytest.raises(te.ThermalentError, match=r"`operator` must be a square matrix"):
        evolution.expectation([1.0, 0, 0, 0])
    with pytest.raises(te.ThermalentError, match=r"`name` must be one of the emitters"):
        state.bloch()
    spins = te.cooperative(qubits=3)
    spins = te.evolve(spins, [0.1], "0" * len(spins.dims))
    if spins.network.dims[0] != 2:
        with pytest.raises(te.ThermalentError, match=r"`name` must be a qubit"):
            spins.bloch(spins.network.emitter_names[0])


def test_complex_numbers_with_errors_are_copied_and_pickled(evolution):
    number = evolution.at(1).expectation(LOWER, "q1")
    for twin in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert (twin, twin.error, twin.how) == (number, number.error, number.how)
