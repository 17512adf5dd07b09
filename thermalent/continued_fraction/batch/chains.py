"""Networks of one structure as arrays, and the chains of levels of all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.networks.nodes import SIGMA_Z, Mode, Node, Qubit
from thermalent.networks.symmetry import element_charges, excitation_numbers
from thermalent.operators.superoperators import dense, embed

# Larger emitter systems spend their time in arithmetic, one by one as well as side by side.
MOST_STATES = 8


class Chains(NamedTuple):
    """The chains of levels of some points, with the same unknowns in each.

    Args:
        points: Which of the networks they are, (p,).
        a0: A of the even levels, (p, m_0, m_0).
        a1: A of the odd levels, (p, m_1, m_1).
        bands: Couplings up into even and odd, down into even and odd levels: row, column, e (t,)
            and values (p, t) of each; see `levels`.
        rate: Amplitude decay rate of the source, (p,).
        width: sqrt|V|, (p,).
        bright_dark: States of the bright frame as columns, (p, d, d).
        places: Row, column and kind of each unknown of level 0, (3, ground).
    """

    points: np.ndarray
    a0: np.ndarray
    a1: np.ndarray
    bands: tuple[tuple[np.ndarray, ...], ...]
    rate: np.ndarray
    width: np.ndarray
    bright_dark: np.ndarray
    places: np.ndarray


def structures(networks: Sequence[Network]) -> dict[object, list[int]]:
    """Positions of the networks by what they must share to be solved side by side.

    Those under None are solved alone: of several modes, pumped, or of too many states.
    """
    kinds: dict[object, list[int]] = {}
    known: dict[int, object] = {}  # of emitters that are not qubits, by identity
    for position, network in enumerate(networks):
        nodes = network.nodes
        kind: object = tuple(_kind(node, known) for node in nodes)
        alone = not isinstance(nodes[0], Mode) or (len(nodes) > 1 and isinstance(nodes[1], Mode))
        kinds.setdefault(None if alone else kind, []).append(position)
    for kind in [kind for kind in kinds if kind is not None]:
        members = kinds.pop(kind)
        first = networks[members[0]]
        if np.prod(first.dims) > MOST_STATES:
            kinds.setdefault(None, []).extend(members)
            continue
        pairs = np.array([(networks[p].pumping, networks[p].anomalous) for p in members])
        pumped = np.any(pairs, axis=(1, 2, 3))
        for key, chosen in ((None, pumped), (kind, ~pumped)):
            if np.any(chosen):
                kinds.setdefault(key, []).extend(np.array(members)[chosen].tolist())
    return kinds


def _kind(node: Node, known: dict[int, object]) -> object:
    if isinstance(node, Qubit):
        return Qubit
    if isinstance(node, Mode):
        return node.backaction
    if id(node) not in known:
        matrices = (node.lowering, node.hamiltonian, *node.collapse_operators)
        contents = (np.asarray(matrix, dtype=complex).tobytes() for matrix in matrices)
        known[id(node)] = (node.dimension, *contents)
    return known[id(node)]


def chains(networks: Sequence[Network], points: np.ndarray) -> list[Chains]:
    """The chains of networks of one structure, grouped by the unknowns that are reached.

    Args:
        networks: All networks.
        points: Positions of those to take.
    """
    from thermalent.continued_fraction.batch import operators as batch_operators

    chosen = [networks[p] for p in points]
    first = chosen[0]
    numbers = excitation_numbers(first)
    exchange, decay, absorption = (
        np.array([getattr(network, name) for network in chosen])
        for name in ("exchange", "decay", "absorption")
    )
    variance, rate = _source(chosen, decay, absorption)
    d = len(numbers)
    c, z, local, jumps = _constants(first, d)
    up = np.ascontiguousarray(c.conj().transpose(0, 2, 1))
    sides = np.concatenate([c, up, z, jumps])
    x = np.zeros((len(points), d, d), dtype=complex)
    x[:, np.arange(d), np.arange(d)] = 1j * exchange[:, :1, 0].real * numbers
    y = np.zeros((len(points), len(sides), d, d), dtype=complex)
    y[:, len(sides) - len(jumps) :] = jumps
    noisy = [i for i, emitter in enumerate(first.emitters) if isinstance(emitter, Qubit)]
    rates = [[network.emitters[i].dephasing for i in noisy] for network in chosen]
    drive, back, driven = batch_operators.operators(
        c,
        up,
        up[:, None] @ c[None],
        c[:, None] @ up[None],
        -1j * local - 0.5 * np.sum(jumps.conj().transpose(0, 2, 1) @ jumps, axis=0),
        exchange,
        decay,
        absorption,
        np.array(rates).reshape(len(points), len(noisy)),
        z,
        x,
        y,
    )
    if not first.modes[0].backaction:
        back[:] = 0.0
    bright_dark = _frames(driven, numbers)
    found, reached = batch_operators.matrices(x, sides, y, drive, back, bright_dark, variance)
    return _grouped(points, numbers, found, reached, rate, variance, bright_dark)


def _constants(network: Network, d: int) -> tuple[np.ndarray, ...]:
    """Lowering operators, sigma^z of qubits, and of the others the Hamiltonian and all jumps."""
    dims = network.dims
    local, jumps, z = np.zeros((d, d), dtype=complex), [], []
    for i, emitter in enumerate(network.emitters):
        if isinstance(emitter, Qubit):
            z.append(embed(SIGMA_Z, i, dims))
            continue
        local += dense(embed(emitter.hamiltonian, i, dims))
        jumps += [embed(jump, i, dims) for jump in emitter.collapse_operators]
    return _stack(lowering_operators(network), d), _stack(z, d), local, _stack(jumps, d)


def _stack(operators: Sequence[object], d: int) -> np.ndarray:
    return np.array([dense(operator) for operator in operators], dtype=complex).reshape(-1, d, d)


def _source(
    networks: Sequence[Network], decay: np.ndarray, absorption: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """V and the amplitude decay rate of each network's mode, (p,) each."""
    modes: list[Mode] = [network.nodes[0] for network in networks]  # type: ignore[misc]
    bath = np.array([mode.bath_rate for mode in modes])
    occupation = np.array([mode.n_th for mode in modes])
    absorbed = absorption[:, 0, 0].real
    relaxation = decay[:, 0, 0].real - absorbed + bath
    return (absorbed + bath * occupation) / relaxation, relaxation / 2


