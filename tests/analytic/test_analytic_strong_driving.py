from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import optimize, sparse
from scipy.sparse.linalg import spsolve

from thermalent.analytic import strong_driving
from thermalent.analytic.quasistatic import quasistatic_populations
from thermalent.analytic.strong_driving import (
    concurrence_at_n_star,
    fraction_f1,
    fraction_f2,
    n_star,
    phi_eff,
    recurrence_populations,
    singlet_population,
    strong_driving_concurrence,
    strong_driving_populations,
    triplet_population,
)
from thermalent.continued_fraction.scalar import evaluate, evaluate_mp

CASES = [(1e-3, 0.1, 1.0), (0.4, 0.02, 2.0), (5.0, 0.01, 1.0), (40.0, 1e-3, 0.7)]


def coefficients(phi, kappa, gamma):
    """a_n, b_n, c_n of Eq. (B26), as printed below Eq. (B33)."""
    x, damping = 8 * phi * gamma, gamma**2 + 24 * kappa * phi
    return (lambda n: damping + (2 * n + 1) * x), (lambda n: n * x), (lambda n: (n + 1) * x)


def sources(phi, kappa, gamma):
    """Y_0 and Y_1 of Eqs. (B24) and (B25), letter by letter."""
    singlet = (
        8 * phi * (gamma + kappa),
        -8 * phi * (gamma + 3 * kappa + 48 * phi * kappa**2 / gamma**2),
    )
    triplet = (8 * phi * kappa, 3 * (8 * phi * kappa) ** 2 / gamma**2)
    return {"singlet": singlet, "triplet": triplet}


@pytest.mark.parametrize(("phi", "kappa", "gamma"), CASES)
def test_closed_forms_of_both_fractions(phi, kappa, gamma):
    a, b, c = coefficients(phi, kappa, gamma)
    first = evaluate(a, lambda n: 1.0 if n == 0 else -c(n - 1) * b(n))
    second = evaluate(lambda n: a(n + 1), lambda n: c(0) if n == 0 else -c(n) * b(n + 1))
    # 1e-14 is claimed for the closed forms
    for fraction, closed in (
        (first, fraction_f1(phi, kappa, gamma)),
        (second, fraction_f2(phi, kappa, gamma)),
    ):
        assert abs(fraction.value - closed) <= fraction.error + 1e-14 * closed


def test_printed_closed_forms_to_fifty_digits():
    with mpmath.workdps(50):
        phi, kappa = mpmath.mpf(1) / 4, mpmath.mpf(1) / 8
        a, b, c = coefficients(phi, kappa, 1)
        u = (1 + 24 * kappa * phi) / (8 * phi)
        first = evaluate_mp(a, lambda n: 1 if n == 0 else -c(n - 1) * b(n), dps=45).value
        second = evaluate_mp(
            lambda n: a(n + 1), lambda n: c(0) if n == 0 else -c(n) * b(n + 1), dps=45
        ).value
        tiny = mpmath.mpf(10) ** -44
        assert abs(first - mpmath.exp(u) * mpmath.e1(u) / (8 * phi)) < tiny  # (B37)
        assert abs(second - (1 + u - mpmath.exp(-u) / mpmath.e1(u))) < tiny  # (B41)


@pytest.mark.parametrize("kappa", [0.0, 0.01])
def test_second_fraction_keeps_its_digits_at_every_flux(kappa):
    with mpmath.workdps(120):
        for phi in np.concatenate([np.geomspace(1e-10, 1e10, 301), [1e-300, 1e300]]):
            u = (1 + 24 * mpmath.mpf(kappa) * mpmath.mpf(phi)) / (8 * mpmath.mpf(phi))
            if u > 1e4:  # F_2 = T_1 T_2 / u with T = 1 - z + 3 z^2 ..: to leading orders
                z = 1 / u
                exact, allowed = z - 3 * z**2 + 13 * z**3 - 71 * z**4, 500 * z**5
            else:
                exact, allowed = 1 + u - mpmath.exp(-u) / mpmath.e1(u), 0
            assert abs(fraction_f2(phi, kappa) - exact) <= 1e-14 * exact + allowed


