"""The tiers of all networks of a schedule in common coordinates, for one total charge."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import Band, HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.dynamics.coherent_source import (
    factors,
    in_real_numbers,
    pair_raising,
)
from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.laplace.rounding import redrawn
from thermalent.continued_fraction.dynamics.steps import largest_rate
from thermalent.continued_fraction.switching.contours import TierResolvent
from thermalent.continued_fraction.switching.reference import (
    SourcePiece,
    SourceStretch,
    leap,
    source_stretches,
)
from thermalent.networks.symmetry import element_charges


@dataclass(frozen=True, eq=False)
class InitialSource:
    """The source at time zero.

    Args:
        variance: W of the first expansion: that of a stationary source, zero of a coherent one.
        amplitude: Beta, real and >= 0.
    """

    variance: float
    amplitude: float


class ScheduleTiers:
    """Generators and initial vector of one total charge.

    Args:
        pieces: The hierarchies of the networks, one after the other, in one basis of bright and
            dark states.
        lengths: How long each of them lasts, up to the last time.
        source: The source at time zero.
        rho: The emitters' density matrix at time zero, in the frame of a real amplitude, (d, d).
        charge: The total charge Q.
        depth: Tiers that steady states need, about; see `up_to`.
    """

    def __init__(
        self,
        pieces: list[Hierarchy],
        lengths: list[float],
        source: InitialSource,
        rho: np.ndarray,
        charge: int,
        depth: int,
    ) -> None:
        self.pieces, self.charge, self.source = pieces, charge, source
        modes = [piece.modes[0] for piece in pieces]
        self._sources = [
            SourcePiece(mode.rate, mode.variance, length)
            for mode, length in zip(modes, lengths, strict=True)
        ]
        self.stretches = self._stretches(depth)
        difference = element_charges(pieces[0].numbers) - charge
        own = {int(value): np.where(difference == value, rho.ravel(), 0) for value in difference}
        self.parts = {
            value: part
            for value, part in own.items()
            if np.any(part) and (value == 0 or source.amplitude > 0)
        }
        # Generators are linear in the reference: those at zero and at one give all.
        whole = {
            (key, end): self._complete(h, end)
            for key, h in {id(h): h for h in pieces}.items()
            for end in (0, 1)
        }
        self.chains = _restricted(whole, self.parts) if self.parts else {}
        self.real = charge == 0
        found = {key: in_real_numbers(chain) for key, chain in self.chains.items()}
        if found and not any(chain is None for chain in found.values()):
            # The part of another charge than zero may be real as well, which halves the work.
            parts = [self.first.basis[k % 2].conj().T @ part for k, part in self.parts.items()]
            self.real = charge == 0 or not any(np.any(part.imag) for part in parts)
            if self.real:
                self.chains = {key: chain for key, chain in found.items() if chain is not None}
        self._assembled: dict[tuple[int, int], _Terms] = {}
        self._raising: dict[int, sparse.csr_array] = {}
        self._conserved: dict[int, Conserved] = {}

    def _complete(self, h: Hierarchy, reference: int) -> HierarchyChain:
        return hierarchy_chain(
            _referred(h, reference), charge=self.charge, complete=True, scale=1.0
        )

    def _stretches(self, last: int) -> list[SourceStretch]:
        source = self.source
        return source_stretches(self._sources, source.variance, source.amplitude**2, last)

    @property
    def cooling(self) -> bool:
        """Whether the source becomes colder."""
        variances = [stretch.reference for stretch in self.stretches]
        return any(b < a for a, b in pairwise(variances))

    def up_to(self, last: int) -> ScheduleTiers:
        """The same for runs with a highest tier: leaps are the shorter the more tiers there are."""
        other = copy(self)
        other.stretches = self._stretches(last)
        other._assembled, other._raising = {}, {}
        return other

    def redrawn(self) -> ScheduleTiers:
        """The same with every entry of the generators rounded differently."""
        other, known = copy(self), {id(h): h for h in self.pieces}
        other.chains = {
            (key, end): redrawn(chain, _referred(known[key], end), self.charge)
            for (key, end), chain in self.chains.items()
        }
        other._assembled, other._raising = {}, {}
        return other

    def conserved(self, piece: int) -> Conserved:
        """What a network conserves."""
        key = id(self.pieces[piece])
        if key not in self._conserved:
            self._conserved[key] = Conserved(self.chains[key, 0])
        return self._conserved[key]

    @property
    def tier0_size(self) -> int:
        """Unknowns of tier zero."""
        return self.first.tier0_size

    def offset(self, last: int) -> np.ndarray:
        """Position of each tier up to `last`, and the size, (last + 2,)."""
        return offsets(self.first, last)

    def motion(self, stretch: SourceStretch, last: int) -> None:
        """No generator depends on time: the reference follows the source in leaps."""
        return None

    def at_rest(self, stretch: SourceStretch) -> bool:
        """Whether the source is stationary, so that no tier is coupled to the next but one."""
        return stretch.reference == self.pieces[stretch.piece].modes[0].variance

    def largest_rate(self, stretch: SourceStretch) -> float:
        """The largest rate of the emitters alone."""
        return largest_rate(self.chains[id(self.pieces[stretch.piece]), 0])

    def resolvent(self, stretch: SourceStretch, last: int) -> TierResolvent:
        """(z - L)^{-1} of a stretch at rest."""
        return TierResolvent(
            self.generator(stretch, last),
            self.offset(stretch.tiers(last)),
            self.conserved(stretch.piece),
        )

    @property
    def first(self) -> HierarchyChain:
        """The tiers of the first network, whose unknowns those of all others are."""
        return self.chains[id(self.pieces[0]), 0]

    def start(self, last: int) -> np.ndarray:
        """The initial vector on the tiers of the first stretch."""
        chain, stretch = self.first, self.stretches[0]
        offset = offsets(chain, stretch.tiers(last))
        y = np.zeros(offset[-1], dtype=complex)
        for difference, part in self.parts.items():
            own = chain.basis[difference % 2].conj().T @ part
            c = factors(
                difference, len(offset) - 2, 0.0, self.source.amplitude / np.sqrt(stretch.size)
            )
            for n in range(abs(difference), len(offset) - 1, 2):
                size = offset[n + 1] - offset[n]
                y[offset[n] : offset[n + 1]] += c[n] * own[:size]
        begin = stretch._replace(reference=self.source.variance)
        return self.leaped(y.real if self.real else y, begin, stretch, last)

    def leaped(
        self, y: np.ndarray, before: SourceStretch, after: SourceStretch, last: int
    ) -> np.ndarray:
        """The vector relative to the reference of the next stretch, in its tiers and their scale.

        Args:
            y: The vector at the end of a stretch.
            before: That stretch.
            after: The next one.
            last: The highest tier of the hottest stretch.
        """
        offset = offsets(self.first, last)
        kept = offset[after.tiers(last) + 1]
        if len(y) < kept:
            y = np.concatenate([y, np.zeros(kept - len(y), dtype=y.dtype)])
        ratio = (before.reference - after.reference) / before.size
        if ratio != 0.0:
            y = leap(self._pairs(last)[: len(y), : len(y)], y, ratio)
        if before.size != after.size:
            tier = np.repeat(np.arange(last + 1), np.diff(offset))[: len(y)]
            y = y * np.sqrt(before.size / after.size) ** tier
        return y[:kept]

    def generator(self, stretch: SourceStretch, last: int) -> sparse.csr_array:
        """L of a stretch, on its tiers, where the hottest one has tiers up to `last`."""
        h = self.pieces[stretch.piece]
        (mode,) = h.modes
        key = id(h), last
        if key not in self._assembled:
            # One network at a time: smooth changes are made of hundreds.
            self._assembled = {key: _terms(self.chains[id(h), 0], self.chains[id(h), 1], last)}
        size = offsets(self.first, last)[stretch.tiers(last) + 1]
        within, back, up, down = (matrix[:size, :size] for matrix in self._assembled[key])
        s = float(np.sqrt(stretch.size))
        matrix = within + (1 / s) * back + (stretch.reference / s) * up + s * down
        excess = 2 * mode.rate * (mode.variance - stretch.reference) / stretch.size
        if excess != 0.0:
            matrix = matrix + excess * self._pairs(last)[:size, :size]
        return sparse.csr_array(matrix)

    def _pairs(self, last: int) -> sparse.csr_array:
        if last not in self._raising:
            self._raising = {last: pair_raising(self.first, last)}
        return self._raising[last]


class _Terms(NamedTuple):
    """Parts of L on all tiers, in the scale one.

    Args:
        within: What acts within the tiers.
        back: Back-action of the emitters on the source, from the tier below.
        up: What acts from the tier below for a variance of one.
        down: What acts from the tier above.
    """

    within: sparse.csr_array
    back: sparse.csr_array
    up: sparse.csr_array
    down: sparse.csr_array


def _referred(h: Hierarchy, reference: float) -> Hierarchy:
    (mode,) = h.modes
    return replace(h, modes=(replace(mode, variance=reference),))


def _terms(cold: HierarchyChain, warm: HierarchyChain, last: int) -> _Terms:
    """The parts of L from the chains at the references zero and one."""
    nothing = Band(*(np.zeros(0, int),) * 2, np.zeros(0), np.zeros(0))
    bare = cold._replace(up=(nothing, nothing), down=(nothing, nothing))
    none = bare._replace(a=(0 * cold.a[0], 0 * cold.a[1]), rate=0.0)
    back = assemble(none._replace(up=cold.up), last)
    return _Terms(
        within=assemble(bare, last),
        back=back,
        up=sparse.csr_array(assemble(none._replace(up=warm.up), last) - back),
        down=assemble(none._replace(down=cold.down), last),
    )


def _restricted(
    chains: dict[tuple[int, int], HierarchyChain], parts: dict[int, np.ndarray]
) -> dict[tuple[int, int], HierarchyChain]:
    """The chains without the unknowns that the start never reaches in any of them."""
    first = next(iter(chains.values()))
    reached = [np.zeros(len(block), dtype=bool) for block in first.a]
    for difference, part in parts.items():
        reached[difference % 2] |= np.abs(first.basis[difference % 2].conj().T @ part) > 0
    while True:
        before = [own.copy() for own in reached]
        for chain in chains.values():
            for parity, own in enumerate(reached):
                own |= ((chain.a[parity] != 0) @ own.astype(float)) > 0
                for band in (chain.up[parity], chain.down[parity]):
                    own[band.row[reached[1 - parity][band.col]]] = True
        if all(np.array_equal(*pair) for pair in zip(before, reached, strict=True)):
            break
    return {key: _without(chain, reached) for key, chain in chains.items()}


def _without(chain: HierarchyChain, kept: list[np.ndarray]) -> HierarchyChain:
    at = [np.cumsum(own) - 1 for own in kept]

    def cut(band: Band, parity: int) -> Band:
        use = kept[parity][band.row] & kept[1 - parity][band.col]
        row, col = at[parity][band.row[use]], at[1 - parity][band.col[use]]
        return Band(row, col, band.value[use], band.e[use])

    even, odd = (np.flatnonzero(own) for own in kept)
    return chain._replace(
        a=(chain.a[0][np.ix_(even, even)], chain.a[1][np.ix_(odd, odd)]),
        up=(cut(chain.up[0], 0), cut(chain.up[1], 1)),
        down=(cut(chain.down[0], 0), cut(chain.down[1], 1)),
        tier0_size=int(np.count_nonzero(kept[0][: chain.tier0_size])),
        basis=(chain.basis[0][:, even], chain.basis[1][:, odd]),
        charge=(chain.charge[0][even], chain.charge[1][odd]),
    )
