"""The figures on reduced grids: what they show is true, and the files are what they should be."""

import csv

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from figures import NAMES, common, thermal_2c, thermal_3a, thermal_7a
from figures.__main__ import run
from tests.support.long_ones import ordinary_and_long

# They take seconds even on a reduced grid.
LONG = (
    "thermal_7b",
    "amplitude_and_phase",
)
POINTS = {
    "thermal_2c": 7,
    "thermal_2d": 21,
    "thermal_3a": 13,
    "thermal_3c": 13,
    "amplitude_and_phase": 7,
    "thermal_7a": 20,
    "thermal_7b": 4,
    "reliability_map": 6,
}
# What both exact methods allow themselves by default, for every element of the state.
METHOD_ERROR = 1e-9


def table(report):
    return {name: np.asarray(column) for name, column in report.columns.items()}


def concurrence_error(n_th, kappa):
    """What two exact populations, each off by METHOD_ERROR, can make of Eq. (22)."""
    ground, _, _, excited = common.populations(n_th, kappa)
    # S and T are sums of elements; the root amplifies the error of the smaller factor.
    return 2 * METHOD_ERROR * (4 + np.sqrt(ground / excited))


def assert_fock_agrees(columns):
    compared = np.flatnonzero(~np.isnan(columns["concurrence_fock"]))
    assert len(compared) >= 2
    for i in compared:
        n_th = columns["n_th"][i] if "n_th" in columns else 2.0
        allowed = concurrence_error(float(n_th), float(columns["kappa_over_gamma"][i]))
        assert columns["concurrence"][i] == pytest.approx(
            columns["concurrence_fock"][i], rel=0, abs=allowed
        )


def test_every_script_has_a_reduced_grid():
    assert set(POINTS) == set(NAMES)


