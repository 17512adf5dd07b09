"""Runs with more and more quanta and tiers, by runs whose states and work are given."""

import numpy as np
import pytest

from thermalent.continued_fraction.several_poles.moving.larger_runs import SearchGoal, converge_runs
from thermalent.support import memory_limit

TIMES = np.array([1.0, 2.0, 5.0])


class Run:
    """A run whose state at each time is a number times a matrix."""

    def __init__(self, last, values, per_time=1.0, size=0.0, own=0.0, lost=0.0):
        self.last, self.values, self.per_time = last, np.array(values, float), per_time
        self.bytes, self.own, self.lost, self.given = size, own, lost, []

    def work(self, time, tolerance):
        return self.per_time * time

    def states(self, times, tolerance):
        self.given.append((times, tolerance))
        found = self.values[: len(times), None, None] * np.array([[0.3, 1.0], [0.1, 0.0]])
        return found, np.full(len(times), self.own), self.lost


def converged(runs, tolerances=(1e-3,), *, granted=np.inf, poles=2, depth=None, **other):
    made, left = [], list(runs)

    def make(quanta, last, round_):
        made.append((quanta, last, round_))
        run = left.pop(0)
        run.last = last
        return run

    goal = SearchGoal(tolerances, granted, poles, depth or (lambda error: 100), **other)
    states, error, used = converge_runs(make, goal, TIMES, (2, 2))
    return used, states, error, made


def test_each_run_has_a_quantum_and_tiers_more_and_other_steps():
    """85, 97, 109, ... of the 100 tiers, the next even number and two; K from one on."""
    runs = [Run(0, [n, n, n]) for n in range(4)] + [Run(0, [3, 3, 3]) for _ in range(2)]
    used, _, _, made = converged(runs)
    expected = [(1, 88, 0), (2, 100, 1), (3, 112, 2), (4, 124, 3), (5, 136, 4), (6, 148, 5)]
    assert made == expected
    tolerances = [1e-4, 1e-5, 3e-5, 1e-5, 3e-5, 1e-5]
    assert [run.given[0][1] for run in runs] == pytest.approx(tolerances)
    assert used == {"tiers": 148, "quanta": 6, "refused": 0}
    runs = [Run(0, [1, 1, 1]) for _ in range(2)]
    assert [quanta for quanta, *_ in converged(runs, poles=1)[3]] == [0, 0]
    runs = [Run(0, [1, 1, 1]) for _ in range(2)]
    assert [quanta for quanta, *_ in converged(runs, quanta=4)[3]] == [4, 5]


def test_the_error_is_that_of_the_changes_of_this_or_a_later_time_and_of_the_steps():
    """Thirty times the first change, or three times the last one and a fifth of that before."""
    runs = [Run(0, [1.0, 2.0, 3.0]), Run(0, [1.0 + 2e-5, 2.0, 3.0 + 1e-5], own=4e-5)]
    used, states, error, _ = converged(runs)
    steps = 1e-2 * 1e-3 + 4e-5
    np.testing.assert_allclose(error, [6e-4 + steps, 3e-4 + steps, 3e-4 + steps], rtol=1e-9)
    np.testing.assert_allclose(states[:, 0, 1], [1.0 + 2e-5, 2.0, 3.0 + 1e-5])
    assert used["quanta"] == 2
    runs = [Run(0, [1, 1, 1]), Run(0, [1.001, 1.0005, 1]), Run(0, [1.0011, 1.0007, 1])]
    used, _, error, _ = converged(runs)
    np.testing.assert_allclose(error, [6e-4 + 1e-5, 6e-4 + 1e-5, 1e-5], rtol=1e-9)
    alone = [Run(0, [1, 1, 1]), Run(0, [1.0002, 1, 1])]
    assert converged(alone, poles=1)[2][0] == pytest.approx(6e-4 + 1e-5)


@pytest.mark.parametrize(("change", "count"), [(3.2e-5, 2), (3.4e-5, 3)])
def test_runs_end_where_the_error_is_allowed(change, count):
    last = 1 + change
    runs = [Run(0, [1, 1, 1]), Run(0, [last, 1, 1]), Run(0, [last, 1, 1])]
    assert len(converged(runs)[3]) == count


def test_what_is_not_finite_has_no_error_and_does_not_spoil_others():
    runs = [Run(0, [1, 1, np.nan]), Run(0, [1, 1 + 1e-6, np.nan], lost=7e9)]
    used, _, error, _ = converged(runs)
    steps = 1e-5
    np.testing.assert_allclose(error, [3e-5 + steps, 3e-5 + steps, np.inf], rtol=1e-9)
    assert used["refused"] == 7_000_000_000


def test_times_whose_three_runs_take_too_much_are_left_out():
    runs = [Run(0, [1, 1, 1]), Run(0, [1, 1, 1])]
    used, _, error, _ = converged(runs, granted=3 * 2.0 + 0.5)
    assert np.isfinite(error).tolist() == [True, True, False]
    assert used["refused"] == 15
    used, _, error, made = converged([Run(0, [1, 1, 1])], granted=2.9)
    assert np.all(error == np.inf)
    assert used == {"tiers": 0, "quanta": 1, "refused": 15}
    assert len(made) == 1


@pytest.mark.parametrize(("granted", "count"), [(15.1, 3), (14.9, 2)])
def test_runs_after_the_second_one_end_where_the_work_is_spent(granted, count):
    """Of five each, of which two are always taken where three are affordable."""
    runs = [Run(0, [n, n, n]) for n in range(9)]
    runs[0].per_time = 0.98  # by which it is judged whether three are affordable
    runs[1].per_time = 1.02
    _, _, _, made = converged(runs, granted=granted)
    assert len([run for run in runs if run.given]) == count
    assert len(made) == count + 1  # the last one is looked at, and not run


def test_runs_end_where_memory_does(monkeypatch):
    monkeypatch.setattr(memory_limit, "available", lambda: 1000)
    runs = [
        Run(0, [0, 0, 0], size=2000),
        Run(0, [1, 1, 1], size=2000),
        Run(0, [2, 2, 2], size=1001),
    ]
    assert converged(runs)[0]["quanta"] == 2
    runs = [Run(0, [0, 0, 0]), Run(0, [1e-4] * 3), Run(0, [1e-4] * 3, size=999)]
    assert converged(runs)[0]["quanta"] == 3


def test_tolerances_are_tried_in_turn_with_the_tiers_of_each():
    wanted = []

    def depth(tolerance):
        wanted.append(tolerance)
        return 100 if tolerance > 1e-4 else 200

    runs = [Run(0, [1, 1, 1]), Run(0, [1, 1, 1.00001]), Run(0, [1, 1, 1.00001])]
    _, _, error, made = converged(runs, (1e-3, 1e-5), depth=depth)
    assert wanted == [1e-3, 1e-5]
    # The third run has 109 of a hundred: of the two hundred that the second tolerance takes.
    assert [last for _, last, _ in made] == [88, 100, 220]
    assert runs[2].given[0][1] == pytest.approx(3e-7)
    assert np.max(error) == pytest.approx(6e-6 + 1e-7)


def test_work_of_minutes_is_told_beforehand_for_the_times_that_are_computed():
    """Three runs at least, up to t = 2: the time 5 takes more than is granted."""

    def runs(per_time):
        return [Run(0, [1, 1, 1], per_time) for _ in range(2)]

    with pytest.warns(RuntimeWarning, match=r"to t = 2 takes 1e\+12 multiplications at least"):
        converged(runs(2e11), granted=2e12)
    converged(runs(1.6e11), granted=2e12)
