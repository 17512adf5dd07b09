"""Nodes, steps and the iteration of collocation, against closed forms and dense solutions."""

import numpy as np
import pytest
from scipy import sparse

from thermalent.continued_fraction.several_poles.moving import collocation
from thermalent.continued_fraction.several_poles.moving.collocation import (
    _nodes,
    _Step,
    long_steps_to,
    stages_for,
)


def test_nodes_of_two_and_three_stages_are_those_of_the_tables():
    """Hairer and Wanner, IV.5, tables 5.5 and 5.6 (Radau IIA)."""
    two = _nodes(2)
    np.testing.assert_allclose(two.c, [1 / 3, 1], rtol=1e-14)
    np.testing.assert_allclose(np.linalg.inv(two.inverse), [[5 / 12, -1 / 12], [3 / 4, 1 / 4]])
    root = np.sqrt(6)
    three = _nodes(3)
    np.testing.assert_allclose(three.c, [(4 - root) / 10, (4 + root) / 10, 1], rtol=1e-13)
    np.testing.assert_allclose(
        np.linalg.inv(three.inverse)[2], [(16 - root) / 36, (16 + root) / 36, 1 / 9], rtol=1e-12
    )
    assert (two.upper, three.upper) == (1, 2)
    for nodes in (two, three, _nodes(5)):
        assert np.all(nodes.shifts[: nodes.upper].imag > -1e-9)
        assert np.all(nodes.shifts[nodes.upper :].imag < 0)
        parts = nodes.vectors @ np.diag(nodes.shifts) @ nodes.dual
        np.testing.assert_allclose(parts, nodes.inverse, atol=1e-10)
        # From values at 0 and c to Legendre coefficients on [0, 1].
        places = 2 * np.append(0.0, nodes.c) - 1
        coefficients = nodes.coefficients @ (places**2)
        np.testing.assert_allclose(coefficients[:3], [1 / 3, 0, 2 / 3], atol=1e-12)


@pytest.mark.parametrize(
    ("tolerance", "stages"), [(1e-3, 5), (1e-6, 5), (0.9e-6, 7), (1e-8, 7), (0.9e-8, 9), (0.0, 9)]
)
def test_smaller_tolerances_take_more_stages(tolerance, stages):
    assert stages_for(tolerance) == stages


class Linear:
    """y' = (A + t B) y, of one tier."""

    def __init__(self, constant, growing=None, own=None):
        self.constant = np.asarray(constant)
        self.growing = np.zeros_like(self.constant) if growing is None else growing
        self.own = len(constant) if own is None else own
        self.offset = np.array([0, len(constant)])

    def at(self, time):
        return lambda y: (self.constant + time * self.growing) @ y

    def frozen(self, times):
        return sparse.csr_array(self.constant + np.mean(times) * self.growing)


@pytest.mark.parametrize("kind", [float, complex])
def test_a_step_of_a_constant_equation_is_the_rational_approximation(kind):
    """Collocation is exact in its own space: the equation holds at all nodes."""
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(4, 4)) - 3 * np.eye(4)
    y = rng.normal(size=4)
    if kind is complex:
        matrix, y = matrix + 1j * rng.normal(size=(4, 4)), y + 1j * rng.normal(size=4)
    step = _Step(Linear(matrix), y, 0.0, 0.3, 1e-6)
    nodes = step.nodes
    slopes = 0.3 * (y + step.stages) @ matrix.T
    np.testing.assert_allclose(nodes.inverse @ step.stages, slopes, atol=1e-7)
    np.testing.assert_allclose(step.value(0.0), y, atol=1e-9)
    for i, c in enumerate(nodes.c):
        np.testing.assert_allclose(step.value(c), y + step.stages[i], atol=1e-9)


def test_a_step_of_a_changing_equation_solves_it_at_all_nodes():
    rng = np.random.default_rng(3)
    equation = Linear(rng.normal(size=(3, 3)) - 2 * np.eye(3), rng.normal(size=(3, 3)))
    y = rng.normal(size=3)
    step = _Step(equation, y, 0.7, 0.2, 1e-8)
    slopes = [
        0.2 * equation.at(0.7 + 0.2 * c)(y + stage)
        for c, stage in zip(step.nodes.c, step.stages, strict=True)
    ]
    # What the iteration leaves is 0.03 of the tolerance, preconditioned.
    np.testing.assert_allclose(step.nodes.inverse @ step.stages, slopes, atol=1e-8)


def test_long_steps_follow_a_changing_equation():
    """y' = -(1 + t) y, in the end exp(-t - t^2/2)."""
    equation = Linear([[-1.0]], np.array([[-1.0]]))
    times = [0.0, 0.0, 0.1, 1.0, 3.0]
    found = list(long_steps_to(equation, np.ones(1), times, 0.01, 1e-9, lambda text: None))
    exact = np.exp(-np.array(times) - np.array(times) ** 2 / 2)
    np.testing.assert_allclose(np.ravel(found), exact, atol=1e-8)


def stepping(monkeypatch, outcomes):
    """Steps that are taken or not, with given factors; their times and lengths."""
    made, left = [], list(outcomes)

    class Step:
        def __init__(self, equation, y, now, length, tolerance):
            made.append((now, length))
            self.taken, self.factor = left.pop(0)
            self.y, self.stages = y, np.array([[7.0], [length]])

        def value(self, part):
            return self.y + part * self.stages[-1]

    monkeypatch.setattr(collocation, "_Step", Step)
    return made


