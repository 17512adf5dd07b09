r"""A schedule behind several poles whose source starts in coherent states.

Mean and covariance of the amplitudes go on where networks change, and so does the vector relative
to the Gaussian that has them. Relative to one with the mean of the source charges are coupled
(`displaced_source`), which suits cold sources. Relative to one that is wider by a part of the mean
they are not, and it is followed in long steps (`wider_reference`, `followed_poles`), which suits
hot ones; nothing may act back on those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from thermalent.continued_fraction.several_poles.chain.assembly import assemble_tiers
from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.moving.displaced_source import (
    CoherentStretch,
    DisplacedRun,
    places_of,
)
from thermalent.continued_fraction.several_poles.moving.empty_source import COLD
from thermalent.continued_fraction.several_poles.moving.larger_runs import (
    Run,
    SearchGoal,
    converge_runs,
)
from thermalent.continued_fraction.several_poles.moving.moving_source import (
    MovingSource,
    explicit_work,
    up_alone,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    PART,
    RunOfCharges,
    first_turn,
    sharp_start,
)
from thermalent.continued_fraction.switching.followed_poles import (
    FollowedStretch,
    followed_run,
    followed_stretches,
)
from thermalent.continued_fraction.switching.poles_tiers import numbers_of, with_changes

_WORTH_CONTOURS = 2.0  # times that the source takes to be stationary, from which contours are used
_LOOKED_AT = 60  # times of a stretch at which the field is looked at
_SETTLED = 1e-2  # when the mean is no longer looked at
_FIRST_CHARGES, _MORE_CHARGES = 3, 1.5  # beyond those of the emitters; then so many times as many
_FIRST_QUANTA = 2  # of a hot source, where the first order leaves some percent
# A sharp field is a sum of all tiers, of which so many more are taken, then so many times as many.
_TIERS, _MORE_TIERS = 1.3, 1.25
# Variance of the field up to which short steps of coupled charges are faster than long ones.
_SHORT_STEPS = 20.0


def coherent_stretches(
    chains: Sequence[SourceChain], lengths: Sequence[float], amplitudes: np.ndarray
) -> list[CoherentStretch]:
    """The source from coherent states of the modes on, (modes,), piece by piece."""
    found: list[CoherentStretch] = []
    for chain, length in zip(chains, lengths, strict=True):
        source = MovingSource(chain, amplitudes, np.zeros_like(chain.covariance))
        if found:
            before = found[-1]
            begin = before.source.covariance(before.length)
            source = MovingSource(chain, np.zeros_like(amplitudes), begin)
            source.mean = before.source.mean_at(before.length)
        found.append(CoherentStretch(source, length))
    return found


class CoherentSchedule:
    """A schedule whose source starts in coherent states.

    Attributes: `followed` is the wider Gaussian, piece by piece, None where it cannot be followed;
    `width` its largest width in that of the hottest thermal field.

    Args:
        chains: Of the networks up to the last time, one after the other.
        lengths: How long each of them lasts.
        amplitudes: Of the modes, (modes,).
        hottest: The largest thermal variance of the field.
        tolerance: Error allowed at each step.
    """

    def __init__(
        self,
        chains: Sequence[SourceChain],
        lengths: Sequence[float],
        amplitudes: np.ndarray,
        hottest: float,
        tolerance: float,
    ) -> None:
        self.stretches, self.hottest = coherent_stretches(chains, lengths, amplitudes), hottest
        begin = np.sqrt(PART) * self.stretches[0].source.mean[:, None]
        self.followed = None
        if hottest > COLD:
            self.followed = followed_stretches(chains, lengths, begin, tolerance)
        self.width = 1.0
        if self.followed is not None:
            self.width = _reference_width(self.stretches, hottest)


def _reference_width(stretches: Sequence[CoherentStretch], variance: float) -> float:
    """The largest width of the wider Gaussian, in that of some variance of the field."""
    largest = 0.0
    for source, length in stretches:
        for time in np.linspace(0.0, min(length, source.settled(_SETTLED)), _LOOKED_AT).tolist():
            lacking, field = source.at(time)
            chain = source.chain
            filled = chain.scale**2 * float((chain.covariance[0, 0] + lacking[0]).real)
            largest = max(largest, filled + PART * abs(field) ** 2)
    return float(np.sqrt(max(1.0, largest / variance)))


class SwitchedDisplacedRun(DisplacedRun):
    """One evolution with K quanta, the tiers up to `last` and the charges up to `most_charge`.

    Args:
        stretches: The source, piece by piece.
        quanta: K.
        last: The highest tier.
        most_charge: The highest charge Q.
        rho: Initial density matrix, (d, d).
    """

    def __init__(
        self,
        stretches: Sequence[CoherentStretch],
        quanta: int,
        last: int,
        most_charge: int,
        rho: np.ndarray,
    ) -> None:
        self.stretches, self.quanta, self.last = list(stretches), quanta, last
        known = {id(one.source.chain): one.source.chain for one in stretches}
        self.chain = self.stretches[0].source.chain
        moved = [one for chain in known.values() for one in with_changes(chain)]
        self._built: dict[int, list[list[Tiers]]] = {key: [] for key in known}
        self.places = []
        for charge in range(most_charge + 1):
            built, others = tiers_with_changes(
                moved[0][0], quanta, moved[1:], charge=charge, whole=True
            )
            every = [built, *others]
            each = len(every) // len(known)
            for i, key in enumerate(known):
                self._built[key].append(every[i * each : (i + 1) * each])
            self.places.append(places_of(self.chain, built, last, quanta))
        self._entered: int | None = None
        self._enter(self.stretches[0])
        self._places_of_start(rho)

    @property
    def norm(self) -> float:
        """Norm of the generator behind the stationary source, about; see `DisplacedRun`."""
        whole = self.constant
        weights = numbers_of(self.chain.covariance[0])
        for weight, matrix in zip(weights, self.varying, strict=True):
            whole = whole + weight * matrix
        field = self.chain.scale * float(np.linalg.norm(self.source.mean))
        driven = float(abs(self.raising).sum(axis=1).max()) if self.raising.nnz else 0.0
        return float(abs(whole).sum(axis=1).max()) + 2 * field * driven

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        left, found = time, 0.0
        for stretch in self.stretches:
            if left <= 0:
                break
            self._enter(stretch)
            found += explicit_work(self.entries, self.norm, min(left, stretch.length))
            left -= stretch.length
        return found

    def _limit(self, end: float, settled: float, tolerance: float) -> float:
        """When contours take over; never where steps to the end take hardly longer."""
        settled = self.source.settled(tolerance)
        return settled if end > _WORTH_CONTOURS * settled else np.inf

    def _enter(self, stretch: CoherentStretch) -> None:
        """Take the generator of a network, one at a time."""
        self.source, self.chain = stretch.source, stretch.source.chain
        key = id(self.chain)
        if self._entered == key:
            return
        self._entered = key
        parts = [
            [assemble_tiers(one, self.last) for one in (cold, *map(up_alone, units))]
            for cold, *units in self._built[key]
        ]
        self._take(parts)

    def _weights(self, lacking: np.ndarray) -> list[float]:
        return numbers_of(self.chain.covariance[0] + lacking)


class SwitchedCoherentRun(RunOfCharges):
    """One evolution with K quanta and the tiers up to `last`, of all charges kept apart.

    Args:
        stretches: The Gaussian that is followed, piece by piece.
        turn: The phase factor of the amplitude that drives the emitters, right after the start.
        quanta: K.
        last: The highest tier.
        rho: Initial density matrix, (d, d).
    """

    def __init__(
        self,
        stretches: Sequence[FollowedStretch],
        turn: complex,
        quanta: int,
        last: int,
        rho: np.ndarray,
    ) -> None:
        chain = stretches[0].chain
        starts = (
            sharp_start(chain, turn, quanta, rho, charge, last)
            for charge in range(int(np.max(chain.numbers)) + 1)
        )
        sectors = [
            followed_run(stretches, quanta, rho, charge, last, sharp=start)
            for charge, start in enumerate(starts)
        ]
        super().__init__(sectors, last)


def evolve_coherent(
    schedule: CoherentSchedule, times: np.ndarray, rho: np.ndarray, goal: SearchGoal
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """States (t, d, d), errors (t,), and statistics.

    Args:
        schedule: The source, and the Gaussian that is followed, if there is one.
        times: Increasing, >= 0, (t,).
        rho: Initial density matrix, (d, d).
        goal: What is wanted, and what it may take.
    """
    stretches, followed = schedule.stretches, schedule.followed
    highest = int(np.max(stretches[0].source.chain.numbers))

    def coupled(quanta: int, last: int, round_: int) -> Run:
        charges = min(int(_FIRST_CHARGES * _MORE_CHARGES**round_), last)
        return SwitchedDisplacedRun(stretches, quanta, last, highest + charges, rho)

    def apart(quanta: int, last: int, round_: int) -> Run:
        wide = schedule.width * _TIERS * _MORE_TIERS**round_
        assert followed is not None
        turn = first_turn(stretches[0].source)
        return SwitchedCoherentRun(followed, turn, quanta, int(np.ceil(last * wide)), rho)

    make: Callable[[int, int, int], Run] = coupled
    if followed is not None and schedule.hottest > _SHORT_STEPS:
        make, goal = apart, goal._replace(quanta=_FIRST_QUANTA)
    states = np.full((len(times), *rho.shape), np.nan, dtype=complex)
    error = np.full(len(times), np.inf)
    stats = converge_runs(make, goal, times, states, error)
    error[times > 0] += stretches[0].source.chain.rounding
    return states, error, stats
