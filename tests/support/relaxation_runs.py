"""Runs, contours and lines of a relaxation that give what they are told."""

from dataclasses import dataclass

import numpy as np

from thermalent.continued_fraction.dynamics.laplace.inversion import Response, Window
from thermalent.continued_fraction.dynamics.relaxation import _Relaxation

TOLERANCE = 1e-6


FIRST = 10.0  # of the first contour


class Constant:
    def __init__(self, value):
        self.value, self.asked = value, []

    def at(self, times):
        self.asked.append(np.array(times))
        return np.multiply.outer(np.ones(len(times)), [0.1, self.value])


@dataclass
class Run:
    """Steps whose cost grows with the time."""

    per_time: float = 0.0
    filled: float = 0.0
    value: float = 0.5
    now: float = 0.0
    tier: int = 5
    rounding: float = 0.0

    def cost(self, time):
        return self.per_time * time

    def cost_when_filled(self, time):
        return self.filled * time

    def expect(self, times):
        self.expected = times

    def to(self, time, report):
        return np.array([0.1, self.value])


class Runs:
    rate = 2.0

    def __init__(self, *runs):
        self.runs = runs

    def at_zero(self):
        return np.array([0.2, -1.5])

    def two_runs(self, tolerance):
        return self.runs


class Contours:
    """Windows one after the other."""

    depth, deeper, real = 9, 13, True

    def __init__(self, *windows, work=0.0, poles=False, limit=None):
        self.windows, self.firsts = list(windows), []
        self.response = Response(transform=lambda z, depth: np.zeros(1), work=work)
        self.poles, self._limit = poles, limit

    def window(self, first):
        self.firsts.append(first)
        return self.windows.pop(0)

    def limit(self):
        return self._limit

    def look_for_poles(self):
        found, self.poles = self.poles, False
        return found


def window(value, error, rounding=0.0, span=10.0):
    return Window(Constant(value), error, rounding, span)


def relaxation_of(times, runs, contours=None):
    contours = contours or Contours()
    return _Relaxation(np.array(times), TOLERANCE, Runs(*runs), contours, lambda text: None)
