"""Measures of many states at once, to the bit those of one state after the other.

Every function takes density matrices (t, d, d), how far each may be from Hermitian and of unit
trace (t,), and the dimensions of the emitters. It returns the numbers (t,), not-a-number where a
matrix is not plainly a state: not finite, off by more than is allowed, or with an eigenvalue below
zero by about rounding or more. Such a matrix has to be looked at by itself, which also has the
words for what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.operators import distances
from thermalent.operators.state_checks import none_below
from thermalent.operators.x_states import x_concurrences

_IN_ONE_ROW = 8  # numbers from which on numpy adds them in groups


def purities(rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The purity of each state, see `distances.purity`."""
    state, good = _physical(rho, tolerance)
    total = (np.abs(state) ** 2).reshape(len(rho), -1).sum(axis=1)
    return np.where(good, np.minimum(1.0, total), np.nan)


def entropies(rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The von Neumann entropy in bits of each state, see `distances.von_neumann_entropy`."""
    state, good = _physical(rho, tolerance)
    values = np.linalg.eigvalsh(state)
    if values.shape[1] >= _IN_ONE_ROW:  # zeros among so many would change the order of the sum
        good &= values[:, 0] > 0
    positive = np.minimum(np.where(values > 0, values, 1.0), 1.0)  # of one, the logarithm is zero
    total = (positive * np.log(positive)).sum(axis=1)
    return np.where(good, -total / float(np.log(2)), np.nan)


def negativities(rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The negativity of the first emitter of each state, see `entanglement.negativity`."""
    state, good = _physical(rho, tolerance)
    first = dims[0]
    rest = state.shape[1] // first
    shape = (len(state), first, rest, first, rest)
    partial = state.reshape(shape).transpose(0, 3, 2, 1, 4).reshape(state.shape)
    total = np.maximum(-np.linalg.eigvalsh(partial), 0.0).sum(axis=1)
    return np.where(good, total, np.nan)


def logarithmic_negativities(
    rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int]
) -> np.ndarray:
    """The logarithmic negativity (base 2) of the first emitter of each state."""
    return np.asarray(np.log1p(2 * negativities(rho, tolerance, dims)) / np.log(2.0))


def formations(rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The entanglement of formation of each state of two qubits that is an X-state."""
    return formations_of(x_concurrences(rho, tolerance))


def formations_of(concurrence: np.ndarray) -> np.ndarray:
    """The entanglement of formation of each concurrence, (t,), see `entanglement.formation`."""
    c = concurrence
    q = (c / (1 + np.sqrt((1 - c) * (1 + c)))) * c / 2
    inside = np.where(q == 0.0, 0.5, q)
    value = -(inside * np.log(inside) + (1 - inside) * np.log1p(-inside)) / np.log(2)
    return np.where(q == 0.0, 0.0, value)


def partial_traces(rho: np.ndarray, dims: Sequence[int], keep: Sequence[int]) -> np.ndarray:
    """The reduced matrix of each of some matrices, (t, d, d), see `entanglement.partial_trace`."""
    count, n = len(rho), len(dims)
    traced = [axis for axis in range(n) if axis not in keep]
    order = [*keep, *traced]
    size = int(np.prod([dims[axis] for axis in keep]))
    out = rho.shape[1] // size
    axes = [0, *(1 + axis for axis in order), *(1 + n + axis for axis in order)]
    tensor = rho.astype(complex).reshape(count, *dims, *dims).transpose(axes)
    return np.asarray(np.einsum("tiaja->tij", tensor.reshape(count, size, out, size, out)))


def populations_of_all(rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int]) -> np.ndarray:
    """The populations of each state, (t, k), in the order of `states.populations`."""
    state, _, good = _hermitian(rho, tolerance)
    values = np.einsum("tii->ti", state).real
    if tuple(dims) == (2, 2):
        mean, coherence = (values[:, 1] + values[:, 2]) / 2, state[:, 1, 2].real
        singlet, triplet = mean - coherence, mean + coherence
        values = np.stack([values[:, 0], singlet, triplet, values[:, 3]], axis=1)
    return np.where(good[:, None], values, np.nan)


def _physical(rho: np.ndarray, tolerance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States as `distances.physical` reads them, (t, d, d), and which are plainly states, (t,)."""
    state, trace, good = _hermitian(rho, tolerance)
    return state / trace[:, None, None], good


def _hermitian(rho: np.ndarray, tolerance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The Hermitian parts, (t, d, d), their traces, and which are plainly states, (t,).

    What is not finite, or off by more than is allowed, is the mixed state here.
    """
    d = rho.shape[1]
    with np.errstate(invalid="ignore", over="ignore"):
        adjoint = rho.conj().swapaxes(-1, -2)
        difference = rho - adjoint
        skew = np.hypot(difference.real, difference.imag).max(axis=(1, 2))
        state = (rho + adjoint) / 2
        trace = np.trace(state, axis1=1, axis2=2).real
        good = (skew <= tolerance) & (np.abs(trace - 1) <= tolerance)
    if not good.all():
        state, trace = np.where(good[:, None, None], state, np.eye(d) / d), np.where(good, trace, 1)
    # Far from where another algorithm for eigenvalues would decide otherwise.
    least = -0.5 * distances.NOISE_PER_DIMENSION * d
    if not all(none_below(each, least) for each in state):
        good &= np.linalg.eigvalsh(state)[:, 0] >= least
    return state, trace, good
