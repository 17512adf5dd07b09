r"""Paths of a complex Ornstein-Uhlenbeck process, sampled exactly.

$$du = -(\lambda + i\delta)\, u\, dt + \sqrt{2\lambda V}\, dW, \qquad
  \langle u^*(t) u(0)\rangle = V e^{-\lambda|t| + i\delta t}, \quad \langle u u\rangle = 0$$

with \(\langle |dW|^2\rangle = dt\). It is linear, so that a step of any length, and the integral of
u over it, are Gaussian with known moments: the samples have no discretisation error.

Source: THERMAL, Eq. (14), with rate kappa and variance n_th/2.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, overload

import numpy as np

from thermalent.stochastic.step_kernels import autoregression
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


class Transition(NamedTuple):
    r"""A step of the process and its integral, from two complex standard normal numbers.

    $$u(h) = d\,u(0) + n z_1, \qquad \int_0^h u\,dt = w\,u(0) + f z_1 + o z_2$$
    """

    decay: complex
    weight: complex
    noise: float
    follow: complex
    own: float


def transition(step: float, *, rate: float, variance: float, detuning: float = 0.0) -> Transition:
    r"""The exact transition of the process over a step, with its integral.

    With \(z = \lambda + i\delta\) and \(\phi(s) = (1 - e^{-zs})/z\), the noise of u(h) and of the
    integral have the covariances

    $$\begin{pmatrix} V(1 - e^{-2\lambda h}) & 2\lambda V\!\int_0^h e^{-zs}\phi^*(s)\,ds \\
      \cdot & 2\lambda V\!\int_0^h |\phi(s)|^2 ds \end{pmatrix}$$

    For |z| h < 1 the integrals are evaluated by 16 Gauss-Legendre nodes (their closed forms cancel;
    the integrands are entire, and the remainder is below rounding), else by their closed forms.

    Args:
        step: h, inverse rate unit, > 0.
        rate: Amplitude decay rate lambda, > 0.
        variance: V = <|u|^2>, >= 0.
        detuning: delta, the frequency of u.

    Returns:
        The coefficients; relative error below 1e-13.
    """
    z = complex(rate, detuning)
    power = 2 * rate * variance  # of the noise
    if abs(z) * step < 1:
        s = step / 2 * (1 + _NODES)
        weights = step / 2 * _WEIGHTS
        phi = -np.expm1(-z * s) / z
        cross = complex(np.sum(weights * np.exp(-z * s) * phi.conj()))
        square = float(np.sum(weights * np.abs(phi) ** 2))
        end = complex(-np.expm1(-z * step) / z)
    else:
        end = (1 - np.exp(-z * step)) / z
        energy = -np.expm1(-2 * rate * step) / (2 * rate)
        cross = complex((end - energy) / z.conjugate())
        square = float((step - 2 * end.real + energy) / abs(z) ** 2)
    noise = float(np.sqrt(-variance * np.expm1(-2 * rate * step)))
    # <noise of the integral times conj(noise of u)>: cross is its conjugate.
    follow = power * cross.conjugate() / noise if noise > 0 else 0j
    own = np.sqrt(max(power * square - abs(follow) ** 2, 0.0))
    return Transition(complex(np.exp(-z * step)), end, noise, follow, float(own))


@overload
def ornstein_uhlenbeck(
    times: Any, *, rate: float, variance: float, detuning: float = ..., n: int = ...,
    seed: int = ..., initial: str | complex = ..., integral: Literal[False] = ...,
) -> np.ndarray: ...  # fmt: skip
@overload
def ornstein_uhlenbeck(
    times: Any, *, rate: float, variance: float, detuning: float = ..., n: int = ...,
    seed: int = ..., initial: str | complex = ..., integral: Literal[True],
) -> tuple[np.ndarray, np.ndarray]: ...  # fmt: skip
@with_explained_calls
def ornstein_uhlenbeck(
    times: Any,
    *,
    rate: float,
    variance: float,
    detuning: float = 0.0,
    n: int = 1,
    seed: int = 0,
    initial: str | complex = "stationary",
    integral: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    r"""Paths of a complex Ornstein-Uhlenbeck process on any grid of times, exact in law.

    $$\langle u^*(t) u(0)\rangle = V e^{-\lambda|t| + i\delta t}, \qquad \langle u u\rangle = 0$$

    Args:
        times: Increasing, >= 0, inverse rate unit, (t,); the path starts at the first.
        rate: Amplitude decay rate lambda, > 0.
        variance: V = <|u|^2> in the stationary state, >= 0.
        detuning: delta: u rotates as exp(-i delta t).
        n: Number of paths. A path does not depend on how many there are.
        seed: Seed of the random numbers.
        initial: "stationary", or the amplitude from which every path starts.
        integral: Whether to sample the integral over each step too, jointly and exactly. The path
            is the same with and without.

    Returns:
        The paths, complex, (n, t); with `integral` also the integrals, complex, (n, t - 1).

    Raises:
        ValueError: an argument is out of range, or the times do not increase.

    Source: THERMAL, Eq. (14): rate kappa, variance n_th/2.
    """
    grid = checks.time_grid("times", times)
    rate, variance = checks.positive_rate("rate", rate), checks.nonnegative("variance", variance)
    fastest = checks.LARGEST_RATE
    detuning = checks.within("detuning", detuning, -fastest, fastest)
    n = checks.integer("n", n, 1)
    # Three streams, so that the integrals are drawn without moving the path.
    streams = spawned(seed, 3)
    lengths, which = np.unique(np.diff(grid), return_inverse=True)
    steps = [transition(h, rate=rate, variance=variance, detuning=detuning) for h in lengths]
    table = np.array(steps, dtype=complex).reshape(-1, 5)[which].T  # (5, t - 1)
    decay, weight, noise, follow, own = table
    z = _complex_normal(streams[1], (n, len(grid) - 1))
    path = np.empty((n, len(grid)), dtype=complex)
    path[:, 0] = start(initial, variance, streams[0], n)
    autoregression(decay, noise * z, path)
    if not integral:
        return path
    extra = _complex_normal(streams[2], z.shape)
    return path, weight * path[:, :-1] + follow * z + own * extra


def start(
    initial: str | complex, variance: float, rng: np.random.Generator, n: int
) -> np.ndarray | complex:
    """The amplitudes at the first time: n samples of the stationary law, or the one given."""
    if isinstance(initial, str):
        if initial != "stationary":
            checks.fail("initial", '"stationary" or an amplitude', initial)
        return np.sqrt(variance) * _complex_normal(rng, (n,))
    amplitude = complex(initial)
    if not np.isfinite(amplitude):
        checks.fail("initial", "a finite amplitude", initial)
    return amplitude


def spawned(seed: int, count: int) -> list[np.random.Generator]:
    """Independent generators from one seed."""
    sequence = np.random.SeedSequence(checks.seed("seed", seed))
    return [np.random.default_rng(child) for child in sequence.spawn(count)]


def _complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Complex normal numbers with <|z|^2> = 1."""
    return rng.standard_normal((*shape, 2)).view(complex)[..., 0] / np.sqrt(2)
