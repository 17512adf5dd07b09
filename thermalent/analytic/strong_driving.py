r"""Strong thermal driving: the closed forms of the three-level approximation.

To lowest order in kappa/gamma, without the state |11>, the singlet and triplet populations obey

$$a_n X_n = b_n X_{n-1} + c_n X_{n+1} + Y_0\,\delta_{n,0} + Y_1\,\delta_{n,1}$$
$$a_n = \gamma' + (2n+1)\,x, \quad b_n = n x, \quad c_n = (n+1)\,x, \qquad
  x = 8\Phi\gamma, \quad \gamma' = \gamma^2 + 24\kappa\Phi$$

so that X_0 = F_1 (Y_0 + F_2 Y_1) with two continued fractions, which are known in closed form.
Only X_0 is a population: the printed sources belong to an X_1 that is shifted by a constant.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from thermalent.analytic.populations import (
    LARGEST_RATIO,
    Populations,
    in_units_of_gamma,
    positive_arrays,
)
from thermalent.analytic.upsilon import SWITCH, fraction_tails, upsilon, upsilon_complement
from thermalent.support import checks
from thermalent.support.closed_form import closed_form

_MOST_TERMS = 5_000_000


@closed_form
def phi_eff(phi: Any, kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Photon flux, renormalised by the fluctuations of the amplitude.

    $$\Phi_\mathrm{eff} = \frac{\Phi\gamma^2}{\gamma^2 + 24\kappa\Phi}
      \to \frac{\gamma^2}{24\kappa} \quad (\Phi \to \infty)$$

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.

    Returns:
        The flux, rate unit, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, below Eq. (44).
    """
    _, k, gamma = in_units_of_gamma(phi, kappa, gamma)
    # The flux in units of gamma may be too small for doubles where the flux itself is not.
    with np.errstate(over="ignore", divide="ignore"):
        return (1 / (1 / np.asarray(phi, dtype=float) + 24 * k / gamma))[()]


@closed_form
def fraction_f1(phi: Any, kappa: Any, gamma: Any = 1.0) -> Any:
    r"""First continued fraction, the response of X_0 to a source at n = 0.

    $$\mathcal{F}_1 = \cfrac{1}{a_0 - \cfrac{c_0 b_1}{a_1 - \cfrac{c_1 b_2}{a_2 - \dots}}}
      = \frac{e^u E_1(u)}{x} = \frac{\Upsilon(\Phi_\mathrm{eff}/\gamma)}{\gamma'},
      \qquad u = \gamma'/x$$

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.

    Returns:
        F_1, in (rate unit)^-2, broadcast shape of the arguments. Relative error below 1e-14.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eqs. (B28) and (B37).
    """
    f, k, gamma = in_units_of_gamma(phi, kappa, gamma)
    x = _effective(f, k)
    damping = np.where(f > 0, x / np.where(f > 0, f, 1.0), 1.0)  # gamma^2 / gamma'
    return upsilon(x) * damping / gamma / gamma


