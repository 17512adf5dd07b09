"""The figures of links, mirrors and several pairs on reduced grids."""

import csv
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import linalg

import thermalent as te
from figures import common, pairs_along_a_line, thermal_4c, thermal_4d, thermal_6a, thermal_6b
from figures.__main__ import LINKS, NAMES
from tests.support.long_ones import ordinary_and_long
from thermalent.solution.result import Outcome

# They take seconds even on a reduced grid.
LONG = (
    "pairs_along_a_line",
    "thermal_4c",
    "thermal_6b",
    "backaction_error",
    "resource_map",
    "thermal_4d",
)
POINTS = {
    "thermal_4c": 7,
    "thermal_4d": 13,
    "thermal_6a": 13,
    "thermal_6b": 6,
    "backaction_error": 9,
    "pairs_along_a_line": 5,
    "resource_map": 7,
}
# A colder source and fewer second routes, which take seconds each at full size.
REDUCED = {
    "thermal_4c": {"FOCK_RATIOS": (1 / 2, 5 / 8), "FOCK_DETUNINGS": (1 / 8,)},
    "thermal_6b": {"PROCESSES": 1},
    "thermal_4d": {"N_TH": 200.0, "BANDWIDTHS": (1e-2, 1e-3)},
    "pairs_along_a_line": {"OCCUPATIONS": (1.0, 1e3)},
    "resource_map": {
        "TEMPERATURES": (4.0, 300.0),
        "RATE_TEMPERATURES": (77.0,),
        "RATE_QUALITIES": (2e4, 3e4),
        "RATE_POINTS": 2,
        "FOCK_AT": (0.5, 1e4),
    },
}
# Both exact methods are asked for 1e-8 per element; the concurrence adds four of them and roots.
AGREEMENT = 1e-6


def compared(columns, one, other):
    """Largest difference of two columns where the second was computed."""
    there = ~np.isnan(columns[other])
    assert np.sum(there) >= 2
    assert np.max(columns[other][there]) > 0.01  # not two zeros
    return float(np.max(np.abs(columns[one] - columns[other])[there]))


def test_every_script_has_a_reduced_grid():
    assert set(POINTS) == set(LINKS)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", ordinary_and_long(LINKS, LONG))
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


@pytest.mark.long
def test_4c_asymmetry_and_detuning(figure):
    report, folder = figure("thermal_4c")
    columns = report.columns
    assert compared(columns, "concurrence", "concurrence_fock") < AGREEMENT
    assert report.values["largest concurrence"] == pytest.approx(0.67108, abs=5e-6)
    assert report.values["at ratio"] == pytest.approx(1.0)
    assert report.values["at detuning"] == 0.0
    # A stronger second qubit costs more than a weaker one.
    assert thermal_4c.concurrence(0.8, 0, 0) > 4 * thermal_4c.concurrence(1.25, 0, 0) > 0
    with (folder / "thermal_4c_detunings.csv").open() as file:
        lines = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    assert all(line["opposite"] >= line["common"] for line in lines)
    assert lines[-1]["common"] == 0.0
    assert lines[-1]["opposite"] == pytest.approx(0.55167, abs=5e-6)


def test_4c_sign_of_the_detuning_does_not_matter():
    """Complex conjugation of the cascade reverses the detunings."""
    one, other = (thermal_4c.concurrence(0.9, d, d) for d in (0.1, -0.1))
    assert one == pytest.approx(other, abs=1e-12 + 4 * thermal_4c.RTOL)


@pytest.mark.long
def test_4d_loss(figure):
    columns = figure("thermal_4d")[0].columns
    for name in ("concurrence", "concurrence_eq48"):
        assert compared(columns, name, f"{name}_fock") < AGREEMENT
    for kappa in np.unique(columns["kappa_over_gamma"]):
        mine = columns["kappa_over_gamma"] == kappa
        lossy, printed = (columns[name][mine] for name in ("concurrence", "concurrence_eq48"))
        assert lossy[0] == pytest.approx(printed[0], abs=AGREEMENT)
        assert np.all(np.diff(lossy) <= 0)
        assert np.all(printed[1:] <= lossy[1:])
        assert printed[2] < lossy[2] - 1e-3


