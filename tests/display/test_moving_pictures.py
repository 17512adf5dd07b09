"""Bloch spheres and animations of evolutions."""

import matplotlib
import numpy as np
import pytest
from PIL import Image

import thermalent as te

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
