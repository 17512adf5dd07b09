r"""How far the steady states of neighbouring networks are from that of a network.

With dL_i what the blocks of a neighbour differ by, and y_e the adjoint of an element of the state,

$$\Delta_e = \Big[\sum_i \big(y_e \cdot dL_i\, x\big)^2\Big]^{1/2} + \text{what is left of second
  order}$$

The neighbours cost one sweep through the tiers together, and the one that changes the state most
another one, which shows what first order leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.continued_fraction.chain.chain import HierarchyTerms
from thermalent.continued_fraction.sensitivity.several_poles.adjoint import (
    SolvedTiers,
    linear_parts,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.evolution import tiers_depth
from thermalent.networks.network import Network

_ENOUGH = 1e-3  # of the state, left by the tiers: distances are wanted to a few percent


def distance_of_neighbours(
    network: Network, neighbours: Sequence[Network], quanta: int, last: int
) -> float:
    """Largest change of an element of the state, those of all neighbours added as squares.

    Args:
        network: Behind one output of several poles.
        neighbours: Networks of the same emitters and as many poles.
        quanta: K that the network's state takes; of its distances half of it tells enough.
        last: The highest tier that it takes.
    """
    chain = chain_of(network)
    quanta = (quanta + 1) // 2
    last = min(last, int(tiers_depth(chain, quanta, _ENOUGH)))
    own = linear_parts(network, chain)
    changes = [_less(linear_parts(other, chain), own) for other in neighbours]
    solved = SolvedTiers(chain, changes, quanta, last)
    units = np.eye(len(solved.stationary.trace))
    moved = np.array([solved.responses(unit)[:, 0] for unit in units])  # (unknowns, neighbours)
    states = np.array([solved.stationary.matrix(column) for column in moved.T])
    first = float(np.max(np.sqrt(np.sum(np.abs(states) ** 2, axis=0))))
    sizes = np.max(np.abs(states), axis=(1, 2))
    largest = int(np.argmax(sizes))
    if not sizes[largest] > 0:
        return 0.0
    exact = SolvedTiers(chain_of(neighbours[largest]), (), quanta, last).state - solved.state
    left = float(np.max(np.abs(exact - states[largest])))
    return first + left * (first / float(sizes[largest])) ** 2


def _less(parts: HierarchyTerms, other: HierarchyTerms) -> HierarchyTerms:
    """What parts differ by from others."""
    return parts._replace(a=parts.a - other.a, up=parts.up - other.up, down=parts.down - other.down)