@closed_form
def fraction_f2(phi: Any, kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Second continued fraction, the weight in X_0 of a source at n = 1.

    $$\mathcal{F}_2 = \cfrac{c_0}{a_1 - \cfrac{c_1 b_2}{a_2 - \dots}}
      = 1 + u - \frac{e^{-u}}{E_1(u)}, \qquad u = \gamma'/x$$

    For weak driving, where this cancels, it is 1 - T_1 with T_1 the first tail of the fraction of
    Upsilon, and that is T_1 T_2 / u.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.

    Returns:
        F_2, dimensionless, in [0, 1), broadcast shape of the arguments. Relative error below
        1e-14.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eqs. (B29) and (B41).
    """
    f, k, _ = in_units_of_gamma(phi, kappa, gamma)
    x = _effective(f, k)
    weak = 8 * x < SWITCH
    z = np.where(weak, 8 * x, 0.0)
    first, second = fraction_tails(z)
    safe = np.where(weak, 1.0, x)
    strong = 1 - upsilon_complement(safe) / upsilon(safe) / (8 * safe)
    return np.where(weak, z * first * second, strong)[()]


@closed_form
def singlet_population(phi: Any, kappa: Any, gamma: Any = 1.0, *, leading: bool = False) -> Any:
    r"""Singlet population under strong thermal driving.

    $$\rho_S = 1 - \Big[\Upsilon\Big(\frac{\Phi_\mathrm{eff}}{\gamma}\Big)
      \Big(1 + \frac{3\kappa}{\gamma}\Big) - \frac{3\kappa}{\gamma}\Big]
      \Big(1 + \frac{16\kappa\Phi}{\gamma^2}\Big)$$

    or, to leading order, with Upsilon alone in the bracket. For kappa << gamma at any flux as long
    as |11> is empty: up to about n_th = gamma^2/(12 kappa^2). Negative outside.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.
        leading: Whether to drop 3 kappa/gamma. Farther from the exact result, and what Eq. (45)
            is made of.

    Returns:
        The population, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (B42); leading: Eq. (43).
    """
    return strong_driving_populations(phi, kappa, gamma, leading=leading).singlet


@closed_form
def triplet_population(phi: Any, kappa: Any, gamma: Any = 1.0, *, leading: bool = False) -> Any:
    r"""Triplet population under strong thermal driving.

    $$\rho_T = \frac{8\kappa\Phi}{\gamma^2}
      \Big[\Upsilon\Big(\frac{\Phi_\mathrm{eff}}{\gamma}\Big)\Big(1 + \frac{3\kappa}{\gamma}\Big)
      - \frac{3\kappa}{\gamma}\Big]$$

    or, to leading order, with Upsilon alone in the bracket; in the domain of `singlet_population`.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.
        leading: Whether to drop 3 kappa/gamma. Farther from the exact result, and what Eq. (45)
            is made of.

    Returns:
        The population, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (B43); leading: Eq. (44).
    """
    return strong_driving_populations(phi, kappa, gamma, leading=leading).triplet


@closed_form
def strong_driving_populations(
    phi: Any, kappa: Any, gamma: Any = 1.0, *, leading: bool = False
) -> Populations:
    r"""All populations under strong thermal driving, without |11>.

    $$\rho_{00} = 1 - \rho_S - \rho_T, \qquad \rho_{11} = 0$$

    In the domain of `singlet_population`.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.
        leading: Whether to drop 3 kappa/gamma. Farther from the exact result, and what Eq. (45)
            is made of.

    Returns:
        The populations, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eqs. (B42) and (B43); leading: Eqs. (43) and (44).
    """
    f, k, _ = in_units_of_gamma(phi, kappa, gamma)
    x = _effective(f, k)
    product = _product(phi, kappa, gamma)
    shift = 0.0 if leading else 3 * k
    complement = upsilon_complement(x)
    # The bracket is 1 - complement (1 + shift); so written, weak driving loses no digits.
    bracket = upsilon(x) - shift * complement
    return Populations(
        ground=bracket * (1 + 8 * product),
        singlet=complement * (1 + shift) - 16 * product * bracket,
        triplet=8 * product * bracket,
        excited=0.0,
    )


@closed_form
def strong_driving_concurrence(phi: Any, kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Concurrence under strong thermal driving, to leading order.

    $$C = \max\Big\{0,\ 1 - \Upsilon\Big(\frac{\Phi_\mathrm{eff}}{\gamma}\Big)
      \Big(1 + \frac{24\kappa\Phi}{\gamma^2}\Big)\Big\}$$

    In the domain of `singlet_population`.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.

    Returns:
        The concurrence, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (45).
    """
    return strong_driving_populations(phi, kappa, gamma, leading=True).concurrence


@closed_form
def n_star(kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Thermal occupation at which the concurrence is about largest.

    $$n_\mathrm{th}^\star = \frac{\gamma^2}{12\kappa^2}$$

    An estimate for kappa << gamma, from above: Eq. (45) itself is largest at 0.63 of this
    occupation for kappa/gamma = 0.01 and at 0.78 for 0.001, the exact concurrence at 0.77 and at
    0.62 of it.

    Args:
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, > 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.

    Returns:
        The occupation, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (46).
    """
    kappa, gamma = positive_arrays(kappa=kappa, gamma=gamma)
    return ((gamma / kappa) ** 2 / 12)[()]


@closed_form
def concurrence_at_n_star(kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Concurrence of Eq. (45) at `n_star`.

    $$C = \max\{0,\ 1 - 2\Upsilon(\gamma/48\kappa)\}$$

    For kappa << gamma.

    Args:
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, > 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.

    Returns:
        The concurrence, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (47).
    """
    kappa, gamma = positive_arrays(kappa=kappa, gamma=gamma)
    return np.maximum(0.0, 1 - 2 * upsilon(gamma / kappa / 48))[()]


@closed_form
def recurrence_populations(phi: float, kappa: float, gamma: float = 1.0) -> Populations:
    r"""The populations from the scalar recurrences, without their closed solution.

    $$X_0 = \mathcal{F}_1 (Y_0 + \mathcal{F}_2 Y_1)$$

    with the sources

    $$\text{S:}\quad Y_0 = 8\Phi(\gamma+\kappa), \quad
      Y_1 = -8\Phi(\gamma + 3\kappa + 48\Phi\kappa^2/\gamma^2) \qquad
      \text{T:}\quad Y_0 = 8\Phi\kappa, \quad Y_1 = 3(8\Phi\kappa)^2/\gamma^2$$

    Both fractions by backward recurrence from N terms, N such that the remainder, of the order
    exp(-4 sqrt(N u)) with u = gamma'/x, is below 1e-17. Same domain as `singlet_population`.

    Args:
        phi: Photon flux Phi, rate unit, >= 0.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0.
        gamma: Decay rate of the qubits, rate unit, > 0.

    Returns:
        The populations, the excited one zero.

    Raises:
        ValueError: an argument is outside its domain, or the flux needs more than 5e6 terms.

    Source: THERMAL, Eqs. (B24) to (B29).
    """
    gamma = checks.positive("gamma", gamma)
    f, k = checks.nonnegative("phi", phi) / gamma, checks.nonnegative("kappa", kappa) / gamma
    damping, x = 1 + 24 * k * f, 8 * f
    terms = 16 + math.ceil((math.log(1e18) / 4) ** 2 * x / damping)
    if terms > _MOST_TERMS:
        checks.fail("phi", f"small enough for {_MOST_TERMS} terms", phi)
    tail = damping + (2 * terms + 1) * x
    for n in range(terms - 1, 0, -1):
        tail = damping + (2 * n + 1) * x - ((n + 1) * x) ** 2 / tail
    second = x / tail
    first = 1 / (damping + x - x * second)
    singlet = first * (x * (1 + k) - second * x * (1 + 3 * k + 48 * f * k**2))
    triplet = first * (x * k + second * 3 * (x * k) ** 2)
    return Populations(ground=1 - singlet - triplet, singlet=singlet, triplet=triplet, excited=0.0)


def _product(phi: Any, kappa: Any, gamma: Any) -> np.ndarray:
    """The product Phi kappa/gamma^2, even where a ratio overflows, up to `LARGEST_RATIO`."""
    phi, kappa, gamma = (np.asarray(value, dtype=float) for value in (phi, kappa, gamma))
    with np.errstate(over="ignore"):
        direct = (phi / gamma) * np.minimum(kappa / gamma, LARGEST_RATIO)
        root = np.sqrt(phi) * np.sqrt(kappa) / gamma
        usable = (phi / gamma < LARGEST_RATIO) & (kappa / gamma < LARGEST_RATIO)
        return np.minimum(np.where(usable, direct, root**2), LARGEST_RATIO)


def _effective(f: np.ndarray, k: np.ndarray) -> np.ndarray:
    """f/(1 + 24 k f) without the product, which overflows."""
    with np.errstate(over="ignore", divide="ignore"):
        return 1 / (1 / f + 24 * k)
