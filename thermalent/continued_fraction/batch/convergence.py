"""Numba kernels that solve the fractions of many points and estimate their errors."""

from __future__ import annotations

import numpy as np

# What these three hold is compiled into `converge_points`, whose cache does not notice a change of
# those files: touch this one, too.
from thermalent.continued_fraction.batch.kernels import fold_points
from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.rounding_kernels import lost_by_rounding
from thermalent.support.compiled import compiled

# The states of a point in the search.
ACTIVE, SETTLED, DEFERRED = 0, 1, 2
_LAST_PLACES = 4 * float(np.finfo(float).eps)  # as in `fraction`
_SINGULAR = 0.1 / float(np.finfo(float).eps)


@compiled(nogil=True, error_model="numpy")
def converge_points(points, rounds, chains, work, progress, rtol, most, side):
    """Fold some points at more and more tiers until each is decided, or for so many rounds.

    Args:
        points: Positions of the points, (n,); all of them after as many rounds.
        rounds: Number of rounds.
        chains: See `lanes.ChainBlocks`.
        work: See `lanes.Work`; changed in place.
        progress: See `lanes.Progress`; changed in place.
        rtol: Allowed error, relative to the largest element.
        most: Tier at which to give up.
        side: As many items as there are lanes.
    """
    for _ in range(rounds):
        active = points[progress.status[points] == ACTIVE]
        if active.size == 0:
            return
        solve_points(active, progress.depth, progress.folds[active[0]] % 2 == 1, chains, work, side)
        for p in active:
            judge_point(p, chains, work, progress, rtol, most)


@compiled(nogil=True, error_model="numpy")
def solve_points(points, depth, reverse, chains, work, side):
    """Compute K of some points at their depths, and the stationary x at tier 0; nan if singular.

    As `TierZeroEquation.solve`: the first row is replaced by the sum of the populations, which are
    the first coordinates.
    """
    a, up, down, rate, basis, _ = chains
    fold_points(points, depth[points], reverse, a, up, down, rate, work.k, side)
    tier0_size = work.x.shape[1]
    populations = int(np.sqrt(basis.shape[1]) + 0.5)
    aug = np.zeros((tier0_size, 2 * tier0_size))
    for p in points:
        norm = _pin(aug, a[0][p], work.k[p], populations)
        _invert(aug, tier0_size)
        inverse = 0.0
        for j in range(tier0_size, 2 * tier0_size):
            inverse = max(inverse, np.sum(np.abs(aug[:, j])))
        regular = norm * inverse < _SINGULAR
        for i in range(tier0_size):
            work.x[p, i] = aug[i, tier0_size] if regular else np.nan
            for j in range(tier0_size):
                work.inverse[p, i, j] = aug[i, tier0_size + j]


@compiled(nogil=True, error_model="numpy")
def _pin(aug, a, k, populations):
    """Write [A_0 + K | 1] with the trace as its first row; return the 1-norm."""
    tier0_size = k.shape[0]
    norm = 0.0
    for j in range(tier0_size):
        total = 0.0
        for i in range(tier0_size):
            aug[i, j] = a[i, j] + k[i, j]
            aug[i, tier0_size + j] = 1.0 if i == j else 0.0
            if i == 0:
                aug[i, j] = 1.0 if j < populations else 0.0
            total += abs(aug[i, j])
        norm = max(norm, total)
    return norm


@compiled(nogil=True, error_model="numpy")
def _invert(aug, m):
    """Transform [D | 1] into [1 | D^{-1}], by Gauss-Jordan elimination with partial pivoting."""
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
def judge_point(p, chains, work, progress, rtol, most):
    """Estimate the error of the last fold of a point, and set the next depth."""
    depth, depths, folds, changes, count, singular, status, error, scale, residual = progress
    basis = chains.basis[p]
    depths[p, 0], depths[p, 1], depths[p, 2] = depths[p, 1], depths[p, 2], depth[p]
    folds[p] += 1
    wanted = rtol
    if np.isnan(work.x[p, 0]):
        singular[p] += 1
        if singular[p] == convergence.PATIENCE:
            status[p] = DEFERRED
    else:
        scale[p] = _element(basis, work.x[p])
        wanted = rtol * scale[p]
    if not np.isnan(work.x[p, 0] + work.x_before[p, 0]):
        change = _element(basis, work.x[p] - work.x_before[p])
        changes[p, 0], changes[p, 1], changes[p, 2] = changes[p, 1], changes[p, 2], change
        count[p] += 1
        error[p] = convergence.error_of(depths[p], changes[p], count[p], scale[p])
        if convergence.possibly_degenerate(changes[p], count[p], scale[p]):
            status[p] = DEFERRED
        hidden = 0.0
        if error[p] <= wanted or folds[p] >= convergence.PATIENCE:
            hidden = lost_by_rounding(
                work.inverse[p], 0, chains.size[p], work.k[p], work.above[p], work.x[p]
            )
        outcome = convergence.outcome(
            error[p] + hidden,
            hidden,
            wanted,
            changes[p],
            count[p],
            scale[p],
            depth[p],
            most,
            folds[p],
        )
        if status[p] == ACTIVE and outcome == convergence.CONVERGED:
            status[p] = SETTLED
            stated = convergence.stated_error(depths[p], changes[p], count[p], scale[p])
            error[p] = stated + hidden + _LAST_PLACES * scale[p]
            residual[p] = _residual(chains.a[0][p], work.k[p], work.before[p], work.x[p])
        elif outcome != convergence.GOING_ON:
            status[p] = DEFERRED
    if status[p] == ACTIVE and folds[p] >= convergence.MOST_FOLDS:
        status[p] = DEFERRED
    if status[p] == ACTIVE:
        following = convergence.next_depth(depths[p], folds[p], changes[p], count[p], wanted)
        depth[p] = min(following, max(most, depth[p] + 2))
        work.x_before[p], work.before[p] = work.x[p], work.k[p]


@compiled(nogil=True, error_model="numpy")
def _element(basis, x):
    """Largest matrix element of the operator with these coordinates."""
    largest = 0.0
    for i in range(basis.shape[0]):
        real, imaginary = 0.0, 0.0
        for j in range(x.size):
            real += basis[i, j].real * x[j]
            imaginary += basis[i, j].imag * x[j]
        largest = max(largest, real * real + imaginary * imaginary)
    return np.sqrt(largest)


@compiled(nogil=True, error_model="numpy")
def _residual(a, k, before, x):
    """The residual |(K' - K) x| over |A_0 + K| |x| of the solution with the other K."""
    tier0_size = x.size
    rate = max(np.max(np.abs(k)), np.max(np.abs(a[:tier0_size, :tier0_size])))
    largest = 0.0
    for i in range(tier0_size):
        total = 0.0
        for j in range(tier0_size):
            total += (before[i, j] - k[i, j]) * x[j]
        largest = max(largest, abs(total))
    return largest / max(rate * np.max(np.abs(x)), np.finfo(np.float64).tiny)
