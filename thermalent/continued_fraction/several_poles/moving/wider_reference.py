r"""The hierarchy behind a hot source that starts in a coherent state, charge by charge.

Relative to a Gaussian without a mean total charges stay apart. That of the stationary source is too
wide for a source that has hardly filled; one that fills, and is wider by a part of the mean beta of
the amplitudes,

$$V'(t) = V(t) + x\, b(t)\, b(t)^\dagger, \qquad b(t) = e^{-Ht} \beta$$

moves as the covariance of the source itself does, so that the coordinates of `filling_chain` follow
it. At the start it has the direction of beta alone: there the amplitude \(w_1 = e^{i\varphi}/
\sqrt{x}\), with the phase of the first derivative of b_1 that is not zero, is sharp, while all
others are distributed as the reference, and the tiers begin with

$$\mu^{kl} = e^{i\varphi(l - k)}\, (-1)^k \sqrt{k!/l!}\; x^{-(l-k)/2}\, L_k^{(l-k)}(1/x)\, \rho_0,
  \quad l \geq k$$

and no quanta beyond w_1 (see `dynamics.coherent_source` for one mode). A wider reference takes more
tiers, in return fewer quanta along the chain are needed and less is lost to cancellation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.continued_fraction.dynamics.coherent_source import factors
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.fields import (
    TierMatrices,
    joined_tiers,
    vectors_of,
)
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.moving.empty_source import COLD, stretch_of
from thermalent.continued_fraction.several_poles.moving.filling_chain import following_frame
from thermalent.continued_fraction.several_poles.moving.moving_source import MovingSource
from thermalent.continued_fraction.several_poles.moving.stepped_run import SteppedRun
from thermalent.networks.symmetry import element_charges

# x, measured behind two and three poles at n_th = 20 to 1221: with less, more quanta are needed and
# more is lost to cancellation, which exp(1/2x) bounds; with more, more tiers.
PART = 0.5
_SETTLED, _LOOKED_AT = 1e-2, 60  # when the mean is no longer looked at, and at how many times it is
_NEGLIGIBLE = 1e-12  # part of its terms, below which a derivative of b_1 is zero


class Reference:
    """The Gaussian relative to which a source is followed.

    Attributes: `width` is the largest width of the field that drives the emitters in that of the
    stationary state, `turn` the phase factor of b_1 right after the start, `frame` the coordinates
    that follow the Gaussian, and `suits` whether they exist and the source is hot.

    Args:
        source: Mean and covariance of the source over time.
    """

    def __init__(self, source: MovingSource) -> None:
        self.source, chain = source, source.chain
        times = np.linspace(0.0, source.settled(_SETTLED), _LOOKED_AT)
        changes = [source.at(time) for time in times.tolist()]
        filled = [chain.scale**2 * float(lacking[0].real) for lacking, _ in changes]
        mean = np.array([abs(field) ** 2 for _, field in changes])
        self.frame = following_frame(chain, np.sqrt(PART) * source.mean[:, None])
        self.suits = self.frame is not None and chain.variance > COLD
        widest = float(np.max(filled + PART * mean))
        self.width = float(np.sqrt(1 + widest / chain.variance)) if self.suits else np.inf
        self.turn = first_turn(source)


class CoherentSector(SteppedRun):
    """One evolution of one charge, from a coherent state of the source.

    Args:
        reference: What the source is followed relative to.
        quanta: K.
        rho: Initial density matrix, (d, d).
        charge: Total charge Q.
        last: The highest tier.
    """

    def __init__(
        self,
        reference: Reference,
        quanta: int,
        rho: np.ndarray,
        charge: int,
        last: int,
    ) -> None:
        assert reference.frame is not None
        start = sharp_start(reference.source.chain, reference.turn, quanta, rho, charge, last)
        stretch = stretch_of(reference.frame, reference.source, quanta, charge, held=start.held())
        built = stretch.parts[0]
        super().__init__([stretch], joined_tiers(built, vectors_of(built, start)), last, long=True)


def sharp_start(
    chain: SourceChain, turn: complex, quanta: int, rho: np.ndarray, charge: int, last: int
) -> TierMatrices:
    """The tiers at time zero relative to the wider Gaussian.

    Args:
        chain: Emitters and source.
        turn: The phase factor of b_1 right after the start.
        quanta: K.
        rho: Initial density matrix, (d, d).
        charge: Total charge Q.
        last: The highest tier.
    """
    d = len(rho)
    inside = (chain.bright_dark.conj().T @ rho @ chain.bright_dark).ravel()
    difference = element_charges(chain.numbers) - charge  # k - l
    tiers = np.zeros((last + 1, count(chain.length - 1, quanta), d * d), dtype=complex)
    for one in np.unique(difference).tolist():
        sizes = factors(one, last, 1.0, PART**-0.5) * turn**-one
        tiers[:, 0] += np.multiply.outer(sizes, np.where(difference == one, inside, 0))
    shape = (*tiers.shape[:2], d, d)
    return TierMatrices(chain, quanta, charge, tiers.reshape(shape), np.eye(chain.length))


class RunOfCharges:
    """One evolution of all charges, each by a run of its own.

    Args:
        sectors: The runs of the charges 0, 1, ...; those below zero are their adjoints.
        last: The highest tier.
    """

    def __init__(self, sectors: Sequence[SteppedRun], last: int) -> None:
        self.sectors, self.last = sectors, last

    @property
    def bytes(self) -> float:
        """See `Run`."""
        return max(sector.bytes for sector in self.sectors)

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        return sum(sector.work(time, tolerance) for sector in self.sectors)

    def states(
        self, times: np.ndarray, settled: float, tolerance: float
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`."""
        states, error, refused = self.sectors[0].states(times, settled, tolerance)
        for sector in self.sectors[1:]:
            found, own, lost = sector.states(times, settled, tolerance)
            states = states + found + found.conj().transpose(0, 2, 1)
            error, refused = error + 2 * own, max(refused, lost)
        return states, error, refused


class CoherentRun(RunOfCharges):
    """One evolution with K quanta and the tiers up to `last`, of all charges.

    Args:
        reference: What the source is followed relative to.
        quanta: K.
        last: The highest tier.
        rho: Initial density matrix, (d, d).
    """

    def __init__(self, reference: Reference, quanta: int, last: int, rho: np.ndarray) -> None:
        highest = int(np.max(reference.source.chain.numbers))
        charges = range(highest + 1)
        super().__init__(
            [CoherentSector(reference, quanta, rho, charge, last) for charge in charges], last
        )


def first_turn(source: MovingSource) -> complex:
    """The phase factor of b_1 right after the start."""
    drift, row = source.chain.drift, np.eye(source.chain.length)[0].astype(complex)
    for _ in range(source.chain.length):
        value = complex(row @ source.mean)
        if abs(value) > _NEGLIGIBLE * float(np.abs(row) @ np.abs(source.mean)):
            return value / abs(value)
        row = -row @ drift
    return 1.0 + 0j
