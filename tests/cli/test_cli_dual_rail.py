"""`thermalent dual-rail` against the library."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import thermalent as te
from thermalent.cli import main


def run(*args):
    return CliRunner().invoke(main, ["dual-rail", *(str(arg) for arg in args)])


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """A fresh installation says on stderr, once, that it compiles; stderr is compared below."""
    te.steady_state(te.dual_rail(1, 1.0, bandwidth=5.0))


def succeed(*args):
    result = run(*args)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_ideal_state_is_the_closed_form():
    printed = succeed(
        "--pairs", 3, "--squeezing", 1, "--detuning", "0,0.5,2", "--permutation", "1,0,2"
    )
    state = te.analytic.dual_rail_state(3, 1.0, (0.0, 0.5, 2.0), (1, 0, 2))
    rows = [line.split() for line in printed.splitlines() if line[:2] in ("A1", "A2", "A3")]
    table = np.array([[float(item) for item in row[1:]] for row in rows])
    assert table == pytest.approx(state.concurrences()[0::2, 1::2], abs=6e-7)
    facts = dict(line.split("  ", 1) for line in printed.splitlines() if line.startswith("entropy"))
    facts = {name.strip(): float(value) for name, value in facts.items()}
    # One cut behind each of the first two pairs; behind the third there is nothing to cut from.
    cuts = [state.entropy(cut, 2.0) for cut in (("A1", "B1"), ("A1", "B1", "A2", "B2"))]
    assert list(facts) == [
        f"entropy of {part} (bits)" for part in ("rail A", "pair 1", "pairs 1 to 2")
    ]
    assert list(facts.values()) == pytest.approx([state.entropy("A", 2.0), *cuts], abs=6e-7)


@pytest.mark.parametrize(
    ("options", "network"),
    [
        (("--bandwidth", 5), te.dual_rail(1, 1.0, bandwidth=5.0)),
        (("--bandwidths", "5,8"), te.dual_rail(1, 1.0, bandwidths=(5.0, 8.0))),
        (("--dephasing", 0.1), te.dual_rail(1, 1.0, dephasing=0.1)),
    ],
)
def test_what_is_not_ideal_is_solved(options, network):
    data = json.loads(succeed("--pairs", 1, "--squeezing", 1, *options, "--json"))
    exact = te.steady_state(network)
    # The command's default tolerance, on the one hand, and the library's on the other.
    assert data["concurrences"][0][0] == pytest.approx(exact.concurrence(), abs=5e-6)
    assert data["error"] < 1e-6
    assert data["purity"] == pytest.approx(np.sum(np.abs(exact.state) ** 2), abs=5e-6)


def test_gain_and_detunings_of_rail_b_are_those_of_the_library():
    options = ("--gain", 1.2, "--bandwidth", 5, "--detuning", 0.3, "--detuning-b", 0.1)
    data = json.loads(succeed("--pairs", 1, *options, "--json"))
    exact = te.steady_state(te.dual_rail(1, gain=1.2, bandwidth=5.0, detuning=0.3, detuning_b=0.1))
    assert data["concurrences"][0][0] == pytest.approx(exact.concurrence(), abs=5e-6)
    assert data["network"]["gain"] == 1.2


def test_detunings_of_rail_b_are_not_taken_for_the_ideal_pair():
    """Detunings that do not cancel leave a mixed state, which has no closed form."""
    args = ("--pairs", 1, "--squeezing", 1, "--detuning", 0.3, "--detuning-b", 0.1)
    data = json.loads(succeed(*args, "--json"))
    exact = te.steady_state(te.dual_rail(1, 1.0, detuning=0.3, detuning_b=0.1))
    assert data["concurrences"][0][0] == pytest.approx(exact.concurrence(), abs=1e-9)
    assert data["purity"] < 0.99
    shown = [line for line in succeed(*args).splitlines() if "purity" in line]
    assert [line.split()[-1] for line in shown] == [f"{exact.purity():.6f}"]
    without = run("--pairs", 1)
    assert without.exit_code == 2
    assert "Missing option '--squeezing'. A --gain may take its place." in without.stderr
    both = run("--pairs", 1, "--squeezing", 1, "--gain", 1, "--bandwidth", 5)
    assert both.exit_code == 2


def test_the_graph_is_written(tmp_path):
    path = tmp_path / "graph.png"
    succeed("--pairs", 2, "--squeezing", 1, "--graph", path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--permutation", "0,0"), "Option --permutation must be a permutation of 0..1"),
        (("--permutation", "up"), "'reverse' or numbers from 0"),
        (("--rtol", "1e-3"), "--rtol needs a --bandwidth"),
        (("--rtol", "1e-3", "--dephasing", "0.1"), "--rtol needs a --bandwidth"),
        (("--detuning", "1,2,3"), "Option --detuning must be one number or 2 numbers"),
        (("--bandwidth", "-1"), "Option --bandwidth must be"),
        (("--bandwidths", "3"), "Option --bandwidths must be two rates"),
    ],
)
def test_wrong_options_are_one_line(options, message):
    result = run("--pairs", 2, "--squeezing", 1, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
