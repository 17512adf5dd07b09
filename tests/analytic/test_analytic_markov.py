from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from thermalent.analytic.markov import markov_populations

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
FIRST, SECOND = np.kron(LOWER, np.eye(2)), np.kron(np.eye(2), LOWER)


def steady_state(liouvillian):
    size = round(np.sqrt(len(liouvillian)))
    system = liouvillian.copy()
    system[0] = np.eye(size).ravel()
    return np.linalg.solve(system, np.eye(size**2)[0]).reshape(size, size)


def dissipator(x):
    n = x.conj().T @ x
    one = np.eye(len(x))
    return np.kron(x, x.conj()) - (np.kron(n, one) + np.kron(one, n.T)) / 2


def commutator(x):
    return np.kron(x, np.eye(len(x))) - np.kron(np.eye(len(x)), x.T)


def test_steady_state_of_the_thermal_master_equation():
    collective = FIRST + SECOND
    exchange = 0.5j * (FIRST.T @ SECOND - FIRST @ SECOND.T)  # H_casc for gamma = 1
    for n_th in (0.0, 0.3, 1.0, 20.0):
        liouvillian = (
            -1j * commutator(exchange)
            + (n_th + 1) * dissipator(collective)
            + n_th * dissipator(collective.T)
        )
        rho = steady_state(liouvillian)
        # backward error of a solve whose rates are of the order n_th
        np.testing.assert_allclose(markov_populations(n_th).matrix(), rho, atol=1e-13)


def test_it_is_a_product_of_thermal_states_without_entanglement():
    n_th = np.array([0.0, 0.1, 1.0, 1e6, 1e300, 1.7e308])
    state = markov_populations(n_th)
    for index, n in enumerate(n_th):
        excited = n / (1 + 2 * n) if n < 1e100 else 0.5
        thermal = np.diag([1 - excited, excited])
        np.testing.assert_allclose(
            state.matrix()[index], np.kron(thermal, thermal), rtol=1e-15, atol=1e-16
        )
    np.testing.assert_allclose(state.trace, 1.0, rtol=1e-15)
    np.testing.assert_array_equal(state.concurrence, 0.0)


def test_a_broad_source_approaches_it_like_one_over_its_bandwidth():
    # Fock space of the source, mean occupation n_th/2 = 0.15: level 12 holds 1e-11.
    n_th, levels = 0.3, 12
    mode = np.kron(np.diag(np.sqrt(np.arange(1, levels)), 1), np.eye(4))
    first, second = np.kron(np.eye(levels), FIRST), np.kron(np.eye(levels), SECOND)
    markov = markov_populations(n_th).matrix()
    errors = []
    for kappa in (50.0, 100.0, 200.0):
        joint = np.sqrt(kappa) * mode + first + second
        drive = np.sqrt(kappa) * (mode.T @ (first + second) - mode @ (first + second).T)
        exchange = 0.5j * (drive + first.T @ second - first @ second.T)
        rho = sparse_steady_state(joint, exchange, mode, kappa, n_th)
        errors.append(np.max(np.abs(rho - markov)))
    slope = -np.diff(np.log(errors)) / np.log(2)
    np.testing.assert_allclose(slope, 1.0, atol=0.1)  # next order: 5/kappa


def sparse_steady_state(joint, hamiltonian, mode, kappa, n_th):
    """Emitters' steady state of the cascade, all matrices sparse."""
    one = sparse.eye_array(len(mode), format="csr")

    def jump(x):
        x = sparse.csr_array(x)
        n = x.T @ x
        return sparse.kron(x, x) - (sparse.kron(n, one) + sparse.kron(one, n.T)) / 2

    generator = sparse.csr_array(-1j * hamiltonian)
    assert np.max(np.abs(generator.imag)) == 0  # -i H is real for the cascade
    generator = generator.real
    liouvillian = (
        sparse.kron(generator, one)
        + sparse.kron(one, generator)
        + jump(joint)
        + kappa * (n_th + 1) * jump(mode)
        + kappa * n_th * jump(mode.T)
    ).tolil()
    liouvillian[0] = np.eye(len(mode)).ravel()
    source = np.zeros(len(mode) ** 2)
    source[0] = 1.0
    levels = len(mode) // 4
    rho = spsolve(liouvillian.tocsc(), source).reshape(levels, 4, levels, 4)
    return np.einsum("ajak->jk", rho)


@pytest.mark.parametrize("n_th", [-0.1, np.nan, [0.0, -1.0]])
def test_wrong_arguments_are_named(n_th):
    with pytest.raises(ValueError, match="Argument `n_th` must be finite and non-negative"):
        markov_populations(n_th)
