r"""The function Upsilon that carries the quasistatic and the strong-driving results.

$$\Upsilon(x) = u\,e^{u} E_1(u), \qquad u = \frac{1}{8x}$$

For weak driving it is a continued fraction with positive coefficients in z = 8x,

$$\Upsilon = \cfrac{1}{1 + \cfrac{z}{1 + \cfrac{z}{1 + \cfrac{2z}{1 + \cfrac{2z}{1 + \dots}}}}}$$

which neither overflows nor cancels; for z above 1/2 the product as written is safe.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from thermalent.analytic.populations import nonnegative_arrays
from thermalent.support.calls import with_explained_calls

# Below this z = 8x the fraction, above it the product with u < 2. The n-th convergent is off by
# about 50 exp(-4 sqrt(n / 2z)): at the switch 100 terms reach 2e-16, 120 terms 5e-18.
SWITCH = 0.5
_TERMS = 120


@with_explained_calls
def upsilon(x: Any) -> Any:
    r"""Ground-state weight of the quasistatic steady state.

    $$\Upsilon(x) = u\,e^{u} E_1(u), \qquad u = 1/(8x)$$

    Falls from Upsilon(0) = 1 like 1 - 8x for weak, like ln(8x)/(8x) for strong driving.

    Args:
        x: Photon flux over emitter decay rate, Phi/gamma, dimensionless, >= 0. Any shape.

    Returns:
        Upsilon, in (0, 1], shape of `x`. Relative error below 1e-14.

    Raises:
        ValueError: `x` is negative or not finite.

    Source: THERMAL, Eq. (21).
    """
    (x,) = nonnegative_arrays(x=x)
    weak, odds = _odds(x)
    return np.where(weak, 1 / (1 + odds), _product(x, weak))[()]


@with_explained_calls
def upsilon_complement(x: Any) -> Any:
    r"""Singlet weight of the quasistatic steady state, accurate also where it is small.

    $$1 - \Upsilon(x)$$

    Args:
        x: Photon flux over emitter decay rate, Phi/gamma, dimensionless, >= 0. Any shape.

    Returns:
        1 - Upsilon, in [0, 1), shape of `x`. Relative error below 1e-14.

    Raises:
        ValueError: `x` is negative or not finite.

    Source: THERMAL, Eqs. (21) and (23).
    """
    (x,) = nonnegative_arrays(x=x)
    weak, odds = _odds(x)
    return np.where(weak, odds / (1 + odds), 1 - _product(x, weak))[()]


def fraction_tails(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""The first two tails of the fraction.

    $$\Upsilon = \frac{1}{1 + z T_1}, \qquad T_1 = \frac{1}{1 + z T_2}$$

    Args:
        z: 8x, dimensionless, in [0, `SWITCH`] (not checked). Any shape.

    Returns:
        T_1 and T_2, shape of `z`. Relative error below 1e-15.
    """
    tail = np.ones_like(z)
    for n in range(_TERMS, 2, -1):
        tail = 1 / (1 + ((n + 1) // 2) * z * tail)
    return 1 / (1 + z * tail), tail


def _odds(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mask of the arguments for which the fraction is used, and (1 - Upsilon)/Upsilon there."""
    weak = x < SWITCH / 8
    z = 8 * np.where(weak, x, 0.0)
    return weak, z * fraction_tails(z)[0]


def _product(x: np.ndarray, weak: np.ndarray) -> np.ndarray:
    """Exp(u) E1(u) u with u < 2; the last factor as divisions, since u may be subnormal."""
    from scipy import special  # imported here because it takes a quarter of a second to load

    x = np.where(weak, 1.0, x)
    u = 0.125 / x
    return np.exp(u) * special.exp1(u) / 8 / x
