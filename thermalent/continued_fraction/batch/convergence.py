"""Numba kernels that solve and judge the fractions of many points, as `fraction` does one."""

from __future__ import annotations

import numpy as np

# Compiled into `judge_convergence`, whose cache does not notice a change of that file: touch this
# one, too.
from thermalent.continued_fraction.chain import convergence
from thermalent.support.compiled import compiled

# Where a point stands.
ACTIVE, CONVERGED, DEFERRED = 0, 1, 2
_EPS = float(np.finfo(float).eps)
_FLOOR = 4 * _EPS  # as in `fraction`
_SAFETY, _DRAW = 3, 10  # as in `stationary`
_LOST = 6 * _EPS  # of the largest element of A; every element is summed from at most two of those
_SINGULAR = 0.1 / float(np.finfo(float).eps)


@compiled(nogil=True, error_model="numpy")
def solve_points(points, k, a0, size, x):
    """The stationary x at level 0 of some points into x (p, ground); nan where it is singular.

    As `Stationary.solve`: the first row is replaced by the sum of the populations, which are the
    first `size` coordinates.
    """
    tier0_size = k.shape[1]
    aug = np.zeros((tier0_size, 2 * tier0_size))
    for p in points:
        norm = _pin(aug, a0[p], k[p], size)
        _invert(aug, tier0_size)
        inverse = 0.0
        for j in range(tier0_size, 2 * tier0_size):
            inverse = max(inverse, np.sum(np.abs(aug[:, j])))
        for i in range(tier0_size):
            x[p, i] = aug[i, tier0_size] if norm * inverse < _SINGULAR else np.nan


@compiled(nogil=True, error_model="numpy")
def _pin(aug, a, k, size):
    """[A_0 + K | 1] with the sum of the populations for its first row; returns its 1-norm."""
    tier0_size = k.shape[0]
    norm = 0.0
    for j in range(tier0_size):
        total = 0.0
        for i in range(tier0_size):
            aug[i, j] = a[i, j] + k[i, j]
            aug[i, tier0_size + j] = 1.0 if i == j else 0.0
            if i == 0:
                aug[i, j] = 1.0 if j < size else 0.0
            total += abs(aug[i, j])
        norm = max(norm, total)
    return norm


@compiled(nogil=True, error_model="numpy")
def _lost(a, k, x, size, largest, above):
    """What the rounding of the blocks can change in the solution, as `Stationary.lost`.

    Every element of A may be off by the last places of the largest one, which is more than
    `rounding` says: points that this sends to the ordinary solver are looked at more closely there.
    """
    tier0_size = x.size
    aug = np.zeros((tier0_size, 2 * tier0_size))
    _pin(aug, a, k, size)
    _invert(aug, tier0_size)
    within = (_LOST * largest) ** 2 * np.sum(x * x)
    worst = 0.0
    for i in range(tier0_size):
        variance, drawn, most = 0.0, 0.0, 0.0
        for j in range(1, tier0_size):  # the first row is the trace, which is exact
            weight, here = aug[i, tier0_size + j], within
            for l in range(tier0_size):
                here += (_SAFETY * _EPS * k[j, l] * x[l]) ** 2
                drawn += weight * above[j, l] * x[l]
                most += (weight * above[j, l] * x[l]) ** 2
            variance += weight**2 * here
        worst = max(worst, variance + _SAFETY**2 * min((_DRAW * drawn) ** 2, most))
    return np.sqrt(worst)


@compiled(nogil=True, error_model="numpy")
def _invert(aug, m):
    """[D | 1] to [1 | D^{-1}], by Gauss and Jordan with partial pivoting."""
    for k in range(m):
        pivot = k + np.argmax(np.abs(aug[k:, k]))
        if pivot != k:
            for j in range(k, 2 * m):
                aug[k, j], aug[pivot, j] = aug[pivot, j], aug[k, j]
        aug[k, k:] *= 1.0 / aug[k, k]
        for i in range(m):
            if i != k and aug[i, k] != 0.0:
                factor = aug[i, k]
                for j in range(k, 2 * m):
                    aug[i, j] -= factor * aug[k, j]


