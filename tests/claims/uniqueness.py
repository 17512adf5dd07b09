"""Whether a pure steady state is the only steady state of a master equation.

Where psi is a dark state, another stationary state exists if and only if a subspace orthogonal to
psi is invariant under K = -iH - (1/2) sum J^+ J and under all jump operators J: the support of the
other state is one. The largest such subspace is the orthogonal complement of what the adjoints K^+
and J^+ make from psi, so that psi is the only steady state if and only if these reach the whole
space. That is a question about kets, of 4^N numbers, instead of one about matrices, of 16^N.

Twice: with orthonormal vectors, from the operators that the package makes of a network; and
exactly, with the operators written out in integers modulo a prime, in which -1 has a root. A rank
modulo a prime is never above the rank itself, so that a full one is a proof for these parameters.
"""

import numpy as np
import scipy.sparse.linalg
from scipy import sparse

import thermalent as te
from thermalent.jumps.system import system

PRIME = 67108837  # 1 modulo 4; sums of a thousand products stay below 2^63
ROOT = next(
    root
    for root in (pow(g, (PRIME - 1) // 4, PRIME) for g in range(2, 20))
    if root * root % PRIME == PRIME - 1
)


def reached_from_dark(network, ket):
    """Dimension of what the adjoints make from a ket, and how surely it is that.

    The space grows by the directions into which the operators, of norm one, take its vectors
    farthest out of it. The second number is the smallest such distance: were it zero, that space
    would have been all. The third is the distance that is left in the end.
    """
    found = system(network, ())
    operators = [op.conj().T.tocsr() for op in (found.drift, *found.jumps)]
    operators = [
        op / scipy.sparse.linalg.svds(op, 1, return_singular_vectors=False) for op in operators
    ]
    ket = found.sorted(ket)
    space = ket[None, :] / np.linalg.norm(ket)
    smallest = 1.0
    while True:
        images = np.concatenate([(op @ space.T).T for op in operators])
        for _ in range(2):
            images = images - (images @ space.conj().T) @ space
        _, lengths, rows = np.linalg.svd(images, full_matrices=False)
        if lengths[0] < 1e-12 or len(space) == len(ket):
            return len(space), smallest, lengths[0]
        smallest = min(smallest, lengths[0])
        new = rows[lengths > 0.5 * lengths[0]]
        space = np.concatenate([space, new])


def reached_by_rails(pairs, detuning, order=None, squeezing=1.0):
    """`reached_from_dark` of N pairs behind a broadband source."""
    ket = te.analytic.dual_rail_state(pairs, squeezing, detuning, permutation=order).ket
    network = te.dual_rail(pairs, squeezing, detuning=detuning, permutation=order)
    return reached_from_dark(network, ket)


def reached_modulo_prime(delta, tanh=(3, 4), cascade=1):
    """Dimension of what the adjoints make from the dark ket of N pairs in parallel.

    Args:
        delta: Detunings of rail A in gamma, pairs of integers (numerator, denominator).
        tanh: Of r, likewise.
        cascade: Factor of the Hamiltonian that carries excitations downstream.
    """
    pairs, t = len(delta), _quotient(tanh)
    size = 4**pairs
    lower = [_on_qubit(k, 2 * pairs) for k in range(2 * pairs)]
    rails = lower[0::2], lower[1::2]
    sums = [sum(rail[1:], rail[0]) for rail in rails]
    jumps = [_reduced(sums[0] - t * sums[1].T), _reduced(sums[1] - t * sums[0].T)]
    cosh2 = pow(1 - t * t, -1, PRIME)
    # 2 K^+, its numbers complex conjugates: -2iH has the real part of the cascade.
    drift = sum(-cosh2 * _reduced(jump.T @ jump) for jump in jumps)
    for rail, sign in zip(rails, (1, -1), strict=True):
        for i, own in enumerate(rail):
            number = own.T @ own
            drift = drift + sign * (2 * ROOT * _quotient(delta[i]) % PRIME) * number
            for other in rail[i + 1 :]:
                hop = own.T @ other
                drift = drift - cascade * (hop - hop.T)
    drift = _reduced(drift)
    dark = np.ones(1, dtype=np.int64)
    for _ in range(pairs):
        dark = np.kron(dark, np.array([1, 0, 0, t])) % PRIME
    assert not any(np.any(jump @ dark % PRIME) for jump in jumps)
    assert not np.any((drift.T @ dark) % PRIME) or not cascade
    return _span(dark, [drift, *(_reduced(jump.T) for jump in jumps)], size)


def _span(start, operators, size):
    """Dimension of the space that operators make from a vector, by elimination."""
    rows = np.zeros((size, size), dtype=np.int64)  # each 1 at its pivot, 0 at the pivots before
    pivots, waiting = [], [start]
    while waiting:
        vector = waiting.pop() % PRIME
        for n, pivot in enumerate(pivots):
            if vector[pivot]:
                vector = (vector - vector[pivot] * rows[n]) % PRIME
        places = np.flatnonzero(vector)
        if len(places):
            pivot = int(places[0])
            rows[len(pivots)] = vector * pow(int(vector[pivot]), -1, PRIME) % PRIME
            waiting += [op @ rows[len(pivots)] for op in operators]
            pivots.append(pivot)
    return len(pivots)


def _quotient(number):
    return number[0] * pow(number[1], -1, PRIME) % PRIME


def _reduced(matrix):
    matrix = sparse.csr_array(matrix)
    matrix.data %= PRIME
    return matrix


def _on_qubit(position, qubits):
    """The lowering operator of one of the qubits A1, B1, A2, B2, ..., of integers."""
    lower = sparse.csr_array(np.array([[0, 1], [0, 0]]))
    before = sparse.eye_array(2**position, dtype=np.int64)
    after = sparse.eye_array(2 ** (qubits - position - 1), dtype=np.int64)
    return sparse.csr_array(sparse.kron(before, sparse.kron(lower, after)))
