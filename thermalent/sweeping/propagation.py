r"""What the error of a state means for a number that is read off it.

A state comes with a bound eps on the error of its largest element (for trajectories: a standard
error, which is carried through in the same way). Every function here bounds, for a d x d state, how
far a number can move when every element moves by up to eps:

$$\|\Delta\|_F \le d\,\epsilon, \qquad \|\Delta\|_1 \le d^{3/2} \epsilon$$

A reduced state of dimension k sums d/k elements, so its eps is d/k times that of the whole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thermalent import entanglement
from thermalent.states import STATE_TOLERANCE

_LN2 = float(np.log(2))


def overlap(ket: np.ndarray, eps: float) -> float:
    r"""Of <psi|rho|psi>: at most eps (sum of |psi_i|)^2."""
    return eps * float(np.sum(np.abs(ket))) ** 2


def purity(rho: np.ndarray, eps: float) -> float:
    r"""Of Tr rho^2: Tr Delta (2 rho + Delta) is at most |Delta| (2 |rho| + |Delta|), Frobenius."""
    change = len(rho) * eps
    return change * (2 * float(np.linalg.norm(rho)) + change)


def negativity(rho: np.ndarray, eps: float) -> float:
    """Of the negativity: half the trace norm of the change, transposed in part or not."""
    # A partial transpose permutes elements, so that the bound by the Frobenius norm stays.
    return 0.5 * len(rho) ** 1.5 * eps


def logarithmic_negativity(rho: np.ndarray, eps: float, value: float) -> float:
    """Of log2(1 + 2 N), with `value` its value: the larger step is the one down."""
    change = 2 * negativity(rho, eps)
    inside = 2.0**value
    down = np.log1p(min(change, inside - 1) / (inside - min(change, inside - 1))) / _LN2
    up = np.log1p(change / inside) / _LN2
    return float(max(up, down))


def von_neumann(rho: np.ndarray, eps: float) -> float:
    """Of the entropy in bits: T log2(d - 1) + h(T) at trace distance T (Fannes and Audenaert)."""
    d = len(rho)
    if d == 1:
        return 0.0
    distance = 0.5 * d**1.5 * eps
    if distance >= 1 - 1 / d:
        return float(np.log2(d))
    mixing = -(distance * np.log(distance) if distance > 0 else 0.0)
    mixing -= (1 - distance) * np.log1p(-distance)
    return float(distance * np.log2(d - 1) + mixing / _LN2)


def concurrence(rho: np.ndarray, eps: float, tolerance: float) -> float:
    r"""Of the concurrence of two qubits.

    For an X-state, from its elements, with the root where it is steepest:

    $$|\Delta C| \le 2\epsilon + 2\big(\sqrt{(p + \epsilon)(q + \epsilon)} - \sqrt{pq}\big)$$

    with p and q the populations under the root, and the same for the step down. Otherwise the
    concurrence has no bound of this kind in closed form, and `by_moving` is used.
    """
    if not entanglement._is_x_state(rho):
        return by_moving(
            lambda moved: entanglement.concurrence(moved, tolerance=tolerance), rho, eps
        )
    p = np.maximum(np.diag(rho).real, 0.0)
    worst = 0.0
    for one, other in ((0, 3), (1, 2)):
        root = np.sqrt(p[one]) * np.sqrt(p[other])
        above = np.sqrt(p[one] + eps) * np.sqrt(p[other] + eps) - root
        below = root - np.sqrt(max(p[one] - eps, 0.0)) * np.sqrt(max(p[other] - eps, 0.0))
        worst = max(worst, float(above), float(below))
    # Divided by the trace, which is 1 up to 4 eps; C is at most 1.
    return min(1.0, 2 * (eps + worst) + 4 * eps)


def formation(value: float, change: float) -> float:
    """Of the entanglement of formation, from the concurrence and its error."""
    at = entanglement.formation(value)
    up = entanglement.formation(min(1.0, value + change)) - at
    down = at - entanglement.formation(max(0.0, value - change))
    return max(up, down)


def by_moving(function: Callable[[np.ndarray], float], rho: np.ndarray, eps: float) -> float:
    """Of any function: the changes when one element after another moves by eps, added up.

    The real and the imaginary part of every element are moved in turn, a diagonal element at the
    expense of the others. An estimate, not a bound: of first order in what two elements do
    together, but with the whole step eps in each, so that a root at zero counts in full.
    """
    d = len(rho)
    if eps == 0.0:
        return 0.0
    at, total = function(rho), 0.0
    for i in range(d):
        for j in range(i, d):
            for phase in (1.0,) if i == j else (1.0, 1j):
                change = np.zeros((d, d), dtype=complex)
                change[i, j] += eps * phase
                if i == j:
                    change -= np.eye(d) * eps / d
                else:
                    change[j, i] += np.conj(eps * phase)
                moves = [abs(function(rho + sign * change) - at) for sign in (1, -1)]
                total += max(moves)
    return float(total)


def fidelity_with(rho: np.ndarray, ket: np.ndarray) -> float:
    """The fidelity <psi|rho|psi>, as the matrix has it."""
    return float((ket.conj() @ rho @ ket).real)


def tolerance_for(rho: np.ndarray, eps: float) -> float:
    """How far a moved state may be from a state."""
    return max(STATE_TOLERANCE, 4 * len(rho) * eps)
