"""What the error of an evolution is summed from, by runs and contours that are off as they say."""

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics import relaxation
from thermalent.continued_fraction.dynamics.laplace.inversion import Window
from thermalent.continued_fraction.dynamics.laplace.line import LineSum
from thermalent.continued_fraction.dynamics.relaxation import relax

TOLERANCE = 1e-8
ROUNDING = 3e-14  # of the steps, as a standard deviation
STEPS = (0.5, 0.5 + 2e-10)  # what the two runs say
# What the contours say, and the errors that they know of.
VALUES, ERRORS = (0.5 + 3e-10, 0.5 - 5e-10, 0.5 + 9e-10), (1e-10, 4e-10, 6e-10)
EPS = np.finfo(float).eps


class Constant:
    """A sum that is constant in time."""

    def __init__(self, value):
        self.value = value

    def at(self, times):
        return np.full((len(times), 1), self.value)


class Run:
    """Steps that are cheap at first and expensive later."""

    tier, rounding, now = 5, ROUNDING, 0.0

    def __init__(self, value):
        self.value = value

    def cost(self, time):
        return 1e7 * time

    cost_when_filled = cost

    def expect(self, times):
        """Nothing is prepared."""

    def to(self, time, report):
        return np.array([self.value])


class Runs:
    rate = 1.0

    def at_zero(self):
        return np.array([1.0])

    def two_runs(self, tolerance):
        return Run(STEPS[0]), Run(STEPS[1])


class Response:
    work = 0.0  # of a transform, so that no line is wanted


class Contours:
    """Contours for ten times their first time each, one after the other."""

    tolerance, depth, response = TOLERANCE, 9, Response()

    def __init__(self, values=VALUES):
        self.values, self.count = values, 0

    def window(self, first):
        self.count += 1
        value, error = self.values[self.count - 1], ERRORS[self.count - 1]
        return Window(Constant(value), error, 0.0, 10.0)

    def limit(self):
        return None

    def look_for_poles(self):
        return False


def test_errors_of_steps_and_of_chained_contours_add_up():
    """A contour is known through the one before: what they differ by, and both errors."""
    found = relax(np.array([10.0, 100.0, 1000.0]), TOLERANCE, Runs(), Contours())
    assert found.stepped == 1
    assert found.values[:, 0] == pytest.approx([STEPS[0], VALUES[1], VALUES[2]], abs=1e-15)
    # Four times what two runs differ by, eight deviations of the rounding, and the last places.
    stepped = 4 * (STEPS[1] - STEPS[0]) + 8 * ROUNDING + 4 * EPS * STEPS[0]
    first = ERRORS[0] + (VALUES[0] - STEPS[0]) + stepped
    second = ERRORS[1] + (VALUES[0] - VALUES[1]) + first
    third = ERRORS[2] + (VALUES[2] - VALUES[1]) + second
    assert found.error == pytest.approx([stepped, second, third], rel=1e-5, abs=0)


@pytest.mark.parametrize(("off", "stepped"), [(1.9, 1), (2.1, 2)])
def test_contours_that_differ_by_more_than_twice_the_tolerance_are_not_chained(
    monkeypatch, off, stepped
):
    """Where steps are cheap, they go on to where the second one began."""
    monkeypatch.setattr(Run, "cost", lambda self, time: time)
    monkeypatch.setattr(Run, "cost_when_filled", lambda self, time: 1e6 * time)
    second = VALUES[0] + off * TOLERANCE - ERRORS[1]
    found = relax(np.array([10.0, 100.0]), TOLERANCE, Runs(), Contours((VALUES[0], second, 0.5)))
    assert found.stepped == stepped
    assert found.values[1, 0] == (second if stepped == 1 else STEPS[0])


def test_what_has_settled_is_off_by_as_much_as_the_contour_and_the_limit_differ(monkeypatch):
    limit = VALUES[0] + 2e-9, 3e-10
    monkeypatch.setattr(Contours, "limit", lambda self: (np.array(limit[:1]), limit[1]))
    found = relax(np.array([10.0, 1e4]), TOLERANCE, Runs(), Contours())
    assert found.values[1, 0] == limit[0]
    assert found.error[1] == pytest.approx(2e-9 + ERRORS[0] + limit[1], rel=1e-5, abs=0)
    # A quarter of the tolerance is the most that they may differ by.
    monkeypatch.setattr(Contours, "limit", lambda self: (np.array([VALUES[0] + 3e-9]), limit[1]))
    found = relax(np.array([10.0, 100.0]), TOLERANCE, Runs(), Contours())
    assert found.values[1, 0] == VALUES[1]


def test_what_a_sum_of_poles_is_off_from_the_steps_is_in_its_error(monkeypatch):
    poles = LineSum(Constant(VALUES[0]), ERRORS[0], 9, np.zeros(0), True)
    monkeypatch.setattr(relaxation._Relaxation, "_line", lambda self: poles)
    monkeypatch.setattr(relaxation._Relaxation, "_wants_line", lambda self, first: True)
    found = relax(np.array([10.0, 1e4]), TOLERANCE, Runs(), Contours())
    assert found.values[1, 0] == VALUES[0]
    stepped = 4 * (STEPS[1] - STEPS[0]) + 8 * ROUNDING + 4 * EPS * STEPS[0]
    expected = ERRORS[0] + (VALUES[0] - STEPS[0]) + stepped
    assert found.error[1] == pytest.approx(expected, rel=1e-5, abs=0)
