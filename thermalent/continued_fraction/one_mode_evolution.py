"""Plans of evolutions behind one mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thermalent.continued_fraction import memory
from thermalent.continued_fraction.chain.hierarchy import Hierarchy, hierarchy
from thermalent.continued_fraction.dynamics.amplitude_cost import steps_from_amplitude
from thermalent.continued_fraction.dynamics.evolution import evolve_one_mode
from thermalent.continued_fraction.evolved import evolved
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL
from thermalent.continued_fraction.settings import Settings
from thermalent.networks.network import Network
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
    def of_amplitude(self) -> tuple[Network, Hierarchy, complex, float, float]:
        """What the cost of a coherent start depends on."""
        end = float(self.task.times[-1]) if len(self.task.times) else 0.0
        tolerance = self.settings.evolution_tolerance
        return self.task.network, self.hierarchy, self.amplitude or 0.0, end, tolerance

    @property
    def cost(self) -> Cost:
        """Cost of the contours: some thirty fractions per decade of the times, twice; and of the
        steps that a coherent start takes.
        """
        times = self.task.times[self.task.times > 0]
        decades = 1 + (np.log10(times[-1] / times[0]) if len(times) else 0.0)
        fold = memory.fold_operations(self.task.network, self.numbers, DEFAULT_RTOL)
        steps = 0.0 if not self.amplitude else steps_from_amplitude(*self.of_amplitude)
        return Cost(
            bytes=memory.evolution_bytes(self.numbers, len(self.task.times)),
            operations=(_FOLDS + 60 * float(decades)) * fold + steps,
        )

    def compute(self) -> Evolution:
        """Exact states at the times, each with its error."""
        task, aimed = self.task, self.settings.evolution_tolerance
        found = evolve_one_mode(self.hierarchy, task.times, task.start, aimed, self.amplitude)
        return evolved(task, self.settings, *found)