@pytest.mark.parametrize("name", ordinary_and_long(NAMES, LONG))
def test_files(figure, name):
    report, folder = figure(name)
    head = (folder / f"{name}.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") >= 4 * common.DPI  # at least four inches wide
    with (folder / f"{name}.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(report.columns)
    assert len(rows) - 1 == len(next(iter(report.columns.values())))
    for j, column in enumerate(report.columns.values()):
        written = [float(row[j] or "nan") for row in rows[1:]]
        np.testing.assert_array_equal(written, np.asarray(column, float))


# Computed independently to three digits; THERMAL, Eq. (32), claims 0.18 to 0.25 for all of them.
@pytest.mark.parametrize(
    ("n_th", "boundary"), [(0.05, 0.348), (0.5, 0.293), (2.0, 0.233), (10.0, 0.169)]
)
def test_exact_boundary(n_th, boundary):
    assert thermal_2c.exact_boundary(n_th) == pytest.approx(boundary, rel=0, abs=5e-4)


def test_2c_entanglement_ends_at_the_boundary(figure):
    report, folder = figure("thermal_2c")
    columns = table(report)
    assert_fock_agrees(columns)
    with (folder / "thermal_2c_boundary.csv").open() as file:
        edges = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    exact = [edge["kappa_max_exact"] for edge in edges]
    assert np.all(np.diff(exact) < 0)
    for edge in edges:
        mine = columns["n_th"] == edge["n_th"]
        entangled = columns["concurrence"][mine] > 0
        np.testing.assert_array_equal(
            entangled, columns["kappa_over_gamma"][mine] < edge["kappa_max_exact"]
        )
        assert 0.179 < edge["kappa_max_eq31"] < 0.25  # Eq. (32) holds for Eq. (31)
        assert 0.366 < edge["kappa_max_bourret"] < 0.5837  # its limits, hot and cold
    assert report.values["at n_th"] == 10.0  # the hottest column is the most entangled


def test_2d_bourret_overestimates(figure):
    report, _ = figure("thermal_2d")
    columns = table(report)
    assert_fock_agrees(columns)
    exact = columns["concurrence"]
    for name in ("concurrence_eq31", "concurrence_bourret"):
        assert np.all(columns[name] >= exact)
    # Where the source is slow and the drive weak all three meet: at Phi = 0.01 gamma to 10 Phi.
    assert columns["concurrence_eq31"][0] == pytest.approx(1.0995 * exact[0], rel=1e-3)
    assert np.max(columns["concurrence_eq31"]) > 1.3 * np.max(exact)
    assert report.values["kappa_max_exact"] == pytest.approx(0.233, abs=5e-4)


# The concurrence to five digits from an independent computation. Its maximum is so flat that the
# same computation placed it at n_th = 639.5, 6303 and 51739: within 1e-2, C is lower by 1e-6.
@pytest.mark.parametrize(
    ("kappa", "place", "height"),
    [(1e-2, 639.5, 0.67800), (3e-3, 6303, 0.84494), (1e-3, 51739, 0.92773)],
)
def test_3a_optimum(figure, kappa, place, height):
    values = figure("thermal_3a")[0].values
    found = values[f"n* at kappa={kappa:g}"]
    assert values[f"C* at kappa={kappa:g}"] == pytest.approx(height, rel=0, abs=5e-6)
    assert found == pytest.approx(place, rel=1e-2)
    assert found < 0.8 * te.analytic.n_star(kappa)  # Eq. (46) places it too high
    exact = te.ContinuedFraction(rtol=1e-10)  # the values beside the maximum are lower by 1e-6
    for factor in (0.99, 1.01):
        beside = te.steady_state(common.link(found * factor, kappa), exact).concurrence()
        assert beside < values[f"C* at kappa={kappa:g}"]


def test_3a_curves(figure):
    columns = table(figure("thermal_3a")[0])
    assert_fock_agrees(columns)
    total = sum(columns[f"rho_{state}"] for state in common.STATES)
    np.testing.assert_allclose(total, 1, rtol=0, atol=4 * METHOD_ERROR)
    assert np.all(columns["concurrence_eq23"] >= columns["concurrence"])
    slow = columns["kappa_over_gamma"] == thermal_3a.INSET
    below = slow & (columns["n_th"] <= te.analytic.n_star(thermal_3a.INSET))
    # Eq. (45) drops terms of order sqrt(kappa): |11> enters the concurrence as a root.
    off = np.abs(columns["concurrence_eq45"] - columns["concurrence"])[below]
    assert np.max(off) < 2 * np.sqrt(thermal_3a.INSET)
    # Up to the optimum the doubly excited state is empty, beyond it is not.
    assert np.all(columns["rho_11"][below] < 0.01)
    assert columns["rho_11"][slow][-1] > 0.05


@pytest.mark.long
def test_amplitude_and_phase_noise_alone_leave_what_both_destroy(figure):
    report, _ = figure("amplitude_and_phase")
    columns, hot = table(report), list(report.values.values())
    assert hot == pytest.approx([0, 0.475370, 0.969972], abs=2e-6)
    # Nowhere on the grid do both together leave more than one of them alone.
    assert np.all(columns["both"] <= np.minimum(columns["amplitude"], columns["phase"]) + 1e-6)
    cut = columns["kappa_over_gamma"] == 0.01
    assert np.all(np.diff(columns["phase"][cut][-7:]) >= 0)  # grows with the temperature
    assert 0 < np.argmax(columns["amplitude"][cut][-7:]) < 6  # has an optimum


def test_3c_no_optimum_without_amplitude_fluctuations(figure):
    columns = table(figure("thermal_3c")[0])
    for kappa in thermal_3a.BANDWIDTHS:
        mine = columns["kappa_over_gamma"] == kappa
        assert np.all(np.diff(columns["eq31"][mine]) > 0)
        assert np.all(np.diff(columns["phase_diffusion"][mine]) > 0)
        assert not np.all(np.diff(columns["exact"][mine]) > 0)
    # All orders of kappa together do have a weak maximum, unlike the lowest one.
    broad = columns["bourret"][columns["kappa_over_gamma"] == 0.1]
    assert 0.005 < np.max(broad) - broad[-1] < 0.01


def test_3c_two_routes(figure):
    columns = table(figure("thermal_3c")[0])
    # Rounding times the condition of the generators, some 1e5 at Phi = 5e4 gamma.
    for name in ("bourret", "phase_diffusion"):
        np.testing.assert_allclose(columns[f"{name}_numerical"], columns[name], rtol=0, atol=1e-9)
    rotating = columns["phase_diffusion_rotating_frame"]
    assert np.all(rotating >= columns["phase_diffusion"])
    for kappa, n_th, value in ((1e-2, 1e2, 0.785411), (1e-3, 1e4, 0.972925)):
        there = (columns["kappa_over_gamma"] == kappa) & np.isclose(columns["n_th"], n_th)
        assert rotating[there] == pytest.approx([value], rel=0, abs=5e-7)


def test_7a_converges_as_the_estimate_says(figure):
    report, _ = figure("thermal_7a")
    columns = table(report)
    allowed = columns["state_error_estimate"] + 1e-12  # and the limit's own tolerance
    assert np.all(columns["state_error"] <= allowed)
    for n_th in (1e2, 1e3, 1e4, 1e5):
        mine = columns["n_th"] == n_th
        root = round(np.sqrt(n_th))
        error = dict(zip(columns["n_max"][mine], columns["state_error"][mine], strict=True))
        assert error[root] < 2e-3  # n_max = sqrt(n_th): the paper's "typically"
        assert error[5 * root] < 1e-6 * error[root]
    fock = te.steady_state(common.link(1e2, 1e-3), te.Fock()).concurrence()
    limit = report.values["concurrence n_th=100"]
    assert limit == pytest.approx(fock, rel=0, abs=concurrence_error(1e2, 1e-3))


@pytest.mark.long
def test_7b_stages(figure):
    report, _ = figure("thermal_7b")
    columns = table(report)
    # Both routes stop where a doubled depth no longer moves a population by 1e-8.
    assert report.values["three levels"] < 1e-8
    assert report.values["approximate"] < 1e-8
    n_th = columns["n_th"]
    cold, hot = n_th <= 1e3, n_th == n_th.max()
    for state in "ST":
        exact = columns[f"rho_{state}_b14"]
        # Without |11>, whose population there is below kappa/gamma.
        assert np.max(np.abs(columns[f"rho_{state}_two_qubits"] - exact)[cold]) < 1e-3
        kept = np.abs(columns[f"rho_{state}_b21_with_energies"] - exact)
        if state == "T":
            assert kept[hot] > 3 * np.abs(columns["rho_T_b21"] - exact)[hot]
    # Beyond the optimum |11> takes from the singlet what three levels leave there.
    assert columns["rho_S_two_qubits"][-1] < columns["rho_S_b14"][-1] - 0.05


def test_reliability(figure):
    report, _ = figure("reliability_map")
    columns = table(report)
    assert np.max(columns["exact_error"]) < 1e-6

    def error(name, n_th, kappa):
        there = np.isclose(columns["n_th"], n_th) & np.isclose(columns["kappa_over_gamma"], kappa)
        return float(columns[f"relative_{name}"][there][0])

    # Each where it is right, and beside it a place where it is not.
    assert error("markov", 1e6, 10.0) < 1e-3 < 0.5 < error("markov", 1e-2, 1e-4)
    assert error("quasistatic", 1e-2, 1e-4) < 1e-3 < 0.5 < error("quasistatic", 1e6, 10.0)
    assert error("bourret", 1e-2, 1e-4) < 1e-5 < 0.1 < error("bourret", 1e6, 0.1)
    assert error("lowest_order", 1e-2, 1e-4) < 1e-3 < 0.5 < error("lowest_order", 1e6, 10.0)
    assert error("strong_driving", 1e-2, 1e-4) < 1e-3 < 0.5 < error("strong_driving", 1e6, 10.0)
    assert error("phase_diffusion", 1e-2, 1e-4) < 1e-3 < 0.1 < error("phase_diffusion", 1e6, 0.1)
    # The quasistatic error is proportional to the bandwidth: one decade is a factor of ten.
    slope = error("quasistatic", 1e-2, 1e-3) / error("quasistatic", 1e-2, 1e-4)
    assert slope == pytest.approx(10, rel=0.05)
    for name in ("markov", "bourret", "phase_diffusion", "quasistatic"):
        assert np.all(columns[f"distance_{name}"] <= 1)  # between states a distance is at most one


def test_command_line(tmp_path, monkeypatch):
    monkeypatch.setattr(thermal_7a, "OCCUPATIONS", (100.0,))
    result = CliRunner().invoke(run, ["thermal_7a", "--folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"thermal_7a.{kind}" for kind in ("csv", "pdf", "png")
    ]
    assert (tmp_path / "thermal_7a.pdf").read_bytes().startswith(b"%PDF")
    assert "error estimate covers the true error in 100%" in result.output


def test_command_line_names_the_figures():
    result = CliRunner().invoke(run, ["thermal_9z"])
    assert result.exit_code == 2
    assert "thermal_3a" in result.output


def test_figures_have_fonts_that_journals_take(tmp_path):
    """Type 3 fonts, which matplotlib writes by default, are refused."""
    with common.style():
        figure, axes = common.canvas(2, 2)
        axes.set_title("text")
        figure.savefig(tmp_path / "x.pdf")
    written = (tmp_path / "x.pdf").read_bytes()
    assert b"/TrueType" in written or b"/CIDFontType2" in written
    assert b"/Type3" not in written
