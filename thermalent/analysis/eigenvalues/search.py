r"""The slowest eigenvalues of the hierarchy of one total charge, none missing.

Candidates of a chain of levels are refined at two numbers of levels, whose difference is the error
of the truncation; then the eigenvalues to the right of a line behind the slowest `count` are
counted by the winding of the determinant. As long as some are missing, they are looked for where
the determinant dips.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from thermalent.analysis.eigenvalues import candidates, counting
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import HierarchyGenerator
from thermalent.analysis.eigenvalues.groups import Cluster, clusters
from thermalent.analysis.eigenvalues.subspace import Group, eigenvalues_of, refine
from thermalent.analysis.eigenvalues.subspace_double import refine_double
from thermalent.analysis.eigenvalues.subspace_mixed import refine_mixed
from thermalent.solution.method import MethodError

# Unknowns up to which all eigenvalues of a chain are found, of a real and of a complex one.
_ALL = {True: 600, False: 350}
# Unknowns up to which all eigenvalues of emitters alone are found, in ball arithmetic.
ALL_EXACTLY = 80
# Cubes of the blocks' sizes, summed over the levels, up to which refinement is in ball arithmetic:
# about a second per factorisation.
_EXACT_WORK = 1e7
_MOST_UNKNOWNS = 60_000
# Points at which a count takes the determinant, and factorisations of a search, for an estimate of
# the time that is shown before.
_POINTS, _SOLVES = 600, 20
# Rounding of a determinant in double precision moves eigenvalues by about this many roundings of
# the largest element, as far as these are not defective.
_LOST = 1e4
# Beyond this ratio of the largest element to the source's rate, double precision is left.
_DECADES = 1e8
_EPS = float(np.finfo(float).eps)
# A conserved quantity that the network's numbers hold to rounding only makes rates of the square of
# rounding: what is below this part of the largest rate is stationary.
_ROUNDING = (8 * _EPS) ** 2
_ROUNDS = 8
# The line behind the slowest rates is put in a gap of this relative width, if taking so many more
# rates reaches one; else in the widest.
_WIDE_GAP = 0.1
_MOST_MORE = 8


class Slowest(NamedTuple):
    """The eigenvalues r of -L with the smallest real parts.

    Args:
        values: r, (n,) complex, the stationary ones left out.
        error: Bound of the error of each, (n,).
        levels: Highest level kept.
        stationary: How many are stationary.
        change: What fewer levels change of each, a part of the error, (n,).
        rank_rounding: What rounding of the decay matrix changes, a part of the error that no method
            can lower, (n,).
        certified: Whether they were counted; else a second search found no others.
    """

    values: np.ndarray
    error: np.ndarray
    levels: int
    stationary: int
    change: np.ndarray
    rank_rounding: np.ndarray
    certified: bool = True

    def cut(self, count: int) -> Slowest:
        """The first `count` eigenvalues."""
        return Slowest(
            self.values[:count],
            self.error[:count],
            self.levels,
            self.stationary,
            self.change[:count],
            self.rank_rounding[:count],
            self.certified,
        )


def slowest(
    generator: HierarchyGenerator,
    charge: int,
    count: int,
    rtol: float,
    report: Callable[[str], None],
) -> Slowest:
    """The `count` slowest eigenvalues of total charge Q, fewer if the emitters alone have fewer.

    Raises:
        MethodError: they take too many levels, or the count could not be confirmed.
    """
    scale = generator.largest
    if not generator.has_source:
        chain = ChargeChain(generator, charge, 0)
        group = eigenvalues_of(chain)
        return _collected([(group, group, False)], scale, 0, real=charge == 0).cut(count)
    last = 12 + 2 * int(np.ceil(2 * np.sqrt(abs(generator.variance))))
    extra, more = np.zeros(0, dtype=complex), 0
    for effort in range(1, _ROUNDS + 1):
        search = _Search(generator, charge, count + more, last, extra, effort, rtol)
        report(f"{search.fine.last} levels, about {search.operations:.0e} multiplications")
        refined = search.refined(scale)
        first = refined.cut(count)
        wanted = rtol * np.abs(first.values) + _ROUNDING * scale
        own = first.error - first.rank_rounding
        rounding = own - first.change
        if np.any(rounding > np.maximum(wanted, 2 * first.change)):
            worst = int(np.argmax(rounding / wanted))
            raise MethodError(
                f"The rate {first.values[worst]:.6g} is known with an error of "
                f"{first.error[worst]:.1e} only, because of rounding in double precision. Use a "
                "larger rtol, or fewer emitters."
            )
        if np.any(own > wanted) or len(first.values) < min(count, search.coarse.size - 1):
            last = search.fine.last + search.fine.last // 4 + 2
            continue
        if not search.exact:
            fresh = search.second()
            if fresh.size == 0:
                return first._replace(certified=False)
            extra = np.concatenate([extra, fresh])
            continue
        winding = search.missing(report)
        if winding.missing == 0:
            if np.all(first.values.real < search.distance):
                return first
            # A candidate was refined to a rate behind the line: move the line.
            more += 2
            continue
        extra = np.concatenate([extra, search.closer(winding.places)])
    raise MethodError(
        f"The {count} slowest rates could not be made certain with {last} levels: the determinant "
        "along a line behind them has not the winding number that they give. Ask for fewer rates, "
        "or for a larger rtol."
    )


class _Search:
    """Candidates and refined eigenvalues at one number of levels and at a larger one."""

    def __init__(
        self,
        generator: HierarchyGenerator,
        charge: int,
        count: int,
        last: int,
        extra: np.ndarray,
        effort: int,
        rtol: float,
    ) -> None:
        self.effort, self.rtol = effort, rtol
        self.coarse = ChargeChain(generator, charge, last)
        self.fine = ChargeChain(generator, charge, 2 * (last * 5 // 8) + 2)
        if self.fine.size > _MOST_UNKNOWNS:
            raise MethodError(
                f"Relaxation rates would take more than {_MOST_UNKNOWNS} unknowns: {self.fine.last}"
                " levels do not suffice. Use a weaker source, fewer emitters or a larger rtol."
            )
        self.real = charge == 0
        self.count = count
        self.largest = float(np.max(abs(self.coarse.matrix).sum(axis=0)))
        self.rate = float(generator.rate) or 1e-3 * self.largest
        self.wide = self.largest > _DECADES * self.rate
        work = sum(float(len(elements)) ** 3 for elements in self.fine.elements)
        self.exact = work <= _EXACT_WORK
        self.operations = _POINTS * work if self.exact else _SOLVES * work
        self.mixed = not self.wide
        self.values = self._candidates(extra)
        self.groups: list[Cluster] = []

    def _candidates(self, extra: np.ndarray) -> np.ndarray:
        """Approximate eigenvalues of L, those of the largest real part first."""
        if self.coarse.size <= _ALL[self.real] and not self.wide:
            values = candidates.all_of(self.coarse)
            self.resolution = 1e-12 * self.largest
        else:
            # Beside zero, and beside the frequencies of the emitters alone.
            frequencies = np.concatenate([[0.0], self._frequencies(), extra])
            self.resolution = 1e-10 * self.rate
            values = self._together(
                [self._near(w, self.effort * (2 * self.count + 20)) for w in frequencies]
            )
        return values[np.argsort(-values.real, kind="stable")]

    def _frequencies(self) -> np.ndarray:
        """Frequencies of the emitters against each other and against the source."""
        matrix = self.coarse.complex_matrix
        most = int(np.max(np.abs(self.coarse.shift)))
        turns = []
        for n in range(min(most, self.coarse.last) + 1):
            level = slice(self.coarse.start[n], self.coarse.start[n + 1])
            turns.append(np.linalg.eigvals(matrix[level, level].toarray()).imag)
        frequencies = np.unique(np.round(np.concatenate(turns) / self.rate)) * self.rate
        frequencies = frequencies[np.abs(frequencies) > self.rate]
        return frequencies[frequencies > 0] if self.real else frequencies

    def _near(self, frequency: float, count: int) -> np.ndarray:
        shift = 0.1 * self.rate + 1j * frequency
        exact = self.wide and self.exact
        values = candidates.near(self.coarse, shift, count, exact=exact)
        if self.real:
            # Far from the shift they are known to fewer digits.
            known = self.resolution + 1e-6 * np.abs(values - shift)
            real, upper = values[np.abs(values.imag) <= known], values[values.imag > known]
            values = np.concatenate([real.real, upper, upper.conj()])
        return values

    def _together(self, parts: list[np.ndarray]) -> np.ndarray:
        """The union of several searches: copies only where one search has them."""
        union = parts[0]
        for part in parts[1:]:
            for value in part:
                near = 1e-5 * max(self.rate, abs(value))
                if np.sum(np.abs(part - value) <= near) > np.sum(np.abs(union - value) <= near):
                    union = np.append(union, value)
        return union

    def refined(self, scale: float) -> Slowest:
        """The slowest candidates refined at both numbers of levels."""
        depth = -self.values.real
        near_zero = int(np.count_nonzero(np.abs(self.values) <= self.resolution))
        last = min(self.count + max(near_zero, 1), len(depth)) - 1
        last += _until_gap(depth[last:], self.resolution)
        behind = depth[last + 1] if last + 1 < len(depth) else 3 * abs(depth[last]) + self.rate
        self.distance = float(0.5 * (depth[last] + behind))
        inside, self.outside = self.values[: last + 1], self.values[last + 1 :]
        width = 3e-5 * self.distance + 10 * self.resolution
        groups = clusters(inside, self.outside, width, real=self.real)
        while True:
            pairs = [self._refine(group) for group in groups]
            merged = _merged(groups, [fine for _, fine in pairs], scale, real=self.real)
            if len(merged) == len(groups):
                break
            groups = merged
        self.found = [
            (coarse, fine, self.real and group.centre.imag > 0)
            for group, (coarse, fine) in zip(groups, pairs, strict=True)
        ]
        return _collected(self.found, scale, self.fine.last, real=self.real)

    def _refine(self, group: Cluster) -> tuple[Group, Group]:
        """A group with fewer and with more levels."""
        place = group.centre, group.size, group.gap
        if self.mixed:
            coarse, fine = refine_mixed(self.fine, *place, self.coarse.size, self.rtol)
            if np.isfinite(fine.error[0]):
                return coarse, fine
        if self.exact:
            return refine(self.coarse, *place), refine(self.fine, *place)
        return refine_double(self.coarse, *place), refine_double(self.fine, *place)

    def second(self) -> np.ndarray:
        """Frequencies of the eigenvalues that a search from other shifts adds to the list."""
        parts = [fine.values for _, fine, _ in self.found]
        known = np.concatenate([*parts, *(part.conj() for part in parts)])
        fresh = []
        for frequency in np.concatenate([[0.0], self._frequencies()]):
            shift = 0.3 * self.rate + 1j * (frequency + 0.2 * self.rate)
            for value in candidates.near(self.fine, shift, self.count + 10, exact=False):
                inside = value.real > -self.distance
                near = 1e-5 * max(self.rate, abs(value))
                if inside and np.min(np.abs(known - value)) > near:
                    fresh.append(float(abs(value.imag) if self.real else value.imag))
        return np.unique(fresh)

    def missing(self, report: Callable[[str], None]) -> counting.Winding:
        """The winding number of the eigenvalues that the list lacks."""
        parts = [fine.values for _, fine, _ in self.found]
        parts += [fine.values.conj() for _, fine, mirrored in self.found if mirrored]
        refined = np.concatenate(parts)
        known = np.concatenate([refined, self.outside])
        nearest = float(np.min(np.abs(known.real + self.distance)))
        counted = counting.Winding(None, np.zeros(0))
        if _LOST * _EPS * self.largest < nearest:
            log_det = counting.log_det_double(self.fine)
            counted = counting.count_missing(self.fine, known, self.distance, log_det, report)
        if counted.missing is None:
            log_det = counting.log_det_exact(self.fine)
            counted = counting.count_missing(self.fine, known, self.distance, log_det, report)
        return counted

    def closer(self, places: np.ndarray) -> np.ndarray:
        """Some frequencies for the next search: those at which the determinant changes fastest."""
        rounded = np.unique(np.round(places / self.rate, 1)) * self.rate
        picked: np.ndarray = rounded[:: max(1, len(rounded) // 8)]
        return picked


def _until_gap(depth: np.ndarray, resolution: float) -> int:
    """How many more rates to take so that a line behind them is far from rates on either side.

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


