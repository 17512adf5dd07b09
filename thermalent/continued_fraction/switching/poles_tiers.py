"""The tiers of all networks of a schedule behind several poles, for one total charge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.steps import largest_rate
from thermalent.continued_fraction.several_poles.chain.assembly import assemble_tiers, tier_offsets
from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import joined_tiers, split
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.continued_fraction.several_poles.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.elimination.sweep import TierSweep
from thermalent.continued_fraction.several_poles.moving.moving_source import (
    MovingSource,
    covariance_changes,
    steps_to,
    up_alone,
)
from thermalent.continued_fraction.switching.poles_source import PolesStretch

_STAGGER = float(np.sqrt(1.7))  # of odd tiers against even ones: another rounding
# Multiplications of dense products, which take less time each than those of sparse ones.
_DENSE = 0.2
_STAGES = 12.0  # products with the generator in a step
_STEP = 3.0  # its length in units of the inverse norm of the generator, about


class PolesTiers:
    """Generators and initial vector of one total charge with K quanta along the chain.

    Args:
        pieces: The chains of the networks, one after the other, in common coordinates.
        stretches: The times over which neither they nor the motion of the source change.
        rho: The emitters' density matrix at time zero, (d, d).
        charge: The total charge Q.
        quanta: K.
        tolerance: Error allowed at each step through a time in which the source moves.
        staggered: Whether resolvents have the tiers in other scales, so that they round otherwise.
    """

    cooling = False  # sources of several poles keep their tiers

    def __init__(
        self,
        pieces: Sequence[SourceChain],
        stretches: list[PolesStretch],
        rho: np.ndarray,
        charge: int,
        quanta: int,
        tolerance: float,
        *,
        staggered: bool = False,
    ) -> None:
        self.pieces, self.stretches, self.charge = pieces, stretches, charge
        self.tolerance, self._staggered = tolerance, staggered
        known = {id(piece): piece for piece in pieces}
        moved = [one for piece in known.values() for one in with_changes(piece)]
        self.first, others = tiers_with_changes(
            moved[0][0], quanta, moved[1:], start=rho, charge=charge
        )
        built = [self.first, *others]
        each = len(built) // len(known)
        self._parts = {key: built[i * each : (i + 1) * each] for i, key in enumerate(known)}
        basis = self.first.basis[0][:, : self.first.tier0_size]
        self._tier0 = np.asarray(basis.conj().T @ rho.ravel())
        self._terms: dict[tuple[int, int], _Terms] = {}
        self._conserved: dict[int, Conserved] = {}

    @property
    def tier0_size(self) -> int:
        """Unknowns of tier zero."""
        return self.first.tier0_size

    def offset(self, last: int) -> np.ndarray:
        """Position of each tier up to `last`, and the size, (last + 2,)."""
        return tier_offsets(self.first, last)

    def at_rest(self, stretch: PolesStretch) -> bool:
        """Whether the source is stationary."""
        return stretch.source is None

    def largest_rate(self, stretch: PolesStretch) -> float:
        """The largest rate of the emitters alone."""
        return largest_rate(self._own(stretch)[0])

    def start(self, last: int) -> np.ndarray:
        """The initial vector: relative to the source's Gaussian all tiers but one are empty."""
        y = np.zeros(self.offset(last)[-1], dtype=complex)
        y[: self.tier0_size] = self._tier0
        return y.real if self.charge == 0 else y

    def leaped(
        self, y: np.ndarray, before: PolesStretch, after: PolesStretch, last: int
    ) -> np.ndarray:
        """The vector at the end of one stretch is that at the beginning of the next."""
        return y

    def generator(self, stretch: PolesStretch, last: int) -> sparse.csr_array:
        """L of a stretch at rest, with tiers up to `last`."""
        terms = self._assembled(stretch, last)
        return sparse.csr_array(terms.at(self.pieces[stretch.piece].covariance[0]))

    def motion(self, stretch: PolesStretch, last: int) -> PolesMotion | None:
        """The equation of motion of a stretch whose source moves; None of others."""
        if stretch.source is None:
            return None
        return PolesMotion(self._assembled(stretch, last), stretch.source, self.tolerance)

    def resolvent(self, stretch: PolesStretch, last: int) -> PolesResolvent:
        """(z - L)^{-1} of a stretch at rest."""
        cold, *units = self._own(stretch)
        weights = [1.0, *numbers_of(self.pieces[stretch.piece].covariance[0])]
        built = _summed_up([cold, *(up_alone(unit) for unit in units)], weights)
        key = id(self.pieces[stretch.piece])
        if key not in self._conserved:
            self._conserved[key] = Conserved(cold)
        return PolesResolvent(built, self._conserved[key], last, staggered=self._staggered)

    def _own(self, stretch: PolesStretch) -> list[Tiers]:
        """The tiers of a network with an empty source, and those of units of its covariance."""
        return self._parts[id(self.pieces[stretch.piece])]

    def _assembled(self, stretch: PolesStretch, last: int) -> _Terms:
        key = id(self.pieces[stretch.piece]), last
        if key not in self._terms:
            # One network at a time: smooth changes are made of hundreds.
            self._terms = {key: _terms(self._own(stretch), last)}
        return self._terms[key]


