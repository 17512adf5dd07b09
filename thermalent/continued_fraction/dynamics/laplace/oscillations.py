r"""Weakly damped oscillations of the emitters: poles of the resolvent close to the imaginary axis.

$$\det\big(p - A_0 - K(p)\big) = 0$$

A contour for times around T passes by what turns faster than a few N/T. Where that has not decayed
by then (a coherence of a tier that hardly couples), it gets a contour of its own, and for that its
frequency has to be known.
"""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyChain
from thermalent.continued_fraction.chain.fraction import evaluate_truncated

_MOST = 12  # candidates, the least damped ones
_MOST_STEPS = 12
_EPS = float(np.finfo(float).eps)


def weakly_damped(chain: HierarchyChain, depth: int) -> np.ndarray:
    """Poles away from the real axis, from those of the emitters alone, (p,); of pairs the upper.

    A pole that this search misses shows as contours that do not agree.
    """
    tier0_size = chain.tier0_size
    a = chain.a[0][:tier0_size, :tier0_size]
    real = not np.iscomplexobj(a)
    scale = max(float(np.max(np.abs(block), initial=0.0)) for block in chain.a)
    own = np.concatenate(
        [
            np.linalg.eigvals(a),
            np.linalg.eigvals(a + evaluate_truncated(chain, 0.0, depth)),
            np.linalg.eigvals(chain.a[1]) - chain.rate,
        ]
    )
    turning = own[np.abs(own.imag) > 1e-12 * scale]
    if real:
        turning = turning[turning.imag > 0]
    turning = turning[np.argsort(-turning.real, kind="stable")][:_MOST]
    poles: list[complex] = []
    for start in turning:
        pole = _refined(chain, a, complex(start), depth, scale)
        if pole is None or pole.real > 1e-6 * scale or abs(pole.imag) <= 1e-12 * scale:
            continue
        if all(abs(pole - other) > 1e-9 * scale for other in poles):
            poles.append(pole)
    return np.array(poles, dtype=complex)


def _refined(
    chain: HierarchyChain, a: np.ndarray, start: complex, depth: int, scale: float
) -> complex | None:
    """The solution of mu(z) = z by secants, mu the eigenvalue of A_0 + K(z) next to z."""

    def away(z: complex) -> complex:
        try:
            values = np.linalg.eigvals(a + evaluate_truncated(chain, z, depth))
        except (ZeroDivisionError, np.linalg.LinAlgError):
            return complex(np.nan, np.nan)  # z is a pole of K itself
        return complex(values[np.argmin(np.abs(values - z))]) - z

    before, distance_before = start, away(start)
    now = before + distance_before
    for _ in range(_MOST_STEPS):
        distance = away(now)
        if not np.isfinite(distance):
            return None
        if abs(distance) <= 64 * _EPS * scale:
            return now + distance
        if distance == distance_before:
            break
        step = -distance * (now - before) / (distance - distance_before)
        if abs(step) > 10 * abs(distance):
            step = distance
        before, distance_before, now = now, distance, now + step
    # Not converged: its frequency may still be good enough for a contour around it.
    return now if abs(distance) < 1e-6 * scale else None
