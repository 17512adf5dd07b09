r"""Fields of the network on the tiers: products of a state with amplitudes and operators.

A field is \(O = \sum_j g_j u_j + O_e\), amplitudes of the chain and the emitters' operators. On the
tiers, with V the covariance of the u,

$$(u_i\,\mu)^{kl} = \sum_j \sqrt{k_j}\, V_{ij}\, \mu^{k - e_j,\, l} + \sqrt{l_i + 1}\,
  \mu^{k,\, l + e_i}$$

and the conjugate with k and l exchanged, so that \(O\rho\) has a total charge less by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from thermalent.continued_fraction.chain.assembly import existing, tier_offsets
from thermalent.continued_fraction.chain.tiers import Tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import SourceChain
from thermalent.continued_fraction.several_poles.chain.placements import Placements, placements
from thermalent.networks.symmetry import element_charges


@dataclass(frozen=True, eq=False)
class ChainField:
    """A field O = sum_j weights_j u_j + emitters.

    Args:
        weights: g, (m,).
        emitters: O_e in the basis of bright and dark states, (d, d), lowering the charge by one.
    """

    weights: np.ndarray
    emitters: np.ndarray

    def sizes(self) -> ChainField:
        """The absolute values."""
        return ChainField(np.abs(self.weights), np.abs(self.emitters))


@dataclass(frozen=True, eq=False)
class TierMatrices:
    """All tiers as matrices of the emitters, of one total charge.

    Args:
        chain: Emitters and source.
        most: The largest number K of quanta beyond u_1.
        charge: Total charge Q.
        matrices: In the basis of bright and dark states, (tiers, placements, d, d).
        covariance: V, (m, m).
    """

    chain: SourceChain
    most: int
    charge: int
    matrices: np.ndarray
    covariance: np.ndarray

    @property
    def of(self) -> Placements:
        """The placements."""
        return placements(self.chain.length - 1, self.most)

    def times_field(self, field: ChainField, *, conjugate: bool) -> TierMatrices:
        """O rho (total charge one less), or rho O^+ with `conjugate` (one more)."""
        charge = self.charge + (1 if conjugate else -1)
        m = self.matrices
        if conjugate:
            local = m @ field.emitters.conj().T
            weights, covariance = field.weights.conj(), self.covariance.conj()
        else:
            local = field.emitters @ m
            weights, covariance = field.weights, self.covariance
        # One tier more than before: amplitudes raise.
        empty = np.zeros((1, *m.shape[1:]), dtype=complex)
        below = np.concatenate([empty, m])
        here = np.concatenate([local, empty])
        more = np.concatenate([m[1:], empty, empty])
        numbers = self._quanta(charge, len(here))
        raised, lowered = (1, 0) if conjugate else (0, 1)  # which of k and l
        for j, weight in enumerate(weights @ covariance):
            if weight:
                here = here + weight * self._shifted(below, numbers[raised], j, raised, -1)
        for i, weight in enumerate(weights):
            if weight:
                here = here + weight * self._shifted(more, numbers[lowered], i, lowered, 1)
        valid = (numbers[0] >= 0) & (numbers[1] >= 0)
        return replace(self, charge=charge, matrices=np.where(valid, here, 0))

    def _quanta(self, charge: int, tiers: int) -> tuple[np.ndarray, np.ndarray]:
        """k_1 and l_1 of each tier, placement and element; -1 where there is none."""
        d = len(self.chain.numbers)
        q = element_charges(self.chain.numbers).reshape(d, d) - charge
        n = np.arange(tiers)[:, None, None, None]
        k, l = (quanta.sum(axis=1)[None, :, None, None] for quanta in (self.of.k, self.of.l))
        whole = (n + q) % 2 == 0
        return np.where(whole, (n + q) // 2 - k, -1), np.where(whole, (n - q) // 2 - l, -1)

    def _shifted(
        self, matrices: np.ndarray, first: np.ndarray, j: int, kind: int, step: int
    ) -> np.ndarray:
        """sqrt(k_j) mu^{k - e_j} (step -1), or sqrt(k_j + 1) mu^{k + e_j} (step 1)."""
        added = step > 0
        if j == 0:
            return np.asarray(np.sqrt(np.maximum(first + added, 0)) * matrices)
        of = self.of.shifted((j - 1, step), kind=kind)
        quanta = (self.of.l if kind else self.of.k)[:, j - 1] + added
        factor = np.where(of >= 0, np.sqrt(quanta), 0.0)
        return np.asarray(factor[None, :, None, None] * matrices[:, of])

    def sizes(self) -> TierMatrices:
        """The absolute values, for the sizes of the terms of what is summed from them."""
        return replace(self, matrices=np.abs(self.matrices), covariance=np.abs(self.covariance))

    def trace(self) -> complex:
        """The trace over emitters and source."""
        return complex(np.trace(self.matrices[0, 0]))

    def held(self) -> np.ndarray:
        """Where there is anything: see `tiers`, (placements, d^2)."""
        flat = self.matrices.reshape(*self.matrices.shape[:2], -1)
        real, imag = (np.any(part != 0, axis=0) for part in (flat.real, flat.imag))
        return np.asarray(real + 1j * imag)


def matrices_of(
    chain: SourceChain, built: Tiers, x: list[np.ndarray], covariance: np.ndarray
) -> TierMatrices:
    """The matrices of a vector X, given tier by tier."""
    of = placements(chain.length - 1, built.most)
    d = len(chain.numbers)
    found = np.zeros((len(x), len(of), d * d), dtype=complex)
    for n, values in enumerate(x):
        parity = n % 2
        place, element = built.quanta[parity], built.elements[parity]
        own = values[: len(place)]
        if built.charge != 0:
            found[n, place, element] = own
            continue
        other_place, other = of.conjugate[place], (element % d) * d + element // d
        single = (other_place == place) & (other == element)
        basis = np.where(built.imaginary[parity], 1j, 1.0) / np.where(single, 1.0, np.sqrt(2.0))
        np.add.at(found[n], (place, element), own * basis)
        # Of a Laplace transform the unknowns are complex: only their basis is Hermitian.
        pair, adjoint = ~single, own * basis.conj()
        np.add.at(found[n], (other_place[pair], other[pair]), adjoint[pair])
    return TierMatrices(
        chain, built.most, built.charge, found.reshape(len(x), len(of), d, d), covariance
    )


def vectors_of(built: Tiers, matrices: TierMatrices) -> list[np.ndarray]:
    """The vector X of matrices, tier by tier."""
    d = matrices.matrices.shape[-1]
    flat = matrices.matrices.reshape(*matrices.matrices.shape[:2], d * d)
    of, found = matrices.of, []
    for n, here in enumerate(flat):
        parity = n % 2
        place, element = built.quanta[parity], built.elements[parity]
        values = here[place, element]
        if built.charge == 0:
            single = (of.conjugate[place] == place) & (element % d == element // d)
            values = np.where(built.imaginary[parity], values.imag, values.real)
            values = values * np.where(single, 1.0, np.sqrt(2.0))
        found.append(np.where(existing(built, n), values, 0))
    return found


def joined_tiers(built: Tiers, x: list[np.ndarray]) -> np.ndarray:
    """A vector given tier by tier as one, without the unknowns that do not exist."""
    return np.concatenate([values[existing(built, n)] for n, values in enumerate(x)])


def split(built: Tiers, x: np.ndarray, last: int) -> list[np.ndarray]:
    """The lowest tiers of a vector that was joined."""
    at, found = tier_offsets(built, last), []
    for n in range(last + 1):
        own = np.zeros(built.sizes[n % 2], dtype=x.dtype)
        own[existing(built, n)] = x[at[n] : at[n + 1]]
        found.append(own)
    return found