def _merged(
    groups: list[Cluster], refined: list[Group], scale: float, *, real: bool
) -> list[Cluster]:
    """Join two groups that gave the same eigenvalue, or one that did not converge with the next."""
    for i, (group, result) in enumerate(zip(groups, refined, strict=True)):
        loose = np.max(result.error) > 1e-9 * max(abs(group.centre), _ROUNDING * scale)
        for j in sorted(range(len(groups)), key=lambda j: abs(groups[j].centre - group.centre)):
            if j == i:
                continue
            apart = np.min(np.abs(result.values[:, None] - refined[j].values[None, :]))
            if apart <= 1e-10 * abs(group.centre) or (
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


def _collected(
    groups: list[tuple[Group, Group, bool]], scale: float, levels: int, *, real: bool
) -> Slowest:
    """All rates of the groups with their errors, sorted, the stationary ones left out.

    Args:
        groups: Each group with fewer and with more levels, and whether it stands for its conjugate
            as well.
        scale: The largest rate.
        levels: The larger number of levels.
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
    moving = np.abs(rates) > _ROUNDING * scale
    stationary = int(np.count_nonzero(~moving))
    rates, error = rates[moving].astype(complex), (error + rounding)[moving]
    change, rounding = change[moving], rounding[moving]
    # Equal to rounding in the real part: the slower rotation first, of a pair the positive one.
    order = np.lexsort((_digits(np.abs(rates.imag)), _digits(rates.real)))
    return Slowest(rates[order], error[order], levels, stationary, change[order], rounding[order])


def _digits(values: np.ndarray) -> np.ndarray:
    """Values to 12 digits, so that rounding does not order equal ones."""
    return np.array([float(f"{x:.12e}") for x in values])
