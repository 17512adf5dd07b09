"""What the error of an evolution is summed from, by runs and contours that are off as they say."""

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.inversion import Window
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

    def __init__(self):
        self.count = 0

    def window(self, first):
        self.count += 1
        value, error = VALUES[self.count - 1], ERRORS[self.count - 1]
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
