r"""Bounds on the error of the concurrence, and of the entanglement of formation that grows with it.

They take the same stacks as those of `error_bounds`, and hold in the same sense: for every state
whose elements are within the errors, at the border of separability as well.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from thermalent.operators import distances, entanglement
from thermalent.operators.bounds.error_bounds import (
    _OFF_X,
    ROUNDING,
    _adjoint,
    _largest,
    _of_elements,
    _transpose,
    by_moving,
    nearest,
)
from thermalent.operators.measures_together import formations_of
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.operators.x_states import x_concurrences

# Smallest eigenvalue that is kept, in units of the error: see `concurrence_bound`. Which one gives
# the smallest bound depends on the state.
_FLOORS = (4.5, 8.0, 32.0, 256.0)
_SPIN_FLIP = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))


def concurrence_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of the concurrence of two qubits, rho (t, 4, 4).

    With rho = A A^+, C is the largest singular value of M = A^T S A less the others; S = sigma_y
    (x) sigma_y and tilde rho = S rho^* S. Two steps:

    1. Small eigenvalues p of rho, about eps, are raised to a floor by adding D = B B^+ to rho and
       to sigma. That adds rows and columns to M, X = A^T S B and Y = B^T S B. So every singular
       value grows, the largest by no more than that of ((lambda_1, |X|), (|X|, |Y|)) and all
       together by at most \(2 \|X\|_1 + \|Y\|_1\): the square root, sqrt(eps) times the root of
       tilde rho in the direction raised. For rho itself the change is known.
    2. All eigenvalues are now above eps. The derivative of the singular values, whatever their
       signs, is between -P and P, with the geometric mean P of rho^{-1} and tilde rho, monotone in
       both. If -k rho <= Delta <= k rho with k < 1, on the whole way from rho to sigma

       $$|\Delta C| \le \sqrt{\frac{1 + k}{1 - k}}\;\|P^{1/2} \Delta P^{1/2}\|_1
         \le \sqrt{\frac{1 + k}{1 - k}}\;\epsilon \Big(\sum_i \sqrt{P_{ii}}\Big)^2$$

    This holds for every floor; the smallest result is taken. Where lambda_1 is below the others by
    more than the bound, the state is separable and the concurrence, zero, has no error. What is an
    X-state by structure has a bound of its own, see `_concurrence_of_x`.
    """
    if zero is not None and np.all(zero[_OFF_X]):
        return _concurrence_of_x(rho, eps, value, zero)
    eps = _largest(eps)
    x_state = np.array([entanglement._is_x_state(state) for state in rho])
    state, eps = nearest(rho, eps)
    # `entropy.factor` leaves out eigenvalues below rounding, of the matrix scaled to diagonal 1.
    amplitude = np.sqrt(np.maximum(np.einsum("tii->ti", state).real, 1e-300))
    scaled = state / amplitude[:, :, None] / amplitude[:, None, :]
    noise = 4 * distances.NOISE_PER_DIMENSION
    left_out = ~x_state & (np.linalg.eigvalsh(scaled)[:, 0] < 2 * noise)
    eps = eps + np.where(left_out, noise, 0.0)
    p, vectors = np.linalg.eigh(state)
    count = len(_FLOORS)
    bounds = _concurrence_above(
        np.tile(p, (count, 1)),
        np.tile(vectors, (count, 1, 1)),
        np.tile(eps, count),
        np.repeat(_FLOORS, len(eps)) * np.tile(eps, count),
    )
    best = bounds.reshape(count, len(eps)).min(axis=0)
    root = vectors * np.sqrt(np.maximum(p, 0.0))[:, None, :]
    singular = np.linalg.svd(_transpose(root) @ _SPIN_FLIP @ root, compute_uv=False)
    below = 2 * singular[:, 0] - np.sum(singular, axis=1)  # C, negative where separable
    best = np.where(value > 0, best, np.maximum(np.minimum(below, 0.0) + best, 0.0))
    return np.minimum(best, np.maximum(value, 1 - value) + ROUNDING)


def _concurrence_of_x(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray
) -> np.ndarray:
    r"""Bound on the change of the concurrence where only the two diagonals can be nonzero.

    $$C = 2 \max(0,\ |\rho_{01,10}| - \sqrt{\rho_{00,00}\rho_{11,11}},\
                     |\rho_{00,11}| - \sqrt{\rho_{01,01}\rho_{10,10}})$$

    with every element off by eps, each in the direction that changes C the most. Of eps by element
    the rounding is relative to the element, as that of the formula is.
    """
    given = eps.ndim == 3
    state, eps = nearest(rho, eps)
    if given:
        eps = eps - ROUNDING * (1 - np.abs(state))
    each = np.broadcast_to(_of_elements(eps), state.shape)
    p, error = (np.einsum("tii->ti", part).real for part in (state, each))
    p = np.maximum(p, 0.0)
    most_p, least_p = np.sqrt(p + error), np.sqrt(np.maximum(p - error, 0.0))
    low, high = np.zeros(len(rho)), np.zeros(len(rho))
    for (i, j), (k, l) in (((1, 2), (0, 3)), ((0, 3), (1, 2))):
        if zero[i, j]:
            continue
        size = np.abs(state[:, i, j])
        low = np.maximum(low, 2 * (size - each[:, i, j] - most_p[:, k] * most_p[:, l]))
        high = np.maximum(high, 2 * (size + each[:, i, j] - least_p[:, k] * least_p[:, l]))
    return np.maximum(np.maximum(np.minimum(high, 1.0) - value, value - low), 0.0)


