r"""Transfer functions at a frequency, their peak and their width.

$$S_{21}(s) = d + c\,(s - a)^{-1} b, \qquad s = i\omega$$

with \(\omega\) counted from the carrier, positive above it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from thermalent.numerics.extrema import largest_between
from thermalent.support import checks

# Points of the grid on which a peak is bracketed, per pole: fifteen per half width close to it, and
# tails that reach far beyond all of them.
_NEAR = np.linspace(-4.0, 4.0, 121)
_FAR = np.geomspace(4.0, 1e6, 80)
_MOST_ELEMENTS = 4_000_000  # of the matrices that are inverted at once


class StateSpace(NamedTuple):
    """A transfer function d + c (s - a)^-1 b of one input and one output."""

    a: np.ndarray  # (m, m), rate unit
    b: np.ndarray  # (m,)
    c: np.ndarray  # (m,)
    d: complex


def transfer_function(system: StateSpace, frequencies: Any) -> np.ndarray:
    """S21 at angular frequencies from the carrier; complex, the shape of `frequencies`."""
    omega = checks.real_array("frequencies", frequencies)
    at_once = max(1, _MOST_ELEMENTS // len(system.b) ** 2)
    flat = omega.ravel()
    parts = [_values(system, flat[i : i + at_once]) for i in range(0, flat.size, at_once)]
    values = np.concatenate(parts) if parts else np.zeros(0, dtype=complex)
    return np.asarray(values.reshape(omega.shape))


def _values(system: StateSpace, omega: np.ndarray) -> np.ndarray:
    """S21 at as many frequencies as memory takes at once, (f,)."""
    m = len(system.b)
    matrix = 1j * omega[:, None, None] * np.eye(m) - system.a  # (f, m, m)
    inner = np.linalg.solve(matrix, np.broadcast_to(system.b[:, None], (len(omega), m, 1)))
    return np.asarray(system.d + (inner[..., 0] @ system.c))


def peak(system: StateSpace) -> tuple[float, float]:
    """Largest |S21| and the frequency where it is (infinite if it is far from all poles)."""
    grid = _grid(system)
    size = np.abs(transfer_function(system, grid))
    best, where = abs(system.d), np.inf
    for i in np.flatnonzero((size[1:-1] >= size[:-2]) & (size[1:-1] >= size[2:])) + 1:
        if size[i] < 0.5 * size.max():
            continue
        value, at = largest_between(
            lambda omega: float(np.abs(transfer_function(system, omega))),
            grid[i - 1],
            grid[i + 1],
            1e-10 * (grid[i + 1] - grid[i - 1]),
        )
        if value < size[i]:
            at, value = float(grid[i]), float(size[i])
        if value > best:
            best, where = value, at
    return float(best), where


def width(system: StateSpace) -> float:
    """Distance of the outermost frequencies where |S21|^2 is half of its peak; inf without them."""
    from scipy import optimize

    highest, _ = peak(system)
    half = highest / np.sqrt(2)
    if abs(system.d) >= half:
        return float("inf")
    grid = _grid(system)
    first, last = np.flatnonzero(np.abs(transfer_function(system, grid)) >= half)[[0, -1]]

    def excess(omega: float) -> float:
        return float(np.abs(transfer_function(system, omega))) - half

    low, high = (
        optimize.brentq(excess, grid[i], grid[j], xtol=1e-300, rtol=1e-14)
        for i, j in ((first - 1, first), (last, last + 1))
    )
    return float(high - low)


def _grid(system: StateSpace) -> np.ndarray:
    """Frequencies around every pole, close enough that no peak lies between them undetected."""
    poles = np.linalg.eigvals(system.a)
    reach = float(np.max(np.abs(poles)))
    near = [p.imag + abs(p.real) * _NEAR for p in poles]
    far = [p.imag + sign * abs(p.real) * _FAR for p in poles for sign in (-1, 1)]
    ends = np.array([-1e6 * reach, 1e6 * reach])
    grid = np.unique(np.concatenate([*near, *far, ends]))
    # Of points that coincide but for rounding one is kept; otherwise no maximum would be bracketed.
    apart = np.diff(grid, prepend=-np.inf) > 1e-4 * float(np.min(np.abs(poles.real)))
    return grid[apart]
