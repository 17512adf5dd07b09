r"""The operators of quantum jumps: one non-Hermitian drift, independent jump operators, sectors.

$$K = -iH - \tfrac12 \sum_k O_k^\dagger O_k, \qquad
  \dot\rho = K\rho + \rho K^\dagger + \sum_k O_k \rho O_k^\dagger$$

The product states (modes, then emitters) are sorted by their excitation number, so that a ket of a
definite number is a slice: K keeps it there, and a jump moves it to another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from thermalent.networks.jump_channels import channels
from thermalent.networks.network import Couplings, Network
from thermalent.networks.nodes import Emitter
from thermalent.networks.symmetry import SymmetryError, excitation_numbers, node_signs
from thermalent.operators.superoperators import sparse_dagger, sparse_embed

# A channel of this negative rate, part of the largest, is more than rounding.
_NEGATIVE = 1e-10


Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class System:
    """The operators on the product states, sorted by excitation number.

    Args:
        cutoffs: Levels kept of each mode.
        dims: Dimensions of the emitters.
        order: Place in the product basis of each sorted state, (D,).
        starts: First sorted state of each group, and at the end D, (g + 1,).
        drift: K, sparse (D, D).
        jumps: The O_k, sparse (D, D) each.
        targets: Group to which jump k takes group g, -1 if nowhere, (k, g).
        norms: 1-norm of K on each group, (g,).
        numbers: Excitation number of each product state of the emitters, (d,); None without U(1)
            symmetry.
    """

    cutoffs: tuple[int, ...]
    dims: tuple[int, ...]
    order: np.ndarray
    starts: np.ndarray
    drift: sparse.csr_array
    jumps: tuple[sparse.csr_array, ...]
    targets: np.ndarray
    norms: np.ndarray
    numbers: np.ndarray | None

    @property
    def dimension(self) -> int:
        """Number D of product states."""
        return len(self.order)

    @property
    def emitter_dimension(self) -> int:
        """Dimension d of the emitters."""
        return int(np.prod(self.dims, dtype=np.int64))

    @cached_property
    def group(self) -> np.ndarray:
        """Group of each sorted state, (D,)."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    @cached_property
    def arrays(self) -> tuple[Arrays, Arrays]:
        """K, and all jump operators in one, as row pointers, columns and values."""
        return _csr(self.drift), _stacked(self.jumps, self.dimension)

    def sorted(self, ket: np.ndarray) -> np.ndarray:
        """A ket of the product basis in the sorted basis, (D,)."""
        return np.asarray(ket, dtype=complex)[self.order]

    def unsorted(self, ket: np.ndarray) -> np.ndarray:
        """A ket of the sorted basis in the product basis, (D,)."""
        out = np.empty_like(ket)
        out[self.order] = ket
        return out

    def group_of(self, ket: np.ndarray) -> int:
        """The group that holds a sorted ket, or -1 if it has parts in several."""
        groups = np.unique(self.group[np.abs(ket) > 0])
        return int(groups[0]) if len(groups) == 1 else -1


def system(network: Network, cutoffs: Sequence[int]) -> System:
    """The network's operators at the given cutoffs."""
    return _system(network, tuple(cutoffs), network.emitters, range(len(network.nodes)))


def modes_alone(network: Network, cutoffs: Sequence[int]) -> System:
    """The operators of the network's modes without the emitters."""
    return _system(network, tuple(cutoffs), (), network.mode_indices)


def _system(
    network: Network, cutoffs: tuple[int, ...], emitters: Sequence[Emitter], nodes: Sequence[int]
) -> System:
    dims = tuple(emitter.dimension for emitter in emitters)
    lowering = _lowering(cutoffs, emitters)
    size = lowering[0].shape[0]
    kept = np.ix_(list(nodes), list(nodes))
    coupled = Couplings(*(matrix[kept] for matrix in network.couplings))
    raising = [sparse_dagger(lower) for lower in lowering]
    hamiltonian = sparse.csr_array((size, size), dtype=complex)
    for j, raised in enumerate(raising):
        for l, other in enumerate(lowering):
            if coupled.exchange[j, l] != 0:
                hamiltonian = hamiltonian + coupled.exchange[j, l] * (raised @ other)
            if coupled.pumping[j, l] != 0:
                pair = 0.5 * coupled.pumping[j, l] * (raised @ raising[l])
                hamiltonian = hamiltonian + pair + sparse_dagger(pair)
    jumps = []
    for channel in channels(coupled):
        terms = zip(channel.weights, [*lowering, *raising], strict=True)
        jumps.append(np.sqrt(max(channel.rate, 0.0)) * _sum(terms, size))
    for mode, lower, raised in zip(network.modes, lowering, raising, strict=False):
        for rate, operator in (
            (mode.bath_rate * (mode.n_th + 1), lower),
            (mode.bath_rate * mode.n_th, raised),
        ):
            if rate > 0:
                jumps.append(np.sqrt(rate) * operator)
    full = (*cutoffs, *dims)
    for place, emitter in enumerate(emitters, len(cutoffs)):
        if np.any(emitter.hamiltonian):
            hamiltonian = hamiltonian + sparse_embed(emitter.hamiltonian, place, full)
        jumps += [sparse_embed(jump, place, full) for jump in emitter.collapse_operators]
    drift = -1j * hamiltonian
    for jump in jumps:
        drift = drift - 0.5 * (sparse_dagger(jump) @ jump)
    numbers, charges = _charges(network, cutoffs, emitters)
    return replace(_sorted(charges, cutoffs, dims, drift, jumps), numbers=numbers)


