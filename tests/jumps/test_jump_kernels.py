"""The compiled loops of quantum jumps one by one: series of a step, times of jumps, states read."""

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm

from tests.support.plain_kernels import plain
from thermalent.jumps import kernels as jump_kernels


@pytest.fixture
def kernels(monkeypatch):
    return plain(jump_kernels, monkeypatch)


def random_drift(rng, size):
    """Generator of kets whose norm falls: -i H - a positive matrix."""
    a, b = (rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)) for _ in range(2))
    return -0.5j * (a + a.conj().T) - 0.1 * b @ b.conj().T


def rows(matrix):
    found = sparse.csr_array(matrix)
    return found.indptr, found.indices, found.data


def series(kernels, matrix, psi, step, tolerance=1e-12):
    terms = np.zeros((kernels.SERIES_TERMS, len(psi)), dtype=complex)
    count = kernels.expand(rows(matrix), terms, psi, 0, len(psi), step, tolerance)
    return terms, count


@pytest.mark.parametrize("step", [0.01, 0.3, 1.0])
def test_a_series_is_the_exponential_and_as_long_for_a_short_ket(step, kernels):
    """How many terms count depends on the ket's direction and not on its norm."""
    rng = np.random.default_rng(1)
    matrix = random_drift(rng, 4)
    psi = rng.normal(size=4) + 1j * rng.normal(size=4)
    terms, count = series(kernels, matrix, psi, step)
    x = np.empty(4, dtype=complex)
    norm = kernels.evaluate_series(terms, count, 1.0, x, 0, 4)
    np.testing.assert_allclose(x, expm(matrix * step) @ psi, atol=1e-11)
    assert norm == pytest.approx(np.linalg.norm(x) ** 2, rel=1e-13)
    assert count < kernels.SERIES_TERMS
    # Two terms behind one another are below the tolerance, and the one before them is not.
    sizes = np.linalg.norm(terms[:count], axis=1)
    small = sizes <= 1e-12 * sizes[0]
    assert small[-2:].all()
    assert not small[-3]
    for scale in (1e-3, 1e3):
        assert series(kernels, matrix, scale * psi, step)[1] == count


@pytest.mark.parametrize("unit", [1e-90, 1e12, 1e90])
def test_a_series_is_the_same_in_any_unit_of_rates(unit, kernels):
    """Its terms belong to a step: the fortieth power of a rate in hertz would overflow."""
    rng = np.random.default_rng(1)
    matrix, psi = random_drift(rng, 4), rng.normal(size=4) + 0j
    expected, count = series(kernels, matrix, psi, 0.3)
    terms, as_many = series(kernels, matrix * unit, psi, 0.3 / unit)
    assert as_many == count
    np.testing.assert_allclose(terms, expected, rtol=1e-12, atol=1e-30)


@pytest.mark.parametrize("goal", [0.9, 0.5, 0.1])
def test_the_time_of_a_jump_takes_a_few_evaluations(goal, kernels, monkeypatch):
    """A secant that keeps both ends moving; bisection alone would take forty."""
    matrix, psi = np.diag([-0.5 + 0.3j, -4.0]), np.array([0.8 + 0j, 0.6])
    terms, count = series(kernels, matrix, psi, 3.0)
    x, taken = np.empty(2, dtype=complex), []
    evaluate = kernels.evaluate_series

    def counting(*arguments):
        taken.append(arguments[2])
        return evaluate(*arguments)

    after = evaluate(terms, count, 1.0, x, 0, 2)
    assert after < goal
    monkeypatch.setattr(kernels, "evaluate_series", counting)
    time = 3.0 * kernels.passing(terms, count, goal, x, 0, 2, after, 1e-12)
    left = expm(matrix * time) @ psi
    assert np.linalg.norm(left) ** 2 == pytest.approx(goal, rel=1e-9)
    np.testing.assert_allclose(x, left, atol=1e-9)
    assert len(taken) <= 14
    assert all(0 <= at <= 1.0 for at in taken)


def test_a_state_is_read_with_the_weight_of_the_last_levels(kernels):
    """Of a ket on part of the product states: the trace over the modes, and nothing left behind."""
    rng = np.random.default_rng(3)
    modes, emitters = 3, 2
    mode_of, emitter_of = (part.ravel() for part in np.indices((modes, emitters)))
    psi = rng.normal(size=6) + 1j * rng.normal(size=6)
    low, high = 1, 6
    grid = np.zeros((modes, emitters), dtype=complex)
    rho, top = np.zeros((emitters, emitters), dtype=complex), np.zeros(1)
    last = np.array([[False, False, True]])
    kernels.read(psi, mode_of, emitter_of, low, high, grid, rho, top, last)
    held = np.where(np.arange(6) < low, 0, psi).reshape(modes, emitters)
    held = held / np.linalg.norm(held)
    np.testing.assert_allclose(rho, held.T @ held.conj(), atol=1e-14)
    assert top[0] == pytest.approx(np.linalg.norm(held[2]) ** 2, rel=1e-13)
    assert not grid.any()
