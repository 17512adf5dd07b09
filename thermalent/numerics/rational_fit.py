r"""Sums of poles that follow a function through its samples.

$$F(z) \approx \sum_k \frac{c_k}{z - p_k}$$

The poles are those of a rational function in barycentric form,

$$r(z) = \sum_j \frac{w_j f_j}{z - z_j} \Big/ \sum_j \frac{w_j}{z - z_j}$$

which takes the value f_j at every z_j. The next z_j are where the last r was furthest off, and the
weights are those of the smallest distance at all other samples (AAA). Functions of several
components have their poles in common. The residues follow by least squares.

Of a function with F(z^*) = F(z)^* the samples of one half plane suffice: a weight and that of the
mirror image are u + i v and u - i v, and the equations are real ones for u and v.

Source: Nakatsukasa, Sete and Trefethen, SIAM J. Sci. Comput. 40, A1494 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg

_AT_INFINITY = 10.0  # weight of the sum of the residues, whose value is known
_SMALL = 1e-2  # in tolerances, components that the poles need not follow
_FAR = 1e6  # in units of the largest support point, poles that are none
# Points that a fraction takes at a time, as a part of those that it has, and at first as a part of
# the samples: one more at a time is better by little and takes many times as long.
_AT_A_TIME, _AT_FIRST = 0.3, 1 / 16
_ITERATIONS, _NEWTON = 6, 2  # for the smallest singular vector, and for a pole
_STEP = 0.1  # of Newton's iteration at most, in distances to the next support point
_EPS = float(np.finfo(float).eps)


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


@dataclass(frozen=True, eq=False)
class Barycentric:
    """The function r in barycentric form.

    Args:
        support: z_j, (m,); of mirrored ones those of one half plane.
        values: f_j, (m, n).
        weights: w_j, (m,).
        mirrored: Whether r(z^*) = r(z)^*.
    """

    support: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    mirrored: bool

    def at(self, points: np.ndarray) -> np.ndarray:
        """Values away from the support, (p, n)."""
        support, terms = self._whole(np.column_stack([self.weights, self._weighted]))
        sums = 1.0 / np.subtract.outer(points, support) @ terms
        with np.errstate(all="ignore"):  # without support it is 0 / 0
            return np.asarray(sums[:, 1:] / sums[:, :1])

    def poles(self) -> np.ndarray:
        r"""The zeros of \(q = \sum_j w_j / (z - z_j)\), (k,).

        They are eigenvalues of \(z_j \delta_{jk} - w_k (z_k - s) / \sum w\), the other one of which
        is s, for any s. Newton's iteration makes them those of q.
        """
        if not len(self.support):
            return np.zeros(0, dtype=complex)
        shift = float(np.max(np.abs(self.support)))  # no pole is there, right of all samples
        zeros = np.linalg.eigvals(self._matrix(shift)).astype(complex)
        zeros = np.delete(zeros, int(np.argmin(np.abs(zeros - shift))))
        if self.mirrored:
            zeros = zeros[zeros.imag >= 0]
        support, weights = self._whole(self.weights[:, None])
        for _ in range(_NEWTON):
            with np.errstate(all="ignore"):  # a zero that is a support point has another weight
                inverse = 1.0 / np.subtract.outer(zeros, support)
                step = (inverse @ weights)[:, 0] / -((inverse**2) @ weights)[:, 0]
            near = np.abs(step) < _STEP / np.max(np.abs(inverse), axis=1)
            step = np.where(near, step, 0)
            if self.mirrored:
                step[zeros.imag == 0] = step[zeros.imag == 0].real
            zeros = zeros - step
        zeros = zeros[np.abs(zeros) < _FAR * shift]
        return mirrored(zeros, zeros[:, None])[0] if self.mirrored else zeros

    @property
    def _weighted(self) -> np.ndarray:
        return self.weights[:, None] * self.values

    def _whole(self, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The support and terms of it, (m, n), with the mirror images."""
        return mirrored(self.support, terms) if self.mirrored else (self.support, terms)

    def _matrix(self, shift: float) -> np.ndarray:
        """The matrix whose eigenvalues are the zeros and the shift; real if it is mirrored."""
        z, w = self.support, self.weights
        m = len(z)
        row = w * (z - shift)
        if not self.mirrored:
            return np.asarray(np.diag(z) - row / _not_zero(np.sum(w), w))
        # Of a vector with components a + i b at z_j, and a - i b at the mirror image: a, then b.
        away = np.flatnonzero(z.imag)
        twice = np.where(z.imag == 0, 1.0, 2.0)
        total = _not_zero(float(np.sum(twice * w.real)), w)
        matrix = np.zeros((m + len(away), m + len(away)))
        matrix[:m, :m] = np.diag(z.real) - twice * row.real / total
        matrix[:m, m:] = 2.0 * row.imag[away] / total
        second = m + np.arange(len(away))
        matrix[away, second] -= z.imag[away]
        matrix[second, away], matrix[second, second] = z.imag[away], z.real[away]
        return matrix


class LastTwo(NamedTuple):
    """Two fractions that follow samples: the last one but one, and the last."""

    shorter: Barycentric
    longer: Barycentric


