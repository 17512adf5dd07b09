r"""Conserved quantities of the network, made exact in the equation of the emitters.

The emitters' Laplace transform solves \((z - A_0 - K(z))\, x = b\). A conserved quantity w of the
emitters (the trace, the population of a dark state) has \(w^T A_0 = 0\) and \(w^T C_0 = 0\), hence

$$w^T x(z) = w^T b / z$$

In floating point the sum of the rows of the equation gives this only to eps times the largest rate,
as if the trace decayed at that rate: after a time T the error is T eps. So one row of the equation
is replaced by this one, for each conserved quantity, and the error no longer grows with time. The
same equation at z = 0 is that of the stationary state which b reaches.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import linalg

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.tiers import BlockEntries, Tiers

_EPS = float(np.finfo(float).eps)
# A row replaced should not be one of a weakly coupled tier, whose small entries are accurate.
_SMALL_ROW = 1e-3


class Conserved:
    """The conserved quantities of a chain at tier 0.

    Args:
        chain: The tiers.
    """

    def __init__(self, chain: HierarchyChain | Tiers) -> None:
        tier0_size = chain.tier0_size
        self.left = _null_vectors(chain, _rows(chain))  # (tier0, m)
        size = np.max(np.abs(_rows(chain)), axis=1, initial=0.0)
        weight = size + _SMALL_ROW * np.max(size, initial=0.0)
        count = self.left.shape[1]
        if count and np.any(weight):
            pivoted = linalg.qr((self.left * weight[:, None]).conj().T, mode="r", pivoting=True)[1]
            self.rows = np.asarray(pivoted[:count])
        else:
            self.rows = np.arange(tier0_size)[:count]
        self._rows = np.ascontiguousarray(self.left.T)
        self._scale = max(float(np.max(size, initial=0.0)), chain.rate)

    def transform(self, matrix: np.ndarray, right: np.ndarray, z: complex) -> np.ndarray:
        """The solution x of (z - A_0 - K) x = b.

        Args:
            matrix: z - A_0 - K(z), (tier0, tier0); overwritten.
            right: b, (tier0,).
            z: Laplace variable, not zero.
        """
        return np.linalg.solve(*self._pinned(matrix, right, 1 / z, self._scale + abs(z)))

    def transforms(self, matrices: np.ndarray, right: np.ndarray, nodes: np.ndarray) -> np.ndarray:
        """The solutions of equations with one right-hand side b, as `transform` at each z, (n, t).

        Args:
            matrices: z - A_0 - K(z) of each z, (n, tier0, tier0); overwritten.
            right: b, (tier0,).
            nodes: Laplace variables, (n,), not zero.
        """
        rights = np.repeat(right.astype(complex)[None], len(nodes), axis=0)
        if self.rows.size:
            scales = (self._scale + np.abs(nodes))[:, None]
            matrices[:, self.rows] = self._rows * scales[..., None]
            inverse = np.array([1 / z for z in nodes.tolist()])
            rights[:, self.rows] = (self._rows @ rights[0]) * scales * inverse[:, None]
        return np.asarray(np.linalg.solve(matrices, rights[..., None])[..., 0])

    def limit(self, matrix: np.ndarray, right: np.ndarray) -> np.ndarray | None:
        """The limit of x(z) z for z -> 0; None if further quantities are nearly conserved.

        Args:
            matrix: -A_0 - K(0), (tier0, tier0); overwritten.
            right: b at z = 0, (tier0,).
        """
        matrix, right = self._pinned(matrix, right, 1.0, self._scale)
        right[np.setdiff1d(np.arange(len(right)), self.rows)] = 0.0
        # Rows of weakly coupled tiers are small and accurate: only their direction counts.
        size = np.max(np.abs(matrix), axis=1)
        if not np.all(size > 0):
            return None
        matrix, right = matrix / size[:, None], right / size
        try:
            inverse = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            return None
        condition = np.linalg.norm(matrix, 1) * np.linalg.norm(inverse, 1)
        return np.linalg.solve(matrix, right) if condition < 0.01 / _EPS else None

    def _pinned(
        self, matrix: np.ndarray, right: np.ndarray, factor: complex, scale: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The equation with the rows replaced; the matrix is overwritten.

        They are scaled as large as the other rows, so that elimination begins with them, and the
        others do not drown them where z is large.
        """
        right = right.astype(np.result_type(right, self._rows, factor))
        if self.rows.size:
            kept = self._rows @ right
            matrix[self.rows] = self._rows * scale
            right[self.rows] = kept * scale * factor
        return matrix, right


