r"""The matrix continued fraction, with its own evidence.

Eliminating all levels above zero leaves the emitters' effective generator \(A_0 + K(s)\), with

$$K(s) = C_0 \frac{1}{s + \lambda - A_1 - C_1 \frac{1}{s + 2\lambda - A_2 - \dots} B_2} B_1$$

It is evaluated twice. *Growing* upwards from level 1 (Steed's algorithm with matrices) yields the
exact increment of every level, so the truncation error is seen and the number of levels follows
from the tolerance. *Folding* the tail down from there is the numerically better order, and gives
the value. How far the two agree measures the rounding error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from thermalent.compiling import announced
from thermalent.continued_fraction import lapack
from thermalent.continued_fraction.levels import Band, Levels
from thermalent.liouville import Operator
from thermalent.progress import working

# Up to this block size the numba kernels beat LAPACK calls level by level (measured, 2 cores).
SMALL = 96
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
        truncation: Estimated error by the levels left out, of the largest matrix element.
        rounding: Estimated error by rounding, of the largest matrix element.
        scale: Largest matrix element of the solution.
        residual: |x put into the equation with the other evaluation of K|, relative to its scale.
        uncertainty: Largest difference of the two evaluations of K, rate unit.
        converged: Whether the truncation error is below what was asked for.
    """

    k: np.ndarray
    x: np.ndarray
    levels: int
    truncation: float
    rounding: float
    scale: float
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
        rtol: Allowed truncation error relative to the largest matrix element.
        last: Highest level to keep; the truncation error is then measured by growing on.
        most: Level at which to give up.

    Returns:
        The fraction; `converged` is false if `most` levels did not do.
    """
    with working("continued fraction") as report:
        grown = _grow(chain, solve, s, rtol, most, report)
        level = grown.level if last is None else last
        report(f"folding {level} levels")
        k = fold(chain, s, level)
    try:
        x, project = solve(k)
    except np.linalg.LinAlgError:
        return _singular(grown, k, level)
    scale = _element(chain, x)
    if last is None or last >= grown.level:
        truncation = grown.tail
        difference = _element(chain, project @ ((grown.k - k) @ x))
    else:
        truncation = _element(chain, grown.x - x) + grown.tail
        difference = np.inf
    # Growing loses more digits than folding. If the two disagree by more than the tolerance, a
    # second fold with other roundings (another scaling of the levels) tells what folding loses.
    other = grown.k
    if not difference <= 0.1 * rtol * scale:
        other = fold(_rescaled(chain), s, level)
        # Two samples of the rounding error: their difference is its scale, not its bound.
        difference = 4 * _element(chain, project @ ((other - k) @ x))
    rate = max(_size(k), _size(chain.a[0][: chain.ground, : chain.ground]), abs(s))
    return Fraction(
        k=k,
        x=x,
        levels=level,
        truncation=truncation,
        rounding=difference + 4 * np.finfo(float).eps * scale,
        scale=scale,
        residual=_size((other - k) @ x) / max(rate * _size(x), np.finfo(float).tiny),
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
        scale=np.nan,
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


def _grow(
    chain: Levels,
    solve: Solve,
    s: complex,
    rtol: float,
    most: int,
    report: Callable[[str], None] = lambda text: None,
) -> _Grown:
    """Add levels in windows that grow by a fifth until the tail they leave is below rtol.

    The sum over a window of |change of x|, element by element, cannot vanish by cancellation
    between levels. Later windows are longer, so the larger of the last two ratios of such sums
    overestimates the decay to come, and twice the geometric sum bounds the tail: over 1500 random
    networks the factor 1 was too small four times, by a quarter at most. Truncations at even and at
    odd levels approach the limit from two sides, so windows hold an even number of levels.
    """
    advance = _Advance(chain, s)
    ground = chain.ground
    k = np.zeros((ground, ground), dtype=advance.dtype)
    # Level 0 alone can be singular (an emitter that only the source moves), and so can the first
    # levels; a problem that stays singular is not worth growing on. The first x only has to be
    # generic: the maximally mixed state, say, is one that a classical drive cannot move.
    x = np.arange(1, ground + 1, dtype=advance.dtype)
    project, patience = np.eye(ground, dtype=advance.dtype), 4
    level, step = 0, 4
    known = 0  # windows in a row that a solution could weigh
    weights = abs(_ground_basis(chain))  # from |coordinates| to bounds of matrix elements
    before = tail = np.inf
    ratios: tuple[float, ...] = ()
    while level < most:
        moved = np.zeros(ground)
        advance(level + 1, level + step, k, project, x, moved)
        level += step
        now = float(np.max(weights @ moved, initial=0.0))
        try:
            x, project = solve(k)
        except np.linalg.LinAlgError:
            patience -= 1
            if patience == 0:
                break
            known, step = 0, _window(level)
            continue
        if now == 0.0:
            return _Grown(k, x, level, 0.0, True)
        if not np.isfinite(now):
            break
        # The first window was weighed with the arbitrary x and project above.
        if known > 1:
            ratios = (now / before, *ratios[:1])
            slowest = max(ratios)
            tail = 2 * now * slowest / (1 - slowest) if slowest < 1 else np.inf
            if known > 2 and tail <= rtol * _element(chain, x):
                return _Grown(k, x, level, tail, True)
        report(f"{level} levels, truncation error {tail:.0e} (wanted {rtol:.0e})")
        patience, known = 4, known + 1
        before, step = now, _window(level)
    return _Grown(k, x, level, tail, False)


def _window(level: int) -> int:
    return max(4, 2 * (level // 10))


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


def fold(chain: Levels, s: complex, last: int) -> np.ndarray:
    """K(s) of the chain truncated at level `last`, from the tail down."""
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


def _ground_basis(chain: Levels) -> Operator:
    return chain.basis[0][:, : chain.ground]


def _element(chain: Levels, x: np.ndarray) -> float:
    """Largest matrix element of the solution with these coordinates at level 0."""
    return _size(_ground_basis(chain) @ x)


def _size(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))
