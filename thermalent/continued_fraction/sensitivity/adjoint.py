r"""The adjoint of the fraction: one more sweep gives the change of a number under any change of L.

With L x = 0 the stationary hierarchy, Tr x_0 = 1, and O a function of x_0 with gradient g,

$$dO = -\sum_n \big[y_n \cdot dA_n\, x_n - n\, d\lambda\, y_n \cdot x_n
  + y_n \cdot dB_n\, x_{n-1} + y_n \cdot dC_n\, x_{n+1}\big], \qquad L^T y = g$$

(g without its part along the trace). With D_n from the fold of the fraction,

$$x_n = D_n^{-1} B_n\, x_{n-1}, \qquad y_n = D_n^{-T} C_{n-1}^T\, y_{n-1}$$

so the chain is folded once, and its tiers are swept twice on the way back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain import dense_blocks
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, HierarchyTerms
from thermalent.continued_fraction.chain.fraction import SMALL
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.operators.superoperators import dense

_STAGGER = float(np.sqrt(1.7))


class FoldedTiers(NamedTuple):
    """The tiers after the fold.

    Args:
        x: The solution at every tier, (last + 1, m); unknowns that a tier lacks are zero.
        inverses: D_n^{-1} of tiers 1 to last at these positions, (last + 1, m, m), zero beyond
            the unknowns of a tier.
        k: C_0 D_1^{-1} B_1, (tier0, tier0).
    """

    x: np.ndarray
    inverses: np.ndarray
    k: np.ndarray


def forward(chain: HierarchyChain, stationary: TierZeroEquation, last: int) -> FoldedTiers:
    """Fold the chain from tier `last` down, solve tier 0, and go up again.

    Raises:
        numpy.linalg.LinAlgError: the steady state is not unique.
    """
    tier0_size, most = chain.tier0_size, max(block.shape[0] for block in chain.a)
    x = np.zeros((last + 1, most))
    if most <= SMALL:
        from thermalent.continued_fraction.sensitivity import kernels

        inverses, above = kernels.inverses(chain.a, chain.up, chain.down, chain.rate, last)
        x[0, :tier0_size] = stationary.solve(above[:tier0_size, :tier0_size])
        kernels.climb(chain.up, inverses, x)
        return FoldedTiers(x, inverses, above[:tier0_size, :tier0_size])
    inverses, above = _inverses(chain, last, most)
    x[0, :tier0_size] = stationary.solve(above[:tier0_size, :tier0_size])
    for n in range(1, last + 1):
        width, below = chain.a[n % 2].shape[0], chain.a[1 - n % 2].shape[0]
        x[n, :width] = inverses[n, :width, :width] @ (_up(chain, n) @ x[n - 1, :below])
    return FoldedTiers(x, inverses, above[:tier0_size, :tier0_size])


def _inverses(chain: HierarchyChain, last: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The inverted pivots D_n^{-1} and K, by LAPACK: for large blocks, see `kernels.inverses`."""
    inverses = np.zeros((last + 1, most, most))
    above: np.ndarray | None = None  # C_n D_{n+1}^{-1} B_{n+1}
    for n in range(last, 0, -1):
        d = dense_blocks.diagonal_block(chain, 0.0, n)
        if above is not None:
            d -= above
        inverses[n, : len(d), : len(d)] = inverse = np.linalg.inv(d)
        above = _down(chain, n - 1) @ inverse @ _up(chain, n)
    assert above is not None
    return inverses, above


def adjoint(
    chain: HierarchyChain, stationary: TierZeroEquation, sweep: FoldedTiers, gradient: np.ndarray
) -> np.ndarray:
    """The adjoint solution y at every tier, (last + 1, m).

    Args:
        chain: The tiers.
        stationary: Its equation at tier 0.
        sweep: The tiers after the fold.
        gradient: g at tier 0, (tier0,).
    """
    tier0_size = chain.tier0_size
    y = np.zeros_like(sweep.x)
    y[0, :tier0_size] = np.linalg.solve(stationary.pinned(sweep.k).T, gradient)
    y[0, stationary.row] = 0.0  # L^T y is g but for its part along the trace
    if y.shape[1] <= SMALL:
        from thermalent.continued_fraction.sensitivity import kernels

        kernels.climb_adjoint(chain.down, sweep.inverses, y)
        return y
    for n in range(1, len(y)):
        width, below = chain.a[n % 2].shape[0], chain.a[1 - n % 2].shape[0]
        right = _down(chain, n - 1).T @ y[n - 1, :below]
        y[n, :width] = right @ sweep.inverses[n, :width, :width]
    return y


def _up(chain: HierarchyChain, n: int) -> np.ndarray:
    """The block B_n from tier n - 1 into tier n as an array: faster than sparse if small."""
    band = chain.up[n % 2]
    return _array(chain, n, band, band.rising(n))


