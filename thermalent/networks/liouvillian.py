"""The Liouvillian of the emitters alone, from the matrices of a network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from thermalent.networks.network import Network
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
    lowering = lowering_operators(network)
    index = np.array(network.emitter_indices)
    raising = tuple(dagger(c) for c in lowering)
    hamiltonian: Operator = zero(lowering[0].shape[0])
    jumps: list[tuple[Operator, Operator]] = []
    exchange, decay, absorption, pumping, anomalous = network.couplings
    for p, j in enumerate(index):
        # sum_l J_jl c_j^+ c_l, and sum_l G_jl D[c_j, c_l] = D[c_j, sum_l G_jl^* c_l].
        hamiltonian = hamiltonian + raising[p] @ weighted_sum(exchange[j, index], lowering)
        if np.any(decay[j, index]):
            jumps.append((lowering[p], weighted_sum(decay[j, index].conj(), lowering)))
        if np.any(absorption[j, index]):
            jumps.append((raising[p], weighted_sum(absorption[j, index].conj(), raising)))
        if np.any(pumping[j, index]):
            pair = 0.5 * raising[p] @ weighted_sum(pumping[j, index], raising)
            hamiltonian = hamiltonian + pair + dagger(pair)
        if np.any(anomalous[j, index]):
            jumps.append((raising[p], weighted_sum(anomalous[j, index].conj(), lowering)))
            jumps.append((lowering[p], weighted_sum(anomalous[j, index], raising)))
        emitter = network.emitters[p]
        if np.any(emitter.hamiltonian):
            hamiltonian = hamiltonian + embed(emitter.hamiltonian, p, network.dims)
        jumps.extend(
            (o, o) for o in (embed(jump, p, network.dims) for jump in emitter.collapse_operators)
        )
    return lindblad(hamiltonian, jumps)
