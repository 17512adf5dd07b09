r"""The mean over an ensemble and its standard error, accumulated block by block.

With mean m and sum of squared deviations s of n trajectories, a block of k trajectories with mean
m' and sum s' gives (Chan's formulas, without cancellation)

$$m \to m + \frac{k}{n + k}\,\delta, \qquad s \to s + s' + \frac{nk}{n + k}\,\delta^2, \qquad
  \delta = m' - m$$

Real and imaginary parts of complex quantities have a sum of squares each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BATCHES = 64
# The standard error of a jackknife over b batches is itself uncertain by 1/sqrt(2 (b - 1)).
_FEWEST_BATCHES = 8


@dataclass(frozen=True, eq=False)
class BlockMean:
    """The contribution of one block.

    Args:
        count: Number of trajectories.
        mean: Their mean, any shape, real or complex.
        scatter: Sum of squared deviations from it as `squares` counts them, shape of `mean`.
        beside: Means of other quantities, which need no standard error.
        events: Number of jumps or other events of all its trajectories.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray
    beside: tuple[np.ndarray, ...] = ()
    events: int = 0


def squares(x: np.ndarray) -> np.ndarray:
    """Square of a real array; of a complex one, squared real part plus i times squared imaginary
    part.
    """
    if np.iscomplexobj(x):
        return np.asarray(x.real**2 + 1j * x.imag**2)
    return np.asarray(x**2)


class EnsembleMean:
    """The mean over blocks that are added in their order.

    The sums depend on the order of the blocks alone: the result has the same bits whichever thread
    or worker computed them.

    Args:
        batches: Number of batches whose means are kept apart, for the standard error of any
            function of the mean; none are kept if zero, to save memory.
    """

    def __init__(self, batches: int = BATCHES) -> None:
        self.count = self.blocks = self.events = 0
        self.beside: tuple[np.ndarray, ...] = ()
        self._batches = batches

    def add(self, block: BlockMean) -> None:
        """Add a block."""
        n, k = self.count, block.count
        if n == 0:
            self.mean, self._scatter = np.zeros_like(block.mean), np.zeros_like(block.mean)
            self.beside = tuple(np.zeros_like(quantity) for quantity in block.beside)
            self._sums = np.zeros((self._batches, *block.mean.shape), dtype=block.mean.dtype)
            self._weights = np.zeros(self._batches)
        delta = block.mean - self.mean
        self.mean = self.mean + delta * (k / (n + k))
        self._scatter = self._scatter + block.scatter + squares(delta) * (n * k / (n + k))
        self.beside = tuple(
            so_far + (added - so_far) * (k / (n + k))
            for so_far, added in zip(self.beside, block.beside, strict=True)
        )
        if self._batches:
            self._sums[self.blocks % self._batches] += k * block.mean
            self._weights[self.blocks % self._batches] += k
        self.count, self.blocks = n + k, self.blocks + 1
        self.events += block.events

    @property
    def usable(self) -> bool:
        """Whether the mean has a standard error, which takes two trajectories."""
        return self.count >= 2

    @property
    def variances(self) -> np.ndarray:
        """Variance of the mean of each element, real and imaginary parts together."""
        scatter = self._scatter
        if np.iscomplexobj(scatter):
            scatter = scatter.real + scatter.imag
        return np.asarray(scatter / (self.count * (self.count - 1)))

    @property
    def standard_errors(self) -> np.ndarray:
        """Standard error of the mean of each element."""
        return np.asarray(np.sqrt(self.variances))

    def batches(self, read: Callable[[np.ndarray], np.ndarray] = np.asarray) -> Batches:
        """Means of the batches, after `read` has turned them into density matrices."""
        used = min(self.blocks, self._batches)
        weights = self._weights[:used]
        shape = (used,) + (1,) * self.mean.ndim
        return Batches(read(self._sums[:used] / weights.reshape(shape)), weights.copy())


class Batches:
    """Means of batches of trajectories, for the standard error of any function of the mean.

    Args:
        states: Mean density matrix of each batch, (b, ..., d, d).
        weights: Number of trajectories of each batch, (b,).
    """

    def __init__(self, states: np.ndarray, weights: np.ndarray) -> None:
        self.states = states
        self.weights = weights

    def __repr__(self) -> str:
        return f"<means of {len(self.weights)} batches of trajectories>"

    def standard_error(self, function: Callable[[np.ndarray], float]) -> float:
        r"""Standard error of a function of the mean state, by the jackknife.

        $$\sigma^2 = \frac{b - 1}{b} \sum_i (f_i - \bar f)^2$$

        where f_i is the function of the mean with batch i left out.

        Args:
            function: From a mean density matrix (of all recorded times, if there are several) to a
                number or an array.

        Raises:
            ValueError: there are fewer than eight batches.
        """
        b = len(self.weights)
        if b < _FEWEST_BATCHES:
            each = int(self.weights.max(initial=1))
            raise ValueError(
                f"Argument `n` must be at least {_FEWEST_BATCHES * each}, {_FEWEST_BATCHES} times "
                f"{each} for the jackknife, but is {int(self.weights.sum())}."
            )
        total = np.tensordot(self.weights, self.states, 1)
        left = [
            (total - w * state) / (self.weights.sum() - w)
            for w, state in zip(self.weights, self.states, strict=True)
        ]
        values = np.array([function(state) for state in left])
        return np.sqrt((b - 1) / b * (np.abs(values - values.mean(axis=0)) ** 2).sum(axis=0))
