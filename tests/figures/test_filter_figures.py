"""The figures of filters and of the chain behind them, on reduced grids: what they show is true."""

import csv
import json

import numpy as np
import pytest

import thermalent as te
from figures import best_filters, filter_shapes, measured_filter
from tests.support.long_ones import ordinary_and_long
from thermalent.analysis.shapes.best_filter import filter_of
from thermalent.analysis.shapes.climb import with_slope
from thermalent.analysis.shapes.guarded_link import GuardedLink
from thermalent.analysis.shapes.passive_spectra import PassiveCoordinates

# They take seconds even on a reduced grid.
LONG = (
    "filter_poles",
    "filter_shapes",
    "chain_convergence",
)
POINTS = {"filter_poles": 2, "filter_shapes": 9, "measured_filter": 2, "chain_convergence": 6}
REDUCED = {
    "filter_poles": {"ORDERS": (1, 2), "SPAN": (10.0, 30.0)},
    "filter_shapes": {
        "LAB": ("30K", "5GHz", "10MHz"),
        "COMPARED": (1, 2),
        "RTOL": {1: 1e-3, 2: 1e-3},
    },
    "measured_filter": {"TEMPERATURES": (10.0, 30.0), "RTOL": 5e-3},
    "chain_convergence": {
        "CASES": ((2, 1e-3, 3, 5), (2, 5e-3, 4, 6)),
        "OCCUPATIONS": (10.0, 100.0),
        "TIERS": 500,
        "DEEPEST": 400,
    },
}


@pytest.mark.parametrize("name", ordinary_and_long(POINTS, LONG))
def test_files(figure, name):
    report, folder = figure(name)
    assert (folder / f"{name}.png").stat().st_size > 10_000
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(report.columns)
    assert len(rows) == len(next(iter(report.columns.values())))


@pytest.mark.long
def test_filter_poles(figure):
    report, _ = figure("filter_poles")
    columns = report.columns
    assert np.all(columns["concurrence_2"] > columns["concurrence_1"] + 0.03)
    assert np.all(columns["fwhm_2"] > columns["fwhm_1"])
    assert np.all(np.diff(columns["concurrence_2"]) > 0)
    # The climb stops where fewer tiers than the solution has are flat.
    assert report.values["distance"] < 1e-3


@pytest.mark.long
def test_filter_shapes(figure):
    report, _ = figure("filter_shapes")
    values = report.values
    assert values["distance"] < 2e-3
    best = [values[f"best, order {order}"] for order in filter_shapes.SPECTRA]
    assert best[0] == pytest.approx(0.7773, abs=1e-3)
    assert best[1] == pytest.approx(0.908, abs=1e-3)
    for order in filter_shapes.SPECTRA:
        spectrum = report.columns[f"spectrum_{order}"]
        assert np.all((spectrum >= 0) & (spectrum <= 1 + 1e-9))
        assert spectrum[0] > 0.9
        assert spectrum[-1] < 0.02


def test_what_is_on_record():
    """Every order of fifty starts, most of them ending at one maximum, where the slope vanishes."""
    found = json.loads(best_filters.FOUND.read_text())
    assert [entry["order"] for entry in found] == list(filter_shapes.SPECTRA)
    for entry in found:
        assert entry["n_th"] == best_filters.N_TH
        assert len(entry["ends"]) == entry["starts"] == best_filters.STARTS
        assert entry["gradient"] < 1e-5
        ends = np.array(entry["ends"])
        assert np.sum(ends > ends.max() - 2e-5) == entry["agreeing"]
        assert entry["agreeing"] > 0.5 * entry["starts"]


