r"""Propagation exp(L t) of a vector by Chebyshev steps; tiers are added as they fill.

$$e^{hL} y = J_0(z)\,\varphi_0 + 2 \sum_{k \ge 1} J_k(z)\,\varphi_k, \qquad z = h\rho, \qquad
  \varphi_{k+1} = \tfrac{2}{\rho} L \varphi_k + \varphi_{k-1}$$

with phi_0 = y and phi_1 = L y / rho. The drive turns much faster than anything decays, so the
spectrum of L lies along the imaginary axis, where this takes the fewest products with L. What
decays makes the phi_k grow; where their terms exceed the vector by a thousand, which costs three
digits of sixteen, the step is halved.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from thermalent.support.compiled import compiled

_REACH = (4.0, 32.0)  # z of a step, at least and at most
_GROWTH = 1e3  # allowed size of the terms over that of the vector
_BEYOND = 20  # approximate number of products of a step beyond z
_AT_ONCE = 2e8  # multiplications before Python looks for signals: a few tenths of a second
_EPS = float(np.finfo(float).eps)


class Propagator:
    """The propagator exp(L t) of one sparse L, real or complex.

    Args:
        matrix: L.
        factor: By which the bound of its norm is enlarged, for steps of another length.
    """

    def __init__(self, matrix: sparse.csr_array, factor: float = 1.0) -> None:
        self.matrix = sparse.csr_array(matrix)
        size = abs(self.matrix)
        # sqrt(|L|_1 |L|_inf) bounds the 2-norm; of the first so many unknowns, cumulatively.
        columns = np.maximum.accumulate(np.asarray(size.sum(axis=0)).ravel())
        rows = np.maximum.accumulate(np.asarray(size.sum(axis=1)).ravel())
        self.norm = factor * np.sqrt(columns) * np.sqrt(rows)
        self.damping = np.maximum.accumulate(np.abs(self.matrix.diagonal()))
        self.rounding = 0.0  # rounding error of the last `advance`, a standard deviation

    def cost(self, time: float, active: int) -> float:
        """Approximate number of multiplications to advance the first so many unknowns by a time."""
        reach = _reach(float(self.norm[active - 1]), float(self.damping[active - 1]))
        products = time * float(self.norm[active - 1]) * (1 + _BEYOND / reach)
        return products * (int(self.matrix.indptr[active]) + 4 * active)

    def advance(
        self, y: np.ndarray, time: float, active: int, top: int, limit: float
    ) -> tuple[float, bool]:
        """Advance y in place by up to `time`, holding y[active:] at zero.

        At most about half a second of work, so that the caller can handle signals in between.

        Args:
            y: The vector, (size,).
            time: The largest time of the advance.
            active: Unknowns in use.
            top: Number of unknowns below `active` that count as the top.
            limit: Stop before the step in which the norm of the top would exceed this.

        Returns:
            The time that was advanced, and whether the top was full.
        """
        self.rounding = 0.0
        norm = float(self.norm[active - 1])
        if norm == 0.0:
            return time, False
        reach = _reach(norm, float(self.damping[active - 1]))
        m = self.matrix
        each = int(m.indptr[active]) + 4 * active
        while True:
            steps = max(1, int(np.ceil(time * norm / reach)))
            coefficients = _bessel(time / steps * norm)
            now = min(steps, max(1, int(_AT_ONCE / (each * coefficients.size))))
            done, full, rounding = _chebyshev(
                m.indptr, m.indices, m.data, y, norm, coefficients, now, active, top, limit,
                _GROWTH,
            )  # fmt: skip
            if done > 0 or full:
                self.rounding = rounding
                return time * done / steps, full
            reach /= 2


def _reach(norm: float, damping: float) -> float:
    """The z of a step: the phi_k grow like exp(k damping / norm), up to k of about z + 15."""
    return float(np.clip(7 * norm / max(damping, 1e-300) - 15, *_REACH))


def _bessel(z: float) -> np.ndarray:
    """J_0(z), 2 J_1(z), 2 J_2(z), ... until they vanish in double precision."""
    from scipy.special import jv  # imported here: it takes a quarter of a second to load

    coefficients = 2 * jv(np.arange(int(z + 14 * np.cbrt(z) + 18)), z)
    coefficients[0] /= 2
    return coefficients[: np.flatnonzero(np.abs(coefficients) > 1e-18)[-1] + 1]


@compiled(error_model="numpy", fastmath={"contract"})
def _chebyshev(indptr, indices, data, y, norm, coefficients, steps, active, top, limit, growth):
    """Take up to `steps` steps.

    Returns how many were taken, whether the top was full, and the rounding: each step loses eps of
    its largest term, one independently of the other.
    """
    before = np.zeros_like(y)
    now = np.zeros_like(y)
    total = np.zeros_like(y)
    rounding = 0.0
    for n in range(steps):
        largest = 0.0
        for i in range(active):
            before[i] = 0 * y[0]
            now[i] = y[i]
            total[i] = coefficients[0] * y[i]
            largest = max(largest, abs(y[i]))
        term = abs(coefficients[0]) * largest
        for k in range(1, coefficients.size):
            factor = (1.0 if k == 1 else 2.0) / norm
            peak = 0.0
            for i in range(active):
                product = 0 * y[0]
                for p in range(indptr[i], indptr[i + 1]):
                    product += data[p] * now[indices[p]]  # zero beyond the active ones
                before[i] += factor * product
                total[i] += coefficients[k] * before[i]
                peak = max(peak, abs(before[i]))
            before, now = now, before
            if not peak * abs(coefficients[k]) <= growth * largest:
                return n, False, np.sqrt(rounding)
            term = max(term, peak * abs(coefficients[k]))
        peak = 0.0
        for i in range(active - top, active):
            peak = max(peak, abs(total[i]))
        if peak > limit:
            return n, True, np.sqrt(rounding)
        rounding += (_EPS * term) ** 2
        for i in range(active):
            y[i] = total[i]
    return steps, False, np.sqrt(rounding)
