from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import spsolve

from thermalent.analytic import three_level
from thermalent.analytic.quasistatic import quasistatic_populations
from thermalent.analytic.strong_driving import strong_driving_populations
from thermalent.analytic.three_level import (
    three_level_from_elements,
    three_level_lowest_order,
    three_level_populations,
)

KETS = np.array([[1, 0, 0, 0], [0, 1, -1, 0], [0, 1, 1, 0]]) / np.sqrt([[1], [2], [2]])
LOWER = np.array([[0.0, 1.0], [0.0, 0.0]])
FIRST, SECOND = (
    KETS @ np.kron(*pair) @ KETS.T for pair in ((LOWER, np.eye(2)), (np.eye(2), LOWER))
)


def hierarchy(n_th, kappa, gamma, depth):
    """(B3), (B4) with m = -1, 0, 1 as one sparse system; nothing is eliminated."""
    one = np.eye(3)
    exchange = 0.5j * gamma * (FIRST.T @ SECOND - SECOND.T @ FIRST)
    collective = FIRST + SECOND
    number = collective.T @ collective
    free = -1j * (np.kron(exchange, one) - np.kron(one, exchange.T))
    free = free + gamma * np.kron(collective, collective)
    free = free - gamma / 2 * (np.kron(number, one) + np.kron(one, number.T))
    rate = np.sqrt(gamma * kappa * n_th / 2)
    plus = rate * (np.kron(one, collective) - np.kron(collective.T, one))
    minus = -rate * (np.kron(one, collective.T) - np.kron(collective, one))
    n = np.arange(depth)
    raising = np.diag(np.sqrt(n + 1)) - np.diag(np.sqrt(n[1:]), -1)  # from m = 0 to |m| = 1
    lowering = np.diag(np.sqrt(n + 1)) - np.diag(np.sqrt(n[1:]), 1)
    stay, up, down = (sparse.csr_array(x) for x in (np.eye(depth), raising, lowering))
    damping = sparse.kron(sparse.diags_array(kappa * (2 * n + 1)), np.eye(9))
    inner = sparse.kron(stay, free) - sparse.kron(sparse.diags_array(2.0 * kappa * n), np.eye(9))
    outer = sparse.kron(stay, free) - damping
    system = sparse.block_array(
        [
            [inner, sparse.kron(up, plus), sparse.kron(up, minus)],
            [sparse.kron(down, minus), outer, None],
            [sparse.kron(down, plus), None, outer],
        ]
    ).tolil()
    system[0] = 0
    system[0, [0, 4, 8]] = 1.0
    source = np.zeros(system.shape[0], complex)
    source[0] = 1.0
    return spsolve(system.tocsc(), source)[:9].reshape(3, 3)


@pytest.mark.parametrize(
    ("n_th", "kappa", "gamma"), [(0.5, 0.3, 1.0), (20.0, 0.05, 2.0), (300.0, 0.01, 0.6)]
)
def test_both_recurrences_solve_the_hierarchy_at_the_same_depth(n_th, kappa, gamma):
    for depth in (2, 3, 40):
        whole = hierarchy(n_th, kappa, gamma, depth)
        # A hierarchy of `depth` levels keeps mu^{n,1} at n = depth - 1, as the elimination does.
        operators = three_level._first(
            three_level._operator_recurrence(n_th, kappa / gamma, depth)
        ).reshape(3, 3)
        np.testing.assert_allclose(operators, whole, atol=1e-12)
        triplet, singlet, *coherences = three_level._first(
            three_level._element_recurrence(n_th, kappa / gamma, depth)
        )
        assert singlet == pytest.approx(whole[1, 1].real, abs=1e-12)
        assert triplet == pytest.approx(whole[2, 2].real, abs=1e-12)
        assert coherences[0] == pytest.approx(2 * whole[1, 2].real, abs=1e-12)


@pytest.mark.parametrize("solve", [three_level_populations, three_level_from_elements])
def test_converged_values(solve):
    state = solve(8e4, 1e-3)
    whole = hierarchy(8e4, 1e-3, 1.0, 1600)
    for value, wanted in zip(
        (state.ground, state.singlet, state.triplet), np.diag(whole), strict=True
    ):
        assert value == pytest.approx(wanted.real, abs=2e-10)
    assert state.trace == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose([state.singlet, state.triplet], [0.967479, 0.008180], atol=1e-6)


