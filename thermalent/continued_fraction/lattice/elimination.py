r"""Exact elimination of a lattice, the highest tier first: a fraction whose blocks grow.

$$K_n = A_n - F_n\, K_{n+1}^{-1} R_{n+1}, \qquad x_n = -K_n^{-1} R_n\, x_{n-1}$$

with A_n the diagonal block of tier n, F_n what falls into it and R_n what rises into it.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from thermalent.continued_fraction.lattice.krylov import Ground, LatticeGenerator
from thermalent.continued_fraction.lattice.lattice import Lattice


def elimination_cost(lattice: Lattice) -> float:
    """Approximate number of multiplications of the elimination."""
    edge = lattice.offset[lattice.tiers]
    return 4.0 * float(np.sum(np.diff(edge).astype(float) ** 3))


def eliminate(tier0: Ground, lattice: Lattice) -> np.ndarray:
    """The stationary vector of trace one, (size,)."""
    matrix = assemble_lattice(tier0.generator, lattice)
    edge = lattice.offset[lattice.tiers]
    parts = [slice(int(edge[n]), int(edge[n + 1])) for n in range(lattice.last + 1)]

    def block(target: int, origin: int) -> np.ndarray:
        return matrix[parts[target], :][:, parts[origin]].toarray()

    pivot = block(lattice.last, lattice.last)
    rises = []
    for n in range(lattice.last, 0, -1):
        # A pivot without correct digits shows in the change with the tier, which is the error.
        rises.append(-np.linalg.solve(pivot, block(n, n - 1)))
        lowering = matrix[parts[n - 1], :][:, parts[n]]
        pivot = block(n - 1, n - 1) + lowering @ rises[-1]
    pinned = int(tier0.populations[0])
    pivot[pinned] = 0.0
    pivot[pinned, tier0.populations] = 1.0
    tiers = [linalg.solve(pivot, tier0.target)]
    for rise in reversed(rises):
        tiers.append(rise @ tiers[-1])
    return np.concatenate(tiers)


def assemble_lattice(generator: LatticeGenerator, lattice: Lattice) -> sparse.csr_array:
    """The generator on a lattice as one sparse matrix, (size, size)."""
    operators = generator.operators
    count, elements = len(lattice.numbers), operators.sectors.dimension**2
    places, width = np.arange(count), np.diff(lattice.offset)
    # Every operator's elements within the full product of numbers and elements.
    kept = np.repeat(places * elements + lattice.first - lattice.offset[:-1], width) + np.arange(
        lattice.size
    )

    def term(numbers: sparse.sparray, operator: sparse.csr_array) -> sparse.csr_array:
        return sparse.csr_array(sparse.kron(numbers, operator))[kept][:, kept]

    def from_to(source: np.ndarray, factor: np.ndarray) -> sparse.coo_array:
        exists = source >= 0
        return sparse.coo_array((factor[exists], (places[exists], source[exists])), (count, count))

    identity = sparse.eye_array(elements, format="csr")
    total = term(sparse.eye_array(count), operators.liouvillian)
    total = total - sparse.diags_array(np.repeat(generator.decay(lattice), width))
    nu = lattice.numbers
    for k, (i, j) in enumerate(operators.pairs):
        factor = generator.mixing[k] * np.sqrt(nu[:, i] * (nu[:, j] + 1.0))
        total = total - term(from_to(lattice.moved[:, k], factor), identity)
    for i, (drive, backaction) in enumerate(
        zip(operators.drive, operators.backaction, strict=True)
    ):
        field = from_to(lattice.more[:, i], generator.lowering[i] * np.sqrt(nu[:, i] + 1.0))
        for j in np.flatnonzero(generator.raising[i]):
            field = field + from_to(
                lattice.fewer[:, j], generator.raising[i, j] * np.sqrt(1.0 * nu[:, j])
            )
        total = total + term(field, drive)
        if backaction.nnz:
            factor = np.sqrt(1.0 * nu[:, i]) / generator.lowering[i]
            total = total + term(from_to(lattice.fewer[:, i], factor), backaction)
    return sparse.csr_array(total)
