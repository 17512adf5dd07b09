r"""Two detuned qubits that decay into one common reservoir, one excitation between them.

Rates are those of `te.cooperative`: COOPERATIVE's kappa is half of Gamma here. Nothing is divided
by the distance from the exceptional point \(\delta = \Gamma = 2\kappa\).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from thermalent.analytic.populations import nonnegative_arrays, real_arrays
from thermalent.operators import states
from thermalent.support import checks


class DetunedRates(NamedTuple):
    r"""The two rates \(\lambda\) of amplitudes that fall like \(e^{-\lambda t}\); Re <= Re."""

    slow: complex
    fast: complex


def detuned_rates(decay: float, detuning: float) -> DetunedRates:
    r"""Complex decay rates of the amplitudes of two detuned qubits, one excitation between them.

    $$\lambda_\pm = \frac\Gamma2 + \frac{i\delta}2 \pm \tfrac12\sqrt{\Gamma^2 - \delta^2}$$

    in the frame of qubit 1; the same for both qubits' individual decay gamma/2 comes on top. They
    meet at the exceptional point \(\delta = \Gamma = 2\kappa\). Below it the slow one is
    \(\delta^2/(2(\Gamma + \sqrt{\Gamma^2 - \delta^2}))\) without cancellation, so that a small
    detuning empties the dark state at the energy rate \(\delta^2/(2\Gamma) = \delta^2/(4\kappa)\).

    Args:
        decay: Gamma, rate unit.
        detuning: delta, of qubit 2 from qubit 1, rate unit.

    Returns:
        The slow and the fast one; above the exceptional point both fall alike, and the first has
        the lower frequency.

    Raises:
        ValueError: an argument is out of range.

    Source: COOPERATIVE, text on Figs. 3(c) and (d); the formula is ours.
    """
    g, d = checks.nonnegative("decay", decay), checks.real("detuning", detuning)
    discriminant = (g - abs(d)) * (g + abs(d))
    if discriminant >= 0:
        root = np.sqrt(discriminant)
        slow = d * d / (2 * (g + root)) if g > 0 else 0.0
        return DetunedRates(complex(slow, d / 2), complex((g + root) / 2, d / 2))
    turn = np.sqrt(-discriminant)
    return DetunedRates(complex(g / 2, (d - turn) / 2), complex(g / 2, (d + turn) / 2))


def detuned_amplitudes(
    t: Any,
    decay: float,
    detuning: float,
    start: Sequence[complex] = (1.0, 0.0),
    *,
    individual_decay: float = 0.0,
) -> np.ndarray:
    r"""Amplitudes of one excitation on two detuned qubits.

    $$a(t) = e^{-(\Gamma + \gamma + i\delta)t/2} \Big[\cosh w + \frac t2
      \begin{pmatrix} i\delta & -\Gamma \\ -\Gamma & -i\delta \end{pmatrix} \frac{\sinh w}{w}\Big]
      a(0), \qquad w = \frac t2 \sqrt{\Gamma^2 - \delta^2}$$

    in the frame of qubit 1. Entire in w^2, so nothing happens at the exceptional point; below it
    the slow exponent is that of `detuned_rates`, and does not cancel at late times.

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        decay: Gamma of both qubits, rate unit.
        detuning: delta, of qubit 2 from qubit 1, rate unit.
        start: Amplitudes of |10> and |01> at the start, (2,), of norm 1 or less (the rest is in
            |00>).
        individual_decay: gamma of both qubits, rate unit.

    Returns:
        Complex amplitudes of |10> and |01>, shape of `t` and one axis more, (..., 2). Absolute
        error about 1e-15 times 1 + |delta| t.

    Raises:
        ValueError: an argument is out of range.

    Source: COOPERATIVE, Eq. (1) with detuning; the formula is ours.
    """
    (t,) = nonnegative_arrays(t=t)
    g, d = checks.nonnegative("decay", decay), checks.real("detuning", detuning)
    own_rate = checks.nonnegative("individual_decay", individual_decay)
    first, second = _amplitudes(start)
    discriminant = (g - abs(d)) * (g + abs(d))
    w = t / 2 * np.sqrt(abs(discriminant))
    if discriminant >= 0:
        slow = np.exp(-detuned_rates(g, d).slow.real * t)
        cosh, sinhc = slow * (1 + np.exp(-2 * w)) / 2, slow * mean_decay(2 * w)
    else:
        fall = np.exp(-g * t / 2)
        cosh, sinhc = fall * np.cos(w), fall * np.sinc(w / np.pi)
    turned = np.exp(-(own_rate + 1j * d) * t / 2)
    exchange = -g * t / 2 * sinhc
    shift = 1j * d * t / 2 * sinhc
    return turned[..., None] * np.stack(
        [
            (cosh + shift) * first + exchange * second,
            exchange * first + (cosh - shift) * second,
        ],
        axis=-1,
    )


def mean_decay(x: np.ndarray) -> np.ndarray:
    """The mean of exp(-y) over y from 0 to x >= 0: (1 - exp(-x))/x, and 1 at x = 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 1.0, -np.expm1(-safe) / safe)


def _amplitudes(start: Sequence[complex]) -> tuple[complex, complex]:
    """Two checked amplitudes of an excitation."""
    try:
        pair = np.array(start, dtype=complex)
    except (TypeError, ValueError):
        checks.fail("start", "two amplitudes", start)
    if pair.shape != (2,):
        checks.fail("start", "two amplitudes", checks.Words(f"an array of shape {pair.shape}"))
    real_arrays(start=np.concatenate([pair.real, pair.imag]))
    norm = float(np.linalg.norm(pair))
    if norm > 1 + states.STATE_TOLERANCE:
        checks.fail("start", "of norm 1 or less", checks.Words(f"of norm {norm:.12g}"))
    return complex(pair[0]), complex(pair[1])
