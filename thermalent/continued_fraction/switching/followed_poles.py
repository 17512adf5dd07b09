r"""A schedule behind sources of several poles in coordinates that follow its covariance.

The triangular factor of V(t) goes on where networks change, and with it the amplitudes w (see
`filling_chain`), so that a vector is carried over as it is. A field that is switched off decays
until it is too weak to matter. From then on the emitters are alone, and what comes later starts
without it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.several_poles.chain.building import tiers_with_changes
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import (
    TierMatrices,
    joined_tiers,
    vectors_of,
)
from thermalent.continued_fraction.several_poles.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.moving.filling_chain import (
    DriftUnits,
    FollowedSource,
    drive_terms,
)
from thermalent.continued_fraction.several_poles.moving.moving_source import MovingSource
from thermalent.continued_fraction.several_poles.moving.stepped_run import (
    SteppedRun,
    SteppedStretch,
)

_WEAK = 0.1  # of the tolerance of a step, which a field that is left out may change


class FollowedStretch:
    """A time in which the source of one network fills or decays.

    Args:
        chain: The network.
        length: How long it lasts.
        source: The source; None where there is no field.
        fresh: Whether it began without one.
    """

    def __init__(
        self, chain: SourceChain, length: float, source: FollowedSource | None, *, fresh: bool
    ) -> None:
        self.chain, self.length, self.source, self.fresh = chain, length, source, fresh


def followed_stretches(
    chains: Sequence[SourceChain], lengths: Sequence[float], begin: np.ndarray, tolerance: float
) -> list[FollowedStretch] | None:
    """The stretches of a schedule; None where a source cannot be followed.

    Args:
        chains: Of the networks, one after the other, in common coordinates.
        lengths: How long each lasts.
        begin: B with the covariance B B^+ at time zero, (m, n).
        tolerance: Error allowed at each step.
    """
    reach = max(_reach(chain) for chain in chains)
    found: list[FollowedStretch] = []
    for chain, length in zip(chains, lengths, strict=True):
        left = length
        begin = begin if reach * _size(begin) > _WEAK * tolerance else begin[:, :0]
        source = FollowedSource(chain, begin)
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
            found.append(FollowedStretch(chain, lasts, source, fresh=not begin.shape[1]))
            left, begin = left - lasts, source.factor(lasts) if lasts > 0 else begin
        if left > 0:
            found.append(FollowedStretch(chain, left, None, fresh=True))
            begin = begin[:, :0]
    return found


def _size(columns: np.ndarray) -> float:
    return float(np.linalg.norm(columns))


def _reach(chain: SourceChain) -> float:
    """What a field of amplitudes of size one does to the emitters while it lasts, at most."""
    slowest = float(np.min(np.linalg.eigvals(chain.drift).real))
    return chain.scale * float(abs(sparse.csr_array(chain.drive)).sum(axis=0).max()) / slowest


def followed_run(
    stretches: Sequence[FollowedStretch],
    quanta: int,
    part: np.ndarray,
    charge: int,
    last: int,
    sharp: TierMatrices | None = None,
) -> SteppedRun:
    """The run of one charge with K quanta and the tiers up to `last`.

    Args:
        stretches: One after the other.
        quanta: K.
        part: The initial density matrix, or its elements of this charge, (d, d).
        charge: Q.
        last: The highest tier.
        sharp: The start on all tiers, where the lowest alone does not hold it.
    """
    chains = list({id(stretch.chain): stretch.chain for stretch in stretches}.values())
    first = chains[0]
    begins = [stretch.source.begin for stretch in stretches if stretch.source is not None]
    numbers = [*begins, *(array for one in chains for array in (one.drift, one.covariance))]
    units = DriftUnits(first, chains, turning=any(np.any(array.imag) for array in numbers))
    (alone, undamped), drive = drive_terms(first)
    others = [term for chain in chains[1:] for term in drive_terms(chain)]
    start, held = (part, None) if sharp is None else (None, sharp.held())
    changes = [drive, *units.changes, *others]
    built, moved = tiers_with_changes(
        alone, quanta, changes, start, charge, damping=undamped, held=held
    )
    count = 1 + len(units.changes)
    pairs = [built, moved[0], *moved[count:]]
    parts = {
        id(chain): [*pairs[2 * i : 2 * i + 2], *moved[1:count]] for i, chain in enumerate(chains)
    }
    if sharp is None:
        begin = built.basis[0][:, : built.tier0_size].conj().T @ part.ravel()
        begin = begin.real if charge == 0 else begin
    else:
        begin = joined_tiers(built, vectors_of(built, sharp))
    return SteppedRun(
        [_stepped(stretch, parts[id(stretch.chain)], units) for stretch in stretches],
        begin,
        last,
        long=True,
    )


def _stepped(stretch: FollowedStretch, parts: list[Tiers], units: DriftUnits) -> SteppedStretch:
    source, chain = stretch.source, stretch.chain
    nothing = np.zeros(chain.length)

    def weights(time: float) -> list[float]:
        if source is None:
            return [0.0] * (len(parts) - 1)
        return units.weights(*source.at(time), chain)

    return SteppedStretch(
        parts,
        weights,
        MovingSource(chain, nothing).settled,
        chain,
        stretch.length,
        stretch.fresh,
        source is None,
    )