def unphysical(network: Network) -> str | None:
    """Reason why the network's channels are no jumps, or None if they are."""
    if any(not mode.backaction for mode in network.modes):
        return "a mode without back-action is a classical field and does not jump."
    rates = [channel.rate for channel in channels(network.couplings)]
    if rates and min(rates) < -_NEGATIVE * max(np.abs(rates)):
        return (
            f"its channels have a negative rate ({min(rates):.3g}), and quantum jumps need a "
            "physical environment."
        )
    return None


def _sorted(
    charges: np.ndarray | None,
    cutoffs: tuple[int, ...],
    dims: tuple[int, ...],
    drift: sparse.csr_array,
    jumps: Sequence[sparse.csr_array],
) -> System:
    """The operators in the order of the charges; one group if there are none, or if one breaks."""
    size = drift.shape[0]
    if charges is None or not all(_moves_by_one_amount(jump, charges) for jump in jumps):
        charges = np.zeros(size, dtype=np.int64)
    order = np.argsort(charges, kind="stable")
    values, first = np.unique(charges[order], return_index=True)
    place = {int(value): g for g, value in enumerate(values)}
    drift, *moved = (sparse.csr_array(op[order][:, order]) for op in (drift, *jumps))
    targets = np.full((len(moved), len(values)), -1, dtype=np.int64)
    for k, jump in enumerate(moved):
        rows, columns = jump.nonzero()
        if len(rows):
            change = int(charges[order[rows[0]]] - charges[order[columns[0]]])
            targets[k] = [place.get(int(value) + change, -1) for value in values]
    sums = np.asarray(abs(drift).sum(axis=0)).ravel()
    return System(
        cutoffs=cutoffs,
        dims=dims,
        order=order,
        starts=np.concatenate([first, [size]]).astype(np.int64),
        drift=drift,
        jumps=tuple(moved),
        targets=targets,
        norms=np.maximum.reduceat(sums, first),
        numbers=None,
    )


def _charges(
    network: Network, cutoffs: tuple[int, ...], emitters: Sequence[Emitter]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Excitation numbers of the emitters' states and of all, or None without U(1) symmetry."""
    try:
        own = excitation_numbers(network) if emitters else np.zeros(1, dtype=np.int64)
        signs = node_signs(network)
    except SymmetryError:
        return None, None
    numbers = own
    for index, cutoff in reversed(list(zip(network.mode_indices, cutoffs, strict=True))):
        numbers = (signs[index] * np.arange(cutoff)[:, None] + numbers[None, :]).ravel()
    return own, numbers


def _moves_by_one_amount(jump: sparse.csr_array, charges: np.ndarray) -> bool:
    rows, columns = jump.nonzero()
    return len(np.unique(charges[rows] - charges[columns])) <= 1


def _lowering(cutoffs: tuple[int, ...], emitters: Sequence[Emitter]) -> list[sparse.csr_array]:
    dims = (*cutoffs, *(emitter.dimension for emitter in emitters))
    local = [np.diag(np.sqrt(np.arange(1.0, cutoff)), 1) for cutoff in cutoffs]
    local += [emitter.lowering for emitter in emitters]
    return [
        sparse_embed(operator.astype(complex), place, dims) for place, operator in enumerate(local)
    ]


def _sum(terms: Iterable[tuple[complex, sparse.csr_array]], size: int) -> sparse.csr_array:
    total = sparse.csr_array((size, size), dtype=complex)
    for weight, operator in terms:
        if weight != 0:
            total = total + weight * operator
    return total


def _csr(matrix: sparse.csr_array) -> Arrays:
    return (
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int64),
        matrix.data.astype(complex),
    )


def _stacked(jumps: Sequence[sparse.csr_array], size: int) -> Arrays:
    """All jump operators in one set of arrays; row pointers point into the joint data."""
    parts = [_csr(jump) for jump in jumps]
    offsets = np.cumsum([0, *(len(data) for _, _, data in parts)])
    indptr = np.zeros((len(parts), size + 1), dtype=np.int64)
    for k, (pointers, _, _) in enumerate(parts):
        indptr[k] = pointers + offsets[k]
    indices = np.concatenate([np.zeros(0, np.int64), *(part[1] for part in parts)])
    data = np.concatenate([np.zeros(0, complex), *(part[2] for part in parts)])
    return indptr, indices, data