def test_4d_the_printed_loss_is_no_waveguide():
    """It is a legitimate master equation with the source's hot port alone."""
    network = thermal_4d.as_printed(1e-3, 0.05)
    assert np.linalg.det(network.decay).real == pytest.approx(
        -1e-3 * (1 - np.sqrt(0.95)) ** 2, rel=1e-6
    )
    assert np.linalg.eigvalsh(network.decay)[0] == pytest.approx(-1.3e-5, rel=0.02)
    complete = network.decay + np.diag([1e-3 * (thermal_4d.N_TH + 1), 0, 0])
    assert np.linalg.eigvalsh(complete)[0] > 0


def test_4d_printed_loss_against_its_own_words(monkeypatch):
    """Eq. (48) as commutators in a truncated Fock space, built from nothing of the library."""
    n_th, kappa, loss, cutoff = 1.0, 0.3, 0.1, 26
    monkeypatch.setattr(thermal_4d, "N_TH", n_th)
    state = te.steady_state(thermal_4d.classical_drive(kappa, loss)).state
    # The occupation n_th / 2 leaves (1/3)^26 = 4e-13 beyond the cutoff.
    np.testing.assert_allclose(state, _literal(n_th, kappa, loss, cutoff), rtol=0, atol=1e-8)


def _literal(n_th, kappa, loss, cutoff):
    lower = sparse.csr_array(np.array([[0.0, 1.0], [0.0, 0.0]]))
    one, mode = sparse.eye_array(2), sparse.eye_array(cutoff)
    a = sparse.kron(sparse.diags_array(np.sqrt(np.arange(1.0, cutoff)), offsets=1), _of(one, one))
    s1, s2 = (sparse.kron(mode, _of(*pair)) for pair in ((lower, one), (one, lower)))
    size = a.shape[0]
    unit = sparse.eye_array(size)

    def left(x):
        return sparse.kron(x, unit)

    def right(x):
        return sparse.kron(unit, x.T)

    def dissipate(x, rate):
        return rate * (left(x) @ right(x.T) - (left(x.T @ x) + right(x.T @ x)) / 2)

    def cascade(x, y, rate):  # [x rho, y^+] + [y, rho x^+]
        first = left(x) @ right(y.T) - left(y.T @ x)
        return rate * (first + left(y) @ right(x.T) - right(x.T @ y))

    generator = (
        dissipate(a, kappa + kappa * (n_th + 1))
        + dissipate(a.T, kappa * n_th)
        + dissipate(s1, 1.0)
        + dissipate(s2, 1.0)
        + cascade(a, s1, np.sqrt(kappa))
        + cascade(a, s2, np.sqrt(kappa))
        + cascade(s1, s2, np.sqrt(1 - loss))
    )
    # Only elements of charge zero are ever populated; the trace replaces one equation.
    number = np.add.outer(np.arange(cutoff), [0, 1, 1, 2]).ravel()
    keep = np.flatnonzero(np.subtract.outer(number, number).ravel() == 0)
    block = sparse.lil_array(generator.tocsr()[keep][:, keep])
    diagonal = keep // size == keep % size
    block[0] = diagonal.astype(float)
    rho = np.zeros(size**2)
    rho[keep] = linalg.spsolve(block.tocsc(), np.eye(1, len(keep)).ravel())
    return np.einsum("kikj->ij", rho.reshape(cutoff, 4, cutoff, 4))


def _of(first, second):
    return sparse.kron(first, second)


