"""The Liouvillian of the emitters alone, from the matrices of a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from thermalent.networks.network import Couplings, Network
from thermalent.networks.nodes import Emitter
from thermalent.operators.superoperators import (
    Operator,
    Superoperator,
    dagger,
    embed,
    lindblad,
    weighted_sum,
    zero,
)


@lru_cache(maxsize=32)
def lowering_operators(network: Network) -> tuple[Operator, ...]:
    """The emitters' lowering operators on their product space."""
    dims = network.dims
    return tuple(
        embed(emitter.lowering, position, dims) for position, emitter in enumerate(network.emitters)
    )


def emitter_liouvillian(network: Network) -> Superoperator:
    """The Liouvillian of the emitters alone (the sources replaced by the vacuum), (d^2, d^2)."""
    index = np.ix_(network.emitter_indices, network.emitter_indices)
    couplings = Couplings(*(matrix[index] for matrix in network.couplings))
    return coupled_liouvillian(network.emitters, lowering_operators(network), couplings)


def coupled_liouvillian(
    emitters: Sequence[Emitter], lowering: Sequence[Operator], couplings: Couplings
) -> Superoperator:
    """The Liouvillian of emitters with these couplings among them; linear in J, G and U.

    Args:
        emitters: The emitters.
        lowering: Their lowering operators on the product space, (d, d) each.
        couplings: J, G, U, P and M among them, (e, e) each.
    """
    dims = [emitter.dimension for emitter in emitters]
    raising = tuple(dagger(c) for c in lowering)
    hamiltonian: Operator = zero(lowering[0].shape[0])
    jumps: list[tuple[Operator, Operator]] = []
    exchange, decay, absorption, pumping, anomalous = couplings
    for p, emitter in enumerate(emitters):
        # sum_l J_jl c_j^+ c_l, and sum_l G_jl D[c_j, c_l] = D[c_j, sum_l G_jl^* c_l].
        hamiltonian = hamiltonian + raising[p] @ weighted_sum(exchange[p], lowering)
        if np.any(decay[p]):
            jumps.append((lowering[p], weighted_sum(decay[p].conj(), lowering)))
        if np.any(absorption[p]):
            jumps.append((raising[p], weighted_sum(absorption[p].conj(), raising)))
        if np.any(pumping[p]):
            pair = 0.5 * raising[p] @ weighted_sum(pumping[p], raising)
            hamiltonian = hamiltonian + pair + dagger(pair)
        if np.any(anomalous[p]):
            jumps.append((raising[p], weighted_sum(anomalous[p].conj(), lowering)))
            jumps.append((lowering[p], weighted_sum(anomalous[p], raising)))
        if np.any(emitter.hamiltonian):
            hamiltonian = hamiltonian + embed(emitter.hamiltonian, p, dims)
        jumps.extend((o, o) for o in (embed(jump, p, dims) for jump in emitter.collapse_operators))
    return lindblad(hamiltonian, jumps)
