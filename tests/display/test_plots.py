"""Plots of plain data: squares of the right size and colour, bands of the right width."""

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from thermalent.display import plots

matplotlib.use("Agg")


def new_axes():
    return Figure().subplots()


def test_the_area_of_a_square_is_the_modulus_of_its_element():
    axes = new_axes()
    plots.matrix(axes, np.array([[0.8, 0.2j], [-0.2j, 0.2]]), ["0", "1"])
    assert axes.get_xlabel() == "area: modulus; a full square is 0.8"
    (squares,) = axes.collections
    boxes = [path.get_extents() for path in squares.get_paths()]
    areas = np.array([box.width * box.height for box in boxes])
    assert np.allclose(areas / areas[0], [1, 0.25, 0.25, 0.25])
    colours = squares.get_facecolor()
    assert np.allclose(colours[0], colours[3])  # both positive
    assert not np.allclose(colours[1], colours[2])  # i and -i


def test_a_band_is_as_wide_as_the_errors():
    axes = new_axes()
    x = np.array([0.0, 1.0])
    plots.curve(axes, x, np.array([1.0, 2.0]), np.array([0.1, 0.3]), "a")
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(0.9)
    assert corners[:, 1].max() == pytest.approx(2.3)


def test_unknown_errors_have_no_band():
    axes = new_axes()
    plots.curve(axes, np.arange(2.0), np.ones(2), np.array([0.1, np.nan]), "a")
    assert not axes.collections


@pytest.mark.parametrize(
    ("times", "expected"),
    [([0.1, 1, 100], True), ([0.0, 1, 100], False), ([1, 2, 3], False), ([1.0], False)],
)
def test_decades_are_drawn_on_a_logarithmic_axis(times, expected):
    assert plots.logarithmic(np.array(times, dtype=float)) is expected


def test_bars_stand_in_the_order_given():
    axes = new_axes()
    plots.bars(axes, ["a", "b"], [1.0, -2.0], [0.1, float("nan")])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]
    assert [bar.get_width() for bar in axes.patches] == [1.0, -2.0]
    assert axes.yaxis_inverted()


def test_axes_are_made_only_if_none_are_given():
    axes = new_axes()
    assert plots.axes_or_new(axes) is axes
    assert plots.axes_or_new(None) is not axes


def test_a_single_point_is_seen_and_lines_of_one_colour_differ():
    axes = new_axes()
    plots.curve(axes, np.array([1.0]), np.array([2.0]), np.zeros(1), "a")
    plots.curve(axes, np.arange(2.0), np.ones(2), np.zeros(2), "b", place=len(plots.COLOURS))
    dot, line = axes.lines
    assert (dot.get_marker(), line.get_marker()) == ("o", "None")
    assert dot.get_color() == line.get_color()
    assert (dot.get_linestyle(), line.get_linestyle()) == ("-", "--")


def test_the_error_of_a_single_point_is_a_bar_where_it_can_be_seen():
    axes = new_axes()
    plots.curve(axes, np.array([1.0]), np.array([2.0]), np.array([1e-9]), "a")
    assert not axes.containers
    plots.curve(axes, np.array([1.0]), np.array([2.0]), np.array([0.5]), "b")
    (bar,) = axes.containers[0].lines[2]
    assert np.array_equal(bar.get_segments()[0], [[1.0, 1.5], [1.0, 2.5]])


@pytest.mark.parametrize(("number", "beside"), [(5, False), (6, True)])
def test_a_long_legend_stands_beside_the_curves(number, beside):
    axes = new_axes()
    for place in range(number):
        plots.curve(axes, np.arange(2.0), np.ones(2) * place, np.zeros(2), str(place), place)
    plots.legend(axes, "all")
    box = axes.get_legend()
    axes.figure.canvas.draw()
    left = axes.transAxes.inverted().transform(box.get_window_extent())[0, 0]
    assert (left > 1.0) == beside
    assert box.get_title().get_text() == "all"
