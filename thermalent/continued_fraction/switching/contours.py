r"""exp(L t) y on all tiers for long times, by contours in the Laplace domain.

$$e^{Lt} y \approx \sum_k w_k\, e^{z_k t}\, (z_k - L)^{-1} y$$

Unlike the contours of one evolution (see `dynamics.relaxation`), which need tier 0 alone, these
give the whole vector, from which the next network goes on. A contour for times around T misses what
oscillates faster than a few N/T; see there how the comparison with steps shows it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.laplace.inversion import SPAN
from thermalent.continued_fraction.switching import kernels
from thermalent.numerics.inverse_laplace import hyperbola

_SHIFT = SPAN**0.6  # first time of the next contour over that of this one
_PER_NODE = 24.0  # multiplications of one node, per tier and cube of its unknowns
_EPS = float(np.finfo(float).eps)


class AllTiersResolvent(Protocol):
    """(z - L)^{-1} on all tiers."""

    @property
    def cost(self) -> float:
        """Approximate number of multiplications of one solution."""
        ...

    def solve(self, z: complex, y: np.ndarray) -> np.ndarray:
        """(z - L)^{-1} y."""
        ...


class TierResolvent:
    """(z - L)^{-1} on all tiers, each of which couples to its neighbours alone.

    Args:
        matrix: L, (size, size).
        offset: Position of each tier, and the size, (n + 1,).
        conserved: What the equation at tier zero keeps exactly.
    """

    def __init__(self, matrix: sparse.csr_array, offset: np.ndarray, conserved: Conserved) -> None:
        self.offset, self.conserved = np.asarray(offset), conserved
        sizes = np.diff(self.offset)
        count, most = len(sizes), int(sizes.max())
        elements = sparse.coo_array(matrix)
        row, col = elements.coords
        tier = np.repeat(np.arange(count), sizes)
        own, other = tier[row], tier[col]
        within = row - self.offset[own], col - self.offset[other]
        self.blocks = []
        for distance in (0, -1, 1):
            use = other - own == distance
            block = np.zeros((count, most, most), dtype=complex)
            block[own[use], within[0][use], within[1][use]] = elements.data[use]
            self.blocks.append(block)

    @property
    def cost(self) -> float:
        """Approximate number of multiplications of one solution."""
        return _PER_NODE * float(np.sum(np.diff(self.offset).astype(float) ** 3))

    def solve(self, z: complex, y: np.ndarray) -> np.ndarray:
        """(z - L)^{-1} y."""
        right = y.astype(complex)
        ground, tails = kernels.fold(*self.blocks, self.offset, complex(z), right)
        size = int(self.offset[1])
        right[:size] = self.conserved.transform(
            np.ascontiguousarray(ground[:size, :size]), ground[:size, size].copy(), complex(z)
        )
        kernels.unfold(tails, self.offset, right)
        return right


class TierContour:
    """exp(L t) y for the times from `first` to `SPAN` times that.

    Args:
        resolvent: Of L.
        y: The vector at time zero, real where L is.
        first: The first time.
        count: Nodes in the upper half plane.
    """

    def __init__(
        self, resolvent: AllTiersResolvent, y: np.ndarray, first: float, count: int
    ) -> None:
        self.first, self.real = first, not np.iscomplexobj(y)
        nodes, weights = hyperbola(first, SPAN * first, count)
        if self.real:
            weights = weights / 1j  # of which the real part
        else:
            nodes = np.concatenate([nodes, nodes.conj()])
            weights = np.concatenate([weights, -weights.conj()]) / 2j
        self.nodes = nodes
        solved = np.array([resolvent.solve(complex(z), y) for z in nodes])
        self.factors = weights[:, None] * solved

    def at(self, time: float) -> np.ndarray:
        """The vector at a time."""
        values = np.exp(self.nodes * time) @ self.factors
        return values.real if self.real else values

    def rounding(self, time: float) -> float:
        """Rounding error of the terms and of the phases z t, the largest element."""
        phases = self.nodes * time
        size = np.abs(np.exp(phases)) * (1 + np.abs(phases))
        return _EPS * float(np.max(size @ np.abs(self.factors)))


class ContourChain:
    """Contours for the times from `first` to `last`, each made when it is needed.

    Args:
        resolvent: Of L.
        y: The vector at time zero.
        first: The first time.
        last: The last time.
        count: Nodes of each in the upper half plane.
    """

    def __init__(
        self, resolvent: AllTiersResolvent, y: np.ndarray, first: float, last: float, count: int
    ) -> None:
        self.resolvent, self.y, self.count = resolvent, y, count
        self.firsts = [first]
        while self.firsts[-1] * SPAN < last:
            self.firsts.append(self.firsts[-1] * _SHIFT)
        self._known: dict[int, TierContour] = {}

    @property
    def cost(self) -> float:
        """Approximate number of multiplications of all of them."""
        each = self.count if not np.iscomplexobj(self.y) else 2 * self.count
        return each * len(self.firsts) * self.resolvent.cost

    def contour(self, number: int) -> TierContour:
        """One of the contours."""
        if number not in self._known:
            first = self.firsts[number]
            self._known[number] = TierContour(self.resolvent, self.y, first, self.count)
        return self._known[number]

    def serving(self, time: float) -> TierContour:
        """The contour that gives the vector at a time, the last that begins before it."""
        number = int(np.searchsorted(self.firsts, time, side="right")) - 1
        return self.contour(max(number, 0))

    def mismatch(self) -> float:
        """Largest difference of neighbouring contours where they overlap: what the later misses."""
        largest = 0.0
        for number in range(1, len(self.firsts)):
            for time in (self.firsts[number], 2 * self.firsts[number]):
                one, other = (self.contour(i).at(time) for i in (number - 1, number))
                largest = max(largest, float(np.max(np.abs(one - other))))
        return largest
