r"""Superoperators on row-major vectors.

$$\mathrm{vec}(A \rho B) = (A \otimes B^T)\, \mathrm{vec}(\rho)$$

Small systems get dense arrays (a sparse 16 x 16 product costs more in bookkeeping than in
arithmetic), larger ones scipy.sparse arrays; both support `@`, `+` and scaling, and no caller needs
to know which it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

Operator = Any  # np.ndarray or scipy.sparse array, (d, d)
Superoperator = Any  # the same, (d^2, d^2)

_DENSE_UP_TO = 8
_MOST_INT32 = int(np.iinfo(np.int32).max)  # larger indices take twice the space


def embed(local: np.ndarray, position: int, dims: Sequence[int]) -> Operator:
    """The operator `local` of one subsystem, on the product space of all."""
    before, after = int(np.prod(dims[:position])), int(np.prod(dims[position + 1 :]))
    if before * after * dims[position] <= _DENSE_UP_TO:
        return _kron(np.eye(before), _kron(local, np.eye(after)))
    middle = sparse.kron(sparse.csr_array(local), sparse.eye_array(after))
    return sparse.csr_array(sparse.kron(sparse.eye_array(before), middle))


def sparse_embed(local: Operator, position: int, dims: Sequence[int]) -> sparse.csr_array:
    """The same as a sparse array, without zeros that are stored.

    Every element stands once for each state of the other subsystems; written so, it takes a
    quarter of the time of two Kronecker products.
    """
    before, after = int(np.prod(dims[:position])), int(np.prod(dims[position + 1 :]))
    given, size = sparse.coo_array(local), before * dims[position] * after
    index: Any = np.int32 if max(size, before * given.nnz * after) <= _MOST_INT32 else np.int64
    block = np.arange(before, dtype=index)[:, None, None] * dims[position]
    rows, columns = (
        (block + place.astype(index)[:, None]) * after + np.arange(after, dtype=index)
        for place in given.coords
    )
    data = given.data.astype(np.result_type(given.dtype, float))
    values = np.broadcast_to(data[:, None], rows.shape)
    places = rows.ravel(), columns.ravel()
    return sparse.csr_array(sparse.coo_array((values.ravel(), places), shape=(size, size)))


def sparse_dagger(operator: sparse.csr_array) -> sparse.csr_array:
    """The adjoint in the same format."""
    return sparse.csr_array(operator.conj().T)


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


def zero(size: int) -> Operator:
    """The zero operator, dense or sparse as all operators of its size."""
    if size <= _DENSE_UP_TO:
        return np.zeros((size, size), dtype=complex)
    return sparse.csr_array((size, size), dtype=complex)


def weighted_sum(weights: np.ndarray, operators: Sequence[Operator]) -> Operator:
    """sum_j w_j O_j over the operators whose weight is not zero."""
    mixed = zero(operators[0].shape[0])
    for weight, operator in zip(weights, operators, strict=True):
        if weight != 0:
            mixed = mixed + weight * operator
    return mixed
