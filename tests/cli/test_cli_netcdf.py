"""`-o file.nc` of `thermalent evolve` and `thermalent trajectories`, read back with xarray."""

import importlib.util
import json

import numpy as np
import pytest
import xarray

import thermalent as te
from tests.support.command_line import run
from thermalent import stochastic

LINK = ["--n-th", "20", "--kappa", "1e-2"]
NETWORK = te.thermal_link(n_th=20, kappa=1e-2)


def written(path, *args):
    """The data set that a command wrote, as anyone opens it."""
    result = run(*args, "-o", path)
    assert result.exit_code == 0, result.stderr
    with xarray.open_dataset(path) as data:
        return data.load()


def matrices(data):
    return (data["state_real"] + 1j * data["state_imag"]).transpose("time", "row", "column").values


def test_an_evolution_comes_back_as_it_was(tmp_path):
    args = ["evolve", *LINK, "--times", "0,1,30", "--initial", "10", "--rtol", "1e-7"]
    args += ["--detuning", "0.3,-0.2"]  # so that the states are complex
    data = written(tmp_path / "link.nc", *args)
    network = te.thermal_link(20, 1e-2, detuning=(0.3, -0.2))
    expected = te.evolve(network, [0, 1, 30], "10", te.ContinuedFraction(rtol=1e-7))
    assert np.max(np.abs(expected.states.imag)) > 0.01
    np.testing.assert_array_equal(matrices(data), expected.states)
    np.testing.assert_array_equal(data["time"], expected.times)
    np.testing.assert_array_equal(data["error"], expected.error)
    concurrence = data["concurrence"].sel(pair="q1 q2")
    np.testing.assert_array_equal(concurrence, expected.concurrence())
    for label, values in expected.populations().items():
        np.testing.assert_array_equal(data["population"].sel(level=label), values)
        np.testing.assert_array_equal(data["population_error"].sel(level=label), values.error)
    np.testing.assert_array_equal(data["purity"], expected.purity())
    np.testing.assert_array_equal(data["purity_error"], expected.purity().error)
    assert data["purity"].attrs == {"long_name": "purity", "units": "1"}
    errors = data["concurrence_error"].sel(pair="q1 q2")
    np.testing.assert_array_equal(errors, expected.concurrence().error)
    assert float(data["state_real"].sel(row="10", column="10", time=0)) == pytest.approx(1)
    assert dict(data.sizes) == {"time": 3, "row": 4, "column": 4, "level": 4, "pair": 1}


def test_what_was_asked_for_is_in_the_attributes(tmp_path):
    args = ["evolve", *LINK, "--times", "1,5", "--dephasing", "0.1", "--rtol", "1e-6"]
    data = written(tmp_path / "link.nc", *args)
    assert data.attrs["source"] == f"thermalent {te.__version__}"
    assert data.attrs["method"] == "ContinuedFraction"
    assert data.attrs["claim"] == "exact"
    assert json.loads(data.attrs["method_parameters"])["rtol"] == 1e-6
    network = json.loads(data.attrs["network"])
    printed = json.loads(run(*args, "--json").stdout)
    assert network == printed["network"]
    assert network["n_th"] == 20.0
    assert json.loads(data.attrs["initial"]) == "00"
    assert "depths" in data.attrs["error_origin"]
    assert data["time"].attrs["units"] == "inverse unit of rate"
    for name in data.data_vars:
        assert data[name].attrs["units"] == "1"
        assert data[name].attrs["long_name"]


def test_averages_and_single_runs(tmp_path):
    args = ["trajectories", *LINK, "--times", "1,10", "--seed", "3"]
    data = written(tmp_path / "mean.nc", *args, "--runs", "200")
    expected = te.evolve(NETWORK, [1, 10], "00", stochastic.FieldTrajectories(n=200, seed=3))
    np.testing.assert_array_equal(matrices(data), expected.states)
    assert data.attrs["claim"] == "statistical"
    assert "quanta" not in data
    data = written(tmp_path / "run.nc", *args, "--single", "--step", "0.02")
    one = stochastic.trajectory(NETWORK, [1, 10], seed=3, step=0.02)
    np.testing.assert_array_equal(data["quanta"], np.abs(one.field) ** 2)
    assert json.loads(data.attrs["single"]) is True


@pytest.mark.parametrize("qubits", [1, 3])
def test_one_qubit_and_three(tmp_path, qubits):
    args = ["evolve", *LINK, "--qubits", qubits, "--times", "0.5", "--rtol", "1e-4"]
    data = written(tmp_path / "link.nc", *args)
    assert data.sizes["row"] == 2**qubits
    assert data["row"].values[0] == "0" * qubits
    assert data.sizes.get("pair", 0) == {1: 0, 3: 3}[qubits]
    assert float(data["population"].sum("level")[0]) == pytest.approx(1, abs=1e-9)


def test_other_names_are_csv(tmp_path):
    path = tmp_path / "link.txt"
    assert run("evolve", *LINK, "--times", "1", "-o", path).exit_code == 0
    numbers = "concurrence q1 q2,error of concurrence q1 q2,purity,error of purity"
    assert path.read_text().startswith(f"time,{numbers},error,")


def test_a_missing_library_is_said_before_the_work(monkeypatch, tmp_path):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "h5netcdf" else found(name, *rest),
    )
    path = tmp_path / "link.nc"
    result = run("evolve", *LINK, "--times", "1", "-o", path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "thermalent: Option --output: NetCDF needs h5netcdf: pip install 'thermalent[sweep]'.\n"
    )
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_exit_code_1(tmp_path):
    path = tmp_path / "link.nc"
    path.mkdir()
    result = run("evolve", *LINK, "--times", "1", "-o", path)
    assert result.exit_code == 2  # click knows that a folder is no file
    missing = run("evolve", *LINK, "--times", "1", "-o", tmp_path / "no" / "link.nc")
    assert missing.exit_code == 2
    assert "there is no folder" in missing.stderr
    full = run("evolve", *LINK, "--times", "1", "-o", "/proc/link.nc")
    assert full.exit_code == 1
    assert full.stderr.startswith("thermalent: could not write '/proc/link.nc': ")
    assert full.stderr.count("\n") == 1
