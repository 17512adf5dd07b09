"""The tiers of all networks of a schedule behind several poles, for one total charge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.assembly import tier_offsets
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.steps import largest_rate
from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import joined_tiers, split
from thermalent.continued_fraction.several_poles.elimination.evaluation import fold_work
from thermalent.continued_fraction.several_poles.elimination.sweep import TierSweep
from thermalent.continued_fraction.several_poles.moving.collocation import long_steps_to, long_work
from thermalent.continued_fraction.several_poles.moving.moving_generator import (
    SPARSE,
    CovarianceUnits,
    MovingGenerator,
    WeightedSum,
    assembled,
    explicit_work,
    steps_to,
    summed_tiers,
    up_alone,
)
from thermalent.continued_fraction.several_poles.moving.source_schedule import PolesStretch

_STAGGER = float(np.sqrt(1.7))  # of odd tiers against even ones: another rounding
# Multiplications of dense products, which take less time each than those of sparse ones.
_DENSE = 0.2


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
        sources = [stretch.source for stretch in stretches if stretch.source is not None]
        self._units = CovarianceUnits(pieces, *(one.covariance(0.0) for one in sources[:1]))
        moved = [one for piece in known.values() for one in self._units.with_changes(piece)]
        self.first, others = tiers_with_changes(
            moved[0][0], quanta, moved[1:], start=rho, charge=charge
        )
        built = [self.first, *others]
        each = len(built) // len(known)
        self._parts = {key: built[i * each : (i + 1) * each] for i, key in enumerate(known)}
        basis = self.first.basis[0][:, : self.first.tier0_size]
        self._tier0 = np.asarray(basis.conj().T @ rho.ravel())
        self._sums: dict[tuple[int, int], WeightedSum] = {}
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
        return self._assembled(stretch, last).at(self._stationary(stretch))

    def motion(self, stretch: PolesStretch, last: int) -> PolesMotion | None:
        """The equation of motion of a stretch whose source moves; None of others."""
        source = stretch.source
        if source is None:
            return None
        covariances, units = source.chain.covariance[0], self._units

        def weights(time: float) -> list[float]:
            return units.weights(covariances + source.at(time)[0])

        generator = MovingGenerator(
            self.tier0_size, self.offset(last), self._assembled(stretch, last), weights
        )
        norm = generator.sum.norm(self._stationary(stretch))
        return PolesMotion(generator, norm, max(self.first.sizes), self.tolerance)

    def resolvent(self, stretch: PolesStretch, last: int) -> PolesResolvent:
        """(z - L)^{-1} of a stretch at rest."""
        cold, *units = self._own(stretch)
        built = summed_tiers([cold, *map(up_alone, units)], [1.0, *self._stationary(stretch)])
        key = id(self.pieces[stretch.piece])
        if key not in self._conserved:
            self._conserved[key] = Conserved(cold)
        return PolesResolvent(built, self._conserved[key], last, staggered=self._staggered)

    def _stationary(self, stretch: PolesStretch) -> list[float]:
        """The weights behind the stationary source of a network."""
        return self._units.weights(self.pieces[stretch.piece].covariance[0])

    def _own(self, stretch: PolesStretch) -> list[Tiers]:
        """The tiers of a network with an empty source, and those of units of its covariance."""
        return self._parts[id(self.pieces[stretch.piece])]

    def _assembled(self, stretch: PolesStretch, last: int) -> WeightedSum:
        key = id(self.pieces[stretch.piece]), last
        if key not in self._sums:
            # One network at a time: smooth changes are made of hundreds.
            cold, *units = self._own(stretch)
            self._sums = {key: assembled([cold, *map(up_alone, units)], last)}
        return self._sums[key]


@dataclass(frozen=True)
class PolesMotion:
    """The equation y' = L(t) y while the source moves, in short or long steps.

    Args:
        generator: L(t).
        norm: Its norm in the end, about.
        size: Unknowns of the largest tier.
        tolerance: Error allowed at each step.
    """

    generator: MovingGenerator
    norm: float
    size: int
    tolerance: float

    def stepped(
        self, y: np.ndarray, times: list[float], report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        """The solution at increasing times >= 0, from y at zero."""
        if self._explicit(times[-1]) <= self._long(y):
            return steps_to(self.generator.slope, y, times, self.tolerance, report)
        first = min(1.0 / self.norm, times[-1])
        return long_steps_to(self.generator, y, times, first, self.tolerance, report)

    def cost(self, time: float, y: np.ndarray) -> float:
        """Approximate number of multiplications up to a time."""
        return min(self._explicit(time), self._long(y)) / SPARSE

    def _explicit(self, time: float) -> float:
        return explicit_work(self.generator.sum.entries, self.norm, time)

    def _long(self, y: np.ndarray) -> float:
        tiers = len(self.generator.offset) - 1
        return long_work(tiers, self.size, self.tolerance, real=not np.iscomplexobj(y))


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
