"""Methods as data: numerical parameters, a claim, and plans for the tasks that they can do."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from thermalent.networks.arrays import NetworkArrays
from thermalent.networks.network import Network
from thermalent.solution.errors import MethodError as MethodError
from thermalent.solution.plan import ONE_NETWORK, Plan, Refusal
from thermalent.solution.record import Claim as Claim
from thermalent.solution.record import MethodRecord
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask, Task
from thermalent.solution.tasks import SourceStart as SourceStart
from thermalent.support import checks
from thermalent.support.calls import ExplainedClass

if TYPE_CHECKING:
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.result import SteadyState
    from thermalent.solution.several import SteadyStateArrays


class Method(metaclass=ExplainedClass):
    """A way to solve a network; concrete methods are frozen dataclasses of numerical parameters.

    A method has to implement `plan`; everything else follows from it.
    """

    claim: ClassVar[Claim]
    domain: ClassVar[str]
    # Whether it takes evolutions of several networks, one after the other.
    takes_schedules: ClassVar[bool] = False
    _in_words: ClassVar[str] = "a method such as te.Fock()"  # for messages

    @abc.abstractmethod
    def plan(self, task: Task) -> Plan | Refusal:
        """The task checked and prepared, or why the method cannot do it."""

    def answer(self, task: Task) -> Plan | Refusal:
        """The plan, or the refusal of a schedule by a method that takes one network alone."""
        several = isinstance(task, EvolutionTask) and len(task.pieces) > 1
        return ONE_NETWORK if several and not self.takes_schedules else self.plan(task)

    def plan_many(self, tasks: Sequence[Task]) -> list[Plan | Refusal]:
        """A plan or a refusal for each task; plans may share their work when they run."""
        return [self.answer(task) for task in tasks]

    def steady_state_arrays(self, networks: NetworkArrays) -> SteadyStateArrays | None:
        """The steady states of many networks as arrays; None if the method has no such way.

        Those that it leaves out are solved one by one, which says why.
        """
        return None

    def distance_of_alternatives(self, result: SteadyState) -> float | None:
        """How far the states of its network's alternatives are from a unique steady state.

        The changes of all alternatives are added as squares, element by element; the largest one
        counts. None if the method has no shorter way than to solve each of them.
        """
        return None

    @property
    def name(self) -> str:
        """The method's name in tables."""
        return type(self).__name__

    @cached_property
    def record(self) -> MethodRecord:
        """The record of the method that results keep."""
        names: list[str] = [item.name for item in fields(self)] if is_dataclass(self) else []
        return MethodRecord(
            name=self.name,
            claim=self.claim,
            domain=self.domain,
            items=tuple((name, getattr(self, name)) for name in names),
        )

    def refusal(self, network: Network) -> str | None:
        """Reason why the method does not give the network's steady state, or None if it does."""
        return _reason(self.plan(SteadyStateTask(network=network)))

    def evolution_refusal(self, network: Network, source: SourceStart) -> str | None:
        """Reason why the method cannot evolve the network from this source, or None if it can."""
        ground = "0" * len(network.dims)
        task = evolution_task(network, np.zeros(1), ground, source)
        return _reason(self.plan(task))

    def steady_state(self, network: Network) -> SteadyState:
        """The steady state with its evidence; failures are in its status, not raised.

        Raises:
            MethodError: the method does not apply to the network.
        """
        return cast("SteadyState", self.accepted(SteadyStateTask(network=network)).run())

    def steady_state_from(self, network: Network, initial: Any) -> SteadyState:
        """The steady state to which an initial state of the emitters relaxes.

        Raises:
            MethodError: the method does not apply, or does not tell several steady states apart.
        """
        task = SteadyStateTask(network=network, initial=initial)
        return cast("SteadyState", self.accepted(task).run())

    def evolve(
        self, network: Network, times: np.ndarray, initial: Any, source: SourceStart
    ) -> Evolution:
        """The emitters' states at the times; failures are in the status, not raised.

        Args:
            network: What to evolve.
            times: Increasing, >= 0, inverse rate unit, (t,).
            initial: State of the emitters, uncorrelated with the source.
            source: "stationary", "empty", or the amplitude of a coherent state, of several modes
                one each.

        Raises:
            MethodError: the method does not evolve the network.
        """
        task = evolution_task(network, times, initial, source)
        return cast("Evolution", self.accepted(task).run())

    def accepted(self, task: Task) -> Plan:
        """The plan of a task.

        Raises:
            MethodError: the method cannot do the task.
        """
        plan = self.answer(task)
        if isinstance(plan, Refusal):
            does = "evolve" if isinstance(task, EvolutionTask) else "apply to"
            raise MethodError(f"{self.name} does not {does} this network: {plan.reason}")
        return plan


def evolution_task(
    network: Network, times: np.ndarray, initial: Any, source: SourceStart
) -> EvolutionTask:
    """The task to evolve one network."""
    return EvolutionTask(
        pieces=(Piece(network),),
        times=checks.time_grid("times", times),
        initial=initial,
        source=checks.source_start("source", source),
    )


def _reason(answer: Plan | Refusal) -> str | None:
    return answer.reason if isinstance(answer, Refusal) else None
