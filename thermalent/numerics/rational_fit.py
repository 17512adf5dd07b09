r"""Sums of poles that follow a function through its samples.

$$F(z) \approx \sum_k \frac{c_k}{z - p_k}$$

The poles are those of a rational function in barycentric form,

$$r(z) = \sum_j \frac{w_j f_j}{z - z_j} \Big/ \sum_j \frac{w_j}{z - z_j}$$

which takes the value f_j at every z_j. The next z_j is where the last r was furthest off, and the
weights are those of the smallest distance at all other samples (AAA). Functions of several
components have their poles in common. The residues follow by least squares.

Source: Nakatsukasa, Sete and Trefethen, SIAM J. Sci. Comput. 40, A1494 (2018).
"""

from __future__ import annotations

from itertools import starmap
from typing import NamedTuple

import numpy as np
from scipy import linalg

_AT_INFINITY = 10.0  # weight of the sum of the residues, whose value is known
_SMALL = 1e-2  # in tolerances, components that the poles need not follow
_NONE = np.zeros(0, dtype=complex)


class PoleSum(NamedTuple):
    """The sum of c_k / (z - p_k).

    Args:
        poles: p, (k,).
        residues: c, (k, n).
    """

    poles: np.ndarray
    residues: np.ndarray

    def at(self, points: np.ndarray) -> np.ndarray:
        """Values, (p, n)."""
        return np.asarray(1.0 / np.subtract.outer(points, self.poles) @ self.residues)


class Poles(NamedTuple):
    """Poles that follow samples.

    Args:
        shorter: Those of the last fraction but one.
        longer: Those of the last one.
        support: Where that has the values of the samples, (m,).
    """

    shorter: np.ndarray
    longer: np.ndarray
    support: np.ndarray


def mirrored(points: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The samples with their conjugates, of a function with F(z^*) = F(z)^*."""
    away = points.imag != 0
    return (
        np.concatenate([points, points[away].conj()]),
        np.concatenate([values, values[away].conj()]),
    )


def common_poles(points: np.ndarray, values: np.ndarray, tolerance: float) -> Poles:
    """The poles of the last two of ever longer fractions.

    Args:
        points: z, (p,), all different.
        values: F at these, (p, n).
        tolerance: Allowed distance of z F, the largest component.
    """
    size = np.abs(points)
    weighted = size[:, None] * values / tolerance
    # A function of many components moves along a few directions only.
    _, scale, directions = np.linalg.svd(weighted, full_matrices=False)
    values = values @ directions[scale > _SMALL].conj().T
    if not values.shape[1]:
        return Poles(_NONE, _NONE, _NONE)
    support: list[int] = []
    fitted = np.broadcast_to(np.mean(values, axis=0), values.shape)
    denominators: list[tuple[np.ndarray, np.ndarray]] = []
    free = np.ones(len(points), dtype=bool)
    while 2 * len(support) + 2 <= len(points):
        off = np.where(free, size * np.max(np.abs(values - fitted), axis=1), -1.0)
        if support and np.max(off) <= tolerance:
            break
        # A point and its mirror image stay together, so that the poles come in pairs.
        chosen = points[int(np.argmax(off))]
        support += np.flatnonzero((points == chosen) | (points == chosen.conj())).tolist()
        free[support] = False
        cauchy = 1.0 / np.subtract.outer(points[free], points[support])
        loewner = values[free, None, :] - values[None, support, :]
        rows = (loewner * (size[free, None] * cauchy)[:, :, None]).transpose(0, 2, 1)
        triangle = np.linalg.qr(rows.reshape(-1, len(support)), mode="r")
        weights = np.linalg.svd(triangle)[2][-1].conj()
        fitted = values.copy()
        below = cauchy @ weights
        fitted[free] = (cauchy @ (weights[:, None] * values[support])) / below[:, None]
        denominators.append((points[support], weights))
    shorter, longer = [_NONE, _NONE, *starmap(_zeros_of_denominator, denominators[-2:])][-2:]
    return Poles(shorter, longer, points[support])


def with_residues(
    poles: np.ndarray, points: np.ndarray, values: np.ndarray, at_infinity: np.ndarray
) -> PoleSum:
    """The residues that follow samples best.

    Args:
        poles: p, (k,).
        points: z, (p,).
        values: F at these, (p, n).
        at_infinity: The limit of z F, (n,).
    """
    size = np.abs(points)
    matrix = size[:, None] / np.subtract.outer(points, poles)
    whole = np.concatenate([matrix, np.full((1, len(poles)), _AT_INFINITY)])
    right = np.concatenate([size[:, None] * values, _AT_INFINITY * at_infinity[None, :]])
    return PoleSum(poles, np.linalg.lstsq(whole, right, rcond=None)[0])


def _zeros_of_denominator(support: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The zeros of sum_j w_j / (z - z_j), from a generalised eigenvalue problem."""
    m = len(support)
    arrow = np.zeros((m + 1, m + 1), dtype=complex)
    arrow[0, 1:], arrow[1:, 0] = weights, 1.0
    arrow[1:, 1:] = np.diag(support)
    mass = np.eye(m + 1)
    mass[0, 0] = 0.0
    zeros = linalg.eigvals(arrow, mass)
    return np.asarray(zeros[np.isfinite(zeros) & (np.abs(zeros) < 1e6 * np.max(np.abs(support)))])
