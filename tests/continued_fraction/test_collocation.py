"""Long steps through equations whose generator changes with time, against their solutions."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from thermalent.continued_fraction.several_poles import collocation
from thermalent.continued_fraction.several_poles.collocation import long_steps_to, stages_for


@dataclass
class Turning:
    """A slow turn by an angle that changes in time, beside a fast decay to what it drives.

    y_0 + i y_1 = exp(i (t + t^2 / 2)); y_2' = -fast (y_2 - y_0) + y_0'.
    """

    fast: float
    steps: int = 0
    own: int = 3
    antilinear: bool = False

    def matrix(self, time):
        turn = 1 + time
        return np.array([[0, -turn, 0], [turn, 0, 0], [self.fast, -turn, -self.fast]], dtype=float)

    def at(self, time):
        self.steps += 1
        matrix = self.matrix(time)
        return lambda y: matrix @ y

    def frozen(self, times):
        return sparse.csc_array(np.mean([self.matrix(time) for time in times.tolist()], axis=0))


def exact(times):
    angle = times + times**2 / 2
    return np.array([np.cos(angle), np.sin(angle), np.cos(angle)]).T


@pytest.mark.parametrize("tolerance", [1e-4, 1e-7, 1e-10])
@pytest.mark.parametrize("kind", [float, complex])
def test_solutions_between_and_at_the_ends_of_steps(tolerance, kind):
    times = np.array([0.0, 0.2, 0.9, 1.0, 2.5])
    equation = Turning(1e5)
    phase = 1.0 if kind is float else np.exp(0.7j)
    start = phase * np.array([1.0, 0.0, 1.0], dtype=kind)
    found = list(long_steps_to(equation, start, times.tolist(), 0.1, tolerance, lambda text: None))
    assert np.max(np.abs(np.array(found) / phase - exact(times))) < 30 * tolerance
    assert found[0].dtype == kind
    # Explicit steps would be shorter than 3 / fast.
    assert equation.steps < 60 * stages_for(tolerance)


def test_steps_that_lead_nowhere_end(monkeypatch):
    monkeypatch.setattr(collocation, "_MOST_STEPS", 3)
    steps = long_steps_to(Turning(1.0), np.ones(3), [2.0], 0.1, 1e-9, lambda text: None)
    with pytest.raises(np.linalg.LinAlgError, match=r"the steps at t = .* too short"):
        list(steps)