def _down(chain: HierarchyChain, n: int) -> np.ndarray:
    """The block C_n from tier n + 1 into tier n as an array."""
    band = chain.down[n % 2]
    return _array(chain, n, band, band.falling(n))


def _array(chain: HierarchyChain, n: int, band: Band, values: np.ndarray) -> np.ndarray:
    block = np.zeros((chain.a[n % 2].shape[0], chain.a[1 - n % 2].shape[0]))
    block[band.row, band.col] = values
    return block


class Moments(NamedTuple):
    """Products of x and y by which each part of dL is multiplied, for even and odd tiers."""

    a: tuple[np.ndarray, np.ndarray]
    up: tuple[np.ndarray, np.ndarray]
    down: tuple[np.ndarray, np.ndarray]
    rate: float


def moments(
    chain: HierarchyChain, difference: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray
) -> Moments:
    """The sums over the tiers, on the operators of the emitters (d^2, d^2) by parity.

    Args:
        chain: The tiers.
        difference: |k - l| of the even and the odd unknowns.
        x: The solution, (last + 1, m).
        y: The adjoint solution.
    """
    n = np.arange(len(x), dtype=float)
    sizes = [block.shape[0] for block in chain.a]
    a, up, down = [], [], []
    for parity in (0, 1):
        width, other_width = sizes[parity], sizes[1 - parity]
        q, r = difference[parity][:, None], difference[1 - parity][None, :]
        e = (q - r) * q
        joined = np.abs(q - r) == 1
        tiers = np.arange(parity, len(x), 2)
        a.append(y[tiers, :width].T @ x[tiers, :width])
        above, below = tiers[tiers > 0], tiers[tiers < len(x) - 1]
        up.append(np.zeros((width, other_width)))
        down.append(np.zeros((width, other_width)))
        for value in np.unique(e[joined]):
            where = joined & (e == value)
            rising = np.sqrt(np.maximum(0.5 * (n[above] + value), 0.0))
            falling = np.sqrt(np.maximum(0.5 * (n[below] - value) + 1.0, 0.0))
            raised = (y[above, :width] * rising[:, None]).T @ x[above - 1, :other_width]
            lowered = (y[below, :width] * falling[:, None]).T @ x[below + 1, :other_width]
            up[parity][where] = raised[where]
            down[parity][where] = lowered[where]
    rate = float(np.sum(n * np.sum(x * y, axis=1)))
    return Moments((a[0], a[1]), (up[0], up[1]), (down[0], down[1]), rate)


def contracted(chain: HierarchyChain, sums: Moments, change: HierarchyTerms) -> tuple[float, float]:
    """Change of the observable for a change of the generator, and the sizes of its terms added up.

    The second number, times the rounding of one term, is the rounding error of the sum.
    """
    total = -change.rate * sums.rate
    size = abs(total)
    for parity in (0, 1):
        basis, other_basis = chain.basis[parity], chain.basis[1 - parity]
        for matrix, operator, other in (
            (sums.a[parity], change.a, basis),
            (sums.up[parity], change.up, other_basis),
            (sums.down[parity], change.down, other_basis),
        ):
            block = basis.conj().T @ (operator @ other)
            terms = matrix * dense(block).real
            total += float(np.sum(terms))
            size += float(np.sum(np.abs(terms)))
    return -total, size


def staggered(chain: HierarchyChain) -> HierarchyChain:
    """The chain with the odd tiers scaled against the even ones: equal but for rounding.

    (Scaled all against each other, the solution itself would overflow at thousands of tiers.)
    """
    factors = (_STAGGER, 1 / _STAGGER)
    return chain._replace(
        up=_scaled(chain.up, factors),
        down=_scaled(chain.down, factors),
    )


def unstaggered(sums: Moments) -> Moments:
    """Moments of the staggered chain as those of the chain itself."""
    return sums._replace(
        up=(sums.up[0] * _STAGGER, sums.up[1] / _STAGGER),
        down=(sums.down[0] * _STAGGER, sums.down[1] / _STAGGER),
    )


def _scaled(bands: tuple[Band, Band], factors: tuple[float, float]) -> tuple[Band, Band]:
    even, odd = (
        band._replace(value=band.value * f) for band, f in zip(bands, factors, strict=True)
    )
    return even, odd


def differences_of(chain: HierarchyChain, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers |k - l| of the even and the odd unknowns: the charges of their elements."""
    squared = ((numbers[:, None] - numbers[None, :]) ** 2).ravel().astype(float)
    even, odd = (np.rint(np.sqrt((abs(b) ** 2).T @ squared)) for b in chain.basis)
    return even, odd
