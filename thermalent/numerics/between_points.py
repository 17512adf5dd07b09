"""How far a function of time may rise between the points at which it is known.

A grid that is too wide for an oscillation shows some of its maxima only by chance. What tells is
how far each value is from the cubic through its neighbours: of a resolved curve almost nothing, of
an unresolved one about its swing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# Points to each side whose swing counts. A few can look smooth by chance, where an oscillation
# keeps step with them; on a grid that widens it falls out of step within about twenty.
_SIDES = 24
_SAFETY = 2.0  # on the swing, and on the eighth of the second difference by which a parabola rises
# Where an interval is divided: unequally, or a division might keep step with an oscillation.
_PARTS = np.array([0.17, 0.39, 0.56, 0.82])
_FEWEST = 5  # points that have neighbours to be compared with


def possible_rise(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """By how much values in between may exceed both of two neighbours, (n - 1,).

    Args:
        points: Increasing, (n,).
        values: Those of the function, (n,).
    """
    if len(points) < _FEWEST:
        return np.full(len(points) - 1, np.ptp(values))
    swing = np.zeros(len(points))
    swing[2:-2] = np.abs(values[2:-2] - _from_neighbours(points, values))
    swing[:2], swing[-2:] = swing[2], swing[-3]
    padded = np.pad(swing, _SIDES, mode="edge")
    largest = np.max(np.lib.stride_tricks.sliding_window_view(padded, 2 * _SIDES + 1), axis=1)
    return np.asarray(_SAFETY * (np.maximum(largest[1:], largest[:-1]) + _top(points, values)))


def _top(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far parabolas through three points may rise between two of them, (n - 1,)."""
    steps = np.diff(points)
    slopes = np.diff(values) / steps
    bends = np.zeros(len(points))
    bends[1:-1] = np.maximum(-np.diff(slopes) / (points[2:] - points[:-2]), 0.0)
    bends[0], bends[-1] = bends[1], bends[-2]
    return np.asarray(np.maximum(bends[1:], bends[:-1]) * steps**2 / 4)


def _from_neighbours(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The cubics through two points to each side, at the points between, (n - 4,)."""
    shifts = (-2, -1, 1, 2)
    inner = slice(2, len(points) - 2)
    at = [points[2 + k : len(points) - 2 + k] for k in shifts]
    total = np.zeros(len(points) - 4)
    for i, shift in enumerate(shifts):
        weight = np.ones_like(total)
        for j in range(len(shifts)):
            if j != i:
                weight *= (points[inner] - at[j]) / (at[i] - at[j])
        total += weight * values[2 + shift : len(points) - 2 + shift]
    return total


def with_more_points(
    function: Callable[[np.ndarray], np.ndarray],
    points: np.ndarray,
    values: np.ndarray,
    opened: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The points and values with further ones in some intervals.

    Args:
        function: From increasing points (m,) to values (m,).
        points: Increasing, (n,).
        values: Of the function there, (n,) or with further columns, (n, k).
        opened: Which intervals are divided, (n - 1,).
    """
    low, high = points[:-1][opened], points[1:][opened]
    more = (low[:, None] + (high - low)[:, None] * _PARTS).ravel()
    if not len(more):
        return points, values
    together = np.concatenate([points, more])
    order = np.argsort(together, kind="stable")
    return together[order], np.concatenate([values, function(more)])[order]
