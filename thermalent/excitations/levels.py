"""The charges of an emitter's levels, and the two lowest of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from thermalent.networks.nodes import SIGMA_MINUS, CollectiveSpin, Emitter, Qubit
from thermalent.networks.symmetry import level_charges


def charges(emitter: Emitter) -> np.ndarray:
    """Number of excitations of each level, (d,), from the kind of emitter or its operators.

    Raises:
        SymmetryError: the emitter does not conserve it.
    """
    # For forty qubits, the general search takes as long as their evolution.
    if isinstance(emitter, (Qubit, CollectiveSpin)):
        return np.arange(emitter.dimension)
    return level_charges(emitter)


class Ladder(NamedTuple):
    """The two lowest levels of an emitter: where they are, and how they are coupled."""

    ground: int
    excited: int
    element: complex  # <ground| c |excited>
    energy: float  # of the excited level above the ground level


_OF_A_QUBIT = Ladder(0, 1, complex(SIGMA_MINUS[0, 1]), 0.0)


def ladder(emitter: Emitter) -> Ladder | None:
    """The emitter's levels of charge 0 and 1, or None if there is not one of each.

    Raises:
        SymmetryError: the emitter does not conserve its number of excitations.
    """
    if type(emitter) is Qubit:  # searches of maxima ask for those of thousands of networks
        return _OF_A_QUBIT
    of_levels = charges(emitter)
    ground, excited = np.flatnonzero(of_levels == 0), np.flatnonzero(of_levels == 1)
    if len(ground) != 1 or len(excited) != 1:
        return None
    g, e = int(ground[0]), int(excited[0])
    energies = np.diag(emitter.hamiltonian).real
    return Ladder(g, e, complex(emitter.lowering[g, e]), float(energies[e] - energies[g]))
