r"""A preconditioned linear equation by minimal residuals, with the error that is left.

Every vector of the Krylov space is kept, because the equations of hot sources lose their
convergence by a restart. With M the preconditioner, \(r = b - A x\) and \(\bar H\) the
Hessenberg matrix of \(M A\) in that space,

$$\|x - A^{-1} b\|_2 \le \frac{\|M r\|_2}{\sigma_\min(M A)}, \qquad
  \sigma_\min(M A) \approx \sigma_\min(\bar H)$$

The smallest singular value of \(\bar H\) falls onto that of \(M A\) as the space grows. A very slow
direction may stay unseen as long as the residual is large: what is known of it beforehand
counts from the beginning, so that the residual falls until the direction is found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import linalg

Apply = Callable[[np.ndarray], np.ndarray]
_FIRST_LOOK, _NEXT_LOOK = 8, 1.1  # vectors at which the singular values are looked at, and ratio
_ROWS = 32
_ORTHOGONAL = 0.7  # a vector that loses more by projection is projected once more
_SAFETY = 3.0  # the smallest singular value is approached from above


class Solution(NamedTuple):
    """A solution, the 2-norm of its error, and what the equation looks like.

    Args:
        x: The solution, (n,).
        error: Bound of |x - A^{-1} b|_2, from the residual.
        smallest: Smallest singular value of M A that was seen.
        iterations: Products with A.
    """

    x: np.ndarray
    error: float
    smallest: float
    iterations: int


def minimal_residual(
    act: Apply,
    precondition: Apply,
    b: np.ndarray,
    guess: np.ndarray,
    tolerance: float,
    *,
    slowest: float = np.inf,
    most: int,
    report: Callable[[int], None] = lambda count: None,
) -> Solution:
    """Solve A x = b to an error, or as well as so many vectors allow.

    Args:
        act: x to A x.
        precondition: r to M r, about the error of x.
        b: Right-hand side, (n,).
        guess: Where to start, (n,).
        tolerance: Allowed 2-norm of the error.
        slowest: What is known of the smallest singular value of M A: it is not larger.
        most: Vectors that are kept at most.
        report: Called with the number of iterations.
    """
    start = precondition(b - act(guess))
    norm = float(np.linalg.norm(start))
    if norm == 0.0:
        return Solution(guess, 0.0, slowest, 1)
    vectors = _Rows(start / norm)
    hessenberg = np.zeros((most + 1, most), dtype=start.dtype)
    smallest, count, look = slowest, 0, _FIRST_LOOK
    for count in range(1, most + 1):
        column, new, length = vectors.projected(precondition(act(vectors.last)))
        hessenberg[:count, count - 1] = column
        hessenberg[count, count - 1] = length
        report(count)
        closed = not length > np.finfo(float).eps * np.linalg.norm(column)
        if not closed:
            vectors.append(new / length)
        if closed or count in (look, most):
            look = max(look + _FIRST_LOOK, int(_NEXT_LOOK * look))
            projected = hessenberg[: count + 1, :count]
            smallest = min(slowest, float(linalg.svdvals(projected)[-1]))
            left = _least_squares(projected, norm)[1]
            if closed or _SAFETY * left <= tolerance * smallest:
                break
    weights = _least_squares(hessenberg[: count + 1, :count], norm)[0]
    x = guess + vectors.combined(weights)
    # Anew: the residual of the recurrence does not know the rounding of the sum.
    residual = float(np.linalg.norm(precondition(b - act(x))))
    error = _SAFETY * residual / smallest if smallest > 0 else np.inf
    return Solution(x, error, smallest, count + 2)


class _Rows:
    """Orthonormal vectors in pieces of some rows: none is copied when there are more."""

    def __init__(self, first: np.ndarray) -> None:
        self._pieces: list[np.ndarray] = []
        self._count = 0
        self.append(first)

    @property
    def last(self) -> np.ndarray:
        """The vector that was added last."""
        return np.asarray(self._pieces[-1][(self._count - 1) % _ROWS])

    def append(self, vector: np.ndarray) -> None:
        """Add a vector."""
        if self._count % _ROWS == 0:
            self._pieces.append(np.zeros((_ROWS, len(vector)), dtype=vector.dtype))
        self._pieces[-1][self._count % _ROWS] = vector
        self._count += 1

    def projected(self, new: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """The components of a vector along these, what is left of it, and its length."""
        before = float(np.linalg.norm(new))
        column, new = self._once(new)
        length = float(np.linalg.norm(new))
        if length < _ORTHOGONAL * before:
            new = self._once(new)[1]  # the components are what they were, but for rounding
            length = float(np.linalg.norm(new))
        return column, new, length

    def _once(self, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        columns = []
        for piece in self._pieces:
            column = (piece @ new.conj()).conj()
            new = new - column @ piece
            columns.append(column)
        return np.concatenate(columns)[: self._count], new

    def combined(self, weights: np.ndarray) -> np.ndarray:
        """The sum of the first vectors with these weights."""
        total = np.zeros_like(self._pieces[0][0])
        for n, piece in enumerate(self._pieces):
            some = weights[n * _ROWS : (n + 1) * _ROWS]
            total += some @ piece[: len(some)]
        return total


def _least_squares(hessenberg: np.ndarray, norm: float) -> tuple[np.ndarray, float]:
    """The y of least |norm e_1 - H y|, and this least value."""
    target = np.zeros(len(hessenberg), dtype=hessenberg.dtype)
    target[0] = norm
    y = linalg.lstsq(hessenberg, target, lapack_driver="gelsy")[0]
    return y, float(np.linalg.norm(target - hessenberg @ y))
