r"""The time after which a steady state no longer depends on where the trajectories started.

Two ensembles start in different states. Their distance is what the start still contributes; where
it decays exponentially from one to \(\rho\) within the burn-in time b, its mean over a window w
that follows is

$$\bar\rho = \frac1w \int_0^w \rho^{1 + t/b}\,dt = \rho\,\frac{1 - \rho^{w/b}}{\ln(1/\rho)\,w/b}$$
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.ensembles.mean import BATCHES, Batches, BlockMean, EnsembleMean
from thermalent.solution.result import Outcome, Status

# Two starts whose means differ by more standard errors are not in one state: a normal deviate is
# beyond six once in 5e8, far more often than states have elements.
_APART = 6.0


class BurnIn(NamedTuple):
    """The time that is left out before averaging, and the contribution of the start after it.

    Args:
        length: Time, or number of steps.
        converged: Whether the two starts came together.
        remaining: Distance of the two starts after it, of the largest matrix element.
    """

    length: float
    converged: bool
    remaining: float

    def averaged(self, window: float) -> float:
        """Mean distance over a window that follows, if it goes on to fall as fast as so far."""
        if not 0.0 < self.remaining < 1.0:
            return self.remaining
        exponent = -np.log(self.remaining) * window / self.length
        return float(-self.remaining * np.expm1(-exponent) / exponent)


class TwoStarts:
    """One ensemble in two parts, which differ in the state where their trajectories start.

    Blocks carry the number of the part, 0 or 1, to which they belong.

    Args:
        batches: Number of batches of each part whose means are kept apart.
    """

    def __init__(self, batches: int = BATCHES) -> None:
        self.parts = (EnsembleMean(batches), EnsembleMean(batches))

    def add(self, block: tuple[int, BlockMean]) -> None:
        """Add a block to one of the parts."""
        which, contribution = block
        self.parts[which].add(contribution)

    @property
    def count(self) -> int:
        """Number of trajectories of both parts."""
        return sum(part.count for part in self.parts)

    @property
    def blocks(self) -> int:
        """Number of blocks of both parts."""
        return sum(part.blocks for part in self.parts)

    @property
    def events(self) -> int:
        """Number of events of both parts."""
        return sum(part.events for part in self.parts)

    @property
    def usable(self) -> bool:
        """Whether both parts are: one start alone does not tell how far the two are apart."""
        return all(part.usable for part in self.parts)

    @property
    def mean(self) -> np.ndarray:
        """Mean over all trajectories."""
        return np.asarray(sum(w * part.mean for w, part in self._weighted))

    @property
    def beside(self) -> tuple[np.ndarray, ...]:
        """Means of the other quantities over all trajectories."""
        count = len(self.parts[0].beside)
        return tuple(
            np.asarray(sum(w * part.beside[i] for w, part in self._weighted)) for i in range(count)
        )

    @property
    def standard_errors(self) -> np.ndarray:
        """Standard error of the mean of each element."""
        return np.asarray(np.hypot(*(w * part.standard_errors for w, part in self._weighted)))

    def batches(self) -> Batches:
        """Means of the batches, each with trajectories of both parts."""
        parts = [part.batches() for part in self.parts]
        weights = np.zeros(max(len(part.weights) for part in parts))
        sums = np.zeros((len(weights), *self.parts[0].mean.shape), dtype=self.parts[0].mean.dtype)
        shape = (-1,) + (1,) * self.parts[0].mean.ndim
        for part in parts:
            weights[: len(part.weights)] += part.weights
            sums[: len(part.weights)] += part.weights.reshape(shape) * part.states
        return Batches(sums / weights.reshape(shape), weights)

    @property
    def distance(self) -> float:
        """Distance of the means of the two parts, of the largest element."""
        return float(self._apart.max())

    @property
    def converged(self) -> bool:
        """Whether the two parts agree within the noise of both.

        To the standard errors, 2/n is added for what so few trajectories cannot have shown.
        """
        noise = np.hypot(*(part.standard_errors for part in self.parts)) + 2 / self.count
        return bool(np.all(self._apart <= _APART * noise))

    @property
    def _apart(self) -> np.ndarray:
        return np.asarray(np.abs(self.parts[0].mean - self.parts[1].mean))

    @property
    def _weighted(self) -> list[tuple[float, EnsembleMean]]:
        return [(part.count / self.count, part) for part in self.parts]


def not_settled(time: float, distance: str, remedy: str) -> Status:
    """The status of a steady state that still depends on the start after the burn-in time."""
    return Outcome.NOT_CONVERGED.because(
        f"After the time {time:.3g} two different starts still differ by {distance}: the "
        f"steady state is not unique, or is reached too slowly. {remedy}"
    )
