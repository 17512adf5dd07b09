r"""The resolvent of a chain of large blocks, by LAPACK.

With M = z - L, whose blocks are D_n, -B_n (from the tier below) and -C_n (from the tier above),

$$K_n = D_n - C_n K_{n+1}^{-1} B_{n+1}, \qquad
  x_n = K_n^{-1} (b_n + C_n x'_{n+1} + B_n x_{n-1})$$

with x' the solution without the tiers below, and likewise for the transposed equation. One sparse
factorisation of M takes many times as long: its pivots fill the blocks and what stands beside them.
"""

from __future__ import annotations

import itertools

import numpy as np

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import HierarchyChain


class LargeBlocks:
    """A chain up to a tier, ready to be solved at any z.

    Args:
        chain: The tiers.
        last: The highest tier.
    """

    def __init__(self, chain: HierarchyChain, last: int) -> None:
        self.matrix = assemble(chain, last)
        self.sizes = abs(self.matrix)
        self.parts = [slice(int(a), int(b)) for a, b in itertools.pairwise(offsets(chain, last))]
        self.own = [self.matrix[part, :][:, part] for part in self.parts]
        pairs = list(itertools.pairwise(self.parts))
        self.up = [self.matrix[above, :][:, below] for below, above in pairs]  # B_1, B_2, ...
        self.down = [self.matrix[below, :][:, above] for below, above in pairs]  # C_0, C_1, ...

    def resolvent(
        self, z: complex, start: np.ndarray, size: np.ndarray, row: np.ndarray
    ) -> tuple[complex, float, float, float]:
        """The numbers of `Resolvents` at one z, not finite for a singular block.

        Args:
            z: Where.
            start: b on the lowest tiers.
            size: Sizes of the terms of b.
            row: r on the lowest tiers.
        """
        b, r = (np.zeros(self.matrix.shape[0], dtype=complex) for _ in range(2))
        b[: len(start)], r[: len(row)] = start, row
        try:
            x, y = self._solved(z, b, r)
        except np.linalg.LinAlgError:
            return np.nan, np.nan, np.nan, np.nan
        residual = b - z * x + self.matrix @ x
        share, terms = np.abs(y), self.sizes @ np.abs(x) + abs(z) * np.abs(x)
        return (
            complex(r @ x + y @ residual),
            float(share @ np.abs(residual)),
            float(share @ terms),
            float(share[: len(size)] @ size),
        )

    def _solved(self, z: complex, b: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The solutions of M x = b and M^T y = r."""
        x, y = b.copy(), r.copy()
        inverses: list[np.ndarray] = []
        for n in reversed(range(len(self.parts))):
            block = -self.own[n].toarray().astype(complex)
            block[np.diag_indices_from(block)] += z
            here = self.parts[n]
            if inverses:
                above = self.parts[n + 1]
                block -= self.down[n] @ (inverses[-1] @ self.up[n])
                x[here] += self.down[n] @ x[above]
                y[here] += self.up[n].T @ y[above]
            inverses.append(np.linalg.inv(block))
            x[here], y[here] = inverses[-1] @ x[here], inverses[-1].T @ y[here]
        inverses.reverse()
        for n, (below, here) in enumerate(itertools.pairwise(self.parts)):
            x[here] += inverses[n + 1] @ (self.up[n] @ x[below])
            y[here] += inverses[n + 1].T @ (self.down[n].T @ y[below])
        return x, y
