"""An ensemble runs until all its blocks are added, its target is reached, or Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from thermalent.ensembles.blocks import Stop
from thermalent.solution.result import Outcome, Status

_LOOKS = 0.5  # seconds between two looks for signals
_CHECK = 16  # blocks between two comparisons with the target

_Block = TypeVar("_Block", contravariant=True)
_T = TypeVar("_T")


class Ensemble(Protocol[_Block]):
    """The interface of a mean to which blocks are added."""

    @property
    def count(self) -> int:
        """Number of trajectories added so far."""

    @property
    def blocks(self) -> int:
        """Number of blocks added so far."""

    @property
    def usable(self) -> bool:
        """Whether what was added so far makes a result with a standard error."""

    def add(self, block: _Block) -> None:
        """Add the next block."""


class Ended(NamedTuple):
    """The end of a run: the seconds it took, and whether Ctrl-C came before all was done."""

    seconds: float
    interrupted: bool


def run(
    ensemble: Ensemble[_T],
    blocks: Callable[[Stop], Iterator[_T]],
    *,
    n: int,
    report: Callable[[str], None],
    enough: Callable[[], bool] = lambda: False,
) -> Ended:
    """Add block after block to an ensemble.

    Args:
        ensemble: What the blocks are added to.
        blocks: Yields the blocks in their order, and ends early once its argument is set.
        n: Number of trajectories of all blocks.
        report: Shows progress.
        enough: Whether the ensemble may end before all blocks are added.

    Raises:
        KeyboardInterrupt: interrupted before the ensemble was usable.
    """
    stop, reached, ended, began = Stop(), False, False, time.perf_counter()

    def add() -> None:
        nonlocal reached
        for block in blocks(stop):
            ensemble.add(block)
            report(f"{ensemble.count} of {n}")
            reached = ensemble.blocks % _CHECK == 0 and enough()
            if reached:
                break

    # Ctrl-C interrupts the main thread wherever it is. The blocks are added in another one, where
    # it cannot leave half of a block behind.
    with ThreadPoolExecutor(1) as collector:
        done = collector.submit(add)
        try:
            # A signal that reaches another thread does not end the wait for this one.
            while not done.done():
                wait([done], timeout=_LOOKS)
            done.result()
        except KeyboardInterrupt:
            ended = True  # also if the blocks under way were the last ones: who asked waits for it
            stop.set()
            done.result()
            if not ensemble.usable:
                raise
    return Ended(time.perf_counter() - began, ended)


def interrupted(done: int, n: int) -> Status:
    """The status of an ensemble that Ctrl-C ended."""
    return Outcome.INTERRUPTED.because(f"Interrupted: {done} of {n} trajectories were averaged.")


def target_missed(standard_error: float, target: float, done: int) -> Status:
    """The status of an ensemble that ended before its standard error fell to the target."""
    needed = int(np.ceil(1.1 * done * (standard_error / target) ** 2))
    return Outcome.NOT_CONVERGED.because(
        f"The standard error is still {standard_error:.2g} after {done} trajectories; "
        f"the target is {target:.2g}. Ask for n >= {needed}."
    )
