r"""Bounds on the error of a number that is computed from a state with an error.

A state rho comes with a bound eps on the error of its elements. Every function here bounds, for all
states sigma = rho + Delta with \(|\Delta_{ij}| \le \epsilon\), how far the number can be from that
of rho. Nothing is of first order only: the bounds hold for any eps, at the border of separability
and at purity. With d the dimension,

$$\|\Delta\| \le d\,\epsilon, \qquad \|\Delta\|_F \le d\,\epsilon, \qquad
  \|\Delta\|_1 \le d^{3/2} \epsilon$$

Some elements can be exactly zero, in rho and in sigma, because a conserved number forbids them: of
two qubits that exchange excitations all but the populations and |01><10|. A bound that is told so
(`zero`, (d, d), true there) is smaller, for the concurrence and the negativity by far.

All functions take stacks: states (t, d, d), eps (t,), values (t,), and return (t,). Where the error
of every element is known by itself, eps may be (t, d, d): a small population is often known far
better than the largest element, and a square root of it as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from thermalent.operators import distances, entanglement
from thermalent.operators.measures_together import formations_of
from thermalent.operators.positive import none_below
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.operators.x_states import x_concurrences

_EPS = float(np.finfo(float).eps)
_LN2 = float(np.log(2))
# Rounding the elements and evaluating a measure are together no more than a change of every element
# by this (measured for eigenvalues: up to 1.5 units per dimension, see `entropy`).
ROUNDING = 2 * _EPS
# Smallest eigenvalue that is kept, in units of the error: see `concurrence_bound`. Which one gives
# the smallest bound depends on the state.
_FLOORS = (4.5, 8.0, 32.0, 256.0)
_OFF_X = ~(np.eye(4, dtype=bool) | np.fliplr(np.eye(4, dtype=bool)))
_SPIN_FLIP = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))


def nearest(rho: np.ndarray, eps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest states of matrices, of which measures are taken, and the error of their elements.

    A matrix that is not positive is read as its nearest state (see `entropy`), whose elements are
    off by as much more as that is away from the matrix. Rounding is included; eps keeps its shape.
    """
    hermitian = (rho + np.conj(np.swapaxes(rho, -1, -2))) / 2
    noise = distances.NOISE_PER_DIMENSION * rho.shape[-1]
    lowest, negative = np.zeros(len(hermitian)), np.zeros(len(hermitian), dtype=bool)
    state = hermitian
    for least in (-ROUNDING, -noise):
        if all(none_below(each, least) for each in hermitian):
            lowest += least
            break
    else:
        values, vectors = np.linalg.eigh(hermitian)
        clipped = (vectors * np.maximum(values, 0.0)[..., None, :]) @ _adjoint(vectors)
        lowest, negative = values[..., 0], values[..., 0] < -noise
        state = np.where(negative[..., None, None], clipped, hermitian)
    state = state / np.trace(state, axis1=-2, axis2=-1).real[..., None, None]
    # Below that eigenvalue, some measures leave the negative part out and some do not.
    unclear = np.where(negative, 0.0, np.maximum(-lowest, 0.0))
    moved = np.abs(state - rho)
    if eps.ndim == 3:
        return state, eps + unclear[:, None, None] + moved + ROUNDING
    return state, eps + unclear + np.max(moved, axis=(-2, -1)) + ROUNDING


def _largest(eps: np.ndarray) -> np.ndarray:
    """Errors of the largest elements, (t,)."""
    return np.max(eps, axis=(-2, -1)) if eps.ndim == 3 else eps


def _of_elements(eps: np.ndarray) -> np.ndarray:
    """Errors that broadcast against the elements, (t, d, d) or (t, 1, 1)."""
    return eps if eps.ndim == 3 else eps[:, None, None]


def _of_first_order(gradient: np.ndarray, each: np.ndarray) -> np.ndarray:
    r"""Largest |Tr G Delta| for Tr Delta = 0 and elements of Delta up to `each`, (t,).

    $$|\mathrm{Tr}\,G\Delta| \le \sum_{i \ne j} \epsilon_{ij} |G_{ij}|
      + \min_c \sum_i \epsilon_{ii} |G_{ii} - c|$$

    The best c is the median of the diagonal with weights eps_ii, and so one of its elements.

    Args:
        gradient: G, Hermitian, (t, d, d).
        each: Bounds of the elements of Delta, (t, d, d).
    """
    sizes = each * np.abs(gradient)
    off_diagonal = np.sum(sizes, axis=(-2, -1)) - np.einsum("tii->t", sizes)
    diagonal = np.einsum("tii->ti", gradient).real
    distances = np.abs(diagonal[:, :, None] - diagonal[:, None, :])
    return off_diagonal + np.min(np.einsum("tii,tic->tc", each, distances), axis=1)


def expectation_bound(operator: np.ndarray, eps: np.ndarray) -> np.ndarray:
    """Bound on the change of Tr(O rho), O (d, d): eps times the sum of all |O_ij|."""
    return (eps + ROUNDING) * float(np.sum(np.abs(operator)))


