"""The points of a block: their networks are built, solved together, and read."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thermalent._version import __version__
from thermalent.networks.network import Network
from thermalent.solution.method import Method
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import SteadyStateTask
from thermalent.support.errors import ArgumentTypeError
from thermalent.sweeping.failures import ExecutorError, StoreError
from thermalent.sweeping.grid import Grid
from thermalent.sweeping.reading.observables import Observable

SOLVED, FAILED = 1, 2  # statuses; 0 is a point not computed yet
_MESSAGE = 500  # characters

Columns = dict[str, np.ndarray]
StateOrError = SteadyState | Exception


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """The builder, method and observables that every point of a sweep shares.

    Args:
        builder: From parameters to a network, or to something that holds one as `network`.
        fixed: Parameters that do not vary.
        method: How to solve; None is the default method.
        initial: Initial state of the emitters, see `steady_state`.
        observables: What to read.
        version: Of the package; workers of another one refuse.
    """

    builder: Callable[..., Any]
    fixed: Mapping[str, Any]
    method: Method | None
    initial: Any
    observables: tuple[Observable, ...]
    version: str = field(default=__version__)

    def network(self, parameters: Mapping[str, Any]) -> Network:
        """The network of a point."""
        try:
            built = self.builder(**self.fixed, **parameters)
        except SystemExit as problem:  # must not end the sweep as if it were complete
            raise RuntimeError(f"sys.exit({problem.code!r}) was called") from None
        network = built if isinstance(built, Network) else getattr(built, "network", None)
        if not isinstance(network, Network):
            raise ArgumentTypeError(
                "Argument `builder` must be a function that returns a te.Network, but it returned "
                f"{type(built).__name__!r}."
            )
        return network


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
    built = [
        None if left[i] else attempt(recipe.network, parameters)
        for i, parameters in enumerate(part)
    ]
    networks = [network for network in built if isinstance(network, Network)]
    solved = iter((solve or _solve_block)(networks, recipe.method, recipe.initial))
    outcomes = [next(solved) if isinstance(item, Network) else item for item in built]
    return columns(recipe.observables, outcomes, part.shape)


def columns(
    observables: Sequence[Observable],
    outcomes: Sequence[StateOrError | None],
    shape: tuple[int, ...],
) -> Columns:
    """The outcomes as arrays; failures are messages, and not-a-number in every value."""
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
    return {name: column.reshape(shape) for name, column in values.items()}


def _read(
    columns: Columns, observable: Observable, members: list[int], results: Sequence[Any]
) -> None:
    """One observable of the members of a block, whose emitters are the same."""
    try:
        values, errors = observable.read_all(results)
    except Exception as problem:  # the observable is not defined for these emitters
        values, errors = [problem] * len(results), np.full(len(results), math.nan)
    for i, value in zip(members, values, strict=True):
        if isinstance(value, Exception):
            columns["status"][i] = FAILED
            columns["message"][i] = f"{observable.name}: {_words(value)}"
        else:
            columns[observable.name][i] = value
    columns[f"{observable.name}_error"][members] = errors


def blank(observables: Sequence[Observable], count: int) -> Columns:
    """Columns of points that are not computed."""
    columns: Columns = {}
    for observable in observables:
        columns[observable.name] = np.full(count, np.nan)
        columns[f"{observable.name}_error"] = np.full(count, np.nan)
    columns["error"] = np.full(count, np.nan)
    columns["n_max"] = np.full(count, -1, dtype=np.int32)
    columns["message"] = np.full(count, "", dtype=object)
    columns["status"] = np.zeros(count, dtype=np.int8)
    return columns


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
    return [whole(attempt(lambda run: run(), run)) for run in runs]


def whole(outcome: StateOrError) -> StateOrError:
    """The outcome, unless it is an average that Ctrl-C has cut short and the study must not keep.

    Raises:
        KeyboardInterrupt: it was.
    """
    if not isinstance(outcome, Exception) and outcome.stats.get("partial", False):
        raise KeyboardInterrupt
    return outcome


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


def _words(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}"[:_MESSAGE]


def _order(result: SteadyState) -> int:
    """The truncation of the method, -1 if it does not truncate at one number."""
    order = result.stats.get("n_max", result.stats.get("cutoff", -1))
    return int(order) if isinstance(order, (int, np.integer)) else -1
