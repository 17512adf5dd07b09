r"""First- and second-order coherence of a field, estimated from its paths.

$$g^{(1)}(\tau) = \frac{\langle u^*(t + \tau)\, u(t)\rangle}{\langle |u|^2\rangle}, \qquad
  g^{(2)}(\tau) = \frac{\langle |u(t + \tau)|^2 |u(t)|^2\rangle}{\langle |u|^2\rangle^2}$$

Amplitudes of the P-representation: their moments are the normally ordered ones.

Source: THERMAL, Eqs. (24) and (25).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from thermalent.support import checks
from thermalent.support.calls import explained_record, with_explained_calls

_MOST_SHIFTS = 1e15  # spacings that doubles tell apart to the tolerance of the lags


@explained_record
class SampledCoherence(NamedTuple):
    """A correlation function with its standard errors."""

    lags: np.ndarray  # (l,), inverse rate unit
    value: np.ndarray  # (l,): complex for g1, real for g2
    error: np.ndarray  # (l,)


@with_explained_calls
def g1(times: Any, paths: np.ndarray, lags: Any, *, batches: int = 32) -> SampledCoherence:
    r"""First-order coherence, complex: exp(-lambda tau + i delta tau) for a thermal source.

    Args:
        times: Equally spaced, inverse rate unit, (t,).
        paths: Amplitudes at these times, stationary, (n, t).
        lags: tau, multiples of the spacing, >= 0, (l,).
        batches: Number of batches for the error: groups of paths if there are as many, else also
            pieces of each path, which must be longer than the correlation time.

    Returns:
        Lags as on the grid, values, and standard errors (jackknife over the batches).

    Raises:
        ValueError: the times are not equally spaced, or a lag does not fit into a piece.

    Source: THERMAL, Eq. (24).
    """

    def products(u: np.ndarray, lag: int) -> np.ndarray:
        return u[:, lag:].conj() * u[:, : u.shape[1] - lag]

    return _estimate(times, paths, lags, batches, products, lambda p, i: p / i)


@with_explained_calls
def g2(times: Any, paths: np.ndarray, lags: Any, *, batches: int = 32) -> SampledCoherence:
    r"""Second-order coherence: 1 + exp(-2 lambda tau) for a thermal source.

    Args:
        times: Equally spaced, inverse rate unit, (t,).
        paths: Amplitudes at these times, stationary, (n, t).
        lags: tau, multiples of the spacing, >= 0, (l,).
        batches: As for `g1`.

    Returns:
        Lags as on the grid, values, and standard errors (jackknife over the batches).

    Raises:
        ValueError: the times are not equally spaced, or a lag does not fit into a piece.

    Source: THERMAL, Eq. (25).
    """

    def products(u: np.ndarray, lag: int) -> np.ndarray:
        intensity = np.abs(u) ** 2
        return intensity[:, lag:] * intensity[:, : u.shape[1] - lag]

    return _estimate(times, paths, lags, batches, products, lambda p, i: p / i**2)


def _estimate(
    times: Any,
    paths: np.ndarray,
    lags: Any,
    batches: int,
    products: Callable[[np.ndarray, int], np.ndarray],
    ratio: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> SampledCoherence:
    """A ratio of two means over batches, with its jackknife error."""
    spacing, shifts = _shifts(times, paths, lags)
    groups = _groups(np.asarray(paths), checks.integer("batches", batches, 2))
    if max(shifts) >= groups[0].shape[1]:
        checks.fail(
            "lags",
            f"shorter than the pieces of {groups[0].shape[1] * spacing:g}, one per batch",
            max(shifts) * spacing,
        )
    product = np.array([[products(u, lag).mean() for lag in shifts] for u in groups])  # (b, l)
    intensity = np.array([[np.mean(np.abs(u) ** 2)] for u in groups])  # (b, 1)
    b = len(groups)
    left = [
        ratio(*(np.delete(values, i, axis=0).mean(axis=0) for values in (product, intensity)))
        for i in range(b)
    ]
    scatter = (np.abs(np.array(left) - np.mean(left, axis=0)) ** 2).sum(axis=0)
    return SampledCoherence(
        lags=spacing * np.array(shifts),
        value=ratio(product.mean(axis=0), intensity.mean(axis=0)),
        error=np.sqrt((b - 1) / b * scatter),
    )


def _shifts(times: Any, paths: np.ndarray, lags: Any) -> tuple[float, list[int]]:
    grid = checks.time_grid("times", times)
    if np.ndim(paths) != 2 or np.shape(paths)[1] != len(grid) or len(grid) < 2:
        checks.fail(
            "paths",
            f"an array (n, {len(grid)}), one column per time and at least two",
            checks.Words(f"of shape {np.shape(paths)}"),
        )
    spacing = (grid[-1] - grid[0]) / (len(grid) - 1)
    if np.max(np.abs(np.diff(grid) - spacing)) > 1e-6 * spacing:
        checks.fail("times", "equally spaced", checks.Words("not"))
    wanted = checks.numbers("lags", lags)
    for lag in wanted:
        if not lag < _MOST_SHIFTS * spacing:
            checks.fail("lags", f"below {_MOST_SHIFTS:.0e} spacings of {spacing:g}", lag)
    shifts = wanted / spacing
    for shift in shifts:
        if shift < -1e-6 or abs(shift - round(shift)) > 1e-6:
            checks.fail("lags", f"multiples of the spacing {spacing:g}, >= 0", shift * spacing)
    return float(spacing), [round(shift) for shift in shifts]


def _groups(paths: np.ndarray, batches: int) -> list[np.ndarray]:
    """Groups of whole paths if there are enough, else pieces of equal length of each path."""
    if len(paths) >= batches:
        used = len(paths) - len(paths) % batches  # equal groups, so that they weigh the same
        return np.array_split(paths[:used], batches)
    pieces = -(-batches // len(paths))
    length = paths.shape[1] // pieces
    return [path[None, i * length : (i + 1) * length] for path in paths for i in range(pieces)]
