"""What the plans of the approximate methods share: the tasks they take, and single null vectors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from thermalent.analytic.methods.null_vector import (
    ChargeSpace,
    OneMode,
    null_state,
    one_mode_of,
    result,
)
from thermalent.solution.method import Method
from thermalent.solution.plan import NO_INITIAL, STEADY_STATES_ONLY, Cost, Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import EvolutionTask, Task


def planned(
    task: Task,
    taken: Callable[[OneMode | Refusal], OneMode | Refusal],
    make: Callable[[OneMode], Plan | Refusal],
) -> Plan | Refusal:
    """The plan of a task, for methods that know steady states alone.

    Args:
        task: The task.
        taken: Which networks of one mode the method takes: those it does not become refusals.
        make: Makes the plan of one mode and its emitters.
    """
    if isinstance(task, EvolutionTask):
        return STEADY_STATES_ONLY
    problem = taken(one_mode_of(task.network))
    if isinstance(problem, Refusal):
        return problem
    return NO_INITIAL if task.initial is not None else make(problem)


@dataclass(frozen=True, kw_only=True, eq=False)
class NullVectorPlan(Plan):
    """The null vector of one effective generator of the emitters."""

    method: Method
    problem: OneMode

    # Of what order the error of the approximation is, in words.
    order: ClassVar[str]

    @abstractmethod
    def generator(self, space: ChargeSpace) -> np.ndarray:
        """The generator on the elements of charge zero, (m, m)."""

    @property
    def cost(self) -> Cost:
        """Cost of one null vector."""
        return self.problem.cost

    def compute(self) -> SteadyState:
        """The state, of unknown error."""
        space = self.problem.space
        solved = null_state(self.generator(space), space)
        return result(
            self.method.record,
            self.problem.network,
            solved.state,
            order=self.order,
            unique=solved.unique,
            stats={"condition": solved.condition},
        )
