r"""All configurations of a network with at most K excitations, and its operators on them.

The basis is sorted by the number of excitations, so that operators that conserve it are block
diagonal and a jump leads from one block to an earlier one. Modes count their quanta up to K:
nothing is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from thermalent.excitations.levels import charges
from thermalent.excitations.losses import propagator, total_decay
from thermalent.excitations.start import Configuration
from thermalent.networks.network import Network


def sector_sizes(network: Network, most: int) -> list[int]:
    """Number of configurations with 0, 1, ..., `most` excitations, without listing them."""
    sizes = [1] + [0] * most
    for numbers in _charges(network, most):
        count = np.bincount(numbers, minlength=most + 1).tolist()
        sizes = [
            sum(sizes[i] * count[total - i] for i in range(total + 1)) for total in range(most + 1)
        ]
    return sizes


@dataclass(frozen=True, eq=False)
class Basis:
    """The configurations with `least` to `most` excitations.

    Args:
        network: Whose nodes they are of.
        most: Largest number of excitations.
        least: Smallest one.
    """

    network: Network
    most: int
    least: int = 0

    @cached_property
    def levels(self) -> np.ndarray:
        """Level of each node (quanta of a mode), one row per configuration, (D, n)."""
        return self._listed[0]

    @cached_property
    def numbers(self) -> np.ndarray:
        """Number of excitations of each configuration, ascending, (D,)."""
        return self._listed[1]

    @cached_property
    def index(self) -> dict[Configuration, int]:
        """Place of each configuration."""
        return {tuple(row): i for i, row in enumerate(self.levels.tolist())}

    def block(self, number: int) -> slice:
        """Places of the configurations with this many excitations."""
        start, stop = np.searchsorted(self.numbers, [number, number + 1])
        return slice(int(start), int(stop))

    @cached_property
    def emitter_index(self) -> np.ndarray:
        """Place of each configuration's emitters among their product states, (D,)."""
        modes = len(self.network.modes)
        return np.ravel_multi_index(tuple(self.levels[:, modes:].T), self.network.dims)

    def place(self, emitters: Configuration) -> int:
        """Place of a configuration of the emitters, the modes empty."""
        return self.index[(0,) * len(self.network.modes) + emitters]

    @cached_property
    def _listed(self) -> tuple[np.ndarray, np.ndarray]:
        rows, numbers = np.zeros((1, 0), dtype=np.int64), np.zeros(1, dtype=np.int64)
        for own in _charges(self.network, self.most):
            total = numbers[:, None] + own[None, :]
            i, level = np.nonzero(total <= self.most)
            rows = np.column_stack([rows[i], level])
            numbers = total[i, level]
        order = np.argsort(numbers, kind="stable")
        order = order[numbers[order] >= self.least]
        return rows[order], numbers[order]

    def local(self, operator: np.ndarray, node: int) -> sparse.csr_array:
        """An operator of one node that does not raise its excitation number, sparse (D, D)."""
        rows, cols, values = [], [], []
        for target, source in np.argwhere(operator):
            for col in np.flatnonzero(self.levels[:, node] == source):
                moved = self.levels[col].copy()
                moved[node] = target
                row = self.index.get(tuple(moved.tolist()))
                if row is not None:  # else it has fewer than `least`
                    rows.append(row)
                    cols.append(int(col))
                    values.append(operator[target, source])
        size = len(self.levels)
        return sparse.csr_array((np.array(values, dtype=complex), (rows, cols)), shape=(size, size))

    @cached_property
    def lowering(self) -> list[sparse.csr_array]:
        """The nodes' lowering operators, sparse (D, D) each."""
        quanta = np.diag(np.sqrt(np.arange(1.0, self.most + 1)), 1)
        modes = [self.local(quanta, j) for j in self.network.mode_indices]
        first = len(modes)
        return modes + [
            self.local(emitter.lowering, first + p)
            for p, emitter in enumerate(self.network.emitters)
        ]


def drift(basis: Basis) -> sparse.csr_array:
    r"""K, the evolution between jumps, sparse (D, D).

    The basis must contain the results of one lowering operator: its `least` is 0, or one below the
    excitations of interest.
    """
    network = basis.network
    lower = basis.lowering
    raise_ = [sparse.csr_array(c.conj().T) for c in lower]
    size = len(basis.levels)
    total = sparse.csr_array((size, size), dtype=complex)
    matrix = propagator(network)
    for j, l in np.argwhere(matrix):
        total = total - 1j * matrix[j, l] * (raise_[j] @ lower[l])
    first = len(network.modes)
    for p, emitter in enumerate(network.emitters):
        if np.any(emitter.hamiltonian):
            total = total - 1j * basis.local(emitter.hamiltonian, first + p)
        for jump in emitter.collapse_operators:
            total = total - 0.5 * basis.local(jump.conj().T @ jump, first + p)
    return sparse.csr_array(total)


def jumps(basis: Basis) -> list[tuple[sparse.csr_array, sparse.csr_array]]:
    """Pairs (A, B) of the terms A rho B^+, sparse (D, D) each."""
    decay = total_decay(basis.network)
    lower = basis.lowering
    pairs = []
    for l in np.flatnonzero(np.any(decay, axis=0)):
        collective = sum(decay[j, l] * lower[j] for j in np.flatnonzero(decay[:, l]))
        pairs.append((sparse.csr_array(collective), lower[l]))
    first = len(basis.network.modes)
    for p, emitter in enumerate(basis.network.emitters):
        for jump in emitter.collapse_operators:
            local = basis.local(jump, first + p)
            pairs.append((local, local))
    return pairs


def _charges(network: Network, most: int) -> list[np.ndarray]:
    """Charges of the levels of each node, those of a mode up to `most`."""
    quanta = np.arange(most + 1)
    return [quanta for _ in network.modes] + [charges(emitter) for emitter in network.emitters]
