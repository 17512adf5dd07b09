r"""The Bourret (decorrelation) approximation: the field is averaged before it acts again.

$$0 = \Big[\mathcal{L}_q + \tfrac{n_\mathrm{th}}{2}\big(
    \mathcal{L}_+ [\kappa - \mathcal{L}_q]^{-1} \mathcal{L}_-
  + \mathcal{L}_- [\kappa - \mathcal{L}_q]^{-1} \mathcal{L}_+\big)\Big]\rho$$

Right for weak driving at any bandwidth and in the Markov limit at any temperature; it knows no
optimum of the concurrence, so it fails for Phi above gamma at small kappa/gamma.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from thermalent.analytic.populations import Populations, in_units_of_gamma, rate_arrays
from thermalent.support.closed_form import closed_form


@closed_form
def bourret_populations(phi: Any, kappa: Any, gamma: Any = 1.0) -> Populations:
    r"""Steady state of the Bourret equation, to all orders in kappa.

    $$\mathcal{N}\rho_{11} = 64\kappa\Phi^2(\gamma+\kappa), \qquad
      \mathcal{N}\rho_T = 8\kappa\Phi[(3\gamma+2\kappa)^2 + 8\Phi(\gamma+\kappa)]$$
    $$\mathcal{N}\rho_S = 8\Phi[(\gamma+\kappa)(3\gamma+2\kappa)^2
        + 8\Phi(\gamma^2+\kappa^2+\gamma\kappa)]$$
    $$\mathcal{N}\rho_{00} = 64\kappa\Phi^2(\gamma+\kappa) + 8\Phi(\gamma+2\kappa)^3
        + (\gamma+2\kappa)^2(3\gamma+2\kappa)^2$$
    $$\mathcal{N} = (\gamma+2\kappa)(\gamma+2\kappa+8\Phi)
        [(3\gamma+2\kappa)^2 + 8\Phi(\gamma+2\kappa)]$$

    The last factor of rho_00 is printed as (3 gamma + 2 gamma)^2; as here they add up to one.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0.

    Returns:
        The populations, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, App. A, corrected.
    """
    phi, kappa, gamma = rate_arrays(gamma, phi=phi, kappa=kappa)
    # Beside 1e30 gamma is nothing, and only phi/kappa matters; f beyond 1e100 saturates.
    unit = np.maximum(gamma, kappa / 1e30)
    k = kappa / unit
    with np.errstate(over="ignore"):
        f = np.minimum(phi / unit, 1e100 * (1 + k))
    f8, k2, width = 8 * f, 1 + 2 * k, (3 + 2 * k) ** 2
    # Split into bounded ratios: the products themselves overflow long before the populations do.
    drive, norm = f8 / (k2 + f8), width + f8 * k2
    excited = k * (1 + k) / k2 * drive * (f8 / norm)
    return Populations(
        ground=excited + (f8 * k2**2 + k2 * width) / norm / (k2 + f8),
        singlet=drive * ((1 + k) * width + f8 * (1 + k + k**2)) / norm / k2,
        triplet=drive * (k / k2) * ((width + f8 * (1 + k)) / norm),
        excited=excited,
    )


@closed_form
def bourret_lowest_order(phi: Any, kappa: Any, gamma: Any = 1.0) -> Populations:
    r"""The Bourret populations up to first order in kappa at fixed flux.

    $$\rho_{11} = \frac{64\kappa\Phi^2}{\gamma(\gamma+8\Phi)(9\gamma+8\Phi)}, \quad
      \rho_T = \frac{8\kappa\Phi}{\gamma(\gamma+8\Phi)}, \quad
      \rho_{00} = \frac{\gamma}{\gamma+8\Phi}$$
    $$\rho_S = \frac{8\Phi}{\gamma+8\Phi}
      - \frac{8\kappa\Phi(27\gamma^2+112\gamma\Phi+192\Phi^2)}
             {\gamma(\gamma+8\Phi)^2(9\gamma+8\Phi)}$$

    rho_00 lacks its first order, so the sum is one only to zeroth order. For kappa << gamma;
    negative populations are possible outside.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0.

    Returns:
        The populations, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eqs. (27) to (30).
    """
    f, k, _ = in_units_of_gamma(phi, kappa, gamma)
    drive, width = 8 * f / (1 + 8 * f), 9 + 8 * f
    # (27 + 112 f + 192 f^2)/((1 + 8 f)(9 + 8 f)) without the square, which overflows.
    reduction = k * drive * (3 - 16 * drive / width)
    return Populations(
        ground=1 / (1 + 8 * f),
        singlet=drive - reduction,
        triplet=k * drive,
        excited=k * drive * (8 * f / width),
    )


@closed_form
def bourret_concurrence(phi: Any, kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Concurrence to lowest order in kappa.

    $$C = \max\Big\{0,\ \frac{8\Phi}{\gamma+8\Phi}
      - \frac{16\Phi\sqrt{\kappa}}{(\gamma+8\Phi)\sqrt{9\gamma+8\Phi}}
      - \frac{32\kappa\Phi(3\gamma+8\Phi)^2}{\gamma(\gamma+8\Phi)^2(9\gamma+8\Phi)}\Big\}$$

    For kappa << gamma. Grows with Phi towards `bourret_saturation`. The concurrence of the full
    approximation is `bourret_populations(...).concurrence`.

    Args:
        phi: Photon flux Phi = kappa n_th / 2, rate unit, >= 0. Any shape.
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0.

    Returns:
        The concurrence, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (31).
    """
    f, k, _ = in_units_of_gamma(phi, kappa, gamma)
    return np.maximum(0.0, f / (1 + 8 * f) * _margin_lowest_order(f, k))[()]


