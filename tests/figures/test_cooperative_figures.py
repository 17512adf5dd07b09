"""The figures of COOPERATIVE on reduced grids: what they show is true."""

import csv
import re

import numpy as np
import pytest

from figures import cooperative_3
from figures.__main__ import COOPERATIVE
from tests.support.long_ones import ordinary_and_long

# They take seconds even on a reduced grid.
LONG = ("cooperative_3",)
POINTS = {"cooperative_2": 21, "cooperative_3": 101, "cooperative_4": 21}
REDUCED = {"cooperative_3": {"CLOCKWORK_POINTS": 9, "PUMPED": 4}}


def test_every_figure_has_a_reduced_grid():
    assert set(POINTS) == set(COOPERATIVE)


@pytest.mark.parametrize("name", ordinary_and_long(POINTS, LONG))
def test_files_and_second_route(figure, name):
    report, folder = figure(name)
    assert (folder / f"{name}.png").stat().st_size > 10_000
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(report.columns)
    assert len(rows) == POINTS[name]
    np.testing.assert_allclose([float(row["omega_t"]) for row in rows], report.columns["omega_t"])
    assert float(re.search(r"agree to (\S+)", report.agreement).group(1)) < 1e-11


def test_cooperative_2(figure):
    report, _ = figure("cooperative_2")
    columns = report.columns
    for start, fidelity in (("11", 0), ("T", 0), ("10", 0.5), ("S", 1)):
        np.testing.assert_allclose(columns[f"F_{start}"], fidelity, atol=1e-12)
    for start, left in (("11", 0), ("T", 0), ("10", 0.5), ("S", 1)):
        # exp(-4 kappa t) is 3e-4 in the end, with the factor of |11> 3e-3
        assert columns[f"E_{start}"][-1] == pytest.approx(left, abs=4e-3)
    assert report.values["concurrence at the end from 10"] == pytest.approx(0.5, abs=1e-10)


@pytest.mark.long
def test_cooperative_3(figure):
    report, _ = figure("cooperative_3")
    columns = report.columns
    times = columns["omega_t"]
    np.testing.assert_allclose(columns["alone_F_S"], np.exp(-2 * 0.05 * 1e-3 * times), atol=1e-12)
    assert np.all(columns["alone_F_11"][1:] > 1e-3)  # individual decay feeds the dark state
    # far from resonance the qubits decay at 2 kappa each, whatever the start
    np.testing.assert_allclose(columns["detuned_E_10"], np.exp(-2e-3 * times), atol=0.02)
    assert np.ptp(columns["detuned_F_S"][:20]) > 0.8
    for scheme in cooperative_3.SCHEMES:
        assert columns[f"E_N_{scheme}"][0] == pytest.approx(0, abs=1e-9)
        assert columns[f"steady_E_N_{scheme}"][0] == pytest.approx(0, abs=1e-9)  # no pump
        assert report.values[f"E_N, {scheme}"] > 0.09
        assert np.isnan(columns["epsilon"][4:]).all()


def test_cooperative_4(figure):
    report, _ = figure("cooperative_4")
    columns = report.columns
    np.testing.assert_allclose(columns["F_100"], 2 / 3, atol=1e-12)
    assert np.all(np.diff(columns["F_011"]) > 0)
    np.testing.assert_allclose(columns["E_011"], columns["E_110"], atol=1e-12)
    for start, fidelity in (("100", 2 / 3), ("011", 2 / 3), ("110", 1 / 6)):
        assert report.values[f"E in the end from {start}"] == pytest.approx(2 / 3, abs=1e-10)
        assert report.values[f"F in the end from {start}"] == pytest.approx(fidelity, abs=1e-10)
