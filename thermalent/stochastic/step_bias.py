r"""The bias that a finite step leaves in the mean over trajectories, and its estimate.

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

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from thermalent.ensembles.mean import Batches, BlockMean, EnsembleMean
from thermalent.stochastic.basis import element_basis, element_deviations
from thermalent.stochastic.driven import DrivenEmitters
from thermalent.stochastic.step_kernels import Rows, multiply_lanes
from thermalent.stochastic.step_operators import padded_rows

# Steps of the emitters, in steps of the field, from which means are extrapolated.
COARSENINGS = (1, 2, 4)


def extrapolated(fine: np.ndarray, coarse: np.ndarray) -> np.ndarray:
    """The limit of small steps, from the values at a step and at twice that step."""
    return (4 * fine - coarse) / 3


def extrapolated_white(x: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The limit of small steps under white noise, and the one without its second term."""
    return (8 * x[0] - 6 * x[1] + x[2]) / 3, 2 * x[0] - x[1]


@dataclass(frozen=True, kw_only=True, eq=False)
class ExtrapolatedBlock:
    """The contribution of one block at each recorded time r, in coordinates of `element_basis`.

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
    """Converts the kernels' coordinates into elements of the density matrix."""

    def __init__(self, emitters: DrivenEmitters) -> None:
        self.d = emitters.dimension
        self.white = emitters.white
        self.elements = element_basis(self.d)
        overlap = self.elements.conj().T @ emitters.basis
        self._rows: Rows = padded_rows(np.where(np.abs(overlap) > 1e-15, overlap.real, 0.0))

    def block(self, records: Iterable[list[np.ndarray]], count: int) -> ExtrapolatedBlock:
        """The contribution of a block, from its coarsened paths' coordinates at recorded times."""
        means, scatters, fines, coarses = [], [], [], []
        for paths in records:
            x = [self._read(coordinates)[:, :count] for coordinates in paths]
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
        return ExtrapolatedBlock(
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
        multiply_lanes(self._rows, x, y)
        return y


class ExtrapolatedMean:
    """The mean over an ensemble at vanishing step, and the bias that the extrapolation leaves."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.ensemble = EnsembleMean()

    def add(self, block: ExtrapolatedBlock) -> None:
        """Add a block."""
        if not self.ensemble.count:
            self._fine, self._coarse = np.zeros_like(block.mean), np.zeros_like(block.mean)
            self._reference, self._compared = np.zeros_like(block.mean), 0
        self.ensemble.add(BlockMean(block.count, block.mean, block.scatter))
        self._fine = self._fine + block.count * block.fine
        if block.coarse is not None:
            self._coarse = self._coarse + block.count * block.coarse
            self._reference = self._reference + block.count * block.mean
            self._compared += block.count

    @property
    def count(self) -> int:
        """Number of trajectories."""
        return self.ensemble.count

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return self.ensemble.blocks

    @property
    def usable(self) -> bool:
        """Whether there is a mean with a standard error."""
        return self.ensemble.usable

    @property
    def states(self) -> np.ndarray:
        """Mean density matrices, (r, d, d)."""
        return self.reader.matrices(self.ensemble.mean)

    @property
    def standard_errors(self) -> np.ndarray:
        """Standard errors of the elements at each recorded time, (r, d, d)."""
        return element_deviations(self.ensemble.variances, self.reader.d)

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of the largest element at each recorded time, (r,)."""
        return self.standard_errors.max(axis=(1, 2))

    @property
    def correction(self) -> np.ndarray:
        """Change of the largest element by the extrapolation, (r,)."""
        return self._largest(self.ensemble.mean - self._fine / self.count)

    @property
    def bias(self) -> np.ndarray:
        """Estimate of the bias that is left of the largest element, (r,)."""
        share = 2 if self.reader.white else 7
        return self._largest(self._coarse - self._reference) / self._compared / share

    @property
    def batches(self) -> Batches:
        """Means of batches of trajectories, (b, r, d, d)."""
        return self.ensemble.batches(self.reader.matrices)

    def _largest(self, coordinates: np.ndarray) -> np.ndarray:
        return np.abs(self.reader.matrices(coordinates)).max(axis=(1, 2))
