"""The figures of two rails being prepared, with fewer pairs and times: what they show is true."""

import csv

import numpy as np
import pytest

from tests.support.long_ones import ordinary_and_long

# They take seconds even on a reduced grid.
LONG = (
    "dual_rail_3b",
    "dual_rail_3c",
)
POINTS = {"dual_rail_3a": 15, "dual_rail_3b": 14, "dual_rail_3c": 3}
REDUCED = {
    "dual_rail_3a": {"PAIRS": 3, "SPAN": 70.0},
    "dual_rail_3b": {"PAIRS": 3, "SPAN": 65.0},
    "dual_rail_3c": {"DIFFERENCES": (0.0, 0.2, 1.0)},
}


@pytest.mark.parametrize("name", ordinary_and_long(POINTS, LONG))
def test_files_and_second_route(figure, name):
    report, folder = figure(name)
    assert (folder / f"{name}.png").stat().st_size > 10_000
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(report.columns)
    for column, values in report.columns.items():
        np.testing.assert_array_equal([float(row[column] or "nan") for row in rows], values)
    # Times are known to about 1e-9/gamma, states to 1e-11.
    assert report.values["distance"] < (1e-8 if name == "dual_rail_3c" else 1e-10)


def test_3a_pairs_form_one_after_the_other(figure):
    report, _ = figure("dual_rail_3a")
    columns = report.columns
    times = columns["gamma_t"]
    reached = [times[np.argmax(columns[f"C_{i}{i}"] > 0.9)] for i in (1, 2, 3)]
    assert 0 < reached[0] < reached[1] < reached[2]
    assert columns["C_33"][-1] == pytest.approx(np.tanh(2), abs=1e-3)
    assert report.values["preparation time"] == pytest.approx(56.16095155, abs=1e-7)
    assert columns["purity"][0] == 1 > columns["purity"].min()
    # The fidelity lacks what the purity lacks at least by half.
    assert 1 - report.values["fidelity at the end"] >= (1 - columns["purity"][-1]) / 2 - 1e-12
    assert report.values["fidelity at the end"] > 0.999


@pytest.mark.long
def test_3b_entropies_reach_those_of_the_pure_state(figure):
    report, _ = figure("dual_rail_3b")
    columns = report.columns
    for n in (1, 2):
        assert columns[f"S_{n}"][-1] == pytest.approx(report.values[f"S_{n} in the end"], abs=5e-3)
        assert columns[f"S_{n}"].max() > columns[f"S_{n}"][-1] + 0.1  # mixed on the way
    assert report.values["preparation time"] == pytest.approx(52.95445767, abs=1e-7)
    assert report.values["fidelity at the end"] > 0.999


@pytest.mark.long
def test_3c_is_faster_than_one_after_the_other(figure):
    columns = figure("dual_rail_3c")[0].columns
    assert np.all(columns["T_Delta_0"][1:] < columns["sequential"][1:])
    assert np.all(columns["T_Delta_0.2"][1:] < columns["T_Delta_0"][1:])
    # Pairs detuned by gamma are prepared nearly side by side.
    assert columns["T_Delta_1"][2] < 1.1 * columns["T_Delta_1"][0]
