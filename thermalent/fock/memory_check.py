"""The check whether an evolution and its states fit into memory, and what would fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from thermalent.fock.problem import Problem, words
from thermalent.fock.problem import problem as problem_of
from thermalent.networks.network import Network
from thermalent.support import memory_limit


def too_large(problem: Problem, cutoffs: Sequence[int]) -> str | None:
    """The reason why an evolution is too large, and what would fit; None if it fits."""
    limit = problem.limit

    def needed(levels: int) -> float:
        return problem.cost([min(cutoff, levels) for cutoff in cutoffs]).evolution

    high = max(cutoffs, default=1)
    if needed(high) <= limit:
        return None
    if not cutoffs:
        unknowns, above_limit = problem.cost(()).elements, _above(needed(high), limit)
        return f"its {unknowns:.3g} unknowns need {above_limit}; {_fitting(problem)}."
    low, above = 1, high
    while above - low > 1:
        middle = (low + above) // 2
        low, above = (middle, above) if needed(middle) <= limit else (low, middle)
    fits = f"a cutoff of {low} would fit" if low > 1 else "no cutoff would fit"
    remedies = [fits, *problem.without_cutoff()]
    above_limit = _above(needed(high), limit)
    return f"a cutoff of {words(cutoffs)} needs {above_limit}; {'; '.join(remedies)}."


def too_many(problem: Problem, times: int) -> str | None:
    """The reason why the states at so many times do not fit into memory; None if they do."""
    each = 16.0 * float(np.prod([float(d) for d in problem.network.dims])) ** 2
    # Memory is also needed for the evolution itself and the states of the coarser cutoff.
    room = problem.limit / (2 if problem.network.modes else 1)
    if times * each <= room:
        return None
    return (
        f"the states at {times} times need {_above(times * each, room)}; those at "
        f"{int(room // each)} times would fit."
    )


def _above(needed: float, limit: float) -> str:
    return (
        f"about {memory_limit.in_words(needed)}, above the limit of {memory_limit.in_words(limit)}"
    )


def _fitting(problem: Problem) -> str:
    """The number of the network's first emitters that would fit, in words."""
    network = problem.network
    for count in range(len(network.emitters) - 1, 0, -1):
        first = slice(0, count)
        exchange, decay, absorption, pumping, anomalous = (
            matrix[first, first] for matrix in network.couplings
        )
        fewer = Network(
            nodes=network.nodes[first],
            exchange=exchange,
            decay=decay,
            absorption=absorption,
            pumping=pumping,
            anomalous=anomalous,
        )
        if problem_of(fewer, problem.solver).cost(()).evolution <= problem.limit:
            return f"its first {count} emitters would fit"
    return "not even one emitter would fit"
