r"""The slowest relaxation rates of emitters behind a source of several poles.

Eigenvalues of \(-L X = r X\) on the chain of tiers, with more and more tiers and all quanta along
the chain up to their number. Of small chains all eigenvalues are found, so that none can be
missing; of large ones those beside zero and beside the frequencies of a small one, twice, with
different shifts that have to agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse.linalg import ArpackError, eigs

from thermalent.continued_fraction.chain.assembly import assemble
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import placements

_ALL = 600  # unknowns up to which all eigenvalues are found, in about a second
_MOST_UNKNOWNS = 4_000  # of a search, which takes some ten seconds with those before
RATES_BYTES = 1e8  # of the largest search; measured are 59 to 176 MB
_FIRST, _STEP = 3, 2  # tiers
# Shifts of the two searches in units of the source's slowest rate, to the right of all eigenvalues.
_SHIFTS = ((0.1, 0.0), (0.25, 0.15))
_MOST_FREQUENCIES = 6  # beside which a large chain is searched
_SPARE = 6  # additional eigenvalues of a search, so that close ones are not lost
_ZERO = 100.0  # roundings of the largest rate that an eigenvalue may be away from zero
# Relative distances of eigenvalues from two shifts that are one, and of shifts that are as near.
_SAME, _AS_NEAR = 1e-5, 1e-3
_CLUSTER = 1e-3  # rates closer than this part of them are one, spread
_SLOWEST_FALL = 0.95  # of the changes, from one truncation to the next, that is extrapolated
_ROUNDING = 16 * float(np.finfo(float).eps)


class SlowestRates(NamedTuple):
    """Rates behind several poles.

    Args:
        values: The slowest eigenvalues of -L, complex, slowest first, (n,).
        error: Of each, (n,): what more tiers and quanta change, and rounding.
        change: The first part of the error, (n,).
        stationary: How many cannot be told from zero.
        complete: Whether all eigenvalues of two truncations were found, and agree.
        smallest: Rates below this may count as zero.
    """

    values: np.ndarray
    error: np.ndarray
    change: np.ndarray
    stationary: int
    complete: bool
    smallest: float


class _Spectrum(NamedTuple):
    """Eigenvalues of one truncation, slowest first, the rounding of each, and if they are all.

    `zero` is the largest modulus that counts as zero: what rounding makes of an eigenvalue that is
    not badly conditioned.
    """

    values: np.ndarray
    rounding: np.ndarray
    zero: float
    complete: bool

    @property
    def moving(self) -> np.ndarray:
        """Mask of the eigenvalues that are told from zero."""
        return np.abs(self.values) > np.minimum(self.rounding, self.zero)


def slowest_on_tiers(
    chain: SourceChain,
    count: int,
    rtol: float,
    charge: int = 0,
    report: Callable[[str], None] = lambda text: None,
) -> SlowestRates | None:
    """The slowest rates of total charge Q; None if no affordable truncation has so many.

    Args:
        chain: Emitters and source.
        count: How many rates.
        rtol: Relative accuracy that sets the number of tiers; more of them may be too much to
            factorise, or below rounding, which the errors then show.
        charge: Total charge Q of the operators.
        report: Called with the progress.
    """
    found: SlowestRates | None = None
    before: _Spectrum | None = None
    last, frequencies = _FIRST, np.zeros(1)
    while True:
        built = _built(chain, last, charge)
        matrix = sparse.csc_array(assemble(built, last))
        size = matrix.shape[0]
        if size > _MOST_UNKNOWNS:
            return found
        report(f"{last} tiers, {size} unknowns")
        if size <= _ALL:
            now = _all(matrix)
            frequencies = _frequencies(now.values, count, paired=not np.iscomplexobj(matrix))
        else:
            now = _searched(matrix, count, _rate(chain), frequencies)
        if before is not None and len(now.values) > count:
            found = _compared(before, now, count, found)
            enough = found.change <= rtol * np.abs(found.values) + (found.error - found.change)
            if len(found.values) == count and np.all(enough) and (found.complete or size > _ALL):
                return found
        before, last = now, last + _STEP


def _built(chain: SourceChain, last: int, charge: int) -> Tiers:
    """All operators of emitters and source with all placements of up to `last` quanta."""
    d, most = len(chain.numbers), last if chain.length > 1 else 0
    every = placements(chain.length - 1, most)
    held = np.full((len(every), d**2), 1 + 1j)
    # What is its own adjoint has no imaginary part.
    own = np.flatnonzero(every.conjugate == np.arange(len(every)))
    held[own[:, None], np.arange(d) * (d + 1)] = 1
    return tiers(chain, most, np.ones((d, d)), charge, held=held)


def _rate(chain: SourceChain) -> float:
    return float(np.min(np.linalg.eigvals(chain.drift).real))


def _frequencies(values: np.ndarray, count: int, *, paired: bool) -> np.ndarray:
    """Frequencies of the slowest eigenvalues of a small chain, zero among them."""
    slow = -values[: 4 * count + _SPARE].imag  # of L, where the values are those of -L
    slow = np.round(np.abs(slow) if paired else slow, 3)
    # Those of the slowest first: others may be too many.
    every = dict.fromkeys([0.0, *slow.tolist()])
    return np.array(list(every)[: _MOST_FREQUENCIES * (1 if paired else 2)])


def _all(matrix: sparse.csc_array) -> _Spectrum:
    """All eigenvalues, and the rounding that their condition numbers allow."""
    dense = matrix.toarray()
    base = _ROUNDING * float(linalg.norm(dense, 1))
    values, left, right = linalg.eig(dense, left=True, right=True, check_finite=False)
    overlap = np.abs(np.sum(left.conj() * right, axis=0))  # of unit vectors
    rounding = base / np.maximum(overlap, 1e-300)
    rounding = np.minimum(rounding, _spread(values) + base)
    order = np.argsort(-values.real, kind="stable")
    return _Spectrum(-values[order], rounding[order], _ZERO * base, complete=True)


def _spread(values: np.ndarray) -> np.ndarray:
    """Twice the width of each eigenvalue's cluster; infinite for one alone.

    Equal rates without as many eigenvectors, as of equal cavities, spread by a root of the rounding
    for which their condition numbers are far too large.
    """
    apart = np.abs(values[:, None] - values[None, :])
    width = np.max(np.where(apart < _CLUSTER * np.abs(values)[:, None], apart, 0.0), axis=1)
    return np.where(width > 0, 2 * width, np.inf)


def _searched(
    matrix: sparse.csc_array, count: int, rate: float, frequencies: np.ndarray
) -> _Spectrum:
    """The eigenvalues that two searches from different shifts find, and how far they disagree."""
    first, second = (
        _of_nearest_shifts(
            [
                (place, _near(matrix, count, place))
                for place in rate * complex(shift, beside) + 1j * frequencies
            ],
            paired=not np.iscomplexobj(matrix),
        )
        for shift, beside in _SHIFTS
    )
    apart = np.min(np.abs(first[:, None] - second[None, :]), axis=1)
    spread = _spread(first)
    apart += np.where(np.isfinite(spread), spread, 0.0)
    base = _ROUNDING * float(np.max(abs(matrix).sum(axis=0)))
    return _Spectrum(first, apart + base, _ZERO * base, complete=False)


def _near(matrix: sparse.csc_array, count: int, shift: complex) -> np.ndarray:
    wanted = min(count + _SPARE, matrix.shape[0] - 2)
    start = np.random.default_rng(1).normal(size=matrix.shape[0]).astype(complex)
    try:
        values = eigs(
            matrix.astype(complex), k=wanted, sigma=shift, v0=start, ncv=3 * wanted + 20,
            return_eigenvectors=False,
        )  # fmt: skip
    except ArpackError as error:
        # Those that did converge; a second search has to find them too.
        values = np.asarray(getattr(error, "eigenvalues", []), dtype=complex)
    return -values


def _of_nearest_shifts(found: list[tuple[complex, np.ndarray]], *, paired: bool) -> np.ndarray:
    """Eigenvalues of -L that several shifts of L found, each once, slowest first.

    They lose digits with the distance from the shift: what a nearer one found as well counts from
    there. Those of a real matrix come in conjugate pairs, and so do the shifts.
    """
    if paired:
        found = [*found, *((place.conjugate(), values.conj()) for place, values in found)]
    kept = []
    for i, (_, values) in enumerate(found):
        away = np.abs(values[:, None] + np.array([place for place, _ in found]))
        for value, distances in zip(values, away, strict=True):
            # Real values are as near to one shift as to its conjugate but for their rounding.
            rank = np.where(np.abs(distances - distances[i]) < _AS_NEAR * distances[i], 0, 1)
            same = _SAME * (1 + abs(value))
            elsewhere = any(
                np.min(np.abs(other - value), initial=np.inf) <= same
                for j, (_, other) in enumerate(found)
                if (j < i if rank[j] == 0 else distances[j] < distances[i])
            )
            if not elsewhere:
                kept.append(value)
    return _distinct(np.array(kept))


def _distinct(values: np.ndarray) -> np.ndarray:
    """Eigenvalues each once, slowest first."""
    kept: list[complex] = []
    for value in sorted(values, key=lambda v: v.real):
        if all(abs(value - other) > 1e-9 * (1 + abs(other)) for other in kept[-50:]):
            kept.append(value)
    return np.array(kept, dtype=complex)


def _in_order(values: np.ndarray, rounding: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slowest first, equal ones by their frequency; an imaginary part below rounding is dropped."""
    values = np.where(np.abs(values.imag) <= rounding, values.real, values)
    digits = np.array([float(f"{x:.9e}") for x in values.real])
    turning = np.array([float(f"{x:.9e}") for x in np.abs(values.imag)])
    order = np.lexsort((-values.imag, turning, digits))
    return values[order], rounding[order]


