"""Curves through computed points: no polygon where a curve turns, a corner where it vanishes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.interpolate import CubicSpline, RectBivariateSpline

# In which coordinate a curve is smooth and evenly sampled: forth and back.
_SCALES: dict[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "log": (np.log, np.exp),
    "linear": (np.asarray, np.asarray),
    "root": (np.sqrt, np.square),
}
BETWEEN = 12  # drawn points for each computed one


def curve(
    x: np.ndarray, values: np.ndarray, *, scale: str = "log", corners: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """What to draw for a function known at some points: splines, (x, values).

    A cubic spline runs through the computed points. A concurrence vanishes at a corner: where it
    does, the spline ends, and the points at zero are joined by a line.

    Args:
        x: Increasing; where `values` is NaN, nothing was computed.
        values: Not negative, or without `corners` of any sign.
        scale: The coordinate in which `x` is spaced well: "log", "linear" or "root".
        corners: Whether zero is a value at which a positive function is cut off.
    """
    forth, back = _SCALES[scale]
    known = ~np.isnan(values)
    x, y = np.asarray(x, float)[known], np.asarray(values, float)[known]
    if not corners:
        place, height = _spline(forth(x), y)
        return back(place), height
    x, y = to_zero(x, y, scale=scale)
    place, positive = forth(x), y > 0
    ends = [0, *np.flatnonzero(np.diff(positive.astype(int))) + 1, len(x)]
    places, heights = [], []
    for first, last in pairwise(ends):
        # With the zeros on both sides, where there are any.
        part = slice(max(first - 1, 0), last + 1) if positive[first] else slice(first, last)
        spline = _spline if positive[first] else _line
        found, height = spline(place[part], y[part])
        places.append(found)
        heights.append(np.maximum(height, 0.0))
    # Where two parts meet, their common end counts once.
    at, once = np.unique(np.concatenate(places), return_index=True)
    return back(at), np.concatenate(heights)[once]


def _spline(place: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(place) < 4:
        return place, y
    inner = np.arange(BETWEEN) / BETWEEN
    fine = np.append((place[:-1, None] + np.diff(place)[:, None] * inner).ravel(), place[-1])
    return fine, CubicSpline(place, y)(fine)


def _line(place: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return place, y


def to_zero(
    x: np.ndarray, values: np.ndarray, *, scale: str = "log"
) -> tuple[np.ndarray, np.ndarray]:
    """A concurrence with the points at which it vanishes, (x, values).

    Between its last positive point and the first zero a curve goes on as a parabola through three
    points, or a line through two, up to its own zero; there it ends, at a corner, as it does.
    """
    forth, back = _SCALES[scale]
    place, y = forth(np.asarray(x, float)), np.asarray(values, float)
    extra = []
    for i in range(len(y) - 1):
        for here, there, step in ((i, i + 1, -1), (i + 1, i, 1)):
            if not (y[here] > 0 and y[there] == 0):
                continue
            used = [k for k in (here, here + step, here + 2 * step) if 0 <= k < len(y) and y[k] > 0]
            if len(used) < 2:
                continue
            roots = np.polynomial.Polynomial.fit(place[used], y[used], len(used) - 1).roots()
            low, high = sorted((place[here], place[there]))
            inside = [r.real for r in roots if abs(r.imag) < 1e-9 and low < r.real < high]
            extra += [min(inside, key=lambda r, at=place[here]: abs(r - at))] if inside else []
    at = back(np.array(extra, dtype=float))
    order = np.argsort(np.concatenate([x, at]), kind="stable")
    return np.concatenate([x, at])[order], np.concatenate([y, np.zeros(len(at))])[order]


def last_zero(x: np.ndarray, values: np.ndarray, *, scale: str = "log") -> float:
    """Where a concurrence vanishes for good; NaN if it does not, or hardly is there."""
    x, y = to_zero(x, values, scale=scale)
    positive = np.flatnonzero(y > 0)
    # Where fewer than three values are known, the place is not.
    if len(positive) < 3 or positive[-1] == len(y) - 1:
        return float("nan")
    return float(x[positive[-1] + 1])


def left_out(x: np.ndarray, values: np.ndarray, *, scale: str = "log") -> float:
    """How far a curve through every other point misses the points between, at most.

    The curve through all points is several times nearer: a spline's error falls with the fourth
    power of the spacing.
    """
    forth, _ = _SCALES[scale]
    known = ~np.isnan(values)
    place, y = forth(np.asarray(x, float)[known]), np.asarray(values, float)[known]
    coarse = np.unique([*range(0, len(y), 2), len(y) - 1])
    return float(np.max(np.abs(CubicSpline(place[coarse], y[coarse])(place) - y)))


def finer_map(
    x: np.ndarray, y: np.ndarray, values: np.ndarray, *, times: int = 6
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A concurrence over two logarithmic axes on so many times as many points, (x, y, values).

    A cubic spline in both, cut off at zero; `values` are (y, x).
    """
    along = [np.log(x), np.log(y)]
    fine = [np.linspace(axis[0], axis[-1], times * (len(axis) - 1) + 1) for axis in along]
    degree = min(3, len(x) - 1, len(y) - 1)
    spline = RectBivariateSpline(along[1], along[0], values, kx=degree, ky=degree)
    return np.exp(fine[0]), np.exp(fine[1]), np.clip(spline(fine[1], fine[0]), 0.0, 1.0)