def operator_bound(
    operator: np.ndarray, rho: np.ndarray, eps: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of Tr(O rho), for any O (d, d), also one that is not Hermitian, (t,).

    sigma has trace one, so that Tr Delta = 1 - Tr rho is known, and for any number c

    $$|\mathrm{Tr}\,O\Delta| \le \sum_{i \ne j} \epsilon_{ij} |O_{ji}|
      + \sum_i \epsilon_{ii} |O_{ii} - c| + |c|\,|1 - \mathrm{Tr}\,\rho|$$

    of which the smallest with c among the O_ii is taken: the identity has no error but for the
    trace. What rounding does to the d^2 terms of the sum itself comes on top.
    """
    each = np.broadcast_to(_of_elements(eps + ROUNDING), rho.shape)
    if zero is not None:
        each = np.where(zero, 0.0, each)
    size = np.abs(operator.T)
    diagonal = np.diag(operator)
    off_diagonal = np.sum(each * (size - np.diag(np.diag(size))), axis=(-2, -1))
    shifts = np.append(diagonal, 0.0)
    away = np.abs(diagonal[:, None] - shifts[None, :])
    excess = np.abs(1 - np.trace(rho, axis1=-2, axis2=-1)) + rho.shape[-1] * _EPS
    of_diagonal = np.einsum("tii,ic->tc", each, away) + excess[:, None] * np.abs(shifts)
    terms = np.sum(size * np.abs(rho), axis=(-2, -1))
    return off_diagonal + np.min(of_diagonal, axis=1) + rho.shape[-1] * _EPS * terms


def overlap_bound(ket: np.ndarray, eps: np.ndarray) -> np.ndarray:
    r"""Bound on the change of <psi|rho|psi>, psi (d,): at most eps (sum of |psi_i|)^2.

    Of errors of the elements, eps (t, d, d), at most \(|\psi|^T \epsilon |\psi|\).
    """
    size = np.abs(ket)
    if eps.ndim == 3:
        return np.einsum("i,tij,j->t", size, eps + ROUNDING, size)
    return (eps + ROUNDING) * float(np.sum(size)) ** 2


def purity_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of Tr rho^2, which is Tr Delta (2 rho - 2 c + Delta) for any c.

    Tr Delta = 0, and the c that makes the bound smallest is taken: near the completely mixed state
    the purity is stationary. Rounding of the sum itself is relative to it.
    """
    rho, eps = nearest(rho, eps)
    unknown = np.ones(rho.shape[-2:], dtype=bool) if zero is None else ~zero
    each = np.broadcast_to(_of_elements(eps), rho.shape)
    change = 2 * _of_first_order(rho, each) + np.sum(unknown * each**2, axis=(-2, -1))
    change = change + 2 * ROUNDING * value
    return np.minimum(change, np.maximum(value - 1 / rho.shape[-1], 1 - value) + _largest(eps))


def negativity_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of the negativity: half the trace norm of the change of rho.

    Of two qubits the partial transpose has one negative eigenvalue at most, which moves by no more
    than the norm of the change: 4 eps, or 2 eps in a block of two elements. Where it is positive by
    more than that, the negativity is zero without any error.
    """
    # A partial transpose permutes elements, so that the bound by the Frobenius norm stays.
    rho, eps = nearest(rho, _largest(eps))
    if rho.shape[-1] != 4:
        return 0.5 * rho.shape[-1] ** 1.5 * eps
    change = (4.0 if zero is None or not np.all(zero[_OFF_X]) else 2.0) * eps
    transposed = rho.reshape(-1, 2, 2, 2, 2).swapaxes(1, 3).reshape(rho.shape)
    lowest = np.linalg.eigvalsh(transposed)[:, 0]
    return np.where(value > 0, change, np.maximum(change - lowest, 0.0))


def logarithmic_negativity_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    """Bound on the change of log2(1 + 2 N) from that of N; the largest is that of a smaller N."""
    inside = 2.0**value  # 1 + 2 N
    change = 2 * negativity_bound(rho, eps, value, zero)
    down = -np.log1p(-np.minimum(change, inside - 1) / inside)
    rounding = np.where((value > 0) | (change > 0), ROUNDING, 0.0)
    return np.maximum(down, np.log1p(change / inside)) / _LN2 + rounding


def entropy_bound(
    rho: np.ndarray, eps: np.ndarray, value: np.ndarray, zero: np.ndarray | None = None
) -> np.ndarray:
    r"""Bound on the change of the entropy in bits: the smaller of two bounds.

    At trace distance T, by Fannes and Audenaert, T log2(d - 1) + h(T), which is eps log(1/eps) for
    every state. Where all eigenvalues p are well above eps, from the relative entropy,

    $$|S(\sigma) - S(\rho)| \le |\mathrm{Tr}\,\Delta \log_2 \rho| + D(\sigma\|\rho), \qquad
      D(\sigma\|\rho) \le \frac{\mathrm{Tr}\,\Delta\rho^{-1}\Delta}{\ln 2}
      \le \frac{(d\,\epsilon)^2}{\ln 2} \sum \frac1p$$

    with any multiple of 1 added to the logarithm, since Tr Delta = 0; the one that makes the bound
    smallest is taken. Rounding of the eigenvalues does change their sum, and so the entropy, also
    of the completely mixed state.
    """
    rho, eps = nearest(rho, eps)
    each, eps = _of_elements(eps), _largest(eps)
    d = rho.shape[-1]
    if d == 1:
        return np.zeros_like(eps)
    distance = np.minimum(0.5 * _trace_norm(d, zero) * eps, 1 - 1 / d)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mixing = -np.where(distance > 0, distance * np.log(distance), 0.0)
        mixing -= (1 - distance) * np.log1p(-distance)
        general = distance * np.log2(d - 1) + mixing / _LN2
        p, vectors = np.linalg.eigh(rho)  # (t, d), (t, d, d)
        p = np.maximum(p, _EPS * d)
        logarithm = (vectors * np.log2(p)[..., None, :]) @ _adjoint(vectors)
        smooth = _by_relative_entropy(p, logarithm, each, eps)
    largest = np.maximum(value, np.log2(d) - value)
    return np.minimum(np.minimum(general, smooth), largest) + ROUNDING * (1 + value)


def _by_relative_entropy(
    p: np.ndarray, gradient: np.ndarray, each: np.ndarray, eps: np.ndarray
) -> np.ndarray:
    r"""The second bound of `entropy_bound`, \(|\mathrm{Tr}\,G\Delta| + D(\sigma\|\rho)\).

    Args:
        p: Eigenvalues of rho, increasing, (t, d).
        gradient: G, Hermitian, (t, d, d).
        each: Errors that broadcast against the elements.
        eps: Those of the largest elements, (t,).

    Returns:
        The bounds, (t,); infinite where an eigenvalue is at rounding level and not known well
        enough.
    """
    d = p.shape[-1]
    change = _of_first_order(gradient, np.broadcast_to(each, gradient.shape))
    change = change + (d * eps) ** 2 * np.sum(1 / p, axis=-1) / _LN2
    return np.where(p[..., 0] > 16 * d * eps, change, np.inf)


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
    below = 2 * singular[:, 0] - np.sum(singular, axis=-1)  # C, negative where separable
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
    rows = np.sum(np.sqrt(np.sum(np.abs(inverse) ** 2, axis=1)), axis=-1)  # sum of |A^{-1} e_i|
    k = np.minimum(4 * eps / lifted.min(axis=-1), eps * rows**2)
    smooth = np.sqrt((1 + k) / (1 - k)) * eps * np.sum(np.sqrt(diagonal), axis=-1) ** 2
    # Step 1, for sigma: tilde sigma is tilde rho and a change of norm 4 eps at most.
    x = np.linalg.svd(_transpose(a) @ _SPIN_FLIP @ b, compute_uv=False)
    y, rank = np.max(raised, axis=-1), np.sum(raised > 0, axis=-1)
    x_norm = np.sqrt(x[:, 0] ** 2 + 4 * eps * y)
    together = 2 * (np.sum(x, axis=-1) + np.sqrt(rank * 4 * eps * np.sum(raised, axis=-1)))
    together += np.sum(raised, axis=-1)
    largest = np.maximum(after[:, 0] - smooth - x_norm - y, 0.0)  # of sigma, at least this
    leading = (y - largest) / 2 + np.hypot((largest - y) / 2, x_norm)
    known = (2 * after[:, 0] - np.sum(after, axis=-1)) - (
        2 * before[:, 0] - np.sum(before, axis=-1)
    )
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


def by_moving(
    function: Callable[[np.ndarray], float], rho: np.ndarray, eps: float | np.ndarray
) -> float:
    """Estimate of the change of any function: its changes as single elements move by eps, added.

    The error eps is one number for all elements, or one each, (d, d).

    The real and the imaginary part of every element are moved in turn, a diagonal element at the
    expense of the others. An estimate, not a bound: of first order in what two elements do
    together, but with the whole step eps in each, so that a root at zero counts in full.
    """
    d, steps = len(rho), np.broadcast_to(eps, rho.shape)
    if not np.any(steps):
        return 0.0
    centre, total = function(rho), 0.0
    for i in range(d):
        for j in range(i, d):
            for phase in (1.0,) if i == j else (1.0, 1j):
                change = np.zeros((d, d), dtype=complex)
                change[i, j] += steps[i, j] * phase
                if i == j:
                    change -= np.eye(d) * steps[i, i] / d
                else:
                    change[j, i] += np.conj(steps[i, j] * phase)
                moves = [abs(function(rho + sign * change) - centre) for sign in (1, -1)]
                total += max(moves)
    return float(total)


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


def _trace_norm(d: int, zero: np.ndarray | None) -> float:
    """Largest trace norm of a change of elements up to 1: that of each block of n is n^(3/2)."""
    if zero is None:
        return d**1.5
    _, blocks = np.unique(zero, axis=0, return_counts=True)
    return float(np.sum(blocks**1.5))


def _adjoint(matrices: np.ndarray) -> np.ndarray:
    return np.conj(np.swapaxes(matrices, -1, -2))


def _transpose(matrices: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrices, -1, -2)
