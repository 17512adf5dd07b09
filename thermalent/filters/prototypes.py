r"""Filters whose resonators are known one by one: cavities in a row, Butterworth, Chebyshev.

The low-pass prototypes of circuit theory are ladders of elements \(g_0, g_1, \dots, g_{n+1}\).
Around a carrier the same ladder is a row of coupled resonators: with the edge of the low-pass at
\(\omega_c\)

$$a_{k+1,k} = -a_{k,k+1} = \frac{\omega_c}{\sqrt{g_k g_{k+1}}}, \qquad
  \kappa_1 = \frac{2 \omega_c}{g_0 g_1}, \quad \kappa_n = \frac{2 \omega_c}{g_n g_{n+1}}$$

where the first resonator decays at the energy rate \(\kappa_1\) into the hot port, and the last at
\(\kappa_n\) into the waveguide.

Source: G. L. Matthaei, L. Young, E. M. T. Jones, Microwave Filters, Impedance-Matching Networks,
and Coupling Structures (1980), Secs. 4.05 and 8.02.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.filters.response import StateSpace


def row_of_cavities(
    rates: Sequence[float], detunings: Sequence[float], internal: Sequence[float]
) -> StateSpace:
    r"""Two-port cavities, each passing its light on to the next one and nothing back.

    $$S_{21}(s) = \prod_j \frac{\kappa_j}{s + \kappa_j + \ell_j/2 - i\delta_j}$$

    Args:
        rates: Energy decay rate kappa_j through each of the two ports.
        detunings: Frequency delta_j of each cavity from the carrier.
        internal: Energy decay rate l_j of each cavity inside it.
    """
    kappa = np.asarray(rates, dtype=float)
    m = len(kappa)
    a = np.diag(-kappa - 0.5 * np.asarray(internal) + 1j * np.asarray(detunings))
    # As in `Cascade`: what arrives is the field emitted before, with a minus sign.
    passing = np.sqrt(kappa[1:] * kappa[:-1])
    a[np.arange(1, m), np.arange(m - 1)] = -passing
    b, c = np.zeros(m, dtype=complex), np.zeros(m, dtype=complex)
    b[0] = (-1) ** (m - 1) * np.sqrt(kappa[0])
    c[-1] = np.sqrt(kappa[-1])
    return StateSpace(a, b, c, 0j)


def lowpass_ladder(elements: np.ndarray, edge: float, internal: float) -> StateSpace:
    """The row of coupled resonators that realises a low-pass ladder of a given edge."""
    g = np.asarray(elements, dtype=float)
    m = len(g) - 2
    a = np.zeros((m, m), dtype=complex)
    first, last = 2 * edge / (g[0] * g[1]), 2 * edge / (g[m] * g[m + 1])
    for k in range(m - 1):
        a[k + 1, k] = edge / np.sqrt(g[k + 1] * g[k + 2])
        a[k, k + 1] = -a[k + 1, k]
    a[0, 0] -= 0.5 * first
    a[-1, -1] -= 0.5 * last
    a -= 0.5 * internal * np.eye(m)
    b, c = np.zeros(m, dtype=complex), np.zeros(m, dtype=complex)
    b[0], c[-1] = np.sqrt(first), np.sqrt(last)
    return StateSpace(a, b, c, 0j)


def butterworth_elements(order: int) -> np.ndarray:
    r"""\(g_k = 2 \sin((2k - 1)\pi/2n)\) between two terminations of one; half power at the edge."""
    k = np.arange(1, order + 1)
    return np.array([1.0, *(2 * np.sin((2 * k - 1) * np.pi / (2 * order))), 1.0])


def chebyshev_elements(order: int, ripple: float) -> np.ndarray:
    r"""The ladder of a Chebyshev low-pass; the ripple, in decibels, ends at the edge.

    $$g_1 = \frac{2 a_1}{\gamma}, \quad g_k = \frac{4 a_{k-1} a_k}{b_{k-1} g_{k-1}}, \quad
      a_k = \sin\frac{(2k-1)\pi}{2n}, \quad b_k = \gamma^2 + \sin^2\frac{k\pi}{n}, \quad
      \gamma = \sinh\frac{\beta}{2n}, \quad \beta = \ln\coth\frac{r \ln 10}{40}$$

    An even order ends in another termination, coth^2(beta/4).
    """
    beta = float(-np.log(np.tanh(ripple * np.log(10) / 40)))
    gamma = np.sinh(beta / (2 * order))
    k = np.arange(1, order + 1)
    a = np.sin((2 * k - 1) * np.pi / (2 * order))
    b = gamma**2 + np.sin(k * np.pi / order) ** 2
    g = [1.0, 2 * a[0] / gamma]
    for i in range(1, order):
        g.append(4 * a[i - 1] * a[i] / (b[i - 1] * g[-1]))
    g.append(1.0 if order % 2 else float(1 / np.tanh(beta / 4) ** 2))
    return np.array(g)


def chebyshev_half_width(order: int, ripple: float) -> float:
    r"""Frequency of half power over that of the edge, \(\cosh(\mathrm{arcosh}(1/\epsilon)/n)\)."""
    epsilon = np.sqrt(np.expm1(ripple * np.log(10) / 10))
    return float(np.cosh(np.arccosh(1 / epsilon) / order))
