"""Steady states of many networks by the fraction alone, on several threads, none of them raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from thermalent.continued_fraction.batch.lanes import side_by_side, solved_arrays
from thermalent.continued_fraction.chain.one_structure.structure import (
    structure_of_arrays,
    structures,
)
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.network import Network
from thermalent.solution.method import MethodError
from thermalent.solution.result import Outcome, SteadyState
from thermalent.solution.several import SteadyStateArrays
from thermalent.solution.validity import checked, limitation
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.progress import working


@with_explained_calls
def solve_side_by_side(
    networks: Sequence[Network],
    method: ContinuedFraction | None = None,
    *,
    threads: int | None = None,
) -> list[SteadyState]:
    """The steady state of each network by the continued fraction, whether it is usable or not.

    `te.steady_states` is the ordinary way to many states: it takes every method and raises what
    fails. This one is for maps and searches that judge each point by its status, and for several
    threads.

    Args:
        networks: What to solve, of any structure each; those of one structure are solved together.
        method: Accuracy; the default is `ContinuedFraction()`.
        threads: Number of threads; as many as numba may use if not given. Neither it nor what else
            is in the list changes a bit of any result.

    Returns:
        The steady states in the order of the networks. A point that failed has a status that says
        so, it is not raised. `stats["batch"]` says whether the point was solved side by side with
        others (True) or handed over to the ordinary solver.

    Raises:
        MethodError: the method does not apply to one of the networks; its position is named.
    """
    chosen = ContinuedFraction() if method is None else method
    if threads is not None:
        checks.integer("threads", threads, 1)
    for network in networks:
        if not isinstance(network, Network):
            checks.fail("networks", "a sequence of thermalent Networks", network)
    kinds = structures(networks)
    without_structure = kinds.pop(None, [])
    if chosen.digits is not None:
        without_structure, kinds = list(range(len(networks))), {}
    results: dict[int, SteadyState] = {}
    with working("continued fractions") as report:
        for kind, members in kinds.items():
            _require(chosen, networks, members[:1])
            assert kind is not None
            side_by_side(networks, members, kind, chosen.settings, _threads(threads), results)
            report(f"{len(results)} of {len(networks)} points")
        without_structure += [
            p for p in range(len(networks)) if p not in results and p not in without_structure
        ]
        _require(chosen, networks, without_structure)
        for position in sorted(without_structure):
            single = checked(chosen.steady_state(networks[position]))
            results[position] = replace(single, stats={**single.stats, "batch": False})
            report(f"{len(results)} of {len(networks)} points")
    return [_with_limitation(results[position]) for position in range(len(networks))]


def solve_arrays_side_by_side(
    networks: NetworkArrays, method: ContinuedFraction
) -> SteadyStateArrays | None:
    """The same of networks given as arrays, those that can be solved together; None if none can."""
    kind = structure_of_arrays(networks) if len(networks) else None
    if kind is None or method.digits is not None:
        return None
    return solved_arrays(networks, kind, method.settings, _threads(None))


def _with_limitation(result: SteadyState) -> SteadyState:
    """The result; its status says where a given truncation leaves an error above the tolerance."""
    if result.status.outcome is not Outcome.CONVERGED:
        return result
    limited = limitation(result.method, result.state, float(result.error))
    return result if limited is None else replace(result, status=limited)


def _require(
    method: ContinuedFraction, networks: Sequence[Network], positions: Sequence[int]
) -> None:
    for position in positions:
        refusal = method.refusal(networks[position])
        if refusal is not None:
            raise MethodError(
                f"{method.name} does not apply to the network at position {position}: {refusal}"
            )


def _threads(given: int | None) -> int:
    if given is not None:
        return given
    import numba

    return int(numba.get_num_threads())
