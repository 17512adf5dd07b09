"""Curves around a single number: their points are those of the library, and it lies on them."""

from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

import thermalent as te
from thermalent.cli import pictures
from thermalent.operators.distances import trace_distance

BEST = {"kappa": 0.1, "loss": 0.01}


def link(**given):
    return te.thermal_link(n_th=5, **{**BEST, **given})


def concurrence(**given):
    return float(te.steady_state(link(**given)).concurrence())


def drawn(**ranges):
    found = SimpleNamespace(parameters=BEST, value=concurrence())
    axes = Figure().subplots()
    assert pictures.around_optimum(link, found, ranges, "concurrence", axes=axes) is axes
    return axes, axes.lines[::2], axes.lines[1::2]


@pytest.mark.parametrize(("high", "scale"), [(0.2, "log"), (0.19, "linear")])
def test_one_parameter_is_drawn_over_its_values_from_a_decade_on_by_decades(high, scale):
    axes, (curve,), (mark,) = drawn(kappa=(0.02, high))
    spaced = np.geomspace if scale == "log" else np.linspace
    np.testing.assert_allclose(curve.get_xdata(), spaced(0.02, high, 41))
    assert axes.get_xscale() == scale
    assert axes.get_xlabel() == "kappa"
    assert mark.get_xdata() == [0.1]
    assert axes.get_legend() is None
    for place in (0, 20, 40):
        expected = concurrence(kappa=curve.get_xdata()[place])
        assert curve.get_ydata()[place] == pytest.approx(expected, abs=1e-12)


def test_several_parameters_are_drawn_by_the_place_in_their_ranges():
    axes, curves, marks = drawn(kappa=(0.02, 0.5), loss=(0.0, 0.04))
    for curve in curves:
        np.testing.assert_allclose(curve.get_xdata(), np.linspace(0, 1, 41), atol=1e-12)
    assert marks[0].get_xdata()[0] == pytest.approx(np.log(5) / np.log(25))
    assert marks[1].get_xdata()[0] == pytest.approx(0.25)
    assert curves[0].get_ydata()[10] == pytest.approx(concurrence(kappa=0.02 * 25**0.25), abs=1e-12)
    assert curves[1].get_ydata()[10] == pytest.approx(concurrence(), abs=1e-12)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["kappa", "loss"]
    assert axes.get_xlabel().startswith("place in the range")


@pytest.mark.parametrize("time", [8.0, 0.0])
def test_the_approach_is_drawn_to_twice_the_time(time):
    network = te.thermal_link(n_th=1, kappa=0.5)
    axes = pictures.approach(network, "10", time, 0.03, axes=Figure().subplots())
    curve, line, mark = axes.lines
    np.testing.assert_allclose(curve.get_xdata(), np.linspace(0, 2 * time or 1, 41))
    (state,) = te.evolve(network, [curve.get_xdata()[7]], "10").states
    expected = trace_distance(state, te.steady_state(network).state, tolerance=1e-6)
    assert curve.get_ydata()[7] == pytest.approx(float(expected), abs=1e-6)
    assert mark.get_xydata().tolist() == [[time, 0.03]]
    assert set(line.get_ydata()) == {0.03}


def test_a_rate_is_drawn_over_three_decades_of_times_and_counts_the_reset():
    network = te.thermal_link(n_th=5, kappa=0.1)
    found = SimpleNamespace(time=10.0, value=0.01)
    axes = pictures.rate_over_time(
        network, found, "concurrence", until=30.0, start="00", reset=4.0, axes=Figure().subplots()
    )
    curve, mark = axes.lines
    np.testing.assert_allclose(curve.get_xdata(), np.geomspace(0.03, 30, 41))
    (amount,) = te.evolve(network, [30.0], "00").concurrence()
    assert curve.get_ydata()[-1] == pytest.approx(amount / 34, rel=1e-6)
    assert amount > 0.01
    assert mark.get_xydata().tolist() == [[10.0, 0.01]]
