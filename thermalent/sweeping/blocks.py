"""The points of a block: their networks are built, solved together, and read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from thermalent.networks.network import Network
from thermalent.operators.reading.observables import Readings
from thermalent.solution.method import Method
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import SteadyStateTask
from thermalent.sweeping.bulk import solved_together
from thermalent.sweeping.columns import FAILED, SOLVED, Columns, blank
from thermalent.sweeping.failures import ExecutorError, StoreError
from thermalent.sweeping.grid import Grid
from thermalent.sweeping.reading.observables import Observable
from thermalent.sweeping.recipe import Recipe

_MESSAGE = 500  # characters

StateOrError = SteadyState | Exception


def compute(
    recipe: Recipe,
    part: Grid,
    skipped: np.ndarray | None = None,
    solve: Callable[[Sequence[Network], Method | None, Any], list[StateOrError]] | None = None,
) -> Columns:
    """Every column at every point of a part of the grid, in the part's shape.

    Args:
        recipe: What to do.
        part: Where.
        skipped: Points to leave open, in the part's shape.
        solve: From networks, method and initial state to the outcomes, if not in this process.
    """
    left = np.zeros(part.size, dtype=bool) if skipped is None else skipped.ravel()
    values, done = solved_together(recipe, part, left)
    one_by_one = ~(left | done)
    if one_by_one.any():
        built = [
            attempt(recipe.network, parameters) if one_by_one[i] else None
            for i, parameters in enumerate(part)
        ]
        networks = [network for network in built if isinstance(network, Network)]
        solved = iter((solve or _solve_block)(networks, recipe.method, recipe.initial))
        outcomes = [next(solved) if isinstance(item, Network) else item for item in built]
        other = columns(recipe.observables, outcomes)
        for name, column in values.items():
            column[one_by_one] = other[name][one_by_one]
    return {name: column.reshape(part.shape) for name, column in values.items()}


def columns(
    observables: Sequence[Observable],
    outcomes: Sequence[StateOrError | None],
) -> Columns:
    """The outcomes as arrays, (p,) each; failures are messages, and not-a-number in every value."""
    values = blank(observables, len(outcomes))
    kinds: dict[object, list[int]] = {}  # solved points that are read together
    for i, outcome in enumerate(outcomes):
        if outcome is None:
            continue
        if isinstance(outcome, Exception):
            values["status"][i] = FAILED
            values["message"][i] = _words(outcome)
            continue
        values["status"][i] = SOLVED
        values["error"][i] = outcome.error if math.isfinite(outcome.error) else math.nan
        values["n_max"][i] = _order(outcome)
        key = (outcome.network.emitter_names, outcome.network.dims, outcome.method.claim)
        kinds.setdefault(key, []).append(i)
    for members in kinds.values():
        results = [outcomes[i] for i in members]
        for observable in observables:
            _read(values, observable, members, results)
    return values


def _read(
    columns: Columns, observable: Observable, members: list[int], results: Sequence[Any]
) -> None:
    """One observable of the members of a block, whose emitters are the same."""
    try:
        found = observable.read_all(results)
    except Exception as problem:  # the observable is not defined for these emitters
        nothing = np.full(len(results), math.nan)
        found = Readings(nothing, nothing, dict.fromkeys(range(len(results)), problem))
    columns[observable.name][members] = found.values
    columns[f"{observable.name}_error"][members] = found.errors
    for position, missing in found.problems.items():
        columns["status"][members[position]] = FAILED
        columns["message"][members[position]] = f"{observable.name}: {_words(missing)}"


def _solve_block(
    networks: Sequence[Network], method: Method | None, initial: Any
) -> list[StateOrError]:
    """The outcome for every network: a result, or the exception with the reason why there is none.

    The points are planned together. What a result is does not depend on what else is in the block.
    """
    from thermalent.solving.solve import prepared

    tasks = [SteadyStateTask(network=network, initial=initial) for network in networks]
    runs = attempt(lambda given: prepared(given, method), tasks)
    if isinstance(runs, Exception):
        return [runs] * len(tasks)
    return [attempt(lambda run: run(), run) for run in runs]


def attempt(function: Callable[[Any], Any], argument: Any) -> Any:
    """The result of a function, or the exception that it raises.

    Raises:
        ExecutorError, StoreError: workers are lost, or a disk fails: this is not the point's fault.
    """
    try:
        return function(argument)
    except (ExecutorError, StoreError):
        raise
    except Exception as problem:  # whatever it is, the other points go on
        return problem


def failed(values: Columns, problem: Exception, of: str = "") -> Columns:
    """The columns, all of whose points failed for one reason."""
    values["status"][:], values["message"][:] = FAILED, f"{of}{_words(problem)}"
    return values


def _words(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}"[:_MESSAGE]


def _order(result: SteadyState) -> int:
    """The truncation of the method, -1 if it does not truncate at one number."""
    order = result.stats.get("n_max", result.stats.get("cutoff", -1))
    return int(order) if isinstance(order, (int, np.integer)) else -1
