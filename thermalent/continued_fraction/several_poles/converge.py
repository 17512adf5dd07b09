r"""Steady states from a chain of tiers, both of its truncations chosen and measured.

The number of tiers is found with one quantum beyond u_1, where a fold costs next to nothing. Higher
and higher orders K are kept, every other time with more tiers and the tiers scaled against each
other: the difference of two solutions shows what the quanta left out, what the tiers left out and
what the arithmetic lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain import fraction as fractions
from thermalent.continued_fraction.chain.fraction import Fraction
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL, ENOUGH
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    evaluate_truncated_tiers,
)
from thermalent.continued_fraction.several_poles.errors_of_orders import (
    OF_LAST_CHANGE,
    error_of_orders,
)
from thermalent.support import memory_limit
from thermalent.support.progress import working

_MORE_TIERS = 1.15  # in every other fold, so that the difference shows what the tiers leave out
# The error that the tiers may leave behind many poles: at first, and relative to the latest change.
# Tiers for more digits than the quanta give would be folded in vain.
_FIRST_TOLERANCE = 1e-5
_PART_OF_CHANGE = 0.05
# Of the allowed error, for what the tiers leave out, which is counted with the safety below; less
# than the second number is rounding.
_PART_OF_TIERS, _SMALLEST_TOLERANCE = 0.1, 1e-12
_PART_OF_ROUNDING = 0.1  # of an error that no longer falls, if it is called rounding
_LONGER = 1.4  # if changes no longer fall
_DEEPER = 8  # times as much, before what the tiers leave out is taken for rounding
_FOLDS_AT_FIRST = 8.0  # that find the number of tiers
_RESCALED = float(np.sqrt(1.7))
_FLOOR = 64 * float(np.finfo(float).eps)  # rounding that two scalings may happen to share
# Multiplications of one fold: what is attempted for an rtol that was asked for, about ten minutes.
MOST_WORK = 6e12
# The same where no accuracy is asked for: of a steady state about five seconds, about two where six
# digits are reached, and minutes where two digits are not; half a minute of what takes more solves.
STATE_BUDGET = 4e10
TIERS_BUDGET = 4.5e11
_SIX_DIGITS, _FOR_MORE = 1e-6, 1 / 2
_FOR_TWO_DIGITS = 100.0
_BYTES = 8 * 6  # per element of a block: the block, its couplings and LAPACK's copies


@dataclass(frozen=True, kw_only=True, eq=False)
class Converged:
    """A steady state and what it took.

    Args:
        fraction: The evaluated fraction: `tiers` are its tiers; `outcome` is "converged",
            "rounding", "too many tiers", "singular", "budget" or "memory" (the next K
            costs too much).
        stationary: The equation at tier 0.
        chain: The tiers of the last fold.
        quanta: The largest K that was kept.
        poles: Length of the chain.
        needed: Multiplications of all folds, with those of the next K where its cost ended the
            search; bytes of the next K where memory did.
        work: Multiplications of all folds.
    """

    fraction: Fraction
    stationary: TierZeroEquation
    chain: Tiers
    quanta: int
    poles: int
    needed: float
    work: float


def work(chain: SourceChain, most: int, depth: float) -> float:
    """Multiplications of one fold with up to `most` quanta and `depth` tiers, about."""
    return depth * (4 / 3) * block_size(chain, most) ** 3


def block_size(chain: SourceChain, most: int) -> float:
    """Real unknowns of a tier: half of the emitters' elements at each placement; of a problem with
    real numbers only, half of these, because imaginary parts drop out.
    """
    elements = len(chain.numbers) ** 2 / (4 if chain.real else 2)
    return elements * count(chain.length - 1, most) + len(chain.numbers)


def bytes_needed(chain: SourceChain, most: int) -> float:
    """Bytes that a fold with up to `most` quanta takes, about."""
    return _BYTES * block_size(chain, most) ** 2


def converge(chain: SourceChain, rtol: float | None) -> Converged:
    """The steady state to a relative accuracy.

    Args:
        chain: Emitters and source.
        rtol: Allowed error relative to the largest matrix element; if None, the best that a budget
            affords.
    """
    with working("continued fraction of several poles") as report:
        return _Search(chain, rtol, report).run()


def truncated(chain: SourceChain, last: int, rtol: float | None) -> Converged:
    """The steady state with the tiers up to `last`, its error that of the tiers left out."""
    found = converge(chain, rtol)
    if found.fraction.outcome == "singular":
        return found
    k = evaluate_truncated_tiers(found.chain, 0.0, last)
    x = found.stationary.solve(k)
    exact = found.fraction
    error = largest(found.chain, x - exact.x) + exact.error
    return replace(
        found,
        fraction=replace(
            exact,
            k=k,
            x=x,
            tiers=last,
            error=error,
            scale=largest(found.chain, x),
            residual=fractions.residual(found.chain, 0.0, k, exact.k, x),
            uncertainty=float(np.max(np.abs(k - exact.k))),
        ),
    )


class _Search:
    """Folds with more and more quanta, until two solutions agree."""

    def __init__(
        self, chain: SourceChain, rtol: float | None, report: Callable[[str], None]
    ) -> None:
        self.chain, self.report, self.limited = chain, report, rtol is None
        self.rtol = DEFAULT_RTOL if rtol is None else rtol
        self.quanta = min(1, chain.length - 1)
        self.built = self.few = tiers(chain, self.quanta)
        self.stationary = self.few_stationary = TierZeroEquation(self.built)
        self.work, self.of_tiers = 0.0, 0.0
        self.floor = max(_FLOOR, chain.rounding)

    def run(self) -> Converged:
        """The steady state."""
        tolerance = aimed = self.rtol
        if self.chain.length > 1:
            aimed = max(_PART_OF_TIERS * self.rtol, _SMALLEST_TOLERANCE)
            tolerance = max(aimed, _FIRST_TOLERANCE) if self.chain.length > 2 else aimed
        first = self._with_few_quanta(tolerance)
        if self.chain.length == 1 or first.outcome in ("singular", "too many tiers", "unsettled"):
            return self._ended(first, self.work)
        found = replace(first, error=np.inf)
        changes, changed, depth = np.zeros(3), 0, first.tiers
        while True:
            more = self.quanta > 1 and self.quanta % 2 == 0
            last = 2 * int(np.ceil((_MORE_TIERS if more else 1.0) * depth / 2))
            obstacle = self._obstacle(last, found)
            if obstacle is not None:
                return self._ended(replace(found, outcome=obstacle.outcome), obstacle.needed)
            found = self._with_next_order(found)
            following = self._fold(last, found.k)
            if following.outcome == "singular":
                return self._ended(following, self.work)
            change = largest(self.built, following.x - found.x)
            changes, changed = np.append(changes[1:], change), changed + 1
            found = self._judged(following, changes, changed)
            self.report(f"K = {self.quanta}, {last} tiers, error {found.error / found.scale:.0e}")
            if found.outcome == "rounding" and not self._is_rounding(found):
                found = replace(found, outcome="")
            if found.outcome:
                return self._ended(found, self.work)
            falls = changed == 1 or changes[2] <= 0.5 * changes[1]
            wanted = max(aimed, _PART_OF_CHANGE * change / found.scale)
            if wanted < tolerance:
                tolerance = wanted
                depth = max(depth, self._with_few_quanta(tolerance).tiers)
            elif not falls:
                depth = int(_LONGER * depth)  # the tiers may be what is missing

    def _with_few_quanta(self, tolerance: float) -> Fraction:
        """The solution with one quantum at most, which tells how many tiers a tolerance takes."""
        found = fractions.evaluate_chain(
            self.few, self.few_stationary.solve, degenerate=self.few_stationary.degenerate,
            rtol=tolerance,
        )  # fmt: skip
        self.work += _FOLDS_AT_FIRST * work(self.chain, 1, found.tiers)
        if self.chain.length == 1 or found.outcome in ("singular", "too many tiers", "unsettled"):
            return found
        tiers, left = found.tiers, np.inf
        for _ in range(_DEEPER):
            reference = self._few(2 * tiers)
            # Two numbers of tiers, because what they leave out oscillates.
            left = max(
                largest(self.few, self._few(last) - reference)
                for last in (tiers, int(tiers / _MORE_TIERS))
            )
            if left <= tolerance * found.scale:
                break
            tiers = int(_LONGER * tiers)
        self.of_tiers = OF_LAST_CHANGE * left
        return replace(found, tiers=tiers)

    def _few(self, last: int) -> np.ndarray:
        """The solution with one quantum at most and the tiers up to `last` or one more."""
        k = evaluate_truncated_tiers(self.few, 0.0, last + last % 2)
        return self.few_stationary.solve(k)

    def _with_next_order(self, found: Fraction) -> Fraction:
        """Build the tiers of the next order; return the solution so far on their unknowns.

        A detuning deep in the chain may give tier 0 imaginary parts that lower orders do not have.
        """
        before = self.built
        self.quanta += 1
        self.built = tiers(self.chain, self.quanta)
        self.stationary = TierZeroEquation(self.built)
        if before.tier0_size == self.built.tier0_size:
            return found
        unknowns = _tier0_unknowns(self.built)
        at = [unknowns.index(unknown) for unknown in _tier0_unknowns(before)]
        k = np.zeros((len(unknowns), len(unknowns)), dtype=found.k.dtype)
        x = np.zeros(len(unknowns), dtype=found.x.dtype)
        k[np.ix_(at, at)], x[at] = found.k, found.x
        return replace(found, k=k, x=x)

    def _fold(self, last: int, k_before: np.ndarray) -> Fraction:
        """The solution with the tiers up to `last`."""
        self.work += work(self.chain, self.quanta, last)
        k = self._evaluated(last, rescaled=self.quanta % 2 == 1)
        try:
            x = self.stationary.solve(k)
        except np.linalg.LinAlgError:
            return fractions.singular(k, last, k_before)
        return Fraction(
            k=k,
            x=x,
            tiers=last,
            error=np.inf,
            scale=largest(self.built, x),
            residual=fractions.residual(self.built, 0.0, k, k_before, x),
            uncertainty=float(np.max(np.abs(k - k_before))),
            outcome="",
        )

    def _evaluated(self, last: int, *, rescaled: bool) -> np.ndarray:
        chain = self.built.rescaled(_RESCALED) if rescaled else self.built
        return evaluate_truncated_tiers(chain, 0.0, last)

    def _judged(self, found: Fraction, changes: np.ndarray, changed: int) -> Fraction:
        """The solution with its error and, if the search ends with it, why.

        What the tiers leave out may happen to cancel in a change, and is added as it was found with
        one quantum.
        """
        from thermalent.continued_fraction.chain import convergence

        error = error_of_orders(changes, changed, found.scale) + self.of_tiers
        outcome = ""
        if error <= self.rtol * found.scale:
            outcome = "converged"
        elif convergence.stagnates(changes, changed, found.scale):
            outcome = "rounding"
        if outcome == "converged" and self.floor > self.rtol:
            outcome = "coordinates"
        return replace(found, error=error + self.floor * found.scale, outcome=outcome)

    def _is_rounding(self, found: Fraction) -> bool:
        """Whether another scaling of the tiers changes as much as the last order did.

        Where the field is as fast as the emitters, orders may gain little for other reasons.
        """
        self.work += work(self.chain, self.quanta, found.tiers)
        k = self._evaluated(found.tiers, rescaled=self.quanta % 2 == 0)
        other = largest(self.built, self.stationary.solve(k) - found.x)
        return other > _PART_OF_ROUNDING * (found.error - self.of_tiers)

    def _obstacle(self, depth: int, found: Fraction) -> _Obstacle | None:
        """Why the next fold is not begun, if so."""
        granted = MOST_WORK
        if self.limited:
            granted = STATE_BUDGET
            if found.error <= _SIX_DIGITS * found.scale:
                granted *= _FOR_MORE
            elif found.error > ENOUGH * found.scale:
                granted *= _FOR_TWO_DIGITS
        total = self.work + work(self.chain, self.quanta + 1, depth)
        if total > granted:
            return _Obstacle("budget", total)
        needed = bytes_needed(self.chain, self.quanta + 1)
        return None if memory_limit.fits(needed) else _Obstacle("memory", needed)

    def _ended(self, found: Fraction, needed: float) -> Converged:
        return Converged(
            fraction=found,
            stationary=self.stationary,
            chain=self.built,
            quanta=self.quanta,
            poles=self.chain.length,
            needed=needed,
            work=self.work,
        )


class _Obstacle(NamedTuple):
    """Why the next fold is not begun: the outcome, and what it would need."""

    outcome: str
    needed: float


def largest(chain: Tiers, x: np.ndarray) -> float:
    """Largest matrix element of a solution at tier 0."""
    return float(np.max(np.abs(chain.basis[0][:, : chain.tier0_size] @ x)))


def _tier0_unknowns(chain: Tiers) -> list[tuple[int, bool]]:
    """Emitters' element of each unknown of tier 0, and whether it is its imaginary part."""
    elements, imaginary = chain.elements[0], chain.imaginary[0]
    return [(int(elements[i]), bool(imaginary[i])) for i in range(chain.tier0_size)]
