r"""The field in polar form, u = r e^{i theta}, and what remains of it with the radius fixed.

$$dr = \Big(-\lambda r + \frac{\lambda V}{2r}\Big) dt + \sqrt{\lambda V}\, dW_r, \qquad
  d\theta = \sqrt{\lambda V}\, \frac{dW_\theta}{r}$$

(Ito; the noise of the radius is additive and that of the phase does not depend on the phase, so
that both conventions agree). The drift diverges at the origin, which an explicit scheme steps
across. `polar` avoids the equations; `integrate_polar` solves them by a drift-implicit scheme,
whose step is the positive root of a quadratic: the radius is positive whatever the noise.

Source: THERMAL, Eqs. (34) to (36), with lambda = kappa and V = n_th/2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erf

from thermalent.stochastic.ornstein_uhlenbeck import ornstein_uhlenbeck, spawned
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls


@with_explained_calls
def polar(
    times: Any,
    *,
    rate: float,
    variance: float,
    n: int = 1,
    seed: int = 0,
    initial: str | complex = "stationary",
) -> tuple[np.ndarray, np.ndarray]:
    """Radius and phase of a complex Ornstein-Uhlenbeck process, exact in law on the grid.

    The Cartesian process is sampled and transformed, so that nothing happens at the origin. The
    phase is continued from one time to the next by the shorter way: modulo 2 pi it is exact; full
    turns around the origin between two times are not counted.

    Args:
        times: Increasing, >= 0, inverse rate unit, (t,).
        rate: Amplitude decay rate lambda, > 0.
        variance: V = <r^2> in the stationary state, >= 0.
        n: Number of paths.
        seed: Seed of the random numbers.
        initial: "stationary", or the complex amplitude from which every path starts.

    Returns:
        Radius and phase, (n, t) each.

    Raises:
        ValueError: an argument is out of range, or the times do not increase.

    Source: THERMAL, Eqs. (14) and (34).
    """
    u = ornstein_uhlenbeck(times, rate=rate, variance=variance, n=n, seed=seed, initial=initial)
    return np.abs(u), np.unwrap(np.angle(u), axis=1)


@with_explained_calls
def integrate_polar(
    times: Any, *, rate: float, variance: float, radius: float, n: int = 1, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    r"""Radius and phase from the polar equations themselves, for comparison with `polar`.

    $$(1 + \lambda h)\, r' = r + \sqrt{\lambda V}\,\Delta W_r + \frac{\lambda V h}{2 r'}, \qquad
      \theta' = \theta + \sqrt{\lambda V h / (r r')}\; z$$

    Drift-implicit Euler. Strong order 1/2 in the radius at least (its squared form is a
    square-root process of dimension two, the boundary case); a start at r = 0 is allowed, and the
    first step of the phase is then uniform.

    Args:
        times: Increasing, >= 0, inverse rate unit, (t,).
        rate: Amplitude decay rate lambda, > 0.
        variance: V = <r^2> in the stationary state, > 0.
        radius: Radius from which every path starts, at phase zero, >= 0.
        n: Number of paths.
        seed: Seed of the random numbers.

    Returns:
        Radius and phase, (n, t) each.

    Raises:
        ValueError: an argument is out of range, or the times do not increase.

    Source: THERMAL, Eqs. (35) and (36).
    """
    grid = checks.time_grid("times", times)
    h = np.diff(grid)
    n = checks.integer("n", n, 1)
    radial, angular = spawned(seed, 2)
    increments = radial.standard_normal((n, len(h))) * np.sqrt(h)
    rate, variance = checks.positive("rate", rate), checks.positive("variance", variance)
    start = np.full(n, checks.nonnegative("radius", radius))
    r = radial_path(start, increments, h, rate=rate, variance=variance)
    product = r[:, :-1] * r[:, 1:]
    z = angular.standard_normal((n, len(h)))
    with np.errstate(divide="ignore"):
        steps = np.sqrt(rate * variance * h / product) * z
    steps = np.where(product > 0, steps, np.pi * erf(z / np.sqrt(2)))  # uniform at the origin
    return r, np.concatenate([np.zeros((n, 1)), np.cumsum(steps, axis=1)], axis=1)


def radial_path(
    radius: np.ndarray, increments: np.ndarray, h: np.ndarray, *, rate: float, variance: float
) -> np.ndarray:
    """The drift-implicit scheme for given Wiener increments.

    Args:
        radius: Radii at the start, (n,).
        increments: Increments of W_r, (n, t - 1).
        h: Steps, (t - 1,).
        rate: Amplitude decay rate lambda.
        variance: V.

    Returns:
        Radii, (n, t), positive from the second time on.
    """
    r = np.empty((len(radius), len(h) + 1))
    r[:, 0] = radius
    noise = np.sqrt(rate * variance) * increments
    for i, step in enumerate(h):
        a, b = r[:, i] + noise[:, i], 2 * (1 + rate * step) * rate * variance * step
        root = np.sqrt(a * a + b)
        # The form without cancellation for either sign of a.
        denominator = 2 * (1 + rate * step)
        r[:, i + 1] = np.where(a >= 0, a + root, b / (root - np.minimum(a, 0.0))) / denominator
    return r


@with_explained_calls
def phase_diffusion(
    times: Any,
    *,
    rate: float,
    variance: float,
    radius: float,
    phase: float = 0.0,
    n: int = 1,
    seed: int = 0,
) -> np.ndarray:
    r"""The phase alone, the radius held fixed: pure diffusion, exact on any grid.

    $$d\theta = \sqrt{\lambda V / r_0^2}\; dW_\theta$$

    Args:
        times: Increasing, >= 0, inverse rate unit, (t,).
        rate: Amplitude decay rate lambda of the field, > 0.
        variance: V of the field, >= 0.
        radius: r_0 > 0.
        phase: Phase at the first time.
        n: Number of paths.
        seed: Seed of the random numbers.

    Returns:
        Phases, not reduced modulo 2 pi, (n, t).

    Raises:
        ValueError: an argument is out of range, or the times do not increase.

    Source: THERMAL, Sec. IV B, between Eqs. (36) and (37).
    """
    grid = checks.time_grid("times", times)
    diffusion = checks.positive("rate", rate) * checks.nonnegative("variance", variance)
    deviations = np.sqrt(diffusion * np.diff(grid)) / checks.positive("radius", radius)
    (rng,) = spawned(seed, 1)
    steps = deviations * rng.standard_normal((checks.integer("n", n, 1), len(deviations)))
    path = np.zeros((len(steps), len(grid)))
    np.cumsum(steps, axis=1, out=path[:, 1:])
    return path + checks.real("phase", phase)
