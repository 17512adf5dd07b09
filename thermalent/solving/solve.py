"""The entry points: check the network, pick the method, run it, require that it worked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from thermalent.analytic.methods import (
    Bourret,
    Markov,
    PhaseDiffusion,
    Quasistatic,
    StrongDriving,
)
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.excitations import FewExcitations
from thermalent.fock.method import Fock
from thermalent.jumps.method import QuantumJumps
from thermalent.networks.network import Network
from thermalent.operators import states
from thermalent.solution.evolution import Evolution, doubtful
from thermalent.solution.method import Method, MethodError, SourceStart
from thermalent.solution.result import ErrorEstimate, SolveError, SteadyState, checked
from thermalent.stochastic.method import Trajectories
from thermalent.support import checks

# Exact methods first, the preferred one leading; then the statistical ones and approximations.
METHODS: tuple[type[Method], ...] = (
    ContinuedFraction,
    Fock,
    Trajectories,
    QuantumJumps,
    Bourret,
    StrongDriving,
    Quasistatic,
    PhaseDiffusion,
    Markov,
)


_MEASURED = ", plus the change of the state by what the measured source leaves open"


class Applicability(NamedTuple):
    """A method, and why it does not apply to a network (None if it does)."""

    method: Method
    refusal: str | None


def methods(network: Network) -> list[Applicability]:
    """Every method, and the reason for each that does not apply to the network."""
    _require_network(network)
    return [Applicability(method(), method().refusal(network)) for method in METHODS]


def steady_state(
    network: Network, method: Method | None = None, *, initial: Any = None
) -> SteadyState:
    r"""The emitters' steady state: \(\mathcal{L}\rho = 0\), sources traced out.

    Args:
        network: What to solve.
        method: How: `ContinuedFraction(...)`, `Fock(...)`, `Bourret()`, ...; if not given, the
            first exact method that applies.
        initial: Where the steady state is not unique: the emitters' initial state ("00", a ket or
            a density matrix) from which it is reached, the source in its stationary state.

    Returns:
        The state with its error and evidence.

    Raises:
        TypeError: not a network, or not a method.
        MethodError: the method does not apply; the message says why.
        SolveError: the solve failed (no convergence, not unique, not a state); the message names
            the remedy, and `result` on the exception holds what there is.
    """
    _require_network(network)
    chosen = _default(network) if method is None else method
    if not isinstance(chosen, Method):
        raise TypeError(f"Argument `method` must be a method such as te.Fock(), but is {method!r}.")
    refusal = chosen.refusal(network)
    if refusal is not None:
        raise MethodError(f"{chosen.name} does not apply to this network: {refusal}")
    if initial is None:
        result = checked(chosen.steady_state(network))
    else:
        rho = states.initial_state(initial, network.dims, name="initial")
        result = checked(chosen.steady_state_from(network, rho))
    if not result.status.ok:
        raise SolveError(result)
    if network.alternative is not None:
        other = steady_state(network.alternative, chosen, initial=initial)
        distance = float(np.max(np.abs(result.state - other.state)))
        result = replace(
            result,
            error=ErrorEstimate(float(result.error) + distance, result.error.how + _MEASURED),
            stats={**result.stats, "source_error": distance},
        )
    return result


def evolve(
    network: Network,
    times: ArrayLike,
    initial: Any,
    method: Method | None = None,
    *,
    source: SourceStart = "stationary",
) -> Evolution:
    """The emitters' states over time.

    Args:
        network: What to evolve.
        times: Increasing, finite, >= 0, inverse rate unit, (t,).
        initial: The emitters' initial state: product state by name ("00", emitters in node order),
            ket, or density matrix; uncorrelated with the source.
        method: How; if not given, the first exact method that applies.
        source: The source's initial state: "stationary", "empty", or a coherent amplitude.

    Returns:
        One state and one error per time.

    Raises:
        TypeError: not a network, or not a method.
        ValueError: times or initial state are not as above.
        MethodError: the method does not apply; the message says why.
        SolveError: the evolution failed; the message names the remedy, and `result` on the
            exception holds what there is.
    """
    _require_network(network)
    grid = checks.times("times", times)
    start = checks.source_start("source", source)
    chosen = _default_evolution(network, start) if method is None else method
    if not isinstance(chosen, Method):
        raise TypeError(f"Argument `method` must be a method such as te.Fock(), but is {method!r}.")
    refusal = chosen.evolution_refusal(network, start)
    if refusal is not None:
        raise MethodError(f"{chosen.name} does not evolve this network: {refusal}")
    # Only now: where the problem does not fit into memory, this matrix would not either.
    rho = states.initial_state(initial, network.dims, name="initial")
    result = chosen.evolve(network, grid, rho, start)
    for i in doubtful(result):
        state = checked(result.at(i))
        if not state.status.ok:
            raise SolveError(replace(result, status=state.status))
    if network.alternative is not None:
        other = evolve(network.alternative, grid, rho, chosen, source=start)
        distances = np.abs(result.states - other.states).max(axis=(1, 2))
        result = replace(
            result,
            error=result.error + distances,
            how=result.how + _MEASURED,
            stats={**result.stats, "source_error": float(distances.max())},
        )
    return result


def _default_evolution(network: Network, source: SourceStart) -> Method:
    """The first exact method that evolves the network."""
    refusals = []
    for method in (ContinuedFraction(), FewExcitations(), Fock()):
        refusal = method.evolution_refusal(network, source)
        if refusal is None:
            return method
        refusals.append(f"{method.name}: {refusal}")
    raise MethodError("No exact method evolves this network. " + " ".join(refusals))


def _default(network: Network) -> Method:
    """The first exact method that applies."""
    refusals = []
    for method in (ContinuedFraction(), Fock()):
        refusal = method.refusal(network)
        if refusal is None:
            return method
        refusals.append(f"{method.name}: {refusal}")
    raise MethodError("No exact method applies to this network. " + " ".join(refusals))


def _require_network(network: object) -> None:
    if not isinstance(network, Network):
        checks.fail("network", "a thermalent Network", network)
