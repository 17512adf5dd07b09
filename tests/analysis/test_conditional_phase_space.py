"""The P, Husimi and Wigner functions of conditional states against those of Fock space."""

import mpmath
import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

import thermalent as te
from tests.support.brute_force import BruteForce
from tests.support.conditional_states import operators, polar_grid


@pytest.fixture(scope="module")
def brute():
    found = BruteForce(0.6, 0.3, (1.0, 0.7), (0.2, -0.4), cutoff=24)
    return found, found.steady_state()


@pytest.mark.parametrize(("k", "l"), [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (2, 2), (3, 3)])
def test_moments_of_the_p_function_are_those_of_fock_space(brute, k, l):
    """The integral of alpha^k (alpha^*)^l mu against Tr a^k rho (a^+)^l."""
    found, rho = brute
    states = te.conditional_states(te.thermal_link(0.6, 0.3, (1.0, 0.7), detuning=(0.2, -0.4)))
    alpha, area = polar_grid(states)
    weights = area * alpha**k * alpha.conj() ** l
    integral = np.einsum("p,pij->ij", weights, operators(states, alpha))
    left = np.linalg.matrix_power(found.a, k)
    right = np.linalg.matrix_power(found.a.conj().T, l)
    assert integral == pytest.approx(found.emitters(left @ rho @ right), abs=2e-9)


COLD = te.phononic_link(
    n_th=0.2, kappa=0.3, positions=(2 * np.pi, 3.7 * np.pi), detuning=(0.5, -0.5), gamma=(1.0, 0.8)
)
CUTOFF = 20


@pytest.fixture(scope="module")
def joint():
    """The state of mode and qubits, back-action included, (n, n, 4, 4): from the operators."""
    equation = te.master_equation(COLD, CUTOFF)
    size = equation.hamiltonian.shape[0]
    one = sparse.eye_array(size)
    h = equation.hamiltonian
    generator = -1j * (sparse.kron(h, one) - sparse.kron(one, h.T))
    for jump in equation.jumps:
        square = jump.conj().T @ jump
        generator = generator + sparse.kron(jump, jump.conj())
        generator = generator - 0.5 * (sparse.kron(square, one) + sparse.kron(one, square.T))
    matrix = sparse.lil_array(generator)
    matrix[0, :] = 0
    matrix[0, np.arange(size) * (size + 1)] = 1
    right = np.zeros(size**2, dtype=complex)
    right[0] = 1
    rho = spsolve(sparse.csc_array(matrix), right).reshape(CUTOFF, 4, CUTOFF, 4)
    return rho.transpose(0, 2, 1, 3)


AMPLITUDES = np.array([0.0, 0.3, 0.5 - 0.4j, -1.2j, 1.5 + 0.5j])


def test_the_husimi_function_is_that_of_fock_space_with_back_action(joint):
    """<alpha| rho |alpha>/pi is the emitters' unnormalised state after a heterodyne measurement."""
    states = te.conditional_states(COLD, distribution="Husimi")
    n = np.arange(CUTOFF)
    for alpha in AMPLITUDES:
        factors = np.concatenate([[1.0], np.cumprod(alpha / np.sqrt(n[1:]))])
        ket = np.exp(-(abs(alpha) ** 2) / 2) * factors
        expected = np.einsum("n,nmij,m->ij", ket.conj(), joint, ket) / np.pi
        assert operators(states, np.array([alpha]))[0] == pytest.approx(expected, abs=1e-10)
        found = states.state(alpha)
        assert found.state == pytest.approx(expected / np.trace(expected), abs=1e-9)
    # Back-action is not negligible: the source alone has this Husimi function at zero.
    assert abs(states.density(0)[0] * np.pi * states.variance - 1) > 1e-3


def wigner_elements(alpha, size):
    """Wigner functions of |m><n|, (n, m), by Laguerre polynomials; |m><n| is conj at (m, n)."""
    elements = np.zeros((size, size), dtype=complex)
    x = 4 * abs(alpha) ** 2
    for n in range(size):
        for m in range(n, size):
            root = np.prod(1 / np.sqrt(np.arange(n + 1, m + 1)))
            laguerre = float(mpmath.laguerre(n, m - n, x))
            value = 2 / np.pi * (-1) ** n * root * (2 * np.conj(alpha)) ** (m - n) * laguerre
            elements[n, m] = value * np.exp(-x / 2)
            elements[m, n] = np.conj(elements[n, m])
    return elements


def test_the_wigner_function_is_that_of_fock_space_with_back_action(joint):
    """By the Wigner functions of |m><n|; the phase is that of the Husimi function above."""
    states = te.conditional_states(COLD, distribution="Wigner")
    for alpha in AMPLITUDES:
        table = wigner_elements(alpha, CUTOFF)
        expected = np.einsum("nm,mnij->ij", table, joint)
        assert operators(states, np.array([alpha]))[0] == pytest.approx(expected, abs=1e-9)
