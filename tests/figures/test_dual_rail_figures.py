"""The figures of pure states on two rails, on reduced grids: what they show is true."""

import csv
import re

import numpy as np
import pytest

POINTS = {
    "dual_rail_2b": 11,
    "dual_rail_2c": 21,
    "dual_rail_2d": 9,
    "dual_rail_2e": 6,
    "entanglement_graph": 1,
}


@pytest.mark.parametrize("name", POINTS)
def test_files_and_second_route(figure, name):
    report, folder = figure(name)
    assert (folder / f"{name}.png").stat().st_size > 10_000
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(report.columns)
    for column, values in report.columns.items():
        np.testing.assert_array_equal([float(row[column]) for row in rows], values)
    digits = float(re.search(r"to (\S+)$", report.agreement).group(1))
    assert digits < 1e-12


def test_2b(figure):
    columns = figure("dual_rail_2b")[0].columns
    np.testing.assert_array_equal(columns["C12_Delta_0"], 0)
    np.testing.assert_allclose(columns["C11_Delta_1"], columns["C12_Delta_1"], atol=1e-14)
    assert np.all(np.diff(columns["C11_Delta_0"]) > 0)
    # At Delta = gamma there is an optimal squeezing; for much of it 1/4 is left.
    assert np.max(columns["C11_Delta_1"]) > 0.3
    assert columns["C11_Delta_1"][-1] == pytest.approx(0.25, abs=1e-4)


def test_2c(figure):
    report, _ = figure("dual_rail_2c")
    columns, end = report.columns, report.values["C11 ends at Delta/gamma"]
    size = np.abs(columns["Delta_over_gamma"])
    np.testing.assert_array_equal(columns["C11"] > 0, size < end)
    np.testing.assert_array_equal(columns["C12"] > 0, size > 1 / end)
    np.testing.assert_allclose(columns["C11"], columns["C11"][::-1], atol=1e-15)
    assert np.any((columns["C11"] > 0) & (columns["C12"] > 0))


def test_2d(figure):
    columns = figure("dual_rail_2d")[0].columns
    assert np.ptp(columns["S_A"]) < 1e-12
    for n in (1, 2, 3):
        assert np.all(np.diff(columns[f"S_{n}"]) > 0)
        assert columns[f"S_{n}"][-1] == pytest.approx(2 * n * columns["S_A"][0] / 6, rel=1e-3)
    np.testing.assert_allclose(columns["S_2"], columns["S_4"], rtol=1e-10)


def test_2e(figure):
    columns = figure("dual_rail_2e")[0].columns
    curves = [values for name, values in columns.items() if name.startswith("S_")]
    assert len(curves) == 5
    for less, more in zip(curves, [*curves[1:], columns["limit"]], strict=True):
        assert np.all(less[1:-1] < more[1:-1])


def test_entanglement_graph(figure):
    report, _ = figure("entanglement_graph")
    columns = report.columns
    assert [report.values[f"blocks, state {k}"] for k in (1, 2, 3, 4)] == [6, 6, 1, 2]
    parallel, rainbow, one_block, two_blocks = (columns["state"] == k for k in (1, 2, 3, 4))
    strong = columns["concurrence"] > 0.9
    same = columns["one"] == columns["other"]
    np.testing.assert_array_equal(strong[parallel], same[parallel])
    reflected = columns["one"] + columns["other"] == 7
    np.testing.assert_array_equal(strong[rainbow], reflected[rainbow])
    # Six pairs in one pure block, and most of its qubits have no entangled partner.
    assert np.sum(columns["concurrence"][one_block] > 1e-3) == 2
    across = two_blocks & (columns["block"] == 0)
    assert np.sum(across) == 18
    np.testing.assert_array_equal(columns["concurrence"][across], 0)
    assert report.values["purity, state 5"] == pytest.approx(1, abs=1e-9)
    assert 0.5 < report.values["purity, state 6"] < 0.7
