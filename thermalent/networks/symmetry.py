r"""The excitation number of the emitters, and whether the dynamics respects it.

A network has a weak U(1) symmetry if every emitter carries an integer charge per level such that
its lowering operator removes one, and every term of the master equation maps the sector
\(q = N_i - N_j\) of \(|i\rangle\langle j|\) to itself. The charges are found from the operators.

Where excitations come in pairs (pumping, squeezed channels), what is conserved is a difference: the
nodes fall into two groups, and the excitations of one count negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from thermalent.networks.network import Network
from thermalent.networks.nodes import CollectiveSpin, Emitter, Qubit
from thermalent.networks.value import read_only
from thermalent.operators.superoperators import dense, lindblad, zero
from thermalent.support import checks
from thermalent.support.errors import ArgumentError

# The lowering operator of these lowers a single ladder, and their local terms are diagonal in it.
_LADDERS = (Qubit, CollectiveSpin)


class SymmetryError(ArgumentError):
    """The network has no U(1) symmetry; the message names the term that breaks it."""


def level_charges(emitter: Emitter) -> np.ndarray:
    """Charge of each level of an emitter, (d,) integers, the lowest zero.

    Raises:
        SymmetryError: no assignment makes the lowering operator lower by one and the local
            Hamiltonian conserve the charge.
    """
    d = emitter.dimension
    if isinstance(emitter, _LADDERS):
        return np.arange(d, dtype=np.int64)
    # Edges (i, j, charge of j minus charge of i); levels that no edge joins keep charge zero.
    edges = [(i, j, 1, "lowering operator") for i, j in np.argwhere(emitter.lowering)]
    edges += [(i, j, 0, "Hamiltonian") for i, j in np.argwhere(emitter.hamiltonian)]
    charge = np.full(d, np.iinfo(np.int64).min, dtype=np.int64)
    unset = charge[0]
    for start in range(d):
        if charge[start] != unset:
            continue
        charge[start] = 0
        component, frontier = [start], [start]
        while frontier:
            level = frontier.pop()
            for i, j, step, word in edges:
                for a, b, change in ((i, j, step), (j, i, -step)):
                    if a != level:
                        continue
                    if charge[b] == unset:
                        charge[b] = charge[a] + change
                        component.append(b)
                        frontier.append(b)
                    elif charge[b] != charge[a] + change:
                        raise SymmetryError(_message(f"the {word} of {emitter.name}"))
        charge[component] -= charge[component].min()
    return charge


def excitation_numbers(network: Network) -> np.ndarray:
    """Total charge of each product basis state of the emitters, (d,) integers.

    The couplings between nodes move one excitation by construction, once every lowering operator
    lowers by one; what can break the symmetry is what an emitter does alone, or pairs that the
    nodes' signs cannot balance. With signs of both kinds the lowest charge is set to zero.

    Raises:
        SymmetryError: the network has no U(1) symmetry; the offending term is named.
    """
    if not network.pumped:
        return excitation_numbers_of(network.emitters)
    signs = node_signs(network)[list(network.emitter_indices)]
    numbers = excitation_numbers_of(network.emitters, signs)
    return numbers - numbers.min()


def excitation_numbers_of(
    emitters: Sequence[Emitter], signs: Sequence[int] | np.ndarray | None = None
) -> np.ndarray:
    """Charge of each product basis state, (d,), from emitters with signs (+1 if not given)."""
    if signs is None and all(isinstance(emitter, _LADDERS) for emitter in emitters):
        return _numbers_of_ladders(tuple([emitter.dimension for emitter in emitters]))
    numbers = np.zeros(1, dtype=np.int64)
    for emitter, sign in zip(
        emitters, [1] * len(emitters) if signs is None else signs, strict=True
    ):
        charges = level_charges(emitter)
        _require_conserving_jumps(emitter, charges)
        numbers = (numbers[:, None] + sign * charges[None, :]).ravel()
    return numbers


def node_signs(network: Network) -> np.ndarray:
    """Sign with which each node's excitations count, (n,) of +1 and -1; all +1 without pairs.

    Exchange of excitations joins nodes of one sign, their creation in pairs joins opposite
    signs; the first node of each connected part has +1.

    Raises:
        SymmetryError: no choice of signs does that, so nothing is conserved.
    """
    signs = np.zeros(len(network.nodes), dtype=np.int64)
    if not network.pumped:
        return signs + 1
    exchange, decay, absorption, pumping, anomalous = network.couplings
    same = (exchange != 0) | (decay != 0) | (absorption != 0)
    opposite = (pumping != 0) | (anomalous != 0)
    for first in range(len(signs)):
        if signs[first]:
            continue
        signs[first] = 1
        frontier = [first]
        while frontier:
            node = frontier.pop()
            for joined, sign in ((same, signs[node]), (opposite, -signs[node])):
                for neighbour in np.flatnonzero(joined[node]).tolist():
                    if signs[neighbour] == 0:
                        signs[neighbour] = sign
                        frontier.append(neighbour)
                    elif signs[neighbour] != sign:
                        a, b = network.nodes[node].name, network.nodes[neighbour].name
                        raise SymmetryError(_message(f"the pairs made at {a} and {b}"))
    return signs


def element_charges(numbers: Sequence[int] | np.ndarray) -> np.ndarray:
    """Charge q = N_i - N_j of each element |i><j|, row-major, (d^2,) integers."""
    n = np.asarray(numbers)
    return (n[:, None] - n[None, :]).ravel()


def forbidden_elements(
    network: Network, names: Sequence[str] = ()
) -> tuple[np.ndarray, np.ndarray] | None:
    """Elements |i><j| that change the conserved number: of all emitters, and of the named ones.

    Args:
        network: The network.
        names: Of the emitters that are kept, in this order; all if none is named.

    Returns:
        True where it does, (d, d) and (k, k); None if nothing is conserved.
    """
    emitters = network.emitters
    kept = tuple(network.position(name) for name in names) or tuple(range(len(emitters)))
    if not network.pumped and all(isinstance(emitter, _LADDERS) for emitter in emitters):
        return forbidden_elements_of_ladders(network.dims, kept)
    try:
        numbers = excitation_numbers(network)
    except SymmetryError:
        return None
    return _forbidden(numbers, network.dims, kept)


@lru_cache(maxsize=64)
def forbidden_elements_of_ladders(
    dims: tuple[int, ...], kept: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """The forbidden elements where each emitter counts its levels; many networks share them.

    Args:
        dims: Dimensions of the emitters.
        kept: Positions of those that are kept, in this order.
    """
    return _forbidden(_numbers_of_ladders(dims), dims, kept)


@lru_cache(maxsize=64)
def _numbers_of_ladders(dims: tuple[int, ...]) -> np.ndarray:
    """The excitation numbers where each emitter counts its levels; many networks share them."""
    numbers = np.zeros(1, dtype=np.int64)
    for dimension in dims:
        numbers = (numbers[:, None] + np.arange(dimension)).ravel()
    read_only(numbers)
    return numbers


def _forbidden(
    numbers: np.ndarray, dims: tuple[int, ...], kept: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    network_charges = numbers[:, None] != numbers[None, :]
    # The number is a sum over the emitters: that of the kept ones follows with the others in
    # one state.
    counts = np.moveaxis(numbers.reshape(dims), kept, range(len(kept)))
    part = counts.reshape(int(np.prod([dims[k] for k in kept])), -1)[:, 0]
    masks = (network_charges, part[:, None] != part[None, :])
    read_only(masks)
    return masks


def _require_conserving_jumps(emitter: Emitter, charges: np.ndarray) -> None:
    if isinstance(emitter, _LADDERS) or not emitter.collapse_operators:
        return
    # The jumps are checked together: two that break the symmetry alone may conserve it as a pair.
    generator = lindblad(
        zero(emitter.dimension), [(jump, jump) for jump in emitter.collapse_operators]
    )
    q = element_charges(charges)
    change = np.where(q[:, None] != q[None, :], np.abs(dense(generator)), 0.0)
    if np.max(change) > 1e-14 * np.max(np.abs(dense(generator))):
        raise SymmetryError(_message(f"the jumps of {emitter.name}"))


def _message(term: str) -> str:
    return (
        f"The network does not conserve the excitation number: {term} would change it. "
        "Use te.Fock(...), which needs no symmetry."
    )


def require_no_coherences(initial: np.ndarray, numbers: np.ndarray) -> None:
    """Check that an initial state has no coherences between different excitation numbers, (d,).

    Raises:
        ValueError: it has.
    """
    if np.any(np.abs(initial[numbers[:, None] != numbers[None, :]]) > 0):
        checks.fail(
            "initial",
            "without coherences between different excitation numbers",
            checks.Words("not: use te.evolve, which follows them"),
        )