def test_6a_back_action(figure):
    columns = figure("thermal_6a")[0].columns
    assert compared(columns, "concurrence", "concurrence_fock") < AGREEMENT
    change = columns["concurrence_no_backaction"] - columns["concurrence"]
    kappa = columns["kappa_over_gamma"]
    assert np.max(np.abs(change[kappa == 1e-3])) < 4e-4  # what the paper sees
    assert np.max(change[kappa == 1e-1]) > 0.015  # and where it would not
    assert np.min(change) < -1e-3  # it does not always overestimate


@pytest.mark.parametrize("n_th", [4e4, 4e6])
def test_eq_50_is_too_large_by_two(n_th):
    """Detunings of gamma/2 give the cascade at a quarter of n_th; gamma/4 gives the cascade."""
    kappa = 1e-6

    def populations(network):
        return te.steady_state(network).populations()

    half = populations(te.phononic_link(n_th, kappa, wavelengths=(1, 2), detuning=(0.5, -0.5)))
    quarter = populations(te.phononic_link(n_th, kappa, wavelengths=(1, 2), detuning=(0.25, -0.25)))
    # The adiabatic states agree; what is not adiabatic is of order kappa/gamma times a few.
    for found, cascade in ((half, n_th / 4), (quarter, n_th)):
        same = populations(common.link(cascade, kappa))
        for state in common.STATES:
            assert found[state] == pytest.approx(same[state], rel=0, abs=30 * kappa)
    assert half["S"] < quarter["S"] - 0.02


@pytest.mark.long
def test_6b_positions(figure):
    report, _ = figure("thermal_6b")
    columns = report.columns
    name = "concurrence_n_th_100"
    assert compared(columns, name, f"{name}_fock") < AGREEMENT
    assert report.values["not unique"] == 0
    assert report.values["largest concurrence"] == pytest.approx(0.673634, abs=5e-6)
    # Entanglement follows the ridges z_1 - z_2 = n lambda/2, wherever along them.
    apart = (columns["k0_z1"] - columns["k0_z2"]) / np.pi
    off_ridge = np.abs(apart - np.round(apart))
    assert np.max(off_ridge[columns["concurrence"] > 0.2]) < 0.06
    here = thermal_6b.concurrence((1.15 * np.pi, 2.15 * np.pi))
    assert here > 0.6 > 2 * thermal_6b.concurrence((1.15 * np.pi, 2 * np.pi))


@pytest.mark.long
def test_6b_is_drawn_from_more_positions(figure):
    """The finer map has the coarse one in it, and is zero only where nothing is entangled."""
    report, folder = figure("thermal_6b")
    with (folder / "thermal_6b_fine.csv").open(newline="") as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    points, finer = POINTS["thermal_6b"], thermal_6b.FINER
    fine = rows.reshape(finer * points, finer * points, 4)
    part = fine[finer - 1 :: finer, finer - 1 :: finer].reshape(-1, 4)
    names = ("k0_z1", "k0_z2", "concurrence", "concurrence_no_backaction")
    for found, name in zip(part.T, names, strict=True):
        np.testing.assert_allclose(found, report.columns[name], rtol=0, atol=1e-6)
    for first, second, exact, without in rows:
        here = (first, second)
        assert exact == pytest.approx(thermal_6b.concurrence(here), rel=0, abs=1e-6)
        calm = thermal_6b.concurrence(here, backaction=False)
        assert without == pytest.approx(calm, rel=0, abs=1e-6)


def test_6b_marks_steady_states_that_are_not_unique(monkeypatch):
    """Without detunings the singlet of two qubits a wavelength apart is conserved."""
    places = (2 * np.pi, 4 * np.pi)
    assert np.isnan(thermal_6b.concurrence(places, detuning=(0.0, 0.0)))
    assert thermal_6b.concurrence(places) > 0.6
    found = thermal_6a.steady_state(1.0, 0.1)

    def failing(network, method):
        status = Outcome.NOT_CONVERGED.because("too few levels")
        raise te.SolveError(replace(found, status=status))

    monkeypatch.setattr(te, "steady_state", failing)
    with pytest.raises(te.SolveError, match="too few levels"):  # which is no grey square
        thermal_6b.concurrence(places)


