r"""The truncated space of a network, and the elements of a density matrix that can be nonzero.

The product basis is the modes' number states, then the emitters' levels. With U(1) symmetry the
steady state has no coherence between different total excitation numbers, so only the elements
\(|r\rangle\langle c|\) with N_r = N_c are kept: for one mode of n levels and two qubits about 16 n
instead of (4 n)^2. They are ordered by N; the Lindbladian is then block tridiagonal.

A Hermitian matrix is held as real numbers: \(\rho_{rr}\), and for each pair r < c the two numbers
\(\sqrt2\,\mathrm{Re}\,\rho_{rc}\) (at the place of rc) and \(\sqrt2\,\mathrm{Im}\,\rho_{rc}\) (at
the place of cr).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from thermalent.networks.network import Network
from thermalent.networks.symmetry import (
    SymmetryError,
    excitation_numbers,
    level_charges,
    node_signs,
)

_HALF = np.sqrt(0.5)


def emitter_numbers(network: Network) -> np.ndarray | None:
    """Excitation number of each product state of the emitters, or None without U(1) symmetry.

    The terms are built one by one here, so that each jump has to conserve the number by itself.
    """
    try:
        numbers = excitation_numbers(network)
    except SymmetryError:
        return None
    for emitter in network.emitters:
        charges = level_charges(emitter)
        for jump in emitter.collapse_operators:
            i, j = np.nonzero(jump)
            if len(set(charges[i] - charges[j])) > 1:
                return None
    return numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class Space:
    """The kept elements |r><c|, grouped by excitation number (one group without symmetry).

    Args:
        cutoffs: Levels kept of each mode.
        dims: Dimensions of the emitters.
        charges: Excitation number of each group, (g,), increasing.
        group: Group of each product state, (D,) integers from 0.
        rank: Place of each product state in its group, (D,).
        sizes: Number of states in each group, (g,).
        starts: First element of each group, and at the end the number of all elements, (g + 1,).
        rows: Product state r of each element, (n,).
        cols: Product state c of each element, (n,).
    """

    cutoffs: tuple[int, ...]
    dims: tuple[int, ...]
    charges: np.ndarray
    group: np.ndarray
    rank: np.ndarray
    sizes: np.ndarray
    starts: np.ndarray
    rows: np.ndarray
    cols: np.ndarray

    @property
    def elements(self) -> int:
        """Number of kept elements n: the real unknowns of the problem."""
        return len(self.rows)

    @property
    def emitter_dimension(self) -> int:
        """Dimension of the emitters' space."""
        return int(np.prod(self.dims))

    def index(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Place of the elements |r><c|, both states of the same group."""
        group = self.group[rows]
        return self.starts[group] + self.rank[rows] * self.sizes[group] + self.rank[cols]

    def states(self, group: int) -> np.ndarray:
        """The product states of a group, by rank."""
        start, stop = self.starts[group], self.starts[group + 1]
        return self.cols[start:stop][: self.sizes[group]]

    def coordinates(self) -> sparse.csr_array:
        """The unitary from the elements of a Hermitian matrix to its real numbers, (n, n)."""
        place = np.arange(self.elements)
        mirror = self.index(self.cols, self.rows)
        diagonal = place[place == mirror]
        upper = place[place < mirror]
        lower = mirror[upper]
        rows = np.concatenate([diagonal, upper, upper, lower, lower])
        cols = np.concatenate([diagonal, upper, lower, upper, lower])
        weights = np.repeat([_HALF, _HALF, -1j * _HALF, 1j * _HALF], len(upper))
        values = np.concatenate([np.ones(len(diagonal)), weights])
        return sparse.csr_array((values, (rows, cols)), shape=(self.elements, self.elements))

    def populations(self, x: np.ndarray) -> np.ndarray:
        """Diagonal of the matrix with real numbers x, by product state, (D,)."""
        states = np.arange(len(self.group))
        return x[self.index(states, states)]

    def mode_populations(self, x: np.ndarray) -> list[np.ndarray]:
        """Populations of each mode's number states."""
        shape = (*self.cutoffs, self.emitter_dimension)
        populations = self.populations(x).reshape(shape)
        axes = range(len(shape))
        return [
            populations.sum(axis=tuple(other for other in axes if other != axis))
            for axis in range(len(self.cutoffs))
        ]

    def emitters_state(self, x: np.ndarray) -> np.ndarray:
        """Density matrix of the emitters, modes traced out, (d, d)."""
        d = self.emitter_dimension
        upper = np.flatnonzero((self.rows // d == self.cols // d) & (self.rows <= self.cols))
        r, c = self.rows[upper], self.cols[upper]
        mirror = self.index(c, r)
        values = np.where(r == c, x[upper], _HALF * (x[upper] + 1j * x[mirror]))
        state = np.zeros((d, d), dtype=complex)
        np.add.at(state, (r % d, c % d), values)
        return np.triu(state) + np.triu(state, 1).conj().T

    def product(self, ratios: Sequence[float], weights: np.ndarray) -> np.ndarray:
        """Real numbers of a product state: modes geometric, emitters in a mixture of levels.

        Args:
            ratios: p_{n+1} / p_n of each mode.
            weights: Populations of the emitters' product states, (d,).
        """
        populations = np.ones(1)
        for ratio, cutoff in zip(ratios, self.cutoffs, strict=True):
            populations = np.outer(populations, ratio ** np.arange(cutoff)).ravel()
        populations = np.outer(populations, weights).ravel()
        x = np.zeros(self.elements)
        states = np.arange(len(self.group))
        x[self.index(states, states)] = populations / populations.sum()
        return x


def space(network: Network, cutoffs: Sequence[int], numbers: np.ndarray | None) -> Space:
    """The space of a network with the given levels per mode.

    Args:
        network: The network.
        cutoffs: Levels kept of each mode.
        numbers: Excitation numbers of the emitters' states, (d,); None keeps every element.
    """
    d = int(np.prod(network.dims))
    total = np.zeros(1, dtype=np.int64)
    # Where pairs are made, the excitations of some nodes count negative.
    signs = node_signs(network) if numbers is not None else np.zeros(len(network.nodes), np.int64)
    for index, cutoff in zip(network.mode_indices, cutoffs, strict=True):
        total = (total[:, None] + signs[index] * np.arange(cutoff)[None, :]).ravel()
    last = numbers if numbers is not None else np.zeros(d, dtype=np.int64)
    total = (total[:, None] + last[None, :]).ravel()
    charges, group = np.unique(total, return_inverse=True)  # numbers without a state are left out
    sizes = np.bincount(group)
    first = np.cumsum(sizes) - sizes
    order = np.argsort(group, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - first[group[order]]
    partners = sizes[group[order]]  # number of states in the group of each state
    within = np.arange(partners.sum()) - np.repeat(np.cumsum(partners) - partners, partners)
    return Space(
        cutoffs=tuple(int(cutoff) for cutoff in cutoffs),
        dims=network.dims,
        charges=charges,
        group=group,
        rank=rank,
        sizes=sizes,
        starts=np.concatenate([[0], np.cumsum(sizes**2)]),
        rows=np.repeat(order, partners),
        cols=order[np.repeat(first[group[order]], partners) + within],
    )
