"""Sums of sparse matrices with weights that change, at the cost of a sum of their elements."""

from __future__ import annotations

import numpy as np
from scipy import sparse


class SumOfMatrices:
    """Sums of sparse matrices with weights, the first with weight one."""

    def __init__(self, matrices: list[sparse.csr_array]) -> None:
        pattern = abs(matrices[0])
        for matrix in matrices[1:]:
            pattern = sparse.csr_array(pattern + abs(matrix))
        pattern.sort_indices()
        self.shape, self.indices, self.indptr = pattern.shape, pattern.indices, pattern.indptr
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr)).astype(np.int64)
        places = rows * self.shape[1] + self.indices
        all_data = []
        for matrix in matrices:
            entries = sparse.coo_array(matrix)
            row, col = entries.coords
            data = np.zeros(len(places), dtype=matrix.dtype)
            data[np.searchsorted(places, row.astype(np.int64) * self.shape[1] + col)] = entries.data
            all_data.append(data)
        self.first, self.rest = all_data[0], sparse.csr_array(np.array(all_data[1:]))

    @property
    def entries(self) -> int:
        """Nonzero elements of the sum."""
        return len(self.indices)

    def with_weights(self, weights: np.ndarray) -> sparse.csr_array:
        """The sum."""
        data = self.first + weights @ self.rest
        return sparse.csr_array((data, self.indices, self.indptr), shape=self.shape)
