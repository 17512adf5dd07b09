"""Refined eigenvalues as one list: groups joined, sorted, the stationary ones left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from thermalent.analysis.eigenvalues.groups import Cluster
from thermalent.analysis.eigenvalues.subspace.balls import Group

_EPS = float(np.finfo(float).eps)
# A conserved quantity that the network's numbers hold to rounding only makes rates of the square of
# rounding: what is below this part of the largest rate is stationary.
STATIONARY_BELOW = (8 * _EPS) ** 2
# The line behind the slowest rates is put in a gap of this relative width, if taking so many more
# rates reaches one; else in the widest.
_WIDE_GAP = 0.1
_MOST_MORE = 8


class Slowest(NamedTuple):
    """The eigenvalues r of -L with the smallest real parts.

    Args:
        values: r, (n,) complex, the stationary ones left out.
        error: Bound of the error of each, (n,).
        tiers: Highest tier kept.
        stationary: How many are stationary.
        change: What fewer tiers change of each, a part of the error, (n,).
        rank_rounding: What rounding of the decay matrix changes, a part of the error that no method
            can lower, (n,).
        certified: Whether they were counted; else a second search found no others.
        uncounted: Multiplications that a count would take, if none was made.
    """

    values: np.ndarray
    error: np.ndarray
    tiers: int
    stationary: int
    change: np.ndarray
    rank_rounding: np.ndarray
    certified: bool = True
    uncounted: float = 0.0

    def cut(self, count: int) -> Slowest:
        """The first `count` eigenvalues."""
        return self._replace(
            values=self.values[:count],
            error=self.error[:count],
            change=self.change[:count],
            rank_rounding=self.rank_rounding[:count],
        )


def until_gap(depth: np.ndarray, resolution: float) -> int:
    """Number of further rates after which a line behind them is far from rates on both sides.

    The closer the line is to rates, the more points it needs.

    Args:
        depth: The rates in order, from the last one that is wanted.
        resolution: Rates this close may be equal.
    """
    if len(depth) == 1:
        return 0
    width = (np.diff(depth) - 10 * resolution) / np.maximum(np.abs(depth[1:]), 10 * resolution)
    wide = np.flatnonzero(width >= _WIDE_GAP)
    if wide.size and wide[0] <= _MOST_MORE:
        return int(wide[0])
    separate = np.flatnonzero(width > 1e-3)
    if not separate.size:
        return len(depth) - 1
    near = separate[separate <= max(_MOST_MORE, int(separate[0]))]
    return int(near[np.argmax(width[near])])


def merged(
    groups: list[Cluster], refined: list[Group], scale: float, *, real: bool
) -> list[Cluster]:
    """Join two groups that gave the same eigenvalue, or one that did not converge with the next."""
    for i, (group, result) in enumerate(zip(groups, refined, strict=True)):
        least = 1e-9 * max(abs(group.centre), STATIONARY_BELOW * scale)
        loose = np.max(result.error) > least and not result.rough
        for j in sorted(range(len(groups)), key=lambda j: abs(groups[j].centre - group.centre)):
            if j == i:
                continue
            distance = np.min(np.abs(result.values[:, None] - refined[j].values[None, :]))
            if distance <= 1e-10 * abs(group.centre) or (
                loose and group.gap <= 0.1 * abs(group.centre)
            ):
                remaining = [g for k, g in enumerate(groups) if k not in (i, j)]
                return [*remaining, _joined(group, groups[j], remaining, real=real)]
    return groups


def _joined(first: Cluster, second: Cluster, remaining: list[Cluster], *, real: bool) -> Cluster:
    """The union of two groups; a mirrored group joins a real one together with its conjugate."""
    counts = [first.size, second.size]
    centres = [first.centre, second.centre]
    if real and 0 in (first.centre.imag, second.centre.imag):
        counts = [n if z.imag == 0 else 2 * n for n, z in zip(counts, centres, strict=True)]
        centres = [complex(z.real) for z in centres]
    centre = sum(n * z for n, z in zip(counts, centres, strict=True)) / sum(counts)
    gap = min((abs(g.centre - centre) for g in remaining), default=abs(centre))
    return Cluster(centre, sum(counts), gap)


def collected(
    groups: list[tuple[Group, Group, bool]], scale: float, tiers: int, *, real: bool
) -> Slowest:
    """All rates of the groups with their errors, sorted, the stationary ones left out.

    Args:
        groups: Each group with fewer and with more tiers, and whether it stands for its conjugate
            as well.
        scale: The largest rate.
        tiers: The larger number of tiers.
        real: Whether eigenvalues come in conjugate pairs.
    """
    values, errors, changes, roundings = [], [], [], []
    for coarse, fine, mirrored in groups:
        distance = np.abs(fine.values[:, None] - coarse.values[None, :])
        row, column = linear_sum_assignment(distance)
        rate = -fine.values[row]
        change = distance[row, column]
        error = fine.error[row] + change + 2 * _EPS * np.abs(rate)
        rounding = np.full(len(rate), fine.rank_rounding)
        if real and not mirrored:
            rate = np.where(np.abs(rate.imag) <= error, rate.real, rate)
        both = np.stack([rate.conj(), rate], axis=1) if mirrored else rate  # + before -
        values.append(both.ravel())
        errors.append(np.repeat(error, 2) if mirrored else error)
        changes.append(np.repeat(change, 2) if mirrored else change)
        roundings.append(np.repeat(rounding, 2) if mirrored else rounding)
    lists = values, errors, changes, roundings
    rates, error, change, rounding = (np.concatenate(parts) for parts in lists)
    moving = np.abs(rates) > STATIONARY_BELOW * scale
    stationary = int(np.count_nonzero(~moving))
    rates, error = rates[moving].astype(complex), (error + rounding)[moving]
    change, rounding = change[moving], rounding[moving]
    order = _order(rates, error)
    return Slowest(rates[order], error[order], tiers, stationary, change[order], rounding[order])


def _order(rates: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Positions of the rates by their real parts; of those that the errors do not tell apart, the
    slower rotation first, and of a pair the positive one.
    """
    by_real = np.argsort(rates.real, kind="stable")
    place = np.zeros(len(rates), dtype=int)
    first = 0
    for k, i in enumerate(by_real):
        least = by_real[first]
        if rates[i].real - rates[least].real > min(error[i], error[least]):
            first = k
        place[i] = first
    # To 12 digits, so that rounding does not order equal ones.
    rotation = np.array([float(f"{x:.12e}") for x in np.abs(rates.imag)])
    return np.lexsort((rotation, place))