@closed_form
def bourret_saturation(kappa: Any, gamma: Any = 1.0) -> Any:
    r"""Limit of `bourret_concurrence` for strong driving.

    $$\lim_{\Phi\to\infty} C = \max\{0,\ 1 - 4\kappa/\gamma\}$$

    Args:
        kappa: Decay rate of the source per port, so that its energy decays at 2 kappa; rate
            unit, >= 0. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0.

    Returns:
        The concurrence, broadcast shape of the arguments.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eq. (33).
    """
    _, k, _ = in_units_of_gamma(0.0, kappa, gamma)
    return np.maximum(0.0, 1 - 4 * k)[()]


@closed_form
def kappa_max(n_th: Any, gamma: Any = 1.0, *, lowest_order: bool = True) -> Any:
    r"""Largest bandwidth with entanglement at a given temperature, in the Bourret approximation.

    $$C(\Phi = \kappa_{\max} n_\mathrm{th}/2,\ \kappa_{\max}) = 0$$

    From the lowest-order concurrence it lies between 0.1794 gamma (n_th -> 0) and gamma/4
    (n_th -> infinity); from the full populations it falls from 0.5836 gamma to
    (sqrt 3 - 1) gamma/2 = 0.3660 gamma. Neither is the exact boundary: the approximation holds for
    weak driving, and its lowest order for kappa << gamma.

    Args:
        n_th: Thermal occupation, dimensionless, >= 0; 0 stands for the limit. Any shape.
        gamma: Decay rate of the qubits, rate unit, > 0. Any shape.
        lowest_order: Whether from Eq. (31) or from the full populations of App. A.

    Returns:
        kappa_max, rate unit, broadcast shape of the arguments. Relative error below 1e-14.

    Raises:
        ValueError: an argument is outside its domain.

    Source: THERMAL, Eqs. (31) and (32), and App. A.
    """
    from scipy import optimize  # imported here because it takes a quarter of a second to load

    n_th, gamma = rate_arrays(gamma, n_th=n_th)
    margin: Callable[..., Any] = _margin_lowest_order if lowest_order else _margin
    roots = [
        optimize.brentq(lambda k, n=n: margin(k * n / 2, k), 0.0, 1.0, xtol=1e-16, rtol=1e-15)
        for n in n_th.flat
    ]
    return (np.reshape(roots, n_th.shape) * gamma)[()]


def _margin_lowest_order(f: Any, k: Any) -> Any:
    """The three terms of Eq. (31) without their common factor f/(1 + 8f): finite for f = 0."""
    width = 9 + 8 * f
    return (
        8 - 16 * np.sqrt(k / width) - 32 * k * ((3 + 8 * f) / (1 + 8 * f) * ((3 + 8 * f) / width))
    )


def _margin(f: Any, k: Any) -> Any:
    """rho_S - rho_T - 2 sqrt(rho_00 rho_11) times a positive factor: finite for f = 0."""
    width, k2 = (3 + 2 * k) ** 2, 1 + 2 * k
    empty, driven = 1 / (1 + 8 * f), 8 * f / (1 + 8 * f)  # every power of f has its divisor
    ground = k * (1 + k) * driven**2 + driven * empty * k2**3 + empty**2 * k2**2 * width
    return width * empty + driven - 2 * np.sqrt(k * (1 + k) * ground)