def test_steps_grow_are_repeated_and_end_at_the_last_time(monkeypatch):
    made = stepping(monkeypatch, [(True, 4.0), (False, 0.5), (True, 2.0), (True, 1.0)])
    told = []
    values = list(long_steps_to(None, np.zeros(1), [0.5, 1.0, 2.5, 6.0], 1.0, 1e-6, told.append))
    assert made == [(0.0, 1.0), (1.0, 4.0), (1.0, 2.0), (3.0, 3.0)]
    np.testing.assert_allclose(np.ravel(values), [0.5, 1.0, 2.5, 6.0], rtol=1e-14)
    assert told == ["t = 1", "t = 3", "t = 6"]


def test_steps_that_get_too_short_end(monkeypatch):
    stepping(monkeypatch, [(False, 0.5)] * 3000)
    with pytest.raises(np.linalg.LinAlgError, match="too short"):
        list(long_steps_to(None, np.zeros(1), [1.0], 1.0, 1e-6, lambda text: None))


def solved(matrix, right, allowed):
    step = object.__new__(_Step)
    step.real = not np.iscomplexobj(matrix)
    step._applied = lambda stages: (matrix @ stages.ravel()).reshape(stages.shape)
    return step._solved(right, allowed)


@pytest.mark.parametrize("kind", [float, complex])
def test_the_iteration_minimises_the_residual(kind):
    rng = np.random.default_rng(4)
    matrix = np.eye(12) + 0.2 * rng.normal(size=(12, 12))
    right = rng.normal(size=(3, 4))
    if kind is complex:
        matrix = matrix + 0.2j * rng.normal(size=(12, 12))
        right = right + 1j * rng.normal(size=(3, 4))
    found, rounds, left = solved(matrix, right, 1e-10)
    assert rounds == 12
    np.testing.assert_allclose(matrix @ found.ravel(), right.ravel(), atol=1e-10)
    few, rounds, left = solved(matrix, right, 0.1 * np.linalg.norm(right))
    assert rounds < 12
    residual = np.linalg.norm(matrix @ few.ravel() - right.ravel())
    assert left == pytest.approx(residual, rel=1e-9)
    assert left <= 0.1 * np.linalg.norm(right)
    powers = [right.ravel()]
    for _ in range(rounds - 1):
        powers.append(matrix @ powers[-1])
    space = matrix @ np.array(powers).T
    best = right.ravel() - space @ np.linalg.lstsq(space, right.ravel(), rcond=None)[0]
    assert left == pytest.approx(np.linalg.norm(best), rel=1e-6)


def test_what_is_small_needs_no_iteration_and_what_does_not_converge_ends():
    right = np.full((2, 2), 1e-9)
    found, rounds, left = solved(np.eye(4), right, 1e-8)
    assert found is right
    assert (rounds, left) == (0, pytest.approx(2e-9))
    shift = np.roll(np.eye(40), 1, axis=0)  # minimal residuals do not fall before the 40th round
    _, rounds, left = solved(shift, np.eye(40)[:1].reshape(4, 10), 1e-3)
    assert (rounds, left) == (14, pytest.approx(1.0))
    _, rounds, _ = solved(np.eye(4), np.ones((2, 2)), 1e-12)
    assert rounds == 1


def judged(monkeypatch, *, last, rounds, left, tolerance=1e-6, own=1):
    """Whether a step with these stages is taken, and the factor of the next."""
    nodes = _nodes(5)
    # Stages whose highest Legendre coefficient is `last`.
    stages = np.linalg.lstsq(nodes.coefficients[-1:, 1:], np.array([last]), rcond=None)[0]
    monkeypatch.setattr(_Step, "_solved", lambda self, right, allowed: (stages, rounds, left))
    step = _Step(Linear(-np.eye(len(last)), own=own), np.ones(len(last)), 0.0, 0.1, tolerance)
    return step.taken, step.factor


@pytest.mark.parametrize(
    ("last", "rounds", "left", "expected"),
    [
        ([1e-6, 0.0], 1, 0.0, (True, 0.85)),
        ([2e-6, 0.0], 1, 0.0, (True, 0.85 * 0.5**0.2)),
        ([1e-9, 0.0], 1, 0.0, (True, 0.85 * 1e3**0.2)),
        ([1e-13, 0.0], 1, 0.0, (True, 4.0)),  # never more than four times as long
        ([3.9e-6, 0.0], 1, 0.0, (True, 0.85 * 3.9**-0.2)),
        ([4.1e-6, 0.0], 1, 0.0, (False, 0.85 * 4.1**-0.2)),  # which is less than 0.7
        ([1e-2, 0.0], 1, 0.0, (False, 0.3)),
        ([0.0, 2e-5], 1, 0.0, (True, 0.85 * 0.5**0.2)),  # a tenth of what stands above
        ([1e-9, 0.0], 2, 0.0, (True, 0.85 * 1e3**0.2)),
        ([1e-9, 0.0], 3, 0.0, (True, (7 / 3) ** 0.7)),
        ([1e-9, 0.0], 14, 0.0, (True, 0.7)),
        ([1e-9, 0.0], 9, 0.0, (True, (7 / 9) ** 0.7)),
        ([1e-9, 0.0], 1, 2.9e-7, (True, 0.85 * 1e3**0.2)),  # ten times 0.03 of the tolerance
        ([1e-9, 0.0], 1, 3.1e-7, (False, 0.6)),
        ([1e-9, 0.0], 1, np.nan, (False, 0.6)),
    ],
)
def test_the_length_of_the_next_step(monkeypatch, last, rounds, left, expected):
    taken, factor = judged(monkeypatch, last=last, rounds=rounds, left=left)
    assert (taken, factor) == (expected[0], pytest.approx(expected[1], rel=1e-6))
