r"""The hierarchy of one total charge, cut off at a tier, in two arithmetics.

With \(\mu^{kl} = \sqrt{k!\, l!}\; \nu^{kl}\) the hierarchy has no square roots,

$$\dot\nu^{kl} = \big[L - \lambda(k + l) + i\delta(k - l)\big]\nu^{kl}
  + (V L_+ + K_+)\,\nu^{k-1,l} + (l + 1) L_+\,\nu^{k,l+1}
  + (V L_- + K_-)\,\nu^{k,l-1} + (k + 1) L_-\,\nu^{k+1,l}$$

so that its elements are the network's own numbers times integers: exact in ball arithmetic. In
double precision the tiers are balanced instead. At total charge Q the elements |i><j| of tier
N = k + l are those with \(k - l = q - Q\), \(|q - Q| \leq N\), of the parity of N. Emitters
alone are a chain of one tier that holds every element of charge Q.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, ctx
from scipy import sparse

from thermalent.analysis.eigenvalues.generator import BITS, HierarchyGenerator, SuperoperatorEntries
from thermalent.analysis.eigenvalues.matrix.charge_elements import (
    ChargeElements,
    UnknownPlaces,
    complex_elements,
    real_elements,
    unknown_places,
    within_tiers,
)
from thermalent.networks.symmetry import element_charges


class ExactOperator:
    """A sparse matrix of balls that is applied to columns of balls.

    Args:
        size: Its number of rows.
        row: Row of each element, (n,).
        col: Column of each element, (n,).
        value: The elements, (n,) objects.
    """

    def __init__(self, size: int, row: np.ndarray, col: np.ndarray, value: np.ndarray) -> None:
        order = np.argsort(row, kind="stable")
        self.size = size
        self.col, self.value = col[order], value[order]
        self.rows, self.first = np.unique(row[order], return_index=True)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The image of x, (size, p) objects."""
        image = np.full((self.size, x.shape[1]), acb(0), dtype=object)
        products = self.value[:, None] * x[self.col]
        image[self.rows] = np.add.reduceat(products, self.first, axis=0)
        return image


def objects(values: list[Any]) -> np.ndarray:
    """An array of objects, (n,)."""
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


