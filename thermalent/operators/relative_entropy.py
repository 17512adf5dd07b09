r"""The Rains bound of two qubits: how many Bell states can be distilled at most.

$$R(\rho) = \min_{\sigma} S(\rho\|\sigma), \qquad
  S(\rho\|\sigma) = \mathrm{Tr}\,\rho\,(\log_2\rho - \log_2\sigma)$$

over the states sigma whose partial transpose is positive. It is a convex problem. Every such sigma
gives a bound from above; how far it is from the smallest one follows from duality: with G the
gradient at sigma and any Q >= 0

$$S(\rho\|\sigma) - R \le \mathrm{Tr}\,G\sigma - \lambda_{\min}\big(G - Q^{T_B}\big)$$

because \(\mathrm{Tr}\,G\sigma' \ge \lambda_{\min}(G - Q^{T_B}) + \mathrm{Tr}\,Q\sigma'^{T_B}\)
for every state. Sigma and Q come out of an interior-point method: Newton's steps to the minimum of

$$t\, S(\rho\|\sigma) - \log\det\sigma - \log\det\sigma^{T_B}, \qquad Q = (\sigma^{T_B})^{-1}/t$$

for rising t, in the 15 real coordinates of products of Pauli matrices, where the partial transpose
changes signs.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from thermalent.operators import distances
from thermalent.operators.estimates import Estimate
from thermalent.operators.states import STATE_TOLERANCE
from thermalent.support.calls import with_explained_calls

_PAULI = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)
# Products of them of norm one, without the unit matrix, (15, 4, 4); what a transpose of the second
# qubit makes of each, (15,).
_BASIS = np.array([np.kron(_PAULI[i], _PAULI[j]) / 2 for i, j in product(range(4), repeat=2)][1:])
_SIGNS = np.array([-1.0 if j == 2 else 1.0 for i, j in product(range(4), repeat=2)][1:])
_LN2 = float(np.log(2))

_GAP = 1e-9  # bits; further steps are mostly lost in rounding
_FIRST, _GROWTH, _LAST = 8.0, 8.0, 1e13  # weight t of the entropy
_MOST_STEPS = 60  # Newton's steps for one weight; three are usual
_NEAR = 1e-2  # square of Newton's decrement below which full steps converge
_PROGRESS = 0.1  # part of it that is left if they still do
_SUFFICIENT, _HALVINGS = 0.1, 50  # part of the expected descent that a step has to reach
# Nodes of the integral over a scale factor in steps of half a unit of its logarithm: exact to 1e-7,
# and it serves the second derivatives only.
_NODES = np.exp(np.arange(-80.0, 30.0, 0.5))
_ROUNDING = 1e-13
_EPS = float(np.finfo(float).eps)
_AMPLITUDES = 16.0  # roundings, in eps, of an element of the gradient by those of two amplitudes


@with_explained_calls
def rains_bound(rho: Any, *, tolerance: float = STATE_TOLERANCE) -> Estimate:
    r"""Rains bound of two qubits, an upper bound on the Bell states that can be distilled per pair.

    $$E_D \le R(\rho) = \min_{\sigma^{T_B} \ge 0} S(\rho\|\sigma) \le E_N$$

    By local operations and messages in both directions, no protocol distils more. For two qubits
    the states of positive partial transpose are the separable ones, so that R is also the relative
    entropy of entanglement. It is never above the `logarithmic_negativity` nor above the
    `entanglement_of_formation`; `distillation_yield` bounds E_D from below.

    Args:
        rho: Density matrix, shape (4, 4), or ket, shape (4,).
        tolerance: See `check_state`.

    Returns:
        R in bits, from 0 to 1. The number is itself a bound on E_D from above, and larger than R by
        `error` at most: the gap to a bound from below, by duality, usually about 1e-8.

    Raises:
        ValueError: `rho` is not a state of two qubits.

    Source: Rains, IEEE Trans. Inf. Theory 47, 2921 (2001); Vedral and Plenio, Phys. Rev. A 57, 1619
    (1998); Miranowicz and Ishizaka, Phys. Rev. A 78, 032310 (2008) for two qubits.
    """
    state = distances.physical("rho", rho, tolerance, size=4)
    how = "gap between the bounds from above and from below, by duality"
    if np.linalg.eigvalsh(_transposed(state))[0] >= 0:
        return Estimate(0.0, 0.0, "the state is separable")
    own = np.linalg.eigvalsh(state)
    own = own[own > 0]
    entropy = float(np.sum(own * np.log(own)))
    point, gap = _closest(distances.factor("rho", state, tolerance, size=4))
    value = (entropy + point.cross_entropy) / _LN2
    return Estimate(max(0.0, value), gap / _LN2 + _ROUNDING, how)


class _Point(NamedTuple):
    """A state sigma, and the derivatives of \\(-\\mathrm{Tr}\\,\\rho\\ln\\sigma\\) there.

    Args:
        sigma: The state, (4, 4).
        cross_entropy: The number itself.
        gradient: Its gradient, (4, 4).
    """

    sigma: np.ndarray
    cross_entropy: float
    gradient: np.ndarray


def _closest(root: np.ndarray) -> tuple[_Point, float]:
    """The closest state of positive partial transpose to A A^+, and the gap of the entropy."""
    x, weight = np.zeros(15), _FIRST
    best, smallest = _point(root, x), np.inf
    while weight < _LAST and smallest > _GAP * _LN2:
        x = _centre(root, x, weight)
        found = _point(root, x)
        gap = _gap(found, weight)
        if gap < smallest:
            best, smallest = found, gap
        weight *= _GROWTH
    return best, smallest


def _gap(point: _Point, weight: float) -> float:
    """Bound on how far the relative entropy is above its minimum, in nats."""
    # From its eigenvectors, since it has to be positive to rounding, which an inverse is not.
    p, vectors = np.linalg.eigh(_transposed(point.sigma))
    dual = (vectors / np.maximum(weight * p, 1e-300)) @ vectors.conj().T
    lowest = np.linalg.eigvalsh(point.gradient - _transposed(dual))[0]
    # Amplitudes of rho are off by a few eps, and the gradient has their squares over p: as these
    # are about one at most, it is off by twice the root.
    smallest = max(float(np.linalg.eigvalsh(point.sigma)[0]), _EPS)
    rounding = float(_AMPLITUDES * _EPS / np.sqrt(smallest))
    # Tr G sigma is -Tr rho, since the entropy only changes by a constant where sigma is scaled.
    return max(-1.0 - float(lowest), 0.0) + rounding


def _centre(root: np.ndarray, x: np.ndarray, weight: float) -> np.ndarray:
    """The minimum of the weighted entropy and the barriers, by Newton's steps."""
    before = np.inf
    for _ in range(_MOST_STEPS):
        slope, curvature = _derivatives(root, x, weight)
        step = -np.linalg.lstsq(curvature, slope)[0]
        expected = -float(slope @ step)  # twice the descent of a full step
        # Close to the minimum full steps converge quadratically, until rounding ends it.
        if expected <= _NEAR and not expected < _PROGRESS * before:
            break
        before = expected
        x = x + _length(root, x, step, weight, expected) * step
    return x


