r"""Means over trajectories, their standard errors, and the bias that the step leaves.

With x_h the mean at step h along given paths of the field, the mean that is reported is
extrapolated from two steps, and a third tells how good that is:

$$y_h = \frac{4 x_h - x_{2h}}{3}, \qquad
  |y_h - \lim y| \approx \tfrac17 |y_{2h} - y_h|$$

The scheme's weak error is c_2 h^2 + c_3 h^3 + ..., the second term from the roughness of the path
(measured; it vanishes for a slow field, where the estimate is twice too large).

Where a part of the field is white noise, the error begins with c_1 h, and three steps take away
the first two terms; what the second of them took away bounds what is left:

$$y_h = \frac{8 x_h - 6 x_{2h} + x_{4h}}{3}, \qquad
  |y_h - \lim y| \lesssim \tfrac12 |2 x_h - x_{2h} - y_h|$$
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from thermalent.stochastic.basis import element_basis, element_deviations
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.kernels import LANES, Rows, multiply
from thermalent.stochastic.plan import rows

MERGES = (1, 2, 4)
_BATCHES = 64


def extrapolated(fine: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """The limit of small steps, from the values at a step and at twice that step."""
    return (4 * fine - coarse) / 3


def extrapolated_white(x: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The limit of small steps under white noise, and the one without its second term."""
    return (8 * x[0] - 6 * x[1] + x[2]) / 3, 2 * x[0] - x[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockSums:
    """What one block contributes at each recorded time r; coordinates of `element_basis`.

    Args:
        count: Number of trajectories.
        mean: Their extrapolated mean, (r, d^2).
        scatter: Sum of squared deviations from it, (r, d^2).
        fine: Mean at the step itself, (r, d^2).
        coarse: Mean extrapolated from twice the step (to lower order under white noise), (r, d^2);
            None where it was not computed.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray
    fine: np.ndarray
    coarse: np.ndarray | None


class Reader:
    """Reads blocks off: from the kernels' coordinates to elements of the density matrix."""

    def __init__(self, emitters: DrivenEmitters) -> None:
        self.d = emitters.dimension
        self.white = emitters.white
        self.elements = element_basis(self.d)
        overlap = self.elements.conj().T @ emitters.basis
        self._rows: Rows = rows(np.where(np.abs(overlap) > 1e-15, overlap.real, 0.0))

    def sums(self, records: Iterable[list[np.ndarray]], count: int) -> BlockSums:
        """The sums of a block from the coordinates of its companions at each recorded time."""
        means, scatters, fines, coarses = [], [], [], []
        for companions in records:
            x = [self._read(c)[:, :count] for c in companions]
            if self.white:
                y, lower = extrapolated_white(x)
                coarses.append(lower.mean(axis=1))
            else:
                y = extrapolated(x[0], x[1])
            mean = y.mean(axis=1)
            means.append(mean)
            scatters.append(((y - mean[:, None]) ** 2).sum(axis=1))
            fines.append(x[0].mean(axis=1))
            if len(x) > 2 and not self.white:
                coarses.append(extrapolated(x[1], x[2]).mean(axis=1))
        return BlockSums(
            count=count,
            mean=np.array(means),
            scatter=np.array(scatters),
            fine=np.array(fines),
            coarse=np.array(coarses) if coarses else None,
        )

    def matrices(self, coordinates: np.ndarray) -> np.ndarray:
        """Density matrices (..., d, d) from coordinates (..., d^2)."""
        rho = coordinates @ self.elements.T
        return rho.reshape(*coordinates.shape[:-1], self.d, self.d)

    def _read(self, x: np.ndarray) -> np.ndarray:
        # Not by BLAS: its result may depend on the number of threads.
        y = np.empty_like(x)
        multiply(self._rows, x, y)
        return y


class Batches:
    """Means of up to 64 batches of trajectories, for the standard error of any function of them.

    Args:
        states: Mean density matrix of each batch, (b, ..., d, d).
        weights: Trajectories of each batch, (b,).
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
        if b < 8:
            raise ValueError(
                f"The jackknife needs at least 8 batches of {LANES} trajectories, but has {b}: "
                f"ask for n >= {8 * LANES}."
            )
        total = np.tensordot(self.weights, self.states, 1)
        left = [
            (total - w * state) / (self.weights.sum() - w)
            for w, state in zip(self.weights, self.states, strict=True)
        ]
        values = np.array([function(state) for state in left])
        return np.sqrt((b - 1) / b * (np.abs(values - values.mean(axis=0)) ** 2).sum(axis=0))


class Tally:
    """Sums over blocks, added in their order: the same numbers whoever computed the blocks."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.count = 0
        self.blocks = 0

    def add(self, block: BlockSums) -> None:
        """Add a block (Chan's formula for the scatter: no cancellation)."""
        n, k = self.count, block.count
        if not self.count:
            self._mean, self._scatter = np.zeros_like(block.mean), np.zeros_like(block.mean)
            self._fine, self._coarse = np.zeros_like(block.mean), np.zeros_like(block.mean)
            self._reference, self._compared = np.zeros_like(block.mean), 0
            self._batch = np.zeros((_BATCHES, *block.mean.shape))
            self._weight = np.zeros(_BATCHES)
        delta = block.mean - self._mean
        self._mean = self._mean + delta * (k / (n + k))
        self._scatter = self._scatter + block.scatter + delta**2 * (n * k / (n + k))
        self._fine = self._fine + k * block.fine
        if block.coarse is not None:
            self._coarse = self._coarse + k * block.coarse
            self._reference = self._reference + k * block.mean
            self._compared += k
        self._batch[self.blocks % _BATCHES] += k * block.mean
        self._weight[self.blocks % _BATCHES] += k
        self.count, self.blocks = n + k, self.blocks + 1

    @property
    def states(self) -> np.ndarray:
        """Mean density matrices, (r, d, d)."""
        return self.reader.matrices(self._mean)

    @property
    def standard_errors(self) -> np.ndarray:
        """Standard errors of the elements at each recorded time, (r, d, d)."""
        variances = self._scatter / (self.count * (self.count - 1))
        return element_deviations(variances, self.reader.d)

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of the largest element at each recorded time, (r,)."""
        return self.standard_errors.max(axis=(1, 2))

    @property
    def correction(self) -> np.ndarray:
        """How far the extrapolation moved the largest element, (r,)."""
        return self._largest(self._mean - self._fine / self.count)

    @property
    def bias(self) -> np.ndarray:
        """Estimate of the bias that is left of the largest element, (r,)."""
        share = 2 if self.reader.white else 7
        return self._largest(self._coarse - self._reference) / self._compared / share

    @property
    def batches(self) -> Batches:
        """Means of batches of trajectories, (b, r, d, d)."""
        used = min(self.blocks, _BATCHES)
        means = self._batch[:used] / self._weight[:used, None, None]
        return Batches(self.reader.matrices(means), self._weight[:used].copy())

    def _largest(self, coordinates: np.ndarray) -> np.ndarray:
        return np.abs(self.reader.matrices(coordinates)).max(axis=(1, 2))