class ChargeChain:
    """The hierarchy of total charge Q with the tiers 0 to `last`.

    Args:
        generator: The superoperators.
        charge: Q.
        last: Highest tier k + l; zero for emitters alone.
    """

    def __init__(self, generator: HierarchyGenerator, charge: int, last: int) -> None:
        self.generator, self.charge = generator, charge
        self.last = last if generator.has_source else 0
        self.shift = element_charges(generator.numbers) - charge  # k - l, (d^2,)
        self.longer: ChargeChain | None = None
        count = np.bincount(self.places.tier, minlength=self.last + 1)
        self.start = np.concatenate([[0], np.cumsum(count)])
        self.size = int(self.start[-1])

    def shortened(self, last: int) -> ChargeChain:
        """The chain with fewer tiers: its matrix is the first part of that of this one."""
        chain = ChargeChain(self.generator, self.charge, last)
        chain.longer = self
        return chain

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """The |i><j| of each tier."""
        return np.split(self.places.element, self.start[1:-1])

    @cached_property
    def places(self) -> UnknownPlaces:
        """Where the unknowns stand."""
        if not self.generator.has_source:
            return unknown_places((self.shift == 0)[None, :])
        n = np.arange(self.last + 1)[:, None]
        return unknown_places((np.abs(self.shift) <= n) & ((self.shift - n) % 2 == 0))

    @cached_property
    def matrix_elements(self) -> ChargeElements:
        """Those of `matrix`, as sums of two doubles."""
        return self._in_basis(self._complex_elements)

    @cached_property
    def matrix(self) -> sparse.csc_array:
        """The generator in double precision: real for Q = 0, where it keeps Hermiticity."""
        if self.longer is not None:
            return self.longer.matrix[: self.size, : self.size]
        return self._sparse(self.matrix_elements)

    @cached_property
    def complex_matrix(self) -> sparse.csc_array:
        """The generator of balanced tiers in double precision, (size, size)."""
        if self.longer is not None:
            return self.longer.complex_matrix[: self.size, : self.size]
        return self._sparse(self._complex_elements)

    @cached_property
    def rank_rounding(self) -> sparse.csc_array:
        """The part of the generator by which the given decay matrix differs, (size, size)."""
        return self._sparse(self._rank_rounding)

    @cached_property
    def rank_rounding_of_matrix(self) -> sparse.csc_array:
        """The same in the basis of `matrix`."""
        return self._sparse(self._in_basis(self._rank_rounding))

    @cached_property
    def _complex_elements(self) -> ChargeElements:
        return complex_elements(self.generator, self.shift, self.places)

    @property
    def _rank_rounding(self) -> ChargeElements:
        return within_tiers(self.generator.rank_rounding, self.places)

    def _in_basis(self, elements: ChargeElements) -> ChargeElements:
        if self.charge != 0:
            return elements
        return real_elements(elements, self.places, len(self.generator.numbers))

    def _sparse(self, elements: ChargeElements) -> sparse.csc_array:
        place = elements.row, elements.col
        matrix = sparse.csc_array((elements.high, place), shape=(self.size, self.size))
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def exact_operators(self) -> tuple[ExactOperator, ExactOperator]:
        """The balanced generator and its transpose in ball arithmetic."""
        g = self.generator
        with ctx.workprec(BITS):
            scale = arb(float(np.sqrt(g.variance))) if g.variance > 1 else arb(1)
            root = objects([arb(n).sqrt() for n in range(self.last + 2)])
            values = {
                id(entries): objects(entries.value) * factor
                for entries, factor in ((g.within, arb(1)), (g.rise, 1 / scale), (g.fall, scale))
            }
            rows, cols, elements = [], [], []
            for n in range(self.last + 1):
                of_tier = self.elements[n]
                rows.append(self.start[n] + np.arange(len(of_tier)))
                cols.append(rows[-1])
                turn = self.shift[of_tier].tolist()
                elements.append(objects([acb(-g.rate * n, g.detuning * k) for k in turn]))
                for target, origin, entries in self._couplings(n):
                    inside, row, col = self._placed(entries, target, origin)
                    value = values[id(entries)][inside]
                    if target != origin:
                        value = value * root[self._count(entries, inside, target, origin)]
                    rows.append(self.start[target] + row)
                    cols.append(self.start[origin] + col)
                    elements.append(value)
        place = np.concatenate(rows), np.concatenate(cols), np.concatenate(elements)
        return ExactOperator(self.size, *place), ExactOperator(
            self.size, place[1], place[0], place[2]
        )

    def _couplings(self, n: int) -> Iterator[tuple[int, int, SuperoperatorEntries]]:
        """The terms that enter tier n: (to, origin, superoperator)."""
        yield n, n, self.generator.within
        if n > 0:
            yield n, n - 1, self.generator.rise
        if n < self.last:
            yield n, n + 1, self.generator.fall

    def _placed(
        self, entries: SuperoperatorEntries, target: int, origin: int
    ) -> tuple[np.ndarray, ...]:
        """Mask of the entries between two tiers, and their rows and columns."""
        place = np.full((2, len(self.shift)), -1)
        place[0, self.elements[target]] = np.arange(len(self.elements[target]))
        place[1, self.elements[origin]] = np.arange(len(self.elements[origin]))
        row, col = place[0, entries.row], place[1, entries.col]
        inside = np.flatnonzero((row >= 0) & (col >= 0))
        return inside, row[inside], col[inside]

    def _count(
        self, entries: SuperoperatorEntries, inside: np.ndarray, target: int, origin: int
    ) -> np.ndarray:
        """The larger of the two k, or of the two l, whichever differs."""
        upper = max(target, origin)
        row, col = self.shift[entries.row[inside]], self.shift[entries.col[inside]]
        of_upper = row if target > origin else col
        # k changes if k - l rises with the tier, else l does.
        sign = np.where((row > col) == (target > origin), 1, -1)
        return (upper + sign * of_upper) // 2

    @cached_property
    def weights(self) -> list[list[arb]]:
        r"""Factors that balance the elements of each tier: \(\sqrt{k!\, l!}\, s^{-(k + l)}\)."""
        with ctx.workprec(BITS):
            return self._weights()

    def _weights(self) -> list[list[arb]]:
        variance = max(1.0, self.generator.variance)
        factorial = [arb(1)]
        for n in range(1, self.last + 1):
            # A factor s^2 per step of k or l is s per step of k + l.
            factorial.append(factorial[-1] * n / arb(variance))
        weights = []
        for n, elements in enumerate(self.elements):
            shift = self.shift[elements]
            k, l = (n + shift) // 2, (n - shift) // 2
            pairs = zip(k.tolist(), l.tolist(), strict=True)
            weights.append([(factorial[i] * factorial[j]).sqrt() for i, j in pairs])
        return weights

    @cached_property
    def exact_blocks(self) -> list[tuple[Any, Any, Any]]:
        """The blocks of each tier in ball arithmetic without square roots, or None."""
        with ctx.workprec(BITS):
            return self._exact_blocks()

    def _exact_blocks(self) -> list[tuple[Any, Any, Any]]:
        g = self.generator
        by_tier = []
        for n in range(self.last + 1):
            blocks = {}
            for target, origin, entries in self._couplings(n):
                block = acb_mat(len(self.elements[target]), len(self.elements[origin]))
                inside, row, col = self._placed(entries, target, origin)
                factor = (
                    self._count(entries, inside, target, origin)
                    if origin > target
                    else np.ones(len(inside), dtype=np.int64)
                )
                for i, r, c, f in zip(
                    inside.tolist(), row.tolist(), col.tolist(), factor.tolist(), strict=True
                ):
                    block[r, c] = entries.value[i] * f
                blocks[origin] = block
            diagonal = blocks[n]
            for i, element in enumerate(self.elements[n].tolist()):
                diagonal[i, i] += acb(-g.rate * n, g.detuning * int(self.shift[element]))
            by_tier.append((diagonal, blocks.get(n - 1), blocks.get(n + 1)))
        return by_tier