@pytest.mark.parametrize("solve", [three_level_populations, three_level_from_elements])
def test_tolerance_bounds_the_error(solve):
    exact = solve(3e3, 0.01, atol=1e-13).singlet
    for atol in (1e-3, 1e-6, 1e-9):
        assert abs(solve(3e3, 0.01, atol=atol).singlet - exact) <= atol


def test_narrow_source_gives_the_quasistatic_limit():
    phi, kappa = 0.5, np.array([1e-3, 1e-4])
    singlet = [three_level_populations(2 * phi / k, k).singlet for k in kappa]
    error = quasistatic_populations(phi).singlet - singlet
    assert error[0] / error[1] == pytest.approx(10, rel=0.05)  # O(kappa), next order 40 kappa


@pytest.mark.parametrize("level_terms", ["dropped", "printed", "complete"])
def test_lowest_order_converges_to_the_full_recurrence_with_the_bandwidth(level_terms):
    # Phi = 0.1: beyond it the printed form is asymptotic only at still smaller kappa.
    phi, kappa = 0.1, [1e-4, 1e-5]
    errors = np.array(
        [
            [
                getattr(three_level_lowest_order(phi, k, level_terms=level_terms, atol=1e-13), name)
                - getattr(three_level_from_elements(2 * phi / k, k, atol=1e-13), name)
                for k in kappa
            ]
            for name in ("singlet", "triplet")
        ]
    )
    slope = np.log10(np.abs(errors[:, 0] / errors[:, 1]))
    # the singlet is right to O(1), the triplet to O(kappa)
    np.testing.assert_allclose(slope, [1, 2], atol=0.05)


def test_the_level_terms_belong_together():
    # error of the singlet population over kappa/gamma at Phi = gamma
    k = 1e-5
    exact = three_level_from_elements(2 / k, k, atol=1e-12).singlet
    error = {
        terms: (three_level_lowest_order(1.0, k, level_terms=terms, atol=1e-12).singlet - exact) / k
        for terms in ("dropped", "printed", "complete")
    }
    assert error["dropped"] == pytest.approx(-1.23, abs=0.02)
    assert error["complete"] == pytest.approx(1.98, abs=0.02)
    assert error["printed"] > 40


@pytest.mark.parametrize(("phi", "kappa"), [(0.01, 0.1), (3.0, 0.01), (40.0, 1e-3), (2.0, 0.0)])
def test_without_level_terms_the_closed_forms_are_the_exact_solution(phi, kappa):
    gamma = 1.3
    state = three_level_lowest_order(phi, kappa, gamma, atol=1e-12)
    closed = strong_driving_populations(phi, kappa, gamma)
    for name, value in state.as_dict().items():
        assert value == pytest.approx(closed.as_dict()[name], abs=1e-11)


def test_no_photons_leave_the_ground_state():
    assert three_level_populations(0.0, 0.1).ground == 1.0
    assert three_level_from_elements(0.0, 0.1).ground == 1.0
    assert three_level_lowest_order(0.0, 0.1).ground == 1.0


def test_a_recurrence_that_does_not_converge_is_an_error(monkeypatch):
    monkeypatch.setattr(three_level, "_MOST_DEPTH", 64)
    with pytest.raises(ArithmeticError, match="not converged to 1e-10 at a depth of 64"):
        three_level_populations(1e5, 1e-3)


@pytest.mark.parametrize("solve", [three_level_populations, three_level_from_elements])
def test_wrong_arguments_are_named(solve):
    with pytest.raises(ValueError, match="Argument `n_th` must be finite and non-negative"):
        solve(-1.0, 0.1)
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and positive"):
        solve(1.0, 0.0)
    with pytest.raises(ValueError, match="Argument `gamma` must be finite and positive"):
        solve(1.0, 0.1, 0.0)
    with pytest.raises(ValueError, match="Argument `atol` must be finite and positive"):
        solve(1.0, 0.1, atol=0.0)


def test_wrong_arguments_of_the_lowest_order_are_named():
    with pytest.raises(ValueError, match="Argument `phi` must be finite and non-negative"):
        three_level_lowest_order(-1.0, 0.1)
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and non-negative"):
        three_level_lowest_order(1.0, -0.1)
    with pytest.raises(ValueError, match="Argument `level_terms` must be 'dropped', 'printed' or"):
        three_level_lowest_order(1.0, 0.1, level_terms="both")
