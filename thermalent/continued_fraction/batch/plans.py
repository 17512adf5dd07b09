"""Plans of steady states that are solved side by side, when the first of them runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from thermalent.continued_fraction.batch.lanes import side_by_side
from thermalent.continued_fraction.chain.one_structure.structure import Structure, structures
from thermalent.continued_fraction.one_mode import OneModePlan
from thermalent.continued_fraction.settings import Settings
from thermalent.solution.errors import MethodError
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import SteadyStateTask, Task

Planner = Callable[[Task], Plan | Refusal]


def together(tasks: Sequence[Task], settings: Settings, plan: Planner) -> list[Plan | Refusal]:
    """A plan or a refusal for each task; steady states of one structure share their work.

    Args:
        tasks: The tasks.
        settings: The method's parameters.
        plan: Plans a task by itself.
    """
    plans: dict[int, Plan | Refusal] = {}
    shared = [
        i
        for i, task in enumerate(tasks)
        if settings.digits is None
        and isinstance(task, SteadyStateTask)
        and task.initial is None
        and len(task.network.mode_indices) == 1
    ]
    kinds = structures([tasks[i].network for i in shared])
    for kind, members in kinds.items():
        if kind is None:
            continue
        first = plan(tasks[shared[members[0]]])
        if isinstance(first, Refusal):
            continue  # each is planned by itself, which gives the reason
        of_kind = [cast(SteadyStateTask, tasks[shared[m]]) for m in members]
        batch = Batch(of_kind, kind, settings, plan, cast(OneModePlan, first))
        for position, member in enumerate(members):
            plans[shared[member]] = BatchPlan(batch=batch, position=position)
    return [plans[i] if i in plans else plan(task) for i, task in enumerate(tasks)]


@dataclass(frozen=True, eq=False)
class Batch:
    """Steady states of networks of one structure.

    Args:
        tasks: Which ones.
        kind: Their structure.
        settings: The method's parameters.
        plan: Plans a task by itself.
        first: The plan of the first of them.
    """

    tasks: Sequence[SteadyStateTask]
    kind: Structure
    settings: Settings
    plan: Planner
    first: OneModePlan

    @cached_property
    def found(self) -> dict[int, SteadyState]:
        """The steady states that the lanes can solve, by position."""
        networks = [task.network for task in self.tasks]
        found: dict[int, SteadyState] = {}
        side_by_side(networks, range(len(networks)), self.kind, self.settings, 1, found)
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchPlan(Plan):
    """One of the steady states of a batch."""

    batch: Batch
    position: int

    @cached_property
    def _alone(self) -> Plan:
        plan = self.batch.plan(self.batch.tasks[self.position])
        if isinstance(plan, Refusal):
            name = self.batch.settings.record.name
            raise MethodError(f"{name} does not apply to this network: {plan.reason}")
        return plan

    @property
    def always_fits(self) -> bool:
        """Lanes are of a few emitters."""
        return True

    @property
    def cost(self) -> Cost:
        """Cost of a solve of this network alone, which is an upper bound."""
        return replace(self.batch.first, task=self.batch.tasks[self.position]).cost

    def compute(self) -> SteadyState:
        """The steady state; `stats["batch"]` tells whether it was solved with the others.

        Raises:
            MethodError: the lanes cannot solve it, and the ordinary solver refuses it.
        """
        if self.position in self.batch.found:
            return self.batch.found[self.position]
        result = cast(SteadyState, self._alone.run())
        return replace(result, stats={**result.stats, "batch": False})
