r"""Mean and variance of a coherent field, through one network or through several.

While one network holds, with the decay rate lambda of its mode and the variance that it leads to,

$$m(t) = m_0\, e^{-\lambda t}, \qquad V(t) = V_\infty + (V_0 - V_\infty)\, e^{-2\lambda t}$$

Neither jumps where networks change, and nor does the phase of the frame that turns with the mode.
So a vector relative to this Gaussian is carried from one network to the next as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.networks.gaussian_source import GaussianMode


class FieldPiece(NamedTuple):
    """The field while one network holds.

    Args:
        hierarchy: The network's hierarchy, of one mode.
        begin: When it begins.
        end: When it ends; infinite for the last one.
        mean: |m| at its beginning.
        variance: V at its beginning.
        angle: The phase of the mean at its beginning.
    """

    hierarchy: Hierarchy
    begin: float
    end: float
    mean: float
    variance: float
    angle: float

    @property
    def mode(self) -> GaussianMode:
        """The mode of the network."""
        return self.hierarchy.modes[0]

    def mean_at(self, time: float) -> float:
        """|m| at a time."""
        return float(self.mean * np.exp(-self.mode.rate * (time - self.begin)))

    def variance_at(self, time: float) -> float:
        """V at a time."""
        filled = -np.expm1(-2 * self.mode.rate * (time - self.begin))
        return float(self.variance + (self.mode.variance - self.variance) * filled)

    def angle_at(self, time: float) -> float:
        """The phase of the mean at a time."""
        return self.angle - self.mode.detuning * (time - self.begin)


class MovingField:
    """The field of a mode that starts in a coherent state.

    Args:
        hierarchies: Of the networks, one after the other, in one basis of bright and dark states.
        lengths: How long each but the last of them lasts.
        amplitude: Beta.
    """

    def __init__(
        self, hierarchies: Sequence[Hierarchy], lengths: Sequence[float], amplitude: complex
    ) -> None:
        self.pieces: list[FieldPiece] = []
        now, mean, variance, angle = 0.0, abs(amplitude), 0.0, float(np.angle(amplitude))
        for hierarchy, length in zip(hierarchies, [*lengths, np.inf], strict=True):
            piece = FieldPiece(hierarchy, now, now + length, mean, variance, angle)
            self.pieces.append(piece)
            if np.isfinite(piece.end):
                now = piece.end
                mean, variance = piece.mean_at(now), piece.variance_at(now)
                angle = piece.angle_at(now)

    @property
    def hierarchies(self) -> list[Hierarchy]:
        """The different hierarchies, in the order in which they begin."""
        return list({id(p.hierarchy): p.hierarchy for p in self.pieces}.values())

    def angle(self, time: float) -> float:
        """The phase of the mean at a time."""
        return next(p for p in self.pieces if time <= p.end).angle_at(time)
