"""Exponentials of triangular matrices with nearly equal eigenvalues, and of others."""

import mpmath
import numpy as np
import pytest
from scipy import linalg

from thermalent.numerics.matrix_exponential import matrix_exponential


def exact(matrix):
    """By Taylor's series in 60 digits."""
    with mpmath.workdps(60):
        found = mpmath.expm(mpmath.matrix(matrix.tolist()), method="taylor")
        return np.array(found.tolist(), dtype=complex)


def off(matrix):
    true = exact(matrix)
    return np.max(np.abs(matrix_exponential(matrix) - true)) / np.max(np.abs(true))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("apart", [0.0, 1e-15, 1e-12, 1e-6, 0.3])
@pytest.mark.parametrize("time", [0.01, 1.0, 15.0, 80.0])
def test_nearly_equal_eigenvalues(time, apart, kind, transposed):
    rates = 0.2044149859884658 * (1 + apart * np.array([0.0, 1.0, -0.5]))
    matrix = (-time * (np.diag(rates) + np.triu(np.full((3, 3), 0.2), 1))).astype(kind)
    matrix = matrix.T if transposed else matrix
    assert off(matrix) < 1e-13
    assert np.diag(matrix_exponential(matrix)) == pytest.approx(np.exp(-time * rates), rel=1e-15)


def test_stacks_of_several_shapes_and_full_matrices():
    rng = np.random.default_rng(2)
    full = rng.normal(size=(2, 4, 4)) + 1j * rng.normal(size=(2, 4, 4))
    stack = np.array(
        [full[0], np.triu(full[1]), np.tril(full[0]), np.diag(np.diag(full[1])), 0 * full[0]]
    )
    for found, matrix in zip(matrix_exponential(stack), stack, strict=True):
        np.testing.assert_allclose(found, exact(matrix), atol=1e-13 * np.max(np.abs(found)))
    np.testing.assert_array_equal(matrix_exponential(full), linalg.expm(full))
    assert matrix_exponential(np.array([[2.0]]))[0, 0] == pytest.approx(np.exp(2.0), rel=1e-15)
    assert matrix_exponential(np.zeros((0, 0))).shape == (0, 0)


def test_large_norms_decay_without_a_warning():
    with np.errstate(all="raise", under="ignore"):
        found = matrix_exponential(np.array([[-3e6, 1e6], [0.0, -3e6]]))
    np.testing.assert_array_equal(found, np.zeros((2, 2)))