def reading_with_trace(
    chain: HierarchyChain | Tiers, start: np.ndarray
) -> Callable[..., np.ndarray]:
    """A function that reads tier 0 of a propagated vector and restores its initial trace.

    Steps lose a little of the trace each, always with the same sign where the state no longer
    changes: after many steps that would be their largest error.
    """
    tier0_size, trace = chain.tier0_size, _trace(chain)
    kept = float(np.sum(trace[:, 0] * start[:tier0_size])) if trace.size else 0.0

    def read(y: np.ndarray) -> np.ndarray:
        x = y[:tier0_size]
        return x * (kept / (trace[:, 0] @ x)) if kept else x.copy()

    return read


def _rows(chain: HierarchyChain | Tiers) -> np.ndarray:
    """The matrices A_0 and C_0 side by side, which act on tier 0, (tier0, tier0 + m_1)."""
    tier0_size, down = chain.tier0_size, chain.down[0]
    above = np.zeros((tier0_size, chain.a[1].shape[0]), dtype=chain.a[0].dtype)
    in_tier = down.row < tier0_size
    if isinstance(down, BlockEntries):
        values = down.at(0)  # couplings into tier 0 have no quanta along the chain
    else:
        values = down.value * np.sqrt(np.maximum(1.0 - 0.5 * down.e, 0.0))
    np.add.at(above, (down.row[in_tier], down.col[in_tier]), values[in_tier])
    return np.concatenate([chain.a[0][:tier0_size, :tier0_size], above], axis=1)


def _null_vectors(chain: HierarchyChain | Tiers, rows: np.ndarray) -> np.ndarray:
    """Left null vectors of the rows as orthonormal columns that span the trace, (tier0, m).

    Rows and columns are brought to size one before, so that a slow rate is no null vector. What
    there is beside the trace is told apart there as well: brought back, the rounding of a vector
    is as large as a slow row is small, and the trace would look like two of them.
    """
    size = np.max(np.abs(rows), axis=1, initial=0.0)
    moving = np.flatnonzero(size > 0)
    vectors = [np.eye(len(size))[:, size == 0]]
    trace = _trace(chain)
    trace[size == 0] = 0.0
    trace = trace[:, np.any(trace, axis=0)]  # none is left if all that has a trace is conserved
    if moving.size:
        scaled = rows[moving] / size[moving, None]
        columns = np.max(np.abs(scaled), axis=0)
        scaled = scaled[:, columns > 0] / columns[columns > 0]
        u, values, _ = np.linalg.svd(scaled, full_matrices=True)
        values = np.concatenate([values, np.zeros(u.shape[0] - len(values))])
        null = u[:, values <= 8 * _EPS * np.sqrt(scaled.size) * values[0]].conj()
        known = trace[moving] * size[moving, None]
        known = known / np.linalg.norm(known, axis=0)
        others, parts, _ = np.linalg.svd(null - known @ (known.T @ null), full_matrices=False)
        others = others[:, parts > 0.5]  # each is one, or zero for the trace
        unscaled = np.zeros((len(size), others.shape[1]), dtype=others.dtype)
        unscaled[moving] = others / size[moving, None]
        vectors.extend([trace, unscaled / np.linalg.norm(unscaled, axis=0)])
    return np.linalg.qr(np.concatenate(vectors, axis=1))[0]


def _trace(chain: HierarchyChain | Tiers) -> np.ndarray:
    """The trace as a vector on tier 0, (tier0, 1); (tier0, 0) where it is always zero."""
    basis = chain.basis[0][:, : chain.tier0_size]
    d = round(np.sqrt(basis.shape[0]))
    trace = np.asarray(basis[np.arange(d) * (d + 1)].sum(axis=0)).ravel()
    return trace.real[:, None] if np.any(trace) else np.zeros((chain.tier0_size, 0))
