"""One run of an ensemble in a classical field: its mean, how it ended, and how fast it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from thermalent.ensembles.blocks import Stop, in_order, threads_available
from thermalent.ensembles.run import interrupted, run, target_missed
from thermalent.solution.result import Status
from thermalent.stochastic.paths import PathSpec
from thermalent.stochastic.step_bias import (
    COARSENINGS,
    ExtrapolatedBlock,
    ExtrapolatedMean,
    Reader,
)
from thermalent.stochastic.step_kernels import LANES_OF_BLOCK
from thermalent.support.progress import working

_COMPARED = 4  # blocks with the third coarsening, from which the bias is estimated


# From a specification, a number of trajectories and a stop: blocks 0, 1, 2, ...
Blocks = Callable[[PathSpec, int, Stop], Iterator[ExtrapolatedBlock]]


def block_mean(
    paths: PathSpec, reader: Reader, n: int, number: int, stop: Stop | None = None
) -> ExtrapolatedBlock:
    """The contribution of one block of n trajectories: a function of `paths` and its number alone.

    Raises:
        Stopped: `stop` was set.
    """
    all_three = number < _COMPARED or reader.white
    coarsenings = COARSENINGS if all_three else COARSENINGS[:2]
    records = (
        [block.mean if len(block.mean) else block.x for block in coarsened]
        for coarsened in paths.coarsened_paths(number, coarsenings, stop)
    )
    return reader.block(records, min(LANES_OF_BLOCK, n - LANES_OF_BLOCK * number))


class FieldRun:
    """The average over n trajectories, or as many as a target needs.

    Args:
        paths: What every block does, with the coarsenings `COARSENINGS`.
        n: Number of trajectories.
        target: Standard error of the largest element at which to stop.
    """

    def __init__(self, paths: PathSpec, *, n: int, target: float | None) -> None:
        self.paths = paths
        self.n = n
        self.target = target
        self.mean = ExtrapolatedMean(Reader(paths.emitters))
        self.interrupted = False
        self.threads = 1
        self.seconds = 0.0

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

        def here(paths: PathSpec, n: int, stop: Stop) -> Iterator[ExtrapolatedBlock]:
            return in_order(
                lambda number: block_mean(paths, self.mean.reader, n, number, stop),
                -(-n // LANES_OF_BLOCK),
                threads=self.threads,
                batch=-(-batch // LANES_OF_BLOCK),
                stop=stop,
            )

        chosen = here if blocks is None else blocks
        with working("trajectories") as report:
            self.seconds, self.interrupted = run(
                self.mean,
                lambda stop: chosen(self.paths, self.n, stop),
                n=self.n,
                report=report,
                enough=lambda: self.target is not None and self._worst <= self.target,
            )

    @property
    def _worst(self) -> float:
        return float(self.mean.standard_error.max())

    @property
    def status(self) -> Status:
        """Converged, interrupted, or not converged if the target was missed."""
        if self.interrupted:
            return interrupted(self.mean.count, self.n)
        if self.target is not None and self._worst > self.target:
            return target_missed(self._worst, self.target, self.mean.count)
        return Status()

    @property
    def stats(self) -> Mapping[str, Any]:
        """Numbers and rates of the run; steps are those of the emitters on all coarsened paths."""
        steps = sum(segment.steps for segment in self.paths.segments)
        blocks = self.mean.blocks
        third = blocks if self.mean.reader.white else min(blocks, _COMPARED)
        each = (blocks, blocks, third)
        total = sum(
            count * LANES_OF_BLOCK * steps // coarsening
            for count, coarsening in zip(each, COARSENINGS, strict=True)
        )
        return {
            "trajectories": self.mean.count,
            "partial": self.interrupted,
            "step": max(segment.step for segment in self.paths.segments),
            "steps": total,
            "steps_per_second": total / self.seconds,
            "threads": self.threads,
            "batches": self.mean.batches,
        }
