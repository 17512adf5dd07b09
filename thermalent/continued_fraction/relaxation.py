"""Time evolution by the hierarchy: Taylor steps for short times, a contour for long ones.

Each time is computed twice, with more nodes or more levels; the difference is its error. Going down
from the last time, the contour is used as long as its error is below the tolerance; the rest, and
only that, is stepped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.continued_fraction.assembly import assemble, offsets
from thermalent.continued_fraction.contour import Contour, hyperbola
from thermalent.continued_fraction.exponential import Propagator
from thermalent.continued_fraction.fraction import fold
from thermalent.continued_fraction.levels import Levels
from thermalent.progress import working

_WINDOW = 10.0  # ratio of the times that share a contour
_NODES = (12, 16, 22, 30)  # in the upper half plane; more would lose digits to exp(Re z t)
_FIRST_DEPTH = 16


@dataclass(frozen=True, eq=False)
class Relaxed:
    """Coordinates at level 0 over time, their errors, and how many times each way was used."""

    x: np.ndarray  # (t, ground)
    error: np.ndarray  # (t,)
    stepped: int
    depth: int


def relax(chain: Levels, b: np.ndarray, times: np.ndarray, depth: int, tolerance: float) -> Relaxed:
    """Level 0 of exp(L t) from b at level 0 and nothing above, at increasing times >= 0.

    Args:
        chain: The levels.
        b: Coordinates of the initial state, (ground,).
        times: Increasing, >= 0, (t,).
        depth: Highest level that the steady state needs.
        tolerance: Error allowed, absolute.
    """
    x = np.zeros((len(times), chain.ground), dtype=np.result_type(b, chain.a[0]))
    error = np.full(len(times), np.inf)
    positive = np.flatnonzero(times > 0)
    if positive.size:
        left = positive[-1] + 1
        while left > positive[0]:
            window = np.flatnonzero(
                (times[:left] >= times[left - 1] / _WINDOW) & (times[:left] > 0)
            )
            x[window], error[window] = _by_contour(chain, b, times[window], depth, tolerance)
            if np.any(error[window] > tolerance):
                break
            left = window[0]
    failed = np.flatnonzero(error > tolerance)
    if failed.size:
        short = slice(0, failed[-1] + 1)
        fine, reached = _by_steps(chain, b, times[short], depth, 1e-3 * tolerance)
        coarse, _ = _by_steps(chain, b, times[short], depth, 1e-1 * tolerance)
        x[short] = fine
        error[short] = np.max(np.abs(fine - coarse), axis=1) + 1e-13
        return Relaxed(x, error, failed[-1] + 1, max(depth, reached))
    return Relaxed(x, error, 0, depth)


def _by_contour(
    chain: Levels, b: np.ndarray, times: np.ndarray, depth: int, tolerance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Values and errors at times within one window, with as many nodes as they need."""
    before = _transform(chain, b, times, _NODES[0], depth)
    for count in _NODES[1:]:
        # More nodes and more levels at once: the difference shows whichever is not enough.
        now = _transform(chain, b, times, count, depth + depth // 4 + 2)
        error = np.max(np.abs(now - before), axis=1)
        if np.all(error <= tolerance):
            break
        before = now
    return now, error + 1e-14


def _transform(
    chain: Levels, b: np.ndarray, times: np.ndarray, count: int, depth: int
) -> np.ndarray:
    contour = hyperbola(times[0], max(times[-1], 1.0001 * times[0]), count)
    upper = _weighted(chain, b, times, contour, depth)
    if not np.iscomplexobj(chain.a[0]) and not np.iscomplexobj(b):
        return upper.imag
    lower = _weighted(chain, b, times, Contour(contour.nodes.conj(), contour.weights.conj()), depth)
    return (upper - lower) / 2j


def _weighted(
    chain: Levels, b: np.ndarray, times: np.ndarray, contour: Contour, depth: int
) -> np.ndarray:
    """sum_k w_k exp(z_k t) x(z_k), (t, ground)."""
    a = chain.a[0][: chain.ground, : chain.ground]
    identity = np.eye(chain.ground)
    solutions = np.array(
        [
            np.linalg.solve(z * identity - a - fold(chain, complex(z), depth), b)
            for z in contour.nodes
        ]
    )  # (nodes, ground)
    return (np.exp(np.multiply.outer(times, contour.nodes)) * contour.weights) @ solutions


def _by_steps(
    chain: Levels, b: np.ndarray, times: np.ndarray, depth: int, limit: float
) -> tuple[np.ndarray, int]:
    """Values at the times, with levels added whenever the top one holds more than `limit`."""
    most = 4 * depth + 64
    start = offsets(chain, most)
    propagator = Propagator(assemble(chain, most))
    y = np.zeros(start[-1], dtype=np.result_type(b, propagator.matrix.dtype))
    y[: chain.ground] = b
    level, now = min(_FIRST_DEPTH, most), 0.0
    values = np.zeros((len(times), chain.ground), dtype=y.dtype)
    with working("time evolution") as report:
        for i, time in enumerate(times):
            while now < time:
                top = start[level + 1] - start[level - 1]
                passed = propagator.advance(y, time - now, start[level + 1], top, limit)
                now = time if passed >= (time - now) * (1 - 1e-12) else now + passed
                if np.max(np.abs(y[start[level - 1] : start[level + 1]])) > limit:
                    if level == most:
                        limit = np.inf  # deeper than any steady state needs: the error will tell
                    level = min(level + max(4, level // 3), most)
                report(f"t = {now:.3g}, {level} levels")
            values[i] = y[: chain.ground]
    return values, level
