r"""The Gaussian state of a source that does not start in its stationary state.

The amplitudes u of a source in the vacuum or in a coherent state are Gaussian at all times. With
the drift H and the stationary covariance V of the chain, mean and covariance are

$$m(t) = e^{-Ht}\, m(0), \qquad V(t) = V - e^{-Ht}\, V\, e^{-H^\dagger t}$$

The hierarchy is exact relative to any Gaussian that moves as the source does. Relative to this one
V(t) takes the place of V in the terms from the tier below, and the mean drives the emitters,
\(\dot X \ni \eta m_1 L_+ X + \eta m_1^* L_- X\). All tiers but the lowest are then empty at the
start, as for a stationary source, and no more quanta are needed than for the steady state. In
return the generator depends on time, and steps replace contours until the source is stationary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.numerics.matrix_exponential import matrix_exponential

# Marks between which exp(-H t) is a Taylor series, in units of 1/|H|, and its terms: 0.25^12/12!
# is 1e-16.
_MARK, _TERMS = 0.25, 11
_POWERS = np.arange(_TERMS + 1)


class MovingSource:
    """Mean and covariance of the amplitudes over time.

    Args:
        chain: Emitters and source.
        amplitudes: Of the modes' coherent states at the start, (modes,); zeros: empty.
        begin: The covariance at the start, (m, m); zero if not given.
    """

    def __init__(
        self, chain: SourceChain, amplitudes: np.ndarray, begin: np.ndarray | None = None
    ) -> None:
        self.chain = chain
        self._beyond = (0.0 if begin is None else begin) - chain.covariance
        self.mean = chain_amplitudes(chain, amplitudes)
        self.apart = _MARK / float(np.linalg.norm(chain.drift, 2))
        self.marks: dict[int, np.ndarray] = {}  # exp(-H t) at some times
        power, powers = np.eye(len(chain.drift), dtype=complex), []
        for n in range(1, _TERMS + 2):
            powers.append(power.ravel())
            power = -self.apart * chain.drift @ power / n
        self._terms = np.array(powers)  # (-H a)^n/n! with a between marks, (terms, m^2)

    def at(self, time: float) -> tuple[np.ndarray, complex]:
        """V_1j(t) - V_1j, (m,), and the field eta m_1(t) that drives the emitters."""
        over = self._propagator(time)
        row = over[0]
        lacking = row @ self._beyond @ over.conj().T
        return lacking, complex(self.chain.scale * (row @ self.mean))

    def covariance(self, time: float) -> np.ndarray:
        """V(t), (m, m)."""
        over = self._propagator(time)
        found = self.chain.covariance + over @ self._beyond @ over.conj().T
        return np.asarray(0.5 * (found + found.conj().T))

    def behind(self, chain: SourceChain, time: float) -> MovingSource:
        """The source from a time on, behind another network."""
        after = MovingSource(chain, np.zeros(len(chain.members)), self.covariance(time))
        after.mean = np.asarray(self._propagator(time) @ self.mean)
        return after

    def settled(self, rest: float) -> float:
        """When mean and covariance are stationary but for this part of the covariance."""
        drift = self.chain.drift
        width = max(1.0, float(np.sqrt(abs(self.chain.covariance[0, 0]))))
        mean = float(np.linalg.norm(self.mean)) / width
        step = 1.0 / float(np.min(np.linalg.eigvals(drift).real))
        over, time = matrix_exponential(-drift * step), step
        left = over
        while max(np.linalg.norm(left, 2) ** 2, mean * np.linalg.norm(left, 2)) > rest:
            left, time = left @ over, time + step
        return time

    def _propagator(self, time: float) -> np.ndarray:
        """exp(-H t), from that at a mark before t by Taylor's series."""
        drift, apart = self.chain.drift, self.apart
        mark = int(time / apart)
        if mark not in self.marks:
            self.marks[mark] = matrix_exponential(-drift * (mark * apart))
        series = (time / apart - mark) ** _POWERS @ self._terms
        return np.asarray(series.reshape(drift.shape) @ self.marks[mark])


def chain_amplitudes(chain: SourceChain, amplitudes: np.ndarray) -> np.ndarray:
    """The amplitudes u of the chain, (m,), where those of the modes are given, (modes,)."""
    # The chain holds the conjugates of modes whose quanta count as negative charge.
    own = np.where(chain.members % 2 == 1, np.conj(amplitudes), amplitudes)
    return np.asarray(chain.transform @ own)


class MovingPiece(NamedTuple):
    """The source while one network holds.

    Args:
        source: Its mean and covariance since the network began.
        length: How long the network holds.
    """

    source: MovingSource
    length: float


def source_pieces(
    chains: Sequence[SourceChain],
    lengths: Sequence[float],
    amplitudes: np.ndarray,
    begin: np.ndarray | None = None,
) -> list[MovingPiece]:
    """The source under one network after the other: neither mean nor covariance jumps.

    Args:
        chains: Of the networks, one after the other, in common coordinates.
        lengths: How long each of them lasts.
        amplitudes: Of the modes' coherent states at time zero, (modes,).
        begin: Covariance of the source at time zero, (m, m); zero if not given.
    """
    source, found = MovingSource(chains[0], amplitudes, begin), []
    for number, (chain, length) in enumerate(zip(chains, lengths, strict=True)):
        if number:
            source = source.behind(chain, lengths[number - 1])
        found.append(MovingPiece(source, length))
    return found
