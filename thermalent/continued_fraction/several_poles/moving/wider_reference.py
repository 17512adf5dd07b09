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
from thermalent.continued_fraction.several_poles.chain.fields import TierMatrices
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.moving.followed_run import (
    FollowedRun,
    FollowedStretch,
)
from thermalent.continued_fraction.several_poles.moving.source.gaussian import (
    MovingPiece,
    MovingSource,
)
from thermalent.networks.symmetry import element_charges

# x, measured behind two and three poles at n_th = 20 to 1221: with less, more quanta are needed and
# more is lost to cancellation, which exp(1/2x) bounds; with more, more tiers.
PART = 0.5
_SETTLED, _LOOKED_AT = 1e-2, 60  # when the mean is no longer looked at, and at how many times it is
_NEGLIGIBLE = 1e-12  # part of its terms, below which a derivative of b_1 is zero


def reference_width(pieces: Sequence[MovingPiece], variance: float) -> float:
    """The largest width of the wider Gaussian, in that of some variance of the field."""
    largest = variance
    for source, length in pieces:
        chain = source.chain
        for time in np.linspace(0.0, min(length, source.settled(_SETTLED)), _LOOKED_AT).tolist():
            lacking, field = source.at(time)
            filled = chain.scale**2 * float((chain.covariance[0, 0] + lacking[0]).real)
            largest = max(largest, filled + PART * abs(field) ** 2)
    return float(np.sqrt(largest / variance))


class WiderRun:
    """One evolution of all charges, those >= 0 by a run each; the others are their adjoints.

    Args:
        stretches: The wider Gaussian, as it is followed.
        turn: The phase factor of b_1 right after the start.
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
        self.last, chain = last, stretches[0].chain
        self.sectors = [
            FollowedRun(
                stretches,
                quanta,
                rho,
                charge,
                last,
                sharp_start(chain, turn, quanta, rho, charge, last),
            )
            for charge in range(int(np.max(chain.numbers)) + 1)
        ]

    @property
    def bytes(self) -> float:
        """See `Run`."""
        return max(sector.bytes for sector in self.sectors)

    def work(self, time: float, tolerance: float) -> float:
        """See `Run`."""
        return sum(sector.work(time, tolerance) for sector in self.sectors)

    def states(self, times: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray, float]:
        """See `Run`."""
        states, error, refused = self.sectors[0].states(times, tolerance)
        for sector in self.sectors[1:]:
            found, own, lost = sector.states(times, tolerance)
            states = states + found + found.conj().transpose(0, 2, 1)
            error, refused = error + 2 * own, max(refused, lost)
        return states, error, refused


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


def first_turn(source: MovingSource) -> complex:
    """The phase factor of b_1 right after the start."""
    drift, row = source.chain.drift, np.eye(source.chain.length)[0].astype(complex)
    for _ in range(source.chain.length):
        value = complex(row @ source.mean)
        if abs(value) > _NEGLIGIBLE * float(np.abs(row) @ np.abs(source.mean)):
            return value / abs(value)
        row = -row @ drift
    return 1.0 + 0j
