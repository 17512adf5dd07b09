"""The figures of GENERATION and TRANSPORT on reduced grids: what they show is true."""

import csv
import importlib
import re

import numpy as np
import pytest

POINTS = {
    "generation_2a": 21,
    "generation_2b": 6,
    "generation_4": 9,
    "generation_6": 3,
    "transport_1b": 21,
    "transport_3a": 21,
    "transport_3c": 3,
}


@pytest.fixture(scope="module")
def figure(tmp_path_factory):
    known = {}

    def compute(name):
        if name not in known:
            folder = tmp_path_factory.mktemp(name)
            script = importlib.import_module(f"figures.{name}")
            known[name] = script.main(folder, points=POINTS[name]), folder
        return known[name]

    return compute


@pytest.mark.parametrize("name", POINTS)
def test_files_and_second_route(figure, name):
    report, folder = figure(name)
    assert (folder / f"{name}.png").stat().st_size > 10_000
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(report.columns)
    first = next(iter(report.columns))
    np.testing.assert_allclose([float(row[first]) for row in rows], report.columns[first])
    digits = float(re.search(r"agree to (\S+)", report.agreement).group(1))
    if name == "transport_3c":
        assert digits < 5  # standard errors
        return
    # A grid of 0.01 misses a peak of unit width by its curvature times 0.005^2.
    assert digits < (2e-5 if name == "generation_2b" else 1e-10)


def test_generation_2a(figure):
    report, _ = figure("generation_2a")
    assert report.values["largest concurrence"] == pytest.approx(0.920, abs=5e-4)
    # |Psi-> it is, at k D = pi, and the concurrence is its excess over |Psi+>
    assert np.max(report.columns["F_psi_minus"]) > 0.9
    excess = report.columns["F_psi_minus"] - report.columns["F_psi_plus"]
    np.testing.assert_allclose(np.abs(excess), report.columns["concurrence"], atol=1e-12)


def test_generation_2b(figure):
    report, _ = figure("generation_2b")
    assert report.values["largest concurrence"] >= np.max(report.columns["concurrence"])
    assert report.values["g2"] > report.values["g1"]
    best = int(np.argmax(report.columns["transfer"]))
    assert report.columns["g1"][best] == report.columns["g2"][best]  # on the diagonal


def test_generation_4(figure):
    report, _ = figure("generation_4")
    assert report.values["one-way, spread over the distance"] < 1e-12
    assert (
        report.values["best couplings, lowest chirality"]
        > report.values["best couplings, one-way"] + 0.02
    )
    symmetric = report.columns["concurrence"][report.columns["chirality"] == 0]
    assert np.ptp(symmetric) > 0.2


def test_transport_1b(figure):
    report, _ = figure("transport_1b")
    assert report.values["one-way: largest fidelity F"] == pytest.approx(0.905, abs=5e-4)
    assert report.values["symmetric: largest fidelity F"] == pytest.approx(0.585, abs=5e-4)
    np.testing.assert_allclose(
        report.columns["fidelity"], report.columns["concurrence_2"], atol=1e-12
    )


def test_transport_3a(figure):
    report, _ = figure("transport_3a")
    assert report.values["sqrt(N) g, smallest"] == pytest.approx(0.42685751438, abs=1e-9)
    assert report.values["sqrt(N) g, largest"] == pytest.approx(0.42685751438, abs=1e-9)


def test_generation_6(figure):
    report, _ = figure("generation_6")
    columns = report.columns
    assert np.all(columns["best_couplings"] >= columns["fixed_couplings"])
    assert np.all(np.diff(columns["best_couplings"]) < 0)
    assert np.all(np.diff(columns["transfer_g"]) > 0)  # faster, the more is lost
    assert columns["transfer"][0] == pytest.approx(0.9052991826, abs=1e-9)


def test_transport_3c(figure):
    report, _ = figure("transport_3c")
    columns = report.columns
    assert columns["qubits_mean"][0] == pytest.approx(columns["cavities_mean"][0], abs=1e-12)
    gap = columns["cavities_mean"][1:] - columns["qubits_mean"][1:]
    assert np.all(gap > 5 * columns["qubits_error"][1:])
