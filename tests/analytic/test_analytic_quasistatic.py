from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, sparse
from scipy.sparse.linalg import spsolve

from thermalent.analytic.quasistatic import (
    bidirectional_dark_state,
    bidirectional_quasistatic_populations,
    dark_state,
    quasistatic_populations,
)
from thermalent.analytic.upsilon import upsilon

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
FIRST, SECOND = np.kron(LOWER, np.eye(2)), np.kron(np.eye(2), LOWER)
OPPOSITE = np.diag([0.0, -1.0, 1.0, 0.0])  # (sigma_1^z - sigma_2^z)/2
SINGLET = np.array([0, 1, -1, 0]) / np.sqrt(2)


def liouvillian(hamiltonian, *jumps):
    one = np.eye(len(hamiltonian))
    total = -1j * (np.kron(hamiltonian, one) - np.kron(one, hamiltonian.T))
    for x in jumps:
        n = x.conj().T @ x
        total += np.kron(x, x.conj()) - (np.kron(n, one) + np.kron(one, n.T)) / 2
    return total


def steady_state(generator):
    size = round(np.sqrt(len(generator)))
    system = generator.copy()
    system[0] = np.eye(size).ravel()
    return np.linalg.solve(system, np.eye(size**2)[0]).reshape(size, size)


def unidirectional(alpha, kappa, rates, detuning):
    """Eqs. (15) and (16) for a constant amplitude."""
    collective = np.sqrt(rates[0]) * FIRST + np.sqrt(rates[1]) * SECOND
    cascade = 0.5j * np.sqrt(rates[0] * rates[1]) * (FIRST.T @ SECOND - FIRST @ SECOND.T)
    drive = -1j * np.sqrt(kappa) * (alpha * collective.T - np.conj(alpha) * collective)
    return liouvillian(detuning * OPPOSITE + cascade + drive, collective)


def bidirectional(alpha, kappa, gamma, detuning):
    """Eq. (49) for a constant amplitude: one jump of source and qubits together."""
    joint = np.sqrt(kappa) * alpha * np.eye(4) + np.sqrt(gamma) * (FIRST + SECOND)
    return liouvillian(detuning * OPPOSITE, joint)


@pytest.mark.parametrize("alpha", [0.0, 0.7, -3.0 + 4.0j, 40j])
@pytest.mark.parametrize("detuning", [0.0, 0.3, -2.0])
def test_dark_state_is_the_steady_state_in_a_constant_field(alpha, detuning):
    kappa, gamma = 0.02, 1.3
    ket = dark_state(alpha, kappa, gamma, detuning=detuning)
    rho = steady_state(unidirectional(alpha, kappa, (gamma, gamma), detuning))
    np.testing.assert_allclose(np.outer(ket, ket.conj()), rho, atol=1e-12)
    assert np.linalg.norm(ket) == pytest.approx(1.0, rel=1e-15)


def test_dark_state_as_printed():
    alpha, kappa, gamma = 2.0 - 1.0j, 0.05, 0.8
    norm = np.sqrt(gamma + 8 * kappa * abs(alpha) ** 2)
    printed = (np.sqrt(gamma) * np.eye(4)[0] + 2 * np.sqrt(2 * kappa) * alpha * SINGLET) / norm
    np.testing.assert_allclose(dark_state(alpha, kappa, gamma), printed, rtol=1e-14)
    np.testing.assert_allclose(dark_state(alpha, kappa, (gamma, gamma)), printed, rtol=1e-14)


@pytest.mark.parametrize("alpha", [0.0, 0.7, -3.0 + 4.0j])
@pytest.mark.parametrize("detuning", [0.2, -0.5])
def test_bidirectional_dark_state_is_the_steady_state_in_a_constant_field(alpha, detuning):
    kappa, gamma = 0.02, 1.3
    ket = bidirectional_dark_state(alpha, kappa, detuning, gamma)
    rho = steady_state(bidirectional(alpha, kappa, gamma, detuning))
    np.testing.assert_allclose(np.outer(ket, ket.conj()), rho, atol=1e-12)
    if alpha:  # Eq. (50) as printed has twice the singlet amplitude
        printed = 1j * detuning * np.eye(4)[0] + np.sqrt(2 * kappa * gamma) * alpha * SINGLET
        printed /= np.linalg.norm(printed)
        assert np.vdot(printed, rho @ printed).real < 0.98


def test_a_quarter_of_the_decay_rate_is_the_detuning_that_replaces_the_cascade():
    alpha = np.array([0.3, 2.0 + 1.0j])
    one = dark_state(alpha, 0.1)
    other = bidirectional_dark_state(alpha, 0.1, 0.25)
    np.testing.assert_allclose(np.abs(one), np.abs(other), rtol=1e-15)
    phi = np.array([0.1, 5.0])
    np.testing.assert_array_equal(
        quasistatic_populations(phi).singlet,
        bidirectional_quasistatic_populations(phi, 0.25).singlet,
    )


def test_different_decay_rates_leave_no_dark_state():
    rho = steady_state(unidirectional(3.0, 0.02, (1.0, 0.8), 0.0))
    assert np.trace(rho @ rho).real < 0.99
    with pytest.raises(ValueError, match=r"Argument `gamma` must be the same for both qubits"):
        dark_state(3.0, 0.02, (1.0, 0.8))


