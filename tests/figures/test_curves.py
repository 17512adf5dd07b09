"""Curves through computed points, and colours that mean the same everywhere."""

import csv
from pathlib import Path

import numpy as np
import pytest

from figures import colours, common, curves

DATA = Path(__file__).parents[2] / "docs" / "gallery" / "data"
# What is drawn as a spline: table, its axis, its columns, the scale, and how far the spline through
# every other point may be off. All points together are nearer by far; a line is 1 % wide.
DRAWN = (
    ("thermal_4a", "gamma_t", "concurrence_1220", "log"),
    ("thermal_4b", "gamma_t", "concurrence_t_phi_inf_us", "log"),
    ("dual_rail_3a", "gamma_t", "purity", "root"),
    ("dual_rail_3b", "gamma_t", "S_4", "root"),
    ("dual_rail_4c", "Delta_over_kappa", "C_11_kappa_100", "log"),
    ("dual_rail_4d", "Delta_over_gamma", "C_22", "root"),
    ("pairs_along_a_line", "n_th", "pair_1_of_1", "log"),
    ("generation_6", "qubit_decay", "fixed_couplings", "root"),
    ("transport_3c", "width", "qubits_mean", "linear"),
    ("transport_4", "qubit_decay", "one_way", "log"),
    ("measured_filter", "temperature_K", "concurrence_measured", "log"),
)


def cut_off(x):
    """A concurrence that turns, and vanishes beyond exp(0.73)."""
    return np.maximum(np.exp(-(np.log(x) ** 2)) - np.exp(-(0.73**2)), 0.0)


def test_a_curve_runs_through_its_points_and_ends_at_its_corner():
    x = np.geomspace(0.8, 20.0, 25)
    drawn, values = curves.curve(x, cut_off(x))
    assert np.all(np.diff(drawn) > 0)
    assert np.all(values >= 0)
    np.testing.assert_allclose(np.interp(x, drawn, values), cut_off(x), rtol=0, atol=1e-12)
    assert np.max(np.abs(values - cut_off(drawn))) < 1e-3
    # A polygon misses the curve by more, and its corner by half the distance of two points.
    polygon = np.interp(np.log(drawn), np.log(x), cut_off(x))
    assert np.max(np.abs(polygon - cut_off(drawn))) > 5e-3
    assert curves.last_zero(x, cut_off(x)) == pytest.approx(np.exp(0.73), rel=1e-3)


def test_a_curve_that_does_not_vanish_has_no_end():
    x = np.linspace(1.0, 2.0, 9)
    assert np.isnan(curves.last_zero(x, 1 / x))
    assert np.isnan(curves.last_zero(x, 0 * x))
    drawn, values = curves.curve(x, 1 / x, scale="linear")
    np.testing.assert_allclose(values, 1 / drawn, rtol=2e-4)


def test_values_of_any_sign_and_gaps():
    x = np.linspace(0.0, 3.0, 31)
    y = np.sin(3 * x)
    y[7] = np.nan
    for scale in ("linear", "root"):
        drawn, values = curves.curve(x, y, scale=scale, corners=False)
        assert np.max(np.abs(values - np.sin(3 * drawn))) < 0.02
        assert np.min(values) < -0.9


@pytest.mark.parametrize(("table", "along", "column", "scale"), DRAWN)
def test_the_points_of_the_figures_are_dense_enough(table, along, column, scale):
    with (DATA / f"{table}.csv").open() as file:
        rows = list(csv.DictReader(file))
    x, y = (np.array([float(row[name] or "nan") for row in rows]) for name in (along, column))
    assert curves.left_out(x, y, scale=scale) < 0.02 * np.nanmax(y)


def test_colours_are_those_of_the_quantity():
    assert colours.of_bandwidth(0.01) == colours.of_bandwidth(1e-2 * (1 + 1e-12))
    assert colours.of_occupation(1220) == colours.of_occupation(1000) != colours.of_occupation(300)
    tables = (
        colours._BANDWIDTHS,
        colours._BROAD,
        colours._OCCUPATIONS,
        colours._CHIRALITIES,
        colours._STEPS,
    )
    for table in tables:
        assert len(set(table.values())) == len(table)
    # Temperatures have colours of their own: they stand beside bandwidths in one paper.
    assert not set(colours._OCCUPATIONS.values()) & set(colours._BANDWIDTHS.values())
    dark, *_, bright = (sum(shade[:3]) for shade in colours.shades(4))
    assert dark < bright


def test_panels_of_our_own_are_named_after_the_one_beside_them(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "KINDS", ("png",))
    with common.style():
        figure, (one, two, three) = common.canvas(6, 2, 1, 3)
        one.set_title("(c) a panel of the paper", loc="left")
        two.set_title("and ours", loc="left")
        common.save("x", tmp_path, figure, {"x": np.zeros(1)})
    titles = [axes.get_title("left") for axes in (one, two, three)]
    assert titles[1] == "(c\N{PRIME}) and ours"
    assert titles[2] == "(c\N{PRIME}\N{PRIME})"
    assert titles[0] == "(c) a panel of the paper"


def test_a_table_is_continued_beyond_its_end():
    """Rounding makes two of one time, and a spline through both has any values between."""
    one = {"t": np.array([0.0, 0.5, 1.0]), "y": np.array([0, 5, 10])}
    two = {"t": np.array([0.0, 0.7, np.nextafter(1.0, 2.0), 2.0]), "y": np.array([0, 7, 10, 20])}
    found = common.continued(one, two)
    np.testing.assert_array_equal(found["t"], [0, 0.5, 1, 2])
    np.testing.assert_array_equal(found["y"], [0, 5, 10, 20])
