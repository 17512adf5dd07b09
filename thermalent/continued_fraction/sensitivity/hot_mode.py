r"""Derivatives behind a hot mode, in the radial form: their cost does not grow with its quanta.

$$\frac{dO}{dp} = -\,y \cdot \frac{dM}{dp}\, f, \qquad M f = 0, \qquad M^T y = g$$

with the matrix M of all elements of the field's amplitude (see `radial.solution`) in the place of
the tiers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.chain import (
    HierarchyChain,
    HierarchyTerms,
    generator,
    hierarchy_chain,
)
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.rounding import real_sizes
from thermalent.continued_fraction.radial.equation import RadialEquation, radial_equation
from thermalent.continued_fraction.radial.integrals import RadialIntegrals, radial_integrals
from thermalent.continued_fraction.radial.solution import (
    RadialMoments,
    radial_moments,
    radial_solution,
)
from thermalent.continued_fraction.radial.solve import CUT, LARGEST, MESHES, beyond, left_out
from thermalent.continued_fraction.sensitivity.generator_slopes import Slope, randomised
from thermalent.operators.superoperators import dense

# Of `MESHES`: where rounding is measured, which hardly depends on it.
_ROUNDED_ON = 1
# As of tiers, see `observed_chain`.
_DISTURBED, _DISTURBANCES = 8, 6.0
_LOST = 0.5  # of the allowed error: where rounding is more, more elements do not help


class HotDerivatives(NamedTuple):
    """Derivatives by all parameters and their errors, (keys,) each."""

    values: np.ndarray
    errors: np.ndarray


class _OnElements(NamedTuple):
    """Derivatives on some elements.

    Args:
        values: The derivatives, (keys,).
        slope_errors: What the slopes of the generator leave, (keys,).
        sizes: The sums of the absolute values of their terms, (keys,).
        tail: What lies beyond the largest radius.
        state: The coordinates of the state, (tier0,).
    """

    values: np.ndarray
    slope_errors: np.ndarray
    sizes: np.ndarray
    tail: float
    state: np.ndarray


def radial_terms(h: Hierarchy) -> HierarchyTerms:
    """A, K/sqrt(V) and sqrt(V) D on all operators of the emitters, in the places of A, B and C."""
    mode = h.modes[0]
    root = float(np.sqrt(mode.variance))
    full = generator(h)
    return HierarchyTerms(
        a=full.a,
        up=(mode.backaction + mode.backaction_conj) / root,
        down=root * (mode.drive + mode.drive_conj),
        rate=mode.rate,
        scale=1.0,
    )


class HotChain:
    """A network behind a hot mode, what its parameters change, and the number that is observed.

    Args:
        h: The hierarchy.
        changes: Slopes of `radial_terms` by each parameter.
        gradient: Of the number at a state (d, d).
        scales: Sizes of the parameters, by which derivatives are multiplied to be compared.
    """

    def __init__(
        self,
        h: Hierarchy,
        changes: Sequence[Slope],
        gradient: Callable[[np.ndarray], np.ndarray],
        scales: np.ndarray,
    ) -> None:
        self.changes, self.gradient, self.scales = changes, gradient, scales
        self.chain = hierarchy_chain(h, changes=[slope.estimate for slope in changes])
        sizes = real_sizes(h, self.chain)
        self.equation = radial_equation(self.chain, sizes, h.modes[0])
        self.rounding = np.zeros(len(changes))

    def derivatives(self, rtol: float, report: Callable[[str], None]) -> HotDerivatives:
        """The derivatives on more and more elements, until they agree.

        Args:
            rtol: Wanted error, relative to the largest derivative times its parameter.
            report: Called with how far it is.

        Raises:
            numpy.linalg.LinAlgError: the equation is singular to rounding.
        """
        found: HotDerivatives | None = None
        with np.errstate(all="ignore"):
            for largest in LARGEST:
                wide_enough, better = self._up_to(largest, rtol, report)
                found = better or found
                if wide_enough:
                    break
        if found is None:
            raise np.linalg.LinAlgError
        return found

    def _up_to(
        self, largest: float, rtol: float, report: Callable[[str], None]
    ) -> tuple[bool, HotDerivatives | None]:
        """The derivatives up to a radius; whether the field is hardly ever beyond it."""
        found: HotDerivatives | None = None
        before: _OnElements | None = None
        shifts: list[np.ndarray] = []
        for turn, (count, degree) in enumerate(MESHES):
            integrals = radial_integrals(count, degree, self.equation.smallest, largest)
            now = self._on(self.equation, integrals)
            if not now.tail <= CUT * rtol * np.max(np.abs(now.state)):
                return False, found
            if turn == _ROUNDED_ON:
                self.rounding = self._rounding(integrals, now.values)
            if before is not None:
                moved = (now.values - before.values) * self.scales
                shifts.append(np.abs(np.concatenate([moved, now.state - before.state])))
            before = now
            if len(shifts) < 2:
                continue
            found, done = self._judged(now, shifts, largest, rtol)
            if done:
                break
            report(f"{count} elements")
        return True, found

    def _judged(
        self, now: _OnElements, shifts: list[np.ndarray], largest: float, rtol: float
    ) -> tuple[HotDerivatives, bool]:
        """The derivatives with their errors, and whether more elements are of no use."""
        scaled = np.abs(now.values) * self.scales
        most = float(np.max(scaled, initial=0.0))
        missing = left_out(shifts, now.tail * most, steadily=largest == LARGEST[0])
        # Of a small derivative, a share of the error as small as itself at least.
        share = np.maximum(missing.shape[: len(scaled)], scaled / max(most, 1e-300))
        truncation = missing.error * share / self.scales
        lost = self.rounding + _OF_A_TERM * now.sizes
        allowed = rtol * most
        done = missing.error <= allowed or bool(
            np.max(lost * self.scales) > _LOST * allowed
            and missing.error <= np.max(lost * self.scales)
        )
        return HotDerivatives(now.values, truncation + lost + now.slope_errors), done

    def _on(
        self,
        equation: RadialEquation,
        integrals: RadialIntegrals,
        disturbance: np.random.Generator | None = None,
    ) -> _OnElements:
        solution = radial_solution(equation, integrals, disturbance)
        basis = equation.basis
        d = round(np.sqrt(len(basis)))
        slope = self.gradient((basis @ solution.x).reshape(d, d))
        gradient = (basis.conj().T @ slope.ravel()).real
        moments, sizes = radial_moments(equation, integrals, solution, gradient)
        values, errors, terms = np.zeros((3, len(self.changes)))
        for i, change in enumerate(self.changes):
            if disturbance is not None:
                drawn = randomised(change.noise, disturbance)
                values[i] = self._contracted(moments, change.estimate)
                values[i] += self._contracted(moments, drawn)
                continue
            values[i] = self._contracted(moments, change.estimate)
            errors[i] = abs(values[i] - self._contracted(moments, change.before))
            terms[i] = self._contracted(sizes, change.estimate, absolute=True)
        tail = beyond(solution, float(integrals.ends[-1]))
        return _OnElements(values + 0.0, errors, terms, tail, solution.x)

    def _rounding(self, integrals: RadialIntegrals, values: np.ndarray) -> np.ndarray:
        """What rounding of the equation, of its elimination and of its slopes may change."""
        rng = np.random.default_rng(0)
        squares = np.zeros(len(values))
        for _ in range(_DISTURBED):
            moved = self._on(self.equation.disturbed(rng), integrals, rng)
            squares = np.hypot(squares, moved.values - values)
        return np.asarray(_DISTURBANCES / np.sqrt(_DISTURBED) * squares)

    def _contracted(
        self, moments: RadialMoments, change: HierarchyTerms, absolute: bool = False
    ) -> float:
        """Change of the number for a change of the equation, or the sizes of its terms added up."""
        chain, even = self.chain, len(self.chain.charge[0])
        total = moments.rate * (abs(change.rate) if absolute else change.rate)
        first, second = slice(0, even), slice(even, None)
        for table, part, rows, columns in (
            (moments.a, change.a, first, first),
            (moments.a, change.a, second, second),
            (moments.drive, change.down, first, second),
            (moments.drive, change.down, second, first),
            (moments.backaction, change.up, first, second),
            (moments.backaction, change.up, second, first),
        ):
            block = _in_basis(chain, part, rows is second, columns is second)
            block = np.abs(block) if absolute else block
            total += float(np.sum(table[rows, columns] * block))
        return total


def _in_basis(chain: HierarchyChain, part: object, odd: bool, other_odd: bool) -> np.ndarray:
    left, right = chain.basis[odd], chain.basis[other_odd]
    return dense(left.conj().T @ (part @ right)).real


# Rounding of a term, as of tiers: see `sensitivities`.
_OF_A_TERM = 512 * float(np.finfo(float).eps)
