"""Maxima over time for a stack of small generators, by the search that `peak` makes for one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent.excitations.peak import (
    FACTORIALS,
    PRECISION,
    SAME,
    TAYLOR_TERMS,
    WORTH,
    grid_points,
    require_grid,
)

_STATES = 100_000  # in one part of the stack: as many as fit into the cache
# Terms of the Taylor series of a step of 0.25 in norm: 0.25^13/13! is 2e-18.
_STEP_TERMS = 12
_ITERATIONS = 60  # bisection alone would do


def largest_of_stack(
    generators: np.ndarray,
    start: np.ndarray,
    vectors: np.ndarray,
    end: float,
    report: Callable[[str], None],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maxima of |<u|psi>||<v|psi>| over 0 <= t <= end for psi' = A psi: values, times, interior.

    Args:
        generators: A, (N, n, n), that amplify nothing.
        start: psi(0), (n,).
        vectors: u and v, (2, n).
        end: Last time.
        report: Called with the progress.
    """
    count = len(generators)
    magnitudes = np.abs(generators)
    # A bound of the 2-norm, and cheaper than it.
    sizes = np.sqrt(magnitudes.sum(axis=1).max(axis=1) * magnitudes.sum(axis=2).max(axis=1))
    values, times, interior = np.zeros(count), np.zeros(count), np.zeros(count, dtype=bool)
    order = np.argsort(sizes)[::-1]  # similar ones together: they share a step
    done = 0
    while done < count:
        points = grid_points(end, float(sizes[order[done]]))
        require_grid(points, len(start), end)
        part = order[done : done + max(1, _STATES // points)]
        values[part], times[part], interior[part] = _part(
            generators[part], start, vectors, end, points
        )
        done += len(part)
        report(f"{done} of {count}")
    return values, times, interior


def _part(
    generators: np.ndarray, start: np.ndarray, vectors: np.ndarray, end: float, points: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The maxima of generators that share a grid of times: values, times, interior."""
    step = end / (points - 1)
    states = _grid(generators * step, start, points)  # (N, points, n)
    u, v = vectors.conj()
    heights = np.abs(states @ u) * np.abs(states @ v)  # (N, points)
    rises = np.diff(heights, axis=1)
    candidate = np.zeros(heights.shape, dtype=bool)
    candidate[:, 1:-1] = (rises[:, :-1] >= 0) & (rises[:, 1:] <= 0)
    candidate[:, [0, -1]] = True  # an end can be the largest, or hide a maximum
    candidate &= heights >= WORTH * heights.max(axis=1, keepdims=True)
    which, place = np.nonzero(candidate)
    low = np.where(place == 0, 0.0, -1.0)
    high = np.where(place == points - 1, 0.0, 1.0)
    square = _series(generators[which] * step, states[which, place], vectors)
    shift, inside = _climb(square, low, high)
    value = np.sqrt(np.maximum(_horner(square, shift), 0.0))
    values, times = np.zeros(len(generators)), np.zeros(len(generators))
    interior = np.zeros(len(generators), dtype=bool)
    by_value = np.argsort(value, kind="stable")  # of several the largest is written last
    members = which[by_value]
    values[members], times[members] = value[by_value], (place + shift)[by_value] * step
    interior[members] = inside[by_value]
    # A maximum that exceeds the start by rounding alone is the start.
    beginning = heights[:, 0]
    same = values - beginning <= SAME
    return np.where(same, beginning, values), np.where(same, 0.0, times), interior & ~same


def _grid(generators: np.ndarray, start: np.ndarray, points: int) -> np.ndarray:
    """exp(A k) v for k = 0, 1, ..., points - 1, by doubling, (N, points, n)."""
    count, n = generators.shape[:2]
    power = np.broadcast_to(np.eye(n, dtype=complex), generators.shape)
    for k in range(_STEP_TERMS, 0, -1):
        power = np.eye(n) + generators @ power / k
    power = power.transpose(0, 2, 1)
    states = np.empty((count, points, n), dtype=complex)
    states[:, 0] = start
    known = 1
    while known < points:
        more = min(known, points - known)
        states[:, known : known + more] = states[:, :more] @ power
        power = power @ power
        known += more
    return states


def _series(generators: np.ndarray, states: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Taylor coefficients, in steps, of (|<u|psi>||<v|psi>|)^2 about each state, (K, terms + 1)."""
    term = states[..., None]
    amplitudes = np.empty((len(states), TAYLOR_TERMS + 1, 2), dtype=complex)
    for k in range(TAYLOR_TERMS + 1):
        amplitudes[:, k] = term[..., 0] @ vectors.conj().T / FACTORIALS[k]
        term = generators @ term
    first, second = (
        _product(part, part.conj()).real for part in (amplitudes[..., 0], amplitudes[..., 1])
    )
    return _product(first, second)


def _product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Product of power series, cut off like the factors, (K, terms)."""
    total = np.zeros_like(first)
    length = first.shape[1]
    for k in range(length):
        total[:, k:] += first[:, k, None] * second[:, : length - k]
    return total


def _climb(square: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point at which each series is largest between its ends, and whether it is a maximum.

    Newton's method on the slope, kept inside of the bracket by bisection.
    """
    powers = np.arange(1, square.shape[1])
    slope = square[:, 1:] * powers
    bend = slope[:, 1:] * powers[:-1]
    inside = (_horner(slope, low) > 0) & (_horner(slope, high) < 0)
    ends = np.stack([low, np.zeros_like(low), high])  # (3, K)
    best = np.argmax(np.stack([_horner(square, place) for place in ends]), axis=0)
    shift = np.where(inside, (low + high) / 2, ends[best, np.arange(len(best))])
    low, high = np.where(inside, low, shift), np.where(inside, high, shift)
    for _ in range(_ITERATIONS):
        rise, curvature = _horner(slope, shift), _horner(bend, shift)
        low, high = np.where(rise > 0, shift, low), np.where(rise > 0, high, shift)
        newton = shift - rise / np.where(curvature < 0, curvature, -1.0)
        usable = (curvature < 0) & (newton > low) & (newton < high)
        following = np.where(inside, np.where(usable, newton, (low + high) / 2), shift)
        moved = np.max(np.abs(following - shift), initial=0.0)
        shift = following
        if moved <= PRECISION:
            break
    return shift, inside


def _horner(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Polynomials (K, terms), lowest power first, each at its own x, (K,)."""
    value = np.zeros_like(x)
    for k in range(coefficients.shape[1] - 1, -1, -1):
        value = value * x + coefficients[:, k]
    return value
