r"""Gradients of observables: the Hermitian G with dO = Re Tr(G d rho).

Where a number has no derivative at a state the gradient is not-a-number, and a note says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from thermalent.operators import distances, entanglement

_SPIN_FLIP = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
# An eigenvalue or singular value this much smaller than the largest has no digits left for a
# derivative.
_NO_DIGITS = 1e-13
_NEARLY = 1e-6  # how far the solver's state may be from one
_LN2 = float(np.log(2))
_SEPARABLE = "separable: all derivatives vanish"
_NOT_FULL_RANK = "not of full rank: no derivative"


class Valued(NamedTuple):
    """A number and its gradient, a Hermitian (d, d) matrix; where it is not smooth, why.

    Args:
        value: The number.
        gradient: G, (d, d).
        note: Where the number is not smooth, why; else empty.
        below: How far a separable state is from the border, in the unit of the number.
    """

    value: float
    gradient: np.ndarray
    note: str = ""
    below: float = 0.0


def purity_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Purity of a state (d, d) and its gradient, \(2\rho\)."""
    return Valued(float(np.sum(np.abs(rho) ** 2)), 2 * rho)


def entropy_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Entropy in bits of a state (d, d) and its gradient, \(-\log_2 \rho\), of full rank only.

    The multiple of 1 that belongs to it is left out: d rho has no trace.
    """
    value = distances.von_neumann_entropy(rho, tolerance=_NEARLY)
    p, vectors = np.linalg.eigh(rho)
    if p[0] <= _NO_DIGITS * p[-1]:
        return Valued(value, np.full_like(rho, np.nan, dtype=complex), _NOT_FULL_RANK)
    return Valued(value, -(vectors * np.log2(p)) @ vectors.conj().T)


def negativity_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Negativity of two subsystems and its gradient.

    With the projector P on the negative eigenvalues of the partial transpose,

    $$dN = -\mathrm{Tr}\,P\,d\rho^{T_B}, \qquad G = -P^{T_B}$$

    Where an eigenvalue is zero the negativity has a kink; of a separable state `below` is the
    smallest eigenvalue.

    Args:
        rho: Density matrix, (d, d).
        dims: Dimensions of the two subsystems.
    """
    value = entanglement.negativity(rho, dims, tolerance=_NEARLY)
    p, vectors = np.linalg.eigh(_transposed(rho, dims))
    if value == 0.0 or p[0] >= 0:
        flat = np.zeros(rho.shape, dtype=complex)
        return Valued(0.0, flat, _SEPARABLE, max(float(p[0]), 0.0))
    if np.min(np.abs(p)) <= _NO_DIGITS * p[-1]:
        note = "one whose partial transpose is singular: no derivative"
        return Valued(value, np.full_like(rho, np.nan, dtype=complex), note)
    negative = vectors[:, p < 0]
    return Valued(value, -_transposed(negative @ negative.conj().T, dims))


def logarithmic_negativity_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Logarithmic negativity \(\log_2(1 + 2N)\) of two subsystems and its gradient."""
    negativity = negativity_with_gradient(rho, dims)
    slope = 2 / (_LN2 * (1 + 2 * negativity.value))
    return Valued(
        float(np.log1p(2 * negativity.value) / _LN2),
        slope * negativity.gradient,
        negativity.note,
        2 * negativity.below / _LN2,
    )


def formation_with_gradient(rho: np.ndarray, dims: Sequence[int]) -> Valued:
    r"""Entanglement of formation of two qubits and its gradient, from those of the concurrence.

    $$\frac{dE}{dC} = \frac{C}{\sqrt{1 - C^2}} \log_2 \frac{1 + \sqrt{1 - C^2}}{C}$$

    It vanishes with the concurrence, so that the border of separable states is no kink.
    """
    concurrence = concurrence_with_gradient(rho)
    c, value = concurrence.value, entanglement.entanglement_of_formation(rho, tolerance=_NEARLY)
    if c == 0.0:
        return Valued(0.0, concurrence.gradient, concurrence.note, np.inf)
    root = float(np.sqrt(max(1 - c**2, 0.0)))
    # log((1 + s)/c) / s for small s, c^2 = 1 - s^2, is one up to s^2.
    slope = c * (np.log((1 + root) / c) / root if root > 1e-8 else 1.0) / _LN2
    return Valued(value, slope * concurrence.gradient, concurrence.note)


def _transposed(rho: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The partial transpose of the second of two subsystems."""
    shape = (dims[0], dims[1], dims[0], dims[1])
    return rho.reshape(shape).swapaxes(1, 3).reshape(rho.shape)


