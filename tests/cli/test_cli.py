"""The command line against the library: numbers, error lines, exit codes."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import thermalent as te
from tests.support.command_line import complaints, run
from tests.support.plans import run_otherwise
from thermalent.analysis import cross_validation
from thermalent.analysis.cross_validation import Verdict
from thermalent.hardware import superconducting_link
from thermalent.operators.reading import observables
from thermalent.solving.registry import METHODS

LINK = ["--n-th", "1220", "--kappa", "1e-3"]


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """A fresh installation says on stderr, once, that it compiles; stderr is compared below."""
    te.steady_state(te.thermal_link(n_th=1, kappa=1))


def succeed(*args):
    result = run(*args)
    assert result.exit_code == 0, result.stderr
    assert complaints(result.stderr) == ""
    return result.stdout


def matrix(data):
    pairs = np.array(data["state"])
    return pairs[..., 0] + 1j * pairs[..., 1]


def table(text):
    """Lines "name  value" as a dictionary."""
    return dict(line.rsplit(maxsplit=1) for line in text.splitlines() if len(line.split()) > 1)


def test_steady_prints_the_numbers_of_the_library():
    rows = table(succeed("steady", *LINK))
    expected = te.steady_state(te.thermal_link(n_th=1220, kappa=1e-3))
    assert rows["concurrence"] == f"{expected.concurrence():.10f}"
    for name, value in expected.populations().items():
        assert rows[f"population {name}"] == f"{value:.10f}"
    assert rows["error"] == f"{expected.error:.1e}"
    assert rows["error of concurrence"] == f"{expected.concurrence().error:.1e}"
    assert rows["purity"] == f"{expected.purity():.10f}"
    assert rows["n_max"] == str(expected.stats["n_max"])
    assert float(rows["seconds"]) >= 0


def test_the_table_of_observables_says_what_is_printed(monkeypatch):
    """A measure of a pair and one of the whole state are printed as soon as they are marked."""
    marked = [
        replace(observables.TABLE["negativity"], printed=True, plural="negativities"),
        replace(observables.TABLE["entropy"], printed=True),
    ]
    monkeypatch.setattr(observables, "PRINTED", marked)
    expected = te.steady_state(te.thermal_link(n_th=1220, kappa=1e-3))
    rows = table(succeed("steady", *LINK))
    assert "concurrence" not in rows
    assert rows["negativity"] == f"{expected.negativity():.10f}"
    assert rows["entropy"] == f"{expected.entropy():.10f}"
    assert rows["error of entropy"] == f"{expected.entropy().error:.1e}"
    data = json.loads(succeed("evolve", *LINK, "--times", "30", "--json"))
    over_time = te.evolve(te.thermal_link(n_th=1220, kappa=1e-3), [30.0], "00")
    assert data["negativity"] == data["negativities"]["q1 q2"] == list(over_time.negativity())
    assert data["entropy"] == list(over_time.entropy())
    assert data["errors"]["entropy"] == list(over_time.entropy().error)
    assert {"concurrence", "purity"}.isdisjoint(data)


def test_columns_are_aligned():
    lines = succeed("steady", *LINK).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert all(line[0] != " " and line[-1] != " " for line in lines)


def test_json_holds_every_number_in_full_precision():
    options = ["--gamma", "1,0.9", "--detuning", "-0.1,0.1", "--dephasing", "0.01"]
    data = json.loads(succeed("steady", *LINK, *options, "--loss", "0.05", "--json"))
    expected = te.steady_state(
        te.thermal_link(
            1220, 1e-3, (1.0, 0.9), detuning=(-0.1, 0.1), dephasing=0.01, loss=0.05, qubits=2
        )
    )
    np.testing.assert_array_equal(matrix(data), expected.state)
    assert data["concurrence"] == expected.concurrence()
    assert data["concurrences"] == {"q1 q2": expected.concurrence()}
    assert data["populations"] == expected.populations()
    assert data["errors"]["concurrences"] == {"q1 q2": expected.concurrence().error}
    assert data["errors"]["purity"] == expected.purity().error
    assert data["errors"]["populations"]["S"] == expected.populations()["S"].error
    assert data["purity"] == expected.purity()
    assert data["error"] == float(expected.error)
    assert data["error_origin"] == expected.error.how
    assert data["emitters"] == ["q1", "q2"]
    assert data["version"] == te.__version__
    assert data["network"]["gamma"] == [1.0, 0.9]
    assert data["method"]["parameters"] == asdict(te.ContinuedFraction())
    assert data["stats"]["n_max"] == expected.stats["n_max"]


@pytest.mark.parametrize("entry", [entry for entry in METHODS if entry.steady])
def test_every_method_can_be_named(entry):
    class_name = entry.name
    data = json.loads(
        succeed("steady", "--n-th", "0.2", "--kappa", "0.5", "--method", entry.key, "--json")
    )
    network = te.thermal_link(n_th=0.2, kappa=0.5)
    expected = te.steady_state(network, getattr(te, class_name)())
    assert data["method"]["name"] == class_name
    assert data["method"]["claim"] == expected.method.claim
    np.testing.assert_array_equal(matrix(data), expected.state)
    if expected.method.claim == "approximate":
        assert data["error"] is None


def test_method_options_are_parameters_of_the_methods():
    for entry in METHODS:
        assert set(entry.options) <= set(getattr(te, entry.name).__dataclass_fields__)


def test_numerical_options_reach_the_method():
    data = json.loads(succeed("steady", *LINK, "--n-max", "300", "--json"))
    assert data["stats"]["n_max"] == 300
    data = json.loads(succeed("steady", *LINK, "--rtol", "1e-4", "--json"))
    assert data["method"]["parameters"]["rtol"] == 1e-4
    small = ["--n-th", "0.5", "--kappa", "0.5", "--json"]
    data = json.loads(succeed("steady", *small, "--cutoff", "30"))
    expected = te.steady_state(te.thermal_link(n_th=0.5, kappa=0.5), te.Fock(cutoff=30))
    assert data["method"]["name"] == "Fock"
    np.testing.assert_array_equal(matrix(data), expected.state)


def test_several_qubits():
    args = ["steady", "--n-th", "5", "--kappa", "0.1", "--qubits", "3"]
    expected = te.steady_state(te.thermal_link(n_th=5, kappa=0.1, qubits=3))
    data = json.loads(succeed(*args, "--json"))
    assert data["concurrence"] is None
    assert data["concurrences"]["q1 q2"] == expected.concurrence("q1", "q2")
    assert set(data["concurrences"]) == {"q1 q2", "q1 q3", "q2 q3"}
    rows = table(succeed(*args))
    assert rows["concurrence q1 q2"] == f"{expected.concurrence('q1', 'q2'):.10f}"
    assert rows["population 000"] == f"{expected.populations()['000']:.10f}"


def test_one_qubit_and_many_populations():
    rows = table(succeed("steady", "--n-th", "5", "--kappa", "0.1", "--qubits", "1"))
    assert set(rows) >= {"population 0", "population 1"}
    assert "concurrence" not in rows
    rows = table(succeed("steady", "--n-th", "1", "--kappa", "0.5", "--qubits", "5"))
    shown = [float(value) for name, value in rows.items() if name.startswith("population")]
    assert len(shown) == 16
    # 17 numbers printed to 5e-11 each.
    assert sum(shown) + float(rows["16 smaller populations"]) == pytest.approx(1, abs=17 * 5e-11)


def test_validate_prints_the_table_of_the_library(monkeypatch):
    """Every method runs once: what is printed, what is written and what is expected share it."""
    monkeypatch.setattr(cross_validation, "cross_validate", cache(cross_validation.cross_validate))
    args = ["--n-th", "0.5", "--kappa", "0.5"]
    text = succeed("validate", *args)
    assert f"verdict: {Verdict.AGREE}" in text
    data = json.loads(succeed("validate", *args, "--json"))
    assert data["agree"] is True
    assert data["reference"] == "ContinuedFraction"
    expected = cross_validation.cross_validate(te.thermal_link(n_th=0.5, kappa=0.5))
    assert cross_validation.cross_validate.cache_info().misses == 1
    for row, other in zip(data["rows"], expected.rows, strict=True):
        assert row["method"]["name"] == other.method.name
        assert row["outcome"] == other.outcome
        assert (row["concurrence"], row["distance"]) == (other.measure, other.distance)
        if row["concurrence"] is not None:
            assert f"{row['concurrence']:.8f}" in text


def test_validate_fails_if_exact_methods_disagree(monkeypatch):
    def wrong(plan):
        result = plan.run()
        return replace(result, state=0.99 * result.state + 0.01 * np.eye(4) / 4)

    run_otherwise(monkeypatch, te.Fock, wrong)
    result = run("validate", "--n-th", "0.5", "--kappa", "0.5")
    assert result.exit_code == 1
    assert complaints(result.stderr) == f"thermalent: {Verdict.DISAGREE}\n"
    assert "Fock" in result.stdout


def test_hardware_solves_the_network_of_the_library():
    args = ["--dephasing-time", "20us,10us", "--loss", "0.05", "--detuning", "-1MHz,1MHz"]
    data = json.loads(succeed("hardware", *args, "--json"))
    lab = superconducting_link(
        dephasing_time=("20us", "10us"), loss=0.05, detuning=("-1MHz", "1MHz")
    )
    np.testing.assert_array_equal(matrix(data), te.steady_state(lab.network).state)
    assert data["hardware"]["n_th"] == lab.n_th
    assert data["hardware"]["rate_unit"] == lab.rate_unit
    assert data["hardware"]["dephasing"] == list(lab.dephasing)
    assert data["hardware"]["power"] == lab.power
    assert data["given"]["temperature"] == "293K"


def test_hardware_prints_both_tables():
    text = succeed(
        *("hardware", "--temperature", "293K", "--frequency", "5GHz"),
        *("--quality", "2.5e5", "--gamma", "10MHz"),
    )
    for row in superconducting_link().rows():
        assert row.quantity in text
    expected = te.steady_state(superconducting_link().network)
    assert table(text)["concurrence"] == f"{expected.concurrence():.10f}"


@pytest.mark.parametrize(
    "command", ["steady", pytest.param("validate", marks=pytest.mark.long), "hardware"]
)
def test_help_shows_examples_that_work(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = succeed(command, "--help")
    examples = [
        line.split("|")[0].split()[1:]
        for line in text.splitlines()
        if line.strip().startswith("thermalent ")
    ]
    assert examples
    # The Fock solution of the largest example is in the test of its method; the rest is quick.
    for example in examples:
        result = run(*example)
        said = [line for line in complaints(result.stderr).splitlines() if line[:8] != "written:"]
        assert (result.exit_code, said) == (0, [])


def test_help_and_version():
    assert succeed("--version") == f"thermalent {te.__version__}\n"
    assert "Exit codes:\n    0  it worked\n" in succeed("--help")
    bare = run()
    assert (bare.exit_code, bare.stdout) == (2, "")
    assert bare.stderr == succeed("--help")


def test_as_a_process():
    """The module as a program: numbers on stdout, one line and the code on an error."""
    command = [sys.executable, "-m", "thermalent"]
    good = subprocess.run(
        [*command, "steady", *LINK, "--json"], capture_output=True, text=True, timeout=300
    )
    assert good.returncode == 0
    expected = te.steady_state(te.thermal_link(n_th=1220, kappa=1e-3))
    assert json.loads(good.stdout)["concurrence"] == expected.concurrence()
    bad = subprocess.run(
        [*command, "steady", "--n-th", "-1", "--kappa", "1"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert bad.returncode == 2
    assert (bad.stdout, bad.stderr) == (
        "",
        "thermalent: Option --n-th must be finite and non-negative, but is -1.0.\n",
    )


def test_the_first_example_of_the_readme():
    script = Path(__file__).parents[2] / "examples" / "first_steps.py"
    result = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=300, check=True
    )
    assert result.stdout.splitlines()[0] == "concurrence 0.67108"