@pytest.mark.parametrize(("phi", "kappa", "gamma"), CASES)
def test_closed_populations_solve_the_printed_recurrences(phi, kappa, gamma):
    a, b, c = coefficients(phi, kappa, gamma)
    depth = 12_000  # remainder exp(-4 sqrt(depth u)), and u = gamma'/x is at least 0.006
    n = np.arange(depth)
    system = sparse.diags_array([a(n), -b(n[1:]), -c(n[:-1])], offsets=[0, -1, 1], format="csc")
    state = strong_driving_populations(phi, kappa, gamma)
    for name, (first, second) in sources(phi, kappa, gamma).items():
        source = np.zeros(depth)
        source[:2] = first, second
        assert getattr(state, name) == pytest.approx(spsolve(system, source)[0], rel=1e-10)
        fractions = fraction_f1(phi, kappa, gamma) * (
            first + fraction_f2(phi, kappa, gamma) * second
        )
        assert getattr(state, name) == pytest.approx(fractions, rel=1e-10)  # (B27)
    by_recurrence = recurrence_populations(phi, kappa, gamma)
    for name, value in state.as_dict().items():
        assert by_recurrence.as_dict()[name] == pytest.approx(value, abs=1e-12)


def test_printed_formulas_letter_by_letter():
    phi, kappa, gamma = 3.0, 0.02, 1.5
    effective = phi * gamma**2 / (gamma**2 + 24 * kappa * phi)
    assert phi_eff(phi, kappa, gamma) == pytest.approx(effective, rel=1e-15)
    with mpmath.workdps(30):
        u = mpmath.mpf(gamma) / (8 * effective)
        value = float(u * mpmath.exp(u) * mpmath.e1(u))
    k = kappa / gamma
    bracket = value * (1 + 3 * k) - 3 * k
    growth = kappa * phi / gamma**2
    printed = {  # (B42), (B43), (43), (44)
        False: (1 - bracket * (1 + 16 * growth), 8 * growth * bracket),
        True: (1 - value * (1 + 16 * growth), 8 * growth * value),
    }
    for leading, (singlet, triplet) in printed.items():
        assert singlet_population(phi, kappa, gamma, leading=leading) == pytest.approx(singlet)
        assert triplet_population(phi, kappa, gamma, leading=leading) == pytest.approx(triplet)
        state = strong_driving_populations(phi, kappa, gamma, leading=leading)
        assert state.trace == pytest.approx(1.0, rel=1e-15)
    concurrence = strong_driving_concurrence(phi, kappa, gamma)
    assert concurrence == pytest.approx(1 - value * (1 + 24 * growth), rel=1e-14)  # (45)


def exact_populations(n_th, kappa, depth):
    """(B3), (B4) of the full link, m = -2 .. 2, as one sparse system."""
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    first, second = np.kron(lower, np.eye(2)), np.kron(np.eye(2), lower)
    collective, one = first + second, np.eye(4)
    rotation = (first.T @ second - first @ second.T) / 2  # -i H_casc
    number = collective.T @ collective
    free = np.kron(rotation, one) - np.kron(one, rotation.T) + np.kron(collective, collective)
    free -= (np.kron(number, one) + np.kron(one, number)) / 2
    rate = np.sqrt(kappa * n_th / 2)
    couple = {
        1: rate * (np.kron(one, collective) - np.kron(collective.T, one)),
        -1: rate * (np.kron(collective, one) - np.kron(one, collective.T)),
    }
    n = np.arange(depth)
    blocks = {}
    for m in range(-2, 3):
        decay = sparse.diags_array(kappa * (2.0 * n + abs(m)))
        blocks[m, m] = sparse.kron(np.eye(depth), free) - sparse.kron(decay, np.eye(16))
        outward = sparse.diags_array([np.sqrt(n + abs(m) + 1), -np.sqrt(n[1:])], offsets=[0, -1])
        inward = sparse.diags_array([np.sqrt(n + abs(m)), -np.sqrt(n[1:])], offsets=[0, 1])
        for step in (1, -1):
            if abs(m + step) <= 2:
                ladder = outward if abs(m + step) > abs(m) else inward
                blocks[m, m + step] = sparse.kron(ladder, couple[step])
    order = [0, 1, -1, 2, -2]
    system = sparse.block_array([[blocks.get((m, k)) for k in order] for m in order]).tolil()
    system[0] = 0
    system[0, [0, 5, 10, 15]] = 1.0
    source = np.zeros(system.shape[0])
    source[0] = 1.0
    rho = spsolve(system.tocsc(), source)[:16].reshape(4, 4)
    singlet = (rho[1, 1] + rho[2, 2]) / 2 - rho[1, 2]
    return rho[0, 0], singlet, rho[1, 1] + rho[2, 2] - singlet, rho[3, 3]


def test_the_next_order_is_closer_to_the_exact_singlet_population():
    kappa, n_th = 1e-3, 8e4
    phi = kappa * n_th / 2
    exact = exact_populations(n_th, kappa, 1200)[1]  # 4 sqrt(n_th) levels: good to 1e-7
    assert exact == pytest.approx(0.95959, abs=5e-6)
    assert singlet_population(phi, kappa) == pytest.approx(0.95906, abs=5e-6)
    assert singlet_population(phi, kappa, leading=True) == pytest.approx(0.95427, abs=5e-6)


