"""Gradients where eigenvalues vanish, and how far separable states are from the border."""

import numpy as np
import pytest

from thermalent.operators import relative_entropy
from thermalent.operators.bounds import concurrence_bounds, error_bounds, gradients

EPS = np.finfo(float).eps


def x_state(populations, inner=0.0, outer=0.0):
    rho = np.diag(populations).astype(complex)
    rho[1, 2], rho[2, 1] = inner, np.conj(inner)
    rho[0, 3], rho[3, 0] = outer, np.conj(outer)
    return rho


def mixed(rng, d=4, rank=None):
    root = rng.normal(size=(d, rank or d)) + 1j * rng.normal(size=(d, rank or d))
    rho = root @ root.conj().T
    return rho / np.trace(rho).real


def test_a_separable_x_state_is_as_far_from_the_border_as_its_roots_say():
    rho = x_state([0.4, 0.2, 0.3, 0.1], inner=0.1j, outer=-0.05)
    expected = 2 * min(np.sqrt(0.4 * 0.1) - 0.1, np.sqrt(0.2 * 0.3) - 0.05)
    assert gradients._below(rho) == pytest.approx(expected, rel=1e-12)
    other = x_state([0.4, 0.2, 0.3, 0.1], inner=0.01, outer=0.2)
    assert gradients._below(other) == pytest.approx(2 * (np.sqrt(0.06) - 0.2), rel=1e-12)
    # Turned by local unitaries it is no X-state, and as far.
    turn = np.linalg.qr(np.array([[1.0, 2j], [0.5, 1.0]]))[0]
    local = np.kron(turn, np.linalg.qr(np.array([[1.0, 0.3], [2j, 1.0]]))[0])
    moved = local @ rho @ local.conj().T
    assert gradients._below(moved) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("populations", "coherences"),
    [
        ((0.1, 0.5, 0.35, 0.05), {"inner": 0.3 * np.exp(0.4j), "outer": 0.01}),
        ((0.5, 0.1, 0.05, 0.35), {"inner": 0.01, "outer": 0.3 * np.exp(-1.1j)}),
    ],
)
def test_the_gradient_of_an_x_state_is_that_of_its_elements(populations, coherences):
    rho = x_state(populations, **coherences)
    found = gradients.concurrence_with_gradient(rho)
    i, j, p, q = (
        (1, 2, 0, 3)
        if "inner" in str(max(coherences, key=lambda k: abs(coherences[k])))
        else (
            0,
            3,
            1,
            2,
        )
    )
    size, root = abs(rho[i, j]), np.sqrt(rho[p, p] * rho[q, q]).real
    assert found.value == pytest.approx(2 * (size - root), rel=1e-12)
    rng = np.random.default_rng(1)
    for _ in range(3):
        change = mixed(rng) - mixed(rng)
        expected = 2 * (change[i, j] * np.conj(rho[i, j])).real / size
        expected -= (change[p, p] * rho[q, q] + change[q, q] * rho[p, p]).real / root
        assert np.trace(found.gradient @ change).real == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("smallest", "known"), [(0.9e-13, False), (1.1e-13, True)])
def test_eigenvalues_without_digits_give_no_derivative(smallest, known):
    rng = np.random.default_rng(2)
    vectors = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    p = np.array([smallest * 0.5, 0.2, 0.3, 0.5])
    rho = (vectors * p) @ vectors.conj().T
    found = gradients.entropy_with_gradient((rho + rho.conj().T) / 2, (4,))
    # Rounding of the matrix is a two-hundredth of the limit.
    assert np.all(np.isfinite(found.gradient)) == known
    assert (found.note == "") == known


def test_the_slope_of_the_logarithmic_negativity_is_that_of_the_negativity():
    rho = x_state([0.1, 0.5, 0.35, 0.05], inner=0.3)
    plain = gradients.negativity_with_gradient(rho, (2, 2))
    found = gradients.logarithmic_negativity_with_gradient(rho, (2, 2))
    assert found.value == pytest.approx(np.log2(1 + 2 * plain.value), rel=1e-12)
    slope = 2 / (np.log(2) * (1 + 2 * plain.value))
    np.testing.assert_allclose(found.gradient, slope * plain.gradient, rtol=1e-12)
    separable = x_state([0.4, 0.2, 0.3, 0.1], inner=0.1)
    below = gradients.negativity_with_gradient(separable, (2, 2)).below
    assert below > 0
    found = gradients.logarithmic_negativity_with_gradient(separable, (2, 2))
    assert found.below == pytest.approx(2 * below / np.log(2), rel=1e-12)


