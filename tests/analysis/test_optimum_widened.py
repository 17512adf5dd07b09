"""Ranges that are enlarged where the optimum lies on a bound of them."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.optimise import OptimumError, _widened


def bump(x, y=0.3):
    """Largest at x = 7, y = 0.3."""
    return -((np.log(x) - np.log(7)) ** 2) - (y - 0.3) ** 2


def found(ranges, **options):
    return te.optimise(lambda **x: x, ranges, lambda x: bump(**x), starts=2, **options)


@pytest.mark.parametrize("box", [(0.1, 1.0), (40.0, 80.0)])
def test_a_maximum_outside_is_found(box):
    with pytest.raises(OptimumError, match="bound of x"):
        found({"x": box})
    with pytest.raises(OptimumError, match="bound of x"):
        found({"x": (0.1, 0.2)}, widen=2)  # up to 3.2: twice a factor of four
    optimum = found({"x": box}, widen=3)
    assert optimum.parameters["x"] == pytest.approx(7, abs=1e-6)
    assert optimum.at_bounds == ()


def test_only_the_range_that_is_touched_grows():
    optimum = found({"x": (0.1, 1.0), "y": (0.2, 0.4)}, widen=4)
    assert optimum.parameters == pytest.approx({"x": 7, "y": 0.3}, abs=1e-5)


def test_a_range_around_zero_grows_by_its_width():
    optimum = te.optimise(lambda x: x, {"x": (-2.0, -1.0)}, lambda x: -((x - 0.4) ** 2), widen=2)
    assert optimum.parameters["x"] == pytest.approx(0.4, abs=1e-8)
    downwards = te.optimise(lambda x: x, {"x": (-1.0, 1.0)}, lambda x: -((x + 2) ** 2), widen=1)
    assert downwards.parameters["x"] == pytest.approx(-2, abs=1e-8)


def test_without_an_end_the_bound_is_named():
    with pytest.raises(OptimumError, match="bound of x") as error:
        te.optimise(lambda x: x, {"x": (1.0, 2.0)}, lambda x: x, widen=3)
    assert error.value.result.parameters["x"] == pytest.approx(2 * 4**3)
    allowed = te.optimise(lambda x: x, {"x": (1.0, 2.0)}, lambda x: x, widen=1, allow_bounds=True)
    assert allowed.at_bounds == ("x",)
    assert allowed.value == pytest.approx(8)


def test_slopes_widen_as_well():
    optimum = te.optimise(
        lambda n_th: te.thermal_link(n_th, 0.05),
        {"n_th": (1.0, 4.0)},
        "concurrence",
        widen=3,
        starts=1,
    )
    assert 20 < optimum.parameters["n_th"] < 60


def test_the_number_is_checked():
    with pytest.raises(ValueError, match="`widen` must be"):
        found({"x": (1.0, 2.0)}, widen=-1)


@pytest.mark.parametrize(
    ("box", "at", "wider"),
    [
        ((0.5, 3.0), 0.5, (0.125, 3.0)),  # by a factor of four
        ((0.5, 3.0), 3.0, (0.5, 12.0)),
        ((0.0, 3.0), 0.0, (-3.0, 3.0)),  # by its width, where a factor leads nowhere
        ((-2.0, 3.0), -2.0, (-7.0, 3.0)),
        ((-2.0, 0.0), 0.0, (-2.0, 2.0)),
        ((-3.0, -2.0), -2.0, (-3.0, -1.0)),
    ],
)
def test_a_range_grows_at_the_end_that_is_touched(box, at, wider):
    optimum = SimpleNamespace(at_bounds=("x",), parameters={"x": at, "y": 0.3})
    assert _widened({"x": box, "y": (0.2, 0.4)}, optimum) == {"x": wider, "y": (0.2, 0.4)}
