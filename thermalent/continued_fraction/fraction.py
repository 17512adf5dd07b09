r"""The matrix continued fraction, with its own evidence.

Eliminating all levels above zero leaves the emitters' effective generator \(A_0 + K(s)\), with

$$K(s) = C_0 \frac{1}{s + \lambda - A_1 - C_1 \frac{1}{s + 2\lambda - A_2 - \dots} B_2} B_1$$

It is evaluated twice. *Growing* upwards from level 1 (Steed's algorithm with matrices) yields the
exact increment of every level, so the truncation error is seen and the number of levels follows
from the tolerance. *Folding* the tail down from there is the numerically better order, and gives the
value. How far the two agree measures the rounding error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from thermalent.compiling import announced
from thermalent.continued_fraction import lapack
from thermalent.continued_fraction.levels import Band, Levels

# Up to this block size the numba kernels beat LAPACK calls level by level (measured, 2 cores).
SMALL = 32
MOST_LEVELS = 4_000_000

# From K at level 0: the solution x there, and the matrix that maps a change of K x to that of x.
Solve = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fraction:
    """An evaluated fraction.

    Args:
        k: K(s), (ground, ground).
        x: The solution at level 0, (ground,).
        levels: Highest level kept.
        truncation: Estimated error of x by the levels left out, the largest element.
        rounding: Estimated error of x by rounding, the largest element.
        residual: |x put into the equation with the other evaluation of K|, relative to its scale.
        uncertainty: Largest difference of the two evaluations of K, rate unit.
        converged: Whether the truncation error is below what was asked for.
    """

    k: np.ndarray
    x: np.ndarray
    levels: int
    truncation: float
    rounding: float
    residual: float
    uncertainty: float
    converged: bool


def evaluate(
    chain: Levels,
    solve: Solve,
    *,
    s: complex = 0.0,
    rtol: float = 1e-9,
    last: int | None = None,
    most: int = MOST_LEVELS,
) -> Fraction:
    """Evaluate the fraction for a solution x to a relative accuracy, or at a fixed level.

    Args:
        chain: The levels.
        solve: Maps K to (x, project).
        s: Laplace variable, rate unit.
        rtol: Allowed truncation error of x relative to its largest element.
        last: Highest level to keep; the truncation error is then measured by growing on.
        most: Level at which to give up.

    Returns:
        The fraction; `converged` is false if `most` levels did not do.
    """
    grown = _grow(chain, solve, s, rtol, most)
    level = grown.level if last is None else last
    k = _fold(chain, s, level)
    try:
        x, project = solve(k)
    except np.linalg.LinAlgError:
        return _singular(grown, k, level)
    if last is None or last >= grown.level:
        truncation = grown.tail
        difference = _size(project @ ((grown.k - k) @ x))
    else:
        truncation = _size(grown.x - x) + grown.tail
        difference = np.inf
    # Growing loses more digits than folding. If the two disagree by more than the tolerance, a
    # second fold with other roundings (another scaling of the levels) tells what folding loses.
    other = grown.k
    if not difference <= 0.1 * rtol * _size(x):
        other = _fold(_rescaled(chain), s, level)
        # Two samples of the rounding error: their difference is its scale, not its bound.
        difference = 4 * _size(project @ ((other - k) @ x))
    scale = max(_size(k), _size(chain.a[0][: chain.ground, : chain.ground]), abs(s))
    return Fraction(
        k=k,
        x=x,
        levels=level,
        truncation=truncation,
        rounding=difference + 4 * np.finfo(float).eps * _size(x),
        residual=_size((other - k) @ x) / max(scale * _size(x), np.finfo(float).tiny),
        uncertainty=_size(other - k),
        converged=grown.converged,
    )


def _singular(grown: _Grown, k: np.ndarray, level: int) -> Fraction:
    """What is left to say if the equation at level 0 has no unique solution."""
    return Fraction(
        k=k,
        x=np.full(k.shape[0], np.nan),
        levels=level,
        truncation=np.inf,
        rounding=np.inf,
        residual=np.inf,
        uncertainty=_size(grown.k - k) if grown.level == level else 0.0,
        converged=False,
    )


@dataclass(frozen=True, eq=False)
class _Grown:
    k: np.ndarray
    x: np.ndarray
    level: int
    tail: float
    converged: bool


def _grow(chain: Levels, solve: Solve, s: complex, rtol: float, most: int) -> _Grown:
    """Add levels in windows that grow by a fifth until the tail they leave is below rtol.

    The sum over a window of |change of x|, element by element, cannot vanish by cancellation
    between levels. Later windows are longer, so their ratio overestimates the decay per window and
    the geometric sum bounds the tail once the increments fall.
    """
    advance = _Advance(chain, s)
    ground = chain.ground
    k = np.zeros((ground, ground), dtype=advance.dtype)
    # Level 0 alone can be singular (an emitter that only the source moves), and so can the first
    # levels; a problem that stays singular is not worth growing.
    x, project, patience = np.ones(ground), np.eye(ground), 4
    level, step = 0, 4
    before = np.inf
    tail = np.inf
    while level < most:
        moved = np.zeros(ground)
        advance(level + 1, level + step, k, project, x, moved)
        level += step
        now = _size(moved)
        try:
            x, project = solve(k)
        except np.linalg.LinAlgError:
            patience -= 1
            if patience == 0:
                break
            before, step = np.inf, max(4, level // 5)
            continue
        if now == 0.0:
            return _Grown(k, x, level, 0.0, True)
        if not np.isfinite(now):
            break
        ratio = now / before
        tail = now * ratio / (1 - ratio) if ratio < 1 else np.inf
        if level > 4 and tail <= rtol * _size(x):
            return _Grown(k, x, level, tail, True)
        before, step = now, max(4, level // 5)
    return _Grown(k, x, level, tail, False)


class _Advance:
    """The state of the growing fraction: Schur complement D, and Y and W of the next level."""

    def __init__(self, chain: Levels, s: complex) -> None:
        self.chain = chain
        self.s = s if isinstance(s, complex) else float(s)
        self.dtype = np.dtype(complex if isinstance(s, complex) else float)
        ground = chain.ground
        self.small = _is_small(chain)
        d = lapack.diagonal_block(chain, self.s, 1)
        y = lapack.up_block(chain, 1).toarray()[:, :ground].astype(self.dtype)
        w = lapack.down_block(chain, 0).toarray()[:ground].astype(self.dtype)
        if not self.small:
            self.d, self.y, self.w = d, y, w
            return
        most = max(block.shape[0] for block in chain.a)
        self.d = np.zeros((most, most), dtype=self.dtype)
        self.y = np.zeros((most, ground), dtype=self.dtype)
        self.w = np.zeros((ground, most), dtype=self.dtype)
        m = d.shape[0]
        self.d[:m, :m], self.y[:m], self.w[:, :m] = d, y, w

    def __call__(
        self,
        first: int,
        last: int,
        k: np.ndarray,
        project: np.ndarray,
        x: np.ndarray,
        moved: np.ndarray,
    ) -> None:
        if not self.small:
            self.d, self.y, self.w = lapack.grow(
                self.chain, self.s, first, last, self.d, self.y, self.w, k, project, x, moved
            )
            return
        from thermalent.continued_fraction import kernels

        c = self.chain
        with announced():
            kernels.grow(
                c.a, c.up, c.down, c.rate, self.s, first, last,
                self.d, self.y, self.w, k, project, x, moved,
            )  # fmt: skip


def _fold(chain: Levels, s: complex, last: int) -> np.ndarray:
    if last == 0:
        return np.zeros((chain.ground, chain.ground), dtype=type(s))
    if not _is_small(chain):
        return lapack.fold(chain, s, last)
    from thermalent.continued_fraction import kernels

    s = s if isinstance(s, complex) else float(s)
    zero = np.zeros((chain.ground, chain.ground), dtype=type(s))
    with announced():
        return kernels.fold(chain.a, chain.up, chain.down, chain.rate, s, last, zero)


def _is_small(chain: Levels) -> bool:
    return max(block.shape[0] for block in chain.a) <= SMALL


def _rescaled(chain: Levels) -> Levels:
    """The same chain with the levels scaled against each other: equal but for rounding."""
    factor = float(np.sqrt(1.7))

    def scaled(band: Band, by: float) -> Band:
        return band._replace(value=band.value * by)

    return chain._replace(
        up=(scaled(chain.up[0], factor), scaled(chain.up[1], factor)),
        down=(scaled(chain.down[0], 1 / factor), scaled(chain.down[1], 1 / factor)),
    )


def _size(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))
