"""The figures of dynamics, single runs and spectra on reduced grids."""

import csv

import numpy as np
import pytest
from scipy import sparse
from scipy.linalg import expm
from scipy.sparse.linalg import splu

import thermalent as te
from figures import common, decades, single_runs, spectra, thermal_2b, thermal_3b, thermal_4a
from figures.__main__ import DYNAMICS
from tests.support.brute_force import BruteForce
from tests.support.long_ones import ordinary_and_long
from thermalent import stochastic

# They take seconds even on a reduced grid.
LONG = (
    "conditional_states",
    "spectra",
    "source_starts",
    "single_runs",
    "thermal_4b",
)
POINTS = {
    "thermal_2b": 601,
    "thermal_3b": 101,
    "thermal_4a": 41,
    "thermal_4b": 11,
    "decades": 9,
    "spectra": 41,
    "single_runs": 41,
    "conditional_states": 21,
    "source_starts": 21,
    "switching": 31,
}
# Colder sources and fewer runs, which take seconds each at full size.
REDUCED = {
    "thermal_2b": {"PATHS": 800},
    "thermal_3b": {"RUNS": 1000, "FOCK": (10.0,)},
    "thermal_4a": {"OCCUPATIONS": (100.0, 1220.0), "RUNS": 1000},
    "thermal_4b": {"TIMES_OF_DEPHASING": (np.inf, 10.0, 1.0), "RUNS": 1000},
    "decades": {"OCCUPATIONS": (1.0, 1e3), "RUNS": 1000},
    "spectra": {"BANDWIDTHS": (0.1, 0.01, 0.001)},
    "single_runs": {"RUNS": 300, "STEP": 0.04},
    "conditional_states": {"OBSERVED": {10.0: (0.03, 0.3)}, "SAMPLED": 2, "HISTORIES": 128},
    "source_starts": {"N_TH": 100.0, "BANDWIDTHS": (1e-2, 1e-3), "RUNS": 1000},
    "switching": {"HOT": (5.0, 20.0), "RUNS": 1000},
}


def test_every_script_has_a_reduced_grid():
    assert set(POINTS) == set(REDUCED) == set(DYNAMICS)


