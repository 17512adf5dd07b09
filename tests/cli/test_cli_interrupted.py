"""Ctrl-C in an ensemble: what is done is written, marked as partial, and the exit status is 130."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main
from thermalent.solution.interruption import Interrupted
from thermalent.solution.plan import Cost, Plan
from thermalent.solution.result import Outcome, Status


@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_an_interrupted_ensemble_is_marked_wherever_it_is_written(monkeypatch, tmp_path, output):
    whole = te.evolve(te.thermal_link(1.0, 0.5), [0.1, 0.2], "00", te.FieldTrajectories(n=16))
    status = Status(outcome=Outcome.INTERRUPTED, message="Interrupted: 16 of 64 trajectories.")
    partial = replace(whole, status=status, stats={**whole.stats, "partial": True})

    class Interrupting(Plan):
        cost = Cost(bytes=0.0, operations=0.0)

        def run(self):
            raise Interrupted(partial)

    monkeypatch.setattr(te.FieldTrajectories, "plan", lambda self, task: Interrupting())
    path = tmp_path / "run.csv"
    extra = {"table": [], "json": ["--json"], "csv": ["-o", str(path)]}[output]
    command = ["trajectories", "--n-th", "1", "--kappa", "0.5", "--times", "0.1,0.2", *extra]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 130
    if output == "json":
        text = result.stdout
        assert json.loads(text[: text.rindex("}") + 1])["partial"] is True
    elif output == "csv":
        assert "partial: trajectories" in path.read_text().splitlines()[0]
    else:
        assert "Partial result. Interrupted: 16 of 64 trajectories." in result.stdout