def test_printed_optimum_and_its_concurrence():
    kappa = np.array([0.01, 0.003, 0.001])
    np.testing.assert_allclose(n_star(kappa), [833, 9259, 83333], atol=0.5)
    np.testing.assert_allclose(concurrence_at_n_star(kappa), [0.7075, 0.8732, 0.9451], atol=5e-5)
    np.testing.assert_allclose(n_star(kappa, 2.0), 4 * n_star(kappa), rtol=1e-15)
    # (47) is (45) at (46)
    phi = kappa * n_star(kappa) / 2
    np.testing.assert_allclose(
        concurrence_at_n_star(kappa), strong_driving_concurrence(phi, kappa), rtol=1e-14
    )
    assert concurrence_at_n_star(10.0) == 0.0


@pytest.mark.parametrize(("kappa", "ratio"), [(0.01, 0.63), (0.001, 0.78)])
def test_the_printed_optimum_overestimates_that_of_its_own_formula(kappa, ratio):
    best = optimize.minimize_scalar(
        lambda r: -strong_driving_concurrence(kappa * r * n_star(kappa) / 2, kappa),
        bounds=(0.1, 3.0),
        method="bounded",
    )
    assert best.x == pytest.approx(ratio, abs=5e-3)
    assert -best.fun > concurrence_at_n_star(kappa)


def test_limits():
    phi = np.geomspace(1e-12, 1e6, 40)
    static = quasistatic_populations(phi)
    narrow = strong_driving_populations(phi, 0.0)
    np.testing.assert_allclose(narrow.singlet, static.singlet, rtol=1e-14)
    np.testing.assert_allclose(strong_driving_concurrence(phi, 0.0), static.concurrence, rtol=1e-14)
    assert phi_eff(1e12, 0.01) == pytest.approx(1 / 0.24, rel=1e-9)
    # weak driving: rho_S = 8 Phi (1 + kappa), next order 30 Phi
    weak = strong_driving_populations(1e-12, 0.1)
    assert weak.singlet == pytest.approx(8e-12 * 1.1, rel=1e-10, abs=0)
    assert strong_driving_populations(0.0, 0.1).ground == 1.0


def test_every_flux_is_finite():
    phi = np.array([0.0, 5e-324, 1e-100, 1e100, 1e300])
    for leading in (False, True):
        state = strong_driving_populations(phi, 1e-3, leading=leading)
        assert all(np.all(np.isfinite(value)) for value in state.as_dict().values())
    for function in (phi_eff, fraction_f1, fraction_f2, strong_driving_concurrence):
        assert np.all(np.isfinite(function(phi, 1e-3)))
    second = fraction_f2(phi, 1e-3)
    assert np.all((second >= 0) & (second < 1))


@pytest.mark.parametrize(
    "function",
    [
        phi_eff,
        fraction_f1,
        fraction_f2,
        singlet_population,
        triplet_population,
        strong_driving_populations,
        strong_driving_concurrence,
        recurrence_populations,
    ],
)
def test_wrong_arguments_are_named(function):
    with pytest.raises(ValueError, match="Argument `phi` must be finite and non-negative"):
        function(-1.0, 0.1)
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and non-negative"):
        function(1.0, np.nan)
    with pytest.raises(ValueError, match="Argument `gamma` must be finite and positive"):
        function(1.0, 0.1, 0.0)


def test_more_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="Argument `kappa` must be finite and positive"):
        n_star(0.0)
    with pytest.raises(ValueError, match="Argument `gamma` must be finite and positive"):
        concurrence_at_n_star(0.1, -1.0)
    with pytest.raises(ValueError, match="Argument `phi` must be small enough for 5000000 terms"):
        recurrence_populations(1e7, 0.0)


def test_as_many_terms_are_taken_as_a_tail_of_18_digits_needs(monkeypatch):
    """16 + ln(1e18)^2/16 times 8 phi/(1 + 24 kappa phi), rounded up."""
    for phi, kappa in ((2.0, 0.0), (2.0, 0.3), (50.0, 1e-3)):
        terms = 16 + int(np.ceil(np.log(1e18) ** 2 / 16 * 8 * phi / (1 + 24 * kappa * phi)))
        monkeypatch.setattr(strong_driving, "_MOST_TERMS", terms)
        strong_driving.recurrence_populations(phi, kappa)
        monkeypatch.setattr(strong_driving, "_MOST_TERMS", terms - 1)
        with pytest.raises(ValueError, match=f"small enough for {terms - 1} terms"):
            strong_driving.recurrence_populations(phi, kappa)