def test_divided_differences_of_the_logarithm():
    p = np.array([1e-6, 0.2, 0.2 * (1 + 1e-9), 0.8])
    first = relative_entropy._first_differences(p)
    assert first[0, 3] == pytest.approx((np.log(0.8) - np.log(1e-6)) / (0.8 - 1e-6), rel=1e-12)
    assert first[1, 1] == pytest.approx(5.0, rel=1e-14)
    assert first[1, 2] == pytest.approx(5.0, rel=1e-8)
    second = relative_entropy._second_differences(p)
    direct = (first[0, 3] - first[0, 1]) / (0.8 - 0.2)
    assert second[0, 1, 3] == pytest.approx(-direct, rel=1e-6)
    assert second[3, 3, 3] == pytest.approx(0.5 / 0.8**2, rel=1e-6)


def test_derivatives_of_the_barrier_are_differences():
    rng = np.random.default_rng(3)
    rho, x = mixed(rng), 0.05 * rng.normal(size=15)
    root = np.linalg.cholesky(rho)
    slope, curvature = relative_entropy._derivatives(root, x, 3.0)
    h = 1e-5
    for k in (0, 7, 14):
        step = h * np.eye(15)[k]
        ahead, behind = (relative_entropy._barrier(root, x + s * step, 3.0) for s in (1, -1))
        assert (ahead - behind) / (2 * h) == pytest.approx(slope[k], rel=1e-6, abs=1e-7)
        slopes = [relative_entropy._derivatives(root, x + s * step, 3.0)[0] for s in (1, -1)]
        np.testing.assert_allclose((slopes[0] - slopes[1]) / (2 * h), curvature[k], atol=1e-4)
    point = relative_entropy._point(root, x)
    p, vectors = np.linalg.eigh(point.sigma)
    logarithm = (vectors * np.log(p)) @ vectors.conj().T
    assert point.cross_entropy == pytest.approx(-np.trace(rho @ logarithm).real, rel=1e-12)
    transposed = relative_entropy._transposed(point.sigma)
    expected = 3.0 * point.cross_entropy
    expected -= np.linalg.slogdet(point.sigma)[1] + np.linalg.slogdet(transposed)[1]
    assert relative_entropy._barrier(root, x, 3.0) == pytest.approx(expected, rel=1e-12)
    assert relative_entropy._barrier(root, 9.0 * np.ones(15), 3.0) == np.inf


def test_the_gap_is_that_of_the_dual():
    """The bound from below is the lowest eigenvalue of gradient less the transposed dual."""
    rng = np.random.default_rng(4)
    point = relative_entropy._point(np.linalg.cholesky(mixed(rng)), 0.05 * rng.normal(size=15))
    dual = np.linalg.inv(relative_entropy._transposed(point.sigma)) / 50.0
    lowest = np.linalg.eigvalsh(point.gradient - relative_entropy._transposed(dual))[0]
    expected = np.trace(point.gradient @ point.sigma).real - lowest
    assert relative_entropy._gap(point, 50.0) == pytest.approx(expected, rel=1e-12)


def test_steps_are_halved_until_they_descend(monkeypatch):
    values = {0.0: 5.0}
    monkeypatch.setattr(
        relative_entropy,
        "_barrier",
        lambda rho, x, weight: values.get(float(x[0]), np.inf),
    )
    sufficient = relative_entropy._SUFFICIENT

    def length(expected, tried):
        values.clear()
        values.update({0.0: 5.0, **tried})
        return relative_entropy._length(None, np.zeros(1), np.ones(1), 1.0, expected)

    assert length(1.0, {1.0: 5.0 - 1.01 * sufficient}) == 1.0
    assert length(1.0, {1.0: 5.0 - 0.99 * sufficient, 0.5: 5.0 - 0.51 * sufficient}) == 0.5
    assert length(1.0, {0.25: 4.0}) == 0.25  # the others leave the states
    near = relative_entropy._NEAR
    assert length(0.99 * near, {1.0: 5.5}) == 1.0
    assert length(1.01 * near, {1.0: 5.5, 0.5: 4.0}) == 0.5
    assert length(1.0, {}) == 0.0