def _frames(driven: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Eigenstates of O^+ O in each charge sector, as `bright_dark_basis`, from O^+ (p, d, d)."""
    bright_dark = np.zeros_like(driven)
    for n in np.unique(numbers):
        sector = np.flatnonzero(numbers == n)
        if len(sector) == 1:
            bright_dark[:, sector, sector] = 1.0
            continue
        rows = driven[:, sector]
        vectors = np.linalg.eigh(rows @ rows.conj().transpose(0, 2, 1))[1]
        bright_dark[:, sector[:, None], sector] = vectors
    return bright_dark


def _grouped(
    points: np.ndarray,
    numbers: np.ndarray,
    found: np.ndarray,
    reached: np.ndarray,
    rate: np.ndarray,
    variance: np.ndarray,
    bright_dark: np.ndarray,
) -> list[Chains]:
    """The chains, those that reach the same unknowns together."""
    places = _places(numbers)
    difference = np.abs(element_charges(numbers).reshape(len(numbers), -1)[places[0], places[1]])
    packed = np.packbits(reached, axis=1)
    kinds, which = np.unique(packed, axis=0, return_inverse=True)
    groups = []
    for g in range(len(kinds)):
        mine = np.flatnonzero(which.ravel() == g)
        keep = np.flatnonzero(reached[mine[0]])
        even, odd = keep[difference[keep] % 2 == 0], keep[difference[keep] % 2 == 1]
        even = even[np.argsort(difference[even], kind="stable")]
        a, b, c = (found[mine, i] for i in range(3))
        groups.append(
            Chains(
                points=points[mine],
                a0=np.ascontiguousarray(a[:, even[:, None], even]),
                a1=np.ascontiguousarray(a[:, odd[:, None], odd]),
                bands=(
                    _band(b, difference, even, odd),
                    _band(b, difference, odd, even),
                    _band(c, difference, even, odd),
                    _band(c, difference, odd, even),
                ),
                rate=rate[mine],
                width=np.sqrt(np.abs(variance[mine])),
                bright_dark=bright_dark[mine],
                places=np.ascontiguousarray(places[:, even[difference[even] == 0]]),
            )
        )
    return groups


def _places(numbers: np.ndarray) -> np.ndarray:
    """Row, column and kind of every unknown, in the order of `levels`, (3, d^2)."""
    d = len(numbers)
    diagonal = np.arange(d)
    i, j = np.triu_indices(d, 1)
    one = np.ones_like(i)
    return np.concatenate(
        [
            np.stack([diagonal, diagonal, np.zeros(d, dtype=i.dtype)]),
            np.stack([i, j, one]),
            np.stack([i, j, 2 * one]),
        ],
        axis=1,
    )


def _band(
    matrix: np.ndarray, difference: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Row, column, e and the values of all points, wherever one of them has an element."""
    block = matrix[:, rows[:, None], columns]
    row, column = map(np.ascontiguousarray, np.nonzero(np.any(block != 0, axis=0)))
    e = (difference[rows[row]] - difference[columns[column]]) * difference[rows[row]]
    return row, column, e.astype(float), np.ascontiguousarray(block[:, row, column])
