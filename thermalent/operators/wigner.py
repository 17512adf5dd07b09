r"""The Wigner function of a boson mode in the number states.

$$W(x, p) = \frac{1}{\pi} \int dy\, e^{2ipy}\, \langle x - y|\rho|x + y\rangle, \qquad
  \hat a = \frac{\hat x + i\hat p}{\sqrt2}$$
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.display import plots
from thermalent.operators import states
from thermalent.support import checks
from thermalent.support.by_value import ByValue
from thermalent.support.calls import ExplainedClass, with_explained_calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LEVELS = 200  # for which the recurrence is tested to keep thirteen digits
_SMALLEST = 1e-300
_FARTHEST = (
    100.0  # there and beyond, states of so many levels have nothing that is not below 1e-300
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Wigner(ByValue, metaclass=ExplainedClass):
    """A Wigner function on a grid.

    Args:
        x: Values of x, (m,).
        p: Values of p, (n,).
        values: W(x, p), (n, m): a row for each p.
    """

    x: np.ndarray
    p: np.ndarray
    values: np.ndarray

    def __repr__(self) -> str:
        return (
            f"<Wigner: {len(self.x)} x {len(self.p)} points, values from "
            f"{np.min(self.values):.4g} to {np.max(self.values):.4g}>"
        )

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the function as a map: red is negative, which no classical field has.

        Args:
            axes: Where to draw; a new figure if not given.
        """
        axes = plots.axes_or_new(axes, 4.6, 3.8)
        largest = float(np.max(np.abs(self.values)))
        drawn = axes.pcolormesh(
            self.x, self.p, self.values, cmap="RdBu", vmin=-largest, vmax=largest, shading="nearest"
        )
        axes.figure.colorbar(drawn, ax=axes, label="$W(x, p)$")
        axes.set(xlabel="$x$", ylabel="$p$", aspect="equal")
        return axes


@with_explained_calls
def wigner(state: Any, x: ArrayLike, p: ArrayLike | None = None) -> Wigner:
    r"""The Wigner function of a boson mode.

    $$W(x, p) = \frac{1}{\pi} \int dy\, e^{2ipy}\, \langle x - y|\rho|x + y\rangle, \qquad
      \int dx\,dp\; W = 1$$

    with \(\hat a = (\hat x + i\hat p)/\sqrt2\): the vacuum has variances of 1/2, W(0, 0) = 1/pi.

    Args:
        state: The mode's state in the number states |0>, |1>, ...: ket, (d,), density matrix,
            (d, d), or `qutip.Qobj`; d up to 200.
        x: Values of x, (m,).
        p: Values of p, (n,); those of x if not given.

    Returns:
        The function on the grid, to 1e-12.

    Raises:
        ValueError: no state, no grid, or too many levels.

    Source: K. E. Cahill and R. J. Glauber, Phys. Rev. 177, 1882 (1969), by the recurrence in the
        number states.
    """
    rho = states.density(state, name="state")
    if len(rho) > _MOST_LEVELS:
        checks.fail("state", f"one of at most {_MOST_LEVELS} levels", checks.Words(f"{len(rho)}"))
    along_x = checks.numbers("x", x)
    along_p = along_x if p is None else checks.numbers("p", p)
    near_x, near_p = (np.clip(along, -_FARTHEST, _FARTHEST) for along in (along_x, along_p))
    alpha = (near_x[None, :] + 1j * near_p[:, None]) / np.sqrt(2)
    return Wigner(x=along_x, p=along_p, values=_sum(rho, alpha))


def _sum(rho: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    r"""Sum of rho_mn W_mn(alpha), with W_mn the function of |m><n|.

    $$W_{m,m+k} = \frac{(-1)^m}{\pi}\, e^{ik\arg\alpha}\, f_m, \qquad
      f_0 = \sqrt{y^k/k!}\; e^{-y/2}, \qquad y = 4|\alpha|^2$$
    $$\sqrt{m + 1}\sqrt{m + k + 1}\, f_{m+1} = (2m + k + 1 - y)\, f_m - \sqrt{m (m + k)}\, f_{m-1}$$

    The f_m are orthonormal Laguerre functions, whose recurrence keeps its digits with m. One
    along the rows of W_mn loses a digit with every few levels.
    """
    y, angle = 4 * np.abs(alpha) ** 2, np.angle(alpha)
    logarithm = np.log(np.maximum(y, _SMALLEST))
    total = np.zeros(alpha.shape)
    for k in range(len(rho)):
        power = 0.5 * k * logarithm if k else 0.0
        now = np.exp(power - 0.5 * y - 0.5 * math.lgamma(k + 1))
        before, found = np.zeros_like(now), np.zeros(alpha.shape, dtype=complex)
        for m in range(len(rho) - k):
            found += (-1) ** m * rho[m, m + k] * now
            after = (2 * m + k + 1 - y) * now - math.sqrt(m * (m + k)) * before
            now, before = after / math.sqrt((m + 1) * (m + k + 1)), now
        total += (2 if k else 1) * (np.exp(1j * k * angle) * found).real
    return total / np.pi
