"""Plots of sweeps: axes of words, cells of maps on logarithmic axes."""

import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure

import thermalent as te
from thermalent.sweeping import plot


def drawn(data, tmp_path, monkeypatch):
    """The first axes of the picture."""
    figures = []
    monkeypatch.setattr(plot, "save_figure", lambda figure, path: figures.append(figure))
    plot.draw_sweep(data, "concurrence", tmp_path / "x.png")
    (figure,) = figures
    assert isinstance(figure, Figure)
    figure.canvas.draw()
    return figure.axes[0]


def words(ticks):
    return [tick.get_text() for tick in ticks]


def overlap(labels):
    """Whether two neighbouring labels cover each other."""
    boxes = [label.get_window_extent() for label in labels]
    return any(a.x1 >= b.x0 for a, b in itertools.pairwise(boxes))


def of_kind(model, n_th):
    return te.thermal_link(n_th, {"narrow": 0.01, "wide": 1.0, "very wide": 3.0}[model])


def test_an_axis_of_text_has_its_words(tmp_path, monkeypatch):
    data = te.sweep(
        of_kind, {"model": ["narrow", "wide", "very wide"], "n_th": [2.0]}, "concurrence"
    )
    axes = drawn(data, tmp_path, monkeypatch)
    assert words(axes.get_xticklabels()) == ["narrow", "wide", "very wide"]
    assert axes.get_xlabel() == "model"


def test_points_of_three_parameters_have_their_values_side_by_side(tmp_path, monkeypatch):
    grid = te.zipped(
        n_th=np.geomspace(1, 100, 12),
        kappa=np.geomspace(0.0123, 1, 12),
        loss=np.linspace(0, 0.5, 12),
    )
    axes = drawn(te.sweep(te.thermal_link, grid, "concurrence"), tmp_path, monkeypatch)
    labels = axes.get_xticklabels()
    assert words(labels)[0] == "1\n0.0123\n0"
    assert words(labels)[-1] == "100\n1\n0.5"
    assert len(labels) == 7
    assert not overlap(labels)
    assert axes.get_xlabel() == "n_th, kappa, loss"


def test_cells_of_a_map_surround_their_points_on_a_logarithmic_axis(tmp_path, monkeypatch):
    kappas = np.geomspace(0.01, 1, 3)
    data = te.sweep(te.thermal_link, {"n_th": [1.0, 2.0], "kappa": kappas}, "concurrence")
    axes = drawn(data, tmp_path, monkeypatch)
    (mesh,) = axes.collections
    corners = mesh.get_coordinates()
    assert axes.get_xscale() == "log"
    assert axes.get_yscale() == "linear"
    np.testing.assert_allclose(
        corners[0, :, 0], kappas[0] * 10.0 ** np.array([-0.5, 0.5, 1.5, 2.5])
    )
    np.testing.assert_allclose(corners[:, 0, 1], [0.5, 1.5, 2.5])
    np.testing.assert_array_equal(mesh.get_array(), data["concurrence"].values)


@pytest.mark.parametrize("values", [[1.0], [3.0, 1.0, 2.0]])
def test_one_point_and_points_in_no_order_are_drawn(tmp_path, monkeypatch, values):
    data = te.sweep(te.thermal_link, {"n_th": values, "kappa": [0.1]}, "concurrence")
    axes = drawn(data, tmp_path, monkeypatch)
    assert len(axes.get_lines()[0].get_xdata()) == len(values)


def test_axes_of_one_point_are_held_where_only_one_has_more(tmp_path, monkeypatch):
    grid = {"n_th": [1.0, 2.0, 3.0], "kappa": [0.1], "loss": [0.2]}
    axes = drawn(te.sweep(te.thermal_link, grid, "concurrence"), tmp_path, monkeypatch)
    assert axes.get_lines()[0].get_xdata().tolist() == [1.0, 2.0, 3.0]
    assert axes.get_title() == "thermal_link, kappa = 0.1, loss = 0.2"


def test_what_has_a_symbol_is_labelled_with_it(tmp_path, monkeypatch):
    grid = {"n_th": [1.0, 2.0], "kappa": [0.1, 0.2]}
    axes = drawn(te.sweep(te.thermal_link, grid, "concurrence"), tmp_path, monkeypatch)
    labels = {axes.get_xlabel(), axes.get_ylabel()}
    assert labels == {r"thermal occupation $n_\mathrm{th}$", r"bandwidth $\kappa$ (unit of rate)"}
    assert axes.figure.axes[1].get_ylabel() == r"concurrence $\mathcal{C}$"
