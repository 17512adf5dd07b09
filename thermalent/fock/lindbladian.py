r"""The master equation of a network as a sparse real matrix on the kept elements.

$$\mathcal{L}\rho = K\rho + \rho K^\dagger + \sum_k A_k\,\rho\,B_k^\dagger, \qquad
  K = -iH - \tfrac12 \sum_k B_k^\dagger A_k$$

K is the evolution between jumps. With C = (c, c^+) and the channels' matrix
\(\Gamma = [[G, M^*], [M, U]]\) the double sums need one term per coupler l,
\(A = \sum_j \Gamma_{jl} C_j\) and \(B = C_l\). A truncated lowering operator keeps the form, hence
trace and positivity, at every cutoff.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from thermalent.fock.space import Space
from thermalent.networks.jump_channels import channels
from thermalent.networks.network import Couplings, Network
from thermalent.operators.superoperators import sparse_dagger, sparse_embed


class Jump(NamedTuple):
    """The term A rho B^+, both sparse (D, D)."""

    a: sparse.csr_array
    b: sparse.csr_array


@dataclass(frozen=True, kw_only=True, eq=False)
class Lindbladian:
    """The generator of a network on a truncated space.

    Args:
        space: The kept elements.
        drift: K, the evolution between jumps, sparse (D, D).
        jumps: The jump terms.
        matrix: The whole generator on the elements' real numbers, sparse (n, n).
    """

    space: Space
    drift: sparse.csr_array
    jumps: tuple[Jump, ...]
    matrix: sparse.csr_array


def lindbladian(network: Network, space: Space) -> Lindbladian:
    """The generator of the network's master equation on the space's elements."""
    hamiltonian, jumps = truncated_operators(network, space.cutoffs)
    drift = drift_of(hamiltonian, jumps)
    identity = sparse.csr_array(sparse.eye_array(drift.shape[0], format="csr"))
    generator = two_sided(drift, identity, space) + two_sided(identity, drift, space)
    for jump in jumps:
        generator = generator + two_sided(jump.a, jump.b, space)
    unitary = space.coordinates()
    real = sparse.csr_array((unitary @ generator @ sparse_dagger(unitary)).real)
    real = _trace_preserving(real, space)
    real.eliminate_zeros()
    return Lindbladian(space=space, drift=drift, jumps=jumps, matrix=real)


def _trace_preserving(matrix: sparse.csr_array, space: Space) -> sparse.csr_array:
    """The generator with the rate of leaving each product state as the sum of the rates to others.

    As it is put together this rate is a difference: a dephasing contributes to the drift what its
    jump returns. What is left of it has the rounding of the largest rate, which is too much for a
    state that is left slowly, as the vacuum of a cold source is. The sum has none but its own.
    """
    place = space.populations(np.arange(space.elements))
    flows = sparse.csr_array(matrix[place][:, place])
    flows = flows - sparse.diags_array(flows.diagonal())
    old, new = np.zeros(space.elements), np.zeros(space.elements)
    old[place] = matrix.diagonal()[place]
    new[place] = -flows.sum(axis=0)
    # In two steps, each of which is exact: to zero first, and then to the sum.
    return sparse.csr_array(matrix - sparse.diags_array(old) + sparse.diags_array(new))


def drift_of(hamiltonian: sparse.csr_array, jumps: Iterable[Jump]) -> sparse.csr_array:
    """The evolution K between jumps."""
    drift = -1j * hamiltonian
    for jump in jumps:
        drift = drift - 0.5 * (sparse_dagger(jump.b) @ jump.a)
    return drift


def generator_norm(lindbladian: Lindbladian) -> float:
    """The 1-norm of the generator."""
    return sparse_norm(lindbladian.matrix)


def sparse_norm(matrix: sparse.csr_array) -> float:
    """The 1-norm of a sparse matrix."""
    return float(np.max(abs(matrix).sum(axis=0), initial=0.0))


def two_sided(a: sparse.csr_array, b: sparse.csr_array, space: Space) -> sparse.csr_array:
    """The map rho -> A rho B^+ between the kept elements, complex sparse (n, n).

    Row |r><c| of it is the outer product of row r of A and row c of B^*; both operators must take
    states of equal charge to states of equal charge.
    """
    left, right = a[space.rows], b.conj()[space.cols]
    width = np.diff(right.indptr)
    entries = np.diff(left.indptr) * width
    row = np.repeat(np.arange(space.elements), entries)
    within = np.arange(len(row)) - np.repeat(np.cumsum(entries) - entries, entries)
    i = left.indptr[row] + within // width[row]
    j = right.indptr[row] + within % width[row]
    col = space.index(left.indices[i], right.indices[j])
    shape = (space.elements, space.elements)
    return sparse.csr_array((left.data[i] * right.data[j], (row, col)), shape=shape)


def truncated_operators(
    network: Network, cutoffs: tuple[int, ...], *, fewest: bool = False
) -> tuple[sparse.csr_array, tuple[Jump, ...]]:
    """The Hamiltonian and the jump terms of a network on the truncated product space.

    Args:
        network: The network.
        cutoffs: Levels kept of each mode.
        fewest: As few jump terms as there are, with A a multiple of B, instead of one per coupler.
    """
    dims = (*cutoffs, *network.dims)
    lowering = truncated_lowering(network, cutoffs)
    size = int(np.prod(dims))
    coupled = couplings(network)
    exchange, decay, absorption, pumping, anomalous = coupled
    raising = [sparse_dagger(lower) for lower in lowering]
    hamiltonian = sparse.csr_array((size, size), dtype=complex)
    for l, raised in enumerate(raising):
        exchanged = _combination(exchange[l], lowering)
        if exchanged is not None:
            hamiltonian = hamiltonian + raised @ exchanged
        paired = _combination(0.5 * pumping[l], raising)
        if paired is not None:
            pairs = raised @ paired
            hamiltonian = hamiltonian + pairs + sparse_dagger(pairs)
    for p, emitter in enumerate(network.emitters):
        if np.any(emitter.hamiltonian):
            hamiltonian = hamiltonian + sparse_embed(emitter.hamiltonian, len(cutoffs) + p, dims)
    couplers = [*lowering, *raising]
    collective: list[Jump] = []
    if fewest:
        for channel in channels(coupled):
            operator = _combination(channel.weights, couplers)
            if operator is not None:
                collective.append(Jump(channel.rate * operator, operator))
    else:
        matrix = np.block([[decay, anomalous.conj()], [anomalous, absorption]])
        for weights, coupler in zip(matrix.T, couplers, strict=True):
            operator = _combination(weights, couplers)
            if operator is not None:
                collective.append(Jump(operator, coupler))
    return hamiltonian, (*collective, *_local_jumps(network, lowering, dims))


def truncated_lowering(network: Network, cutoffs: tuple[int, ...]) -> list[sparse.csr_array]:
    """The lowering operator of each node on the truncated product space, (D, D)."""
    dims = (*cutoffs, *network.dims)
    modes = [
        sparse.diags_array(np.sqrt(np.arange(1, n)), offsets=1, dtype=complex) for n in cutoffs
    ]
    local = [*modes, *(emitter.lowering for emitter in network.emitters)]
    return [sparse_embed(operator, place, dims) for place, operator in enumerate(local)]


def couplings(network: Network) -> Couplings:
    r"""The matrices J, G, U, P and M; modes without back-action are coupled as in a cascade.

    A field \(\alpha\) of mode m drives the emitters by \(\alpha \sum_e x_e c_e^\dagger\) + h.c.,
    \(x_e = J_{em} - \tfrac{i}{2} (G_{me} - U_{em})\). The cascade with \(G_{me} = i x_e\),
    \(J_{em} = x_e / 2\) drives them alike, and nothing travels back.
    """
    exchange, decay, absorption, pumping, anomalous = (m.copy() for m in network.couplings)
    emitters = list(network.emitter_indices)
    for mode, node in zip(network.mode_indices, network.modes, strict=True):
        if node.backaction:
            continue
        drive = exchange[emitters, mode] - 0.5j * (
            decay[mode, emitters] - absorption[emitters, mode]
        )
        decay[mode, emitters], decay[emitters, mode] = 1j * drive, -1j * drive.conj()
        exchange[emitters, mode], exchange[mode, emitters] = 0.5 * drive, 0.5 * drive.conj()
        absorption[mode, emitters] = absorption[emitters, mode] = 0.0
    return Couplings(exchange, decay, absorption, pumping, anomalous)


def _local_jumps(
    network: Network, lowering: list[sparse.csr_array], dims: tuple[int, ...]
) -> Iterator[Jump]:
    for k, mode in enumerate(network.modes):
        for rate, coupler in (
            (mode.bath_rate * (mode.n_th + 1), lowering[k]),
            (mode.bath_rate * mode.n_th, sparse_dagger(lowering[k])),
        ):
            if rate > 0:
                yield Jump(rate * coupler, coupler)
    for p, emitter in enumerate(network.emitters):
        for jump in emitter.collapse_operators:
            operator = sparse_embed(jump, len(network.modes) + p, dims)
            yield Jump(operator, operator)


def _combination(weights: np.ndarray, terms: list[sparse.csr_array]) -> sparse.csr_array | None:
    total = None
    for weight, term in zip(weights, terms, strict=True):
        if weight != 0:
            total = weight * term if total is None else total + weight * term
    return total
