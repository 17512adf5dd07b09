"""Ctrl-C in an ensemble: what is done is written, marked as partial, and the exit status is 130."""

import json
from dataclasses import replace

import pytest
import xarray
from click.testing import CliRunner

import thermalent as te
from tests.support.interrupts import interruption_after
from thermalent.cli import main
from thermalent.solution.errors import Interrupted
from thermalent.solution.plan import Cost, Plan
from thermalent.solution.result import Outcome


@pytest.mark.parametrize("output", ["table", "json", "csv", "netcdf"])
def test_an_interrupted_ensemble_is_marked_wherever_it_is_written(monkeypatch, tmp_path, output):
    whole = te.evolve(te.thermal_link(1.0, 0.5), [0.1, 0.2], "00", te.FieldTrajectories(n=16))
    status = Outcome.INTERRUPTED.because("Interrupted: 16 of 64 trajectories.")
    partial = replace(whole, status=status, stats={**whole.stats, "partial": True})

    class Interrupting(Plan):
        cost = Cost(bytes=0.0, operations=0.0)

        def compute(self):
            raise Interrupted(partial, partial.status.message)

    monkeypatch.setattr(te.FieldTrajectories, "plan", lambda self, task: Interrupting())
    path = tmp_path / ("run.nc" if output == "netcdf" else "run.csv")
    extra = {"table": [], "json": ["--json"]}.get(output, ["-o", str(path)])
    command = ["trajectories", "--n-th", "1", "--kappa", "0.5", "--times", "0.1,0.2", *extra]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 130
    if output == "json":
        text = result.stdout
        assert json.loads(text[: text.rindex("}") + 1])["partial"] is True
    elif output == "csv":
        assert "partial: trajectories" in path.read_text().splitlines()[0]
    elif output == "netcdf":
        with xarray.open_dataset(path) as data:
            assert data.attrs["partial"] == 1
    else:
        assert "Partial result. Interrupted: 16 of 64 trajectories." in result.stdout


@pytest.mark.parametrize("method", ["trajectories", "quantum-jumps", "field-jumps"])
@pytest.mark.parametrize("output", [[], ["--json"]], ids=["table", "json"])
def test_an_interrupted_steady_state_is_marked(monkeypatch, method, output):
    kinds = {
        "trajectories": te.FieldTrajectories,
        "quantum-jumps": te.QuantumJumps,
        "field-jumps": te.FieldJumps,
    }
    few = kinds[method](n=64, burn_in=30.0, window=1.0)
    whole = te.steady_state(te.thermal_link(1.0, 0.5), few)
    status = Outcome.INTERRUPTED.because("Interrupted: 64 of 99 trajectories.")
    partial = replace(whole, status=status, stats={**whole.stats, "partial": True})

    class Interrupting(Plan):
        cost = Cost(bytes=0.0, operations=0.0)

        def compute(self):
            raise Interrupted(partial, partial.status.message)

    monkeypatch.setattr(kinds[method], "plan", lambda self, task: Interrupting())
    command = ["steady", "--n-th", "1", "--kappa", "0.5", "--method", method, *output]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 130
    if output:
        text = result.stdout
        assert json.loads(text[: text.rindex("}") + 1])["partial"] is True
    else:
        assert "partial" in result.stdout


def test_an_interrupted_burn_in_leaves_no_result():
    """Nothing was averaged yet: there is no partial result to mark."""
    network = te.thermal_link(30.0, 0.3)
    te.steady_state(network, te.FieldTrajectories(n=64, burn_in=30.0, window=1.0))  # compiles
    with pytest.raises(KeyboardInterrupt) as caught, interruption_after(0.5, computed=True):
        te.steady_state(network, te.FieldTrajectories(n=64, burn_in=1e7))
    assert not hasattr(caught.value, "partial")


@pytest.mark.parametrize("begun", [True, False])
def test_an_interrupted_sweep_says_where_the_finished_points_are(monkeypatch, tmp_path, begun):
    study, store = tmp_path / "study.toml", tmp_path / "study.zarr"
    study.write_text(
        'model = "thermal_link"\nobservables = ["purity"]\n[grid]\nn_th = [1.0]\nkappa = [0.1]\n'
    )

    def interrupted(**described):
        if begun:
            store.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("thermalent.sweeping.run.sweep", interrupted)
    result = CliRunner().invoke(main, ["sweep", str(study), "-o", str(store)])
    assert result.exit_code == 130
    where = f" What is finished is in {str(store)!r}; the same command goes on."
    assert result.stderr == f"thermalent: interrupted{'.' + where if begun else ''}\n"
