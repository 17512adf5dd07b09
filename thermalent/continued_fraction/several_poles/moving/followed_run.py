r"""Long steps behind a hot source, in coordinates that follow its covariance.

The triangular factor of V(t) goes on where networks change, and with it the amplitudes w (see
`filling_chain`), so that a vector is carried over as it is. A field that is switched off decays
until it is too weak to matter. From then on the emitters are alone, and what comes later starts
without it. A hot source makes the largest rates thousands of times those at which the state
changes, so that the steps are long ones (`collocation`); once the last source is stationary
contours give the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.assembly import tier_offsets
from thermalent.continued_fraction.chain.tiers import Tiers, is_real, real_part
from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import (
    TierMatrices,
    joined_tiers,
    split,
    vectors_of,
)
from thermalent.continued_fraction.several_poles.moving.collocation import (
    bytes_of_factors,
    long_steps_to,
    long_work,
)
from thermalent.continued_fraction.several_poles.moving.crossing import across
from thermalent.continued_fraction.several_poles.moving.moving_generator import (
    MovingGenerator,
    WeightedSum,
    assembled,
    summed_tiers,
)
from thermalent.continued_fraction.several_poles.moving.settled_source import evolve_settled
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import (
    DriftUnits,
    FollowedSource,
    drive_terms,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.continued_fraction.total_charge import tier0_vector

_EPS = float(np.finfo(float).eps)
_WEAK = 0.1  # of the tolerance of a step, which a field that is left out may change


class FollowedStretch(NamedTuple):
    """A time in which the source of one network fills or decays.

    Args:
        moving: The source, and its network.
        length: How long it lasts.
        source: What is followed of it; None where there is no field.
        fresh: Whether it began without one, so that tier 0 alone is carried over.
    """

    moving: MovingSource
    length: float
    source: FollowedSource | None
    fresh: bool

    @property
    def chain(self) -> SourceChain:
        """The network."""
        return self.moving.chain


def followed_stretches(
    pieces: Sequence[MovingPiece], begin: np.ndarray, tolerance: float
) -> list[FollowedStretch] | None:
    """The stretches of a schedule; None where a source cannot be followed.

    Args:
        pieces: The source, network by network.
        begin: B with the covariance B B^+ at time zero that is followed, (m, n).
        tolerance: Error allowed at each step.
    """
    reach = max(_reach(moving.chain) for moving, _ in pieces)
    found: list[FollowedStretch] = []
    for moving, length in pieces:
        left = length
        begin = begin if reach * _size(begin) > _WEAK * tolerance else begin[:, :0]
        source = FollowedSource(moving.chain, begin)
        if begin.shape[1] or not source.still:
            if not source.possible:
                return None
            time = 1.0 / source.norm
            while (
                source.still
                and time < left
                and reach * _size(source.factor(time)) > _WEAK * tolerance
            ):
                time *= 1.5
            lasts = min(time, left) if source.still else left
            found.append(FollowedStretch(moving, lasts, source, not begin.shape[1]))
            left, begin = left - lasts, source.factor(lasts) if lasts > 0 else begin
        if left > 0:
            found.append(FollowedStretch(moving, left, None, True))
            begin = begin[:, :0]
    return found


def _size(columns: np.ndarray) -> float:
    return float(np.linalg.norm(columns))


def _reach(chain: SourceChain) -> float:
    """What a field of amplitudes of size one does to the emitters while it lasts, at most."""
    slowest = float(np.min(np.linalg.eigvals(chain.drift).real))
    return chain.scale * float(abs(sparse.csr_array(chain.drive)).sum(axis=0).max()) / slowest


class FollowedRun:
    """One evolution of one charge with K quanta and the tiers up to `last`.

    Args:
        stretches: One after the other.
        quanta: K.
        part: The initial density matrix, or its elements of this charge, (d, d).
        charge: Q.
        last: The highest tier.
        sharp: The start on all tiers, where the lowest alone does not hold it.
    """

    def __init__(
        self,
        stretches: Sequence[FollowedStretch],
        quanta: int,
        part: np.ndarray,
        charge: int,
        last: int,
        sharp: TierMatrices | None = None,
    ) -> None:
        self.stretches, self.last = stretches, last
        self.lengths: Sequence[float] = [stretch.length for stretch in stretches]
        begins = [stretch.source.begin for stretch in stretches if stretch.source is not None]
        chains = list({id(stretch.chain): stretch.chain for stretch in stretches}.values())
        numbers = [*begins, *(array for one in chains for array in (one.drift, one.covariance))]
        turning = any(np.any(array.imag) for array in numbers)
        self.units = DriftUnits(chains[0], chains, turning=turning)
        self.parts = self._tiers(chains, quanta, part, charge, sharp)
        built = self.parts[id(chains[0])][0]
        if sharp is None:
            start = tier0_vector(built, part, charge)
        else:
            start = joined_tiers(built, vectors_of(built, sharp))
        every = [one for own in self.parts.values() for one in own]
        if not np.any(start.imag) and all(map(is_real, every)):
            self.parts = {key: [real_part(one) for one in own] for key, own in self.parts.items()}
            start = start.real
        self.built, self.start = self.parts[id(chains[0])][0], start
        self._sum: tuple[tuple[int, int], WeightedSum] | None = None
        self.basis = self.built.basis[0][:, : self.built.tier0_size]

    def _tiers(
        self,
        chains: Sequence[SourceChain],
        quanta: int,
        part: np.ndarray,
        charge: int,
        sharp: TierMatrices | None,
    ) -> dict[int, list[Tiers]]:
        """What is summed behind each network: the emitters, the drive, and units of the drift."""
        own = {id(chain): drive_terms(chain) for chain in chains}
        (alone, undamped), first = own[id(chains[0])]
        others = [term for chain in chains[1:] for term in own[id(chain)]]
        start, held = (part, None) if sharp is None else (None, sharp.held())
        built, moved = tiers_with_changes(
            alone,
            quanta,
            [*self.units.changes, first, *others],
            start,
            charge,
            damping=undamped,
            held=held,
        )
        count = len(self.units.changes)
        drives = iter([built, *moved[count:]])
        return {id(chain): [*islice(drives, 2), *moved[:count]] for chain in chains}

    @property
    def bytes(self) -> float:
        """See `Run`."""
        return bytes_of_factors(self.last, max(self.built.sizes))

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        later = int(np.count_nonzero(np.cumsum(self.lengths[:-1]) < time))
        real = not np.iscomplexobj(self.start)
        return long_work(self.last, max(self.built.sizes), tolerance, real=real, later=later)

    def states(self, times: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`."""
        return across(self, times, tolerance)

    def enter(self, number: int) -> None:
        """See `Crossing`; the generator of one network is kept at a time."""
        self.stretch, self.begins = self.stretches[number], number > 0
        last = 0 if self.stretch.source is None else self.last
        key = id(self.stretch.chain), last
        if self._sum is None or self._sum[0] != key:
            self._sum = key, assembled(self.parts[key[0]], last)
        self.generator = MovingGenerator(
            self.built.tier0_size, tier_offsets(self.built, last), self._sum[1], self.weights
        )

    def weights(self, time: float) -> list[float]:
        """The weights of the drive and of the units of the drift at a time of the stretch."""
        source, chain = self.stretch.source, self.stretch.chain
        if source is None:
            return [0.0] * (1 + len(self.units.changes))
        return self.units.weights(*source.at(time), chain)

    @property
    def norm(self) -> float:
        """Norm of the generator in the end of the stretch, about."""
        end = min(self.stretch.length, self.stretch.moving.settled(_EPS))
        return self.generator.sum.norm(self.weights(end))

    def limit(self, end: float, tolerance: float) -> float:
        """See `Crossing`: as long as the rounding of what is conserved allows."""
        if self.stretch.source is None:
            return np.inf
        return max(self.stretch.moving.settled(tolerance), tolerance / (_EPS * self.norm))

    def steps(
        self, y: np.ndarray, times: list[float], tolerance: float, report: Callable[[str], None]
    ) -> Iterator[np.ndarray]:
        """See `Crossing`."""
        size = int(self.generator.offset[-1])
        kept = self.built.tier0_size if self.begins and self.stretch.fresh else size
        start: np.ndarray = np.zeros(size, dtype=y.dtype)
        start[: min(len(y), kept)] = y[:kept]
        first = min(1.0 / self.norm, max([*times[-1:], 1e-300]))
        return long_steps_to(self.generator, start, times, first, tolerance, report)

    def read(self, y: np.ndarray) -> np.ndarray:
        """See `Crossing`."""
        d = int(np.sqrt(self.basis.shape[0]))
        return np.asarray((self.basis @ y[: self.built.tier0_size]).reshape(d, d))

    def late(
        self, y: np.ndarray, times: np.ndarray, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Crossing`."""
        chain, parts = self.stretch.chain, self.parts[id(self.stretch.chain)]
        weights = [1.0, *self.weights(self.stretch.moving.settled(_EPS))]
        settled = replace(
            summed_tiers(parts, weights),
            width=float(np.sqrt(abs(chain.variance))),
            source_rate=float(np.min(np.linalg.eigvals(chain.drift).real)),
        )
        return evolve_settled(settled, split(self.built, y, self.last), times, tolerance)
