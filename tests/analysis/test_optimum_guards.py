"""What is no maximum is refused: slopes that do not vanish, kinks, flat directions, ends."""

import functools

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.optimise import Optimum, OptimumError, _promising, _status, optimise
from thermalent.numerics.finite_differences import Differences
from thermalent.operators.estimates import Estimate
from thermalent.solution.result import Outcome

FOUND = Optimum(
    value=Estimate(0.5, 1e-12, "test"),
    parameters={"g": Estimate(0.3, 1e-8, "test")},
    errors={"g": 1e-8},
    starts=3,
    agreeing=3,
    evaluations=10,
)
AT = np.array([0.5])


class Interior:
    low = AT

    def __init__(self, inside=True):
        self.inside = inside

    def interior(self, x):
        return self.inside


def differences(slope=0.0, curvature=-2.0, truncation=1e-10, smooth=True):
    return Differences(
        free=np.array([True]),
        slope=np.array([slope]),
        curvature=np.array([[curvature]]),
        steps=np.array([1e-3]),
        truncation=np.array([truncation]),
        smooth=smooth,
    )


def status(slopes, inside=True):
    return _status(FOUND, Interior(inside), AT, slopes, 1e-14, False)


def test_a_smooth_maximum_is_one():
    assert status(differences()).ok
    assert status(None).ok  # everything on bounds, as allowed


@pytest.mark.parametrize(
    ("slopes", "inside", "message"),
    [
        # A hundred times what noise and truncation could shift: 1e-10 over the slope's error.
        (differences(slope=1.2e-8), True, "is not a smooth maximum: its slope"),
        (differences(smooth=False), True, "is not a smooth maximum"),
        (differences(curvature=2.0), True, "does not fall in every direction"),
        (differences(curvature=0.0), True, "does not fall in every direction"),
        (differences(), False, "no maximum in time"),
    ],
)
def test_what_is_none_says_why(slopes, inside, message):
    found = status(slopes, inside)
    assert found.outcome is Outcome.NOT_CONVERGED
    assert message in found.message


def test_a_slope_that_errors_explain_is_none():
    assert status(differences(slope=0.8e-8)).ok


def test_the_search_finds_a_maximum_of_plain_numbers():
    """Of any function of what the builder returns, with the other parameter on a bound."""

    def hill(at):
        return -((at[0] - 0.3) ** 2) + at[1]

    found = optimise(
        lambda a, b: (a, b), {"a": (0.0, 1.0), "b": (0.0, 2.0)}, hill, starts=3, allow_bounds=True
    )
    assert found.at_bounds == ("b",)
    assert found.parameters["a"] == pytest.approx(0.3, abs=1e-7)
    assert found.parameters["b"] == 2.0
    assert found.value == pytest.approx(2.0, abs=1e-12)
    assert found.agreeing == found.starts >= 3


def test_an_objective_of_no_argument_is_refused():
    with pytest.raises(ValueError, match="`objective` must be a function of one argument"):
        optimise(lambda kappa: kappa, {"kappa": (0.1, 1.0)}, lambda: None)


@pytest.mark.parametrize("d", [1, 2])
def test_promising_starts_are_not_next_to_each_other(d):
    """Of points that fill the cube evenly, neighbours are about their number^(-1/d) apart."""

    class Peak:
        names, looks = ("a", "b")[:d], 16

        def __call__(self, x):
            return -float(np.sum((x - 0.5) ** 2))

    found = _promising(Peak(), 8, np.random.default_rng(1))
    assert len(found) == 4
    apart = np.max(np.abs(found[:, None] - found[None, :]), axis=2) + np.eye(4)
    assert np.min(apart) > 1.5 * 128 ** (-1 / d)
    assert np.max(np.abs(found[0] - 0.5)) < 128 ** (-1 / d)  # the best is among them


def test_a_range_from_zero_is_told_of_logarithms():
    """All eight starts lie where there is no entanglement, far above the best bandwidth."""
    link = functools.partial(te.thermal_link, n_th=1220.0)
    with pytest.raises(OptimumError, match=r"The largest value, 0 .* a lower bound above zero"):
        te.optimise(link, {"kappa": (0.0, 1.0)}, "concurrence")
