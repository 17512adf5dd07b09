"""Minimal residuals against a direct solution, and the bound of what they leave."""

import numpy as np
import pytest

from thermalent.continued_fraction.lattice.minimal_residual import _Rows, minimal_residual


def _equation(seed: int, *, n: int = 60, complex_: bool = False, slowest: float = 0.1):
    """A matrix near one with a direction that it makes small, and a right-hand side."""
    rng = np.random.default_rng(seed)
    matrix = np.eye(n) + 0.5 * rng.standard_normal((n, n)) / np.sqrt(n)
    b = rng.standard_normal(n)
    if complex_:
        matrix = matrix + 0.3j * rng.standard_normal((n, n)) / np.sqrt(n)
        b = b + 1j * rng.standard_normal(n)
    u, values, vh = np.linalg.svd(matrix)
    values[-1] = slowest
    return u @ np.diag(values) @ vh, b


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-9])
def test_the_error_is_bounded_and_reached(complex_, tolerance):
    for seed in range(10):
        a, b = _equation(seed, complex_=complex_)
        exact = np.linalg.solve(a, b)
        found = minimal_residual(
            lambda x, a=a: a @ x, lambda r: r, b, np.zeros_like(b), tolerance, most=60
        )
        true = np.linalg.norm(found.x - exact)
        assert true <= found.error <= 2 * tolerance
        assert found.error <= 1e3 * true + 1e-13
        assert found.smallest <= 1.5 * 0.1


def test_a_preconditioner_saves_products():
    a, b = _equation(3)
    inverse = np.linalg.inv(a + 0.01 * np.eye(len(b)))
    zero = np.zeros_like(b)
    plain = minimal_residual(lambda x: a @ x, lambda r: r, b, zero, 1e-8, most=60)
    helped = minimal_residual(lambda x: a @ x, lambda r: inverse @ r, b, zero, 1e-8, most=60)
    assert helped.iterations < plain.iterations / 2
    assert np.allclose(helped.x, plain.x, atol=2e-8)


def test_a_known_slow_direction_is_found_although_the_residual_is_small():
    """Without that knowledge the search ends before it, and the bound does not hold."""
    a, b = _equation(5, slowest=1e-6)
    left = np.linalg.svd(a)[0][:, -1]
    b = b - left * (left @ b) + 1e-5 * left  # hardly any residual along it, a solution of ten
    exact, zero = np.linalg.solve(a, b), np.zeros_like(b)
    blind = minimal_residual(lambda x: a @ x, lambda r: r, b, zero, 1e-2, most=60)
    assert np.linalg.norm(blind.x - exact) > blind.error
    told = minimal_residual(lambda x: a @ x, lambda r: r, b, zero, 1e-2, slowest=1e-6, most=60)
    assert np.linalg.norm(told.x - exact) <= told.error <= 1e-2


def test_too_few_vectors_say_what_is_left():
    a, b = _equation(7)
    found = minimal_residual(lambda x: a @ x, lambda r: r, b, np.zeros_like(b), 1e-9, most=5)
    assert found.error > 1e-9
    assert found.error >= np.linalg.norm(found.x - np.linalg.solve(a, b))


def test_the_solution_as_a_guess_takes_no_vector():
    a = np.eye(3)
    b = np.array([1.0, 2.0, 3.0])
    found = minimal_residual(lambda x: a @ x, lambda r: r, b, b, 1e-9, most=3)
    assert found.iterations == 1
    assert found.error == 0.0


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_what_is_left_of_a_vector_is_orthogonal_however_little_it_is(rng, scale):
    """Of a vector that nine digits of are components along others, whatever its unit."""
    basis = np.linalg.qr(rng.normal(size=(50, 40)) + 1j * rng.normal(size=(50, 40)))[0].T
    rows = _Rows(basis[0])
    for vector in basis[1:]:
        rows.append(vector)
    given = scale * (rng.normal(size=40) @ basis + 1e-9 * rng.normal(size=50))
    column, left, length = rows.projected(given)
    assert length == np.linalg.norm(left) < 1e-8 * scale
    assert np.max(np.abs(basis.conj() @ left)) < 1e-14 * length
    np.testing.assert_allclose(column @ basis + left, given, rtol=0, atol=1e-14 * scale)
