from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from thermalent.analytic.bourret import (
    bourret_concurrence,
    bourret_lowest_order,
    bourret_populations,
    bourret_saturation,
    kappa_max,
)
from thermalent.analytic.markov import markov_populations
from thermalent.analytic.populations import Populations

LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
FIRST, SECOND = np.kron(LOWER, np.eye(2)), np.kron(np.eye(2), LOWER)
COLLECTIVE = FIRST + SECOND
ONE = np.eye(4)


def left(x):
    return np.kron(x, ONE)


def right(x):
    return np.kron(ONE, x.T)


def laplace_steady_state(phi, kappa, gamma):
    """Eq. (A4) at s = 0, written out on the 16 elements of the product basis."""
    rotation = gamma / 2 * (FIRST.T @ SECOND - FIRST @ SECOND.T)  # -i H_casc
    number = COLLECTIVE.T @ COLLECTIVE
    free = left(rotation) - right(rotation)
    free += gamma * (np.kron(COLLECTIVE, COLLECTIVE) - (left(number) + right(number)) / 2)
    plus = np.sqrt(gamma * kappa) * (right(COLLECTIVE.T) - left(COLLECTIVE.T))
    minus = -np.sqrt(gamma * kappa) * (right(COLLECTIVE) - left(COLLECTIVE))
    resolvent = np.linalg.inv(kappa * np.eye(16) - free)
    n_th = 2 * phi / kappa
    system = free + n_th / 2 * (plus @ resolvent @ minus + minus @ resolvent @ plus)
    system[0] = ONE.ravel()
    return np.linalg.solve(system, np.eye(16)[0]).reshape(4, 4)


def printed(phi, kappa, gamma):
    """App. A letter by letter."""
    norm = (gamma + 2 * kappa) * (gamma + 2 * kappa + 8 * phi)
    norm *= (3 * gamma + 2 * kappa) ** 2 + 8 * phi * (gamma + 2 * kappa)
    ground = 64 * kappa * phi**2 * (gamma + kappa) + 8 * phi * (gamma + 2 * kappa) ** 3
    ground += (gamma + 2 * kappa) ** 2 * (3 * gamma + 2 * gamma) ** 2
    width = (3 * gamma + 2 * kappa) ** 2
    return Populations(
        ground=ground / norm,
        singlet=8
        * phi
        * ((gamma + kappa) * width + 8 * phi * (gamma**2 + kappa**2 + gamma * kappa))
        / norm,
        triplet=8 * kappa * phi * (width + 8 * phi * (gamma + kappa)) / norm,
        excited=64 * kappa * phi**2 * (gamma + kappa) / norm,
    )


@pytest.mark.parametrize("phi", [1e-3, 0.3, 7.0])
@pytest.mark.parametrize("kappa", [1e-2, 0.2, 3.0])
@pytest.mark.parametrize("gamma", [1.0, 2.5])
def test_populations_solve_the_laplace_equation(phi, kappa, gamma):
    rho = bourret_populations(phi, kappa, gamma).matrix()
    np.testing.assert_allclose(rho, laplace_steady_state(phi, kappa, gamma), atol=1e-13)


def test_only_the_ground_state_population_is_misprinted():
    phi, kappa, gamma = 0.4, 0.3, 1.2
    ours, theirs = bourret_populations(phi, kappa, gamma), printed(phi, kappa, gamma)
    for name in ("singlet", "triplet", "excited"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-14)
    assert abs(theirs.trace - 1) > 0.1


def test_populations_add_up_to_one_everywhere():
    scale = np.geomspace(1e-10, 1e10, 21)
    phi, kappa = np.meshgrid(scale, scale)
    state = bourret_populations(phi, kappa)
    np.testing.assert_allclose(state.trace, 1.0, rtol=1e-14)
    assert all(np.all(value >= 0) for value in state.as_dict().values())
    extreme = bourret_populations(1e200, 1.0)  # the products in App. A would overflow
    assert extreme.trace == pytest.approx(1.0, rel=1e-14)


def test_broad_source_gives_the_markov_limit():
    n_th = np.array([0.1, 1.0, 30.0])
    kappa = 1e9
    state = bourret_populations(kappa * n_th / 2, kappa)
    np.testing.assert_allclose(state.matrix(), markov_populations(n_th).matrix(), atol=1e-8)


@pytest.mark.parametrize("phi", [0.05, 1.0, 20.0])
def test_lowest_order_is_first_order_in_kappa_except_for_the_ground_state(phi):
    kappa = np.array([1e-3, 1e-4])
    full, lowest = bourret_populations(phi, kappa), bourret_lowest_order(phi, kappa)
    order = {"singlet": 2, "triplet": 2, "excited": 2, "ground": 1}
    for name, wanted in order.items():
        error = np.abs(getattr(full, name) - getattr(lowest, name))
        slope = np.log10(error[0] / error[1])
        assert slope == pytest.approx(wanted, abs=0.05)  # next order: 20 kappa at most
    assert np.all(np.abs(lowest.trace - 1) > kappa / 100)


def test_printed_concurrence_is_that_of_the_lowest_order():
    phi, kappa = np.meshgrid(np.geomspace(1e-3, 1e3, 13), [1e-4, 1e-2, 0.1, 0.3, 0.42])
    direct = bourret_lowest_order(phi, kappa, 1.7).concurrence
    np.testing.assert_allclose(bourret_concurrence(phi, kappa, 1.7), direct, atol=1e-14)
    assert np.any(direct == 0)
    assert np.any(direct > 0.9)


