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

import numpy as np

from thermalent.operators import distances
from thermalent.operators.state_checks import none_below, surely_above

_EPS = float(np.finfo(float).eps)
_LN2 = float(np.log(2))
# Rounding the elements and evaluating a measure are together no more than a change of every element
# by this (measured for eigenvalues: up to 1.5 units per dimension, see `entropy`).
ROUNDING = 2 * _EPS
_OFF_X = ~(np.eye(4, dtype=bool) | np.fliplr(np.eye(4, dtype=bool)))


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
        # Where all eigenvalues are above what rounding makes of zero, they change nothing.
        unsure = np.flatnonzero(~surely_above(hermitian, noise))
        values, vectors = np.linalg.eigh(hermitian[unsure])
        lowest[unsure] = values[:, 0]
        negative = lowest < -noise
        if negative.any():
            clipped = (vectors * np.maximum(values, 0.0)[:, None, :]) @ _adjoint(vectors)
            state = hermitian.copy()
            state[negative] = clipped[negative[unsure]]
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
    return np.minimum(change, np.maximum(value - 1 / rho.shape[1], 1 - value) + _largest(eps))


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
    if rho.shape[1] != 4:
        return 0.5 * rho.shape[1] ** 1.5 * eps
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
