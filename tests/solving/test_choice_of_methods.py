"""Which of several methods runs, and how many times fit, by plans that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.errors import MethodError
from thermalent.solution.plan import Cost, Plan, Refusal
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving import solve

LINK = te.thermal_link(0.5, 1.0, qubits=1)
STEADY = SteadyStateTask(network=LINK)


def evolution(times):
    return EvolutionTask(
        pieces=(Piece(LINK),), times=np.arange(float(times)), initial="0", source=0.3
    )


class Given(Plan):
    """A plan of which nothing but its cost is asked."""

    def __init__(self, operations=1.0, needed=1.0, least=None):
        self.given = Cost(bytes=needed, operations=operations, least=least)

    @property
    def cost(self):
        return self.given

    def compute(self):
        raise AssertionError


@pytest.fixture
def chosen(monkeypatch):
    """The method that runs of some whose plans or refusals are given, and those that were asked."""

    def found(answers, task=None, method=None):
        asked = []

        def candidate(name, answer):
            return SimpleNamespace(name=name, answer=lambda task: asked.append(name) or answer)

        every = [candidate(name, answer) for name, answer in answers.items()]
        monkeypatch.setattr(solve, "_candidates", lambda task, method: every)
        monkeypatch.setattr(solve, "_run", lambda plan, task, candidate: candidate.name)
        return solve._solve(STEADY if task is None else task, method), asked

    return found


def test_the_first_method_that_applies_runs(chosen):
    answers = {"a": Refusal("no"), "b": Given(), "c": Given()}
    assert chosen(answers) == ("b", ["a", "b"])
    # A steady state is not asked for what it may take.
    assert chosen({"a": Given(np.nan), "b": Given(0.0)}) == ("a", ["a"])


def test_where_an_evolution_may_take_long_another_method_may_go_first(chosen):
    unknown, most = Given(np.nan), solve._FORESEEN
    task = evolution(3)
    assert chosen({"a": unknown, "b": Given(most)}, task) == ("b", ["a", "b"])
    assert chosen({"a": unknown, "b": Given(1.01 * most)}, task) == ("a", ["a", "b"])
    assert chosen({"a": unknown, "b": Given(2 * most), "c": Given(most)}, task)[0] == "c"
    assert chosen({"a": unknown, "b": Refusal("no"), "c": unknown}, task)[0] == "a"
    assert chosen({"a": unknown, "b": Given(0.0)}, task, "asked for") == ("a", ["a"])


def test_refusals_name_every_method_that_was_asked(chosen):
    both = {"a": Refusal("too hot."), "b": Refusal("too many.")}
    with pytest.raises(MethodError, match=r"applies to this network\. a: too hot\. b: too many\."):
        chosen(both)
    with pytest.raises(MethodError, match=r"evolves this network\. a: too hot\. b: too many\."):
        chosen(both, evolution(3))
    with pytest.raises(MethodError, match="a does not apply to this network: too hot"):
        chosen({"a": Refusal("too hot.")}, method="asked for")
    with pytest.raises(MethodError, match="a does not evolve this network: too hot"):
        chosen({"a": Refusal("too hot.")}, evolution(3), "asked for")


@pytest.mark.parametrize("fitting", [0, 1, 2, 5, 11, 12])
def test_as_many_first_times_as_fit_are_told(monkeypatch, fitting):
    """By bisection, of what a plan takes in any case; without one that fits its own remedy."""
    method = SimpleNamespace(plan=lambda task: Given(needed=1e9, least=float(len(task.times))))
    monkeypatch.setattr(solve.memory_limit, "fits", lambda needed: needed <= fitting)
    found = solve._what_fits(Given(), evolution(13), method)
    expected = f"Its first {fitting} times would fit." if fitting else Given().remedy
    assert found == expected
    assert solve._what_fits(Given(), STEADY, method) == Given().remedy
    refused = SimpleNamespace(plan=lambda task: Refusal("no"))
    assert solve._what_fits(Given(), evolution(13), refused) == Given().remedy


def test_what_a_plan_needs_is_the_least_that_it_takes():
    assert solve._needed(Given(needed=5.0)) == 5.0
    assert solve._needed(Given(needed=5.0, least=2.0)) == 2.0
