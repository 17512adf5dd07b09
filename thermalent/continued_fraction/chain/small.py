"""The chains of small emitters behind one mode, of many networks of one structure at once.

One network is a list of one: there is no other way to the chain of its steady state.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np

from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, Sizes
from thermalent.continued_fraction.chain.hierarchy import bright_dark_bases
from thermalent.continued_fraction.chain.structure import Structure, network_weights, terms
from thermalent.networks.network import Network
from thermalent.networks.nodes import Mode


class Chains(NamedTuple):
    """The chains of some networks that reach the same unknowns.

    Args:
        points: Which of the networks they are, (p,).
        chain: The chain; what depends on the network has it for a first axis: the blocks
            (p, m, m'), values of bands (p, t), rates and widths (p,) and bases, here of tier 0
            alone, (p, d^2, tier0).
        basis: Hermitian basis of every network that was asked for, (n, d^2, d^2).
        rows: Which of them are here, (p,).
        unknowns: Columns of the basis that the even and the odd tiers have.
    """

    points: np.ndarray
    chain: HierarchyChain
    basis: np.ndarray
    rows: np.ndarray
    unknowns: tuple[np.ndarray, np.ndarray]

    def single(self, row: int) -> HierarchyChain:
        """The chain of one of the networks."""
        chain, size = self.chain, cast(Sizes, self.chain.size)
        basis = self.basis[self.rows[row]]

        def band(many: Band) -> Band:
            nonzero = np.flatnonzero(many.value[row])
            return Band(
                many.row[nonzero], many.col[nonzero], many.value[row, nonzero], many.e[nonzero]
            )

        return HierarchyChain(
            a=(chain.a[0][row], chain.a[1][row]),
            up=(band(chain.up[0]), band(chain.up[1])),
            down=(band(chain.down[0]), band(chain.down[1])),
            rate=float(chain.rate[row]),  # type: ignore[index]
            width=float(chain.width[row]),  # type: ignore[index]
            tier0_size=chain.tier0_size,
            basis=(basis[:, self.unknowns[0]], basis[:, self.unknowns[1]]),
            charge=chain.charge,
            size=Sizes(*((pair[0][row], pair[1][row]) for pair in size)),
        )


def chains(networks: Sequence[Network], points: np.ndarray, kind: Structure) -> list[Chains]:
    """The chains of networks of one structure, those that reach the same unknowns together.

    Args:
        networks: All networks.
        points: Positions of those to take.
        kind: Their structure.

    Raises:
        SymmetryError: they do not conserve the excitation number.
    """
    from thermalent.continued_fraction.chain import basis_kernels

    superoperators = terms(kind)
    chosen = [networks[p] for p in points]
    number = network_weights(chosen)
    rate, variance = _source(chosen, number)
    frames = _frames(number, superoperators.lowering, superoperators.numbers)
    # Up and down couplings are balanced for large variance and regular for small, see `generator`.
    scale = np.sqrt(np.maximum(np.abs(variance), 1.0))
    count, n = len(chosen), len(superoperators.numbers) ** 2
    basis, parts = np.empty((count, n, n), dtype=complex), np.empty((count, 3, n, n))
    matrices, sizes = np.empty((count, 3, n, n)), np.empty((count, 3, n, n))
    reached = np.zeros((count, n), dtype=bool)
    basis_kernels.fill_hermitian_bases(frames, superoperators.place, basis, parts)
    basis_kernels.assemble_small(
        number, superoperators.sums, superoperators.span, parts, variance, scale, matrices, sizes
    )
    basis_kernels.reach(matrices, len(superoperators.numbers), reached)
    groups: dict[bytes, list[int]] = {}
    for position, key in enumerate(np.packbits(reached, axis=1)):
        groups.setdefault(key.tobytes(), []).append(position)
    width = np.sqrt(np.abs(variance))
    return [
        _group(points[rows], rows, _layout(kind, key), basis, matrices, sizes, rate, width)
        for key, rows in ((key, np.array(group)) for key, group in groups.items())
    ]


def _source(networks: Sequence[Network], number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The amplitude decay rate and V of each network's mode, (p,) each."""
    modes = cast(list[Mode], [network.nodes[0] for network in networks])
    nodes = len(networks[0].nodes)
    bath = np.array([mode.bath_rate for mode in modes])
    occupation = np.array([mode.n_th for mode in modes])
    lost, absorbed = number[:, nodes**2].real, number[:, 2 * nodes**2].real
    relaxation = lost - absorbed + bath
    return relaxation / 2, (absorbed + bath * occupation) / relaxation


def _frames(number: np.ndarray, lowering: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The bright-dark basis of each network, (p, d, d)."""
    n = len(lowering) + 1
    to_mode = np.arange(1, n) * n  # from the mode to the emitters, in a flat matrix
    coupled = np.conj(0.5 * number[:, n * n + to_mode] + 1j * number[:, to_mode])
    drive = np.sum(coupled[:, :, None, None] * lowering, axis=1)
    return bright_dark_bases(drive, numbers)


class _Layout(NamedTuple):
    """Basis operators of the even and the odd tiers, their charges, and how many tier 0 has."""

    unknowns: tuple[np.ndarray, np.ndarray]
    charge: tuple[np.ndarray, np.ndarray]
    tier0_size: int


@lru_cache(maxsize=256)
def _layout(kind: Structure, reached: bytes) -> _Layout:
    difference = terms(kind).charge
    keep = np.flatnonzero(np.unpackbits(np.frombuffer(reached, dtype=np.uint8)))
    even, odd = keep[difference[keep] % 2 == 0], keep[difference[keep] % 2 == 1]
    return _Layout(
        unknowns=(even, odd),
        charge=(difference[even], difference[odd]),
        tier0_size=int(np.count_nonzero(difference[even] == 0)),
    )


def _group(
    points: np.ndarray,
    rows: np.ndarray,
    layout: _Layout,
    basis: np.ndarray,
    matrices: np.ndarray,
    sizes: np.ndarray,
    rate: np.ndarray,
    width: np.ndarray,
) -> Chains:
    """The chains of the networks in these rows, which reach these unknowns."""
    from thermalent.continued_fraction.chain import basis_kernels

    def pair(table: np.ndarray, which: int) -> tuple[np.ndarray, np.ndarray]:
        shift = 0 if which == 0 else 1
        even, odd = (
            basis_kernels.take(
                table, which, rows, layout.unknowns[parity], layout.unknowns[(parity + shift) % 2]
            )
            for parity in (0, 1)
        )
        return even, odd

    def bands(which: int) -> tuple[Band, Band]:
        even, odd = (
            Band(*basis_kernels.elements(block, layout.charge[parity], layout.charge[1 - parity]))
            for parity, block in enumerate(pair(matrices, which))
        )
        return even, odd

    rows_of_basis = np.arange(basis.shape[1])[:, None]
    tier0 = basis[rows[:, None, None], rows_of_basis, layout.unknowns[0][: layout.tier0_size]]
    chain = HierarchyChain(
        a=pair(matrices, 0),
        up=bands(1),
        down=bands(2),
        rate=rate[rows],
        width=width[rows],
        tier0_size=layout.tier0_size,
        basis=(tier0, tier0[:, :, :0]),
        charge=layout.charge,
        size=Sizes(*(pair(sizes, which) for which in range(3))),
    )
    return Chains(points, chain, basis, rows, layout.unknowns)
