r"""The error of a sequence of truncations, and the next number of tiers.

Numbers in, numbers out, compiled: the fraction of one network and the batch of many decide alike.
"""

from __future__ import annotations

import numpy as np

from thermalent.support.machine.compiled import compiled

FEWEST_TIERS = 8
WIDTHS = 1.2  # tiers to begin with, in units of sqrt(V)
_SAFETY = 3  # with 2, one of 800 networks at rtol 1e-3 had an error larger by 1 %
_SLOWING = 1 / 3  # part of the observed decay rate that is assumed beyond the last tiers
_LEAST_SHARE = 1e-2  # part of the last change that a stated error has at least
PATIENCE = 4  # singular equations in a row after which the search ends
RESTLESS = 10  # changes after which solutions that do not converge are given up; 1.4^10 = 29
# Folds after which a search ends: each is at least 1.15 times as deep as the one before, so the
# last is more than ten times as deep as the first. A solution that still changes does not converge.
MOST_FOLDS = 20
_STEP = 1.4  # ratio of successive numbers of tiers, until the decay of the error is known
_VERIFY = 1.15  # ratio for the last step, which shows that the error has fallen
ONE_BY_ONE = np.arange(3)  # numbers of tiers, or of quanta, that grow by equal steps
_STEPS = 32  # of Newton's method, of which a handful suffice
_KNOWN_TO = 1e-6  # relative change after which the next one is below rounding
_ROUNDING = 1e-6  # relative changes below this that no longer fall are rounding


@compiled(allocates=False, nogil=True, error_model="numpy")
def even(depth):
    """The next even integer."""
    return 2 * int(np.ceil(depth / 2))


@compiled(allocates=False, nogil=True, error_model="numpy")
def first_depth(width):
    """The first number of tiers for a chain of this width."""
    return even(max(float(FEWEST_TIERS), WIDTHS * width))


def first_depths(widths: np.ndarray) -> np.ndarray:
    """The same of several chains, (p,)."""
    return 2 * np.ceil(np.maximum(FEWEST_TIERS, WIDTHS * widths) / 2).astype(np.int64)


@compiled(allocates=False, nogil=True, error_model="numpy")
def error_of(depths, changes, count, scale):
    r"""Error of the last of a sequence of solutions, from their changes.

    Of an error that falls by a factor q with the last step, the last change d leaves
    \(d\, q/(1 - q)\). For equal steps q is the ratio of the changes. A last step that is shorter
    than the one before changes less although the error hardly falls: then q is that of the
    exponential that fits both changes.

    Args:
        depths: The last three numbers of tiers, the latest at the end; any of equal steps, if the
            steps are equal.
        changes: The last three changes, the latest at the end; zeros stand for none.
        count: How many changes there were.
        scale: The solution's largest element.
    """
    before, last = changes[1], changes[2]
    if last == 0.0:
        return 0.0
    if count < 2:
        return np.inf
    ratio = last / before
    first, second = float(depths[1] - depths[0]), float(depths[2] - depths[1])
    falls = ratio
    if 0.0 < second < first:
        falls = np.exp(-_decay(ratio, first, second) * second)  # one: no change per tier falls
    if ratio >= 1.0 or falls >= 1.0:
        # Either there are too few tiers for the decay to begin, or the changes are rounding.
        if last >= _ROUNDING * scale:
            return np.inf
        return max(4 * last, 0.0 if ratio >= 1.0 else _SAFETY * last * ratio / (1 - ratio))
    return _SAFETY * last * max(1.0, falls / (1 - falls))


@compiled(allocates=False, nogil=True, error_model="numpy")
def stated_error(depths, changes, count, scale):
    """The stated error of the last solution, where a search ends: never above `error_of`.

    `error_of` is that of the solution before, by which a search decides. With an error
    A exp(-c N), the last one has exp(-c (N_3 - N_2)) of it; as the decay slows down with
    N in the end, as exp(-sqrt(N)), only a part of the exponent counts. Nothing is taken below a
    share of the last change, which also holds its rounding.

    Args:
        depths: The last three numbers of tiers, the latest at the end.
        changes: As for `error_of`.
        count: As for `error_of`.
        scale: As for `error_of`.
    """
    error = error_of(depths, changes, count, scale)
    if not 0 < changes[2] < changes[1] or count < 2 or depths[0] <= 0:
        return error
    first, second = float(depths[1] - depths[0]), float(depths[2] - depths[1])
    decay = _decay(changes[2] / changes[1], first, second)
    left = np.exp(-_SLOWING * decay * second)  # one, and nothing is gained, without a decay
    return min(error, _SAFETY * changes[2] * max(left / (1 - left), _LEAST_SHARE))