@pytest.mark.parametrize("phi", [1e-3, 0.2, 3.0, 500.0])
def test_populations_are_the_thermal_average_of_the_dark_state(phi):
    kappa, gamma, detuning = 0.01, 1.4, 0.2
    n_th = 2 * phi / kappa
    for ket, populations in (
        (
            lambda alpha: dark_state(alpha, kappa, gamma, detuning=detuning),
            quasistatic_populations(phi, gamma, detuning=detuning),
        ),
        (
            lambda alpha: bidirectional_dark_state(alpha, kappa, detuning, gamma),
            bidirectional_quasistatic_populations(phi, detuning, gamma),
        ),
    ):
        # with y = 2 |alpha|^2 / n_th the weight is exp(-y) dy; the phase leaves the diagonal
        singlet, error = integrate.quad(
            lambda y, ket=ket: np.exp(-y) * abs(SINGLET @ ket(np.sqrt(y * n_th / 2))) ** 2,
            0,
            np.inf,
            epsabs=1e-13,
            limit=200,
        )
        assert abs(populations.singlet - singlet) <= error + 1e-14
        assert populations.ground == pytest.approx(1 - singlet, abs=error + 1e-14)
        assert populations.triplet == populations.excited == 0.0


def test_concurrence_is_the_singlet_weight_with_the_printed_limits():
    phi = np.geomspace(1e-6, 1e6, 13)
    concurrence = quasistatic_populations(phi, 2.0).concurrence
    np.testing.assert_allclose(concurrence, 1 - upsilon(phi / 2.0), rtol=1e-9)
    assert concurrence[0] == pytest.approx(8 * phi[0] / 2.0, rel=1e-5)
    assert quasistatic_populations(0.0).concurrence == 0.0
    # towards strong driving 1 - C falls like ln(x)/x, slower than the printed gamma/(8 Phi)
    x = 8 * phi[-1] / 2.0
    assert (1 - concurrence[-1]) * x == pytest.approx(np.log(x) - np.euler_gamma, rel=1e-5)


def fock_singlet(kappa, n_th, detuning, levels):
    """Singlet population of Eq. (49) with the source in Fock space, back-action included."""
    size = 4 * levels
    mode = sparse.kron(np.diag(np.sqrt(np.arange(1, levels)), 1), np.eye(4), format="csr")
    qubits = sparse.kron(np.eye(levels), FIRST + SECOND, format="csr")
    hamiltonian = sparse.kron(np.eye(levels), detuning * OPPOSITE, format="csr")
    one = sparse.eye_array(size, format="csr")

    def jump(x):
        n = x.T @ x
        return sparse.kron(x, x) - (sparse.kron(n, one) + sparse.kron(one, n.T)) / 2

    generator = (
        -1j * (sparse.kron(hamiltonian, one) - sparse.kron(one, hamiltonian))
        + jump(np.sqrt(kappa) * mode + qubits)
        + kappa * (n_th + 1) * jump(mode)
        + kappa * n_th * jump(mode.T.tocsr())
    ).tolil()
    generator[0] = np.eye(size).ravel()
    source = np.zeros(size**2, complex)
    source[0] = 1.0
    rho = spsolve(generator.tocsc(), source).reshape(levels, 4, levels, 4)
    return float((SINGLET @ np.einsum("ajak->jk", rho) @ SINGLET).real)


def test_weak_driving_from_the_full_master_equation_of_the_bidirectional_channel():
    # n_th/2 = 0.15: level 9 holds 1e-8 of the source. The approximation is off by O(kappa).
    n_th, detuning = 0.3, 0.25
    errors = []
    for kappa in (0.02, 0.01, 0.005):
        exact = fock_singlet(kappa, n_th, detuning, 9)
        wanted = bidirectional_quasistatic_populations(kappa * n_th / 2, detuning).singlet
        errors.append(abs(exact / wanted - 1))
    assert errors[-1] < 0.1
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 2.0, rtol=0.2)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: dark_state(np.inf, 0.1), "Argument `alpha` must be finite, but is inf"),
        (lambda: dark_state("x", 0.1), "Argument `alpha` must be finite, but is 'x'"),
        (lambda: dark_state(1.0, -0.1), "Argument `kappa` must be finite and non-negative"),
        (lambda: dark_state(1.0, 0.1, 0.0), "Argument `gamma` must be finite and positive"),
        (lambda: dark_state(1.0, 0.1, (1, 1, 1)), "Argument `gamma` must be one number or 2"),
        (lambda: dark_state(1.0, 0.1, detuning=1j), "Argument `detuning` must be finite and real"),
        (
            lambda: bidirectional_dark_state(1.0, 0.1, 0.0),
            "Argument `detuning` must be finite and not zero",
        ),
        (lambda: quasistatic_populations(-1.0), "Argument `phi` must be finite and non-negative"),
        (
            lambda: bidirectional_quasistatic_populations(1.0, [0.1, 0.0]),
            "Argument `detuning` must be finite and not zero",
        ),
    ],
)
def test_wrong_arguments_are_named(call, match):
    with pytest.raises(ValueError, match=match):
        call()
