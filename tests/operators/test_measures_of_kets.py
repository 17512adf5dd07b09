"""Measures of kets: those of their density matrices, without building these."""

import numpy as np
import pytest

import thermalent as te

RNG = np.random.default_rng(4)


def drawn(size):
    psi = RNG.normal(size=size) + 1j * RNG.normal(size=size)
    return psi / np.linalg.norm(psi)


@pytest.fixture
def without_matrices(monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("the density matrix of a ket was built")

    for place in ("states.density", "states.check_state", "distances.density"):
        monkeypatch.setattr(f"thermalent.operators.{place}", refused)


def of_two_qubits(state):
    """Populations of the Bell states in the first four levels."""
    if np.ndim(state) == 1:
        part = state[:4] / np.linalg.norm(state[:4])
    else:
        part = state[:4, :4] / np.trace(state[:4, :4])
    return list(te.states.populations(part).values())


def distance(state):
    return te.trace_distance(state, np.roll(state, 1, axis=tuple(range(np.ndim(state)))))


MEASURES = {
    "purity": te.purity,
    "entropy": te.von_neumann_entropy,
    "negativity": lambda state: te.negativity(state, (2, 3, 4), (2, 0)),
    "logarithmic negativity": lambda state: te.logarithmic_negativity(state, (4, 6)),
    "coherent information": lambda state: te.coherent_information(state, (4, 6)),
    "populations": lambda state: list(te.states.populations(state, (4, 6)).values()),
    "Bell states": of_two_qubits,
    "distance": distance,
}


@pytest.mark.parametrize("name", MEASURES)
def test_a_ket_has_the_numbers_of_its_density_matrix(name):
    psi = drawn(24)
    rho = np.outer(psi, psi.conj())
    expected = MEASURES[name](rho)
    # Rounding of eigenvalues, and of logarithms of those that are zero.
    np.testing.assert_allclose(MEASURES[name](psi), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["purity", "entropy", "negativity", "distance", "populations"])
def test_the_density_matrix_of_a_ket_is_not_built(name, without_matrices):
    """Of 10^4 levels it takes gigabytes."""
    MEASURES[name](drawn(24))


def test_small_numbers_of_kets_keep_their_digits():
    near = np.array([np.sqrt(1 - 1e-24), 1e-12])
    assert te.trace_distance([1.0, 0.0], near) == pytest.approx(1e-12, rel=1e-12)
    assert te.trace_distance([1.0, 0.0], [0.0, 1.0]) == 1.0
    # Schmidt coefficients 1 and 1e-12: the eigenvalues of the transposed matrix are 1e-12, too.
    nearly_product = np.array([1.0, 0.0, 0.0, 1e-12])
    assert te.negativity(nearly_product) == pytest.approx(1e-12, rel=1e-12)


def test_what_is_no_ket_is_named():
    with pytest.raises(te.ThermalentError, match="`rho` must be of norm 1"):
        te.purity([1.0, 1.0])
    with pytest.raises(te.ThermalentError, match="`sigma` must be a ket of 2 amplitudes"):
        te.trace_distance([1.0, 0.0], [1.0, 0.0, 0.0])
    with pytest.raises(te.ThermalentError, match="`dims`"):
        te.negativity(drawn(4), (2, 3))