@compiled(allocates=False, nogil=True, error_model="numpy")
def stagnates(changes, count, scale):
    """Whether the changes are small and no longer fall, so that they are rounding."""
    still = changes[1] > 0.5 * changes[0] and changes[2] > 0.5 * changes[1]
    return count >= 3 and still and changes[2] < _ROUNDING * scale


@compiled(allocates=False, nogil=True, error_model="numpy")
def possibly_degenerate(changes, count, scale):
    """Whether the changes stay large: several solutions may compete."""
    return count > 3 and changes[2] > 0.5 * changes[1] and 0.5 * changes[1] > 1e-3 * scale


# The states of a search.
GOING_ON, CONVERGED, AT_ROUNDING, TOO_MANY_TIERS, UNSETTLED = range(5)
_MOSTLY = 2  # an error below so many times the rounding of the blocks is mostly that rounding


@compiled(allocates=False, nogil=True, error_model="numpy")
def outcome(error, hidden, wanted, changes, count, scale, depth, most, folds):
    """The state of a search whose last two solutions could be compared.

    Args:
        error: Error of the solution, `hidden` included.
        hidden: Error by rounding of the blocks, which the folds share; zero where not computed.
        wanted: Allowed error.
        changes: As for `error_of`.
        count: As for `error_of`.
        scale: As for `error_of`.
        depth: Number of tiers.
        most: Number of tiers at which to give up.
        folds: How many there were.
    """
    if error <= wanted:
        return CONVERGED
    if hidden > 0.5 * wanted and error <= _MOSTLY * hidden:
        return AT_ROUNDING  # more tiers would not help
    if stagnates(changes, count, scale):
        return AT_ROUNDING
    if depth >= most:
        return TOO_MANY_TIERS
    return UNSETTLED if folds >= MOST_FOLDS else GOING_ON


@compiled(allocates=False, nogil=True, error_model="numpy")
def next_depth(depths, folds, changes, count, wanted):
    """The next number of tiers, at which the error should be small enough.

    With an error A exp(-c N), the changes are A exp(-c N_1) (1 - exp(-c (N_2 - N_1))), and two of
    them give c and A. Before that is known, and to verify, the depth grows by a fixed ratio.

    Args:
        depths: The last three numbers of tiers, the latest at the end.
        folds: How many there were.
        changes: As for `error_of`.
        count: How many changes there were.
        wanted: Allowed error of the solution's largest element.
    """
    deepest = depths[2]
    if count < 2 or folds < 3 or not 0 < changes[2] < changes[1]:
        return even(_STEP * deepest)
    first, second = depths[1] - depths[0], depths[2] - depths[1]
    decay = _decay(changes[2] / changes[1], float(first), float(second))
    if decay == 0.0:
        return even(_STEP * deepest)
    error = changes[2] / -np.expm1(-decay * second)  # at depths[1]
    target = depths[1] + np.log(4 * error / wanted) / decay
    return even(min(max(target, _VERIFY * deepest), 4.0 * deepest))


@compiled(allocates=False, from_python=True, nogil=True, error_model="numpy")
def _decay(ratio, first, second):
    """The c of exp(-c N), from the ratio of two changes over `first` and then `second` tiers.

    The logarithm of their ratio falls with c nearly as a straight line, so that Newton's method
    needs a few steps. Zero where there is none: the decay is slower than any exponential, and not
    to be extrapolated.
    """
    logarithm = np.log(ratio)
    excess, slope, c = np.log(second / first) - logarithm, -0.5 * (first + second), 0.0
    if not excess > 0.0:
        return 0.0
    for _ in range(_STEPS):
        change = -excess / slope
        c += change
        if not abs(change) > _KNOWN_TO * c:
            break
        of_first, of_second = np.expm1(-c * first), np.expm1(-c * second)
        excess = np.log(of_second / of_first) - c * first - logarithm
        slope = first / of_first - second * (1.0 + of_second) / of_second
    return c if 1e-9 / first < c < 700.0 / max(first, second) else 0.0
