"""Sweeps along times, frequencies and delays: every number is that of a single call."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import thermalent as te
from thermalent.solving.many import evolve_one_of_many
from thermalent.support.errors import ArgumentError
from thermalent.sweeping import following
from thermalent.sweeping.failures import StoreError
from thermalent.sweeping.following import axis_of, check_following, with_axis
from thermalent.sweeping.grid import as_grid
from thermalent.sweeping.reading.emission import Emission, as_emissions
from thermalent.sweeping.study.file import StudyFileError, explained_by, read_study

pytest.importorskip("xarray")

GRID = {"n_th": [0.1, 0.3], "kappa": [0.5, 1.0]}
TIMES = [0.0, 0.5, 3.0, 40.0]


def evolved(observables=("concurrence", "purity[q1]"), grid=GRID, times=TIMES, **more):
    given = {"executor": 1, "progress": False, "initial": "00", **more}
    return te.sweep(te.thermal_link, grid, observables, times=times, **given)


def radiated(observables, grid=GRID, **more):
    return te.sweep(te.thermal_link, grid, observables, executor=1, progress=False, **more)


def test_every_number_over_time_is_that_of_a_single_evolution_within_errors():
    data = evolved()
    assert data["concurrence"].dims == ("n_th", "kappa", "time")
    assert data["time"].attrs["units"] == "inverse unit of rate"
    assert np.all(data["status"] == 1)
    for point in (
        {"n_th": n_th, "kappa": kappa} for n_th in GRID["n_th"] for kappa in GRID["kappa"]
    ):
        alone = te.evolve(te.thermal_link(**point), TIMES, "00")
        there = data.sel(point)
        one_of_many = evolve_one_of_many(te.thermal_link(**point), np.array(TIMES), "00", None)
        assert np.array_equal(there["error"], one_of_many.error)
        assert np.all(np.abs(one_of_many.states - alone.states).max((1, 2)) <= there["error"])
        for name, numbers, same in (
            ("concurrence", alone.concurrence(), one_of_many.concurrence()),
            ("purity[q1]", alone.purity("q1"), one_of_many.purity("q1")),
        ):
            assert np.array_equal(there[name], same)
            assert np.array_equal(there[f"{name}_error"], same.error)
            assert np.all(np.abs(same - numbers) <= same.error + numbers.error)
    # By another route, which knows its own error.
    network = te.thermal_link(n_th=0.1, kappa=1.0)
    other = te.evolve(network, TIMES, "00", te.Fock(tolerance=1e-4)).purity("q1")
    there = data.sel(n_th=0.1, kappa=1.0)
    assert np.min(other) < 0.9
    assert np.all(np.abs(there["purity[q1]"] - other) <= there["purity[q1]_error"] + other.error)


def test_functions_read_the_state_at_each_time():
    data = evolved(
        {"excited": lambda state: state.populations()["11"]},
        {"n_th": [2.0], "kappa": [0.5]},
        [0.0, 1.0],
    )
    assert data["excited"].values[0, 0, 0] == 0.0
    assert data["excited"].values[0, 0, 1] > 1e-3


def test_spectra_and_correlations_are_those_of_single_calls():
    grid, omega = {"n_th": [0.2, 1.0]}, [-1.0, 0.3]
    minus = {"q1": 1.0, "q2": -1.0}
    spectra = radiated(
        {"spectrum": "output", "spectrum[minus]": minus},
        grid,
        frequencies=omega,
        fixed={"kappa": 0.5},
    )
    delayed = radiated(["g2[q2]", "visibility"], grid, delays=[0.0, 2.0], fixed={"kappa": 0.5})
    for i, n_th in enumerate(grid["n_th"]):
        network = te.thermal_link(n_th, 0.5)
        for name, of in (("spectrum", "output"), ("spectrum[minus]", minus)):
            alone = te.spectrum(network, omega, of)
            assert np.array_equal(spectra[name][i], alone.values)
            assert np.array_equal(spectra[f"{name}_error"][i], alone.error)
        twice, once = (
            te.coherence(network, [0.0, 2.0], of, order=order)
            for of, order in (("q2", 2), ("output", 1))
        )
        assert np.array_equal(delayed["g2[q2]"][i], twice.values)
        assert np.array_equal(delayed["visibility"][i], np.abs(once.values))
        assert np.array_equal(delayed["visibility_error"][i], once.error)
    assert spectra["frequency"].attrs["units"] == "unit of rate"
    assert np.all(np.isnan(spectra["error"]))


def test_a_point_that_fails_says_why_at_all_its_times_and_the_others_go_on():
    data = evolved("concurrence", {"kappa": [0.1, -1.0]}, fixed={"n_th": 2.0})
    assert np.array_equal(data["status"], np.repeat([[1], [2]], len(TIMES), axis=1))
    assert all("kappa" in str(words) for words in data["message"].values[1])
    assert np.all(np.isnan(data["concurrence"].values[1]))
    one_dark = radiated(
        ["g2", "visibility"], {"n_th": [1.0, 0.0]}, delays=[1.0], fixed={"kappa": 0.5}
    )
    assert np.array_equal(one_dark["status"][:, 0], [1, 2])
    assert "visibility: ArgumentError" in str(one_dark["message"].values[1, 0])


def test_a_store_goes_on_and_takes_more_times(tmp_path, monkeypatch):
    pytest.importorskip("zarr")
    store, grid, calls = tmp_path / "study.zarr", {"n_th": [0.1, 0.2, 0.3]}, []

    def sweep(times, **more):
        given = {"fixed": {"kappa": 0.5}, "block": 1, "store": store, **more}
        return evolved("concurrence", grid, times, **given).load()

    def interrupted(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return evolve_one_of_many(*given)

    monkeypatch.setattr(following, "evolve_one_of_many", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep([1.0, 4.0])
    first = sweep([1.0, 4.0])
    assert len(calls) == 4  # one was finished, one was interrupted, two were left
    assert np.all(first["status"] == 1)
    longer = sweep([1.0, 2.0, 4.0], accept="grid")
    assert np.array_equal(longer["concurrence"].sel(time=[1.0, 4.0]), first["concurrence"])
    assert np.all(longer["status"] == 1)
    with pytest.raises(StoreError, match="another study"):
        radiated("concurrence", grid, fixed={"kappa": 0.5}, store=store)


def test_an_axis_of_times_is_no_parameter_of_the_builder(tmp_path):
    pytest.importorskip("zarr")

    def link(n_th, **others):
        return te.thermal_link(n_th, 0.5)

    given = {"store": tmp_path / "s.zarr", "initial": "00", "executor": 1, "progress": False}
    te.sweep(link, {"n_th": [1.0]}, "purity", times=[1.0], **given)
    with pytest.raises(StoreError, match="along: time in the store"):
        te.sweep(link, {"n_th": [1.0], "time": [1.0]}, "purity", **given)


def test_an_executor_gives_the_same_bits():
    with ThreadPoolExecutor(2) as threads:
        shared = evolved("concurrence", executor=threads, block=1)
    assert np.array_equal(shared["concurrence"], evolved("concurrence")["concurrence"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"times": [1.0], "delays": [1.0]}, "`delays` must be left out where `times`"),
        ({"times": [2.0, 1.0]}, "`times` must be increasing"),
        ({"frequencies": [1.0, 1.0]}, "`frequencies` must be different"),
    ],
)
def test_there_is_one_axis_of_numbers(wrong, words):
    with pytest.raises(ArgumentError, match=words):
        axis_of(**wrong)


def test_arguments_that_do_not_fit_the_axis_are_refused():
    time, frequency = axis_of(times=[1.0]), axis_of(frequencies=[1.0])
    with pytest.raises(ArgumentError, match="`initial` must be the emitters' state at time"):
        check_following(time, None, None)
    with pytest.raises(ArgumentError, match="`method` must be None or"):
        check_following(frequency, te.Fock(), None)
    with pytest.raises(ArgumentError, match="`grid` must be without 'time'"):
        with_axis(as_grid({"time": [1.0]}), time)
    with pytest.raises(ArgumentError, match=r"of \['spectrum'\]"):
        as_emissions(["concurrence"], "frequency")
    with pytest.raises(ArgumentError, match="`observables` must be names of"):
        as_emissions([], "delay")
    with pytest.raises(ArgumentError, match="`observables` must be 'output' or a node"):
        Emission(name="spectrum[x]", what="spectrum", of="x").check(te.thermal_link(1.0, 0.5))


def test_a_study_in_a_file_has_times(tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(
        'model = "thermal_link"\nobservables = ["purity"]\n[grid]\nn_th = [0.5]\n'
        '[fixed]\nkappa = 0.5\n[sweep]\ninitial = "00"\ntimes = { geomspace = [0.1, 10.0, 3] }\n'
    )
    pytest.importorskip("jsonschema")
    data = te.sweep(**read_study(study), executor=1, progress=False)
    assert data["time"].values == pytest.approx([0.1, 1.0, 10.0])
    assert np.all(data["status"] == 1)
    study.write_text(study.read_text().replace("0.1, 10.0, 3", "10.0, 0.1, 3"))
    words = r"line 9, \[sweep\] times: .*must be increasing"
    with pytest.raises(StudyFileError, match=words), explained_by(study):
        te.sweep(**read_study(study), executor=1, progress=False)
