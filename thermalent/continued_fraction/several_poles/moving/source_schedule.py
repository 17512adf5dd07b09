r"""A source of several poles under one network after the other: what it starts from and goes on to.

With the drift H of a piece and the stationary covariance \(V_\infty\) to which it leads,

$$V(t) = V_\infty + e^{-Ht}\, (V_0 - V_\infty)\, e^{-H^\dagger t}$$

in the coordinates of the chain. The hierarchy relative to the Gaussian of this covariance is exact
(see `source.gaussian`), and V(t) does not jump where networks change: the vector is carried over as
it is. Where V has become stationary the generator no longer depends on time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.several_poles import choice
from thermalent.continued_fraction.several_poles.chain.common_coordinates import common_chains
from thermalent.continued_fraction.several_poles.chain.coordinates import NoChainError, SourceChain
from thermalent.continued_fraction.several_poles.evolution import tiers_depth
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedStretch,
    followed_stretches,
)
from thermalent.continued_fraction.several_poles.moving.source.filling_chain import COLD
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
    source_pieces,
)
from thermalent.continued_fraction.several_poles.moving.wider_reference import (
    PART,
)
from thermalent.networks.network import Network
from thermalent.solution.tasks import EvolutionTask, start_amplitudes

_SAME = 1e-13  # part of a covariance by which two of them differ for rounding
_WORTH_A_BREAK = 2.0  # times that the source takes to be stationary, from which steps end there
_PROBED = 8  # networks whose steady states are looked at for the number of tiers


class PolesStretch(NamedTuple):
    """A time in which neither network nor the kind of motion of the source changes.

    Args:
        piece: Number of the network.
        length: How long it lasts.
        source: The source that moves; None where it is stationary.
    """

    piece: int
    length: float
    source: MovingSource | None

    def tiers(self, last: int) -> int:
        """The highest tier in use: all, as a source that cools keeps its tiers."""
        return last


def poles_stretches(pieces: Sequence[MovingPiece], rest: float) -> list[PolesStretch]:
    """The stretches of a schedule.

    Args:
        pieces: The source, network by network.
        rest: Part of the covariance that may be left of a motion when it counts as stationary.
    """
    found: list[PolesStretch] = []
    begins = [source.covariance(0.0) for source, _ in pieces]
    every = [begins[0], *(source.chain.covariance for source, _ in pieces)]
    largest = max(float(np.linalg.norm(v, 2)) for v in every)
    for number, ((source, length), begin) in enumerate(zip(pieces, begins, strict=True)):
        if np.linalg.norm(begin - source.chain.covariance, 2) <= _SAME * largest:
            found.append(PolesStretch(number, length, None))
            continue
        settled = source.settled(rest)
        if length > _WORTH_A_BREAK * settled:
            found.append(PolesStretch(number, settled, source))
            found.append(PolesStretch(number, length - settled, None))
        else:
            found.append(PolesStretch(number, length, source))
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class PolesSchedule:
    """Chains in common coordinates, and where they start.

    Args:
        chains: Of the networks up to the last time, one after the other.
        lengths: How long each of them lasts.
        begin: Covariance of the source at time zero, (m, m).
        amplitudes: Of the modes' coherent states at time zero, (modes,).
    """

    chains: list[SourceChain]
    lengths: list[float]
    begin: np.ndarray
    amplitudes: np.ndarray

    @cached_property
    def pieces(self) -> list[MovingPiece]:
        """The source, network by network."""
        return source_pieces(self.chains, self.lengths, self.amplitudes, self.begin)

    def stretches(self, tolerance: float) -> list[PolesStretch]:
        """The times in which neither network nor the motion of the source change."""
        return poles_stretches(self.pieces, tolerance)

    @property
    def hottest(self) -> float:
        """The largest variance of the field that the emitters see."""
        every = [self.begin, *(chain.covariance for chain in self.chains)]
        return max(float(v[0, 0].real) for v in every) * self.chains[0].scale ** 2

    def followed(self, tolerance: float) -> list[FollowedStretch] | None:
        """The stretches of a hot source that moves, in coordinates that follow it, if there are.

        Of a coherent one a wider Gaussian is followed; see `wider_reference`.
        """
        coherent = bool(np.any(self.amplitudes))
        at_rest = all(one.source is None for one in self.stretches(tolerance))
        if (at_rest and not coherent) or self.hottest <= COLD:
            return None
        begin = self.begin[:, :0]
        if coherent:
            begin = np.sqrt(PART) * self.pieces[0].source.mean[:, None]
        elif np.any(self.begin):
            begin = np.linalg.cholesky(self.begin)
        return followed_stretches(self.pieces, begin, tolerance)

    def depth(self, tolerance: float) -> int:
        """Tiers that steady states need behind the hottest source of all."""
        every = [self.begin, *(chain.covariance for chain in self.chains)]
        hottest = max(every, key=lambda covariance: float(np.trace(covariance).real))
        probed = self.chains[:: max(1, len(self.chains) // _PROBED)]
        return max(
            tiers_depth(replace(chain, covariance=hottest), min(1, chain.length - 1), tolerance)
            for chain in {id(chain): chain for chain in probed}.values()
        )


def schedule_of(chains: Sequence[SourceChain], task: EvolutionTask) -> PolesSchedule:
    """The schedule of a task from the chains of its networks, one after the other."""
    lengths = [stretch.length for stretch in task.stretches()]
    first = chains[0].covariance
    return PolesSchedule(
        chains=list(chains[: len(lengths)]),
        lengths=lengths,
        begin=first if task.source == "stationary" else 0 * first,
        amplitudes=start_amplitudes(task.source, len(task.network.modes)),
    )


def whole_chains(networks: Sequence[Network]) -> list[SourceChain]:
    """The chains of networks in common coordinates that hold every amplitude of the source.

    Raises:
        NoChainError: there are none, or their fraction takes too much.
        SymmetryError: a network does not conserve the excitation number.
        UnstableSourceError: the modes of a network together have no stationary state.
    """
    chains = common_chains(networks, whole=True)
    for chain in {id(chain): chain for chain in chains}.values():
        reason = choice.chain_too_large(chain)
        if reason is not None:
            raise NoChainError(reason)
    return chains