def concurrence_with_gradient(rho: np.ndarray, dims: Sequence[int] = (2, 2)) -> Valued:
    r"""Concurrence of two qubits and its gradient.

    With rho = A A^+ and the singular values and vectors of
    \(A^T S A = \sum_i \sigma_i u_i v_i^\dagger\), S = sigma_y (x) sigma_y,

    $$dC = \frac{\langle w_1| d\rho |w_1\rangle}{\sigma_1}
      - \sum_{i > 1} \frac{\langle w_i| d\rho |w_i\rangle}{\sigma_i}, \qquad w_i = S A^* u_i$$

    Equal values among the last three do no harm: only their common sum enters. For an X-state the
    same follows from the elements, with all digits. A separable state has gradient zero, and
    `below` tells how far from the border; where the state lacks a population that its neighbours
    have, there is no gradient.

    Args:
        rho: Density matrix, (4, 4).
        dims: Of two qubits.

    Returns:
        C, its gradient (4, 4), and a note where it is not smooth.

    Source: differentiates TRANSPORT, Eq. (3).
    """
    value = entanglement.concurrence(rho, tolerance=_NEARLY)
    if value == 0.0:
        flat = np.zeros((4, 4), dtype=complex)
        return Valued(0.0, flat, _SEPARABLE, _below(rho))
    if entanglement._is_x_state(rho):
        return _of_x_state(rho, value)
    root = distances.factor("rho", rho, _NEARLY, size=4)
    u, values, _ = np.linalg.svd(root.T @ _SPIN_FLIP @ root)
    if root.shape[1] < 4 or values[-1] < _NO_DIGITS * values[0]:
        return Valued(value, np.full((4, 4), np.nan + 0j), _NOT_FULL_RANK)
    w = _SPIN_FLIP @ root.conj() @ u  # (4, i)
    signs = np.array([1.0, -1.0, -1.0, -1.0])
    return Valued(value, (w * (signs / values)) @ w.conj().T)


def _below(rho: np.ndarray) -> float:
    """Excess of the sum of the lower singular values over the largest, >= 0."""
    if entanglement._is_x_state(rho):
        p = np.sqrt(np.maximum(np.diag(rho).real, 0.0))
        return 2 * float(min(p[0] * p[3] - abs(rho[1, 2]), p[1] * p[2] - abs(rho[0, 3])))
    root = distances.factor("rho", rho, _NEARLY, size=4)
    values = np.linalg.svd(root.T @ _SPIN_FLIP @ root, compute_uv=False)
    return float(np.sum(values[1:]) - values[0])


def _of_x_state(rho: np.ndarray, value: float) -> Valued:
    """C = 2 (|z| - sqrt(p q)) of the pair of coherence z and populations p, q that is larger."""
    candidates = []
    for i, j, p, q in ((1, 2, 0, 3), (0, 3, 1, 2)):
        candidates.append(abs(rho[i, j]) - np.sqrt(abs(rho[p, p].real * rho[q, q].real)))
    i, j, p, q = ((1, 2, 0, 3), (0, 3, 1, 2))[int(np.argmax(candidates))]
    product = rho[p, p].real * rho[q, q].real
    gradient = np.zeros((4, 4), dtype=complex)
    if not product > 0 or rho[i, j] == 0:
        return Valued(value, np.full((4, 4), np.nan + 0j), _NOT_FULL_RANK)
    gradient[i, j] = rho[i, j] / abs(rho[i, j])
    gradient[j, i] = np.conj(gradient[i, j])
    gradient[p, p] = -np.sqrt(rho[q, q].real / rho[p, p].real)
    gradient[q, q] = -np.sqrt(rho[p, p].real / rho[q, q].real)
    return Valued(value, gradient)