def test_6b_detunings_keep_it_unique():
    """The mirror shifts two qubits apart by gamma/2 at most, opposite detunings by gamma."""
    for first, second in product(np.linspace(0.1, 2 * np.pi, 40), repeat=2):
        network = te.phononic_link(1.0, 0.01, positions=(first, second), detuning=(0.5, -0.5))
        shifts = np.diag(network.exchange).real
        assert shifts[1] - shifts[2] >= 0.5 - 1e-12


@pytest.mark.long
def test_backaction_error(figure):
    columns = figure("backaction_error")[0].columns
    kappa, n_th = columns["kappa_over_gamma"], columns["n_th"]
    for place in ("optimal", "generic"):
        fock = columns[f"fock_distance_{place}"]
        assert np.sum(~np.isnan(fock)) >= 1
        assert np.nanmax(fock) < AGREEMENT
        distance = columns[f"distance_{place}"]
        assert np.all(distance[n_th > 300] < 0.01)
        assert np.all(distance[kappa < 0.03] < 0.01)
        assert np.max(distance) > 0.05
    # Where the source is broad and cold it is the largest.
    assert np.max(columns["distance_optimal"][kappa > 5]) > 0.1


@pytest.mark.long
def test_pairs(figure):
    report, _ = figure("pairs_along_a_line")
    columns = report.columns
    # Nothing travels upstream; each state may be off by RTOL, its concurrence by a few times that.
    assert compared(columns, "pair_1_of_2", "pair_1_of_1") < 4 * pairs_along_a_line.RTOL
    for pair in ("pair_1", "pair_2"):
        assert columns[f"{pair}_of_3"][0] == pytest.approx(columns[f"{pair}_of_2"][0], abs=1e-6)
    for pair in ("pair_1", "pair_2"):
        fock = columns[f"{pair}_of_2_fock"][0]
        assert columns[f"{pair}_of_2"][0] == pytest.approx(fock, abs=1e-6)
    assert np.all(columns["pair_2_of_2"] < columns["pair_1_of_1"])
    assert 0.8 < report.values["coldest pair 3 / pair 2"] < report.values["coldest pair 2 / pair 1"]


@pytest.mark.long
def test_resource_map_of_teleportation_distillation_and_rates(figure):
    report, folder = figure("resource_map")
    columns, values = report.columns, report.values
    assert values["distance"] < AGREEMENT
    fidelity, distilled = columns["teleportation_fidelity"], columns["distillation_yield"]
    # Only what teleports better than without entanglement can be distilled.
    assert np.all(fidelity[distilled > 0] > 2 / 3)
    assert np.all(distilled >= columns["coherent_information"])
    assert np.any(distilled > np.maximum(columns["coherent_information"], 0.0))
    assert values["largest fidelity"] > 0.85
    assert 3e4 < values["largest rate, 77 K"] < 4e4
    with (folder / "resource_map_rates.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["quality", "per_second_77_K", "seconds_77_K"]
    # A preparation takes microseconds: a hundred decay times of 16 ns.
    assert all(1e-6 < float(row[2]) < 3e-6 for row in rows[1:])


def test_steady_state_of_the_mirror_is_the_network_of_the_paper():
    """Eq. (49): positions of whole wavelengths are a common reservoir."""
    by_hand = te.CommonReservoir(rates=(0.1, 1.0, 1.0)).coupling()
    network = thermal_6a.steady_state(10.0, 0.1).network
    np.testing.assert_allclose(network.decay, by_hand.decay, rtol=1e-14)
    np.testing.assert_allclose(network.exchange, np.diag([0.0, 0.5, -0.5]), rtol=0, atol=1e-14)
