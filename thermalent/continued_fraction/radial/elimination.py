"""Factors of the equation of all elements: their insides first, then their ends.

What belongs to the inside of an element is eliminated, all elements at once; the ends are left as a
block-tridiagonal equation, which is eliminated from both sides towards one of them. Inverses are
kept instead of triangles: they serve the equation, the correction of its solution by the residual,
which makes up for their rounding, and the adjoint equation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ElementFactors(NamedTuple):
    """The equation of all elements, factored; the unknowns of an element's ends stand first.

    Args:
        elements: The equations of the elements, (e, n, n), of which the whole is the sum.
        inside: Inverses of their insides, (e, i, i).
        inner: Insides that follow from the ends, (e, i, 2 m).
        outer: What right-hand sides of the insides add to those of the ends, (e, 2 m, i).
        pivots: Inverses of the blocks that remain of the ends, (e + 1, m, m).
        upper: Blocks from each end to the one below, (e, m, m).
        lower: Blocks from each end to the one above, (e, m, m).
        meet: The end towards which the others are eliminated.
    """

    elements: np.ndarray
    inside: np.ndarray
    inner: np.ndarray
    outer: np.ndarray
    pivots: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    meet: int

    @property
    def transposed(self) -> ElementFactors:
        """The factors of the adjoint equation."""

        def turned(blocks: np.ndarray) -> np.ndarray:
            return blocks.transpose(0, 2, 1)

        return ElementFactors(
            elements=turned(self.elements),
            inside=turned(self.inside),
            inner=turned(self.outer),
            outer=turned(self.inner),
            pivots=turned(self.pivots),
            upper=turned(self.lower),
            lower=turned(self.upper),
            meet=self.meet,
        )

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The solution in the unknowns of each element, (e, n, k), corrected by its residual.

        Args:
            right: Right-hand sides, (e, n, k); those of an end that two elements share add up.
        """
        solution = self._solve(right)
        return solution + self._solve(right - self.elements @ solution)

    def _solve(self, right: np.ndarray) -> np.ndarray:
        m, last = self.pivots.shape[1], len(self.pivots) - 1
        ends = right[:, : 2 * m] + self.outer @ right[:, 2 * m :]
        given = np.zeros((last + 1, m, right.shape[2]))
        given[:-1] += ends[:, :m]
        given[1:] += ends[:, m:]
        for k in range(self.meet):
            given[k + 1] -= self.lower[k] @ (self.pivots[k] @ given[k])
        for k in range(last, self.meet, -1):
            given[k - 1] -= self.upper[k - 1] @ (self.pivots[k] @ given[k])
        found = self.pivots @ given
        for k in range(self.meet - 1, -1, -1):
            found[k] -= self.pivots[k] @ (self.upper[k] @ found[k + 1])
        for k in range(self.meet + 1, last + 1):
            found[k] -= self.pivots[k] @ (self.lower[k - 1] @ found[k - 1])
        both = np.concatenate([found[:-1], found[1:]], axis=1)
        inside = self.inside @ right[:, 2 * m :] + self.inner @ both
        return np.concatenate([both, inside], axis=1)


def factored(elements: np.ndarray, m: int, meet: int) -> ElementFactors:
    """The factors of an equation.

    Args:
        elements: Equations of the elements, (e, n, n), the 2 m unknowns of their ends first.
        m: Unknowns of an end.
        meet: The end towards which the others are eliminated.

    Raises:
        numpy.linalg.LinAlgError: a block is singular.
    """
    inside = np.linalg.inv(elements[:, 2 * m :, 2 * m :])
    inner = -inside @ elements[:, 2 * m :, : 2 * m]
    outer = -elements[:, : 2 * m, 2 * m :] @ inside
    ends = elements[:, : 2 * m, : 2 * m] + elements[:, : 2 * m, 2 * m :] @ inner
    upper, lower = ends[:, :m, m:], ends[:, m:, :m]
    pivots = np.zeros((len(elements) + 1, m, m))
    pivots[:-1] += ends[:, :m, :m]
    pivots[1:] += ends[:, m:, m:]
    for k in range(meet):
        pivots[k] = np.linalg.inv(pivots[k])
        pivots[k + 1] -= lower[k] @ pivots[k] @ upper[k]
    for k in range(len(elements), meet, -1):
        pivots[k] = np.linalg.inv(pivots[k])
        pivots[k - 1] -= upper[k - 1] @ pivots[k] @ lower[k - 1]
    pivots[meet] = np.linalg.inv(pivots[meet])
    return ElementFactors(elements, inside, inner, outer, pivots, upper, lower, meet)
