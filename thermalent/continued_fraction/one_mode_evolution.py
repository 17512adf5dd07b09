"""Plans of evolutions behind one mode."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import Hierarchy, hierarchy
from thermalent.continued_fraction.dynamics.amplitude_cost import announce, steps_from_amplitude
from thermalent.continued_fraction.dynamics.evolution import evolve_one_mode
from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.continued_fraction.moving_frame.evolution import (
    FRAME_AIMS,
    HOW_MOVED,
    FrameEvolution,
    affordable_frame,
)
from thermalent.continued_fraction.moving_frame.field import MovingField
from thermalent.continued_fraction.settings import Settings
from thermalent.solution.evolution import Evolution
from thermalent.solution.plan import Cost, Plan
from thermalent.solution.tasks import EvolutionTask, start_amplitudes
from thermalent.support.once import once

_FOLDS = 4.0  # of the state at late times, in units of one at the depth of the default accuracy


@dataclass(frozen=True, kw_only=True, eq=False)
class OneModeEvolutionPlan(Plan):
    """An evolution, charge sector by charge sector."""

    task: EvolutionTask
    settings: Settings
    numbers: np.ndarray
    one_of_many: bool = False  # then the accuracy asked for is enough

    @once
    def hierarchy(self) -> Hierarchy:
        """The hierarchy of the network."""
        return hierarchy(self.task.network, self.numbers)

    @property
    def amplitude(self) -> complex | None:
        """Of a source that starts in a coherent state (zero: empty); None if stationary."""
        if self.task.source == "stationary":
            return None
        return complex(start_amplitudes(self.task.source, 1)[0])

    @property
    def end(self) -> float:
        """The last time."""
        return float(self.task.times[-1]) if len(self.task.times) else 0.0

    @once
    def steps(self) -> float:
        """Multiplications that a coherent start adds where the frame does not move with it."""
        aimed = self.settings.evolution_tolerance
        if not self.amplitude:
            return 0.0
        return steps_from_amplitude(
            self.task.network, self.hierarchy, self.amplitude, self.end, aimed
        )

    @once
    def frame(self) -> FrameEvolution | None:
        """The evolution in the frame that moves with a strong coherent field, if that is faster."""
        if not self.steps:
            return None
        task, settings = self.task, self.settings
        aims = FRAME_AIMS if settings.rtol is None else (settings.evolution_tolerance,)
        field = MovingField([self.hierarchy], [], self.amplitude or 0.0)
        moving = affordable_frame(
            field, task.times, task.start, aims, partial(memory.expected_tiers, task.network)
        )
        return moving if moving.operations < self.steps else None

    @property
    def of_amplitude(self) -> float:
        """Multiplications because of a coherent start."""
        return self.steps if self.frame is None else self.frame.operations

    @property
    def cost(self) -> Cost:
        """Cost of the contours: some thirty fractions per decade of the times, twice; and of the
        steps that a coherent start takes.
        """
        needed = memory.evolution_bytes(self.numbers, len(self.task.times))
        if self.frame is not None:
            return Cost(bytes=needed + self.frame.bytes, operations=self.frame.operations)
        times = self.task.times[self.task.times > 0]
        decades = 1 + (np.log10(times[-1] / times[0]) if len(times) else 0.0)
        fold = memory.fold_operations(self.task.network, self.numbers, DEFAULT_RTOL)
        return Cost(bytes=needed, operations=(_FOLDS + 60 * float(decades)) * fold + self.steps)

    def compute(self) -> Evolution:
        """Exact states at the times, each with its error."""
        task, aimed = self.task, self.settings.evolution_tolerance
        announce(self.of_amplitude, self.amplitude or 0.0, self.end)
        if self.frame is not None:
            return evolved(task, self.settings, *self.frame.states(), how=HOW_MOVED)
        found = evolve_one_mode(
            self.hierarchy,
            task.times,
            task.start,
            aimed,
            self.amplitude,
            line_first=self.one_of_many,
        )
        return evolved(task, self.settings, *found)
