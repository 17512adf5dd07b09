"""Numba kernels that solve the equations at tier 0 of many points and estimate their errors."""

from __future__ import annotations

import math

import numpy as np

from thermalent.continued_fraction.batch.alone_kernels import fold_alone
from thermalent.continued_fraction.batch.work import NUMBERS_AT_A_TIME
from thermalent.continued_fraction.chain import convergence
from thermalent.continued_fraction.chain.kernels.rounding import SECOND_DRAW, lost_with_room
from thermalent.support.machine.compiled import compiled
from thermalent.support.vectors import (
    everywhere,
    following,
    multiplied,
    put_following,
    subtracted,
)

# The states of a point in the search.
ACTIVE, SETTLED, DEFERRED = 0, 1, 2
_SIDE = (1.0,) * NUMBERS_AT_A_TIME
_LAST_PLACES = 4 * float(np.finfo(float).eps)  # as in `fraction`
# What rounding hides is known from the first fold on, to a fifth in most networks. Where it is more
# than this part of the allowed error, and each fold has many tiers, more of them are hardly of use.
_HOPELESS, _DEEP = 0.7, 300
_TINY = float(np.finfo(float).tiny)
_SINGULAR = 0.1 / float(np.finfo(float).eps)


@compiled(allocates=False, nogil=True, error_model="numpy")
def settle_points(points, tier0, work, progress, populations, limits, space):
    """Solve some points with their last K, judge them, and set their next depths.

    Args:
        points: Positions of the points, (n,).
        tier0: See `work.TierZero`.
        work: See `work.Work`.
        progress: See `work.Progress`; changed in place.
        populations: How many of the unknowns of tier 0, the first, are populations.
        limits: The allowed error, relative to the largest element, and the tier at which to give
            up.
        space: Space for [A_0 + K | 1] of one point with the trace in its first row, (tier0, row),
            and for what rounding loses of its equations, (3, tier0).
    """
    for p in points:
        _solve_point(p, tier0.a, work, populations, space[0])
        _judge_point(p, tier0, work, progress, limits, space)


@compiled(allocates=False, nogil=True, error_model="numpy")
def search_points(
    points,
    tiers,
    moved,
    rate,
    tier0,
    work,
    progress,
    populations,
    limits,
    space,
    rounds,
    room,
    side,
):
    """Fold some points at more and more tiers, until each is settled, deferred, or out of rounds.

    A point that was not folded yet begins with its disturbed tiers, whose K goes into `work.above`.

    Args:
        points: Positions of the points, (n,).
        tiers: See `blocks.LaneTiers`.
        moved: The same as rounding may disturb them.
        rate: Amplitude decay rate of the source of all points, (p,).
        tier0: See `work.TierZero`.
        work: See `work.Work`.
        progress: See `work.Progress`; changed in place.
        populations: How many of the unknowns of tier 0, the first, are populations.
        limits: See `settle_points`.
        space: See `settle_points`.
        rounds: How often every point is folded at most.
        room: See `alone_kernels.AloneArrays`.
        side: As many items as a row has.
    """
    for i in range(points.size):
        point = points[i : i + 1]
        for fold in range(-1 if progress.folds[points[i]] == 0 else 0, rounds):
            if progress.status[points[i]] != ACTIVE:
                break
            # Every second fold is in reverse, so that the difference of two shows the rounding.
            disturbed, reverse = fold < 0, fold < 0 or progress.folds[points[i]] % 2 == 1
            a, bands, reversed_bands, values = moved if disturbed else tiers
            order, k = reversed_bands if reverse else bands, work.above if disturbed else work.k
            # One call of it: every further one would be compiled once more.
            fold_alone(point, progress.depth, reverse, a, order, values, rate, k, room, side)
            if disturbed:
                continue
            _solve_point(points[i], tier0.a, work, populations, space[0])
            _judge_point(points[i], tier0, work, progress, limits, space)


