"""The residual of the dark-state conditions for a ket of two rails."""

from __future__ import annotations

import math

import numpy as np


def dark_residual(
    ket: np.ndarray,
    squeezing: float,
    delta_a: np.ndarray,
    delta_b: np.ndarray,
    decay: float = 1.0,
) -> float:
    r"""Largest norm of the vectors that vanish for a dark state, in units of their scale.

    $$J_A\psi = J_B\psi = H_\mathrm{casc}\psi = 0, \qquad
      J_A = \cosh(r) L_A - \sinh(r) L_B^\dagger$$

    Args:
        ket: Amplitudes, (4**N,), factors A1, B1, A2, B2, ...
        squeezing: r, >= 0.
        delta_a: Detunings of rail A, rate unit, (N,).
        delta_b: Detunings of rail B, rate unit, (N,).
        decay: gamma, rate unit, > 0.

    Returns:
        The largest of the norms of J psi / cosh r and of H psi / (gamma + max |delta|): about
        1e-15 for a dark state.

    Source: DUALRAIL, Eqs. (2) to (4).
    """
    tanh = math.tanh(squeezing)
    pairs = len(delta_a)
    rails = [range(0, 2 * pairs, 2), range(1, 2 * pairs, 2)]
    lowered = [sum(_lower(ket, k) for k in rail) for rail in rails]
    raised = [sum(_raise(ket, k) for k in rail) for rail in rails]
    jumps = [lowered[0] - tanh * raised[1], lowered[1] - tanh * raised[0]]
    energy = np.zeros_like(ket)
    for rail, detuning in zip(rails, (delta_a, delta_b), strict=True):
        before_raised, before_lowered = np.zeros_like(ket), np.zeros_like(ket)
        for k, delta in zip(rail, detuning, strict=True):
            # i gamma/2 sum_{i<j} (sigma_i^+ sigma_j^- - h.c.): the sum over i grows along the rail.
            energy += 0.5j * decay * (_lower(before_raised, k) - _raise(before_lowered, k))
            energy += delta / 2 * _sigma_z(ket, k)
            before_raised += _raise(ket, k)
            before_lowered += _lower(ket, k)
    scale = decay + float(np.max(np.abs([*delta_a, *delta_b])))
    norms = [*(np.linalg.norm(jump) for jump in jumps), np.linalg.norm(energy) / scale]
    return float(max(norms))


def _lower(ket: np.ndarray, qubit: int) -> np.ndarray:
    parts = ket.reshape(2**qubit, 2, -1)
    result = np.zeros_like(parts)
    result[:, 0] = parts[:, 1]
    return result.reshape(-1)


def _raise(ket: np.ndarray, qubit: int) -> np.ndarray:
    parts = ket.reshape(2**qubit, 2, -1)
    result = np.zeros_like(parts)
    result[:, 1] = parts[:, 0]
    return result.reshape(-1)


def _sigma_z(ket: np.ndarray, qubit: int) -> np.ndarray:
    parts = ket.reshape(2**qubit, 2, -1)
    return (parts * np.array([-1.0, 1.0])[:, None]).reshape(-1)
