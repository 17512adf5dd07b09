"""Elements of the emitters' superoperators in the basis of bright and dark states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.operators.superoperators import Superoperator, dense, sandwich

# An element this much smaller than the largest of its operator is the rounding of a sum that
# cancels.
_ROUNDING = 8 * np.finfo(float).eps
_SMALL = 8  # states; the basis of larger emitters is the product basis


class Elements(NamedTuple):
    """Nonzero elements of a superoperator on |f_i><f_j|: rows, columns and values."""

    row: np.ndarray
    col: np.ndarray
    value: np.ndarray


def emitter_elements(
    bright_dark: np.ndarray, superoperators: Sequence[Superoperator]
) -> list[Elements]:
    """The elements of each superoperator.

    Args:
        bright_dark: Basis of the emitters' space as columns, (d, d).
        superoperators: On the product basis, (d^2, d^2) each.
    """
    if len(bright_dark) > _SMALL:
        return [_of_sparse(superoperator) for superoperator in superoperators]
    change = dense(sandwich(bright_dark, bright_dark.conj().T))
    back = change.conj().T
    found = []
    for superoperator in superoperators:
        matrix = without_rounding_parts(back @ dense(superoperator) @ change)
        row, col = np.nonzero(matrix)
        found.append(Elements(row, col, matrix[row, col]))
    return found


def without_rounding(values: np.ndarray) -> np.ndarray:
    """The values without those that are rounding of the largest."""
    least = _ROUNDING * np.max(np.abs(values), initial=0.0)
    return np.where(np.abs(values) > least, values, 0.0)


def without_rounding_parts(matrix: np.ndarray) -> np.ndarray:
    """A complex matrix without real and imaginary parts that are rounding of its largest."""
    least = _ROUNDING * np.max(np.abs(matrix), initial=0.0)
    real = np.where(np.abs(matrix.real) > least, matrix.real, 0.0)
    return real + 1j * np.where(np.abs(matrix.imag) > least, matrix.imag, 0.0)


def _of_sparse(superoperator: Superoperator) -> Elements:
    matrix = sparse.csr_array(superoperator)
    matrix.sum_duplicates()
    entries = sparse.coo_array(matrix)
    value = without_rounding(entries.data.astype(complex))
    large = value != 0
    row, col = entries.row[large].astype(np.int64), entries.col[large].astype(np.int64)
    return Elements(row, col, value[large])
