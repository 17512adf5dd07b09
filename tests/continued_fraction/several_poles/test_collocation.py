"""Long steps through equations whose generator changes with time, against their solutions."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import linalg, sparse

from thermalent.continued_fraction.several_poles.moving import collocation
from thermalent.continued_fraction.several_poles.moving.collocation import long_steps_to, stages_for


@dataclass
class Turning:
    """A slow turn by an angle that changes in time, beside a fast decay to what it drives.

    y_0 + i y_1 = exp(i (t + t^2 / 2)); y_2' = -fast (y_2 - y_0) + y_0'.
    """

    fast: float
    steps: int = 0
    latest: float = 0.0
    own: int = 3

    @property
    def offset(self):
        return np.array([0, len(self.matrix(0.0))])

    def matrix(self, time):
        turn = 1 + time
        return np.array([[0, -turn, 0], [turn, 0, 0], [self.fast, -turn, -self.fast]], dtype=float)

    def at(self, time):
        self.steps += 1
        self.latest = max(self.latest, time)
        matrix = self.matrix(time)
        return lambda y: matrix @ y

    def frozen(self, times):
        return sparse.csr_array(np.mean([self.matrix(time) for time in times.tolist()], axis=0))


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
    found = list(long_steps_to(equation, start, times.tolist(), 2.5, tolerance, lambda text: None))
    assert np.max(np.abs(np.array(found) / phase - exact(times))) < 30 * tolerance
    assert found[0].dtype == kind
    # Explicit steps would be shorter than 3 / fast.
    assert equation.steps < 60 * stages_for(tolerance)
    # Past the last time the equation need not hold: another piece of a schedule may begin there.
    assert equation.latest == pytest.approx(times[-1], rel=1e-12)


@pytest.mark.parametrize("kind", [float, complex])
def test_a_constant_generator_takes_no_iteration(kind, monkeypatch):
    """The resolvents are its solution, so that one round is enough however long the step."""
    monkeypatch.setattr(collocation, "_MOST_ROUNDS", 1)
    monkeypatch.setattr(collocation, "_MOST_STEPS", 40)
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(6, 6)) - 5 * np.eye(6)

    @dataclass
    class Constant(Turning):
        def matrix(self, time):
            return matrix

    start = rng.normal(size=6).astype(kind) * (1 if kind is float else 1j)
    steps = long_steps_to(Constant(1.0), start, [0.7], 0.2, 1e-7, lambda text: None)
    assert np.max(np.abs(next(steps) - linalg.expm(0.7 * matrix) @ start)) < 1e-6


def test_steps_that_lead_nowhere_end(monkeypatch):
    monkeypatch.setattr(collocation, "_MOST_STEPS", 3)
    steps = long_steps_to(Turning(1.0), np.ones(3), [2.0], 0.1, 1e-9, lambda text: None)
    with pytest.raises(np.linalg.LinAlgError, match=r"the steps at t = .* too short"):
        list(steps)
