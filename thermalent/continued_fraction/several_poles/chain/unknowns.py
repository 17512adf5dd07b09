r"""The unknowns of a tier of given parity: an element of the emitters at a placement of quanta.

The charge q = Q + k - l of an emitters' element and the tier give the quanta on the first
amplitude, k_1 = N/2 + k_shift and l_1 = N/2 + l_shift. As X at exchanged k and l is the adjoint,
those of Q = 0 can be real: Re X, and behind all of them Im X, of one of each pair.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from thermalent.continued_fraction.several_poles.chain.placements import Placements
from thermalent.networks.symmetry import element_charges


class Unknowns:
    """All unknowns (placement, element), those of a placement together.

    Args:
        numbers: Excitation number of each basis state of the emitters, (d,) integers.
        of: The placements.
        charge: Total charge Q.
        hermitian: Whether the unknowns are real, an element and its conjugate together.
    """

    def __init__(
        self, numbers: np.ndarray, of: Placements, charge: int, *, hermitian: bool
    ) -> None:
        self.of, self.charge, self.hermitian = of, charge, hermitian
        self.d = len(numbers)
        self.e = self.d**2
        self.q = element_charges(numbers) - charge  # k - l of each element
        # (placements, elements)
        self.k_shift = 0.5 * self.q[None, :] - of.k.sum(axis=1)[:, None]
        self.l_shift = -0.5 * self.q[None, :] - of.l.sum(axis=1)[:, None]
        self.count = len(of) * self.e  # of complex unknowns

    @property
    def size(self) -> int:
        """How many there are, real and imaginary parts counted where they are apart."""
        return 2 * self.count if self.hermitian else self.count

    def at(self, place: np.ndarray, element: np.ndarray) -> np.ndarray:
        """Position of an unknown."""
        return place * self.e + element

    @cached_property
    def conjugate(self) -> np.ndarray:
        """Position of the unknown that holds the complex conjugate, (count,)."""
        i, j = np.divmod(np.arange(self.e), self.d)
        return self.at(self.of.conjugate[:, None], (j * self.d + i)[None, :]).ravel()

    def seed(self, inside: np.ndarray | None) -> np.ndarray:
        """The unknowns that a start at tier 0, or for Q = 0 the populations, populate, (size,).

        Args:
            inside: The start in the basis of bright and dark states, (d, d), or None.
        """
        seed = np.zeros(self.size, dtype=bool)
        if self.charge == 0:
            seed[np.arange(self.d) * (self.d + 1)] = True
        if inside is not None:
            found = np.flatnonzero((np.abs(inside.ravel()) > 0) & (self.q == 0))
            if self.hermitian:
                found = np.minimum(found, self.conjugate[found])
                seed[found + self.count] = self.conjugate[found] != found
            seed[found] = True
        return seed

    def seed_of(self, held: np.ndarray) -> np.ndarray:
        """The unknowns that a start on all tiers populates, (size,).

        Args:
            held: Where the start has real and imaginary parts, (placements, d^2).
        """
        flat = held.ravel()
        if not self.hermitian:
            return np.asarray(flat != 0)
        chosen = np.arange(self.count) <= self.conjugate
        return np.concatenate([chosen & (flat.real != 0), chosen & (flat.imag != 0)])
