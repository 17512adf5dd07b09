"""Stationary states of the emitters' effective generator A_0 + K at tier 0, unique or not."""

from __future__ import annotations

from functools import cached_property
from typing import cast

import numpy as np

from thermalent.continued_fraction.chain import rounding
from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import Solve
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.numerics.natural_unit import natural_unit

_EPS = float(np.finfo(float).eps)


class TierZeroEquation:
    """The equation (A_0 + K) x = 0 at tier 0 of a chain."""

    def __init__(self, chain: HierarchyChain | Tiers, hierarchy: Hierarchy | None = None) -> None:
        tier0_size = chain.tier0_size
        self.chain = chain
        self.hierarchy = hierarchy
        self._inverse: tuple[np.ndarray, np.ndarray] | None = None  # the last K, and what follows
        self.a = chain.a[0][:tier0_size, :tier0_size]
        self.basis = chain.basis[0][:, :tier0_size]
        self.d = round(np.sqrt(self.basis.shape[0]))
        diagonal = np.arange(self.d) * (self.d + 1)
        self.trace = np.asarray(self.basis[diagonal].sum(axis=0)).real.ravel()
        self.row = int(np.argmax(self.trace > 0.5 * np.max(self.trace)))  # the first population
        # The trace stands among rates: a row of ones would be far from all others where these are
        # far from one, and the equations would count as singular.
        self.unit = natural_unit(float(np.max(np.abs(self.a))))
        self.source_rate = chain.source_rate if isinstance(chain, Tiers) else chain.rate

    def solve(self, k: np.ndarray) -> np.ndarray:
        """The null vector of A_0 + K of trace one, corrected once by its residual.

        Elimination alone loses slow rates to the rounding of fast ones in other rows.

        Raises:
            numpy.linalg.LinAlgError: singular to working precision.
        """
        pinned = self.pinned(k)
        inverse = np.linalg.inv(pinned)
        condition = np.linalg.norm(pinned, 1) * np.linalg.norm(inverse, 1)
        if not condition < 0.1 / _EPS:
            raise np.linalg.LinAlgError("singular to working precision")
        self._inverse = k, inverse
        x = inverse[:, self.row] * self.unit
        residual = -pinned @ x
        residual[self.row] += self.unit
        return np.asarray(x + inverse @ residual)

    def pinned(self, k: np.ndarray) -> np.ndarray:
        """A_0 + K with the trace times the unit of rates in the place of one row."""
        equations = self.a + k
        equations[self.row] = self.unit * self.trace
        return np.asarray(equations)

    def lost(self, k: np.ndarray, x: np.ndarray) -> float:
        """Error of the solution's matrix elements by the rounding of A, B and C.

        All folds share this rounding, so that their difference does not show it; see `rounding`.

        Args:
            k: K, of which x is the solution.
            x: The solution, the last that `solve` found.
        """
        known, inverse = self._inverse or (None, None)
        if known is not k or inverse is None:
            self.solve(k)
            return self.lost(k, x)
        from thermalent.continued_fraction.chain.kernels import rounding as rounding_kernels

        size, above = self._rounding
        return float(rounding_kernels.lost_by_rounding(inverse, self.row, size, k, above, x))

    @cached_property
    def _rounding(self) -> tuple[np.ndarray, np.ndarray]:
        """The sums of absolute values behind the elements of A_0, and a draw of the error of K."""
        if isinstance(self.chain, Tiers) or (self.chain.size is None and self.hierarchy is None):
            raise ValueError("What rounding loses is known of the tiers of a hierarchy only.")
        size = self.chain.size or rounding.sizes(cast(Hierarchy, self.hierarchy), self.chain)
        return size.a[0], rounding.lost_above(self.chain, size)

    def matrix(self, x: np.ndarray) -> np.ndarray:
        """The density matrix of the coordinates x."""
        return (self.basis @ x).reshape(self.d, self.d)

    def coordinates(self, rho: np.ndarray) -> np.ndarray:
        """The coordinates at tier 0 of a Hermitian matrix."""
        return (self.basis.conj().T @ np.asarray(rho, dtype=complex).ravel()).real

    def degenerate(self, k: np.ndarray, other: np.ndarray) -> bool:
        """Whether there are several null vectors, within the difference of two values of K."""
        return self.null_vectors(k, float(np.max(np.abs(k - other))))[0].shape[1] > 1

    def null_vectors(self, k: np.ndarray, uncertainty: float) -> tuple[np.ndarray, np.ndarray]:
        """Right and left null vectors of A_0 + K as columns, (tier0, m) each.

        Singular values that the uncertainty of K cannot tell from zero count as zero.
        """
        u, values, vh = np.linalg.svd(self.a + k)
        count = int(np.count_nonzero(values <= uncertainty + 10 * _EPS * values[0]))
        keep = slice(len(values) - count, None)
        return vh[keep].T, u[:, keep]


def resolvent(chain: HierarchyChain | Tiers, b: np.ndarray, s: complex) -> Solve:
    """The equation (s - A_0 - K) x = b at tier 0."""
    a = chain.a[0][: chain.tier0_size, : chain.tier0_size]

    def solve(k: np.ndarray) -> np.ndarray:
        return np.linalg.solve(s * np.eye(chain.tier0_size) - a - k, b)

    return solve
