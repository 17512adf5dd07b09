r"""Averages of a number over the amplitudes of the source.

$$\langle f \rangle = \int d^2\alpha\, P(\alpha)\, f\big(\mu(\alpha)/P(\alpha)\big)
  = \int_0^\infty dr\, 2 \pi r\, P(r)\, f(\rho_r)$$

for f that a phase of the excitation number does not change, such as every measure of entanglement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_NODES = 8  # of Gauss and Legendre on each stretch; the two halves of it show the error
_STRETCHES = 8  # to begin with
_MOST_BISECTIONS = 24  # of a stretch with a kink: 6e-8 of its length
_SMALLEST = 1e-10  # error of the sum at which to stop
# From radii (p,) to integrands and bounds of their errors, columns of (p, columns).
Integrand = Callable[[np.ndarray], np.ndarray]


class Integral(NamedTuple):
    """Integrals of several columns, the error of their first by the nodes, and their number."""

    values: np.ndarray
    error: float
    nodes: int


def integrated(integrand: Integrand, largest: float) -> Integral:
    """Integrals over radii from zero, by bisection of the stretches that need it.

    Args:
        integrand: What to integrate, (p, columns); the first column decides.
        largest: Last radius.
    """
    x, weight = np.polynomial.legendre.leggauss(_NODES)
    ends = np.linspace(0.0, largest, _STRETCHES + 1)
    stretches = np.stack([ends[:-1], ends[1:]], axis=1)
    nodes = 0

    def sums(stretches: np.ndarray) -> np.ndarray:
        nonlocal nodes
        middle, half = stretches.mean(axis=1), np.diff(stretches, axis=1)[:, 0] / 2
        values = integrand((middle[:, None] + half[:, None] * x).ravel())
        nodes += len(values)
        shaped = values.reshape(len(stretches), len(x), -1)
        return np.asarray(np.einsum("s,g,sgc->sc", half, weight, shaped))

    coarse = sums(stretches)
    total, error = np.zeros(coarse.shape[1]), 0.0
    for _ in range(_MOST_BISECTIONS):
        middle = stretches.mean(axis=1)
        halves = np.stack([stretches[:, 0], middle, middle, stretches[:, 1]], axis=1).reshape(-1, 2)
        fine = sums(halves)
        change = np.abs(fine[0::2, 0] + fine[1::2, 0] - coarse[:, 0])
        # Each stretch may have its share; where all are good enough, the halves count.
        open_ = change > _SMALLEST * np.diff(stretches, axis=1)[:, 0] / largest
        closed = np.repeat(~open_, 2)
        total += fine[closed].sum(axis=0)
        error += float(change[~open_].sum())
        if not np.any(open_):
            return Integral(total, error, nodes)
        stretches, coarse = halves[~closed], fine[~closed]
    return Integral(total + coarse.sum(axis=0), error + float(change[open_].sum()), nodes)