@pytest.mark.parametrize("name", ordinary_and_long(DYNAMICS, LONG))
def test_files(figure, name):
    report, folder = figure(name)
    head = (folder / f"{name}.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20], "big") >= 4 * common.DPI  # at least four inches wide
    with (folder / f"{name}.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(report.columns)
    for j, column in enumerate(report.columns.values()):
        written = [float(row[j] or "nan") for row in rows[1:]]
        np.testing.assert_array_equal(written, np.asarray(column, float))


def test_2b_the_narrow_field_moves_as_little_as_its_bandwidth_says(figure):
    report, _ = figure("thermal_2b")
    for name, kappa in thermal_2b.BANDWIDTHS.items():
        # Sum of |d alpha|^2 over a path: 2 kappa T, to 1/sqrt(steps) (the law of the steps is
        # exponential), and less by kappa h/2, where h is a step.
        steps = POINTS["thermal_2b"] - 1
        expected = 2 * thermal_2b.SPAN * kappa * (1 - kappa * thermal_2b.SPAN / steps / 2)
        found = report.values[f"quadratic variation, {name}"]
        assert abs(found / expected - 1) < 5 / np.sqrt(steps)
        assert thermal_2b.deviation(name) < 5  # standard errors
    assert report.values["quadratic variation, broad"] > 50


def test_3b_closed_form_of_the_coherent_drive():
    """Against the Bloch equations (u, v, w, 1) of a resonant drive with Omega = 2 sqrt(Phi)."""
    times = np.linspace(0, 5, 21)
    for flux in (1e-3, 0.3, 10.0):
        omega = 2 * np.sqrt(flux)
        # (v, w, 1): v' = -v/2 - Omega w, w' = Omega v - (w + 1)
        bloch = np.array([[-0.5, -omega, 0], [omega, -1, -1], [0, 0, 0]])
        w = [(expm(bloch * t) @ [0, -1, 1])[1] for t in times]
        np.testing.assert_allclose(
            thermal_3b.coherent(times, flux), (1 + np.array(w)) / 2, atol=1e-13, rtol=0
        )


def test_3b_the_population_overshoots(figure):
    report, _ = figure("thermal_3b")
    values, columns = report.values, report.columns
    at = np.argmin(np.abs(columns["gamma_t"] - 0.5))
    assert columns["p1_kappa_0.01"][at] == pytest.approx(0.5493, abs=1e-4)
    assert values["steady, kappa 0.01"] == pytest.approx(0.4732, abs=1e-4)
    for kappa in thermal_3b.BANDWIDTHS:
        excess = values[f"largest, kappa {kappa:g}"] - values[f"steady, kappa {kappa:g}"]
        assert excess > 0.07 if kappa <= 1 else excess < 1e-4
    assert "standard errors" in report.agreement


def test_3b_a_narrow_source_is_a_static_field():
    """The distance to the average over static fields is of first order in kappa."""
    times = np.linspace(0.1, 3, 16)
    limit = thermal_3b.static(times)
    distance = []
    for kappa in (1e-3, 1e-4):
        exact = te.evolve(thermal_3b.link(kappa), times, "0", te.ContinuedFraction(rtol=1e-7))
        distance.append(np.max(np.abs(exact.populations()["1"] - limit)))
    assert distance[0] < 5e-4
    # The second order is about 20 kappa of the first: 2 % at 1e-3.
    assert distance[0] / distance[1] == pytest.approx(10, rel=0.05)


def test_trajectories_agree_with_the_exact_states(figure):
    for name in ("thermal_3b", "thermal_4a", "thermal_4b", "decades", "source_starts"):
        words = figure(name)[0].agreement.split()
        deviation = float(words[words.index("standard") - 1])
        assert 0 < deviation < 5, name


def test_two_exact_methods_agree(figure):
    columns = figure("thermal_3b")[0].columns
    there = ~np.isnan(columns["p1_kappa_10_fock"])
    assert np.sum(there) == 10
    difference = np.abs(columns["p1_kappa_10_fock"] - columns["p1_kappa_10"])[there]
    assert np.max(difference) < 2e-6  # 1e-6 is asked of either
    words = figure("decades")[0].agreement.split(";")[0].split()
    assert float(words[-1]) < 2e-5  # 1e-5 is asked of either


def test_4a_the_maximum_comes_late(figure):
    report, _ = figure("thermal_4a")
    times = report.columns["gamma_t"]
    concurrence = report.columns["concurrence_1220"]
    for at, expected in ((10, 0.1186), (30, 0.5077), (100, 0.6577)):
        assert concurrence[times == at][0] == pytest.approx(expected, abs=1e-4)
    assert report.values["steady, n_th 1220"] == pytest.approx(0.67108, abs=1e-5)
    assert concurrence[-1] == pytest.approx(0.67108, abs=1e-5)
    assert np.all(concurrence[times < 7] == 0)
    halves = [report.values[f"gamma t to 50%, n_th {n:g}"] for n in (100, 1220)]
    assert 6 < halves[0] < 8 < 16 < halves[1] < 18


def test_crossing_interpolates_and_takes_the_last_one():
    times = np.array([1.0, 10.0, 100.0, 1000.0])
    assert thermal_4a.crossing(times, np.array([0, 1.0, 0, 1]), 0.5) == pytest.approx(10**2.5)
    assert np.isnan(thermal_4a.crossing(times, np.array([1.0, 2, 3, 4]), 0.5))
    assert np.isnan(thermal_4a.crossing(times, np.array([1.0, 1, 1, 0]), 0.5))


@pytest.mark.long
def test_4b_dephasing_costs_concurrence(figure):
    report, _ = figure("thermal_4b")
    steady = [report.values[f"steady, T_phi {t} us"] for t in ("inf", "10", "1")]
    np.testing.assert_allclose(steady, [0.67108, 0.61860, 0.40308], atol=1e-5)
    last = [report.columns[f"concurrence_t_phi_{t}_us"][-1] for t in ("inf", "10", "1")]
    # 1e-6 is asked of the elements; the concurrence adds four of them.
    np.testing.assert_allclose(last, steady, atol=1e-5)


def test_decades_birth_half_and_completion_come_in_order(figure):
    _, folder = figure("decades")
    with (folder / "decades_marks.csv").open() as file:
        rows = [[float(row[key]) for key in row] for row in csv.DictReader(file)]
    marks = np.array(rows)[:, 1:]  # (n_th, born half complete)
    assert np.all(np.diff(marks, axis=1) > 0)
    assert np.all(np.diff(marks[-5:], axis=0) > 0)  # hotter is slower
    born = marks[:, 0]
    for (n_th, *_), at in list(zip(rows, born, strict=True))[::6]:
        before, after = te.evolve(
            common.link(n_th, decades.KAPPA), [0.9 * at, 1.1 * at], "00"
        ).concurrence()
        assert before < 1e-12 < after  # zero to rounding, and not


def test_spectra_against_fock_states():
    """The resolvent of the Liouvillian on the product space, written out by hand."""
    kappa, omega = 2.0, np.array([0.1, 0.7, 2.0, 5.0])
    brute = BruteForce(2 * spectra.FLUX / kappa, kappa, cutoff=18)
    field = np.sqrt(kappa) * brute.a + brute.s1 + brute.s2
    unit = np.eye(brute.size).ravel()
    shifted = brute.generator.tolil()
    shifted[0] = unit
    right = np.zeros(brute.size**2, complex)
    right[0] = 1
    rho = splu(shifted.tocsc()).solve(right).reshape(brute.size, brute.size)
    values = []
    for w in omega:
        resolvent = 1j * w * sparse.eye_array(brute.size**2) - brute.generator
        x = splu(resolvent.tocsc()).solve((field @ rho).ravel())
        values.append(np.trace(field.conj().T @ x.reshape(rho.shape)).real / np.pi)
    found = te.spectrum(spectra.link(kappa, 2), omega)
    # The source holds 18 levels with weights 3^-n: 3^-17 = 8e-9, times powers of n.
    np.testing.assert_allclose(found.values, values, atol=1e-6, rtol=0)


@pytest.mark.long
def test_spectra_a_pair_stops_scattering_and_one_qubit_does_not(figure):
    report, _ = figure("spectra")
    pair = [report.values[f"scattered by 2, kappa {k}"] for k in ("0.1", "0.01", "0.001")]
    one = [report.values[f"scattered by 1, kappa {k}"] for k in ("0.1", "0.01", "0.001")]
    assert pair[1] / pair[2] == pytest.approx(10, rel=0.2)  # first order in kappa
    assert pair[0] > pair[1]
    assert 0.2 < one[0] < one[1] < one[2]


def test_spectra_one_qubit_tends_to_the_averaged_mollow_triplet():
    omega = np.array([0.5, 1.0, 2.0, 4.0])
    limit = spectra.static(omega)
    distance = [
        np.max(np.abs(te.spectrum(spectra.link(kappa, 1), omega).values / limit - 1))
        for kappa in (1e-2, 1e-3)
    ]
    assert distance[0] / distance[1] == pytest.approx(10, rel=0.1)  # first order in kappa


def test_spectra_integral_of_a_line_with_a_long_tail():
    omega = np.geomspace(*spectra.SPAN, 161)
    for kappa in (1.0, 1e-3):
        # Beyond the last frequency the line is 1/omega^2 up to (kappa/omega)^2 = 1e-6.
        assert spectra.integral(omega, spectra.lorentzian(omega, kappa)) == pytest.approx(
            spectra.FLUX, abs=1e-5
        )


@pytest.mark.long
def test_single_runs_hold_more_entanglement_than_their_mean(figure):
    """The concurrence is convex: what is lost is knowing the field."""
    report, folder = figure("single_runs")
    values = report.values
    surplus = values["mean concurrence of a run"] - values["concurrence of the mean"]
    assert surplus > 5 * values["its standard error"]
    with (folder / "single_runs_distribution.csv").open() as file:
        assert (
            sum(int(row["runs"]) for row in csv.DictReader(file)) == REDUCED["single_runs"]["RUNS"]
        )
    columns = report.columns
    for name in ("run", "mean"):
        total = sum(columns[f"{state}_{name}"] for state in common.STATES)
        np.testing.assert_allclose(total, 1, atol=1e-9)


@pytest.mark.long
def test_conditional_states_who_knows_more_has_more(figure):
    report, folder = figure("conditional_states")
    values, columns = report.values, report.columns
    present = values["given the present amplitude"]
    assert present == pytest.approx(0.724373, abs=1e-6)
    assert present > values["concurrence of the mean state"] + 0.06
    assert values["given the whole past"] > present - 2 * values["its error"]
    with (folder / "conditional_states_10.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert float(row["present"]) >= float(row["mean"])
        if row["past"]:
            error = float(row["standard_error"])
            assert float(row["past"]) > float(row["present"]) - 3 * error
    # A narrow source keeps the pair closest to its dark state where the field is strong.
    for kappa in (1e-3, 1e-2):
        assert columns[f"concurrence_{kappa:g}"][-1] < columns[f"dark_state_{kappa:g}"][-1]
    assert columns["concurrence_0.001"][-1] > columns["concurrence_0.01"][-1] + 0.1
    # Back-action leaves fewer weak fields.
    assert columns["Wigner"][0] < columns["Husimi"][0] < columns["alone"][0]


def test_dark_state_is_the_state_in_a_static_field():
    quanta, step = 40.0, 0.02
    integrals = np.full((1, 4000), np.sqrt(quanta) * step)
    network = common.link(single_runs.N_TH, single_runs.KAPPA)
    (states,) = stochastic.along(network, integrals, step=step, every=4000)
    # Second order in the step: the largest rate is about 1.
    assert te.concurrence(states[-1]) == pytest.approx(single_runs.dark(quanta), abs=1e-3)


@pytest.mark.long
def test_source_starts_a_definite_field_entangles_sooner_and_more_than_a_random_one(figure):
    report, _ = figure("source_starts")
    values = report.values
    half = [
        values[f"gamma t to 50%, {s}, kappa 0.001"] for s in ("coherent", "stationary", "empty")
    ]
    assert np.all(np.diff(half) > 0)
    # 0.12 more at the figure's 1220 quanta, 0.048 at the hundred of the reduced grid.
    assert values["largest, coherent, kappa 0.001"] > values["steady, kappa 0.001"] + 0.04
    for name in ("stationary", "empty", "coherent"):
        # 1e-5 is asked of the elements; the concurrence adds four of them.
        last = report.columns[f"concurrence_{name}_0.001"][-1]
        assert last == pytest.approx(values["steady, kappa 0.001"], abs=4e-5)


def test_switching_off_raises_the_concurrence_and_decoupled_qubits_keep_it(figure):
    report, _ = figure("switching")
    values = report.values
    for n_th in ("5", "20"):
        largest = values[f"largest, n_th {n_th}"]
        assert largest > values[f"switched off, n_th {n_th}"] + 0.005
        assert values[f"kept, n_th {n_th}"] == pytest.approx(largest, abs=1e-4)
        assert report.columns[f"off_{n_th}"][-1] < 0.05
    steady = values["steady, n_th 20"]
    assert values["switched off, n_th 20"] == pytest.approx(steady, abs=1e-3)
