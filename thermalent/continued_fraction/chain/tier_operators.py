r"""Operators on the emitters and the source: a matrix on each tier, products with a field, traces.

A field is \(O = w\,a + O_e\), the source's amplitude and the emitters' operators. On the tiers,

$$(\alpha\mu)^{kl} = \sqrt{k}\,V \mu^{k-1,l} + \sqrt{l+1}\,\mu^{k,l+1}, \qquad
  (\alpha^*\mu)^{kl} = \sqrt{l}\,V \mu^{k,l-1} + \sqrt{k+1}\,\mu^{k+1,l}$$

so \(O\rho\) has total charge -1 and \(O\rho O^\dagger\) total charge 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from thermalent.continued_fraction.chain.assembly import assemble, offsets
from thermalent.continued_fraction.chain.chain import HierarchyChain, hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import Hierarchy
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.networks.symmetry import element_charges
from thermalent.operators.superoperators import Operator

SOLVE_ROUNDING = 8 * float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Field:
    """A field O = weight * a + emitters.

    Args:
        weight: Weight w of the source's amplitude.
        emitters: O_e on the emitters, (d, d), lowering the charge by one.
    """

    weight: complex
    emitters: np.ndarray


class TierOperators:
    """All tiers as one array M[N] of (d, d) matrices, (N + 1, d, d), of one total charge.

    Products with fields and traces are also those of several at once, (..., N + 1, d, d).
    """

    def __init__(self, h: Hierarchy, charge: int, matrices: np.ndarray) -> None:
        self.h = h
        self.charge = charge
        self.matrices = matrices
        variance = h.modes[0].variance
        self.variance = variance
        self.scale = np.sqrt(abs(variance)) if abs(variance) > 1 else 1.0

    @classmethod
    def from_vector(
        cls, h: Hierarchy, charge: int, chain: HierarchyChain, x: np.ndarray, last: int
    ) -> TierOperators:
        """The matrices of a vector X of the chain."""
        return cls(h, charge, tier_matrices(chain, x, last))

    def vector(self, chain: HierarchyChain) -> np.ndarray:
        """The vector X of a chain of the same total charge."""
        x = self._in_basis(chain, self.matrices, [basis.conj().T for basis in chain.basis])
        return x if np.iscomplexobj(chain.a[0]) else x.real

    def size_vector(self, chain: HierarchyChain) -> np.ndarray:
        """Sizes of the terms of the elements of `vector`, summed without cancellation."""
        return self._in_basis(chain, np.abs(self.matrices), [abs(basis).T for basis in chain.basis])

    @staticmethod
    def _in_basis(
        chain: HierarchyChain, matrices: np.ndarray, to_basis: list[Operator]
    ) -> np.ndarray:
        parts = [to_basis[n % 2] @ matrix.ravel() for n, matrix in enumerate(matrices)]
        return np.concatenate([parts[0][: chain.tier0_size], *parts[1:]])

    def times_field(self, field: Field, *, conjugate: bool) -> TierOperators:
        """The product O rho (total charge one less), or rho O^+ with `conjugate` (one more)."""
        m = self.matrices
        step = 1 if conjugate else -1
        difference = self._differences(self.charge + step)
        n = np.arange(m.shape[-3] + 1)[:, None, None]
        # alpha raises k, alpha^* raises l; k - l is `difference`.
        raised = (n - difference) / 2 if conjugate else (n + difference) / 2
        lowered = (n + difference) / 2 + 1 if conjugate else (n - difference) / 2 + 1
        none = np.zeros((*m.shape[:-3], 1, *m.shape[-2:]), dtype=m.dtype)
        padded, below = np.concatenate([m, none, none], -3), np.concatenate([none, m], -3)
        amplitude = (self.variance / self.scale) * np.sqrt(np.maximum(raised, 0)) * below
        amplitude = amplitude + self.scale * np.sqrt(np.maximum(lowered, 0)) * padded[..., 1:, :, :]
        if conjugate:
            local = padded[..., :-1, :, :] @ field.emitters.conj().T
            weight = np.conj(field.weight)
        else:
            local = field.emitters @ padded[..., :-1, :, :]
            weight = field.weight
        return TierOperators(self.h, self.charge + step, weight * amplitude + local)

    def _differences(self, charge: int) -> np.ndarray:
        d = len(self.h.numbers)
        return element_charges(self.h.numbers).reshape(d, d) - charge

    def sizes(self) -> TierOperators:
        """The absolute values, for sums of the sizes of terms."""
        absolute = TierOperators(self.h, self.charge, np.abs(self.matrices))
        absolute.variance = abs(self.variance)
        return absolute

    def lowest(self, tiers: int) -> TierOperators:
        """Those on so many of the lowest tiers."""
        return TierOperators(self.h, self.charge, self.matrices[..., :tiers, :, :])

    def trace(self) -> complex:
        """The trace over emitters and source."""
        return complex(self.traces())

    def traces(self) -> np.ndarray:
        """The traces of several, (...)."""
        return np.asarray(np.trace(self.matrices[..., 0, :, :], axis1=-2, axis2=-1))


def steady_tiers(
    h: Hierarchy,
    last: int,
    reached: np.ndarray | None = None,
    disturbance: np.random.Generator | None = None,
) -> tuple[TierOperators, float]:
    """All tiers of the steady state up to `last`, and the relative error that rounding leaves.

    Args:
        h: The hierarchy.
        last: Highest tier.
        reached: The state of the emitters, (d, d), if it is one of several; the tiers above follow
            from it.
        disturbance: See `hierarchy_chain`.
    """
    chain = hierarchy_chain(h, start=reached, disturbance=disturbance)
    x, rounding = vector_of_all_tiers(chain, last, reached)
    return TierOperators.from_vector(h, 0, chain, x, last), rounding


def tier_matrices(chain: HierarchyChain, x: np.ndarray, last: int) -> np.ndarray:
    """The matrices of a vector X on the tiers up to `last`, (last + 1, d, d)."""
    size, offset = chain.basis[0].shape[0], offsets(chain, last)
    matrices = np.zeros((last + 1, size), dtype=complex)
    for n in range(last + 1):
        own = x[offset[n] : offset[n + 1]]
        matrices[n] = chain.basis[n % 2][:, : len(own)] @ own
    d = round(np.sqrt(size))
    return matrices.reshape(last + 1, d, d)


def vector_of_all_tiers(
    chain: HierarchyChain, last: int, reached: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """The steady state as a vector X on the tiers up to `last`, and its relative rounding.

    Args:
        chain: The chain of total charge zero.
        last: Highest tier.
        reached: As for `steady_tiers`.
    """
    stationary = TierZeroEquation(chain)
    matrix = assemble(chain, last)
    if reached is None:
        right = np.zeros(matrix.shape[0])
        right[stationary.row] = stationary.unit
        pinned = _with_row(matrix, stationary.row, stationary.unit * stationary.trace)
        x, rounding = _refined(pinned, right)
    else:
        x0 = stationary.coordinates(reached)
        above = sparse.csc_array(matrix[chain.tier0_size :, chain.tier0_size :])
        right = -(matrix[chain.tier0_size :, : chain.tier0_size] @ x0)
        x, rounding = _refined(above, right)
        x = np.concatenate([x0, x])
    return x, rounding


def _with_row(matrix: sparse.csr_array, row: int, first: np.ndarray) -> sparse.csc_array:
    """The matrix with the first elements of a row given, and no others in it."""
    elements = matrix.tocoo()
    rows, columns = elements.coords
    kept, (given,) = rows != row, np.nonzero(first)
    rows = np.concatenate([rows[kept], np.full(len(given), row)])
    columns = np.concatenate([columns[kept], given])
    values = np.concatenate([elements.data[kept], first[given]])
    return sparse.csc_array((values, (rows, columns)), shape=matrix.shape)


def _refined(matrix: sparse.csc_array, right: np.ndarray) -> tuple[np.ndarray, float]:
    """The solution, refined once, and the relative size of that change."""
    # Tier by tier the matrix is banded: no ordering fills it less.
    factors = splu(matrix, permc_spec="NATURAL")
    x: np.ndarray = factors.solve(right)
    change = factors.solve(right - matrix @ x)
    size = max(float(np.linalg.norm(x)), np.finfo(float).tiny)
    return x + change, float(np.linalg.norm(change)) / size + SOLVE_ROUNDING
