"""Factors of the equation of all elements: their insides first, then their ends.

What belongs to the inside of an element is eliminated by its triangles; the ends are left as a
block-tridiagonal equation, which is eliminated from both sides towards one of them, with inverses
in the place of triangles. The same factors serve the equation, the correction of its solution by
the residual, which makes up for their rounding, and the adjoint equation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import lapack


class ElementFactors(NamedTuple):
    """The equation of all elements, factored; the unknowns of an element's ends stand first.

    Args:
        elements: The equations of the elements, (e, n, n), of which the whole is the sum.
        triangles: Of the insides of the elements, and the order of their rows.
        adjoint: Whether these are triangles of the transposed insides.
        inner: Insides that follow from the ends, (e, i, 2 m).
        pivots: Inverses of the blocks that remain of the ends, (e + 1, m, m).
        upper: Blocks from each end to the one below, (e, m, m).
        lower: Blocks from each end to the one above, (e, m, m).
        meet: The end towards which the others are eliminated.
    """

    elements: np.ndarray
    triangles: list[tuple[np.ndarray, np.ndarray]]
    adjoint: bool
    inner: np.ndarray
    pivots: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    meet: int

    @property
    def transposed(self) -> ElementFactors:
        """The factors of the adjoint equation."""

        def turned(blocks: np.ndarray) -> np.ndarray:
            return blocks.transpose(0, 2, 1)

        ends, elements = 2 * self.pivots.shape[1], turned(self.elements)
        return ElementFactors(
            elements=elements,
            triangles=self.triangles,
            adjoint=not self.adjoint,
            inner=-_inside(self.triangles, elements[:, ends:, :ends], not self.adjoint),
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
        own = _inside(self.triangles, right[:, 2 * m :], self.adjoint)
        ends = right[:, : 2 * m] - self.elements[:, : 2 * m, 2 * m :] @ own
        given = np.zeros((last + 1, m, right.shape[2]))
        given[:-1] += ends[:, :m]
        given[1:] += ends[:, m:]
        found = np.empty_like(given)
        for k in range(self.meet):
            found[k] = self.pivots[k] @ given[k]
            given[k + 1] -= self.lower[k] @ found[k]
        for k in range(last, self.meet, -1):
            found[k] = self.pivots[k] @ given[k]
            given[k - 1] -= self.upper[k - 1] @ found[k]
        found[self.meet] = self.pivots[self.meet] @ given[self.meet]
        for k in range(self.meet - 1, -1, -1):
            found[k] -= self.pivots[k] @ (self.upper[k] @ found[k + 1])
        for k in range(self.meet + 1, last + 1):
            found[k] -= self.pivots[k] @ (self.lower[k - 1] @ found[k - 1])
        both = np.concatenate([found[:-1], found[1:]], axis=1)
        return np.concatenate([both, own + self.inner @ both], axis=1)


def factored(elements: np.ndarray, m: int, meet: int) -> ElementFactors:
    """The factors of an equation.

    Args:
        elements: Equations of the elements, (e, n, n), the 2 m unknowns of their ends first.
        m: Unknowns of an end.
        meet: The end towards which the others are eliminated.

    Raises:
        numpy.linalg.LinAlgError: a block is singular.
    """
    triangles = [_triangles(inside) for inside in elements[:, 2 * m :, 2 * m :]]
    inner = -_inside(triangles, elements[:, 2 * m :, : 2 * m])
    ends = elements[:, : 2 * m, : 2 * m] + elements[:, : 2 * m, 2 * m :] @ inner
    upper, lower = ends[:, :m, m:], ends[:, m:, :m]
    pivots = np.zeros((len(elements) + 1, m, m))
    pivots[:-1] += ends[:, :m, :m]
    pivots[1:] += ends[:, m:, m:]
    for k in range(meet):
        pivots[k] = _inverse(pivots[k])
        pivots[k + 1] -= lower[k] @ pivots[k] @ upper[k]
    for k in range(len(elements), meet, -1):
        pivots[k] = _inverse(pivots[k])
        pivots[k - 1] -= upper[k - 1] @ pivots[k] @ lower[k - 1]
    pivots[meet] = _inverse(pivots[meet])
    return ElementFactors(elements, triangles, False, inner, pivots, upper, lower, meet)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a small matrix."""
    inverse, singular = lapack.dgetri(*_triangles(matrix))
    if singular:
        raise np.linalg.LinAlgError("Singular matrix")
    return np.asarray(inverse.T)


def _triangles(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangles of the transpose, in whose order of columns the matrix lies in memory."""
    triangles, order, singular = lapack.dgetrf(matrix.copy().T, overwrite_a=True)
    if singular:
        raise np.linalg.LinAlgError("Singular matrix")
    return triangles, order


def _inside(
    triangles: list[tuple[np.ndarray, np.ndarray]], right: np.ndarray, adjoint: bool = False
) -> np.ndarray:
    """The solutions of the equations of the insides, or of their transposes, (e, i, k)."""
    result = right.transpose(0, 2, 1).copy()
    for (triangle, order), given in zip(triangles, result, strict=True):
        lapack.dgetrs(triangle, order, given.T, trans=not adjoint, overwrite_b=True)
    return result.transpose(0, 2, 1)
