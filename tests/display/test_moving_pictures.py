"""Bloch spheres and animations of evolutions."""

import matplotlib
import numpy as np
import pytest
from PIL import Image

import thermalent as te
from thermalent.display import animation
from thermalent.display.bloch import bloch_sphere

matplotlib.use("Agg")


@pytest.fixture(scope="module")
def evolution():
    return te.evolve(te.thermal_link(0.4, 0.5), np.linspace(0, 3, 13), [0.6, 0.0, 0.8, 0.0])


def test_a_bloch_sphere_has_an_arrow_for_each_qubit(evolution):
    axes = evolution.at(0).plot_bloch()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["q1", "q2"]
    arrow = next(line for line in axes.lines if line.get_label() == "q1")
    tip = np.array(arrow.get_data_3d())[:, 1]
    assert tip == pytest.approx(np.asarray(evolution.at(0).bloch("q1")))
    assert tip == pytest.approx([0.96, 0.0, 0.28])


def test_an_evolution_is_a_path_in_the_sphere(evolution):
    axes = evolution.plot_bloch("q1")
    paths = [np.array(line.get_data_3d()) for line in axes.lines]
    (path,) = [path for path in paths if path.shape == (3, 13)]
    assert np.array_equal(path, np.asarray(evolution.bloch("q1")).T)
    again = evolution.plot_bloch("q2", axes=axes)
    assert again is axes


def test_flat_axes_and_what_is_no_qubit_are_refused(evolution):
    flat = matplotlib.figure.Figure().subplots()
    with pytest.raises(te.ThermalentError, match=r'`axes` must be axes with projection="3d"'):
        evolution.plot_bloch("q1", axes=flat)
    with pytest.raises(te.ThermalentError, match=r"`name` must be one of the emitters"):
        evolution.plot_bloch("q3")


def test_an_animation_shows_each_time_and_is_written_as_gif(evolution, tmp_path):
    moving = evolution.animate(seconds=0.1)
    moving.save(tmp_path / "evolution.gif", writer="pillow", dpi=40)
    with Image.open(tmp_path / "evolution.gif") as picture:
        assert picture.n_frames == 2
    left, right = moving._fig.axes[:2]
    assert left.get_title() == "t = 3"
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels == ["concurrence", "|00⟩", "|S⟩", "|T⟩", "|11⟩"]
    (squares,) = left.collections
    areas = [path.get_extents().width ** 2 for path in squares.get_paths()]
    # The largest element of all times has the largest square.
    largest = np.max(np.abs(evolution.states))
    expected = 0.94**2 * np.abs(evolution.states[-1].ravel()) / largest
    assert areas == pytest.approx(expected, abs=1e-9)
    matplotlib.pyplot.close("all")


def test_one_trajectory_moves_too():
    single = te.stochastic.trajectory(
        te.thermal_link(2.0, 0.5), np.linspace(0, 2, 9), initial="10", step=0.05
    )
    moving = single.evolution.animate("purity", seconds=1.0)
    assert moving._fig.axes[1].get_legend().get_texts()[0].get_text() == "purity"
    moving._draw_was_started = True  # or matplotlib warns that nothing was shown
    moving._draw_frame(8)
    assert moving._fig.axes[0].get_title() == "t = 2"
    matplotlib.pyplot.close("all")


def test_wrong_observables_and_lengths_are_named(evolution):
    with pytest.raises(te.ThermalentError, match=r"`observables`.*purty"):
        evolution.animate("purty")
    with pytest.raises(te.ThermalentError, match=r"`seconds` must be finite and positive"):
        evolution.animate(seconds=0.0)


def test_times_that_are_fewer_than_pictures_are_shown_once_and_others_by_their_distance():
    few = np.array([0.0, 1.0, 5.0])
    for pictures in (3, 10):
        assert animation._shown(few, pictures).tolist() == [0, 1, 2]
    uneven = np.array([0.0, 1.0, 2.0, 6.0, 7.0, 10.0])
    assert animation._shown(uneven, 3).tolist() == [0, 3, 5]  # nearest to 0, 5 and 10
    decades = np.array([1.0, 2.0, 9.0, 30.0, 500.0, 1000.0])
    assert animation._shown(decades, 4).tolist() == [0, 2, 3, 5]  # to 1, 10, 100 and 1000


@pytest.mark.parametrize("points", [1, 4])
def test_a_path_ends_in_an_arrow_with_one_dot(points):
    path = np.linspace([0.0, 0.1, 0.2], [0.5, -0.3, 0.6], points)
    axes = bloch_sphere({"q": path})
    *_, arrow, dot = axes.lines[6:]
    assert len(axes.lines) == 6 + (points > 1) + 2  # three circles, three axes
    np.testing.assert_allclose(np.array(arrow.get_data_3d()), np.outer(path[-1], [0, 1]))
    np.testing.assert_allclose(np.array(dot.get_data_3d()), path[-1:].T)
    if points > 1:
        np.testing.assert_allclose(np.array(axes.lines[6].get_data_3d()), path.T)
    for name in ("x", "y", "z"):
        assert getattr(axes, f"get_{name}lim")() == (-1, 1)
    for circle in axes.lines[:3]:
        np.testing.assert_allclose(np.linalg.norm(circle.get_data_3d(), axis=0), 1)
        assert np.ptp(np.array(circle.get_data_3d()), axis=1).max() > 1.99
