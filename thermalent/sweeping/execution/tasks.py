"""The tasks of workers: blocks of points, and their computation with one thread."""

from __future__ import annotations

import functools
import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from thermalent._version import __version__
from thermalent.sweeping.blocks import compute
from thermalent.sweeping.columns import Columns
from thermalent.sweeping.execution.parent import end_with_parent
from thermalent.sweeping.failures import ExecutorError
from thermalent.sweeping.following import follow
from thermalent.sweeping.grid import Grid
from thermalent.sweeping.recipe import Recipe


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockTask:
    """A block to compute.

    Args:
        number: Of the block.
        part: Its part of the grid.
        skipped: Points that need no computing, in the part's shape; None if all do.
    """

    number: int
    part: Grid
    skipped: np.ndarray | None = None


def run_task(recipe: Recipe, task: BlockTask) -> Columns:
    """Compute a block; to be called inside of `one_thread`."""
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)  # of this thread only
    try:
        work = follow if recipe.along else compute
        return work(recipe, task.part, task.skipped)
    finally:
        numba.set_num_threads(before)


def run_elsewhere(packed: bytes, version: str, task: BlockTask) -> Columns:
    """Compute a block in another process, where the recipe arrives pickled.

    Raises:
        ExecutorError: the process has another version of this package.
    """
    if version != __version__:
        import socket

        raise ExecutorError(
            f"A worker on {socket.gethostname()} has thermalent {__version__}, but the sweep is of "
            f"{version}. Install the same version everywhere."
        )
    end_with_parent()
    _limited_for_good()
    return run_task(_unpacked(packed), task)


@functools.cache
def _limited_for_good() -> None:
    """Limit a worker to one thread until it ends: its threads may run several blocks at once."""
    import threadpoolctl

    threadpoolctl.threadpool_limits(1)


@functools.lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Recipe:
    return pickle.loads(packed)


def packed(recipe: Recipe) -> bytes:
    """The recipe as bytes, functions of a script or notebook included.

    Raises:
        ValueError: it holds something that cannot be sent to another process.
    """
    import cloudpickle

    from thermalent.support import checks

    for name in ("builder", "fixed", "observables", "method", "initial"):
        value: Any = getattr(recipe, name)
        try:
            cloudpickle.dumps(value)
        except Exception as problem:  # pickling runs code of the pickled object
            allowed = "picklable for an executor with other processes"
            words = checks.Words(f"not: {type(problem).__name__}: {problem}")
            checks.fail(name, allowed, words)
    return cloudpickle.dumps(recipe)
