r"""The Wigner function of a boson mode in the number states.

$$W(x, p) = \frac{1}{\pi} \int dy\, e^{2ipy}\, \langle x - y|\rho|x + y\rangle, \qquad
  \hat a = \frac{\hat x + i\hat p}{\sqrt2}$$
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.display import plots
from thermalent.operators import states
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass, with_explained_calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_LEVELS = 200  # for which the recurrence is tested to keep ten digits


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Wigner(metaclass=ExplainedClass):
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
        The function on the grid, to 1e-10.

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
    alpha = (along_x[None, :] + 1j * along_p[:, None]) / np.sqrt(2)
    return Wigner(x=along_x, p=along_p, values=_sum(rho, alpha))


def _sum(rho: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    r"""Sum of rho_mn W_mn(alpha), with W_mn the function of |m><n|.

    $$\sqrt{n}\,W_{0n} = 2\alpha W_{0,n-1}, \quad
      \sqrt{m}\,W_{mm} = 2\alpha^* W_{m-1,m} - \sqrt{m}\,W_{m-1,m-1}, \quad
      \sqrt{n}\,W_{mn} = 2\alpha W_{m,n-1} - \sqrt{m}\,W_{m-1,n-1}$$
    """
    root = np.sqrt(np.arange(len(rho)))
    row = [np.exp(-2 * np.abs(alpha) ** 2) / np.pi + 0j]  # W_0n for all n, then W_1n, ...
    for n in range(1, len(rho)):
        row.append(2 * alpha * row[-1] / root[n])
    total = _of_row(rho, 0, row)
    for m in range(1, len(rho)):
        above = row
        row = list(above)
        row[m] = (2 * alpha.conj() * above[m] - root[m] * above[m - 1]) / root[m]
        for n in range(m + 1, len(rho)):
            row[n] = (2 * alpha * row[n - 1] - root[m] * above[n - 1]) / root[n]
        total = total + _of_row(rho, m, row)
    return np.asarray(total)


def _of_row(rho: np.ndarray, m: int, row: list[np.ndarray]) -> np.ndarray:
    """The terms of |m><n| and |n><m| with n >= m: they are conjugates."""
    others = sum((2 * (rho[m, n] * row[n]).real for n in range(m + 1, len(rho))), 0.0)
    return np.asarray((rho[m, m].real * row[m]).real + others)
