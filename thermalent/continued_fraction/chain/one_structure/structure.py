r"""The common terms of the superoperators of networks of one structure.

Networks of one structure have the same kinds of emitters behind one mode, and differ in their
numbers: J, G, U and the rates of pure dephasing. Every superoperator of the hierarchy is linear in
these numbers. So the equations of `liouvillian` and `gaussian_source`, evaluated once for each
number being one and all others zero, give those of any network of the structure by a weighted sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple, cast

import numpy as np

from thermalent.continued_fraction.chain.chain import hermitian_order
from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.gaussian_source import mode_terms
from thermalent.networks.liouvillian import coupled_liouvillian
from thermalent.networks.network import Couplings, Network
from thermalent.networks.nodes import CollectiveSpin, Emitter, Mode, Qubit, Qudit
from thermalent.networks.symmetry import element_charges, excitation_numbers_of
from thermalent.operators.superoperators import Superoperator, embed

# Larger emitter systems spend their time in arithmetic, one by one as well as side by side, and
# their superoperators are sparse.
MOST_STATES = 8
_QUBIT = Qubit(name="")


class Structure(NamedTuple):
    """The common properties of networks that are solved side by side.

    Args:
        backaction: Whether the emitters act back on the mode.
        emitters: The emitters without names and pure dephasing.
    """

    backaction: bool
    emitters: tuple[Emitter, ...]


class Sum(NamedTuple):
    """A superoperator as a weighted sum: the terms of its elements, one element after the other.

    Args:
        place: Row and column of the elements that may not be zero, row by row, (2, s).
        first: Where the terms of each begin, and where those of the last one end, (s + 1,).
        weight: Which weight each term takes, (t,).
        value: What it is for a weight of one, (t,).
        used: All weights that are taken, (w,).
    """

    place: np.ndarray
    first: np.ndarray
    weight: np.ndarray
    value: np.ndarray
    used: np.ndarray


class Terms(NamedTuple):
    """The superoperators of a structure, see `NetworkNumbers` for what they are summed with.

    Args:
        numbers: Excitation number of each basis state of the emitters, (d,).
        lowering: Lowering operators, (e, d, d).
        place: In which column each basis operator stands, see `hermitian_order`.
        span: For each element of an operator, which columns may have it: those of its charge.
        charge: |q| of the basis operators, (d^2,).
        sums: What acts within a tier; K_+ + K_-, what the emitters do to the source; L_+ + L_-,
            what it does to them. The first has a place for all of its diagonal, the second one for
            each of the third.
    """

    numbers: np.ndarray
    lowering: np.ndarray
    place: np.ndarray
    span: np.ndarray
    charge: np.ndarray
    sums: tuple[Sum, Sum, Sum]


def structure(network: Network) -> Structure | None:
    """The structure of a network; None if it has several modes, pairs, or too many states."""
    nodes = network.nodes
    if len(network.mode_indices) != 1 or network.pumped:
        return None
    # Lists, because this is asked of every network of a batch.
    emitters = tuple(
        [
            _QUBIT if type(node) is Qubit else anonymous(node)  # type: ignore[arg-type]
            for node in nodes[1:]
        ]
    )
    if prod(network.dims) > MOST_STATES:
        return None
    return Structure(cast(Mode, nodes[0]).backaction, emitters)


def structures(networks: Sequence[Network]) -> dict[Structure | None, list[int]]:
    """Positions of networks by their structure; those under None have none in common."""
    kinds: dict[Structure | None, list[int]] = {}
    for position, network in enumerate(networks):
        kinds.setdefault(structure(network), []).append(position)
    return kinds


def anonymous(emitter: Emitter) -> Emitter:
    """The emitter without its name, a qubit without its dephasing."""
    if isinstance(emitter, Qubit):
        return _QUBIT
    if isinstance(emitter, CollectiveSpin):
        return CollectiveSpin(name="", qubits=emitter.qubits)
    return Qudit(
        name="",
        lower=emitter.lowering,
        local_hamiltonian=emitter.hamiltonian,
        local_jumps=emitter.collapse_operators,
    )


def structure_of_arrays(networks: NetworkArrays) -> Structure | None:
    """The structure of networks given as arrays; None if they have too many states."""
    if prod(networks.dims) > MOST_STATES:
        return None
    return Structure(networks.backaction, (_QUBIT,) * len(networks.dims))


class NetworkNumbers(NamedTuple):
    """The numbers in which networks of one structure differ.

    Args:
        weights: (p, 3 n^2 + e + 1): in each row J, G and U of all nodes, the mode first, the
            dephasing of each emitter, and one.
        bath_rate: Energy decay rates of the modes into their hot baths, (p,).
        n_th: Occupations of these, (p,).
    """

    weights: np.ndarray
    bath_rate: np.ndarray
    n_th: np.ndarray


def network_numbers(
    networks: Sequence[Network] | NetworkArrays, points: np.ndarray
) -> NetworkNumbers:
    """The numbers of some networks of one structure.

    Args:
        networks: All networks.
        points: Positions of those to take.
    """
    if isinstance(networks, NetworkArrays):
        some = networks.part(points)
        matrices = np.stack([some.exchange, some.decay, some.absorption], axis=1)
        return NetworkNumbers(_weights(matrices, some.dephasing), some.bath_rate, some.n_th)
    chosen = [networks[p] for p in points.tolist()]
    modes = [cast(Mode, network.nodes[0]) for network in chosen]
    n = len(chosen[0].nodes)
    weights = np.ones((len(chosen), 3 * n * n + n), dtype=complex)
    matrices = weights[:, : 3 * n * n].reshape(-1, 3, n, n)
    for network, (exchange, decay, absorption), row in zip(chosen, matrices, weights, strict=True):
        exchange[:], decay[:], absorption[:] = network.couplings[:3]
        row[3 * n * n : -1] = [getattr(node, "dephasing", 0.0) for node in network.nodes[1:]]
    return NetworkNumbers(
        weights,
        np.array([mode.bath_rate for mode in modes]),
        np.array([mode.n_th for mode in modes]),
    )


def _weights(matrices: np.ndarray, dephasing: np.ndarray) -> np.ndarray:
    """The weights from the three matrices (p, 3, n, n) and the dephasing (p, e)."""
    count, _, n, _ = matrices.shape
    weights = np.ones((count, 3 * n * n + n), dtype=complex)
    weights[:, : 3 * n * n] = matrices.reshape(count, -1)
    weights[:, 3 * n * n : -1] = dephasing
    return weights


@lru_cache(maxsize=32)
def terms(kind: Structure) -> Terms:
    """The superoperators of a structure.

    Raises:
        SymmetryError: an emitter does not conserve the excitation number.
    """
    emitters = kind.emitters
    dims = [emitter.dimension for emitter in emitters]
    count, n = len(emitters), len(emitters) + 1
    numbers = excitation_numbers_of(emitters)
    lowering = [embed(emitter.lowering, i, dims) for i, emitter in enumerate(emitters)]
    bare = [Qudit(name="", lower=emitter.lowering) for emitter in emitters]
    a: dict[int, Superoperator] = {}
    drive: dict[int, Superoperator] = {}
    backaction: dict[int, Superoperator] = {}
    for which in range(3):
        for j, l in np.ndindex(n, n):
            index = (which * n + j) * n + l
            matrices = [np.zeros((n, n), dtype=complex) for _ in Couplings._fields]
            matrices[which][j, l] = 1.0
            if j > 0 and l > 0:
                inner = Couplings(*(matrix[1:, 1:] for matrix in matrices))
                a[index] = coupled_liouvillian(bare, lowering, inner)
            elif j != l:
                d_1, d_2, k_1, k_2 = mode_terms(Couplings(*matrices), 0, range(1, n), lowering)
                drive[index] = d_1 + d_2
                if kind.backaction:
                    backaction[index] = k_1 + k_2
    a[0] = np.diag(1j * element_charges(numbers))  # J of the mode: the frame that rotates with it
    nothing = Couplings(*(np.zeros((count, count), dtype=complex) for _ in Couplings._fields))
    for i, emitter in enumerate(emitters):
        if isinstance(emitter, Qubit):
            noisy = [*bare[:i], Qubit(name="", dephasing=1.0), *bare[i + 1 :]]
            a[3 * n * n + i] = coupled_liouvillian(noisy, lowering, nothing)
    a[3 * n * n + count] = coupled_liouvillian(emitters, lowering, nothing)
    place, charge = hermitian_order(numbers)
    own = np.abs(element_charges(numbers))
    span = np.array([np.searchsorted(charge, own, side) for side in ("left", "right")])
    return Terms(
        numbers=numbers,
        lowering=np.array(lowering, dtype=complex),
        place=place,
        span=span,
        charge=charge,
        sums=_sums(a, backaction, drive),
    )


def _sums(*superoperators: dict[int, Superoperator]) -> tuple[Sum, Sum, Sum]:
    own, backaction, drive = (
        {index: matrix for index, matrix in sorted(superoperator.items())}
        for superoperator in superoperators
    )
    size = next(iter(own.values())).shape[0]
    driven = np.any([matrix != 0 for matrix in drive.values()], axis=0)
    return (
        _sum(own, np.eye(size, dtype=bool)),
        _sum(backaction, driven),
        _sum(drive, np.zeros((size, size), dtype=bool)),
    )


def _sum(terms: dict[int, Superoperator], places: np.ndarray) -> Sum:
    """The sum of superoperators by the weight that each takes, with these places at least."""
    matrices = np.array([matrix for matrix in terms.values()]).reshape(-1, *places.shape)
    used = matrices != 0
    place = np.argwhere(places | used.any(axis=0)).T.copy()
    used, matrices = used[:, *place], matrices[:, *place]
    at, which = np.nonzero(used.T)
    return Sum(
        place=place,
        first=np.append(0, np.cumsum(used.sum(axis=0))),
        weight=np.array(list(terms), dtype=np.int64)[which],
        value=matrices[which, at].astype(complex),
        used=np.array(list(terms), dtype=np.int64),
    )
