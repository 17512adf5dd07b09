r"""Two ways to solve \(\mathcal{L} y = b\) for a traceless b.

The Lindbladian is singular: y is fixed up to a multiple of the steady state, which the caller
normalises away. Both ways leave that multiple arbitrary.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from thermalent.fock.lindbladian import Lindbladian, generator_norm
from thermalent.fock.preconditioner import SweepPreconditioner

# Shift of the factorised matrix, part of the largest rate: well above rounding, so that no pivot is
# rounding alone, and well below any gap that leaves half of the digits.
_SHIFT = 1e-12
# Krylov vectors kept and recycled, and restarts before giving up: 40 * 50 = 2000 products.
KRYLOV_VECTORS = 40
_RESTARTS = 50


class Solver(Protocol):
    """The interface that `stationary` needs: a solve, and a count of the work."""

    name: str
    iterations: int
    entries: int

    def solve(self, b: np.ndarray, target: float) -> np.ndarray:
        """The solution of L y = b, its residual (2-norm) at most `target` if possible."""


class Direct:
    """Sparse LU factorisation of L - shift; `entries` counts those of both factors."""

    name = "direct"

    def __init__(self, lindbladian: Lindbladian) -> None:
        matrix = lindbladian.matrix
        scale = generator_norm(lindbladian)
        # A zero generator (emitters without any coupling) still gets a matrix with an inverse.
        shift = _SHIFT * scale if scale > 0 else 1.0
        shifted = sparse.csc_array(matrix - shift * sparse.eye_array(matrix.shape[0]))
        self._factors = linalg.splu(shifted, permc_spec="COLAMD", diag_pivot_thresh=0.1)
        self.entries = int(self._factors.nnz)
        self.iterations = 0

    def solve(self, b: np.ndarray, target: float) -> np.ndarray:
        """One back-substitution; the caller refines the solution."""
        self.iterations += 1
        return self._factors.solve(b)


class Iterative:
    """GCRO with truncation, preconditioned by sweeps over the evolution between jumps."""

    name = "iterative"

    def __init__(self, lindbladian: Lindbladian) -> None:
        self._matrix = lindbladian.matrix
        self._sweep = SweepPreconditioner(lindbladian)
        self.entries = int(lindbladian.matrix.nnz)
        self.iterations = 0

    def solve(self, b: np.ndarray, target: float) -> np.ndarray:
        """Iterate until the residual is below `target`, or no longer falls."""
        preconditioner = linalg.LinearOperator(self._matrix.shape, self._apply, dtype=float)
        y, _ = linalg.gcrotmk(
            self._matrix,
            b,
            M=preconditioner,
            rtol=0.0,
            atol=target,
            m=KRYLOV_VECTORS,
            k=KRYLOV_VECTORS // 2,
            maxiter=_RESTARTS,
        )
        return y

    def _apply(self, b: np.ndarray) -> np.ndarray:
        self.iterations += 1
        return self._sweep(b)
