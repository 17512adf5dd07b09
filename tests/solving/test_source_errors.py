"""What measured sources add to errors, from alternatives whose results are given."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.solution.result import ErrorEstimate
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving.source_error import with_source_error

LINK = te.thermal_link(0.5, 1.0, qubits=1)
STATE = te.steady_state(LINK)
EVOLUTION = te.evolve(LINK, [0.0, 1.0], "1")
MOVED = [np.array([[0.03, 0.1j], [-0.1j, -0.03]]), np.array([[0.04, 0.0], [0.0, -0.04]])]
SQUARES = np.sqrt(np.abs(MOVED[0]) ** 2 + np.abs(MOVED[1]) ** 2)
ADDED = ", plus three standard deviations of the measured source"


def measured(name, count=2):
    """A network with alternatives, which are names here."""
    return SimpleNamespace(name=name, alternatives=tuple(f"{name}{i}" for i in range(count)))


def method(distance, asked=None):
    def known(result):
        if asked is not None:
            asked.append(result)
        return distance

    return SimpleNamespace(distance_of_alternatives=known)


def solve(task):
    return SimpleNamespace(state=STATE.state + MOVED[int(task.network[-1])])


def test_changes_of_a_state_are_added_as_squares_and_to_its_error():
    task = SteadyStateTask(network=measured("m"))
    found = with_source_error(STATE, task, method(None), solve)
    distance = SQUARES.max()
    assert found.stats["source_error"] == pytest.approx(distance, rel=1e-12)
    assert float(found.error) == pytest.approx(float(STATE.error) + distance, rel=1e-12)
    assert found.error.how == STATE.error.how + ADDED
    np.testing.assert_array_equal(found.state, STATE.state)


def test_a_method_may_know_the_distance_without_solving():
    """But not of a state that is reached from a given one."""
    asked = []
    task = SteadyStateTask(network=measured("m"))
    found = with_source_error(STATE, task, method(0.2, asked), None)
    assert found.stats["source_error"] == 0.2
    assert asked == [STATE]
    task = SteadyStateTask(network=measured("m"), initial="0")
    found = with_source_error(STATE, task, method(0.2, asked), solve)
    assert found.stats["source_error"] == pytest.approx(SQUARES.max())
    assert len(asked) == 1


def test_where_the_error_is_not_known_the_source_is_told_apart():
    unknown = replace(STATE, error=ErrorEstimate(np.nan, "not known"))
    found = with_source_error(unknown, SteadyStateTask(network=measured("m")), method(0.25), None)
    assert np.isnan(float(found.error))
    words = "; three standard deviations of the measured source move an element by 2.5e-01"
    assert found.error.how == f"not known{words}"


def test_changes_of_an_evolution_are_those_of_each_time():
    pieces = (Piece(measured("a", 1), 0.5), Piece(measured("b"), 0.5), Piece(measured("c", 0)))
    task = EvolutionTask(pieces=pieces, times=EVOLUTION.times, initial="1")
    asked = []

    def evolve(other):
        asked.append([getattr(piece.network, "name", piece.network) for piece in other.pieces])
        moved = np.array([0 * MOVED[0], MOVED[len(asked) - 1]])
        return SimpleNamespace(states=EVOLUTION.states + moved)

    found = with_source_error(EVOLUTION, task, method(None), evolve)
    # All pieces move to theirs at once; what has none stays.
    assert asked == [["a0", "b0", "c"], ["a", "b1", "c"]]
    expected = EVOLUTION.error + np.array([0.0, SQUARES.max()])
    np.testing.assert_allclose(found.error, expected, rtol=1e-12)
    assert found.stats["source_error"] == pytest.approx(SQUARES.max())
    assert found.how == EVOLUTION.how + ADDED
    asked.clear()
    unknown = replace(EVOLUTION, error=np.array([0.1, np.nan]))
    assert with_source_error(unknown, task, method(None), evolve).how.endswith(ADDED)
    asked.clear()
    unknown = replace(EVOLUTION, error=np.full(2, np.nan))
    how = with_source_error(unknown, task, method(None), evolve).how
    assert how.endswith(f"move an element by {SQUARES.max():.1e}")
