r"""Closed forms of one excitation between two nodes, each a ring resonator with a qubit.

GENERATION's Eq. (8) divides by \(g_1^2 - g_2^2\) and by \(\kappa_i = \sqrt{\gamma^2 - 16 g_i^2}\),
all of which may vanish. With \(z_i = (\kappa_i t/4)^2\) it is free of quotients,

$$\mathrm{sinhc}\sqrt z = \frac{\sinh\sqrt z}{\sqrt z}, \qquad
  S[z_1, z_2] = \frac{\mathrm{sinhc}\sqrt{z_1} - \mathrm{sinhc}\sqrt{z_2}}{z_1 - z_2}, \qquad
  C[z_1, z_2] = \frac{\cosh\sqrt{z_1} - \cosh\sqrt{z_2}}{z_1 - z_2}$$

entire functions that are evaluated here without cancellation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from thermalent.analytic.divided_differences import damped, divided_differences
from thermalent.analytic.populations import nonnegative_arrays
from thermalent.support import checks

BEST_RATE_RATIO = 3.6446505820830292
"""Ratio of decay rates with the largest concurrence of two bare qubits on a one-way waveguide."""


class NodeAmplitudes(NamedTuple):
    """Amplitudes of one excitation: on qubit 1, qubit 2, cavity 1, cavity 2."""

    eg: Any
    ge: Any
    c10: Any
    c01: Any


def node_amplitudes(
    t: Any, g1: Any, g2: Any, gamma: Any = 1.0, *, phase: float = 0.0, alpha: float = 0.0
) -> NodeAmplitudes:
    r"""Amplitudes of an excitation that starts on the first qubit, in a one-way waveguide.

    $$c_{eg} = e^{-\gamma t/4} \big(\cosh\tfrac{\kappa_1 t}{4}
        + \tfrac{\gamma}{\kappa_1} \sinh\tfrac{\kappa_1 t}{4}\big), \qquad
      c_{ge} = g_1 g_2 \gamma t^3\, e^{i(kD - \alpha) - \gamma t/4}\, S[z_1, z_2]$$

    and the cavities' amplitudes likewise, with \(\kappa_i = \sqrt{\gamma^2 - 16 g_i^2}\) real or
    imaginary. All on resonance, in the frame that rotates at it; no qubit decay.

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        g1: Coupling of qubit 1 to its cavity, rate unit, >= 0, shape as t or one number.
        g2: Coupling of qubit 2 to its cavity, likewise.
        gamma: Energy decay rate of both cavities into the right-moving channel, rate unit, >= 0.
        phase: k D, in radians.
        alpha: Phase of the second coupling.

    Returns:
        The four amplitudes, complex. Absolute error about 1e-15, also at g1 = g2 and kappa_i = 0.

    Raises:
        ValueError: an argument is negative or not finite.

    Source: GENERATION, Eqs. (8) and (9).
    """
    t, g1, g2, gamma = np.broadcast_arrays(*nonnegative_arrays(t=t, g1=g1, g2=g2, gamma=gamma))
    travelled = np.exp(1j * checks.real("phase", phase))
    coupled = np.exp(-1j * checks.real("alpha", alpha))
    decay = gamma * t / 4
    z1, z2 = ((gamma**2 - 16 * g**2) * t**2 / 16 for g in (g1, g2))
    cosh1, sinhc1 = damped(z1, decay)
    sinhc_12, cosh_12 = divided_differences(z1, z2, decay)
    # z2 - z1 = (g1^2 - g2^2) t^2, so every difference in (8) is t^2 times a divided one.
    return NodeAmplitudes(
        eg=(cosh1 + decay * sinhc1) + 0j,
        ge=travelled * coupled * g1 * g2 * gamma * t**3 * sinhc_12,
        c10=-1j * g1 * t * sinhc1,
        c01=-1j * travelled * g1 * gamma * t**2 * (decay * sinhc_12 - cosh_12),
    )


def node_concurrence(t: Any, g1: Any, g2: Any, gamma: Any = 1.0) -> Any:
    r"""Concurrence of the two qubits, \(C = 2 |c_{eg} c_{ge}|\) of `node_amplitudes`.

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        g1: Coupling of qubit 1, rate unit, >= 0.
        g2: Coupling of qubit 2, rate unit, >= 0.
        gamma: Decay rate of both cavities, rate unit, >= 0.

    Returns:
        C, in [0, 1].

    Raises:
        ValueError: an argument is negative or not finite.

    Source: GENERATION, Sec. III.
    """
    amplitudes = node_amplitudes(t, g1, g2, gamma)
    return 2 * np.abs(amplitudes.eg * amplitudes.ge)


def long_time_concurrence(t: Any, g1: float, g2: float, gamma: float = 1.0) -> Any:
    r"""GENERATION's approximation of the concurrence at late times.

    $$C \approx \Big|\frac{4 g_1 g_2 \gamma}{(g_1^2 - g_2^2)\kappa_1 k_2}
      \Big(1 + \frac{\gamma}{\kappa_1}\Big) e^{-(2\gamma - \kappa_1)t/4}
      \Big(\kappa_1 \sin\frac{k_2 t}{4} - \frac{k_2}{2} e^{\kappa_1 t/4}\Big)\Big|$$

    with kappa_1 real and kappa_2 = i k_2: for g1 < gamma/4 < g2. It drops exp(-kappa_1 t/2)
    against one. At the optimum of the exact concurrence it is off by 2.3 % at gamma t = 10 and by
    0.6 % at the peak.

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        g1: Coupling of qubit 1, rate unit, in (0, gamma/4).
        g2: Coupling of qubit 2, rate unit, above gamma/4.
        gamma: Decay rate of both cavities, rate unit, > 0.

    Returns:
        The approximation, shape of `t`.

    Raises:
        ValueError: an argument is out of its range.

    Source: GENERATION, Eq. (10).
    """
    (t,) = nonnegative_arrays(t=t)
    gamma = checks.positive("gamma", gamma)
    if not 0 < checks.real("g1", g1) < gamma / 4:
        checks.fail("g1", f"between 0 and gamma/4 = {gamma / 4:g}", g1)
    if not checks.real("g2", g2) > gamma / 4:
        checks.fail("g2", f"above gamma/4 = {gamma / 4:g}", g2)
    kappa1, k2 = np.sqrt(gamma**2 - 16 * g1**2), np.sqrt(16 * g2**2 - gamma**2)
    front = 4 * g1 * g2 * gamma / ((g1**2 - g2**2) * kappa1 * k2) * (1 + gamma / kappa1)
    # exp(kappa_1 t/4) taken into both terms of the bracket, so that nothing overflows.
    oscillating = kappa1 * np.sin(k2 * t / 4) * np.exp(-(2 * gamma - kappa1) * t / 4)
    decaying = k2 / 2 * np.exp(-(gamma - kappa1) * t / 2)
    return np.abs(front * (oscillating - decaying))


def unequal_transfer_amplitude(
    t: Any, g1: float, g2: float, gamma1: float, gamma2: float, *, phase: float = 0.0
) -> Any:
    r"""Amplitude on the second qubit when the cavities decay at different rates.

    $$c_{ge} = \sqrt{\gamma_1 \gamma_2}\, g_1 g_2\, e^{i\phi}\, \mathcal{L}^{-1}
      \frac{1}{(s^2 + \gamma_1 s/2 + g_1^2)(s^2 + \gamma_2 s/2 + g_2^2)}
      = \sqrt{\gamma_1 \gamma_2}\, g_1 g_2\, e^{i\phi}\, e^{st}[s_1^+, s_1^-, s_2^+, s_2^-]$$

    The divided difference of the exponential at the four roots is an element of the exponential of
    a bidiagonal matrix (Opitz), which no coincidence of roots disturbs.

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        g1: Coupling of qubit 1, rate unit, >= 0.
        g2: Coupling of qubit 2, rate unit, >= 0.
        gamma1: Decay rate of cavity 1, rate unit, >= 0.
        gamma2: Decay rate of cavity 2, rate unit, >= 0.
        phase: k D - alpha, in radians.

    Returns:
        The amplitude, complex, shape of `t`.

    Raises:
        ValueError: an argument is negative or not finite.

    Source: GENERATION, Sec. V (the formula is ours).
    """
    # Imported here because it takes a tenth of a second to load.
    from thermalent.numerics.matrix_exponential import matrix_exponential

    (t,) = nonnegative_arrays(t=t)
    pairs = [
        (checks.nonnegative("gamma1", gamma1), checks.nonnegative("g1", g1)),
        (checks.nonnegative("gamma2", gamma2), checks.nonnegative("g2", g2)),
    ]
    roots = []
    for rate, g in pairs:
        half = np.sqrt(complex(rate**2 / 16 - g**2))
        roots += [-rate / 4 + half, -rate / 4 - half]
    opitz = np.diag(roots) + np.diag(np.ones(3), 1)
    difference = matrix_exponential(opitz * np.asarray(t)[..., None, None])[..., 0, 3]
    front = np.sqrt(gamma1 * gamma2) * g1 * g2 * np.exp(1j * checks.real("phase", phase))
    return front * difference


def bare_concurrence(t: Any, gamma1: float, gamma2: float) -> Any:
    r"""Concurrence of two qubits on a one-way waveguide without cavities, the first excited.

    $$C = 2\sqrt{\gamma_1\gamma_2}\; e^{-\gamma_1 t/2}\,
      \frac{|e^{-\gamma_1 t/2} - e^{-\gamma_2 t/2}|}{|\gamma_1 - \gamma_2|/2}$$

    Args:
        t: Time, inverse rate unit, >= 0. Any shape.
        gamma1: Decay rate of qubit 1, rate unit, >= 0.
        gamma2: Decay rate of qubit 2, rate unit, >= 0.

    Returns:
        C, in [0, 1), shape of `t`.

    Raises:
        ValueError: an argument is negative or not finite.

    Source: GENERATION, Sec. V and Fig. 7(a) (the formula is ours).
    """
    (t,) = nonnegative_arrays(t=t)
    first, second = checks.nonnegative("gamma1", gamma1), checks.nonnegative("gamma2", gamma2)
    slow, gap = min(first, second), abs(first - second) / 2
    # (1 - exp(-x)) / x with x = gap t, times t.
    x = gap * t
    quotient = np.where(x > 0, -np.expm1(-x) / np.where(x > 0, x, 1.0), 1.0)
    return (2 * np.sqrt(first * second) * np.exp(-(first + slow) * t / 2) * t * quotient)[()]


def best_bare_concurrence(ratio: Any) -> Any:
    r"""The largest concurrence over time without cavities, by the ratio r of the decay rates.

    $$C(r) = \frac{4\sqrt r}{r + 1} \Big(\frac{1 + r}{2}\Big)^{-2/(r - 1)}, \qquad
      r = \gamma_2/\gamma_1, \qquad C(1) = 2/e$$

    Largest at r = `BEST_RATE_RATIO` with 0.8693765818 (printed: 3.88, where it is 0.8690311011).

    Args:
        ratio: r, dimensionless, > 0. Any shape.

    Returns:
        C(r), in (0, 1), shape of `ratio`.

    Raises:
        ValueError: the ratio is not positive and finite.

    Source: GENERATION, Sec. V and Fig. 7(a) (the formula is ours).
    """
    (r,) = nonnegative_arrays(ratio=ratio)
    if np.any(r == 0):
        checks.fail("ratio", "finite and positive", 0.0)
    x = (r - 1) / 2
    slope = np.where(x == 0, 1.0, np.log1p(x) / np.where(x == 0, 1.0, x))
    return (4 * np.sqrt(r) / (r + 1) * np.exp(-slope))[()]


def bell_transfer_fidelity(theta: Any, phi: Any, transferred: Any) -> Any:
    r"""Fidelity (squared) of the transfer of a superposition of |10> and |01> within a node.

    $$F = P\, \frac{(1 + \sin 2\theta \cos\varphi)^2}{4}, \qquad
      |\psi_\alpha\rangle = \cos\theta\,|10\rangle + e^{i\varphi} \sin\theta\,|01\rangle$$

    Only its overlap with |Psi+> couples to the cavity, and only |Psi+> is made at the other end.

    Args:
        theta: Mixing angle, radians. Any shape.
        phi: Phase, radians.
        transferred: P = |c_ge|^2 of `node_amplitudes` at sqrt(2) times the couplings, in [0, 1];
            its maximum over time and couplings is 0.9052991826.

    Returns:
        F, in [0, P].

    Raises:
        ValueError: P is outside of [0, 1].

    Source: TRANSPORT, Eq. (4) and Fig. 2(c) (the formula is ours).
    """
    p = np.asarray(transferred, dtype=float)
    if not np.all((p >= 0) & (p <= 1)):
        checks.fail("transferred", "in [0, 1]", transferred)
    return (p * (1 + np.sin(2 * np.asarray(theta)) * np.cos(phi)) ** 2 / 4)[()]


def nonchiral_peak_time(g1: Any, g2: Any) -> Any:
    r"""Time of the largest concurrence of slow nodes at k D = n pi on a symmetric waveguide.

    $$t \simeq \frac{\pi}{\sqrt{(g_1^2 + g_2^2)/2}}, \qquad g \ll \gamma$$

    The qubits exchange the excitation through the one combination of the cavities that does not
    couple to the waveguide.

    Args:
        g1: Coupling of qubit 1, rate unit, > 0. Any shape.
        g2: Coupling of qubit 2, rate unit, >= 0.

    Returns:
        The time, inverse rate unit.

    Raises:
        ValueError: an argument is negative or not finite, or both are zero.

    Source: GENERATION, Sec. VI and Eq. (11) (the formula is ours).
    """
    g1, g2 = nonnegative_arrays(g1=g1, g2=g2)
    if np.any((g1 == 0) & (g2 == 0)):
        checks.fail("g1", "above zero where g2 is zero", 0.0)
    return (np.pi / np.sqrt((g1**2 + g2**2) / 2))[()]


def nonchiral_loss(g1: Any, gamma: float = 1.0) -> Any:
    r"""One minus the concurrence of slow nodes at k D = n pi on a symmetric waveguide.

    $$1 - C \simeq \frac{\pi\sqrt2}{16} \Big(3 - \frac1{\sqrt2}\Big) \sqrt{4 - 2\sqrt2}\;
      \frac{g_1}{\gamma} = 0.6891493833\, \frac{g_1}{\gamma}, \qquad
      \frac{g_2}{g_1} = \sqrt2 - 1$$

    It vanishes with g1, so there are no best couplings: the slower the better, until something
    else decays.

    Args:
        g1: Coupling of qubit 1, rate unit, >= 0, small. Any shape.
        gamma: Decay rate of each cavity into each of the two directions, rate unit, > 0.

    Returns:
        1 - C to first order in g1.

    Raises:
        ValueError: an argument is out of range.

    Source: GENERATION, Sec. VI (the formula is ours).
    """
    (g1,) = nonnegative_arrays(g1=g1)
    front = np.pi * np.sqrt(2) / 16 * (3 - 1 / np.sqrt(2)) * np.sqrt(4 - 2 * np.sqrt(2))
    return (front * g1 / checks.positive("gamma", gamma))[()]
