"""A field that a network radiates: by name or by weights of the nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.liouvillian import lowering_operators
from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.operators.estimates import Estimate
from thermalent.operators.superoperators import dense
from thermalent.solution.errors import SolveError
from thermalent.solution.method import MethodError
from thermalent.solution.result import Outcome, SteadyState
from thermalent.support import checks

# Couplings below this part of the largest decay are rounding of the geometry's phases.
_ROUNDING = 1e-12

FieldName = str | Mapping[str, complex]


def field_of(network: Network, of: FieldName) -> tuple[np.ndarray, np.ndarray]:
    """A field by name or by weights: weights of the nodes (n,), and on the emitters (d, d).

    Raises:
        ValueError: the network has no such field.
        MethodError: what it leaves through is warm.
    """
    names = [node.name for node in network.nodes]
    decay, weights = network.decay, np.zeros(len(network.nodes), dtype=complex)
    if isinstance(of, Mapping):
        for name, weight in of.items():
            try:
                weights[_position(names, name)] = complex(checks.scalar(weight))
            except (TypeError, OverflowError):
                checks.fail("of", "complex weights by node", of)
        _require_cold(network, weights != 0)
    elif of == "output":
        _require_cold(network, np.arange(len(names)) == len(names) - 1)
        # The jump operator sum_l w_l c_l of one channel has G_jl = w_j w_l^*. Of a cascade the last
        # column holds sqrt(g_l) t_nl times the phase of the way, whatever the stretches lose.
        last = decay[-1, -1].real
        if not last > 0:
            checks.fail("of", "a node's name, since the last node does not radiate", of)
        if not _one_way_out(network):
            words = checks.Words("'output', and light leaves the network in several directions")
            checks.fail("of", "a node's name or weights of the nodes", words)
        weights = decay[:, -1] / np.sqrt(last)
    else:
        index = _position(names, of)
        # A cavity inside a filter does not radiate: its rate is zero to rounding, or below.
        rate = float(decay[index, index].real)
        radiates = rate > _ROUNDING**2 * float(np.max(np.abs(decay)))
        weights[index] = np.sqrt(rate) if radiates else 0.0
        _require_cold(network, weights != 0)
    d = int(np.prod(network.dims))
    emitters = np.zeros((d, d), dtype=complex)
    for e, c in zip(network.emitter_indices, lowering_operators(network), strict=True):
        emitters = emitters + weights[e] * dense(c)
    return weights, emitters


def _require_cold(network: Network, nodes: np.ndarray) -> None:
    """Refuse nodes that absorb from a warm channel.

    Raises:
        MethodError: one does.
    """
    assert network.absorption is not None  # set by Network
    if np.any(network.absorption[nodes]):
        raise MethodError(
            "Spectra need a waveguide at zero temperature: the thermal input of a warm one "
            "interferes with what the nodes radiate."
        )


def _one_way_out(network: Network) -> bool:
    """Whether nothing travels against the order of the nodes, or all decay is into one channel.

    How the modes of a source are joined to each other is not light on its way.
    """
    decay = network.decay
    size = _ROUNDING * float(np.max(np.abs(decay)))
    against = np.triu(network.exchange - 0.5j * decay.T, 1)
    modes = list(network.mode_indices)
    against[np.ix_(modes, modes)] = 0.0
    rank_one = np.outer(decay[:, -1], decay[:, -1].conj()) / decay[-1, -1].real
    return bool(np.max(np.abs(against)) <= size or np.max(np.abs(decay - rank_one)) <= size)


def _position(names: list[str], name: str) -> int:
    if name not in names:
        checks.fail("of", f"'output' or a node of {names}", name)
    return names.index(name)


def require_one_mode(method: ContinuedFraction, network: Network, what: str) -> None:
    """Check that something can be read from the tiers behind one mode.

    Raises:
        MethodError: it cannot; the message says why.
    """
    refusal = method.one_mode_refusal(network)
    if refusal is not None:
        raise MethodError(f"{what} come from the continued fraction: {refusal}")


def chosen_steady_state(
    method: ContinuedFraction, network: Network, initial: Any
) -> tuple[np.ndarray | None, float]:
    """The emitters' state where it is one of several, and its relative error.

    Raises:
        SolveError: as of `usable_steady_state`.
    """
    state, reached = usable_steady_state(method, network, initial)
    if not reached:
        return None, 0.0
    return state.state, float(state.error) / float(np.max(np.abs(state.state)))


def usable_steady_state(
    method: ContinuedFraction, network: Network, initial: Any
) -> tuple[SteadyState, bool]:
    """The steady state, and whether it is the one of several that `initial` leads to.

    Raises:
        SolveError: the steady state is not unique and no `initial` is given, or it did not
            converge.
    """
    state, reached = method.steady_state(network), False
    if initial is not None:
        rho = states.initial_state(initial, network.dims, name="initial")
        if state.status.outcome is Outcome.NOT_UNIQUE:
            state, reached = method.steady_state_from(network, rho), True
    if not state.status.ok and state.status.outcome is not Outcome.INACCURATE:
        raise SolveError(state)
    return state, reached


def no_width(where: str) -> NoReturn:
    """Refuse a frequency at which nothing damps a line.

    Raises:
        ValueError: always.
    """
    words = checks.Words(f"{where}, where a line of the network has no width")
    checks.fail("frequencies", "away from lines that nothing damps", words)


def require_light(of: FieldName, flux: Estimate) -> None:
    """Refuse a field without light.

    Raises:
        ValueError: its flux is zero within its error.
    """
    if not flux > flux.error:
        words = checks.Words(f"{of!r} with flux {flux:g} and its error {flux.error:.1g}")
        checks.fail("of", "a field that is not dark", words)
