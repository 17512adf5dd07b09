"""Numba kernels that solve the equations at tier 0 of many points and estimate their errors."""

from __future__ import annotations

import numpy as np

from thermalent.continued_fraction.batch.kernels import fold_points
from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.rounding_kernels import lost_by_rounding
from thermalent.support.compiled import compiled

# The states of a point in the search.
ACTIVE, SETTLED, DEFERRED = 0, 1, 2
_LAST_PLACES = 4 * float(np.finfo(float).eps)  # as in `fraction`
_TINY = float(np.finfo(float).tiny)
_SINGULAR = 0.1 / float(np.finfo(float).eps)


@compiled(nogil=True, error_model="numpy")
def settle_points(points, tier0, work, progress, populations, limits):
    """Solve some points with their last K, judge them, and return those that need more tiers.

    Args:
        points: Positions of the points, (n,).
        tier0: See `lanes.TierZero`.
        work: See `lanes.Work`.
        progress: See `lanes.Progress`; changed in place.
        populations: How many of the unknowns of tier 0, the first, are populations.
        limits: The allowed error, relative to the largest element, and the tier at which to give
            up.
    """
    rtol, most = limits
    solve_points(points, tier0.a, work.k, populations, work.x, work.inverse)
    judge_points(points, tier0, work, progress, rtol, most)
    left, count = points.copy(), 0
    for p in points:
        if progress.status[p] == ACTIVE:
            left[count] = p
            count += 1
    return left[:count]


@compiled(nogil=True, error_model="numpy")
def search_points(
    points, blocks, rate, tier0, work, progress, populations, limits, rounds, room, side
):
    """Fold some points at more and more tiers, until each is settled, deferred, or out of rounds.

    Args:
        points: Positions of the points, (n,), all folded equally often; best in the order of their
            depths.
        blocks: See `blocks.LaneTiers`.
        rate: Amplitude decay rate of the source of all points, (p,).
        tier0: See `lanes.TierZero`.
        work: See `lanes.Work`.
        progress: See `lanes.Progress`; changed in place.
        populations: How many of the unknowns of tier 0, the first, are populations.
        limits: See `settle_points`.
        rounds: How often every point is folded at most.
        room: See `kernels.LaneArrays`.
        side: As many items as there are lanes.
    """
    a, bands, reversed_bands, values = blocks
    left = points
    for _ in range(rounds):
        if left.size == 0:
            break
        # Every second fold is in reverse, so that the difference of two shows the rounding.
        reverse = progress.folds[left[0]] % 2 == 1
        order = reversed_bands if reverse else bands
        fold_points(left, progress.depth, reverse, a, order, values, rate, work.k, room, side)
        left = settle_points(left, tier0, work, progress, populations, limits)


@compiled(nogil=True, error_model="numpy")
def solve_points(points, a, k, populations, x, inverses):
    """Compute the stationary x at tier 0 of some points from their K; nan if singular.

    As `TierZeroEquation.solve`: the first row is replaced by the sum of the populations, which are
    the first coordinates.

    Args:
        points: Positions of the points, (n,).
        a: A of the even tiers of all points, (p, m_0, m_0).
        k: K of all points, (p, tier0, tier0).
        populations: How many of the coordinates are populations.
        x: Where the solutions go, (p, tier0).
        inverses: Where the inverses of the equations go, (p, tier0, tier0).
    """
    tier0_size = k.shape[1]
    aug = np.zeros((tier0_size, 2 * tier0_size))
    for p in points:
        norm = _pin(aug, a[p], k[p], populations)
        _invert(aug, tier0_size)
        inverse = 0.0
        for j in range(tier0_size, 2 * tier0_size):
            total = 0.0
            for i in range(tier0_size):
                total += abs(aug[i, j])
            inverse = max(inverse, total)
        regular = norm * inverse < _SINGULAR
        for i in range(tier0_size):
            x[p, i] = aug[i, tier0_size] if regular else np.nan
            for j in range(tier0_size):
                inverses[p, i, j] = aug[i, tier0_size + j]
        _refine(x[p], inverses[p], a[p], k[p], populations)