@compiled(nogil=True, error_model="numpy")
def state(x, places, bright_dark, out):
    """The density matrix of coordinates at level 0; returns its largest element.

    Args:
        x: (ground,).
        places: Row, column and kind (0 population, 1 symmetric, 2 antisymmetric pair), (3, ground).
        bright_dark: States of the bright frame as columns, (d, d).
        out: (2, d, d): the matrix and room to work.
    """
    d = bright_dark.shape[0]
    out[:] = 0.0
    for t in range(x.size):
        i, j, kind = places[0, t], places[1, t], places[2, t]
        value = (x[t] + 0j) if kind < 2 else 1j * x[t]
        if kind == 0:
            out[1, i, i] = value
        else:
            out[1, i, j] += np.sqrt(0.5) * value
            out[1, j, i] += np.sqrt(0.5) * np.conj(value)
    for i in range(d):  # frame times the matrix, a row at a time, times the frame's adjoint
        for j in range(d):
            total = 0j
            for l in range(d):
                if bright_dark[i, l] != 0:
                    for m in range(d):
                        total += bright_dark[i, l] * out[1, l, m] * np.conj(bright_dark[j, m])
            out[0, i, j] = total
    largest = 0.0
    for i in range(d):
        for j in range(d):
            largest = max(largest, abs(out[0, i, j]))
    return largest


@compiled(nogil=True, error_model="numpy")
def states_of_points(points, x, places, bright_dark, found):
    """The density matrices of some points, into found (n, d, d)."""
    work_array = np.zeros((2, bright_dark.shape[1], bright_dark.shape[1]), dtype=np.complex128)
    for n in range(points.size):
        state(x[points[n]], places, bright_dark[points[n]], work_array)
        found[n] = work_array[0]


@compiled(nogil=True, error_model="numpy")
def judge_convergence(
    points, progress, k, before, x, x_before, a0, largest, above, places, bright_dark, rtol, most
):
    """Judge the folds of a round as `fraction` does, and set the next depths.

    Args:
        points: Which of the points were folded, (n,).
        progress: See `Progress`; changed in place.
        k: K of all points, (p, ground, ground).
        before: K of the fold before, nan if there is none; changed to k.
        x: Solutions of all points, (p, ground), nan where singular.
        x_before: Those of the fold before; changed to x.
        a0: A of the even levels, (p, m_0, m_0).
        largest: Largest element of A, (p,).
        above: What rounding may change in K, (p, ground, ground).
        places: See `state`.
        bright_dark: States of the bright frame of all points, (p, d, d).
        rtol: Allowed error, relative to the largest element.
        most: Level at which to give up.
    """
    depth, depths, folds, changes, count, singular, status, error, scale, residual = progress
    d = bright_dark.shape[1]
    out = np.zeros((2, d, d), dtype=np.complex128)
    for p in points:
        depths[p, 0], depths[p, 1], depths[p, 2] = depths[p, 1], depths[p, 2], depth[p]
        folds[p] += 1
        wanted = rtol
        if np.isnan(x[p, 0]):
            singular[p] += 1
            if singular[p] == convergence.PATIENCE:
                status[p] = DEFERRED
        else:
            scale[p] = state(x[p], places, bright_dark[p], out)
            wanted = rtol * scale[p]
        if not np.isnan(x[p, 0] + x_before[p, 0]):
            change = state(x[p] - x_before[p], places, bright_dark[p], out)
            changes[p, 0], changes[p, 1], changes[p, 2] = changes[p, 1], changes[p, 2], change
            count[p] += 1
            error[p] = convergence.error_of(changes[p], count[p], scale[p])
            if error[p] <= wanted:
                status[p] = CONVERGED
            elif (
                convergence.possibly_degenerate(changes[p], count[p], scale[p])
                or convergence.stagnates(changes[p], count[p], scale[p])
                or depth[p] >= most
            ):
                status[p] = DEFERRED
            if status[p] == CONVERGED:
                lost = _lost(a0[p], k[p], x[p], d, largest[p], above[p])
                total = error[p] + lost
                error[p] = lost + convergence.stated_error(
                    depths[p], changes[p], count[p], scale[p]
                )
                if not total <= wanted:  # more levels help if it is mostly theirs
                    status[p] = DEFERRED if not lost <= 0.5 * wanted else ACTIVE
            if status[p] == CONVERGED:
                error[p] += _FLOOR * scale[p]
                residual[p] = _residual(a0[p], k[p], before[p], x[p])
        if status[p] == ACTIVE and folds[p] >= convergence.MOST_FOLDS:
            status[p] = DEFERRED
        if status[p] == ACTIVE:
            following = convergence.next_depth(depths[p], folds[p], changes[p], count[p], wanted)
            depth[p] = min(following, max(most, depth[p] + 2))
            x_before[p], before[p] = x[p], k[p]


@compiled(nogil=True, error_model="numpy")
def _residual(a, k, before, x):
    """|(K' - K) x| over |A_0 + K| |x|, as in `fraction`."""
    tier0_size = x.size
    rate = max(np.max(np.abs(k)), np.max(np.abs(a[:tier0_size, :tier0_size])))
    largest = 0.0
    for i in range(tier0_size):
        total = 0.0
        for j in range(tier0_size):
            total += (before[i, j] - k[i, j]) * x[j]
        largest = max(largest, abs(total))
    return largest / max(rate * np.max(np.abs(x)), np.finfo(np.float64).tiny)