def test_the_first_order_of_a_bound_takes_the_best_multiple_of_one():
    rng = np.random.default_rng(5)
    gradient = np.array([mixed(rng) - 0.3 * mixed(rng) for _ in range(3)])
    each = np.abs(rng.normal(size=(3, 4, 4)))
    found = error_bounds._of_first_order(gradient, each)
    for k in range(3):
        off = sum(
            each[k, i, j] * abs(gradient[k, i, j]) for i in range(4) for j in range(4) if i != j
        )
        diagonal = np.diag(gradient[k]).real
        scan = np.linspace(diagonal.min(), diagonal.max(), 4001)
        shifted = np.abs(diagonal[:, None] - scan)
        best = np.min(np.diag(each[k]) @ shifted)
        assert found[k] == pytest.approx(off + best, rel=1e-3)
        assert found[k] <= off + best + 1e-12


def test_the_trace_norm_of_blocks():
    assert error_bounds._trace_norm(4, None) == 8.0
    zero = np.array([[0, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 0]], dtype=bool)
    assert error_bounds._trace_norm(4, zero) == pytest.approx(2 + 2**1.5)


def test_by_moving_adds_the_larger_move_of_each_element():
    weights = np.array([[1.0, 2 - 3j], [2 + 3j, -0.5]])

    def function(rho):
        value = np.trace(weights @ rho).real
        return value + 40 * max(value - 0.4, 0.0)

    rho = np.array([[0.6, 0.1j], [-0.1j, 0.4]])
    eps = np.array([[1e-3, 2e-3], [2e-3, 3e-3]])
    centre = function(rho)
    total = 0.0
    moves = [
        1e-3 * np.array([[0.5, 0], [0, -0.5]]), 2e-3 * np.array([[0, 1], [1, 0]]),
        2e-3 * np.array([[0, 1j], [-1j, 0]]), 3e-3 * np.array([[-0.5, 0], [0, 0.5]]),
    ]  # fmt: skip
    for move in moves:
        total += max(abs(function(rho + move) - centre), abs(function(rho - move) - centre))
    assert error_bounds.by_moving(function, rho, eps) == pytest.approx(total, rel=1e-12)
    assert error_bounds.by_moving(function, rho, 0.0) == 0.0


def test_the_noise_of_an_x_state_is_that_of_its_larger_step():
    rho, eps = x_state([0.1, 0.5, 0.35, 1e-4], inner=0.3), np.full((4, 4), 1e-3)
    eps[1, 2] = 2e-3
    p, step = np.diag(rho).real, 1e-3
    both = []
    for (a, b), (i, j) in (((0, 3), (1, 2)), ((1, 2), (0, 3))):
        root = np.sqrt(p[a] * p[b])
        up = np.sqrt((p[a] + step) * (p[b] + step)) - root
        down = root - np.sqrt(max(p[a] - step, 0) * max(p[b] - step, 0))
        both.append(max(up, down) + eps[i, j])
    assert concurrence_bounds._of_x_state(rho, eps) == pytest.approx(
        2 * max(both) + 4e-3, rel=1e-12
    )


def test_the_bound_of_an_x_state_moves_every_element_against_it():
    rho = np.array([x_state([0.1, 0.5, 0.35, 0.05], inner=0.3, outer=0.01)])
    zero = np.ones((4, 4), dtype=bool)
    for i, j in ((0, 0), (1, 1), (2, 2), (3, 3), (1, 2), (2, 1), (0, 3), (3, 0)):
        zero[i, j] = False
    eps = np.array([1e-3])
    value = np.array([2 * (0.3 - np.sqrt(0.005))])
    found = concurrence_bounds._concurrence_of_x(rho, eps, value, zero)
    e = 1e-3 + 2 * EPS
    low = 2 * (0.3 - e - np.sqrt((0.1 + e) * (0.05 + e)))
    high = 2 * (0.3 + e - np.sqrt((0.1 - e) * (0.05 - e)))
    assert found[0] == pytest.approx(max(high - value[0], value[0] - low), rel=1e-9)
    # Of errors by element the rounding is relative to the element.
    each = np.full((1, 4, 4), 1e-3)
    given = concurrence_bounds._concurrence_of_x(rho, each, value, zero)
    assert given[0] == pytest.approx(found[0], rel=1e-9)
    tiny = concurrence_bounds._concurrence_of_x(rho, np.zeros((1, 4, 4)), value, zero)
    assert 0 < tiny[0] < 6 * EPS
    only = zero.copy()
    only[1, 2] = only[2, 1] = True
    none = concurrence_bounds._concurrence_of_x(rho, eps, np.zeros(1), only)
    assert none[0] == 0.0