@compiled(allocates=False, nogil=True, error_model="numpy")
def solve_points(points, tier0, work, populations, space):
    """Compute the stationary x at tier 0 of some points from their K: see `settle_points`."""
    for p in points:
        _solve_point(p, tier0.a, work, populations, space[0])


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _solve_point(p, a, work, populations, equations):
    """Compute the stationary x at tier 0 of a point from its K; nan if singular.

    As `TierZeroEquation.solve`: the first row is replaced by the sum of the populations, which are
    the first coordinates.

    Args:
        p: Position of the point.
        a: A of the even tiers of all points, (p, m_0, m_0).
        work: See `work.Work`.
        populations: How many of the coordinates are populations.
        equations: Space for [A_0 + K | 1], which becomes [. | (A_0 + K)^{-1}].
    """
    tier0_size = work.x.shape[1]
    norm, unit = _pin(p, a, work, populations, equations)
    _invert(equations)
    inverse = 0.0
    for j in range(tier0_size, 2 * tier0_size):
        total = 0.0
        for i in range(tier0_size):
            total += abs(equations[i, j])
        inverse = max(inverse, total)
    regular = norm * inverse < _SINGULAR
    for i in range(tier0_size):
        work.x[p, i] = equations[i, tier0_size] * unit if regular else np.nan
    _refine(p, a, work, populations, equations, unit)


@compiled(allocates=False, error_model="numpy")
def _refine(p, a, work, populations, equations, unit):
    """Correct a solution once by its residual: its error is then that of the elements of A_0 + K.

    Elimination mixes rows, and what is small in one of them (a slow rate beside a fast one) is lost
    to the rounding of the others. The residual stands where the equations were.
    """
    x, k, size = work.x, work.k, work.x.shape[1]
    for i in range(size):
        equations[i, 0] = unit if i == 0 else 0.0
    for j in range(size):
        if j < populations:
            equations[0, 0] -= unit * x[p, j]
        for i in range(1, size):
            equations[i, 0] -= (a[p, i, j] + k[p, i, j]) * x[p, j]
    for i in range(size):
        change = 0.0
        for j in range(size):
            change += equations[i, size + j] * equations[j, 0]
        x[p, i] += change


@compiled(allocates=False, error_model="numpy")
def _pin(p, a, work, populations, equations):
    """Write [A_0 + K | 1], the trace times a unit of rates its first row; return 1-norm and unit.

    A row of ones would be far from all others where the rates are far from one, and the equations
    would count as singular.
    """
    tier0_size, norm, largest = work.x.shape[1], 0.0, 0.0
    for j in range(tier0_size):
        total = 0.0
        for i in range(tier0_size):
            equations[i, j] = a[p, i, j] + work.k[p, i, j] if i > 0 else 0.0
            equations[i, tier0_size + j] = 1.0 if i == j else 0.0
            total += abs(equations[i, j])
            largest = max(largest, abs(a[p, i, j]))
        norm = max(norm, total)
    unit = math.ldexp(1.0, math.frexp(largest)[1])
    for j in range(populations):
        equations[0, j] = unit
    return norm + unit, unit