class PolesMotion:
    """The equation y' = L(t) y while the source moves.

    Args:
        terms: The parts of L.
        source: The source.
        tolerance: Error allowed at each step.
    """

    def __init__(self, terms: _Terms, source: MovingSource, tolerance: float) -> None:
        self.terms, self.source, self.tolerance = terms, source, tolerance

    def stepped(
        self, y: np.ndarray, times: list[float], report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        """The solution at increasing times >= 0, from y at zero."""
        return steps_to(self._slope, y, times, self.tolerance, report)

    def cost(self, time: float) -> float:
        """Approximate number of multiplications up to a time."""
        entries = self.terms.cold.nnz + sum(part.nnz for part in self.terms.up)
        norm = float(abs(self.terms.at(self.source.chain.covariance[0])).sum(axis=1).max())
        return _STAGES * entries * (1 + time * norm / _STEP)

    def _slope(self, time: float, y: np.ndarray) -> np.ndarray:
        beyond, _ = self.source.at(time)
        slope = self.terms.cold @ y
        for weight, part in zip(
            numbers_of(self.source.chain.covariance[0] + beyond), self.terms.up, strict=True
        ):
            if weight != 0.0 and part.nnz:
                slope = slope + weight * (part @ y)
        return np.asarray(slope)


class PolesResolvent:
    """(z - L)^{-1} on all tiers behind several poles, by the fraction.

    Args:
        built: The tiers.
        conserved: What the equation at tier zero keeps exactly.
        last: The highest tier.
        staggered: Whether odd tiers are scaled against even ones.
    """

    def __init__(self, built: Tiers, conserved: Conserved, last: int, *, staggered: bool) -> None:
        self.original, self.last, self.conserved = built, last, conserved
        self.factor = _STAGGER if staggered else 1.0
        self.built = built.staggered(self.factor)

    @property
    def cost(self) -> float:
        """Approximate number of multiplications of one solution."""
        return _DENSE * fold_work(self.last, max(self.built.sizes))

    def solve(self, z: complex, y: np.ndarray) -> np.ndarray:
        """(z - L)^{-1} y."""
        begun = self._scaled(split(self.built, y.astype(complex), self.last), self.factor)
        sweep = TierSweep(self.built, complex(z), self.last, begun)
        size = self.built.tier0_size
        matrix = complex(z) * np.eye(size) - self.built.a[0][:size, :size] - sweep.k
        x = sweep.up(self.conserved.transform(matrix, sweep.t0, complex(z)))
        return joined_tiers(self.built, self._scaled(x, 1 / self.factor))

    @staticmethod
    def _scaled(x: list[np.ndarray], factor: float) -> list[np.ndarray]:
        return [values * factor if n % 2 else values for n, values in enumerate(x)]


class _Terms(NamedTuple):
    """Parts of L on all tiers.

    Args:
        cold: L behind an empty source.
        up: What acts from the tier below for units of the covariances V_1j; see `numbers_of`.
    """

    cold: sparse.csr_array
    up: list[sparse.csr_array]

    def at(self, covariances: np.ndarray) -> sparse.csr_array:
        """L where V_1j is this, (m,)."""
        matrix = self.cold
        for weight, part in zip(numbers_of(covariances), self.up, strict=True):
            if weight != 0.0 and part.nnz:
                matrix = matrix + weight * part
        return matrix


def with_changes(chain: SourceChain) -> list[tuple[SourceChain, np.ndarray]]:
    """A chain with an empty source, and the units of its covariance, each with its damping."""
    cold = replace(chain, covariance=0 * chain.covariance)
    return [(cold, tail_damping(chain.drift)), *covariance_changes(chain, any_start=True)]


def numbers_of(covariances: np.ndarray) -> list[float]:
    """Real and imaginary parts of V_1j for each j."""
    return [part for value in covariances.tolist() for part in (value.real, value.imag)]


def _terms(own: list[Tiers], last: int) -> _Terms:
    cold, *units = own
    return _Terms(
        assemble_tiers(cold, last), [assemble_tiers(up_alone(unit), last) for unit in units]
    )


def _summed_up(parts: list[Tiers], weights: list[float]) -> Tiers:
    """The first of some tiers with the terms from below of all, each times its weight."""
    up = []
    for parity in (0, 1):
        columns = [
            part.up[parity]._replace(value=weight * part.up[parity].value)
            for part, weight in zip(parts, weights, strict=True)
        ]
        up.append(type(columns[0])(*(np.concatenate(c) for c in zip(*columns, strict=True))))
    return replace(parts[0], up=(up[0], up[1]))
