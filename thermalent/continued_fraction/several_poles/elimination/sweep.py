r"""All tiers of a solution: the fold from the last tier down, and back up again.

For a start b on all tiers, with S_N and Z_N of the fraction,

$$t_N = b_N + Z_N t_{N+1}, \qquad (s - A_0 - K)\, x_0 = t_0, \qquad
  S_N x_N = t_N + B_N x_{N-1}$$

and of the transposed equation, with a gradient at tier 0 alone, \(S_N^T y_N = C_{N-1}^T y_{N-1}\).
The way up needs the factors of every S_N. Where memory does not hold them all, Z is kept at some
tiers and the factors between two of these are formed once more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    Factors,
    above,
    eliminate_tiers,
    number_type,
)

FACTORS = 2.5e8  # bytes of factors that are kept at a time


class TierSweep:
    """The fold of (s - L) with its factors, made again where they are not kept.

    Args:
        chain: The tiers.
        s: Laplace variable.
        last: The last tier.
        start: b at each tier from 0 up, arrays of the sizes of the tiers; none if not given.
        lowest: How many tiers will be asked for on the way up; all if not given.
    """

    def __init__(
        self,
        chain: Tiers,
        s: complex,
        last: int,
        start: list[np.ndarray] | None = None,
        lowest: int | None = None,
    ) -> None:
        self.chain, self.s, self.last = chain, s, last
        self.top = last if lowest is None else min(lowest, last)
        self.dtype = number_type(chain, s)
        bytes_per_tier = max(chain.sizes) ** 2 * np.dtype(self.dtype).itemsize
        stride = int(max(1, FACTORS // bytes_per_tier))
        # Tiers first to end of each stretch, from the lowest one up.
        self._stretches = [(n, min(n + stride - 1, last)) for n in range(1, last + 1, stride)]
        self._t = None if start is None else self._padded(start)
        self._marks: list[np.ndarray | None] = []  # Z at the end of each stretch
        self._lowest = Factors(1, np.zeros((0, 0, 0)), np.zeros((0, 0), dtype=np.int64))
        z: np.ndarray | None = None
        for first, end in reversed(self._stretches):
            self._marks.insert(0, z)
            keep = self.top if first == 1 else 0
            z, self._lowest = eliminate_tiers(chain, s, end, first, z, self._t, keep)
        self.k = above(chain, s, z)
        if self._t is not None:
            size = chain.tier0_size
            self.t0 = self._t[0, :size].copy()
            if z is not None:
                self.t0 += z[:size] @ self._t[1, : chain.sizes[1]]

    def up(self, x0: np.ndarray) -> list[np.ndarray]:
        """The solution at tiers 0, 1, ..., from that at tier 0."""
        from thermalent.continued_fraction.several_poles.elimination import sweep_kernels

        chain, x = self.chain, self._begun(x0)
        t = np.zeros((0, 0), dtype=x.dtype) if self._t is None else self._t.astype(x.dtype)
        for factors in self._factors():
            sweep_kernels.climb_tiers(chain.up, chain.lowest, *factors, t, x)
        return self._tiers(x)

    def up_transposed(self, y0: np.ndarray) -> list[np.ndarray]:
        """The solution of the transposed equation at tiers 0, 1, ..., from that at tier 0."""
        from thermalent.continued_fraction.several_poles.elimination import sweep_kernels

        chain, y = self.chain, self._begun(y0)
        for factors in self._factors():
            sweep_kernels.climb_tiers_transposed(chain.down, chain.lowest, *factors, y)
        return self._tiers(y)

    def _factors(self) -> Iterator[Factors]:
        """Those of the stretches of tiers, as far as they are asked for."""
        for i, (first, end) in enumerate(self._stretches):
            if first > self.top:
                return
            if i == 0:
                yield self._lowest
            else:
                yield eliminate_tiers(
                    self.chain, self.s, end, first, self._marks[i], keep=self.top
                )[1]

    def _begun(self, x0: np.ndarray) -> np.ndarray:
        """Zeros at all tiers that are asked for but the lowest."""
        dtype = np.result_type(x0.dtype, self.dtype)
        x = np.zeros((self.top + 1, max(self.chain.sizes)), dtype=dtype)
        x[0, : len(x0)] = x0
        return x

    def _tiers(self, x: np.ndarray) -> list[np.ndarray]:
        return [row[: self.chain.sizes[n % 2]] for n, row in enumerate(x)]

    def _padded(self, start: list[np.ndarray]) -> np.ndarray:
        """A start as one array, (tiers, largest size)."""
        found: np.ndarray = np.zeros((self.last + 1, max(self.chain.sizes)), dtype=self.dtype)
        for n, values in enumerate(start[: self.last + 1]):
            size = self.chain.sizes[n % 2]
            found[n, : len(values[:size])] = values[:size]
        return found
