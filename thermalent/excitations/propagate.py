"""The exponential of a large sparse generator on a vector, by Taylor steps."""

from __future__ import annotations

import numpy as np
from scipy import sparse

_EPS = float(np.finfo(float).eps)
_DENSE_UP_TO = 12  # rows; below it a dense product costs less than a sparse one


def propagate(generator: sparse.csr_array, start: np.ndarray, times: np.ndarray) -> np.ndarray:
    r"""exp(L t) v at increasing times, (t, n).

    Each interval is cut into steps of \(\|L\|_1 h \le 1\), and the Taylor series of each summed
    until its terms are below rounding; such short steps leave no cancellation.
    """
    size = norm(generator)
    states = np.empty((len(times), len(start)), dtype=complex)
    state, now = start.astype(complex), 0.0
    matrix = generator.toarray() if generator.shape[0] <= _DENSE_UP_TO else generator
    for i, then in enumerate(times.tolist()):
        steps = int(np.ceil(size * (then - now)))
        for _ in range(steps):
            state = taylor_step(matrix, state, (then - now) / steps)
        states[i], now = state, then
    return states


def taylor_step(
    generator: np.ndarray | sparse.csr_array, state: np.ndarray, step: float
) -> np.ndarray:
    r"""exp(L h) v for \(\|L\|_1 h \le 1\), to rounding."""
    total = state
    term = state
    allowed = 0.25 * _EPS * float(np.max(np.abs(state), initial=0.0))
    order = 0
    while True:
        order += 1
        term = (step / order) * (generator @ term)
        total = total + term
        # The later terms together are below this one once they fall by more than half each.
        if order >= 2 and float(np.max(np.abs(term), initial=0.0)) <= allowed:
            return total


def norm(generator: sparse.csr_array) -> float:
    """The 1-norm."""
    return float(np.max(abs(generator).sum(axis=0), initial=0.0))


def rounding(generator: sparse.csr_array, times: np.ndarray) -> np.ndarray:
    r"""Bound of the rounding error of `propagate` for a map that amplifies no error, (t,).

    A step of \(\|L\| h \le 1\) sums terms of total weight below e, each rounded a few times.
    """
    return 16 * _EPS * (1 + norm(generator) * times)
