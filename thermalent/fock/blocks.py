r"""The generator on large charge sectors, applied block by block, without a matrix.

The elements \(|r\rangle\langle c|\) of a sector Q form dense blocks \(X_g\), rows of charge g and
columns of charge g - Q:

$$(\mathcal{L}X)_g = K_g X_g + X_g K_{g-Q}^\dagger
  + \sum_k (A_k)_{g,\,g - \Delta_k}\, X_{g - \Delta_k}\,
    (B_k^\dagger)_{g - Q - \Delta_k,\,g - Q}$$

with as few jump terms as there are. A matrix of all elements would hold in each row the product of
the entries in a row of A and of B; here each operator is applied from one side at a time. In a
Hermitian sector half of the terms are the adjoint of the other half, and the vector holds each pair
\(X_{rc} = X_{cr}^*\) once: \(X_{rr}, \sqrt2\,\mathrm{Re}\,X_{rc}, \sqrt2\,\mathrm{Im}\,X_{rc}\),
which has the same 2-norm. Where K, A, B and the start are real, there are no imaginary parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.fock.lindbladian import Jump, drift_of, truncated_operators
from thermalent.fock.space import Space
from thermalent.networks.network import Network

_HALF = np.sqrt(0.5)


class _Block(NamedTuple):
    """The place of a block in the vector of all elements, its shape, and its two groups."""

    part: slice
    shape: tuple[int, int]
    rows: int
    cols: int


class _Term(NamedTuple):
    """The map of a jump from one block to another: left X right^T."""

    target: _Block
    source: _Block
    left: sparse.csr_array
    right: sparse.csr_array  # of B conjugated, as it acts on the transpose


class SectorGenerators:
    """The generator on one sector; call it with a real vector.

    Args:
        network: The network.
        base: The product states, grouped.
        kept: The sector's elements.
        charge: Q.
        start: The sector's elements at the start, (n,): where they are real, reality may be used.
    """

    def __init__(
        self, network: Network, base: Space, kept: Space, charge: int, start: np.ndarray
    ) -> None:
        hamiltonian, jumps = truncated_operators(network, base.cutoffs, fewest=True)
        drift = drift_of(hamiltonian, jumps)
        operators = [drift, *(operator for jump in jumps for operator in jump)]
        self.real = not np.any(start.imag) and not any(np.any(op.data.imag) for op in operators)
        if self.real:
            drift = sparse.csr_array(drift.real)
            jumps = tuple(Jump(*(sparse.csr_array(op.real) for op in jump)) for jump in jumps)
        self.hermitian = charge == 0
        self.rate = 2 * _norm(drift) + sum(_norm(jump.a) * _norm(jump.b) for jump in jumps)
        if self.hermitian:
            place = np.arange(kept.elements)
            mirror = kept.index(kept.cols, kept.rows)
            self._diagonal, self._upper = place[place == mirror], place[place < mirror]
            self._lower = mirror[self._upper]
        self._blocks = _layout(base, kept, charge)
        self._one_sided = [
            (_part(base, drift, group, group), _part(base, drift, partner, partner).conj())
            for _, _, group, partner in self._blocks
        ]
        self._two_sided = [term for jump in jumps for term in _terms(base, self._blocks, jump)]

    def pack(self, elements: np.ndarray) -> np.ndarray:
        """The real vector, on which the generator acts, of a matrix's elements.

        In a Hermitian sector that of the Hermitian part of the matrix.
        """
        if not self.hermitian:
            x = elements.real.copy() if self.real else np.array(elements, dtype=complex)
            return x.view(float)
        pairs = _HALF * (elements[self._upper] + elements[self._lower].conj())
        parts = [elements[self._diagonal].real, pairs.real]
        return np.concatenate(parts if self.real else [*parts, pairs.imag])

    def unpack(self, y: np.ndarray) -> np.ndarray:
        """The matrix elements from their real vector."""
        return self._elements(y).astype(complex)

    def _elements(self, y: np.ndarray) -> np.ndarray:
        if not self.hermitian:
            return y if self.real else y.view(complex)
        diagonal, pairs = len(self._diagonal), len(self._upper)
        x = np.empty(diagonal + 2 * pairs, dtype=float if self.real else complex)
        x[self._diagonal] = y[:diagonal]
        values = _HALF * y[diagonal : diagonal + pairs]
        if not self.real:
            values = values + 1j * _HALF * y[diagonal + pairs :]
        x[self._upper], x[self._lower] = values, values.conj()
        return x

    def __call__(self, y: np.ndarray) -> np.ndarray:
        """The product L y."""
        x = self._elements(y)
        out = np.zeros_like(x)
        for block, (left, right) in zip(self._blocks, self._one_sided, strict=True):
            values = x[block.part].reshape(block.shape)
            product = left @ values
            if not self.hermitian:
                product = product + (right @ values.T).T
            out[block.part] = product.ravel()
        share = 0.5 if self.hermitian else 1.0
        for term in self._two_sided:
            once = term.left @ x[term.source.part].reshape(term.source.shape)
            out[term.target.part] += share * (term.right @ once.T).T.ravel()
        # Half of a Hermitian product and its adjoint. So rounding cannot leave the Hermitian
        # matrices, outside of which this map would let it grow.
        return (2.0 if self.hermitian else 1.0) * self.pack(out)


def _layout(base: Space, kept: Space, charge: int) -> list[_Block]:
    """Every block that exists."""
    position = {int(c): g for g, c in enumerate(base.charges)}
    blocks = []
    for group, c in enumerate(base.charges):
        partner = position.get(int(c) - charge)
        if partner is not None:
            part = slice(int(kept.starts[group]), int(kept.starts[group + 1]))
            shape = int(base.sizes[group]), int(base.sizes[partner])
            blocks.append(_Block(part, shape, group, partner))
    return blocks


def _terms(base: Space, blocks: list[_Block], jump: Jump) -> Iterator[_Term]:
    """The maps of the jumps from block to block."""
    of_rows = {block.rows: block for block in blocks}
    for target in blocks:
        columns = jump.b[base.states(target.rows)].indices
        source = of_rows.get(int(base.group[columns[0]])) if len(columns) else None
        if source is None:
            continue
        left = _part(base, jump.a, target.rows, source.rows)
        right = _part(base, jump.b, target.cols, source.cols).conj()
        if left.nnz and right.nnz:
            yield _Term(target, source, left, right)


def _part(base: Space, operator: sparse.csr_array, row: int, column: int) -> sparse.csr_array:
    return sparse.csr_array(operator[base.states(row)][:, base.states(column)])


def _norm(operator: sparse.csr_array) -> float:
    """The larger of the 1-norm and the infinity norm, which bounds the 2-norm."""
    magnitude = abs(operator)
    return max(float(np.max(magnitude.sum(axis=axis), initial=0.0)) for axis in (0, 1))