def _compared(
    before: _Spectrum, now: _Spectrum, count: int, last: SlowestRates | None
) -> SlowestRates:
    """The slowest rates of the larger truncation, and what it changed of them.

    The changes fall by some factor from one truncation to the next, by which those that are left
    are extrapolated; `last` holds the comparison before.
    """
    values, rounding = _in_order(now.values[now.moving], now.rounding[now.moving])
    values, rounding = values[:count], rounding[:count]
    earlier = before.values[before.moving]
    distance = np.abs(values[:, None] - earlier[None, :])
    row, column = linear_sum_assignment(distance)
    change = np.full(len(values), np.inf)
    change[row] = distance[row, column]
    if last is not None and len(last.change):
        falls = np.max(change, initial=0.0) / max(
            np.max(last.change), np.max(rounding, initial=0.0)
        )
        change = change * (
            max(1.0, falls / (1 - falls)) if falls < _SLOWEST_FALL else 1 / _ROUNDING
        )
    error = change + rounding
    # Eigenvalues of the smaller truncation that were slower, and moved away with more tiers, show
    # how far others may still move.
    line = float(np.max(values.real - error, initial=0.0))
    away = np.setdiff1d(np.flatnonzero(earlier.real < line), column)
    apart = np.min(np.abs(earlier[away, None] - now.values[None, :]), axis=1)
    moved = float(np.max(apart, initial=0.0))
    settled = moved <= np.max(error, initial=0.0)
    if not settled:
        change = np.maximum(change, moved)
        error = change + rounding
    return SlowestRates(
        values=values,
        error=error,
        change=change,
        stationary=int(np.count_nonzero(~now.moving)),
        complete=bool(before.complete and now.complete and settled),
        smallest=now.zero,
    )
