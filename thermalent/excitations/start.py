"""Pure states of the emitters for networks too large for a ket: amplitudes by configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from thermalent.excitations.levels import charges, ladder
from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.operators.given_states import require_dims
from thermalent.support import checks

# A label, a ket, or amplitudes by label or emitter name.
State = str | np.ndarray | Mapping[str, complex]
Configuration = tuple[int, ...]  # a level of each emitter


def configurations(name: str, state: State, network: Network) -> dict[Configuration, complex]:
    """The configurations of a normalised pure state of the emitters that are not empty.

    Args:
        name: What an error message calls the state.
        state: A label ("10", with commas "10,0"), a ket, or amplitudes by label or by the name of
            the one emitter that is excited.
        network: Whose emitters it is a state of.

    Raises:
        ValueError: it is no normalised state of these emitters.
    """
    if isinstance(state, Mapping):
        named = _one_excited(network)
        amplitudes = {
            named[key] if key in named else _configuration(name, key, network.dims): complex(value)
            for key, value in state.items()
        }
        if len(amplitudes) != len(state):
            checks.fail(name, "of labels that name different states", list(state))
    elif isinstance(state, str):
        amplitudes = {_configuration(name, state, network.dims): 1.0 + 0j}
    else:
        size = int(np.prod(network.dims, dtype=object))
        require_dims(name, state, network.dims)
        psi = states.check_ket(state, name=name, size=size)
        places = np.flatnonzero(psi)
        rows = np.transpose(np.unravel_index(places, network.dims))
        amplitudes = {
            tuple(map(int, row)): complex(psi[i]) for row, i in zip(rows, places, strict=True)
        }
    norm = float(np.linalg.norm(list(amplitudes.values())))
    if not abs(norm - 1) <= states.STATE_TOLERANCE:  # catches nan
        checks.fail(name, "of norm 1", checks.Words(f"of norm {norm:.12g}"))
    return {levels: value for levels, value in amplitudes.items() if value != 0}


def excitations(name: str, state: Mapping[Configuration, complex], network: Network) -> int:
    """The number of excitations of all configurations of a state.

    Raises:
        ValueError: they differ.
    """
    of_levels = [charges(emitter) for emitter in network.emitters]
    numbers = {
        sum(int(charge[level]) for charge, level in zip(of_levels, levels, strict=True))
        for levels in state
    }
    if len(numbers) != 1:
        checks.fail(name, "of one number of excitations", checks.Words(f"of {sorted(numbers)}"))
    return numbers.pop()


def initial_node_amplitudes(name: str, state: State, network: Network) -> np.ndarray:
    """A state of one excitation as amplitudes on the nodes, modes (empty) first, (n,).

    Raises:
        ValueError: the state is none of one excitation.
    """
    amplitudes = configurations(name, state, network)
    if excitations(name, amplitudes, network) != 1:
        checks.fail(name, "of one excitation", state)
    of_levels = [charges(emitter) for emitter in network.emitters]
    psi = np.zeros(len(network.nodes), dtype=complex)
    for levels, value in amplitudes.items():
        excited = [int(charge[level]) for charge, level in zip(of_levels, levels, strict=True)]
        psi[len(network.modes) + excited.index(1)] = value
    return psi


def _configuration(name: str, label: Any, dims: tuple[int, ...]) -> Configuration:
    """The levels that a label stands for."""
    if not isinstance(label, str):
        checks.fail(name, 'made of labels such as "10" or names of emitters', label)
    parts = label.split(",") if "," in label else list(label)
    if not all(part.isascii() and part.isdigit() for part in parts) or len(parts) != len(dims):
        checks.fail(name, f"one level for each of {len(dims)} emitters, or an emitter", label)
    levels = tuple(map(int, parts))
    if any(level >= d for level, d in zip(levels, dims, strict=True)):
        checks.fail(name, f"made of levels below the dimensions {dims}", label)
    return levels


def _one_excited(network: Network) -> dict[str, Configuration]:
    """The configuration in which only the emitter of that name is excited."""
    rungs = [ladder(emitter) for emitter in network.emitters]
    if any(rung is None for rung in rungs):
        return {}  # a name does not define the levels of a qudit: labels only
    ground = tuple(rung.ground for rung in rungs if rung is not None)
    return {
        name: (*ground[:p], rung.excited, *ground[p + 1 :])
        for p, (name, rung) in enumerate(zip(network.emitter_names, rungs, strict=True))
        if rung is not None
    }
