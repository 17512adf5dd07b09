"""Methods whose plans run otherwise: for tests of what happens with wrong or failing results."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from thermalent.solution.evolution import Evolution
from thermalent.solution.method import Method
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.result import SteadyState
from thermalent.solution.tasks import Task

Result = SteadyState | Evolution


class _Otherwise(Plan):
    def __init__(self, plan: Plan, run: Callable[[Plan], Result]) -> None:
        self.plan, self._run = plan, run

    @property
    def cost(self) -> Cost:
        return self.plan.cost

    def compute(self) -> Result:
        return self._run(self.plan)


def run_otherwise(
    monkeypatch: pytest.MonkeyPatch, kind: type[Method], run: Callable[[Plan], Result]
) -> None:
    """Let every plan of a method run as a function of the honest plan does."""
    honest = kind.plan

    def plan(self: Method, task: Task) -> Plan | Refusal:
        found = honest(self, task)
        return found if isinstance(found, Refusal) else _Otherwise(found, run)

    monkeypatch.setattr(kind, "plan", plan)
