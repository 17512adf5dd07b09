r"""Superoperators on row-major vectors, and the Liouvillian of a network.

$$\mathrm{vec}(A \rho B) = (A \otimes B^T)\, \mathrm{vec}(\rho)$$

Small systems get dense arrays (a sparse 16 x 16 product costs more in bookkeeping than in
arithmetic), larger ones scipy.sparse arrays; both support `@`, `+` and scaling, and no caller needs
to know which it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from thermalent.network import Network

Operator = Any  # np.ndarray or scipy.sparse array, (d, d)
Superoperator = Any  # the same, (d^2, d^2)

_DENSE_UP_TO = 8


def embed(local: np.ndarray, position: int, dims: Sequence[int]) -> Operator:
    """The operator `local` of one subsystem, on the product space of all."""
    before, after = int(np.prod(dims[:position])), int(np.prod(dims[position + 1 :]))
    if before * after * dims[position] <= _DENSE_UP_TO:
        return np.kron(np.eye(before), np.kron(local, np.eye(after)))
    middle = sparse.kron(sparse.csr_array(local), sparse.eye_array(after))
    return sparse.csr_array(sparse.kron(sparse.eye_array(before), middle))


def dagger(operator: Operator) -> Operator:
    """The adjoint."""
    return operator.conj().T


def left(operator: Operator) -> Superoperator:
    """The superoperator rho -> A rho."""
    return sandwich(operator, _identity_like(operator))


def right(operator: Operator) -> Superoperator:
    """The superoperator rho -> rho B."""
    return sandwich(_identity_like(operator), operator)


def sandwich(a: Operator, b: Operator) -> Superoperator:
    """The superoperator rho -> A rho B."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.kron(a, b.T)
    return sparse.csr_array(sparse.kron(a, b.T))


def dense(superoperator: Superoperator) -> np.ndarray:
    """The superoperator as an array."""
    if isinstance(superoperator, np.ndarray):
        return superoperator
    return superoperator.toarray()


def _identity_like(operator: Operator) -> Operator:
    if isinstance(operator, np.ndarray):
        return np.eye(operator.shape[0])
    return sparse.csr_array(sparse.eye_array(operator.shape[0]))


class Term(NamedTuple):
    """One physical term of the master equation, named so that an error can point at it."""

    name: str
    generator: Superoperator


def pair_terms(network: Network, j: int, l: int, cj: Operator, cl: Operator) -> Iterator[Term]:
    """The terms of J, G and U that couple nodes j and l, given their operators."""
    names = (network.nodes[j].name, network.nodes[l].name)
    if network.exchange[j, l] != 0:
        product = dagger(cj) @ cl
        yield Term(
            f"exchange between {names[0]} and {names[1]}" if j != l else f"detuning of {names[0]}",
            -1j * network.exchange[j, l] * (left(product) - right(product)),
        )
    for matrix, lower_j, lower_l, word in (
        (network.decay, cj, cl, "decay"),
        (network.absorption, dagger(cj), dagger(cl), "absorption"),
    ):
        assert matrix is not None
        if matrix[j, l] != 0:
            product = dagger(lower_l) @ lower_j
            jump = sandwich(lower_j, dagger(lower_l))
            yield Term(
                f"{word} of {names[0]}" if j == l else f"{word} of {names[0]} with {names[1]}",
                matrix[j, l] * (jump - 0.5 * (left(product) + right(product))),
            )


def local_terms(
    network: Network, position: int, dims: Sequence[int], offset: int
) -> Iterator[Term]:
    """The terms of one emitter alone: its own Hamiltonian and jumps.

    Args:
        network: The network.
        position: The emitter's position among the emitters.
        dims: Dimensions of all factors of the space.
        offset: Number of factors (modes) before the emitters.
    """
    emitter = network.emitters[position]
    if np.any(emitter.hamiltonian):
        h = embed(emitter.hamiltonian, position + offset, dims)
        yield Term(f"Hamiltonian of {emitter.name}", -1j * (left(h) - right(h)))
    for k, jump in enumerate(emitter.jumps):
        o = embed(jump, position + offset, dims)
        product = dagger(o) @ o
        yield Term(
            f"jump {k} of {emitter.name}",
            sandwich(o, dagger(o)) - 0.5 * (left(product) + right(product)),
        )


def lowering_operators(network: Network) -> list[Operator]:
    """The emitters' lowering operators on their product space."""
    return [
        embed(emitter.lowering, position, network.dims)
        for position, emitter in enumerate(network.emitters)
    ]


def emitter_terms(network: Network) -> list[Term]:
    """All terms of the master equation that concern the emitters alone."""
    lowering = lowering_operators(network)
    terms: list[Term] = []
    for p, j in enumerate(network.emitter_indices):
        terms.extend(local_terms(network, p, network.dims, 0))
        for q, l in enumerate(network.emitter_indices):
            terms.extend(pair_terms(network, j, l, lowering[p], lowering[q]))
    return terms


def total(terms: Sequence[Term], size: int) -> Superoperator:
    """The sum of the terms' generators; zero of the given size if there are none."""
    if not terms:
        zero = np.zeros((size, size), dtype=complex)
        return zero if size <= _DENSE_UP_TO**2 else sparse.csr_array(zero.shape, dtype=complex)
    generator = terms[0].generator
    for term in terms[1:]:
        generator = generator + term.generator
    return generator


def emitter_liouvillian(network: Network) -> Superoperator:
    """The Liouvillian of the emitters alone (the sources replaced by the vacuum), (d^2, d^2)."""
    return total(emitter_terms(network), int(np.prod(network.dims)) ** 2)
