"""The figures of sources of finite bandwidth, on reduced grids: what they show is true."""

import csv
import doctest
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from tests.support.long_ones import ordinary_and_long

# They take seconds even on a reduced grid.
LONG = ("dual_rail_4b", "dual_rail_4c", "dual_rail_4d", "filter_order")
POINTS = {
    "dual_rail_4a": 3,
    "dual_rail_4b": 2,
    "dual_rail_4c": 3,
    "dual_rail_4d": 3,
    "filter_order": 4,
}
REDUCED = {
    "dual_rail_4a": {"PAIRS": {5.0: 2, 20.0: 3}, "FOCK": 6},
    "dual_rail_4b": {
        "BETAS": (5.0, 20.0),
        "DEPHASINGS": (0.0, 0.01),
        "MARKS": (20.0, 100.0),
        "FOCK": 6,
    },
    "dual_rail_4c": {"BETAS": (5.0, 20.0), "FOCK": 8},
    "dual_rail_4d": {
        "PAIRS": 3,
        "DETUNINGS": (0.0, 2.0, 20.0),
        "RTOL": 1e-3,
        "RTOL_COMPARED": 1e-5,
    },
    "filter_order": {
        "BANDWIDTHS": (0.3,),
        "SPAN": (0.01, 0.3),
        "HOTTEST": {1: np.inf, 2: 3.0, 3: 1.9},
    },
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


def test_4a_narrow_sources_entangle_less(figure):
    report, _ = figure("dual_rail_4a")
    narrow, broad = report.columns["C_kappa_5"], report.columns["C_kappa_20"]
    assert np.isnan(narrow[2])
    assert np.all(narrow[:2] < broad[:2])
    assert np.all(np.diff(broad) < 0)
    assert broad[0] < report.values["broadband"] == pytest.approx(np.tanh(2))
    # A concurrence moves by at most about twice its state, and the shorter rail is the exacter one.
    assert report.values["distance, one pair less"] < 2 * report.values["error of a state"]
    # Likewise for Fock states; the rail of three pairs is solved to 1e-3.
    assert report.values["distance, Fock"] < 2 * (report.values["error, Fock"] + 1e-3)


@pytest.mark.long
def test_4a_the_decay_along_the_chain_fails_for_a_narrow_source(tmp_path, monkeypatch):
    script = importlib.import_module("figures.dual_rail_4a")
    monkeypatch.setattr(script, "PAIRS", {1.0: 3, 2.0: 3})
    report = script.main(tmp_path)
    assert np.all(np.diff(report.columns["C_kappa_2"]) < 0)
    assert report.columns["C_kappa_1"] == pytest.approx([0.36899, 0.32585, 0.33425], abs=1e-4)
    assert report.values["largest rise along the chain, narrowest"] > 0.008


@pytest.mark.long
def test_4b_numbers_of_pairs(figure):
    report, _ = figure("dual_rail_4b")
    columns = report.columns
    # The numbers of tests/claims/reference_dual_rail.json, whose rtol is 1e-7: N_ent multiplies an
    # error of C by up to 2 N_ent^2/C.
    assert columns["N_ent_dephasing_0"] == pytest.approx([12.2461362, 39.5761858], rel=1e-4)
    assert columns["N_ent_dephasing_0.01"] == pytest.approx([5.5944812, 6.5016107], rel=1e-5)
    assert 5 < report.values["kappa/gamma for 20 pairs"] < 20
    assert np.isnan(report.values["kappa/gamma for 100 pairs"])
    assert report.values["distance, rtol"] < 2e-4
    # A concurrence moves by at most about twice its state.
    assert report.values["distance, Fock"] < 2 * (report.values["error, Fock"] + 1e-6)


@pytest.mark.long
def test_4c_the_pair_loses_its_entanglement_beyond_the_bandwidth(figure):
    report, _ = figure("dual_rail_4c")
    for beta in (5, 20):
        curve = report.columns[f"C_11_kappa_{beta}"]
        assert np.all(np.diff(curve) < 0)
        assert curve[0] == pytest.approx(report.values[f"on resonance, kappa = {beta}"], abs=1e-3)
        ratio = report.values[f"C_11 at Delta = kappa over that on resonance, kappa = {beta}"]
        assert 0.3 < ratio < 0.5
        assert curve[-1] < 0.01
    # Of eight levels, tanh(1/2)^16 = 4e-6 are missing.
    assert report.values["distance"] < 1e-5


@pytest.mark.long
def test_4d_detuned_pairs_are_better_until_the_source_is_too_narrow(figure):
    report, _ = figure("dual_rail_4d")
    values, last = report.values, report.columns["C_33"]
    assert np.sum(~np.isnan(last)) == 3
    assert values["at Delta/gamma"] == 2
    assert values["largest concurrence of the last pair"] > values["without detuning"] + 0.1
    assert values["at Delta = kappa"] < 0.2 * values["largest concurrence of the last pair"]
    assert values["distance"] < 2 * values["error of a state"]


@pytest.mark.long
def test_filter_order(figure):
    report, _ = figure("filter_order")
    columns = report.columns
    one = columns["1_filters_kappa_0.3_equal_kappa"]
    assert 0 < one[0] < 0.005
    np.testing.assert_array_equal(one[2:], 0)
    two, three = (columns[f"{m}_filters_kappa_0.3_equal_kappa"] for m in (2, 3))
    both = ~np.isnan(three)
    assert 1 < np.sum(both) < len(both)  # the curves end where the filters get too hot
    assert np.all(three[both] > two[both])
    assert np.all(two[both] > one[both] + 0.02)
    # At equal half width the filters are faster, and the gain is smaller, but it is there.
    wide = columns["2_filters_kappa_0.3_equal_width"]
    seen = ~np.isnan(two)
    assert np.all(wide[seen] < two[seen])
    assert np.all(wide[seen] > one[seen] + 0.005)
    # The states are known to 1e-3, and a concurrence moves by at most about twice as much.
    assert report.values["distance"] < 2e-3


def test_equal_flux_and_equal_width():
    """1/2, 1/4, 3/16 of kappa n_th; half of the M-th power of a Lorentzian at the width of one."""
    script = importlib.import_module("figures.filter_order")
    assert [script.flux_per_quantum(m) for m in (1, 2, 3)] == pytest.approx([1 / 2, 1 / 4, 3 / 16])
    for filters in (1, 2, 3):
        kappa = script.widened(0.3, filters)
        assert (1 + (0.3 / kappa) ** 2) ** -filters == pytest.approx(0.5, rel=1e-14)


def test_the_page_of_the_docs():
    page = Path(__file__).resolve().parents[2] / "docs" / "dual_rail.md"
    outcome = doctest.testfile(str(page), module_relative=False)
    assert outcome.attempted > 20
    assert outcome.failed == 0
    for name in re.findall(r"\(images/([\w/]+\.png)\)", page.read_text()):
        assert (page.parent / "images" / name).is_file()
