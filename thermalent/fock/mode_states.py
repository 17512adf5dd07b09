r"""The stationary state of modes that are coupled to each other or pumped.

Modes that are coupled, or pumped in pairs, are not independent: their joint state is the steady
state of their own truncated master equation,

$$\mathcal{L}_\mathrm{modes}\, \rho_\mathrm{modes} = 0$$

solved beside one emitter that nothing touches and that decays to its ground state.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from thermalent.fock.lindbladian import lindbladian
from thermalent.fock.solvers import Direct, Iterative, Solver
from thermalent.fock.space import emitter_numbers, space
from thermalent.fock.stationary import stationary
from thermalent.networks.network import Network
from thermalent.networks.nodes import Qubit

# Kept elements up to which the factorisation takes no more than seconds.
_DIRECT_UP_TO = 6000


@lru_cache(maxsize=8)
def joint_state(network: Network, cutoffs: tuple[int, ...]) -> np.ndarray:
    """Density matrix of all modes together, without the emitters, (D, D) of trace one."""
    modes, numbers = _modes_alone(network)
    kept = space(modes, cutoffs, numbers)
    generator = lindbladian(modes, kept)
    solver: Solver = Direct(generator) if kept.elements <= _DIRECT_UP_TO else Iterative(generator)
    weights = np.array([1.0, 0.0])
    start = kept.product((0.0,) * len(cutoffs), weights)
    solution = stationary(generator, solver, start)
    elements = kept.coordinates().conj().T @ solution.x
    ground = (kept.rows % 2 == 0) & (kept.cols % 2 == 0)
    size = int(np.prod(cutoffs))
    state = np.zeros((size, size), dtype=complex)
    state[kept.rows[ground] // 2, kept.cols[ground] // 2] = elements[ground]
    state.setflags(write=False)
    return state / np.trace(state).real


@lru_cache(maxsize=8)
def _modes_alone(network: Network) -> tuple[Network, np.ndarray | None]:
    """The modes beside an emitter that decays by itself, and the charges of its states."""
    source = _source(network)
    return source, emitter_numbers(source)


def _source(network: Network) -> Network:
    """The modes with one emitter that decays by itself."""
    modes = list(network.mode_indices)
    matrices = [np.zeros((len(modes) + 1,) * 2, dtype=complex) for _ in network.couplings]
    for matrix, of_network in zip(matrices, network.couplings, strict=True):
        matrix[:-1, :-1] = of_network[np.ix_(modes, modes)]
    exchange, decay, absorption, pumping, anomalous = matrices
    decay[-1, -1] = np.max(np.abs(decay), initial=1e-300)
    return Network(
        nodes=(*network.modes, Qubit(name="beside " + "".join(m.name for m in network.modes))),
        exchange=exchange,
        decay=decay,
        absorption=absorption,
        pumping=pumping,
        anomalous=anomalous,
    )
