r"""The margin of a link: a smooth number whose positive part is the concurrence.

The link conserves excitations, so that the qubits' state has no coherence but that between |01> and
|10>, and its concurrence is the positive part of

$$m = 2\,|\rho_{01,10}| - 2\sqrt{\rho_{00,00}\, \rho_{11,11}}$$
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from thermalent.continued_fraction.batch.lanes import side_by_side
from thermalent.continued_fraction.batch.side_by_side import solve_arrays_side_by_side
from thermalent.continued_fraction.chain.one_structure.structure import structures
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.one_mode import steady_state_in_doubles
from thermalent.models.line_arrays import thermal_links
from thermalent.models.thermal_link import thermal_link
from thermalent.networks.network import Network
from thermalent.solution.result import SteadyState
from thermalent.solving.solve import steady_state
from thermalent.support.machine.one_thread import one_thread

_MAP = ContinuedFraction(rtol=1e-6)
_ON_THE_MAP = 1e-5  # error of a state that is good enough for the map, if doubles give no less
_TINY = 1e-300
_DOUBLES = 1e-7  # error of a state, relative to its largest element, that is good enough


def margin(rho: np.ndarray) -> float:
    """The margin m of the module, whose positive part is the concurrence; rho is (4, 4)."""
    return float(_margin_of_states(rho[None])[0])


def _margin_of_states(states: np.ndarray) -> np.ndarray:
    """The margins m of states (p, 4, 4), (p,)."""
    populations = np.maximum(np.einsum("pii->pi", states).real, 0.0)
    both = np.sqrt(populations[:, 0] * populations[:, 3])
    return np.asarray(2 * (np.abs(states[:, 1, 2]) - both))


def entanglement(network: Network) -> float:
    """The margin of a network to nine digits, or to the accuracy of double precision.

    Behind hot sources that are nearly dark doubles do not give ten, and arithmetic in more digits,
    which would, takes a hundred times as long. It is left out where doubles tell that the qubits
    are not entangled.
    """
    with one_thread():
        found = steady_state_in_doubles(network, ContinuedFraction().settings)
    value, error = margin(found.state), float(found.error)
    if error <= _DOUBLES * float(np.max(np.abs(found.state))) or _surely_none(value, error):
        return value
    return margin(steady_state(network).state)


def _surely_none(value: float, error: float) -> bool:
    """Whether states of such a margin, with such an error of their elements, are not entangled.

    With populations a, b = rho_00, rho_11 that are off by the error, sqrt(ab) is off by less than
    the error times (1 + (a + b)/2 sqrt(ab)), of which m knows that sqrt(ab) >= -m/2.
    """
    least = max(-value / 2, _TINY)
    return error < 0.1 and value + 2 * error * (2 + 1 / (4 * least)) < 0


def margins(bandwidths: np.ndarray, quanta: np.ndarray, link: Mapping[str, Any]) -> np.ndarray:
    """The margins at pairs of a bandwidth and an occupation, (p,), to six digits.

    Where that takes more digits than doubles have, and the qubits are surely not entangled, to one.
    """
    values = np.full(len(quanta), np.nan)
    # To build a network takes longer than to solve it, so that they are built as arrays.
    networks = thermal_links({"n_th": quanta, "kappa": bandwidths}, link)
    solved = None if networks is None else solve_arrays_side_by_side(networks, _MAP)
    if solved is not None:
        values[solved.network.rows] = _margin_of_states(solved.state)
    for i in np.flatnonzero(np.isnan(values)):
        network = thermal_link(float(quanta[i]), float(bandwidths[i]), **link)
        values[i] = _coarse_margin(network)
    return values


def margins_of(networks: Sequence[Network]) -> np.ndarray:
    """The margins of links to six digits, or to one where they are surely not entangled."""
    kinds = structures(networks)
    settled: dict[int, SteadyState] = {}
    for kind, members in kinds.items():
        if kind is not None:
            side_by_side(networks, members, kind, _MAP.settings, 1, settled)
    return np.array(
        [
            margin(settled[i].state) if i in settled else _coarse_margin(network)
            for i, network in enumerate(networks)
        ]
    )


def _coarse_margin(network: Network) -> float:
    """The margin of a network that is solved alone, to six digits or as `margins` says."""
    with one_thread():
        found = steady_state_in_doubles(network, _MAP.settings)
    value, error = margin(found.state), float(found.error)
    return value if error <= _ON_THE_MAP or _surely_none(value, error) else entanglement(network)


def imperfect(n: float, kappa: float, link: Mapping[str, Any], name: str, amount: float) -> Network:
    """The link with some more of one imperfection; a detuning is split evenly."""
    if name == "detuning":
        return thermal_link(n, kappa, detuning=(amount / 2, -amount / 2), **link)
    return thermal_link(n, kappa, **{**link, name: link[name] + amount})
