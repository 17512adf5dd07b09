"""Equations that couple neighbouring tiers alone, each solved many times."""

from __future__ import annotations

import numpy as np
from scipy import sparse


class TierFactors:
    """A block-tridiagonal matrix, eliminated from the highest tier down once for all solutions.

    Args:
        matrix: The matrix, (n, n).
        offset: Position of each tier, and n, (tiers + 1,).
    """

    def __init__(self, matrix: sparse.csr_array, offset: np.ndarray) -> None:
        from thermalent.continued_fraction.several_poles.elimination import factor_kernels

        # Of one type: kernels are compiled anew for each, and scipy has short or long integers.
        indices, indptr = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
        self.elements = matrix.data, indices, indptr, offset
        places = np.concatenate([[0], np.cumsum(np.diff(offset) ** 2)])
        self.inverses = np.zeros(places[-1], dtype=matrix.dtype), places
        factor_kernels.invert_tiers(*self.elements, *self.inverses)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The solution for a right-hand side, (n,)."""
        from thermalent.continued_fraction.several_poles.elimination import factor_kernels

        x = right.astype(self.inverses[0].dtype)
        factor_kernels.solve_tiers(*self.elements, *self.inverses, x)
        return x
