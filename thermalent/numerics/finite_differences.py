r"""Slope and curvature of a function with noise, by finite differences of measured step.

$$f'(x) \approx \frac{f(x - 2h) - 8 f(x - h) + 8 f(x + h) - f(x + 2h)}{12 h}$$

has the error \(\tfrac32\,\mathrm{noise}/h + h^4 |f^{(5)}|/30\): the best h is the fifth root of the
noise in units of the function's own width, which its curvature gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_FIRST_STEP = 1e-3
_WIDEST = 0.02
_SAME_CURVATURE = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Differences:
    """Slope and curvature at a point, in the coordinates that are free.

    Args:
        free: Which coordinates they are, (d,) bool.
        slope: (n,) with n free coordinates.
        curvature: (n, n).
        steps: Step in each, (n,).
        truncation: What the finite steps leave in the slope, (n,).
        smooth: Whether twice the step gives the same curvature; at a kink it gives half.
    """

    free: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    steps: np.ndarray
    truncation: np.ndarray
    smooth: bool

    def newton(self) -> np.ndarray | None:
        """The step to the maximum, (d,), or None if the function does not fall all around."""
        scale = np.sqrt(np.abs(np.diag(self.curvature)))
        if np.any(scale == 0):
            return None
        scaled = self.curvature / np.outer(scale, scale)
        if np.linalg.eigvalsh(scaled)[-1] > -1e-6:
            return None
        step = np.zeros(len(self.free))
        step[self.free] = -np.linalg.solve(scaled, self.slope / scale) / scale
        return step

    def shift(self, noise: float) -> np.ndarray:
        """Largest shift of the maximum by errors of the slope, (d,)."""
        shift = np.zeros(len(self.free))
        error = 1.5 * noise / self.steps + self.truncation
        try:
            shift[self.free] = np.abs(np.linalg.inv(self.curvature)) @ error
        except np.linalg.LinAlgError:
            shift[self.free] = np.inf
        return shift


def slope_and_curvature(
    function: Callable[[np.ndarray], float], x: np.ndarray, free: np.ndarray, noise: float
) -> Differences:
    """Slope and curvature of a function on the unit cube at a point inside it.

    Args:
        function: Of a point, (d,).
        x: The point, (d,).
        free: Coordinates to differentiate by, (d,) bool.
        noise: Absolute error of the function's values.
    """
    axes = np.eye(len(x))[free]
    centre = function(x)
    room = np.minimum(x, 1 - x)[free] / 4  # the widest points stay in the cube
    steps = np.minimum(_FIRST_STEP, room)
    # Twice: the first curvature, however rough, gives the width that sets the second step.
    for _ in range(2):
        sides = [
            function(x + h * a) + function(x - h * a) for a, h in zip(axes, steps, strict=True)
        ]
        bends = (np.array(sides) - 2 * centre) / steps**2
        width = np.sqrt(max(abs(centre), noise) / np.maximum(np.abs(bends), 1e-12))
        relative = (noise / max(abs(centre), noise)) ** 0.2
        steps = np.minimum(np.clip(relative * width, 1e-6, _WIDEST), room)
    slope, truncation, smooth = np.zeros(len(axes)), np.zeros(len(axes)), True
    curvature = np.zeros((len(axes), len(axes)))
    for i, (axis, h) in enumerate(zip(axes, steps, strict=True)):
        low4, low2, low, high, high2, high4 = (
            function(x + s * h * axis) for s in (-4, -2, -1, 1, 2, 4)
        )
        slope[i] = (low2 - 8 * low + 8 * high - high2) / (12 * h)
        wide = (low4 - 8 * low2 + 8 * high2 - high4) / (24 * h)
        truncation[i] = abs(wide - slope[i]) / 15
        curvature[i, i] = (-low2 + 16 * low - 30 * centre + 16 * high - high2) / (12 * h**2)
        wide = (-low4 + 16 * low2 - 30 * centre + 16 * high2 - high4) / (48 * h**2)
        allowed = _SAME_CURVATURE * abs(curvature[i, i]) + 6 * noise / h**2
        smooth = smooth and bool(abs(wide - curvature[i, i]) <= allowed)
    for i in range(len(axes)):
        for j in range(i):
            a, b = steps[i] * axes[i], steps[j] * axes[j]
            mixed = function(x + a + b) - function(x + a - b) - function(x - a + b)
            mixed += function(x - a - b)
            curvature[i, j] = curvature[j, i] = mixed / (4 * steps[i] * steps[j])
    return Differences(
        free=free,
        slope=slope,
        curvature=curvature,
        steps=steps,
        truncation=truncation,
        smooth=smooth,
    )