def _length(
    root: np.ndarray, x: np.ndarray, step: np.ndarray, weight: float, expected: float
) -> float:
    """Part of a step that descends; all of it where the minimum is near."""
    length, value = 1.0, _barrier(root, x, weight)
    for _ in range(_HALVINGS):
        tried = _barrier(root, x + length * step, weight)
        descends = expected <= _NEAR or tried <= value - _SUFFICIENT * length * expected
        if np.isfinite(tried) and descends:
            return length
        length /= 2
    return 0.0


def _barrier(root: np.ndarray, x: np.ndarray, weight: float) -> float:
    """What is minimised; infinite where sigma or its partial transpose is not positive."""
    logs = 0.0
    for matrix in (_matrix(x), _matrix(_SIGNS * x)):
        eigenvalues = np.linalg.eigvalsh(matrix)
        if eigenvalues[0] <= 0:
            return np.inf
        logs += float(np.sum(np.log(eigenvalues)))
    return weight * _point(root, x).cross_entropy - logs


def _point(root: np.ndarray, x: np.ndarray) -> _Point:
    sigma = _matrix(x)
    p, vectors = np.linalg.eigh(sigma)
    inside = _inside(root, vectors)
    cross = -float(np.sum(np.diag(inside).real * np.log(np.maximum(p, 1e-300))))
    gradient = -vectors @ (_first_differences(p) * inside) @ vectors.conj().T
    return _Point(sigma, cross, gradient)


def _inside(root: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The state A A^+ between the eigenvectors of sigma, (4, 4).

    From A it is positive with all its digits. Of V^+ rho V the rounding of an element that should
    be small can be negative; over the eigenvalue of sigma there, it made the gap negative.
    """
    amplitudes = vectors.conj().T @ root
    return np.asarray(amplitudes @ amplitudes.conj().T)


def _derivatives(root: np.ndarray, x: np.ndarray, weight: float) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivatives of what is minimised, (15,) and (15, 15)."""
    point = _point(root, x)
    p, vectors = np.linalg.eigh(point.sigma)
    inside = _inside(root, vectors)
    turned = vectors.conj().T @ _BASIS @ vectors  # (15, 4, 4)
    weights = np.einsum("ji,imj->imj", inside, _second_differences(p))
    partial = np.einsum("kim,imj->kmj", turned, weights)
    curvature = 2 * weight * np.einsum("kmj,lmj->kl", partial, turned).real
    slope = weight * np.einsum("kij,ji->k", _BASIS, point.gradient).real
    for matrix, signs in ((point.sigma, 1.0), (_matrix(_SIGNS * x), _SIGNS)):
        whitened = np.linalg.inv(matrix) @ _BASIS
        slope = slope - signs * np.einsum("kii->k", whitened).real
        second = np.einsum("kij,lji->kl", whitened, whitened).real
        curvature = curvature + second * np.multiply.outer(signs, signs)
    return slope, (curvature + curvature.T) / 2


def _first_differences(p: np.ndarray) -> np.ndarray:
    """(ln p_i - ln p_j)/(p_i - p_j), (4, 4)."""
    low, high = np.minimum.outer(p, p), np.maximum.outer(p, p)
    apart = (high - low) / low
    ratio = np.divide(np.log1p(apart), apart, out=np.ones_like(apart), where=apart > 0)
    return np.asarray(ratio / low)


def _second_differences(p: np.ndarray) -> np.ndarray:
    """Minus the second divided differences of ln, the integral of 1/prod (p + s), (4, 4, 4)."""
    resolvent = 1 / (p[:, None] + _NODES)  # (4, s)
    return np.asarray(0.5 * np.einsum("is,js,ks,s->ijk", resolvent, resolvent, resolvent, _NODES))


def _matrix(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.eye(4) / 4 + np.einsum("k,kij->ij", x, _BASIS))


def _transposed(matrix: np.ndarray) -> np.ndarray:
    """The partial transpose of the second qubit."""
    return matrix.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)