@pytest.mark.parametrize("order", ordinary_and_long(filter_shapes.SPECTRA, (4, 5, 6)))
def test_what_is_on_record_is_a_maximum(order):
    """The value on record and a vanishing slope there, at the truncations on record."""
    entry = recorded(order)
    coordinates = PassiveCoordinates(order, zeros=True, symmetric=True, unit=entry["unit"])
    place = coordinates.place(entry["reflection"], entry["numerator"])
    link = GuardedLink(te.thermal_link(best_filters.N_TH, 1.0), order, quanta=entry["quanta"])
    value, slope = with_slope(coordinates, link, entry["tiers"], place)
    # Ends are on record to six digits; zeros far out were put at infinity, which moves 1e-8.
    assert value == pytest.approx(entry["ends"][0], abs=1e-6)
    assert np.max(np.abs(slope)) < 2 * entry["gradient"] + 1e-8
    assert abs(value - entry["concurrence"]) < entry["error"]


@pytest.mark.parametrize("order", ordinary_and_long(filter_shapes.SPECTRA, (4, 5, 6)))
def test_states_behind_the_filters_on_record_by_trajectories(order):
    """Sampled fields, a route that knows no hierarchy, with fixed seeds."""
    entry = recorded(order)
    chosen = filter_of(entry["reflection"], entry["numerator"], entry["unit"])
    network = te.thermal_link(best_filters.N_TH, filter=chosen)
    exact = te.steady_state(network, te.ContinuedFraction(rtol=5e-3))
    sampled = te.steady_state(network, te.FieldTrajectories(n=128, seed=order))
    distance = np.max(np.abs(exact.state - sampled.state))
    assert distance < 5 * sampled.error + exact.error
    assert sampled.error < 0.02
    # A far colder source has another state.
    other = te.thermal_link(0.03 * best_filters.N_TH, filter=chosen)
    wrong = te.steady_state(other, te.ContinuedFraction(rtol=1e-2))
    assert np.max(np.abs(wrong.state - sampled.state)) > 5 * sampled.error + wrong.error


def recorded(order):
    """What is on record of an order."""
    return {entry["order"]: entry for entry in json.loads(best_filters.FOUND.read_text())}[order]


def test_one_order_is_found_again():
    known = recorded(1)
    again = best_filters.campaign(1, starts=2)
    assert again["concurrence"] == pytest.approx(known["concurrence"], abs=1e-5)
    np.testing.assert_allclose(abs(again["reflection"][1]), abs(known["reflection"][1]), atol=1e-3)


def test_measured_filter(figure):
    report, _ = figure("measured_filter")
    columns, values = report.columns, report.values
    assert values["poles"] == 3
    assert 0.85 < values["peak"] < 0.95  # it has loss
    assert values["fit error"] < 1e-3
    # The noise of single points averages out in the fit.
    assert values["distance from the circuit"] < 0.5 * values["fit error"]
    assert np.all(columns["concurrence_measured"] < columns["concurrence_designed"])
    assert np.all(columns["error_measured"] > 0)


def test_the_circuit_without_imperfections_is_the_design():
    """A circuit of lumped resonators and inverters against the modes of the Butterworth filter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measured_filter, "UNEQUAL", (1.0, 1.0, 1.0, 1.0))
        patch.setattr(measured_filter, "OFFSETS", (0.0, 0.0, 0.0))
        patch.setattr(measured_filter, "Q_INTERNAL", 1e12)
        offset = np.linspace(-6e5, 6e5, 41)
        ours = np.abs(measured_filter.circuit(measured_filter.CARRIER + offset)[:, 1, 0]) ** 2
    exact = 1 / (1 + (2 * offset / measured_filter.WIDTH) ** 6)
    # A resonator is a single pole up to its detuning over the carrier, 1e-4.
    np.testing.assert_allclose(ours, exact, atol=1e-3)


@pytest.mark.long
def test_chain_convergence(figure):
    report, _ = figure("chain_convergence")
    columns = report.columns
    slow = columns["over_K_2_cavities_kappa_0.005"]
    slow = slow[~np.isnan(slow)]
    assert np.all(slow[1:3] < 0.2 * slow[:2])
    for n_th in (10, 100):
        errors = columns[f"over_tiers_n_th_{n_th}"]
        errors = errors[~np.isnan(errors)]
        assert np.all((errors[1:] < 0.5 * errors[:-1]) | (errors[1:] < 1e-13))
    assert report.values["distance"] < report.values["stated error"]
