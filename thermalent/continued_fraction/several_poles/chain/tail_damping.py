"""The damping that stands for the elements of a chain which are not kept, and its slopes."""

from __future__ import annotations

import numpy as np


def tail_damping(drift: np.ndarray, least: float = 0.0) -> np.ndarray:
    r"""How the elements behind u_j damp it when they follow it without delay, (m,) complex.

    $$\Gamma_j = -H_{j,>}\, (H_{>,>} + s)^{-1} H_{>,j}, \qquad s = \mathrm{Re\,tr} H / m$$

    The mean rate s keeps the inverse finite where the tail is undamped.

    Args:
        drift: H, (m, m).
        least: The smallest rate s.
    """
    damping = np.zeros(len(drift), dtype=complex)
    for j, (tail, into, from_) in enumerate(_tails(drift, least)):
        damping[j] = -into @ np.linalg.solve(tail, from_)
    return damping


def tail_damping_slopes(drift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of all Gamma_j by the elements of H, and beside them those by Re tr H / m.

    Returns:
        d Gamma_j / d H_kl at a fixed mean rate, (m, m, m), and d Gamma_j / d s, (m,).
    """
    m = len(drift)
    by_drift, by_rate = np.zeros((m, m, m), dtype=complex), np.zeros(m, dtype=complex)
    for j, (tail, into, from_) in enumerate(_tails(drift)):
        left, right = np.linalg.solve(tail.T, into), np.linalg.solve(tail, from_)
        by_drift[j, j, j + 1 :] = -right
        by_drift[j, j + 1 :, j] = -left
        by_drift[j, j + 1 :, j + 1 :] = np.outer(left, right)
        by_rate[j] = left @ right
    return by_drift, by_rate


def _tails(
    drift: np.ndarray, least: float = 0.0
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """H_{>,>} + s, H_{j,>} and H_{>,j} of every element but the last."""
    m = len(drift)
    rate = max(float(np.trace(drift).real) / m, least)
    return [
        (drift[j:, j:] + rate * np.eye(m - j), drift[j - 1, j:], drift[j:, j - 1])
        for j in range(1, m)
    ]
