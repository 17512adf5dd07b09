r"""Exponentials of dense matrices, triangular ones with nearly equal eigenvalues included.

`scipy.linalg.expm` repairs the elements beside the diagonal of a triangular matrix by
\((e^a - e^b)/(a - b)\). Where a and b differ by rounding only, as the rates of equal cavities in a
row do, that has no correct digit. A block beside the matrix that is not triangular has it treat the
whole as a general one.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

_SMALL = 1e-3  # the block's elements, in the largest of the matrices: it does not set their scaling


def matrix_exponential(matrices: np.ndarray) -> np.ndarray:
    """exp(A) of square matrices.

    Args:
        matrices: A, (..., n, n).

    Returns:
        Exponentials to rounding times the norm of A, (..., n, n); the diagonal of that of a
        triangular A is exact relative to each of its elements.
    """
    n = matrices.shape[-1]
    lower, upper = (np.any(part(matrices), axis=(-2, -1)) for part in (_below, _above))
    if n < 2 or np.all(lower & upper):
        return np.asarray(linalg.expm(matrices))
    whole = np.zeros((*matrices.shape[:-2], n + 2, n + 2), dtype=matrices.dtype)
    whole[..., :n, :n] = matrices
    turn = _SMALL * float(np.max(np.abs(matrices), initial=0.0)) or 1.0
    whole[..., n, n + 1], whole[..., n + 1, n] = turn, -turn  # a rotation, which cannot overflow
    found = np.asarray(linalg.expm(whole)[..., :n, :n])
    own = np.arange(n)
    diagonal = np.exp(matrices[..., own, own])
    triangular = ~(lower & upper)[..., None]
    found[..., own, own] = np.where(triangular, diagonal, found[..., own, own])
    return found


def _below(matrices: np.ndarray) -> np.ndarray:
    return np.tril(matrices, -1)


def _above(matrices: np.ndarray) -> np.ndarray:
    return np.triu(matrices, 1)
