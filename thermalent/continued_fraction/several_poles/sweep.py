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
from typing import NamedTuple

import numpy as np
from scipy import linalg

from thermalent.continued_fraction.several_poles.assembly import existing
from thermalent.continued_fraction.several_poles.evaluation import (
    above,
    eliminated,
    number_type,
)
from thermalent.continued_fraction.several_poles.tiers import BlockEntries, Tiers

_FACTORS = 2.5e8  # bytes of factors that are kept at a time


class Factors(NamedTuple):
    """Triangular factors of S_n^T, and the tier."""

    n: int
    lu: np.ndarray
    pivots: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """S_n^{-1} on a vector."""
        return self._solve(right, 1)

    def solve_transposed(self, right: np.ndarray) -> np.ndarray:
        """S_n^{-T} on a vector."""
        return self._solve(right, 0)

    def _solve(self, right: np.ndarray, trans: int) -> np.ndarray:
        complex_numbers = np.iscomplexobj(right) or np.iscomplexobj(self.lu)
        solver = linalg.lapack.zgetrs if complex_numbers else linalg.lapack.dgetrs
        found: np.ndarray = solver(self.lu, self.pivots, right, trans=trans)[0]
        return found


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
        size = max(chain.sizes)
        bytes_per_tier = size**2 * np.dtype(number_type(chain, s)).itemsize
        self.stride = int(max(1, _FACTORS // bytes_per_tier))
        self.started = start is not None
        self._t: dict[int, np.ndarray] = {}
        self._marks: dict[int, np.ndarray | None] = {}  # Z_n where a stretch of tiers ends
        self._lowest: list[Factors] = []  # of the first stretch
        t, z = None, None
        for n in range(last, 0, -1):
            if n % self.stride == 0 or n == last:
                self._marks[n] = z
            if start is not None:
                own = _at(start, n, chain.sizes[n % 2])
                t = own if t is None or z is None else own + z @ t
                if n <= self.top:
                    self._t[n] = t
            z, lu, pivots = eliminated(chain, s, n, z)
            if n <= min(self.stride, self.top):
                self._lowest.append(Factors(n, lu, pivots))
        self.k = above(chain, s, z)
        if start is not None:
            own = _at(start, 0, chain.tier0_size)
            self.t0 = own if t is None or z is None else own + z @ t

    def factors(self) -> Iterator[Factors]:
        """Those of tier 1, 2, ..., as far as they are asked for."""
        yield from reversed(self._lowest)
        first = self.stride
        while first < self.top:
            end = min(first + self.stride, self.last)
            z, found = self._marks[end], []
            for n in range(end, first, -1):
                z, lu, pivots = eliminated(self.chain, self.s, n, z)
                if n <= self.top:
                    found.append(Factors(n, lu, pivots))
            yield from reversed(found)
            first = end

    def up(self, x0: np.ndarray) -> list[np.ndarray]:
        """The solution at tiers 0, 1, ..., from that at tier 0."""
        x = [_padded(x0, self.chain.sizes[0])]
        for factors in self.factors():
            n = factors.n
            right = block_times_vector(self.chain.up[n % 2], n, x[-1], self.chain.sizes[n % 2])
            if self.started:
                right = right + self._t[n]
            x.append(factors.solve(np.where(existing(self.chain, n), right, 0)))
        return x

    def up_transposed(self, y0: np.ndarray) -> list[np.ndarray]:
        """The solution of the transposed equation at tiers 0, 1, ..., from that at tier 0."""
        y = [_padded(y0, self.chain.sizes[0])]
        for factors in self.factors():
            n = factors.n
            down = self.chain.down[1 - n % 2]
            swapped = BlockEntries(down.col, down.row, down.value, down.shift)
            right = block_times_vector(swapped, n - 1, y[-1], self.chain.sizes[n % 2])
            y.append(factors.solve_transposed(np.where(existing(self.chain, n), right, 0)))
        return y


def block_times_vector(entries: BlockEntries, tier: int, x: np.ndarray, size: int) -> np.ndarray:
    """A block with the values of a tier times a vector, (size,)."""
    terms = entries.at(tier) * x[entries.col]
    if np.iscomplexobj(terms):
        real = np.bincount(entries.row, terms.real, size)
        return real + 1j * np.bincount(entries.row, terms.imag, size)
    return np.bincount(entries.row, terms, size)


def _at(start: list[np.ndarray], n: int, size: int) -> np.ndarray:
    return _padded(start[n][:size], size) if n < len(start) else np.zeros(size)


def _padded(x: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([x, np.zeros(size - len(x), dtype=x.dtype)])