def test_concurrence_grows_with_the_flux_to_its_saturation():
    kappa = np.array([0.01, 0.1])
    concurrence = bourret_concurrence(np.geomspace(1e-2, 1e14, 200)[:, None], kappa)
    assert np.all(np.diff(concurrence[:100], axis=0) > 0)
    # from Eq. (31): the next term is -2 sqrt(kappa / 8 Phi)
    np.testing.assert_allclose(concurrence[-1], bourret_saturation(kappa), atol=1e-7)
    np.testing.assert_allclose(bourret_saturation(kappa), 1 - 4 * kappa, rtol=1e-15)
    assert bourret_saturation(0.3) == 0.0


def test_boundary_of_the_lowest_order_lies_in_the_printed_bounds():
    n_th = np.concatenate([[0.0], np.geomspace(1e-3, 1e9, 60)])
    boundary = kappa_max(n_th)
    assert boundary.min() > 0.179  # printed: 0.18
    assert boundary.max() < 0.25
    # 32 s^2 + 16 s/3 = 8 with s = sqrt(kappa)
    root = (-16 / 3 + np.sqrt((16 / 3) ** 2 + 32 * 32)) / 64
    assert boundary[0] == pytest.approx(root**2, rel=1e-14)
    assert boundary[-1] == pytest.approx(0.25, abs=1e-4)


def test_boundary_of_the_full_populations():
    n_th = np.concatenate([[0.0], np.geomspace(1e-2, 1e6, 60)])
    boundary = kappa_max(n_th, lowest_order=False)
    assert np.all(np.diff(boundary) < 0)
    assert boundary[0] == pytest.approx(0.58365, abs=1e-5)
    assert boundary[-1] == pytest.approx((np.sqrt(3) - 1) / 2, abs=1e-4)


@pytest.mark.parametrize("lowest_order", [True, False])
@pytest.mark.parametrize("n_th", [1e-4, 0.5, 2.0, 40.0, 1e5])
def test_concurrence_vanishes_at_the_boundary_and_only_there(lowest_order, n_th):
    gamma = 2.0
    edge = kappa_max(n_th, gamma, lowest_order=lowest_order)

    def concurrence(kappa):
        phi = kappa * n_th / 2
        if lowest_order:
            return bourret_concurrence(phi, kappa, gamma)
        return bourret_populations(phi, kappa, gamma).concurrence

    assert np.all(concurrence(edge * np.linspace(0.01, 0.9999, 50)) > 0)
    assert np.all(concurrence(edge * np.linspace(1.0001, 4.0, 50)) == 0)


def fock_populations(n_th, kappa, levels):
    """The unidirectional link with its source in Fock space."""
    mode = sparse.kron(np.diag(np.sqrt(np.arange(1, levels)), 1), ONE, format="csr")
    first = sparse.kron(np.eye(levels), FIRST, format="csr")
    second = sparse.kron(np.eye(levels), SECOND, format="csr")
    nodes = [np.sqrt(kappa) * mode, first, second]
    rotation = sum(  # -i H = (c_j^+ c_l - c_j c_l^+)/2 for j upstream of l
        (nodes[j].T @ nodes[k] - nodes[j] @ nodes[k].T) / 2 for j, k in ((0, 1), (0, 2), (1, 2))
    )
    one = sparse.eye_array(4 * levels, format="csr")

    def jump(x):
        n = x.T @ x
        return sparse.kron(x, x) - (sparse.kron(n, one) + sparse.kron(one, n.T)) / 2

    generator = (
        sparse.kron(rotation, one)
        - sparse.kron(one, rotation.T)
        + jump(sum(nodes))
        + kappa * (n_th + 1) * jump(mode)
        + kappa * n_th * jump(mode.T.tocsr())
    ).tolil()
    generator[0] = np.eye(4 * levels).ravel()
    source = np.zeros((4 * levels) ** 2)
    source[0] = 1.0
    rho = spsolve(generator.tocsc(), source).reshape(levels, 4, levels, 4)
    return np.einsum("ajak->jk", rho)


@pytest.mark.parametrize("kappa", [0.05, 1.0])
def test_error_is_of_second_order_in_the_temperature(kappa):
    # n_th/2 <= 0.02: level 6 holds less than 1e-10
    n_th = np.array([0.04, 0.02, 0.01])
    error = [
        np.max(
            np.abs(
                fock_populations(n, kappa, 7) - bourret_populations(kappa * n / 2, kappa).matrix()
            )
        )
        for n in n_th
    ]
    slope = -np.diff(np.log(error)) / np.log(2)
    np.testing.assert_allclose(slope, 2.0, atol=0.15)  # next order: a few n_th


@pytest.mark.parametrize(
    "function", [bourret_populations, bourret_lowest_order, bourret_concurrence]
)
def test_wrong_arguments_are_named(function):
    with pytest.raises(ValueError, match="Argument `phi` must be finite and non-negative"):
        function(-1.0, 0.1)
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and non-negative"):
        function(1.0, np.nan)
    with pytest.raises(ValueError, match="Argument `gamma` must be finite and positive"):
        function(1.0, 0.1, 0.0)
    with pytest.raises(ValueError, match="Argument `n_th` must be finite and non-negative"):
        kappa_max(-1.0)
    with pytest.raises(ValueError, match="Argument `gamma` must be finite and positive"):
        kappa_max(1.0, -1.0)
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and non-negative"):
        bourret_saturation(-0.1)
