"""Steady states and evolutions of many networks, planned together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np

from thermalent.networks.network import Network
from thermalent.solution.errors import Interrupted
from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Method
from thermalent.solution.record import MethodRecord
from thermalent.solution.result import SteadyState
from thermalent.solution.several import SteadyStates
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving.given_start import given_start
from thermalent.solving.solve import prepared
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.errors import ThermalentError
from thermalent.support.progress import working


def evolve_one_of_many(
    network: Network, times: np.ndarray, initial: Any, method: Method | MethodRecord | None
) -> Evolution:
    """What `evolve` does of a network, as one of many: as accurate as asked for, and no more.

    Args:
        network: What to evolve.
        times: As for `evolve`, checked.
        initial: As for `evolve`.
        method: As for `evolve`.
    """
    start = given_start(initial, network.dims)
    task = EvolutionTask(pieces=(Piece(network),), times=times, initial=start.initial)
    (run,) = prepared([task], method)
    return start.carried(cast(Evolution, run()))


@with_explained_calls
def steady_states(
    networks: Iterable[Network],
    method: Method | MethodRecord | None = None,
    *,
    initial: Any = None,
) -> SteadyStates:
    r"""The steady state of each network, \(\mathcal{L}\rho = 0\), as `steady_state`, in less time.

    Networks of one structure share their work where the method can: the continued fraction solves
    two qubits behind one mode side by side. What a result is does not depend on what else is in the
    list.

    Args:
        networks: What to solve, of any structure each.
        method: As for `steady_state`, the same for all.
        initial: As for `steady_state`, the same for all.

    Returns:
        The states in the order of the networks; their observables are arrays with errors,
        `te.steady_states(networks).concurrence()`.

    Raises:
        TypeError: not a method.
        ValueError: not networks, or there is no such initial state.
        MethodError, SolveError: as for `steady_state`. The others are solved all the same: the
            error is that of the first network that fails, its `failures` are the errors of all
            that do, by position, and its `partial` holds the states of the rest in their order.
        KeyboardInterrupt: interrupted; after the first network its `partial` holds the states that
            were found.
    """
    given = list(networks)
    for position, network in enumerate(given):
        if not isinstance(network, Network):
            checks.fail(f"networks[{position}]", "a thermalent Network", network)
    runs = prepared(
        [SteadyStateTask(network=network, initial=initial) for network in given], method
    )
    found: list[SteadyState] = []
    failures: dict[int, ThermalentError] = {}
    with working("steady states") as report:
        for position, run in enumerate(runs):
            try:
                found.append(cast(SteadyState, run()))
            except ThermalentError as problem:
                failures[position] = problem
            except KeyboardInterrupt as interrupt:
                if not found:
                    raise
                message = f"Interrupted: {len(found)} of {len(runs)} networks were solved."
                raise Interrupted(SteadyStates(found), message) from interrupt
            report(f"{position + 1} of {len(runs)} networks")
    if failures:
        raise _first_of(failures, found)
    return SteadyStates(found)


def _first_of(failures: dict[int, ThermalentError], found: list[SteadyState]) -> ThermalentError:
    """The error of the first network that failed, with what was found of the others."""
    position, first = next(iter(failures.items()))
    first.partial, first.failures = SteadyStates(found), failures
    others = f", and {len(failures) - 1} more failed" if len(failures) > 1 else ""
    first.add_note(
        f"This is networks[{position}]{others}. The states of the {len(found)} that were solved "
        "are `partial` of this error."
    )
    return first