@compiled(nogil=True, error_model="numpy")
def _refine(x, inverse, a, k, populations):
    """Correct a solution once by its residual: its error is then that of the elements of A_0 + K.

    Elimination mixes rows, and what is small in one of them (a slow rate beside a fast one) is lost
    to the rounding of the others.
    """
    residual = np.zeros(x.size)
    residual[0] = 1.0
    for j in range(x.size):
        if j < populations:
            residual[0] -= x[j]
        for i in range(1, x.size):
            residual[i] -= (a[i, j] + k[i, j]) * x[j]
    for i in range(x.size):
        change = 0.0
        for j in range(x.size):
            change += inverse[i, j] * residual[j]
        x[i] += change


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
        pivot = k
        for i in range(k + 1, m):
            # What is not a number is the pivot, so that it spreads to the whole inverse.
            if abs(aug[i, k]) > abs(aug[pivot, k]) or np.isnan(aug[i, k]):
                pivot = i
        if pivot != k:
            for j in range(k, 2 * m):
                aug[k, j], aug[pivot, j] = aug[pivot, j], aug[k, j]
        inverse = 1.0 / aug[k, k]
        for j in range(k, 2 * m):
            aug[k, j] *= inverse
        for i in range(m):
            if i != k and aug[i, k] != 0.0:
                factor = aug[i, k]
                for j in range(k, 2 * m):
                    aug[i, j] -= factor * aug[k, j]


@compiled(error_model="numpy", inline="always")
def judge_points(points, tier0, work, progress, rtol, most):
    """Estimate the errors of the last fold of some points, and set their next depths.

    Args:
        points: Positions of the points, (n,).
        tier0: See `lanes.TierZero`.
        work: See `lanes.Work`; the solutions before are replaced.
        progress: See `lanes.Progress`; changed in place.
        rtol: Allowed error, relative to the largest element.
        most: Tier at which to give up.
    """
    depth, depths, folds, changes, count, singular, status, error, scale, residual = progress
    a, size, basis = tier0
    for p in points:
        depths[p, 0], depths[p, 1], depths[p, 2] = depths[p, 1], depths[p, 2], depth[p]
        folds[p] += 1
        wanted = rtol
        if np.isnan(work.x[p, 0]):
            singular[p] += 1
            if singular[p] == convergence.PATIENCE:
                status[p] = DEFERRED
        else:
            scale[p] = _largest_element(basis[p], work.x[p], work.x[p], 0.0)
            wanted = rtol * scale[p]
        if not np.isnan(work.x[p, 0] + work.x_before[p, 0]):
            change = _largest_element(basis[p], work.x[p], work.x_before[p], 1.0)
            changes[p, 0], changes[p, 1], changes[p, 2] = changes[p, 1], changes[p, 2], change
            count[p] += 1
            error[p] = convergence.error_of(depths[p], changes[p], count[p], scale[p])
            if convergence.possibly_degenerate(changes[p], count[p], scale[p]):
                status[p] = DEFERRED
            hidden = 0.0
            if error[p] <= wanted or folds[p] >= convergence.PATIENCE:
                hidden = lost_by_rounding(
                    work.inverse[p], 0, size[p], work.k[p], work.above[p], work.x[p]
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
                residual[p] = _residual(a[p], work.k[p], work.before[p], work.x[p])
            elif outcome != convergence.GOING_ON:
                status[p] = DEFERRED
        if status[p] == ACTIVE and folds[p] >= convergence.MOST_FOLDS:
            status[p] = DEFERRED
        if status[p] == ACTIVE:
            following = convergence.next_depth(depths[p], folds[p], changes[p], count[p], wanted)
            depth[p] = min(following, max(most, depth[p] + 2))
            for i in range(work.x.shape[1]):
                work.x_before[p, i] = work.x[p, i]
                for j in range(work.x.shape[1]):
                    work.before[p, i, j] = work.k[p, i, j]


@compiled(nogil=True, error_model="numpy")
def _largest_element(basis, x, y, share):
    """Largest matrix element of the operator with the coordinates x - share y."""
    largest = 0.0
    for i in range(basis.shape[0]):
        real, imaginary = 0.0, 0.0
        for j in range(x.size):
            coordinate = x[j] - share * y[j]
            real += basis[i, j].real * coordinate
            imaginary += basis[i, j].imag * coordinate
        largest = max(largest, real * real + imaginary * imaginary)
    return np.sqrt(largest)


@compiled(nogil=True, error_model="numpy")
def _residual(a, k, before, x):
    """The residual |(K' - K) x| over |A_0 + K| |x| of the solution with the other K."""
    rate, size, largest = 0.0, 0.0, 0.0
    for i in range(x.size):
        total = 0.0
        for j in range(x.size):
            rate = max(rate, abs(k[i, j]), abs(a[i, j]))
            total += (before[i, j] - k[i, j]) * x[j]
        largest, size = max(largest, abs(total)), max(size, abs(x[i]))
    return largest / max(rate * size, _TINY)
