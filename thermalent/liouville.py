r"""Superoperators on row-major vectors, and the Liouvillian of a network.

$$\mathrm{vec}(A \rho B) = (A \otimes B^T)\, \mathrm{vec}(\rho)$$

Small systems get dense arrays (a sparse 16 x 16 product costs more in bookkeeping than in
arithmetic), larger ones scipy.sparse arrays; both support `@`, `+` and scaling, and no caller needs
to know which it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

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
        return _kron(np.eye(before), _kron(local, np.eye(after)))
    middle = sparse.kron(sparse.csr_array(local), sparse.eye_array(after))
    return sparse.csr_array(sparse.kron(sparse.eye_array(before), middle))


def dagger(operator: Operator) -> Operator:
    """The adjoint."""
    return operator.conj().T


def _kron(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """np.kron of square matrices without its overhead, which dominated small steady states."""
    size = a.shape[0] * b.shape[0]
    return (a[:, None, :, None] * b[None, :, None, :]).reshape(size, size)


def left(operator: Operator) -> Superoperator:
    """The superoperator rho -> A rho."""
    return sandwich(operator, _identity_like(operator))


def right(operator: Operator) -> Superoperator:
    """The superoperator rho -> rho B."""
    return sandwich(_identity_like(operator), operator)


def sandwich(a: Operator, b: Operator) -> Superoperator:
    """The superoperator rho -> A rho B."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return _kron(a, b.T)
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


@lru_cache(maxsize=32)
def lowering_operators(network: Network) -> tuple[Operator, ...]:
    """The emitters' lowering operators on their product space."""
    dims = network.dims
    return tuple(
        embed(emitter.lowering, position, dims) for position, emitter in enumerate(network.emitters)
    )


def lindblad(hamiltonian: Operator, jumps: Sequence[tuple[Operator, Operator]]) -> Superoperator:
    r"""-i[H, rho] + sum over pairs (x, y) of x rho y^+ - {y^+ x, rho}/2."""
    # All one-sided terms first: one product with the identity each, however many jumps there are.
    losses = zero(hamiltonian.shape[0])
    two_sided: Superoperator = 0
    for x, y in jumps:
        y_dagger = dagger(y)
        losses = losses + 0.5 * (y_dagger @ x)
        two_sided = two_sided + sandwich(x, y_dagger)
    return left(-1j * hamiltonian - losses) + right(1j * hamiltonian - losses) + two_sided


def emitter_liouvillian(network: Network) -> Superoperator:
    """The Liouvillian of the emitters alone (the sources replaced by the vacuum), (d^2, d^2)."""
    lowering = lowering_operators(network)
    index = np.array(network.emitter_indices)
    raising = tuple(dagger(c) for c in lowering)
    hamiltonian: Operator = zero(lowering[0].shape[0])
    jumps: list[tuple[Operator, Operator]] = []
    exchange, decay, absorption, pumping, squeezing = network.couplings
    for p, j in enumerate(index):
        # sum_l J_jl c_j^+ c_l, and sum_l G_jl D[c_j, c_l] = D[c_j, sum_l G_jl^* c_l].
        hamiltonian = hamiltonian + raising[p] @ _mix(exchange[j, index], lowering)
        if np.any(decay[j, index]):
            jumps.append((lowering[p], _mix(decay[j, index].conj(), lowering)))
        if np.any(absorption[j, index]):
            jumps.append((raising[p], _mix(absorption[j, index].conj(), raising)))
        if np.any(pumping[j, index]):
            pair = 0.5 * raising[p] @ _mix(pumping[j, index], raising)
            hamiltonian = hamiltonian + pair + dagger(pair)
        if np.any(squeezing[j, index]):
            jumps.append((raising[p], _mix(squeezing[j, index].conj(), lowering)))
            jumps.append((lowering[p], _mix(squeezing[j, index], raising)))
        emitter = network.emitters[p]
        if np.any(emitter.hamiltonian):
            hamiltonian = hamiltonian + embed(emitter.hamiltonian, p, network.dims)
        jumps.extend((o, o) for o in (embed(jump, p, network.dims) for jump in emitter.jumps))
    return lindblad(hamiltonian, jumps)


def zero(size: int) -> Operator:
    """The zero operator, dense or sparse as all operators of its size."""
    if size <= _DENSE_UP_TO:
        return np.zeros((size, size), dtype=complex)
    return sparse.csr_array((size, size), dtype=complex)


def _mix(weights: np.ndarray, operators: Sequence[Operator]) -> Operator:
    mixed = zero(operators[0].shape[0])
    for weight, operator in zip(weights, operators, strict=True):
        if weight != 0:
            mixed = mixed + weight * operator
    return mixed
