"""Which steady states share their work, and what each of them does if it cannot, by given plans."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.batch import lanes, plans
from thermalent.continued_fraction.batch.plans import Batch, BatchPlan, together
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.solution.errors import MethodError
from thermalent.solution.plan import Cost, Refusal
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask

LINKS = [te.thermal_link(n_th, 0.4) for n_th in (1.0, 2.0)]
OTHER = te.thermal_link(1.0, 0.4, qubits=1)


def steady(network, **more):
    return SteadyStateTask(network=network, **more)


@dataclass(frozen=True)
class Alone:
    """The plan of a task by itself."""

    task: object

    @property
    def cost(self):
        return Cost(bytes=self.task.network.modes[0].n_th, operations=7.0)


def test_steady_states_of_one_structure_share_their_work():
    several = te.thermal_link(1.0, 0.4, filters=2)
    many = te.thermal_link(1.0, 0.4, qubits=8)
    mixed = np.eye(4) / 4
    tasks = [
        steady(LINKS[0]), steady(several), steady(LINKS[1]), steady(many), steady(OTHER),
        steady(LINKS[0], initial=mixed),
        EvolutionTask(pieces=(Piece(LINKS[0]),), times=np.array([1.0]), initial=mixed),
    ]  # fmt: skip
    settings = ContinuedFraction().settings
    asked = []
    found = together(tasks, settings, lambda task: asked.append(task) or Alone(task))
    assert [type(plan) for plan in found] == [
        BatchPlan, Alone, BatchPlan, Alone, BatchPlan, Alone, Alone,
    ]  # fmt: skip
    first, second, third = found[0], found[2], found[4]
    assert first.batch is second.batch is not third.batch
    assert (first.position, second.position, third.position) == (0, 1, 0)
    assert first.batch.tasks == [tasks[0], tasks[2]]
    assert [plan.task for plan in found if isinstance(plan, Alone)] == [
        tasks[1],
        tasks[3],
        *tasks[5:],
    ]
    assert asked[:2] == [tasks[0], tasks[4]]  # the first of each structure
    # Each is said to cost what it does by itself.
    assert [plan.cost.bytes for plan in (first, second)] == [1.0, 2.0]
    assert first.always_fits
    digits = together(tasks, ContinuedFraction(digits=20).settings, Alone)
    assert {type(plan) for plan in digits} == {Alone}


def test_where_the_first_is_refused_each_is_planned_by_itself():
    def plan(task):
        return Refusal("too hot") if task.network is LINKS[0] else Alone(task)

    tasks = [steady(network) for network in LINKS]
    found = together(tasks, ContinuedFraction().settings, plan)
    assert [type(one) for one in found] == [Refusal, Alone]


def test_a_state_that_was_not_solved_with_the_others_is_solved_alone(monkeypatch):
    solved = te.steady_state(LINKS[0])

    def side_by_side(networks, positions, kind, settings, threads, found):
        assert (networks, list(positions), kind, threads) == (LINKS, [0, 1], "kind", 1)
        found[0] = solved

    alone = replace(solved, stats={"n_max": 3})
    tasks, settings = [steady(network) for network in LINKS], ContinuedFraction().settings
    monkeypatch.setattr(plans, "side_by_side", side_by_side)

    def made(plan):
        batch = Batch(tasks, "kind", settings, plan, None)
        return [BatchPlan(batch=batch, position=i) for i in (0, 1)]

    first, second = made(lambda task: SimpleNamespace(run=lambda: alone))
    assert first.compute() is solved
    assert second.compute().stats == {"n_max": 3, "batch": False}
    first, second = made(lambda task: Refusal("it is too hot."))
    assert first.compute() is solved
    with pytest.raises(MethodError, match=r"does not apply to this network: it is too hot\."):
        second.compute()


def test_points_are_taken_in_slices_of_one_size():
    found = [part.tolist() for part in lanes._slices(np.arange(7), 3)]
    assert found == [[0, 1, 2], [3, 4, 5], [6]]
