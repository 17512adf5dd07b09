r"""Two ways to apply \(R = s (s - \mathcal{L})^{-1} = (1 - \mathcal{L}/s)^{-1}\) to a vector."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from thermalent.fock.lindbladian import Lindbladian, generator_norm
from thermalent.fock.preconditioner import SweepPreconditioner

_EPSILON = float(np.finfo(float).eps)
# Residuals of the iteration, in roundings of L/s.
_ROUNDINGS = 4.0
_KRYLOV = 20
_RESTARTS = 20


class Resolvent(Protocol):
    """R at one shift s."""

    def solve(self, b: np.ndarray) -> np.ndarray:
        """The product R b, or R of each column of b."""

    def residual(self, b: np.ndarray) -> float:
        """2-norm of the residual of (1 - L/s) x = b at which the iteration stops."""


class Factored:
    """R by the sparse LU factors of 1 - L/s, of any sector."""

    def __init__(self, matrix: sparse.csr_array, shift: float) -> None:
        identity = sparse.eye_array(matrix.shape[0])
        inverse = sparse.csc_array(identity - matrix / shift)
        self._factors = linalg.splu(inverse, permc_spec="COLAMD", diag_pivot_thresh=0.1)

    def solve(self, b: np.ndarray) -> np.ndarray:
        """One back-substitution."""
        return self._factors.solve(b)

    def residual(self, b: np.ndarray) -> float:
        """None: rounding is counted by the caller."""
        return 0.0


class Swept:
    """R by iteration, on elements of equal excitation number: exact in one sweep without heat.

    A sweep solves Sylvester equations of the size of a block of states instead of its square; the
    terms that it neglects (heat, dephasing) need a few iterations more.
    """

    def __init__(self, generator: Lindbladian, shift: float) -> None:
        self._shift = shift
        self._scale = generator_norm(generator)
        self._sweep = SweepPreconditioner(generator, shift)
        size = generator.matrix.shape
        self._inverse = linalg.LinearOperator(
            size, lambda x: x - generator.matrix @ x / shift, dtype=float
        )
        self._guess = linalg.LinearOperator(size, lambda x: -shift * self._sweep(x), dtype=float)

    def solve(self, b: np.ndarray) -> np.ndarray:
        """Iterate until the residual is at rounding, or no longer falls."""
        if b.ndim == 2:
            return np.stack([self.solve(column) for column in b.T], axis=1)
        x, _ = linalg.gcrotmk(
            self._inverse,
            b,
            x0=-self._shift * self._sweep(b),
            M=self._guess,
            rtol=0.0,
            atol=self.residual(b),
            m=_KRYLOV,
            k=_KRYLOV // 2,
            maxiter=_RESTARTS,
        )
        return x

    def residual(self, b: np.ndarray) -> float:
        """The residual at which the iteration stops."""
        return _ROUNDINGS * _EPSILON * (1 + self._scale / self._shift) * float(np.linalg.norm(b))
