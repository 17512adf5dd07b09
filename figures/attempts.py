"""The figures drawn one after the other, or several at a time; those that fail lose no others."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import numba
from threadpoolctl import threadpool_limits

from figures.common import Track, silent


class Attempt(NamedTuple):
    """A figure that was tried.

    Args:
        name: Its name.
        seconds: CPU time, of all threads.
        words: What its report says, or how it failed.
        failed: Whether it did.
    """

    name: str
    seconds: float
    words: str
    failed: bool = False


def attempt(name: str, folder: Path, track: Track = silent) -> Attempt:
    """Compute and draw one figure."""
    began = time.process_time()
    try:
        words = importlib.import_module(f"figures.{name}").main(folder, track=track).agreement
    except Exception:
        return Attempt(name, time.process_time() - began, traceback.format_exc(), failed=True)
    return Attempt(name, time.process_time() - began, words)


def side_by_side(names: Sequence[str], folder: Path, processes: int) -> Iterator[Attempt]:
    """The figures in so many processes, in the order in which they are done."""
    left = set(names)
    with _pool(processes) as pool:
        try:
            futures = [pool.submit(attempt, name, folder) for name in names]
            for future in as_completed(futures):
                yield (done := future.result())
                left.discard(done.name)
        except BrokenProcessPool:
            pass  # a process was ended from outside, as for want of memory
        finally:
            pool.shutdown(cancel_futures=True)
    # One at a time, so that whatever ends its process loses no other figure.
    for name in (name for name in names if name in left):
        with _pool(1) as pool:
            try:
                yield pool.submit(attempt, name, folder).result()
            except BrokenProcessPool:
                yield Attempt(name, 0.0, "its process was ended", failed=True)


def _pool(processes: int) -> ProcessPoolExecutor:
    spawned = multiprocessing.get_context("spawn")  # a fork would copy the threads of the display
    return ProcessPoolExecutor(processes, spawned, initializer=_prepare)


def _prepare() -> None:
    """One thread per process, which ends at once when the user interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threadpool_limits(1)
    numba.set_num_threads(1)
