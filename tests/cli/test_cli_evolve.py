"""`thermalent evolve` and `thermalent trajectories` against the library."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import thermalent as te
from tests.support.command_line import complaints, run
from tests.support.plans import run_otherwise
from thermalent import stochastic
from thermalent.solution.result import Outcome

ROOT = Path(__file__).parents[2]
LINK = ["--n-th", "20", "--kappa", "1e-2"]
NETWORK = te.thermal_link(n_th=20, kappa=1e-2)


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """A fresh installation says on stderr, once, that it compiles; stderr is compared below."""
    te.steady_state(NETWORK)
    te.evolve(NETWORK, [1.0], "00", stochastic.FieldTrajectories(n=8))


def succeed(*args):
    result = run(*args)
    assert result.exit_code == 0, result.stderr
    said = complaints(result.stderr).splitlines()
    assert [line for line in said if line[:8] != "written:"] == []
    return result.stdout


def table(text):
    """The rows of a printed table, as numbers, (rows, columns)."""
    return np.array([[float(item) for item in line.split()] for line in text.splitlines()[2:]])


def complex_states(data):
    pairs = np.array(data["states"])
    return pairs[..., 0] + 1j * pairs[..., 1]


def test_a_logarithmic_range_of_times():
    rows = table(succeed("evolve", *LINK, "--times", "0.1:1e3:5"))
    times = np.geomspace(0.1, 1e3, 5)
    expected = te.evolve(NETWORK, times, "00")
    np.testing.assert_allclose(rows[:, 0], times, rtol=1e-5)  # printed with six digits
    np.testing.assert_allclose(rows[:, 1], expected.concurrence(), atol=1e-8, rtol=0)
    np.testing.assert_allclose(rows[:, 2], expected.concurrence().error, rtol=0.1)
    for column, values in enumerate(expected.populations().values(), start=3):
        np.testing.assert_allclose(rows[:, column], values, atol=1e-8, rtol=0)
    assert rows[-1, 1] > 0.1
    np.testing.assert_allclose(rows[:, -1], expected.error, rtol=0.1)


def test_the_table_is_aligned_and_has_its_headings():
    lines = succeed("evolve", *LINK, "--times", "1,10").splitlines()
    assert lines[0].split() == (
        ["time", "concurrence", "+-", "pop.", "00", "pop.", "S", "pop.", "T", "pop.", "11", "error"]
    )
    assert len({len(line) for line in lines}) == 1


def test_json_holds_the_states_in_full_precision():
    args = [*LINK, "--times", "0,1,5", "--initial", "10", "--detuning", "0.3,-0.2"]
    args += ["--dephasing", "0.1", "--rtol", "1e-7"]
    data = json.loads(succeed("evolve", *args, "--json"))
    network = te.thermal_link(20, 1e-2, detuning=(0.3, -0.2), dephasing=0.1)
    expected = te.evolve(network, [0, 1, 5], "10", te.ContinuedFraction(rtol=1e-7))
    assert np.max(np.abs(expected.states.imag)) > 0.01
    np.testing.assert_array_equal(complex_states(data), expected.states)
    assert data["times"] == [0.0, 1.0, 5.0]
    assert data["initial"] == "10"
    assert data["concurrence"] == expected.concurrence().tolist()
    assert data["errors"]["concurrences"]["q1 q2"] == expected.concurrence().error.tolist()
    assert data["error"] == expected.error.tolist()
    assert data["error_origin"] == expected.how
    assert data["method"]["parameters"]["rtol"] == 1e-7
    assert set(data["populations"]) == {"00", "S", "T", "11"}


def test_a_named_bell_state_is_an_initial_state():
    rows = table(succeed("evolve", *LINK, "--times", "0", "--initial", "S"))
    assert rows[0, 1] == pytest.approx(1, abs=1e-7)


def test_csv_holds_every_element(tmp_path):
    path = tmp_path / "link.csv"
    printed = succeed("evolve", *LINK, "--detuning", "0.3,-0.2", "--times", "1,30", "-o", path)
    assert len(table(printed)) == 2
    with path.open() as file:
        rows = list(csv.DictReader(file))
    expected = te.evolve(te.thermal_link(20, 1e-2, detuning=(0.3, -0.2)), [1, 30], "00")
    assert np.max(np.abs(expected.states.imag)) > 0.01  # the sign of the imaginary parts is seen
    labels = ["00", "01", "10", "11"]
    for row, state, c in zip(rows, expected.states, expected.concurrence(), strict=True):
        found = [[complex(float(row[f"re({i},{j})"]), float(row[f"im({i},{j})"]))
                  for j in labels] for i in labels]  # fmt: skip
        np.testing.assert_array_equal(found, state)
        assert float(row["concurrence q1 q2"]) == c
        assert float(row["error of concurrence q1 q2"]) == c.error
    assert [float(row["time"]) for row in rows] == [1.0, 30.0]


def test_one_qubit_and_three():
    rows = table(succeed("evolve", *LINK, "--qubits", "1", "--times", "0.5"))
    expected = te.evolve(te.thermal_link(20, 1e-2, qubits=1), [0.5], "0")
    np.testing.assert_allclose(rows[0, 1:3], expected.states[0].diagonal().real, atol=1e-8, rtol=0)
    args = [*LINK, "--qubits", "3", "--times", "20"]
    lines = succeed("evolve", *args).splitlines()
    assert lines[0].split() == ["time", "C", "q1", "q2", "+-", "pop.", "000", "error"]
    data = json.loads(succeed("evolve", *args, "--json"))
    assert data["initial"] == "000"
    assert data["concurrence"] is None
    assert set(data["concurrences"]) == {"q1 q2", "q1 q3", "q2 q3"}


def test_averages_of_runs_are_those_of_the_library_and_near_the_exact_states():
    args = [*LINK, "--times", "1,10", "--runs", "500", "--seed", "3", "--json"]
    data = json.loads(succeed("trajectories", *args))
    expected = te.evolve(NETWORK, [1, 10], "00", stochastic.FieldTrajectories(n=500, seed=3))
    np.testing.assert_array_equal(complex_states(data), expected.states)
    exact = te.evolve(NETWORK, [1, 10], "00").states
    # Standard errors; five of them are the house's limit for a fixed seed.
    assert np.all(np.abs(complex_states(data) - exact).max(axis=(1, 2)) < 5 * expected.error)
    assert data["quanta"] is None


def test_a_single_run_comes_with_its_field(tmp_path):
    path = tmp_path / "run.csv"
    args = [*LINK, "--times", "1,10", "--single", "--seed", "3", "--step", "0.02"]
    rows = table(succeed("trajectories", *args, "-o", path))
    expected = stochastic.trajectory(NETWORK, [1, 10], seed=3, step=0.02)
    quanta = np.abs(expected.field) ** 2
    np.testing.assert_allclose(rows[:, 1], quanta, atol=0.005, rtol=0)  # two decimals
    np.testing.assert_allclose(rows[:, 2], expected.concurrence(), atol=1e-8, rtol=0)
    with path.open() as file:
        written = list(csv.DictReader(file))
    assert [float(row["quanta"]) for row in written] == quanta.tolist()
    other = table(succeed("trajectories", *args[:-3], "4", "--step", "0.02"))
    assert not np.allclose(other[:, 1], rows[:, 1], rtol=0.01)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["evolve", *LINK],
            "Missing option '--times'."
            " For example: thermalent evolve --n-th 1220 --kappa 1e-3 --times 1:1e4:25",
        ),
        (
            ["evolve", *LINK, "--times", "x"],
            "Invalid value for '--times': 'x' is neither START:STOP:COUNT nor times and commas.",
        ),
        (
            ["evolve", *LINK, "--times", "1:2"],
            "Invalid value for '--times': '1:2' is neither START:STOP:COUNT nor times and commas.",
        ),
        (
            ["evolve", *LINK, "--times", "0:2:3"],
            "Invalid value for '--times': '0:2:3' needs 0 < START < STOP and a COUNT of at least 2 "
            "(its times are equally spaced in the logarithm; write START:STOP:COUNT:linear for "
            "equal steps).",
        ),
        (
            ["evolve", *LINK, "--times", "3,1"],
            "Option --times must be increasing, but is 3 followed by 1.",
        ),
        (
            ["evolve", *LINK, "--times", "1", "--initial", "2"],
            "Option --initial must be one level for each of 2 subsystems, but is '2'.",
        ),
        (
            ["evolve", *LINK, "--times", "1", "-o", "/no/such/place.csv"],
            "Option --output: there is no folder '/no/such'.",
        ),
        (
            ["trajectories", *LINK, "--times", "1", "--runs", "1"],
            "Invalid value for '--runs': 1 is not in the range x>=8.",
        ),
        (
            ["trajectories", *LINK, "--times", "1", "--seed", "-1"],
            "Option --seed must be an integer of at least 0, but is -1.",
        ),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(args, message):
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"thermalent: {message}\n"


@pytest.mark.parametrize("single", [[], ["--single"]])
def test_a_step_too_large_for_the_rates_is_a_wrong_option(single):
    result = run("trajectories", *LINK, "--times", "1", "--step", "10", *single)
    assert result.exit_code == 2
    assert result.stderr.startswith("thermalent: Option --step must be at most ")
    assert result.stderr.count("\n") == 1


def test_a_method_that_does_not_apply_is_exit_code_2():
    result = run("evolve", *LINK, "--times", "1", "--method", "quasistatic")
    assert result.exit_code == 2
    assert result.stderr.startswith("thermalent: Quasistatic does not evolve this network: ")
    assert result.stderr.count("\n") == 1


def test_an_evolution_that_failed_is_exit_code_1(monkeypatch):
    def failing(plan):
        status = Outcome.NOT_CONVERGED.because("Ask for a larger rtol.")
        return replace(plan.run(), status=status)

    run_otherwise(monkeypatch, te.ContinuedFraction, failing)
    result = run("evolve", *LINK, "--times", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "thermalent: Ask for a larger rtol.\n"


def test_a_full_disk_is_exit_code_1():
    result = run("evolve", *LINK, "--times", "1", "-o", "/dev/full")
    assert result.exit_code == 1
    assert result.stderr == ("thermalent: could not write '/dev/full': No space left on device.\n")


def test_help_has_examples_that_run():
    for command in ("evolve", "trajectories"):
        assert f"thermalent {command} --n-th" in succeed(command, "--help")
    lines = succeed("evolve", "--help").splitlines()
    (example,) = (line.split() for line in lines if "--initial 10" in line)
    assert len(table(succeed(*example[1:]))) == 5


@pytest.mark.parametrize(("option", "source"), [("empty", "empty"), ("2+1j", 2 + 1j)])
def test_the_source_may_start_otherwise(option, source):
    data = json.loads(succeed("evolve", *LINK, "--times", "1,10", "--source", option, "--json"))
    expected = te.evolve(NETWORK, [1.0, 10.0], "00", source=source).concurrence()
    assert data["concurrence"] == pytest.approx(list(expected), abs=1e-12)
    result = run("evolve", *LINK, "--times", "1", "--source", "1,0")
    assert result.exit_code == 2
    assert "there are 2 for 1" in result.stderr
    result = run("evolve", *LINK, "--times", "1", "--source", "full")
    assert result.exit_code == 2
    assert "neither 'stationary' nor 'empty' nor a number" in result.stderr


PULSE = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "switching.md").read_text(), re.DOTALL)


def test_a_schedule_comes_from_a_file(tmp_path):
    """The file on the page of schedules, beside the same pieces in Python."""
    (text,) = PULSE
    path = tmp_path / "pulse.toml"
    path.write_text(text)
    given = ["--n-th", 20, "--kappa", 0.05, "--times", "60,68,1000", "--schedule", path, "--json"]
    data = json.loads(succeed("evolve", *given))
    links = [
        te.thermal_link(n_th=20, kappa=0.05),
        te.thermal_link(n_th=0, kappa=0.05),
        te.thermal_link(n_th=20, kappa=0.05, gamma=0.0),
    ]
    pieces = te.Schedule(list(zip(links, [60.0, 8.0, np.inf], strict=True)))
    expected = te.evolve(pieces, [60.0, 68.0, 1000.0], "00")
    np.testing.assert_array_equal(complex_states(data), expected.states)
    assert data["schedule"][1] == {"duration": 8, "n_th": 0}
    assert data["network"]["kappa"] == 0.05


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[piece]\n", "is no TOML"),
        ("duration = 3\n", "must hold [[piece]] tables, and nothing else"),
        ("[[piece]]\nkappa = 1\n", "piece 1: there is no duration"),
        ("[[piece]]\nduration = 1\nqubits = 3\n", "piece 1: 'qubits' is none of duration, n_th,"),
        ("[[piece]]\nduration = 1\ngamma = 'x'\n", "piece 1: gamma must be a number, but is 'x'"),
        ("[[piece]]\nduration = 1\n[[piece]]\nduration = 1\nn_th = -1\n", "piece 2: "),
        ("[[piece]]\nduration = -1\n", "schedule.toml: "),
        ("[[piece]]\nduration = 1\n", "at most 1, the duration of the schedule"),
    ],
)
def test_a_file_that_is_no_schedule_is_explained(tmp_path, text, said):
    path = tmp_path / "schedule.toml"
    path.write_text(text)
    failed = run("evolve", *LINK, "--times", "2", "--schedule", path)
    assert failed.exit_code == 2
    assert said in failed.stderr
