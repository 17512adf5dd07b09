r"""Errors of all elements of steady states, where that of the largest is known.

What rounding may lose is known of every coordinate at tier 0 (see `kernels.rounding`), to first
order by the inverse of \(A_0 + K\). What the tiers left out, the rest of the error, has the shape
of the last change, or of the terms that an element is the sum of, whichever is larger: a small
population is then known relative to its own size.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from thermalent.continued_fraction.chain.kernels.rounding import DRAW, SAFETY

_EPS = float(np.finfo(float).eps)
_LAST_PLACES = 4 * _EPS  # as in `fraction`
# What is smaller has been lost in more places than are counted; its square root is a rounding.
_LEAST = (2 * _EPS) ** 2


class Solved(Protocol):
    """The results of some points: K, the last two solutions, the inverse and the error of K."""

    @property
    def k(self) -> np.ndarray:
        """K, (p, tier0, tier0)."""

    @property
    def x(self) -> np.ndarray:
        """The solutions, (p, tier0)."""

    @property
    def x_before(self) -> np.ndarray:
        """Those with fewer tiers, (p, tier0)."""

    @property
    def inverse(self) -> np.ndarray:
        """The inverse of A_0 + K with the trace in its first row, (p, tier0, tier0)."""

    @property
    def above(self) -> np.ndarray:
        """A draw of what K may be off by, (p, tier0, tier0)."""


class TierZeroOperators(Protocol):
    """Operators of tier 0 of some points as columns, and the sums of magnitudes behind A."""

    @property
    def basis(self) -> np.ndarray:
        """Operators of tier 0 as columns, (p, d^2, tier0)."""

    @property
    def size(self) -> np.ndarray:
        """Sums of the magnitudes of the terms of A, (p, m_0, m_0)."""


def element_errors(
    work: Solved, chains: TierZeroOperators, error: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Errors of the elements of the states of all points, (p, d, d), none above `error`.

    Args:
        work: See `work.Work`.
        chains: See `work.TierZero`.
        error: Of the largest elements, (p,).
        scale: The largest elements, (p,).
    """
    hidden, coordinates = _lost(work, chains.size)
    sizes = np.abs(chains.basis)
    lost = np.einsum("pij,pj->pi", sizes, coordinates)
    change = np.abs(np.einsum("pij,pj->pi", chains.basis, work.x - work.x_before))
    # An element is a sum of coordinates, which may cancel: its rounding is that of its terms.
    size = np.einsum("pij,pj->pi", sizes, np.abs(work.x))
    with np.errstate(invalid="ignore", divide="ignore"):
        shape = change / np.max(change, axis=1, keepdims=True)
        shape = np.fmax(np.nan_to_num(shape), size / scale[:, None])
    left_out = np.maximum(error - hidden - _LAST_PLACES * scale, 0.0)[:, None] * shape
    least = _LEAST * scale[:, None]
    errors = np.minimum(lost + left_out + _LAST_PLACES * size + least, error[:, None])
    d = round(np.sqrt(errors.shape[1]))
    return errors.reshape(-1, d, d)


def _lost(work: Solved, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Errors by rounding, (p,), and those of every coordinate, (p, tier0)."""
    tier0_size = work.x.shape[1]
    response = work.inverse.copy()
    response[:, :, 0] = 0.0  # the trace is exact
    squared, weight = work.x**2, response**2
    known = size[:, :tier0_size, :tier0_size] ** 2 + work.k**2
    within = _EPS**2 * np.einsum("pij,pj->pi", known, squared)
    tier0 = np.einsum("pij,pj->pi", weight, within)
    # One product after the other: to sum over both takes seven times as long.
    most = (weight @ (work.above**2 @ squared[:, :, None]))[:, :, 0]
    drawn = (DRAW * (response @ (work.above @ work.x[:, :, None]))[:, :, 0]) ** 2
    hidden = SAFETY * np.sqrt(np.max(tier0 + np.minimum(drawn, most), axis=1))
    # That one draw is as small by chance in one coordinate is likelier than in all of them.
    shape = np.abs(work.x) / np.max(np.abs(work.x), axis=1, keepdims=True)
    drawn = np.maximum(drawn, np.max(drawn, axis=1, keepdims=True) * shape**2)
    return hidden, SAFETY * np.sqrt(tier0 + np.minimum(drawn, most))
