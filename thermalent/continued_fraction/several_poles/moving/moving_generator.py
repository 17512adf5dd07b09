r"""The equation of motion of the tiers behind a source that moves, and explicit steps of it.

The generator is a sum of constant ones with weights that depend on time. Relative to the Gaussian
with the covariance V(t) of the source (`source.gaussian`) these are the real and imaginary parts of
the V_1j(t) in the terms from the tier below, beside the generator behind an empty source,

$$\dot X = \Big[ L_0 + \sum_j \mathrm{Re}\,V_{1j}(t)\, P_j
  + \mathrm{Im}\,V_{1j}(t)\, Q_j \Big] X$$

In coordinates that follow the covariance they are the elements of the drift (see
`source.filling_chain`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.assembly import assemble_tiers
from thermalent.continued_fraction.chain.tiers import BlockEntries, Tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.tail_damping import tail_damping
from thermalent.continued_fraction.several_poles.elimination.sum_of_matrices import SumOfMatrices

# Sparse products take so much longer than the dense ones in which work is granted.
SPARSE = 15.0
_STAGES = 12.0  # products with the generator in a step
_NODES = 16  # of a step in time, more than there are
_STEP = 3.0  # its length in units of the inverse norm of the generator, about


class CovarianceUnits:
    """Units of the covariances V_1j, and how many of them there are.

    Where nothing turns the amplitudes V stays real, and its imaginary parts are left out.

    Args:
        chains: All networks, in common coordinates.
        begin: Covariance of the source at time zero, (m, m), if not that of the first of them.
    """

    def __init__(self, chains: Sequence[SourceChain], *begin: np.ndarray) -> None:
        arrays = (*begin, *(array for one in chains for array in (one.drift, one.covariance)))
        self.units = (1.0, 1j) if any(np.any(array.imag) for array in arrays) else (1.0,)

    def with_changes(self, chain: SourceChain) -> list[tuple[SourceChain, np.ndarray]]:
        """A chain with an empty source, and the units, each with its damping of tails."""
        nothing, nowhere = (0 * chain.drive,) * chain.length, np.zeros(chain.length)
        cold = replace(chain, covariance=0 * chain.covariance)
        still = replace(
            cold,
            liouvillian=0 * chain.liouvillian,
            drift=0 * chain.drift,
            backaction=nothing,
            backaction_conj=nothing,
        )
        found = [(cold, tail_damping(chain.drift))]
        for j in range(chain.length):
            for unit in self.units:
                covariance = np.zeros(chain.covariance.shape, dtype=complex)
                covariance[0, j] = unit
                found.append((replace(still, covariance=covariance), nowhere))
        return found

    def weights(self, covariances: np.ndarray) -> list[float]:
        """How many units the V_1j are, (m,)."""
        numbers = [(value / unit).real for value in covariances.tolist() for unit in self.units]
        return [float(number) for number in numbers]


def up_alone(chain: Tiers) -> Tiers:
    """The terms from the tier below alone."""

    def without(pair: tuple[BlockEntries, BlockEntries]) -> tuple[BlockEntries, BlockEntries]:
        even, odd = pair
        return even._replace(value=0 * even.value), odd._replace(value=0 * odd.value)

    return replace(chain, within=without(chain.within), down=without(chain.down))


def summed_tiers(parts: Sequence[Tiers], weights: Sequence[float]) -> Tiers:
    """The sum of some tiers, each with its weight, as tiers."""

    def joined(kind: str, parity: int) -> BlockEntries:
        blocks = [getattr(part, kind)[parity] for part in parts]
        own = [
            block._replace(value=weight * block.value)
            for weight, block in zip(weights, blocks, strict=True)
        ]
        row, col, value, shift = (np.concatenate(same) for same in zip(*own, strict=True))
        use = value != 0
        return BlockEntries(row[use], col[use], value[use], shift[use])

    return replace(
        parts[0],
        within=(joined("within", 0), joined("within", 1)),
        up=(joined("up", 0), joined("up", 1)),
        down=(joined("down", 0), joined("down", 1)),
        rate=float(np.dot(weights, [part.rate for part in parts])),
    )


class WeightedSum:
    """Matrices (n, n) that are summed with weights, the first of them with weight one."""

    def __init__(self, matrices: Sequence[sparse.csr_array]) -> None:
        # Below one another: a product takes longer to begin than those of small matrices do.
        self.stacked = sparse.csr_array(sparse.vstack(matrices, format="csr"))

    @property
    def matrices(self) -> list[sparse.csr_array]:
        """One after the other."""
        n = self.stacked.shape[1]
        return [self.stacked[row : row + n] for row in range(0, self.stacked.shape[0], n)]

    @cached_property
    def pattern(self) -> SumOfMatrices:
        """The sum on all places of all matrices, for weights that change often."""
        return SumOfMatrices(self.matrices)

    @property
    def entries(self) -> int:
        """Nonzero elements of all matrices."""
        return int(self.stacked.nnz)

    def at(self, weights: Sequence[float]) -> sparse.csr_array:
        """The sum, without the matrices that do not count."""
        matrix, *varying = self.matrices
        for weight, part in zip(weights, varying, strict=True):
            if weight != 0.0 and part.nnz:
                matrix = matrix + weight * part
        return sparse.csr_array(matrix)

    def norm(self, weights: Sequence[float]) -> float:
        """Norm of the sum, about: the largest sum over a row."""
        return float(abs(self.at(weights)).sum(axis=1).max())

    def applied(self, weights: Sequence[float], y: np.ndarray) -> np.ndarray:
        """The sum times a vector."""
        products = (self.stacked @ y).reshape(-1, len(y))
        return np.asarray(np.array([1.0, *weights]) @ products)


def assembled(parts: Sequence[Tiers], last: int) -> WeightedSum:
    """The tiers that are summed, up to a last one."""
    return WeightedSum([assemble_tiers(one, last) for one in parts])


@dataclass(frozen=True)
class MovingGenerator:
    """A generator whose weights change with time; see `Equation`.

    Args:
        own: Unknowns of tier zero.
        offset: Position of each tier, and the size.
        sum: What is summed.
        weights: At a time.
    """

    own: int
    offset: np.ndarray
    sum: WeightedSum
    weights: Callable[[float], Sequence[float]]

    def __post_init__(self) -> None:
        # All nodes of a step are asked for twice.
        object.__setattr__(self, "weights", lru_cache(maxsize=_NODES)(self.weights))

    def at(self, time: float) -> Callable[[np.ndarray], np.ndarray]:
        """See `Equation`."""
        matrix = self.sum.pattern.with_weights(np.array(self.weights(time)))
        return lambda y: np.asarray(matrix @ y)

    def frozen(self, times: np.ndarray) -> sparse.csr_array:
        """See `Equation`."""
        weights = np.mean([self.weights(time) for time in times.tolist()], axis=0)
        return self.sum.pattern.with_weights(weights)

    def slope(self, time: float, y: np.ndarray) -> np.ndarray:
        """L(t) y."""
        return self.sum.applied(self.weights(time), y)


def explicit_work(entries: int, norm: float, time: float) -> float:
    """Multiplications of `steps_to` up to a time, about, in those of dense matrices.

    Args:
        entries: Nonzero elements of the generator.
        norm: Its norm, about.
        time: Time.
    """
    return SPARSE * _STAGES * entries * (1 + time * norm / _STEP)


def steps_to(
    slope: Callable[[float, np.ndarray], np.ndarray],
    start: np.ndarray,
    times: list[float],
    tolerance: float,
    report: Callable[[str], None],
) -> Iterator[np.ndarray]:
    """The solution of y' = slope(t, y) at increasing times >= 0, from `start` at zero."""
    y, now = start, 0.0
    for time in times:
        if time > now:
            y, now = _stepped(slope, now, time, y, tolerance), time
            report(f"t = {now:.3g}")
        yield y


def _stepped(
    slope: Callable[[float, np.ndarray], np.ndarray],
    now: float,
    time: float,
    y: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """The solution of y' = slope(t, y) at a later time."""
    from scipy.integrate import DOP853  # late: most calls need none of scipy.integrate

    steps = DOP853(slope, now, y, time, rtol=tolerance, atol=tolerance)
    while steps.status == "running":
        message = steps.step()
        if message is not None:  # the step fell below the spacing of the numbers
            raise np.linalg.LinAlgError(message)
    return np.asarray(steps.y)
