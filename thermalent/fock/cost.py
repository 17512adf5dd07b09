r"""Estimates of the memory and work of a solve, before it is started.

With the elements grouped by excitation number the Lindbladian is block tridiagonal, and the factors
of a block tridiagonal matrix hold at most
\(\sum_g b_g (b_g + 2 b_{g+1})\) entries, \(b_g\) the elements of group g (further blocks if a jump
carries several quanta). The column ordering of the factorisation does no worse than this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thermalent.fock.krylov import DIMENSION as BASIS
from thermalent.fock.lindbladian import truncated_operators
from thermalent.fock.solvers import KRYLOV_VECTORS
from thermalent.networks.network import Network
from thermalent.networks.symmetry import level_charges

MEMORY_LIMIT = 8e9
# Bytes, measured: per entry of the factors (value, index, work space), and per non-zero element of
# the Lindbladian while it is built. With them the estimate is 1.1 to 3.2 times the peak.
_PER_FACTOR_ENTRY = 14.0
_PER_NONZERO = 120.0
# Vectors beside the Krylov basis, index arrays included.
_BLOCK_VECTORS = 25
# An evolution goes block by block above this many non-zero elements, if a block has this many.
_LARGE = 2e5
_PER_GROUP = 400.0
# Product states of the emitters above which no operator is built to count its entries.
_COUNTED_STATES = 2**11
# Levels per mode from which the entries per row are extrapolated.
_SAMPLE = 4
# Above this many groups their sizes are taken as equal.
_COUNT_UP_TO = 100_000


@dataclass(frozen=True, kw_only=True)
class SolveCost:
    """Estimated cost of a solve.

    Args:
        elements: Unknowns.
        direct: Bytes for the direct solver.
        iterative: Bytes for the iterative solver.
        work: Multiplications of the factorisation, to its order of magnitude.
        matrix: Bytes for an evolution with a sparse matrix.
        blocks: Bytes for an evolution block by block.
        large: Whether an evolution goes block by block: few blocks, many elements.
    """

    elements: float
    direct: float
    iterative: float
    work: float
    matrix: float
    blocks: float
    large: bool

    @property
    def evolution(self) -> float:
        """Bytes of memory for an evolution."""
        return self.blocks if self.large else self.matrix

    def of(self, solver: str) -> float:
        """Bytes of memory for the solver of that name."""
        return self.direct if solver == "direct" else self.iterative


def solve_cost(network: Network, cutoffs: Sequence[int], numbers: np.ndarray | None) -> SolveCost:
    """Memory and work of a solve with the given cutoffs.

    Args:
        network: The network.
        cutoffs: Levels kept of each mode.
        numbers: Excitation numbers of the emitters' states; None if every element is kept.
    """
    sizes, times = _group_sizes(network, cutoffs, numbers)
    width = sizes.copy()
    for step in range(1, (1 if numbers is None else _reach(network)) + 1):
        width[:-step] += 2 * sizes[step:]
    elements = times * float(np.sum(sizes))
    nonzeros = elements * _row_entries(network)
    build = _PER_NONZERO * nonzeros
    vectors = 8.0 * elements * (4 * KRYLOV_VECTORS)
    iterative = build + vectors + 32.0 * elements
    return SolveCost(
        elements=elements,
        direct=build + _PER_FACTOR_ENTRY * times * float(np.sum(sizes * width)),
        iterative=iterative,
        work=times * float(np.sum(sizes * sizes * width)),
        matrix=iterative,
        blocks=16.0 * elements * (BASIS + _BLOCK_VECTORS),
        large=nonzeros > _LARGE and elements > _PER_GROUP * times * len(sizes),
    )


def _group_sizes(
    network: Network, cutoffs: Sequence[int], numbers: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """Elements of each diagonal block, and how often this list of blocks repeats."""
    states = float(np.prod([float(cutoff) for cutoff in cutoffs]) * np.prod(network.dims))
    if numbers is None:
        # In levels of the largest mode on one side: each term changes them by one at most.
        groups = max(cutoffs, default=1)
        elements = states**2
    else:
        groups = int(sum(cutoff - 1 for cutoff in cutoffs) + numbers.max() + 1)
        if groups <= _COUNT_UP_TO:
            return _state_counts(cutoffs, numbers) ** 2, 1.0
        elements = states**2 / groups
    listed = min(groups, _COUNT_UP_TO)
    return np.full(listed, elements / groups), groups / listed


def _state_counts(cutoffs: Sequence[int], numbers: np.ndarray) -> np.ndarray:
    """Product states of each total excitation number."""
    counts = np.bincount(numbers).astype(float)
    for cutoff in cutoffs:
        sums = np.cumsum(np.concatenate([counts, np.zeros(cutoff - 1)]))
        counts = sums - np.concatenate([np.zeros(cutoff), sums[:-cutoff]])[: len(sums)]
    return counts


def _reach(network: Network) -> int:
    """The largest number of quanta that one jump changes."""
    reach = 1
    for emitter in network.emitters:
        charge = level_charges(emitter)
        for jump in emitter.collapse_operators:
            i, j = np.nonzero(jump)
            reach = max(reach, int(np.max(np.abs(charge[i] - charge[j]), initial=0)))
    return reach


def _row_entries(network: Network) -> float:
    """Mean number of non-zero elements in a row of the Lindbladian."""
    if np.prod([float(d) for d in network.dims]) > _COUNTED_STATES:
        # Every pair of nodes, from either side of every element: an upper bound.
        return 4.0 * len(network.nodes) ** 2
    hamiltonian, jumps = truncated_operators(network, (_SAMPLE,) * len(network.modes))
    drift = sum((jump.b.T @ jump.a for jump in jumps), start=hamiltonian)
    states = drift.shape[0]
    return 2 * drift.nnz / states + sum(jump.a.nnz * jump.b.nnz / states**2 for jump in jumps)
