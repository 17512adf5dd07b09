r"""The inverse of tier zero by minimal residuals, where its factors would not fit into memory.

The dense factors of tier zero take \(n^2\) numbers: 549 GB for five pairs of qubits, of which one
vector of tier zero takes 1.5 MB. What is solved is the broadband Lindbladian \(A_0\) with the trace
in place of one row, divided by the upper triangle of the emitters' Lindbladian in the vacuum, in
which a cascade loses its excitations or carries them downstream. The number of products grows
slowly with the emitters: 82 for three pairs at r = 1 and 107 for four, for three digits.

A preconditioner may be inexact: what it leaves costs iterations of the lattice, not digits. What it
is asked for the error of those, it bounds by the smallest singular value of its own equation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from thermalent.continued_fraction.lattice.minimal_residual import Solution, minimal_residual

# A preconditioner needs no digits: error of a solution, relative to the first guess at it. A
# looser one fails; three digits take a quarter more products and save none of the iteration's.
_ENOUGH = 1e-2
# Two starts are solved this well to compare what they end in; states that differ by more are two.
_TO_COMPARE, _DISTINCT = 1e-6, 1e-3
_SINGULAR = 1e-13  # singular values, of an equation divided by its triangle, that are rounding
# A solution with a larger relative error is none.
_UNSOLVED = 0.1
VECTORS_OF_TIER_ZERO = 400
# Diagonal elements smaller than this part of the largest do not decay by themselves.
_RESTING = 1e-9


class UnsolvedError(ArithmeticError):
    """As many vectors as are kept do not solve tier zero."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BroadbandIteration:
    """A_0 with the trace pinned, and the triangle that divides it.

    Args:
        matrix: A_0 without the trace, (n, n).
        vacuum: The emitters' Lindbladian in the vacuum, (n, n).
        populations: Positions of the populations, of which the first is the first of all elements.
    """

    matrix: sparse.csr_array
    vacuum: sparse.csr_array
    populations: np.ndarray

    @property
    def singular(self) -> bool:
        """Whether the emitters have several stationary states under the broadband source.

        A solution keeps what it had of them at its start. One starts from nothing, the other one
        from random numbers, which hold a part of everything.
        """
        one, other = self._two
        if self._slowest < _SINGULAR:
            return True
        if max(one.error, other.error) > _UNSOLVED * float(np.linalg.norm(one.x)):
            return False  # not known; who solves is told
        apart = np.max(np.abs(one.x - other.x))
        return bool(apart > _DISTINCT * np.max(np.abs(one.x)))

    @property
    def state(self) -> np.ndarray:
        """The stationary state under the broadband source, as far as it converged, (n,)."""
        return self._two[0].x

    def solve(self, b: np.ndarray) -> np.ndarray:
        """A_0^{-1} b with the trace pinned.

        Raises:
            UnsolvedError: the iteration did not converge.
        """
        if not np.any(b):
            return np.zeros_like(b)
        wanted = _ENOUGH * self._guessed(b)
        solution = self._solution(b, np.zeros_like(b), wanted, self._slowest)
        if not solution.error <= _UNSOLVED * float(np.linalg.norm(solution.x)):
            # The first guess was much larger than the solution.
            wanted = _ENOUGH * float(np.linalg.norm(solution.x))
            solution = self._solution(b, solution.x, wanted, self._slowest)
        if not solution.error <= _UNSOLVED * float(np.linalg.norm(solution.x)):
            raise UnsolvedError
        return solution.x

    def _guessed(self, b: np.ndarray) -> float:
        """The 2-norm of the first guess at a solution."""
        return float(np.linalg.norm(self._triangle.solve(b)))

    def _solution(self, b: np.ndarray, start: np.ndarray, error: float, slowest: float) -> Solution:
        return minimal_residual(
            self._act, self._triangle.solve, b, start, error, slowest=slowest,
            most=min(VECTORS_OF_TIER_ZERO, len(b)),
        )  # fmt: skip

    def _act(self, x: np.ndarray) -> np.ndarray:
        out = np.asarray(self.matrix @ x)
        out[0] = np.sum(x[self.populations])
        return out

    @cached_property
    def _two(self) -> tuple[Solution, Solution]:
        """The stationary state from two starts."""
        size = self.matrix.shape[0]
        target = np.zeros(size, dtype=self.matrix.dtype)
        target[0] = 1.0
        start = np.random.default_rng(0).standard_normal(size) / np.sqrt(size)
        return (
            self._solution(target, np.zeros_like(target), _TO_COMPARE, np.inf),
            self._solution(target, start.astype(target.dtype), _TO_COMPARE, np.inf),
        )

    @cached_property
    def _slowest(self) -> float:
        """The smallest singular value of the preconditioned equation, as far as it was seen."""
        return min(solution.smallest for solution in self._two)

    @cached_property
    def _triangle(self) -> linalg.SuperLU:
        """The upper triangle of the vacuum with the trace as its first row."""
        upper = sparse.csr_array(sparse.triu(self.vacuum))
        diagonal = np.asarray(upper.diagonal())
        rate = float(np.max(np.abs(diagonal), initial=0.0)) or 1.0
        resting = np.abs(diagonal) < _RESTING * rate
        upper = sparse.csr_array(upper - sparse.diags_array(np.where(resting, rate, 0.0)))
        trace = np.zeros((1, upper.shape[1]), dtype=upper.dtype)
        trace[0, self.populations] = 1.0
        pinned = sparse.vstack([sparse.csr_array(trace), upper[1:]], format="csc")
        # Its own order: a triangle has no fill then.
        return linalg.splu(pinned, permc_spec="NATURAL", diag_pivot_thresh=0.0)
