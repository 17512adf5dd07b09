"""The error that a measured source leaves in a result: what networks that fit, too, change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np

from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Method
from thermalent.solution.result import ErrorEstimate, SteadyState
from thermalent.solution.tasks import EvolutionTask, Piece, Task

_MEASURED = ", plus three standard deviations of the measured source"
_MEASURED_ALONE = "; three standard deviations of the measured source move an element by {:.1e}"

SolvedBySameMethod = Callable[[Task], SteadyState | Evolution]


def with_source_error(
    result: SteadyState | Evolution, task: Task, method: Method, solve: SolvedBySameMethod
) -> SteadyState | Evolution:
    """The result with the changes by the alternatives of its network, added as squares.

    Args:
        result: Of the task.
        task: Its network has alternatives.
        method: That gave the result.
        solve: Solves the tasks of these by the same method.
    """
    if isinstance(result, SteadyState):
        distance = _steady_distance(result, task, method, solve)
        return replace(
            result,
            error=ErrorEstimate(
                float(result.error) + distance, result.error.how + _words(result.error, distance)
            ),
            stats={**result.stats, "source_error": distance},
        )
    others = [cast(Evolution, solve(other)).states for other in _alternative_tasks(task)]
    distances = _together(result.states, others).max(axis=(1, 2))
    return replace(
        result,
        error=result.error + distances,
        how=result.how + _words(result.error, float(distances.max())),
        stats={**result.stats, "source_error": float(distances.max())},
    )


def _words(error: float | np.ndarray, distance: float) -> str:
    """What the source adds to an error; where that is not known, the sum is not, but this is."""
    return _MEASURED_ALONE.format(distance) if np.all(np.isnan(error)) else _MEASURED


def _steady_distance(
    result: SteadyState, task: Task, method: Method, solve: SolvedBySameMethod
) -> float:
    if not isinstance(task, EvolutionTask) and task.initial is None:
        known = method.distance_of_alternatives(result)
        if known is not None:
            return known
    others = [cast(SteadyState, solve(other)).state for other in _alternative_tasks(task)]
    return float(_together(result.state, others).max())


def _alternative_tasks(task: Task) -> list[Task]:
    """The task with each alternative; where couplings change, all pieces move to theirs at once."""
    if not isinstance(task, EvolutionTask):
        return [replace(task, network=other) for other in task.network.alternatives]
    count = max(len(network.alternatives) for network in task.networks)
    return [
        replace(task, pieces=tuple(_moved(piece, number) for piece in task.pieces))
        for number in range(count)
    ]


def _moved(piece: Piece, number: int) -> Piece:
    """A piece with one of the alternatives of its network, itself if it has none."""
    others = piece.network.alternatives[number : number + 1]
    return piece._replace(network=others[0]) if others else piece


def _together(values: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """The distances of other values, added as squares."""
    return np.asarray(np.sqrt(sum(np.abs(other - values) ** 2 for other in others)))