@compiled(allocates=False, error_model="numpy")
def _invert(aug):
    """Transform [D | 1] into [1 | D^{-1}], by Gauss-Jordan elimination with partial pivoting.

    Whole rows at a time: what stands in D left of a pivot is no longer read.
    """
    m, row, each = aug.shape[0], aug.shape[1], len(_SIDE)
    for k in range(m):
        pivot = k
        for i in range(k + 1, m):
            # What is not a number is the pivot, so that it spreads to the whole inverse.
            if abs(aug[i, k]) > abs(aug[pivot, k]) or np.isnan(aug[i, k]):
                pivot = i
        inverse = everywhere(_SIDE, 1.0 / aug[pivot, k])
        for j in range(0, row, each):
            own = following(_SIDE, aug, (k, j))
            put_following(
                _SIDE, aug, (k, j), multiplied(following(_SIDE, aug, (pivot, j)), inverse)
            )
            if pivot != k:
                put_following(_SIDE, aug, (pivot, j), own)
        for i in range(m):
            if i != k and aug[i, k] != 0.0:
                factor = everywhere(_SIDE, aug[i, k])
                for j in range(0, row, each):
                    product = multiplied(factor, following(_SIDE, aug, (k, j)))
                    total = subtracted(following(_SIDE, aug, (i, j)), product)
                    put_following(_SIDE, aug, (i, j), total)


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _judge_point(p, tier0, work, progress, limits, space):
    """Estimate the error of the last fold of a point, and set its next depth.

    Args:
        p: Position of the point.
        tier0: See `work.TierZero`.
        work: See `work.Work`; the solution before is replaced.
        progress: See `work.Progress`; changed in place.
        limits: See `settle_points`.
        space: See `settle_points`.
    """
    (rtol, most), (equations, lost) = limits, space
    depth, depths, folds, changes, count, singular, status, error, scale, residual = progress
    x, before, size = work.x, work.x_before, work.x.shape[1]
    depths[p, 0], depths[p, 1], depths[p, 2] = depths[p, 1], depths[p, 2], depth[p]
    folds[p] += 1
    tried = _last_three(depths, p)
    if folds[p] == 1:  # that with disturbed tiers stands in its place
        for i in range(size):
            for j in range(size):
                work.above[p, i, j] = SECOND_DRAW * (work.k[p, i, j] - work.above[p, i, j])
    wanted, hidden = rtol, 0.0
    if np.isnan(x[p, 0]):
        singular[p] += 1
        if singular[p] == convergence.PATIENCE:
            status[p] = DEFERRED
    else:
        scale[p] = _largest_element(p, tier0, x, x, 0.0)
        wanted = rtol * scale[p]
        inverse = equations[:, size : 2 * size]
        hidden = lost_with_room(inverse, 0, tier0.size[p], work.k[p], work.above[p], x[p], lost)
        if folds[p] == 1 and depth[p] > _DEEP and hidden > _HOPELESS * wanted:
            status[p] = DEFERRED
    if not np.isnan(x[p, 0] + before[p, 0]):
        change = _largest_element(p, tier0, x, before, 1.0)
        changes[p, 0], changes[p, 1], changes[p, 2] = changes[p, 1], changes[p, 2], change
        count[p] += 1
        known = (_last_three(changes, p), count[p], scale[p])
        error[p] = convergence.error_of(tried, *known)
        if convergence.possibly_degenerate(*known):
            status[p] = DEFERRED
        if error[p] > wanted and folds[p] < convergence.PATIENCE:
            hidden = 0.0  # the next one may show less
        outcome = convergence.outcome(
            error[p] + hidden, hidden, wanted, *known, depth[p], most, folds[p]
        )
        if status[p] == ACTIVE and outcome == convergence.CONVERGED:
            status[p] = SETTLED
            stated = convergence.stated_error(tried, *known)
            error[p] = stated + hidden + _LAST_PLACES * scale[p]
            residual[p] = _residual(p, tier0.a, work)
            for i in range(size):
                for j in range(size):
                    work.inverse[p, i, j] = equations[i, size + j]
        elif outcome != convergence.GOING_ON:
            status[p] = DEFERRED
    if status[p] == ACTIVE and folds[p] >= convergence.MOST_FOLDS:
        status[p] = DEFERRED
    if status[p] == ACTIVE:
        change = _last_three(changes, p)
        following = convergence.next_depth(tried, folds[p], change, count[p], wanted)
        depth[p] = min(following, max(most, depth[p] + 2))
        for i in range(size):
            before[p, i] = x[p, i]
            for j in range(size):
                work.before[p, i, j] = work.k[p, i, j]


@compiled(allocates=False, error_model="numpy", forceinline=True)
def _last_three(table, p):
    """A row of three numbers as a tuple: a slice would be counted who holds it."""
    return (table[p, 0], table[p, 1], table[p, 2])


@compiled(allocates=False, error_model="numpy")
def _largest_element(p, tier0, x, y, share):
    """Largest matrix element of the operator with the coordinates x - share y of a point.

    The operator is Hermitian, to the bit: on and above its diagonal stands all that is needed.
    """
    basis, own = tier0.basis, tier0.first[p]
    largest, d = 0.0, int(np.sqrt(basis.shape[1]) + 0.5)
    for row in range(d):
        for i in range(row * d + row, row * d + d):
            real, imaginary = 0.0, 0.0
            for j in range(x.shape[1]):
                coordinate = x[p, j] - share * y[p, j]
                real += basis[own, i, j].real * coordinate
                imaginary += basis[own, i, j].imag * coordinate
            largest = max(largest, real * real + imaginary * imaginary)
    return np.sqrt(largest)


@compiled(allocates=False, error_model="numpy")
def _residual(p, a, work):
    """The residual |(K' - K) x| over |A_0 + K| |x| of the solution with the other K."""
    x, k, rate, size, largest = work.x, work.k, 0.0, 0.0, 0.0
    for i in range(x.shape[1]):
        total = 0.0
        for j in range(x.shape[1]):
            rate = max(rate, abs(k[p, i, j]), abs(a[p, i, j]))
            total += (work.before[p, i, j] - k[p, i, j]) * x[p, j]
        largest, size = max(largest, abs(total)), max(size, abs(x[p, i]))
    return largest / max(rate * size, _TINY)
