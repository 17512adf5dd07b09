r"""The hierarchy in chain coordinates as a block-tridiagonal chain of tiers N = sum_j (k_j + l_j).

$$\dot x_N = \big(A^0 + A^1(N) - \mathrm{Re} H_{11} N\big)\, x_N + B(N)\, x_{N-1} + C(N)\, x_{N+1}$$

With (k_j, l_j) the quanta of the elements (see `placements`) and X their operators of the emitters,

- within a tier: the emitters' L, the decay \(-\sum_j (H_{jj}^* k_j + H_{jj} l_j)\), and hops
  \(-H_{ij}^*\, a_i^\dagger a_j\) of the k, \(-H_{ij}\, a_i^\dagger a_j\) of the l, and a
  damping instead of the hops to placements that are not kept;
- from below: \(\sqrt{k_j}\,(\eta V_{1j} L_+ + K_{+j})\) and
  \(\sqrt{l_j}\,(\eta V_{1j}^* L_- + K_{-j})\), for all j (V = 1 where the metric is C);
- from above: \(\eta\sqrt{l_1 + 1}\, L_+\) and \(\eta\sqrt{k_1 + 1}\, L_-\).

The charge q = Q + k - l of an emitters' element and the tier give k_1 and l_1, both N/2 plus a
constant: every coefficient is a constant or a constant times sqrt(N/2 + shift). As X at exchanged k
and l is the adjoint, the chain is real for a density matrix, one real unknown per element and
placement; what the populations never reach drops out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from thermalent.operators.superoperators import Operator


class BlockEntries(NamedTuple):
    """Nonzero elements of a block: value, or value * sqrt(N/2 + shift) where the shift is finite.

    N is the tier of the row.
    """

    row: np.ndarray
    col: np.ndarray
    value: np.ndarray
    shift: np.ndarray

    def at(self, tier: int | np.ndarray) -> np.ndarray:
        """The values at a tier, (entries,); at several, (tiers, entries)."""
        n = np.asarray(tier, dtype=float)[..., None]
        roots = np.sqrt(np.maximum(0.5 * n + np.where(np.isinf(self.shift), 0, self.shift), 0.0))
        return self.value * np.where(np.isinf(self.shift), 1.0, roots)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tiers:
    """The chain of tiers; index 0 of each pair is for even N, index 1 for odd N.

    Args:
        within: A, without the part that grows with the tier.
        up: B, from the tier below.
        down: C, from the tier above.
        rate: Re H_11, the decay per quantum that grows with the tier.
        lowest: First tier at which each unknown exists, (m_0,) and (m_1,).
        tier0_size: Number of unknowns of tier 0: the first so many of the even ones.
        basis: Basis matrices of the emitters as columns, for the even and odd unknowns without
            quanta beyond u_1: those come first, (d^2, g_0) and (d^2, g_1).
        elements: Position i d + j of the emitters' element |f_i><f_j| of each unknown in the basis
            of bright and dark states, (m_0,) and (m_1,).
        quanta: Position of its placement, (m_0,) and (m_1,).
        imaginary: Whether it is an imaginary part, (m_0,) and (m_1,); of Q = 0 only.
        width: sqrt(V): the number of tiers that matter is a few times this.
        source_rate: The slowest decay rate of the source, rate unit.
        most: The largest order K of quanta beyond u_1 that is kept.
        charge: Total charge Q.
    """

    within: tuple[BlockEntries, BlockEntries]
    up: tuple[BlockEntries, BlockEntries]
    down: tuple[BlockEntries, BlockEntries]
    rate: float
    lowest: tuple[np.ndarray, np.ndarray]
    tier0_size: int
    basis: tuple[Operator, Operator]
    elements: tuple[np.ndarray, np.ndarray]
    quanta: tuple[np.ndarray, np.ndarray]
    imaginary: tuple[np.ndarray, np.ndarray]
    width: float
    source_rate: float
    most: int
    charge: int

    def __post_init__(self) -> None:
        if np.iscomplexobj(self.within[0].value) != np.iscomplexobj(self.up[1].value):
            raise TypeError("the blocks of a chain are real together or complex together")

    @property
    def sizes(self) -> tuple[int, int]:
        """Unknowns of an even and of an odd tier."""
        return len(self.lowest[0]), len(self.lowest[1])

    def staggered(self, factor: float) -> Tiers:
        """The same chain with the unknowns of odd tiers multiplied by a factor."""

        def scaled(pair: tuple[BlockEntries, BlockEntries]) -> tuple[BlockEntries, BlockEntries]:
            even, odd = pair
            return even._replace(value=even.value / factor), odd._replace(value=odd.value * factor)

        return replace(self, up=scaled(self.up), down=scaled(self.down))

    def rescaled(self, factor: float) -> Tiers:
        """The same chain with the tiers scaled against each other: equal but for rounding."""

        def scaled(
            pair: tuple[BlockEntries, BlockEntries], by: float
        ) -> tuple[BlockEntries, BlockEntries]:
            return pair[0]._replace(value=pair[0].value * by), pair[1]._replace(
                value=pair[1].value * by
            )

        return replace(self, up=scaled(self.up, factor), down=scaled(self.down, 1 / factor))

    @cached_property
    def a(self) -> tuple[np.ndarray, np.ndarray]:
        """The emitters' own part of even and odd tiers, on the unknowns without other quanta."""
        blocks = []
        for parity in (0, 1):
            size = self.basis[parity].shape[1]
            e = self.within[parity]
            own = np.isinf(e.shift) & (e.row < size) & (e.col < size)
            block = np.zeros((size, size), dtype=e.value.dtype)
            np.add.at(block, (e.row[own], e.col[own]), e.value[own])
            blocks.append(block)
        return blocks[0], blocks[1]


def is_real(chain: Tiers) -> bool:
    """Whether the blocks have no imaginary parts, whatever type they are of."""
    blocks = (*chain.within, *chain.up, *chain.down)
    return not any(np.any(np.imag(block.value)) for block in blocks)


def real_part(chain: Tiers) -> Tiers:
    """The real parts of all blocks."""

    def real(pair: tuple[BlockEntries, BlockEntries]) -> tuple[BlockEntries, BlockEntries]:
        even, odd = pair
        return even._replace(value=even.value.real), odd._replace(value=odd.value.real)

    return replace(chain, within=real(chain.within), up=real(chain.up), down=real(chain.down))
