"""`sweep`: a number of steady states, on a grid of parameters, as a labelled data set."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import chain
from math import inf
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from thermalent.solution.method import Method
from thermalent.stochastic.method import FieldTrajectories
from thermalent.support import checks
from thermalent.support.calls import with_explained_calls
from thermalent.support.errors import MissingPackageError
from thermalent.support.machine.one_thread import one_thread
from thermalent.sweeping.columns import FAILED, Columns
from thermalent.sweeping.execution import ensembles, executors, tasks
from thermalent.sweeping.execution.executors import Workers
from thermalent.sweeping.execution.progress import shown
from thermalent.sweeping.execution.tasks import BlockTask
from thermalent.sweeping.following import axis_of
from thermalent.sweeping.storage.identity.differences import check_accept
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.storage.opening import writing
from thermalent.sweeping.storage.partial_ensembles import Parts
from thermalent.sweeping.storage.store import Store
from thermalent.sweeping.study.description import study_of

if TYPE_CHECKING:
    import xarray

# Other processes take two or three seconds to start; a sweep this short is finished without them.
_SHORT = 5.0  # seconds
# Points per worker from which on whole points keep all workers busy.
_FEW = 8


@with_explained_calls
def sweep(
    builder: Callable[..., Any],
    grid: Any,
    observables: Any,
    *,
    method: Method | None = None,
    fixed: Mapping[str, Any] | None = None,
    initial: Any = None,
    times: ArrayLike | None = None,
    frequencies: ArrayLike | None = None,
    delays: ArrayLike | None = None,
    store: str | os.PathLike[str] | None = None,
    accept: str | Sequence[str] = (),
    retry: str | None = None,
    executor: Any = None,
    block: int | None = None,
    units: Mapping[str, str] | None = None,
    progress: bool | None = None,
) -> xarray.Dataset:
    """Steady states on a grid of parameters: numbers read off them, each with its error.

    With `times` the emitters are evolved at every point, with `frequencies` or `delays` the light
    that they radiate is analysed. The data set then has one dimension more, and each network is
    solved once for all of it.

    Args:
        builder: Called with the parameters of a point as keywords; returns a network, or something
            that holds one as `network`.
        grid: Values by parameter, of which the product is taken; an entry may be `te.zipped(...)`,
            parameters that run together along an axis of the entry's name. `te.zipped(...)` or
            `te.points([...])` alone make one axis, "point".
        observables: Names such as "concurrence", "purity[q1]", "populations[S]", "fidelity[T]",
            "populations" for all; functions of the `SteadyState`, which return a number or a pair
            (number, error); or a mapping from names to either. Functions get the state at each
            time where there are `times`. With `frequencies` "spectrum", with `delays` "g2" and
            "visibility", which is |g1|; of a node "spectrum[q1]"; or a mapping from such names to
            fields as of `te.spectrum`, {"spectrum[minus]": {"q1": 1, "q2": -1}}.
        method: How to solve; if not given, the first exact method that applies at each point. With
            `frequencies` or `delays` at most `te.ContinuedFraction(rtol=...)`.
        fixed: Parameters that do not vary.
        initial: Initial state of the emitters, see `te.steady_state` and, with `times`,
            `te.evolve`.
        times: Times of an evolution, as for `te.evolve`: the dimension "time".
        frequencies: Frequencies of spectra, as for `te.spectrum`: the dimension "frequency".
        delays: Delays of correlations, as for `te.coherence`: the dimension "delay".
        store: A folder for the data, such as "study.zarr". Every finished block is on the disk
            before it counts; the same call goes on where an interrupted one ended.
        accept: Changes to the stored study that are accepted: "grid" (the new one holds all stored
            points), "method", "version", "code" (of the builder, an observable, or what they use).
            Finished points are kept, and `origin` tells which is which.
        retry: "failed" computes the points again that failed before: after a fault of the machine
            (memory that was short), or with a newer version.
        executor: Who computes: a number of processes (1: this one; if not given, all cores, or this
            process alone if it is done in seconds), an executor of `concurrent.futures` (process
            pools, `mpi4py.futures`), or a Dask client. The numbers are the same, to the last bit.
        block: Points that are solved together and make one unit on the disk; chosen from the size
            of the grid, not from the number of workers, if not given. A store goes on with the
            blocks that it began with.
        units: Units of parameters, by name, for the data set.
        progress: Whether to draw a bar; by default in terminals and notebooks.

    Returns:
        A data set with the parameters as coordinates. For each observable NAME and NAME_error;
        `error` of the state, `n_max`, `status` (1 solved, 2 failed) and `message` of every point;
        method, version and parameters as attributes. With a store its values stay on the disk until
        they are used.

    Raises:
        ValueError: a parameter or an observable is unknown, the grid is empty or has a coordinate
            twice, or the builder cannot be sent to other processes.
        StoreError: the store cannot be written, is in use, or is of another study.
        ExecutorError: the workers died, lack this package, or have another version of it.
    """
    _require_packages(store)
    place = None if store is None else checks.path("store", store)
    axis = axis_of(times=times, frequencies=frequencies, delays=delays)
    study = study_of(builder, grid, observables, method, fixed, initial, axis, place, block, units)
    accepted = check_accept(accept)
    if retry not in (None, "failed"):
        checks.fail("retry", "'failed' or None", retry)
    executor = checks.scalar(executor)
    if isinstance(executor, Integral) or executor is None:
        count = executors.cores() if executor is None else checks.integer("executor", executor, 1)
        chosen: int | Workers = count
    else:
        chosen = executors.given(executor)
    patience = 0.0
    if executor is None:
        patience = _SHORT if executors.may_start_processes() else inf
    if place is None:
        filled = study.empty()
        _run(study, None, filled, chosen, patience, progress)
        return study.dataset(filled)
    with writing(place, study, accepted, retry=retry is not None) as opened:
        _run(study, opened, None, chosen, patience, progress)
        return opened.read()


def _require_packages(store: Any) -> None:
    needed = [
        "xarray",
        "cloudpickle",
        "loky",
        *([] if store is None else ["zarr"]),
    ]
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingPackageError(
            f"Sweeps need {', '.join(missing)}: pip install 'thermalent[sweep]'."
        )


def _run(
    study: Study,
    store: Store | None,
    filled: Columns | None,
    chosen: int | Workers,
    patience: float,
    progress: bool | None,
) -> None:
    """Compute the open points, and store every block as soon as it is finished."""
    done = set() if store is None else store.done()
    already = sum(study.tiles.size(number) for number in done)
    if already == study.grid.size:
        return
    left = (number for number in range(len(study.tiles)) if number not in done)
    open_tasks = (_task(study, store, number) for number in left)
    with ExitStack() as stack:
        report = stack.enter_context(shown(study.grid.size, already, show=progress))
        left_over = study.grid.size - already
        results = _results(study, store, open_tasks, chosen, patience, left_over)
        # Closed at once if a block cannot be stored, so that the workers stop.
        stack.enter_context(closing(results))
        for task, columns in results:
            columns = _merged(task, columns, store)
            if store is not None:
                store.write(task.number, columns)
            if filled is not None:
                for name, column in columns.items():
                    filled[name][study.tiles.slices(task.number)] = column
            failed = int(np.sum(columns["status"] == FAILED))
            report(task.number, columns["status"].size, failed)


def _task(study: Study, store: Store | None, number: int) -> BlockTask:
    part = study.grid.part(study.tiles.slices(number))
    skipped = None if store is None else store.finished(number)
    return BlockTask(
        number=number, part=part, skipped=skipped if skipped is not None and skipped.any() else None
    )


def _merged(task: BlockTask, columns: Columns, store: Store | None) -> Columns:
    """The new points of a block among those that an extended study has already."""
    if task.skipped is None or store is None:
        return columns
    stored = store.columns(task.number)
    origin = np.full(task.part.shape, store.origin, dtype=np.int16)
    return {
        name: np.where(task.skipped, column, {**columns, "origin": origin}[name])
        for name, column in stored.items()
    }


def _results(
    study: Study,
    store: Store | None,
    open_tasks: Iterator[BlockTask],
    chosen: int | Workers,
    patience: float,
    left: int,
) -> Generator[tuple[BlockTask, Columns]]:
    """Results from the executor: of points, or of blocks of trajectories where points are few."""
    recipe, in_process = study.recipe, isinstance(chosen, int)
    if (
        isinstance(recipe.method, FieldTrajectories)
        and not recipe.along
        and (in_process or left < _FEW * (chosen if isinstance(chosen, int) else chosen.count))
    ):
        workers = executors.threads(chosen) if isinstance(chosen, int) else chosen
        parts = None if store is None else Parts(store.path, study)
        return ensembles.completed_ensembles(workers, recipe, open_tasks, parts)
    if isinstance(chosen, int):
        return _in_process(study, open_tasks, chosen, patience, left)
    return executors.completed(chosen, recipe, open_tasks)


def _in_process(
    study: Study, open_tasks: Iterator[BlockTask], count: int, patience: float, left: int
) -> Generator[tuple[BlockTask, Columns]]:
    """Results from this process while the estimate is short, then from processes of its own."""
    began, points = time.monotonic(), 0
    for task in open_tasks:
        spent = time.monotonic() - began
        remaining = (left - points) * spent / points if points else 0.0
        if count > 1 and (patience == 0 or remaining > patience):
            workers = executors.processes(min(count, len(study.tiles)))
            yield from executors.completed(workers, study.recipe, chain([task], open_tasks))
            return
        with one_thread():
            columns = tasks.run_task(study.recipe, task)
        yield task, columns
        points += task.part.size
