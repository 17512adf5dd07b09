"""Files that commands for laboratories, comparisons and two rails write."""

import csv

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main

RAILS = ["dual-rail", "--pairs", "2", "--squeezing", "0.5"]


def written(path, *arguments):
    result = CliRunner().invoke(main, [*arguments, "-o", str(path)])
    assert result.exit_code == 0, result.output
    return result


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_laboratory_is_written_as_numbers_and_as_a_state(tmp_path):
    state = te.steady_state(te.hardware.preset("siv-spin").network)
    written(tmp_path / "numbers.csv", "hardware", "--preset", "siv-spin")
    first = rows(tmp_path / "numbers.csv")[0]
    assert first["quantity"] == "concurrence"
    assert float(first["value"]) == state.concurrence()
    assert float(first["error"]) == state.concurrence().error
    written(tmp_path / "state.npz", "hardware", "--preset", "siv-spin")
    assert te.load(tmp_path / "state.npz") == state


@pytest.mark.parametrize("option", ["-o", "--plot"])
def test_what_has_no_steady_state_is_not_written(tmp_path, option):
    path = tmp_path / ("peak.csv" if option == "-o" else "peak.png")
    call = ["hardware", "--preset", "ring-caesium", option, str(path)]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 2
    assert "needs a steady state, which ring-caesium has not" in result.output
    assert not path.exists()


def test_a_comparison_is_written_a_line_per_method(tmp_path):
    call = ["validate", "--n-th", "0.5", "--kappa", "0.5"]
    written(tmp_path / "methods.csv", *call)
    found = {row["method"]: row for row in rows(tmp_path / "methods.csv")}
    assert {"ContinuedFraction", "Fock", "Markov"} <= found.keys()
    assert float(found["Fock"]["distance"]) < 1e-8
    assert "concurrence" in found["Fock"]


def test_two_rails_are_written_a_line_per_pair_of_qubits(tmp_path):
    written(tmp_path / "closed.csv", *RAILS)
    found = rows(tmp_path / "closed.csv")
    closed = te.analytic.dual_rail_state(2, 0.5)
    assert [(row["rail_a"], row["rail_b"]) for row in found] == [
        ("A1", "B1"), ("A1", "B2"), ("A2", "B1"), ("A2", "B2"),
    ]  # fmt: skip
    assert float(found[0]["concurrence"]) == pytest.approx(closed.concurrence("A1", "B1"))
    solved = [*RAILS, "--dephasing", "0.1"]
    written(tmp_path / "solved.csv", *solved)
    assert 0 < float(rows(tmp_path / "solved.csv")[0]["error"]) < 1e-6
    written(tmp_path / "solved.npz", *solved)
    np.testing.assert_allclose(
        te.load(tmp_path / "solved.npz").concurrence("A1", "B1"),
        float(rows(tmp_path / "solved.csv")[0]["concurrence"]),
    )


def test_a_closed_form_is_no_result_of_a_method(tmp_path):
    result = CliRunner().invoke(main, [*RAILS, "-o", str(tmp_path / "state.npz")])
    assert result.exit_code == 2
    assert "the closed form is no file of te.load" in result.output