def mirrored(points: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The samples with their conjugates, of a function with F(z^*) = F(z)^*."""
    away = points.imag != 0
    return (
        np.concatenate([points, points[away].conj()]),
        np.concatenate([values, values[away].conj()]),
    )


def fractions_through(
    points: np.ndarray,
    values: np.ndarray,
    tolerance: float,
    *,
    mirrored: bool = False,
    begun: np.ndarray | None = None,
) -> LastTwo:
    """The last two of ever longer fractions.

    Args:
        points: z, (p,), all different.
        values: F at these, (p, n).
        tolerance: Allowed distance of z F, the largest component.
        mirrored: Whether F(z^*) = F(z)^*; the points are then of one half plane.
        begun: Which of the points the first fraction has, if it is not to be found.
    """
    search = _Search(points, values, tolerance, mirrored)
    support = [] if begun is None else np.flatnonzero(np.isin(points, begun)).tolist()
    none = Barycentric(points[:0], values[:0], np.zeros(0, dtype=complex), mirrored)
    found = [none, none]
    if search.values.shape[1]:
        fitted = search.mean()
        if support:
            weights, fitted = search.fit(support)
            found.append(Barycentric(points[support], values[support], weights, mirrored))
        while 2 * len(support) + 2 <= len(points):
            more = search.furthest(support, fitted)
            if support and not more:
                break
            support = support + more
            weights, fitted = search.fit(support)
            found.append(Barycentric(points[support], values[support], weights, mirrored))
    return LastTwo(*found[-2:])


class _Search:
    """Fractions with any of the samples as support."""

    def __init__(
        self, points: np.ndarray, values: np.ndarray, tolerance: float, mirrored: bool
    ) -> None:
        self.points, self.tolerance, self.mirrored = points, tolerance, mirrored
        self.size = np.abs(points)
        # A function of many components moves along a few directions only.
        rows = self.size[:, None] * values / tolerance
        rows = np.concatenate([rows.real, rows.imag]) if mirrored else rows
        _, scale, directions = np.linalg.svd(rows, full_matrices=False)
        self.values = (values @ directions[scale > _SMALL].conj().T).astype(complex)

    def mean(self) -> np.ndarray:
        """What a fraction without support is taken to be."""
        mean = np.mean(self.values, axis=0)
        return np.broadcast_to(mean.real if self.mirrored else mean, self.values.shape)

    def furthest(self, support: list[int], fitted: np.ndarray) -> list[int]:
        """The points where the fraction is furthest off, no two of them neighbours."""
        off = self.size * np.max(np.abs(self.values - fitted), axis=1)
        off[~np.isfinite(off)] = np.inf
        off[support] = -1.0
        many = max(1, int(_AT_A_TIME * len(support) if support else _AT_FIRST * len(self.points)))
        many = min(many, len(self.points) // 2 - len(support))
        order = np.argsort(self.points.imag, kind="stable")
        place = np.argsort(order, kind="stable")
        found: list[int] = []
        while len(found) < many:
            worst = int(np.argmax(off))
            if off[worst] <= (self.tolerance if support or found else -1.0):
                break
            found.append(worst)
            off[order[max(place[worst] - 1, 0) : place[worst] + 2]] = -1.0
        return found

    def fit(self, support: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """The weights of the support, and the fraction at all samples, (p, n)."""
        z, f = self.points[support], self.values[support]
        free = np.ones(len(self.points), dtype=bool)
        free[support] = False
        points, values, size = self.points[free], self.values[free], self.size[free, None]
        away = z.imag != 0 if self.mirrored else np.zeros(len(z), dtype=bool)
        images, at_images = z[away].conj(), f[away].conj()
        cauchy = size / np.subtract.outer(points, z)
        imaged = size / np.subtract.outer(points, images)
        rows = (values[:, :, None] - f.T) * cauchy[:, None, :]
        if self.mirrored:
            there = (values[:, :, None] - at_images.T) * imaged[:, None, :]
            second = 1j * (rows[:, :, away] - there)
            rows[:, :, away] += there
            rows = np.concatenate([rows, second], axis=2)
            rows = np.concatenate([rows.real, rows.imag])
        triangle = np.asarray(np.linalg.qr(rows.reshape(-1, rows.shape[2]), mode="r"))
        found = _smallest(triangle)
        weights = found[: len(z)].astype(complex)
        weights[away] += 1j * found[len(z) :]
        theirs = weights[away].conj()
        below = cauchy @ weights + imaged @ theirs
        above = cauchy @ (weights[:, None] * f) + imaged @ (theirs[:, None] * at_images)
        fitted = self.values.copy()
        with np.errstate(all="ignore"):
            fitted[free] = above / below[:, None]
        return weights, fitted


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


def _smallest(triangle: np.ndarray) -> np.ndarray:
    """The right singular vector of the smallest singular value, by inverse iteration."""
    n = triangle.shape[1]
    diagonal = np.abs(np.diag(triangle))
    least = max(_EPS**2 * float(np.max(diagonal)), np.finfo(float).tiny)
    triangle[np.arange(n), np.arange(n)] += np.where(diagonal < least, least, 0.0)
    vector = np.full(n, 1 / np.sqrt(n), dtype=triangle.dtype)
    solve = linalg.lapack.ztrtrs if np.iscomplexobj(triangle) else linalg.lapack.dtrtrs
    for _ in range(_ITERATIONS):
        for adjoint in (2, 0):
            vector = solve(triangle, vector, trans=adjoint)[0]
            vector /= np.linalg.norm(vector)
    return np.asarray(vector)


def _not_zero(total: complex, weights: np.ndarray) -> complex:
    """The sum of the weights; where it vanishes, a zero is at infinity."""
    least = _EPS * float(np.max(np.abs(weights)))
    return total if abs(total) > least else least
