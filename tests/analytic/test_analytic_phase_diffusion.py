from __future__ import annotations

import numpy as np
import pytest

from thermalent.analytic.phase_diffusion import (
    phase_diffusion_populations,
    phase_diffusion_state,
)
from thermalent.analytic.quasistatic import dark_state, quasistatic_populations

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
FIRST, SECOND = np.kron(LOWER, np.eye(2)), np.kron(np.eye(2), LOWER)
COLLECTIVE = FIRST + SECOND
INVERSION = np.diag([-2.0, 0.0, 0.0, 2.0])
ONE = np.eye(4)
FLIP = np.array([[0, 0, 0, -1], [0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0]])

CASES = [(0.5, 0.3, 1.0, None), (100.0, 0.01, 2.0, None), (7.0, 0.1, 0.7, 1.3)]


def left(x):
    return np.kron(x, ONE)


def right(x):
    return np.kron(ONE, x.T)


def dissipator(x):
    n = x.T @ x
    return np.kron(x, x) - (left(n) + right(n)) / 2


def free(gamma):
    exchange = 0.5j * gamma * (FIRST.T @ SECOND - FIRST @ SECOND.T)
    return -1j * (left(exchange) - right(exchange)) + gamma * dissipator(COLLECTIVE)


def normalised_null_vector(system):
    system = system.copy()
    system[0] = 0
    system[0, :16] = ONE.ravel()
    source = np.zeros(len(system))
    source[0] = 1.0
    return np.linalg.solve(system, source)


def wootters(rho):
    values = np.linalg.eigvals(rho @ FLIP @ rho.conj() @ FLIP).real
    roots = np.sort(np.sqrt(np.maximum(values, 0.0)))[::-1]
    return max(0.0, roots[0] - roots[1:].sum())


@pytest.mark.parametrize(("n_th", "kappa", "gamma", "r0"), CASES)
def test_state_solves_the_master_equation_of_the_rotating_frame(n_th, kappa, gamma, r0):
    radius = np.sqrt(n_th / 2) if r0 is None else r0
    drive = -1j * np.sqrt(kappa * gamma) * radius * (COLLECTIVE.T - COLLECTIVE)
    generator = (
        free(gamma)
        - 1j * (left(drive) - right(drive))
        + kappa * n_th / (8 * radius**2) * dissipator(INVERSION)
    )
    rho = normalised_null_vector(generator).reshape(4, 4)
    np.testing.assert_allclose(phase_diffusion_state(n_th, kappa, gamma, r0), rho, atol=1e-13)


@pytest.mark.parametrize(("n_th", "kappa", "gamma", "r0"), CASES)
def test_populations_are_the_phase_average_in_the_laboratory_frame(n_th, kappa, gamma, r0):
    # mu(theta) = sum_m mu_m e^{im theta}/2pi obeys Eq. (12) on the circle; charges -2 .. 2 close it
    radius = np.sqrt(n_th / 2) if r0 is None else r0
    diffusion = kappa * n_th / (4 * radius**2)  # half the variance of dtheta per time
    plus = np.sqrt(gamma * kappa) * (right(COLLECTIVE.T) - left(COLLECTIVE.T))
    minus = -np.sqrt(gamma * kappa) * (right(COLLECTIVE) - left(COLLECTIVE))
    orders = [0, 1, -1, 2, -2]
    blocks = [
        [
            (free(gamma) - diffusion * m**2 * np.eye(16)) * (m == k)
            + radius * (plus * (m == k + 1) + minus * (m == k - 1))
            for k in orders
        ]
        for m in orders
    ]
    average = normalised_null_vector(np.block(blocks))[:16].reshape(4, 4)
    ours = phase_diffusion_populations(n_th, kappa, gamma, r0)
    np.testing.assert_allclose(ours.matrix(), average, atol=1e-13)


@pytest.mark.parametrize(
    ("n_th", "kappa", "with_phase", "without"),
    [(100, 0.01, 0.785411, 0.748087), (1e4, 0.001, 0.972925, 0.967139)],
)
def test_concurrence_with_and_without_knowledge_of_the_phase(n_th, kappa, with_phase, without):
    # with_phase was computed elsewhere, to six digits
    assert wootters(phase_diffusion_state(n_th, kappa)) == pytest.approx(with_phase, abs=1e-6)
    averaged = phase_diffusion_populations(n_th, kappa)
    assert averaged.concurrence == pytest.approx(without, abs=1e-6)
    assert averaged.concurrence == pytest.approx(wootters(averaged.matrix()), abs=1e-7)


def test_concurrence_grows_monotonically_with_the_temperature():
    n_th = np.geomspace(1e-2, 1e7, 91)
    concurrence = phase_diffusion_populations(n_th[:, None], [0.1, 0.01, 0.001]).concurrence
    assert np.all(np.diff(concurrence, axis=0) > 0)
    assert np.all(np.diff(concurrence[-1]) > 0)


def test_without_phase_noise_the_state_is_the_dark_state():
    # r0 fixed and n_th = 0: no dephasing is left
    ket = dark_state(2.0, 0.05, 1.2)
    state = phase_diffusion_state(0.0, 0.05, 1.2, r0=2.0)
    np.testing.assert_allclose(state, np.outer(ket, ket.conj()).real, atol=1e-13)


def test_slow_phase_noise_gives_the_dark_state_at_the_mean_flux():
    phi, kappa = 2.0, np.array([1e-3, 1e-4])
    singlet = phase_diffusion_populations(2 * phi / kappa, kappa).singlet
    error = np.abs(singlet - 8 * phi / (1 + 8 * phi))
    assert error[0] / error[1] == pytest.approx(10, rel=0.05)  # O(kappa), next order 30 kappa
    # and no thermal average: the amplitude does not fluctuate
    assert quasistatic_populations(phi).singlet < singlet[1] - 0.05


def test_no_photons_leave_the_ground_state():
    assert phase_diffusion_populations(0.0, 0.1).ground == pytest.approx(1.0, rel=1e-15)
    assert phase_diffusion_populations(5.0, 0.0).ground == pytest.approx(1.0, rel=1e-15)


def test_arrays_are_taken_elementwise():
    n_th, kappa = np.array([1.0, 50.0, 3.0]), np.array([[0.1], [0.02]])
    state = phase_diffusion_state(n_th, kappa, r0=[2.0, 3.0, 4.0])
    assert state.shape == (2, 3, 4, 4)
    single = phase_diffusion_state(50.0, 0.02, r0=3.0)
    np.testing.assert_allclose(state[1, 1], single, rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("function", [phase_diffusion_state, phase_diffusion_populations])
def test_wrong_arguments_are_named(function):
    with pytest.raises(ValueError, match="Argument `n_th` must be finite and non-negative"):
        function(-1.0, 0.1)
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and non-negative"):
        function(1.0, -0.1)
    with pytest.raises(ValueError, match="Argument `gamma` must be finite and positive"):
        function(1.0, 0.1, 0.0)
    with pytest.raises(ValueError, match="Argument `r0` must be finite and positive"):
        function(1.0, 0.1, r0=0.0)
