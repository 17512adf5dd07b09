"""Concurrence of many X-states of two qubits at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_EPS = float(np.finfo(float).eps)
_OFF_X = ~(np.eye(4, dtype=bool) | np.fliplr(np.eye(4, dtype=bool)))
_INNER, _OUTER = (1, 2), (0, 3)


def x_concurrences(
    rho: np.ndarray, tolerance: np.ndarray, dims: Sequence[int] = (2, 2)
) -> np.ndarray:
    r"""The concurrence of each matrix that is an X-state, positive to rounding, (t,).

    $$C = 2 \max(0,\ |\rho_{01,10}| - \sqrt{\rho_{00,00}\rho_{11,11}},\
                     |\rho_{00,11}| - \sqrt{\rho_{01,01}\rho_{10,10}})$$

    The numbers are those of `concurrence_x`, to the bit.

    Args:
        rho: Matrices, (t, 4, 4).
        tolerance: How far each may be from Hermitian and of unit trace, (t,); well above rounding.
        dims: Dimensions of the emitters, two qubits.

    Returns:
        C; not-a-number where a matrix has other elements, is not finite, or is no state to
        rounding, which has to be looked at by itself.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        adjoint = rho.conj().swapaxes(-1, -2)
        skew = np.hypot((rho - adjoint).real, (rho - adjoint).imag).max(axis=(1, 2))
        state = (rho + adjoint) / 2
        inner, inner_root, regular = _block(state, _INNER)
        outer, outer_root, positive = _block(state, _OUTER)
        trace = np.einsum("tii->ti", state).real
        # In the order in which one state is added up.
        total = (trace[:, 1] + trace[:, 2]) + (trace[:, 0] + trace[:, 3])
        good = regular & positive & ~state[:, _OFF_X].any(axis=1)
        good &= (skew <= tolerance) & (np.abs(trace.sum(axis=1) - 1) <= tolerance)
        gain = np.maximum(inner - outer_root, outer - inner_root)
        value = np.minimum(1.0, np.maximum(0.0, 2 * gain / total))
    return np.where(good, value, np.nan)


def _block(state: np.ndarray, place: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coherence of a 2 x 2 block, the root of its populations, and whether it is positive."""
    i, j = place
    first, second, coherence = state[:, i, i].real, state[:, j, j].real, state[:, i, j]
    # `np.abs` of complex numbers has other bits than that of Python on some machines.
    size = np.hypot(coherence.real, coherence.imag)
    root = np.sqrt(np.maximum(first, 0.0)) * np.sqrt(np.maximum(second, 0.0))
    positive = (first >= 0) & (second >= 0) & (size <= root * (1 + 16 * _EPS))
    return size, root, positive
