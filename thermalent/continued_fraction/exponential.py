r"""exp(L t) on a vector by Taylor steps; the vector grows upwards as the levels fill.

The step is such that the terms of the series grow by at most a few hundred before they fall, so
that cancellation costs two or three digits of sixteen.
"""

from __future__ import annotations

import numba
import numpy as np
from scipy import sparse

from thermalent.compiling import announced

_GROWTH = 6.0  # step times norm: the largest term is about e^6 = 400
_EPS = float(np.finfo(float).eps)


class Propagator:
    """exp(L t) for one sparse L, real or complex."""

    def __init__(self, matrix: sparse.csr_array) -> None:
        self.matrix = sparse.csr_array(matrix)
        size = abs(self.matrix)
        one, infinity = size.sum(axis=0).max(), size.sum(axis=1).max()
        self.norm = float(np.sqrt(one * infinity))  # bounds the 2-norm

    def products(self, time: float) -> float:
        """About how many products with L a time takes."""
        return 5.0 * self.norm * time

    def advance(self, y: np.ndarray, time: float, active: int, top: int, limit: float) -> float:
        """Advance y in place by up to `time`, holding y[active:] at zero.

        Args:
            y: The vector, (size,).
            time: How far.
            active: Unknowns in use.
            top: Number of unknowns below `active` that count as the top.
            limit: Return early when the top holds elements larger than this.

        Returns:
            The time that was advanced.
        """
        steps = max(1, int(np.ceil(time * self.norm / _GROWTH)))
        m = self.matrix
        with announced():
            done = _taylor(
                m.indptr, m.indices, m.data, y, time / steps, steps, active, top, limit, _EPS
            )
        return time * done / steps


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _taylor(indptr, indices, data, y, step, steps, active, top, limit, eps):
    """Take up to `steps` Taylor steps; returns how many were taken."""
    term = np.zeros_like(y)
    next_term = np.zeros_like(y)
    for n in range(steps):
        largest = 0.0
        for i in range(active):
            term[i] = y[i]
            largest = max(largest, abs(y[i]))
        small = 0
        order = 0
        while small < 2:
            order += 1
            size = 0.0
            for i in range(active):
                total = 0 * y[0]
                for p in range(indptr[i], indptr[i + 1]):
                    j = indices[p]
                    if j < active:
                        total += data[p] * term[j]
                total *= step / order
                next_term[i] = total
                size = max(size, abs(total))
            for i in range(active):
                term[i] = next_term[i]
                y[i] += next_term[i]
            small = small + 1 if size <= eps * largest else 0
        peak = 0.0
        for i in range(active - top, active):
            peak = max(peak, abs(y[i]))
        if peak > limit:
            return n + 1
    return steps
