"""Candidates of a chain at one number of tiers, refined at this and at a larger one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from thermalent.analysis.eigenvalues import candidates, counting, determinants, listing
from thermalent.analysis.eigenvalues.chain import ChargeChain
from thermalent.analysis.eigenvalues.generator import HierarchyGenerator
from thermalent.analysis.eigenvalues.groups import Cluster, clusters
from thermalent.analysis.eigenvalues.listing import Slowest
from thermalent.analysis.eigenvalues.shifts import beside
from thermalent.analysis.eigenvalues.subspace.balls import Group, refine
from thermalent.analysis.eigenvalues.subspace.double import refine_double
from thermalent.analysis.eigenvalues.subspace.mixed import refine_mixed
from thermalent.analysis.eigenvalues.subspace.paired import PairedChain
from thermalent.solution.errors import MethodError

# Unknowns up to which all eigenvalues of a chain are found, of a real and of a complex one; and in
# ball arithmetic, where that takes about a second.
_ALL = {True: 600, False: 350}
_ALL_WIDE = 130
# Cubes of the blocks' sizes, summed over the tiers, up to which refinement is in ball arithmetic:
# about a second per factorisation.
_EXACT_WORK = 1e7
_MOST_UNKNOWNS = 60_000
# Determinants that a count takes, for an estimate of the work.
_POINTS = 600
# Groups deeper by this part than the last rate that is wanted are beyond it, whatever their digits.
_BEYOND = 1e-2
# Candidates of fewer tiers that changed by no more than this part are close to those of more.
_SETTLED = 1e-3
# Blocks up to this width are eliminated by compiled loops, wider ones as sparse matrices.
_NARROW = 40
# Rounding of a determinant moves eigenvalues by about this many roundings of
# the largest element, as far as these are not defective.
_LOST = 1e4
# Beyond this ratio of the largest element to the source's rate, double precision is left.
_DECADES = 1e8
_EPS = float(np.finfo(float).eps)


class Search:
    """Candidates and refined eigenvalues at one number of tiers and at a larger one.

    Args:
        generator: The superoperators.
        charge: Total charge Q.
        count: How many rates are wanted.
        last: Highest tier of the smaller chain.
        extra: Further frequencies to look beside.
        effort: How many times as many candidates are taken.
        rtol: Relative accuracy that sets the number of tiers.
        before: A search with fewer tiers, whose candidates are taken over if they are close enough
            to those of these.
    """

    def __init__(
        self,
        generator: HierarchyGenerator,
        charge: int,
        count: int,
        last: int,
        extra: np.ndarray,
        effort: int,
        rtol: float,
        before: Search | None = None,
    ) -> None:
        self.effort, self.rtol = effort, rtol
        self.fine = ChargeChain(generator, charge, 2 * (last * 5 // 8) + 2)
        self.coarse = self.fine.shortened(last)
        if self.fine.size > _MOST_UNKNOWNS:
            raise MethodError(
                f"Relaxation rates would take more than {_MOST_UNKNOWNS} unknowns: {self.fine.last}"
                " tiers do not suffice. Use a weaker source, fewer emitters or a larger rtol."
            )
        self.real = charge == 0
        self.count = count
        self.largest = float(np.max(abs(self.coarse.matrix).sum(axis=0)))
        self.rate = float(generator.rate) or 1e-3 * self.largest
        self.wide = self.largest > _DECADES * self.rate
        work = sum(float(len(elements)) ** 3 for elements in self.fine.elements)
        self.exact = work <= _EXACT_WORK
        self.count_operations = _POINTS * work
        self.all_found = False
        self.resolution: float
        self.settled: bool
        if before is not None and before.settled:
            self.resolution, self.values = before.resolution, before.known()
        else:
            self.values = self._candidates(extra)
        self.settled = False

    def _candidates(self, extra: np.ndarray) -> np.ndarray:
        """Approximate eigenvalues of L, those of the largest real part first."""
        self.resolution = 1e-10 * self.rate
        if self.coarse.size <= (_ALL_WIDE if self.wide else _ALL[self.real]):
            self.all_found = True
            if self.wide:
                values = candidates.all_exactly(self.coarse)
            else:
                values = candidates.all_of(self.coarse)
                self.resolution = 1e-12 * self.largest
        else:
            # Beside zero, and beside the frequencies of the emitters alone.
            frequencies = np.concatenate([[0.0], self._frequencies(), extra])
            values = beside(
                self.coarse,
                frequencies,
                self.effort * (2 * self.count + 20),
                self.rate,
                self.resolution,
                exact=self.wide and self.exact,
            )
        return values[np.argsort(-values.real, kind="stable")]

    @cached_property
    def paired(self) -> PairedChain | None:
        """The larger chain, if its blocks are not too wide for compiled loops."""
        if max(len(elements) for elements in self.fine.elements) > _NARROW:
            return None
        return PairedChain(self.fine, self.coarse.last, self.rtol)

    def _frequencies(self) -> np.ndarray:
        """Frequencies of the emitters against each other and against the source."""
        matrix = self.coarse.complex_matrix
        most = int(np.max(np.abs(self.coarse.shift)))
        turns = []
        for n in range(min(most, self.coarse.last) + 1):
            tier = slice(self.coarse.start[n], self.coarse.start[n + 1])
            turns.append(np.linalg.eigvals(matrix[tier, tier].toarray()).imag)
        frequencies = np.unique(np.round(np.concatenate(turns) / self.rate)) * self.rate
        frequencies = frequencies[np.abs(frequencies) > self.rate]
        return frequencies[frequencies > 0] if self.real else frequencies

    def refined(self, scale: float, report: Callable[[str], None]) -> Slowest:
        """The slowest candidates refined at both numbers of tiers, and the line behind them.

        Sets `distance`, that of the line; infinite, if a rate that was not refined may be slower
        than one that is wanted.
        """
        depth = -self.values.real
        near_zero = int(np.count_nonzero(np.abs(self.values) <= self.resolution))
        last = min(self.count + max(near_zero, 1), len(depth)) - 1
        self.beyond = (1 + _BEYOND) * depth[last]
        last += listing.until_gap(depth[last:], self.resolution)
        inside, self.outside = self.values[: last + 1], self.values[last + 1 :]
        behind = depth[last + 1] if last + 1 < len(depth) else 3 * abs(depth[last]) + self.rate
        width = 1.5e-5 * abs(depth[last] + behind) + 10 * self.resolution
        groups = clusters(inside, self.outside, width, real=self.real)
        refined: dict[Cluster, tuple[Group, Group]] = {}
        while True:
            for group in groups:
                if group not in refined:
                    refined[group] = self._refine(group)
                    report(self._told(len(refined), sum(one not in refined for one in groups)))
            pairs = [refined[group] for group in groups]
            merged = listing.merged(groups, [fine for _, fine in pairs], scale, real=self.real)
            if len(merged) == len(groups):
                break
            groups = merged
        self.found = [
            (coarse, fine, self.real and group.centre.imag > 0)
            for group, (coarse, fine) in zip(groups, pairs, strict=True)
        ]
        slowest = listing.collected(self.found, scale, self.fine.last, real=self.real)
        self.settled = bool(np.all(slowest.change <= _SETTLED * np.abs(slowest.values)))
        self.distance = self._line(slowest, behind)
        return slowest

    def _told(self, done: int, left: int) -> str:
        """The progress in words: close groups may be joined and refined again."""
        return f"round {self.effort}: {self.fine.last} tiers, {done} groups refined, {left} left"

    def _line(self, slowest: Slowest, behind: float) -> float:
        """The distance of a line behind the rates that are wanted, in a gap."""
        wanted = slowest.values.real[min(self.count, len(slowest.values)) - 1 :]
        if not len(wanted) or wanted[0] >= behind:
            return np.inf
        depth = np.append(wanted[wanted < behind], behind)
        place = min(listing.until_gap(depth, self.resolution), len(depth) - 2)
        return float(0.5 * (depth[place] + depth[place + 1]))

    def _refine(self, group: Cluster) -> tuple[Group, Group]:
        """A group with fewer and with more tiers."""
        if group.size == 1 and self.real and abs(group.centre) <= self.resolution:
            # The trace is conserved: one eigenvalue is zero, exactly and with any number of tiers.
            zero = Group(np.zeros(1, dtype=complex), np.zeros(1))
            return zero, zero
        place = group.centre, group.size, group.gap
        if not self.wide:
            if self.paired is not None:
                # What is refined for the line alone only has to be told from the line.
                roughly = -group.centre.real > self.beyond
                found = self.paired.refined(*place, roughly=roughly)
                if found is not None:
                    return found
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
            candidates_there = candidates.near(self.fine, shift, self.count + 10, exact=False)
            for value, reach in zip(
                candidates_there.values, candidates_there.uncertainty, strict=True
            ):
                inside = value.real > -self.distance
                near = 10 * reach + 1e-5 * max(self.rate, abs(value.real))
                if inside and np.min(np.abs(known - value)) > near:
                    fresh.append(float(abs(value.imag) if self.real else value.imag))
        return np.unique(fresh)

    def known(self) -> np.ndarray:
        """All eigenvalues that are known, refined ones first, those of the largest real part."""
        parts = [fine.values for _, fine, _ in self.found]
        parts += [fine.values.conj() for _, fine, mirrored in self.found if mirrored]
        known = np.concatenate([*parts, self.outside])
        return known[np.argsort(-known.real, kind="stable")]

    def missing(self, report: Callable[[str], None], affordable: float) -> counting.Winding:
        """The winding number of the eigenvalues that the list lacks.

        Args:
            report: Called with the progress.
            affordable: Multiplications in doubles after which the count is given up; infinite, if
                it may go on in more digits.
        """
        known = self.known()
        nearest = float(np.min(np.abs(known.real + self.distance)))
        counted = counting.Winding(None, np.zeros(0))
        if np.isfinite(affordable):
            most = int(affordable * _POINTS / self.count_operations)
            log_det = determinants.log_det_double(self.fine)
            return counting.count_missing(self.fine, known, self.distance, log_det, report, most)
        for log_det_of, rounding in (
            (determinants.log_det_double, _EPS),
            (determinants.log_det_of_pairs, _EPS**2),
            (determinants.log_det_exact, 0.0),
        ):
            if counted.missing is None and _LOST * rounding * self.largest < nearest:
                log_det = log_det_of(self.fine)
                counted = counting.count_missing(self.fine, known, self.distance, log_det, report)
        return counted

    def closer(self, places: np.ndarray) -> np.ndarray:
        """Some frequencies for the next search: those at which the determinant changes fastest."""
        rounded = np.unique(np.round(places / self.rate, 1)) * self.rate
        picked: np.ndarray = rounded[:: max(1, len(rounded) // 8)]
        return picked
