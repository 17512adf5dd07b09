"""Density matrices as real vectors, in orthonormal Hermitian bases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.operators.superoperators import Superoperator, dense
from thermalent.support.errors import ArgumentError


def hermitian_basis(d: int) -> np.ndarray:
    """Orthonormal Hermitian matrices of one emitter, (d^2, d, d), the identity first.

    For two levels these are the Pauli matrices over sqrt(2); for more, the generalised Gell-Mann
    matrices.
    """
    basis = [np.eye(d, dtype=complex) / np.sqrt(d)]
    for i in range(d):
        for j in range(i + 1, d):
            for phase in (1.0, -1j):
                matrix = np.zeros((d, d), dtype=complex)
                matrix[i, j], matrix[j, i] = phase, np.conj(phase)
                basis.append(matrix / np.sqrt(2))
    for k in range(1, d):
        diagonal = np.array([1.0] * k + [-k] + [0.0] * (d - k - 1), dtype=complex)
        basis.append(np.diag(diagonal) / np.sqrt(k * (k + 1)))
    return np.array(basis)


def product_basis(dims: Sequence[int]) -> np.ndarray:
    """Columns vec(b), row-major, of all products of the emitters' basis matrices, (d^2, d^2).

    The index of the first emitter varies slowest.
    """
    matrices = np.ones((1, 1, 1), dtype=complex)
    for d in dims:
        local = hermitian_basis(d)
        rows = matrices.shape[1] * d
        matrices = np.einsum("aij,bkl->abikjl", matrices, local).reshape(-1, rows, rows)
    return matrices.reshape(len(matrices), -1).T


def element_basis(d: int) -> np.ndarray:
    """Columns vec(b) of the basis that reads off the elements of a density matrix, (d^2, d^2).

    The coordinates of rho are its diagonal, then sqrt(2) Re and sqrt(2) Im of its elements above
    the diagonal, in the order of `numpy.triu_indices`.
    """
    basis = np.zeros((d * d, d, d), dtype=complex)
    basis[np.arange(d), np.arange(d), np.arange(d)] = 1.0
    rows, columns = np.triu_indices(d, 1)
    real = d + np.arange(len(rows))
    for k, phase in ((real, 1.0), (real + len(rows), 1j)):
        basis[k, rows, columns] = phase / np.sqrt(2)
        basis[k, columns, rows] = np.conj(phase) / np.sqrt(2)
    return basis.reshape(d * d, -1).T


def real_form(superoperator: Superoperator, basis: np.ndarray) -> np.ndarray:
    """A superoperator that keeps matrices Hermitian, on the real coordinates of a basis.

    Raises:
        ValueError: it does not keep them Hermitian.
    """
    matrix = basis.conj().T @ (dense(superoperator) @ basis)
    scale = float(np.max(np.abs(matrix), initial=0.0))
    if np.max(np.abs(matrix.imag), initial=0.0) > 1e-12 * scale:
        raise ArgumentError("The superoperator does not keep Hermitian matrices Hermitian.")
    return matrix.real


def element_deviations(variances: np.ndarray, d: int) -> np.ndarray:
    """Standard deviations of the elements of rho from variances of its coordinates, (..., d, d)."""
    pairs = (d * d - d) // 2
    rows, columns = np.triu_indices(d, 1)
    matrix = np.zeros((*variances.shape[:-1], d, d))
    matrix[..., np.arange(d), np.arange(d)] = variances[..., :d]
    both = (variances[..., d : d + pairs] + variances[..., d + pairs :]) / 2
    matrix[..., rows, columns] = matrix[..., columns, rows] = both
    return np.sqrt(matrix)
