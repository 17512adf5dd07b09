"""One run of an ensemble: its tally, how it ended, and how fast it was."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from thermalent.solution.result import Outcome, Status
from thermalent.stochastic.ensemble import in_order, threads_available
from thermalent.stochastic.kernels import LANES
from thermalent.stochastic.paths import Walk
from thermalent.stochastic.tally import MERGES, BlockSums, Reader, Tally
from thermalent.support.compile_notice import announced
from thermalent.support.progress import working

_COMPARED = 4  # blocks that have the third companion, from which the bias is estimated
_CHECK = 16  # blocks between two looks at the target


# From a walk, a number of trajectories and an event that stops: the sums of blocks 0, 1, 2, ...
Blocks = Callable[[Walk, int, threading.Event], Iterator[BlockSums]]


def block_sums(
    walk: Walk, reader: Reader, n: int, number: int, stop: threading.Event | None = None
) -> BlockSums:
    """The sums of one block of n trajectories; they depend on nothing but the walk and its number.

    Raises:
        Stopped: `stop` was set.
    """
    merges = MERGES if number < _COMPARED or reader.white else MERGES[:2]
    records = (
        [block.mean if len(block.mean) else block.x for block in companions]
        for companions in walk.take(number, merges, stop)
    )
    return reader.sums(records, min(LANES, n - LANES * number))


class Run:
    """Averages of a walk over n trajectories, or as many as a target needs.

    Args:
        walk: What every block does, with the companions `MERGES`.
        n: Number of trajectories.
        target: Standard error of the largest element at which to stop.
    """

    def __init__(self, walk: Walk, *, n: int, target: float | None) -> None:
        self.walk = walk
        self.n = n
        self.target = target
        self.tally = Tally(Reader(walk.emitters))
        self.threads = 1
        self.seconds = 0.0
        self._reached = False
        self._stop = threading.Event()

    def run(self, *, threads: int | None, batch: int, blocks: Blocks | None = None) -> None:
        """Add block after block, until all are done, the target is reached, or Ctrl-C.

        Args:
            threads: Number of threads; as many as numba may use if not given.
            batch: Trajectories that a thread takes at a time.
            blocks: Computes the blocks elsewhere, and yields them in their order.

        Raises:
            KeyboardInterrupt: not even one block was done.
        """
        self.threads = threads_available() if threads is None else threads
        began = time.perf_counter()
        # Ctrl-C interrupts the main thread wherever it is. The sums are added in another one, where
        # it cannot leave half of a block behind.
        with announced(), working("trajectories") as report, ThreadPoolExecutor(1) as collector:
            done = collector.submit(self._add_blocks, -(-batch // LANES), report, blocks)
            try:
                done.result()
            except KeyboardInterrupt:
                self._stop.set()
                done.result()
                if not self.tally.count:
                    raise
        self.seconds = time.perf_counter() - began

    def _add_blocks(
        self, batch: int, report: Callable[[str], None], elsewhere: Blocks | None
    ) -> None:
        if elsewhere is None:
            count = -(-self.n // LANES)
            blocks = in_order(
                self._block, count, threads=self.threads, batch=batch, stop=self._stop
            )
        else:
            blocks = elsewhere(self.walk, self.n, self._stop)
        for sums in blocks:
            self.tally.add(sums)
            report(f"{self.tally.count} of {self.n}")
            due = self.tally.blocks % _CHECK == 0
            self._reached = self.target is not None and due and self._worst <= self.target
            if self._reached:
                break

    def _block(self, number: int) -> BlockSums:
        return block_sums(self.walk, self.tally.reader, self.n, number, self._stop)

    @property
    def interrupted(self) -> bool:
        """Whether less was done than asked for."""
        return self.tally.count < self.n and not self._reached

    @property
    def _worst(self) -> float:
        return float(self.tally.standard_error.max())

    @property
    def status(self) -> Status:
        """Converged, with a word if interrupted; not converged if the target was missed."""
        done = self.tally.count
        if self.interrupted:
            return Status(
                outcome=Outcome.INTERRUPTED,
                message=f"Interrupted: {done} of {self.n} trajectories were averaged.",
            )
        if self.target is not None and self._worst > self.target:
            needed = int(np.ceil(1.1 * done * (self._worst / self.target) ** 2))
            return Status(
                outcome=Outcome.NOT_CONVERGED,
                message=(
                    f"The standard error is still {self._worst:.2g} after {done} trajectories; "
                    f"the target is {self.target:.2g}. Ask for n >= {needed}."
                ),
            )
        return Status()

    @property
    def stats(self) -> Mapping[str, Any]:
        """What was done, and how fast; steps are those of the emitters, companions included."""
        steps = sum(leg.steps for leg in self.walk.legs)
        blocks = self.tally.blocks
        third = blocks if self.tally.reader.white else min(blocks, _COMPARED)
        each = (blocks, blocks, third)
        total = sum(
            count * LANES * steps // merge for count, merge in zip(each, MERGES, strict=True)
        )
        return {
            "trajectories": self.tally.count,
            "partial": self.interrupted,
            "step": max(leg.step for leg in self.walk.legs),
            "steps": total,
            "steps_per_second": total / self.seconds,
            "threads": self.threads,
            "batches": self.tally.batches,
        }
