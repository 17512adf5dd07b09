r"""Inverse Laplace transform on a hyperbola, one set of nodes for a window of times.

$$f(t) = \frac{1}{2\pi i} \int e^{zt} F(z)\, dz, \qquad
  z(u) = \mu\,(1 + \sin(iu - \varphi)), \qquad t_0 \le t \le \Lambda t_0$$

With singularities near the negative real axis the midpoint rule converges like exp(-B N). Ours also
has lines at Re s ~ -gamma/2 and far from the axis (Rabi frequencies of a fluctuating field): the
contour passes them by, and what they would contribute has decayed at long times. The caller tells
when, by comparing different N. A pole far from the axis that decays slowly needs a hyperbola of its
own, the same one shifted along the imaginary axis.

Source: Weideman and Trefethen, Math. Comp. 76, 1341 (2007), Sec. 4.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np


class Contour(NamedTuple):
    """Nodes z and weights w in the upper half plane: f(t) = Im sum_k w_k e^{z_k t} F(z_k)."""

    nodes: np.ndarray
    weights: np.ndarray


def hyperbola(first: float, last: float, count: int) -> Contour:
    """The contour for times from `first` to `last` > 0 with `count` nodes in the upper half plane.

    For a function that is not real on the real axis, add the conjugate nodes.
    """
    phi, a = _angle(round(last / first, 6))
    step = a / count
    mu = _width(first, last, count)
    u = (np.arange(count) + 0.5) * step
    nodes = mu * (1 + np.sin(1j * u - phi))
    return Contour(nodes, step / np.pi * 1j * mu * np.cos(1j * u - phi))


def encloses(first: float, last: float, count: int, points: np.ndarray) -> np.ndarray:
    """Which points lie to the left of `hyperbola(first, last, count)`, (p,) of bool.

    The hyperbolas of one mu and all angles are confocal: a point lies on the one of the angle
    -Re arcsin(z / mu - 1), and to the left of those with a smaller one.
    """
    phi, _ = _angle(round(last / first, 6))
    angle = -np.arcsin(np.asarray(points, dtype=complex) / _width(first, last, count) - 1).real
    return angle > phi


def _width(first: float, last: float, count: int) -> float:
    """The mu of the hyperbola."""
    phi, a = _angle(round(last / first, 6))
    return (4 * np.pi * phi - np.pi**2) / a * count / last


@lru_cache(maxsize=128)
def _angle(ratio: float) -> tuple[float, float]:
    """Phi of the fastest convergence exp(-B N) for a window of this ratio, and A(phi)."""
    phi = np.linspace(np.pi / 4, np.pi / 2, 2002)[1:-1]
    cosh = ((np.pi - 2 * phi) * ratio + 4 * phi - np.pi) / ((4 * phi - np.pi) * np.sin(phi))
    a = np.arccosh(cosh)
    best = np.argmax((np.pi**2 - 2 * np.pi * phi) / a)
    return float(phi[best]), float(a[best])
