r"""Relaxation of a state: \(\rho = \rho_0 + y\) with \(\mathcal{L} y = -\mathcal{L}\rho_0\)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.fock.lindbladian import Lindbladian
from thermalent.fock.solvers import Solver

# Residuals are relative to the norm of |L| |rho|, the source of rounding, or to the smallest rate
# on the diagonal: in the vacuum |L| |rho| is zero. Rates below this part of the largest do not
# count (the vacuum of a nearly cold mode is left at next to no rate).
_SMALLEST_RATE = 1e-6
RESIDUAL_TARGET = 1e-13
_PASSES = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class StationaryState:
    """A normalised solution of L rho = 0.

    Args:
        x: Its real numbers, (n,), trace one.
        residual: 2-norm of L rho, relative to the larger of that of |L| |rho| and the slowest rate.
        amplification: How much larger y was than its source in any pass: the emitters' largest
            element over the 2-norm of the right side, time unit.
        response: What residuals of this size do to the emitters' state: amplification times (2-norm
            of L rho, plus its rounding).
    """

    x: np.ndarray
    residual: float
    amplification: float
    response: float

    @property
    def converged(self) -> bool:
        """Whether the residual is as small as rounding."""
        return self.residual <= RESIDUAL_TARGET


def stationary(lindbladian: Lindbladian, solver: Solver, start: np.ndarray) -> StationaryState:
    """Relax `start` (real numbers, trace one) to a solution of L rho = 0, refining while it helps.

    If the steady state is not unique, the result depends on the start.
    """
    matrix, space = lindbladian.matrix, lindbladian.space
    magnitude = abs(matrix)
    rates = np.abs(matrix.diagonal())
    fastest = np.max(rates, initial=0.0)
    slowest = float(np.min(rates[rates > _SMALLEST_RATE * fastest], initial=fastest))

    def measure(x: np.ndarray) -> float:
        return max(slowest, float(np.linalg.norm(magnitude @ np.abs(x))))

    x, amplification = start, 0.0
    source, scale = -(matrix @ x), measure(start)
    for _ in range(_PASSES):
        size = float(np.linalg.norm(source))
        if size <= np.finfo(float).eps * scale:
            break
        y = solver.solve(source, 0.5 * RESIDUAL_TARGET * scale)
        better = x + y
        better = better / space.populations(better).sum()
        change = float(np.max(np.abs(space.emitters_state(better - x))))
        amplification = max(amplification, change / size)
        better_source = -(matrix @ better)
        better_scale = measure(better)
        if not np.linalg.norm(better_source) / better_scale < size / scale:
            break
        x, source, scale = better, better_source, better_scale
        if float(np.linalg.norm(source)) <= 4 * np.finfo(float).eps * scale:
            break
    residual = float(np.linalg.norm(source)) / scale if scale > 0 else 0.0
    return StationaryState(
        x=x,
        residual=residual,
        amplification=amplification,
        response=amplification * (residual + float(np.finfo(float).eps)) * scale,
    )
