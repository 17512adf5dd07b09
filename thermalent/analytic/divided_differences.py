r"""Hyperbolic functions of a root, and their divided differences, without cancellation.

$$\mathrm{sinhc}\sqrt z = \frac{\sinh\sqrt z}{\sqrt z} = \sum_n \frac{z^n}{(2n + 1)!}, \qquad
  \cosh\sqrt z = \sum_n \frac{z^n}{(2n)!}$$

are entire in z, real for real z of either sign. Everything is damped by a factor exp(-decay), which
is taken into the exponentials so that nothing overflows.
"""

from __future__ import annotations

import numpy as np

# Below this |z| the divided difference is summed as a series, above it taken from hyperbolic
# functions of the half sum and half difference of the roots, which cancel like 1/|z|.
_SERIES_UP_TO = 4.0
_SERIES_TERMS = 14  # 4^14 15/29! is 5e-22
_SINHC = tuple(1 / float(np.prod(np.arange(1.0, 2 * n + 2))) for n in range(_SERIES_TERMS + 1))


def damped(z: np.ndarray, decay: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosh and sinhc of the root of z, times exp(-decay), with Re root <= decay."""
    root = np.sqrt(z + 0j)
    up, down = np.exp(root - decay), np.exp(-root - decay)
    small = np.abs(z) < 1e-2
    safe = np.where(small, 1.0, root)
    series = np.exp(-decay) * _series(z, small, _SINHC[:8])
    return ((up + down) / 2).real, np.where(small, series, ((up - down) / (2 * safe)).real)


def divided_differences(
    z1: np.ndarray, z2: np.ndarray, decay: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""S[z1, z2] and C[z1, z2], times exp(-decay).

    With p, q the half sum and half difference of the roots a, b,

    $$C = \tfrac12 \mathrm{sinhc}\,p\,\mathrm{sinhc}\,q, \qquad
      S = \frac{\cosh p\,\mathrm{sinhc}\,q - \mathrm{sinhc}\,p \cosh q}{2ab}$$
    """
    a, b = np.sqrt(z1 + 0j), np.sqrt(z2 + 0j)
    p, q = (a + b) / 2, (a - b) / 2
    # Each root is damped by itself, and their product by this factor: |Re p| + |Re q| is at most a
    # root.
    cosh_p, sinhc_p = _complex_damped(p, np.abs(p.real))
    cosh_q, sinhc_q = _complex_damped(q, np.abs(q.real))
    factor = np.exp(np.abs(p.real) + np.abs(q.real) - decay)
    cosh_12 = factor * (sinhc_p * sinhc_q / 2).real
    near = np.maximum(np.abs(z1), np.abs(z2)) < _SERIES_UP_TO
    separated = ~near & (np.abs(z1 - z2) > np.maximum(np.abs(z1), np.abs(z2)) / 2)
    product = np.where(near | separated, 1.0, 2 * a * b)
    by_roots = factor * ((cosh_p * sinhc_q - sinhc_p * cosh_q) / product).real
    gap = np.where(separated, z1 - z2, 1.0)
    direct = (damped(z1, decay)[1] - damped(z2, decay)[1]) / gap
    series = np.exp(-decay) * _divided_series(np.where(near, z1, 0.0), np.where(near, z2, 0.0))
    return np.where(near, series, np.where(separated, direct, by_roots)), cosh_12


def _complex_damped(x: np.ndarray, decay: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosh x and sinhc x of a complex x, times exp(-decay)."""
    up, down = np.exp(x - decay), np.exp(-x - decay)
    small = np.abs(x) < 0.1
    safe = np.where(small, 1.0, x)
    series = np.exp(-decay) * _series(x**2, small, _SINHC[:8])
    return (up + down) / 2, np.where(small, series, (up - down) / (2 * safe))


def _series(z: np.ndarray, where: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    """A power series in z, evaluated where the mask is true."""
    z = np.where(where, z, 0.0)
    total = np.zeros_like(z)
    for coefficient in reversed(coefficients):
        total = total * z + coefficient
    return total


def _divided_series(z1: np.ndarray, z2: np.ndarray) -> np.ndarray:
    """S[z1, z2] = sum over n of h_(n-1)(z1, z2)/(2n+1)!, h the complete homogeneous polynomial."""
    total, homogeneous, power = np.zeros_like(z1), np.ones_like(z1), np.ones_like(z1)
    for n in range(1, _SERIES_TERMS + 1):
        total = total + homogeneous * _SINHC[n]
        power = power * z1
        homogeneous = power + z2 * homogeneous
    return total
