"""Whether large matrices are positive, beside their eigenvalues."""

import numpy as np
import pytest

import thermalent as te
from thermalent.operators import measures_together
from thermalent.operators.bounds import error_bounds
from thermalent.operators.bounds.elimination_kernels import positive_pivots
from thermalent.operators.state_checks import none_below, surely_above

DIMS = [2] * 7


def mixed(rng, rank, shift=0.0):
    """A state of seven qubits of some rank; its smallest eigenvalue is moved by a shift."""
    parts = rng.normal(size=(128, rank)) + 1j * rng.normal(size=(128, rank))
    rho = parts @ parts.conj().T
    values, vectors = np.linalg.eigh(rho / np.trace(rho).real)
    values[0] += shift
    return vectors * values @ vectors.conj().T


def test_an_eigenvalue_below_is_seen(rng):
    for rank in (1, 5, 128):
        assert none_below(mixed(rng, rank), -1e-12)
        assert not none_below(mixed(rng, rank, -2e-3), -1e-3)
    assert none_below(mixed(rng, 5, -0.5e-3), -1e-3)
    assert not none_below(np.full((128, 128), np.nan), -1.0)
    assert not none_below(np.eye(128), 0.0)  # rounding would decide
    assert not none_below(np.eye(4), -1.0)  # eigenvalues take no longer


def test_many_small_matrices_are_eliminated_together(rng):
    """As their eigenvalues say, but for those that rounding decides; nothing else is sure."""
    for d in (1, 2, 4, 8):
        parts = rng.normal(size=(50, d, d)) + 1j * rng.normal(size=(50, d, d))
        matrices = parts + parts.conj().swapaxes(1, 2)
        lowest = np.linalg.eigvalsh(matrices)[:, 0]
        for away in (-1e-3, -1e-12, 1e-12, 1e-3):
            expected = np.full(50, away < 0)
            assert np.array_equal(surely_above(matrices, lowest + away), expected)
        assert not surely_above(matrices, lowest).any()
    assert not surely_above(np.repeat(np.eye(4)[None], 3, axis=0), -1.0).any()  # few
    left, good = np.empty((2, 2), dtype=complex), np.empty(2, dtype=bool)
    two = np.array([[[1.0, 2j], [-2j, 5.0]], [[1.0, 2j], [-2j, 3.0]]])  # of determinants 1 and -1
    positive_pivots(two, np.zeros(2), 0.0, left, good)
    assert good.tolist() == [True, False]
    positive_pivots(two, np.array([0.2, 0.0]), 0.1, left, good)  # what is left of 1 is 0.8 - 0.48
    assert good.tolist() == [False, False]
    pure = np.zeros((20, 4, 4), dtype=complex)
    pure[:, 0, 0] = 1.0
    assert surely_above(pure, -1e-12).all()
    assert not surely_above(pure, 0.0).any()
    pure[1, 2, 2] = np.nan
    pure[2, 1, 1] = np.inf
    assert surely_above(pure, -1e-12).tolist() == [True, False, False, *17 * [True]]
    assert not surely_above(np.repeat(np.eye(16)[None], 20, axis=0), -1.0).any()  # large


def test_the_purity_of_many_qubits_takes_no_eigenvalues(rng, monkeypatch):
    """The same bits as with them; the bound of its error holds the change of a disturbed state."""
    rho = mixed(rng, 5)
    rho = (rho + rho.conj().T) / 2
    expected = float(np.sum(np.abs(rho / np.trace(rho).real) ** 2))
    for name in ("eigh", "eigvalsh"):
        monkeypatch.setattr(np.linalg, name, lambda matrix: pytest.fail("eigenvalues were taken"))
    assert te.purity(rho) == expected
    assert measures_together.purities(rho[None], np.array([1e-9]), DIMS)[0] == expected
    bound = error_bounds.purity_bound(rho[None], np.array([1e-6]), np.array([expected]))
    moved = rho + 1e-6 * np.sign(rho.real) * (1 - np.eye(128))
    away = abs(float(np.sum(np.abs(moved) ** 2)) - expected)
    assert away <= bound[0] <= 100 * away


def test_a_large_matrix_that_is_no_state_is_refused_with_its_eigenvalue(rng):
    rho = mixed(rng, 5, -1e-3)
    with pytest.raises(ValueError, match=r"its smallest eigenvalue is -0\.001"):
        te.purity(rho / np.trace(rho).real)
    # Within a tolerance it is read as the nearest state: what is negative is left out.
    rho /= np.trace(rho).real
    values = np.maximum(np.linalg.eigvalsh(rho), 0.0)
    expected = np.sum(values**2) / np.sum(values) ** 2
    assert te.purity(rho, tolerance=2e-3) == pytest.approx(expected, rel=1e-12)
