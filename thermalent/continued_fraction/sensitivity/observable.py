r"""Observables of a state with their gradients: dO = Re Tr(G d rho)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators import entanglement
from thermalent.operators.distances import factor
from thermalent.support import checks

_SPIN_FLIP = np.fliplr(np.diag([-1.0, 1.0, 1.0, -1.0]))
# A singular value this much smaller than the largest has no digits left for a derivative.
_NO_DIGITS = 1e-13
_NEARLY = 1e-6  # how far the solver's state may be from one


class Valued(NamedTuple):
    """A number and its gradient, a Hermitian (d, d) matrix; where it is not smooth, why."""

    value: float
    gradient: np.ndarray
    note: str = ""
    below: float = 0.0  # how far a separable state is from the border, in the concurrence


ObservableLike = str | np.ndarray | Callable[[np.ndarray], tuple[float, np.ndarray]]


def evaluated(
    observable: ObservableLike, rho: np.ndarray, network: Network, pair: tuple[str, str] | None
) -> Valued:
    """The observable at a state of the network.

    Args:
        observable: "concurrence", "purity", a Hermitian operator (d, d) for its expectation, or a
            function of rho that returns the number and its gradient.
        rho: The state, (d, d).
        network: Whose state it is.
        pair: Names of the two qubits of the concurrence; None for the only two.
    """
    if isinstance(observable, str):
        if observable == "purity":
            return Valued(float(np.sum(np.abs(rho) ** 2)), 2 * rho)
        if observable != "concurrence":
            checks.fail("observable", "'concurrence', 'purity', a matrix or a function", observable)
        return _of_pair(rho, network, pair)
    if callable(observable):
        value, gradient = observable(rho)
        matrix = checks.hermitian(
            "observable's gradient", checks.square_matrix("gradient", gradient, len(rho))
        )
        return Valued(checks.real("observable's value", value), matrix)
    operator = checks.hermitian(
        "observable", checks.square_matrix("observable", observable, len(rho))
    )
    return Valued(float(np.trace(operator @ rho).real), operator)


def _of_pair(rho: np.ndarray, network: Network, pair: tuple[str, str] | None) -> Valued:
    names = pair if pair is not None else network.emitter_names
    positions = [network.position(name) for name in names]
    if len(positions) != 2 or positions[0] == positions[1]:
        checks.fail("pair", f"two different emitters of {list(network.emitter_names)}", pair)
    dims = network.dims
    if [dims[p] for p in positions] != [2, 2]:
        checks.fail("pair", "two qubits", names)
    of_pair = concurrence_with_gradient(entanglement.partial_trace(rho, dims, positions))
    return of_pair._replace(gradient=_extended(of_pair.gradient, dims, positions))


def _extended(operator: np.ndarray, dims: tuple[int, ...], positions: list[int]) -> np.ndarray:
    """The operator of some subsystems on all of them, the adjoint of the partial trace."""
    others = [i for i in range(len(dims)) if i not in positions]
    size = int(np.prod([dims[i] for i in others]))
    extended = np.kron(operator, np.eye(size))
    order = [*positions, *others]
    shape = [dims[i] for i in order]
    back = np.argsort(order)
    axes = [*back, *(len(dims) + back)]
    return extended.reshape(shape * 2).transpose(axes).reshape(extended.shape)


def concurrence_with_gradient(rho: np.ndarray) -> Valued:
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

    Returns:
        C, its gradient (4, 4), and a note where it is not smooth.

    Source: differentiates TRANSPORT, Eq. (3).
    """
    value = entanglement.concurrence(rho, tolerance=_NEARLY)
    if value == 0.0:
        flat = np.zeros((4, 4), dtype=complex)
        return Valued(0.0, flat, "separable: all derivatives vanish", _below(rho))
    if entanglement._is_x_state(rho):
        return _of_x_state(rho, value)
    root = factor("rho", rho, _NEARLY, size=4)
    u, values, _ = np.linalg.svd(root.T @ _SPIN_FLIP @ root)
    if root.shape[1] < 4 or values[-1] < _NO_DIGITS * values[0]:
        return Valued(value, np.full((4, 4), np.nan + 0j), "not of full rank: no derivative")
    w = _SPIN_FLIP @ root.conj() @ u  # (4, i)
    signs = np.array([1.0, -1.0, -1.0, -1.0])
    return Valued(value, (w * (signs / values)) @ w.conj().T)


def _below(rho: np.ndarray) -> float:
    """By how much the lower singular values outweigh the largest, >= 0."""
    if entanglement._is_x_state(rho):
        p = np.sqrt(np.maximum(np.diag(rho).real, 0.0))
        return 2 * float(min(p[0] * p[3] - abs(rho[1, 2]), p[1] * p[2] - abs(rho[0, 3])))
    root = factor("rho", rho, _NEARLY, size=4)
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
    gradient[i, j] = rho[i, j] / abs(rho[i, j])
    gradient[j, i] = np.conj(gradient[i, j])
    if not product > 0:
        return Valued(value, np.full((4, 4), np.nan + 0j), "not of full rank: no derivative")
    gradient[p, p] = -np.sqrt(rho[q, q].real / rho[p, p].real)
    gradient[q, q] = -np.sqrt(rho[p, p].real / rho[q, q].real)
    return Valued(value, gradient)