def _concurrence_above(
    p: np.ndarray, vectors: np.ndarray, eps: np.ndarray, floor: np.ndarray
) -> np.ndarray:
    """The bound with eigenvalues p (t, 4) raised to a floor (t,); see `concurrence_bound`."""
    p = np.maximum(p, 0.0)
    raised = np.maximum(floor[:, None] - p, 0.0)  # D in the eigenbasis
    lifted = np.maximum(p, floor[:, None])
    a = vectors * np.sqrt(p)[:, None, :]  # A and B, (t, 4, 4)
    b = vectors * np.sqrt(raised)[:, None, :]
    before = np.linalg.svd(_transpose(a) @ _SPIN_FLIP @ a, compute_uv=False)
    a_lifted = vectors * np.sqrt(lifted)[:, None, :]
    u, after, _ = np.linalg.svd(_transpose(a_lifted) @ _SPIN_FLIP @ a_lifted)
    # Step 2. P = A^{-+} (M M^+)^{1/2 *} A^{-1} of the raised state; its diagonal, (t, 4)
    inverse = _adjoint(vectors) / np.sqrt(lifted)[:, :, None]
    diagonal = np.einsum("tk,tki->ti", after, np.abs(_transpose(u) @ inverse) ** 2)
    rows = np.sum(np.sqrt(np.sum(np.abs(inverse) ** 2, axis=1)), axis=1)  # sum of |A^{-1} e_i|
    k = np.minimum(4 * eps / lifted.min(axis=1), eps * rows**2)
    smooth = np.sqrt((1 + k) / (1 - k)) * eps * np.sum(np.sqrt(diagonal), axis=1) ** 2
    # Step 1, for sigma: tilde sigma is tilde rho and a change of norm 4 eps at most.
    x = np.linalg.svd(_transpose(a) @ _SPIN_FLIP @ b, compute_uv=False)
    y, rank = np.max(raised, axis=1), np.sum(raised > 0, axis=1)
    x_norm = np.sqrt(x[:, 0] ** 2 + 4 * eps * y)
    together = 2 * (np.sum(x, axis=1) + np.sqrt(rank * 4 * eps * np.sum(raised, axis=1)))
    together += np.sum(raised, axis=1)
    largest = np.maximum(after[:, 0] - smooth - x_norm - y, 0.0)  # of sigma, at least this
    leading = (y - largest) / 2 + np.hypot((largest - y) / 2, x_norm)
    known = (2 * after[:, 0] - np.sum(after, axis=1)) - (2 * before[:, 0] - np.sum(before, axis=1))
    return smooth + np.maximum(leading - known, together + known)


def entanglement_of_formation_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    """Bound on the change of the entanglement of formation, which grows with the concurrence."""
    c = _concurrences(rho)
    return formation_bound(c, concurrence_bound(rho, eps, c, zero))


def formation_bound(c: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Largest change of the entanglement of formation if the concurrence c changes by `change`."""
    value, step = np.atleast_1d(c), np.atleast_1d(change)
    centre = formations_of(value)
    up = formations_of(np.minimum(1.0, value + step)) - centre
    down = centre - formations_of(np.maximum(0.0, value - step))
    return np.maximum(up, down) + np.where((value > 0) | (step > 0), ROUNDING, 0.0)


def concurrence_of_mean(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Standard error of the concurrence of a mean state whose elements have standard errors eps.

    What bounds every case would be useless against noise of a hundredth. For an X-state, whose
    other elements have no noise because they vanish in every trajectory, from the elements,

    $$2\epsilon + 2\big(\sqrt{(p + \epsilon)(q + \epsilon)} - \sqrt{pq}\big)$$

    with p and q the populations under the root, each with its own error where that is known, or
    the same for the step down; otherwise `by_moving`. Errors of different elements never help each
    other, so it is rather too large.
    """
    errors = []
    for state, step in zip(rho, eps, strict=True):
        if entanglement._is_x_state(state):
            errors.append(_of_x_state(state, np.broadcast_to(step, state.shape)))
        else:
            tolerance = max(STATE_TOLERANCE, 16 * float(np.max(step)))
            errors.append(
                by_moving(partial(entanglement.concurrence, tolerance=tolerance), state, step)
            )
    return np.minimum(1.0, np.array(errors))


def formation_of_mean(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    """Standard error of the entanglement of formation, from that of the concurrence."""
    c = _concurrences(rho)
    return formation_bound(c, concurrence_of_mean(rho, eps, c))


def _concurrences(rho: np.ndarray) -> np.ndarray:
    """The concurrence of each matrix, (t,), that of the nearest state."""
    c = x_concurrences(rho, np.ones(len(rho)))
    for i in np.flatnonzero(np.isnan(c)).tolist():
        c[i] = entanglement.concurrence(rho[i], tolerance=1.0)
    return c


def _of_x_state(rho: np.ndarray, eps: np.ndarray) -> float:
    p, step = np.maximum(np.diag(rho).real, 0.0), np.diag(eps)
    above, below = np.sqrt(p + step), np.sqrt(np.maximum(p - step, 0.0))
    worst = 0.0
    # Of the two differences of an element and a root the larger one counts, twice.
    for (first, second), (i, j) in (((0, 3), (1, 2)), ((1, 2), (0, 3))):
        root = np.sqrt(p[first]) * np.sqrt(p[second])
        moved = max(above[first] * above[second] - root, root - below[first] * below[second])
        worst = max(worst, float(moved + eps[i, j]))
    # Divided by the trace, which is 1 up to the sum of the populations' errors.
    return 2 * worst + float(step.sum())
