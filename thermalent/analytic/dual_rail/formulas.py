"""Closed forms of the entanglement and the relaxation of one and two pairs on two rails."""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.analytic.populations import nonnegative_arrays, real_arrays
from thermalent.support import checks
from thermalent.support.closed_form import closed_form


@closed_form
def dual_rail_pair_concurrence(squeezing: Any) -> Any:
    r"""Concurrence of one pair on a broadband squeezed source, of any pair if delta_B = -delta_A.

    $$C = \tanh 2r$$

    Args:
        squeezing: r, >= 0. Any shape.

    Returns:
        C, in [0, 1], shape of `squeezing`.

    Raises:
        ValueError: r is negative or not finite.

    Source: DUALRAIL, Eq. (5) (the formula is ours).
    """
    (r,) = nonnegative_arrays(squeezing=squeezing)
    return np.tanh(2 * r)[()]


@closed_form
def dual_rail_pair_entropy(squeezing: Any) -> Any:
    r"""Entropy of rail A per pair, in nats, whatever the detunings and their permutation.

    $$\frac{S_A}{N} = -x \ln x - (1 - x) \ln(1 - x), \qquad x = \frac{\cosh^2 r}{\cosh 2r}
      = \frac{1}{1 + \tanh^2 r}$$

    Args:
        squeezing: r, >= 0. Any shape.

    Returns:
        S_A/N, from 0 to ln 2, shape of `squeezing`.

    Raises:
        ValueError: r is negative or not finite.

    Source: DUALRAIL, text above Fig. 2.
    """
    (r,) = nonnegative_arrays(squeezing=squeezing)
    ratio = np.tanh(r) ** 2  # (1 - x) / x
    # -ln x = ln(1 + ratio), and nothing cancels; x ln x is 0 at 0.
    lower = ratio / (1 + ratio)
    return (np.log1p(ratio) - lower * np.log(np.where(ratio > 0, ratio, 1.0)))[()]


@closed_form
def dual_rail_two_pair_concurrences(
    squeezing: Any, difference: Any, decay: float = 1.0
) -> tuple[Any, Any]:
    r"""Concurrences of two pairs whose detunings on rail B are exchanged.

    $$C_{11} = C_{22} = \max\Big(0,\ T |c| \sqrt{c^2 + \frac{s^2}{\cosh^2 2r}}
      - \frac{T^2}{2} s^2\Big), \qquad T = \tanh 2r, \quad \frac sc = \frac{\Delta}{\gamma}$$

    with c = cos theta and s = sin theta; C_12 = C_21 have the two exchanged.

    Args:
        squeezing: r, >= 0. Any shape.
        difference: Delta = delta_A,1 - delta_A,2, rate unit. Any shape that broadcasts.
        decay: gamma, rate unit, > 0.

    Returns:
        C_11 = C_22 and C_12 = C_21, of the broadcast shape. At Delta = gamma they are equal.

    Raises:
        ValueError: an argument is out of range or not finite.

    Source: DUALRAIL, Eq. (10) and Fig. 2(b), (c) (the formula is ours).
    """
    (r,) = nonnegative_arrays(squeezing=squeezing)
    (delta,) = real_arrays(difference=difference)
    delta = np.abs(delta)
    theta = np.arctan2(delta, checks.positive("decay", decay))
    cosine, sine = np.cos(theta), np.sin(theta)
    tanh = np.tanh(2 * r)
    # 1 / cosh^2 2r = 1 - tanh^2, without the overflow of cosh and the cancellation of 1 - tanh^2.
    inverse = (2 * np.exp(-2 * r) / (1 + np.exp(-4 * r))) ** 2

    def concurrence(stay: Any, leave: Any) -> Any:
        root = np.sqrt(stay**2 + leave**2 * inverse)
        return np.maximum(0.0, tanh * stay * root - tanh**2 / 2 * leave**2)[()]

    return concurrence(cosine, sine), concurrence(sine, cosine)


@closed_form
def dual_rail_gap(squeezing: Any, decay: float = 1.0) -> Any:
    r"""Spectral gap of the ideal network: the slowest rate at which it relaxes.

    $$\lambda = \min\Big(\frac\gamma2 \big(3\cosh 2r - \sqrt{9\cosh^2 2r - 8}\big),\
      \frac\gamma2 \cosh 2r\Big)$$

    The first is that of the pairs; the second, of coherences of a single qubit, is smaller for
    cosh^2 2r < 8/5 (r < 0.355) and plays no part for qubits that start in their ground state.
    Derived for one resonant pair; two and three pairs have the same gap (found numerically),
    whatever the detunings and their permutation.

    Args:
        squeezing: r, >= 0. Any shape.
        decay: gamma, rate unit, > 0.

    Returns:
        lambda, rate unit, shape of `squeezing`; 4 gamma/3 exp(-2r) for large r.

    Raises:
        ValueError: an argument is out of range or not finite.

    Source: DUALRAIL, Eq. (1) for N = 1 (the formula is ours).
    """
    (r,) = nonnegative_arrays(squeezing=squeezing)
    # The first as 4/(3 cosh 2r + sqrt(...)), which does not cancel; cosh 2r = cosh exp(2r).
    cosh = (1 + np.exp(-4 * r)) / 2
    root = np.sqrt(np.maximum(9 * cosh**2 - 8 * np.exp(-4 * r), 0.0))
    of_pairs = 4 * np.exp(-2 * r) / (3 * cosh + root)
    of_coherences = np.cosh(2 * np.minimum(r, 1.0)) / 2  # the larger of the two from r = 0.355 on
    return (checks.positive("decay", decay) * np.minimum(of_pairs, of_coherences))[()]
