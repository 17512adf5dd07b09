"""What the command line refuses: one line each, and the exit codes."""

import signal
import subprocess
import sys
import textwrap

import click
import numpy as np
import pytest

import thermalent as te
from tests.support.command_line import run
from tests.support.plans import run_otherwise
from thermalent.cli import main
from thermalent.solution.result import ErrorEstimate, Outcome, SteadyState
from thermalent.solving.registry import METHODS

LINK = ["--n-th", "1220", "--kappa", "1e-3"]


@pytest.fixture(scope="module", autouse=True)
def _compiled():
    """A fresh installation says on stderr, once, that it compiles; stderr is compared below."""
    te.steady_state(te.thermal_link(n_th=1, kappa=1))


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["steady"],
            "Missing option '--n-th'. For example: thermalent steady --n-th 1220 --kappa 1e-3",
        ),
        (
            ["steady", "--n-th", "1"],
            "Missing option '--kappa'. A --filter may take its place."
            " For example: thermalent steady --n-th 1220 --kappa 1e-3",
        ),
        (["nonsense"], "No such command 'nonsense'."),
        (["steady", *LINK, "--n-th", "x"], "Invalid value for '--n-th': 'x' is not a number."),
        (
            ["steady", *LINK, "--n-th", "-1"],
            "Option --n-th must be finite and non-negative, but is -1.0.",
        ),
        (
            ["steady", *LINK, "--kappa", "0"],
            "Option --kappa must be finite and positive, but is 0.0.",
        ),
        (
            ["steady", *LINK, "--gamma", "1,b"],
            "Invalid value for '--gamma': '1,b' is not a number, nor several separated by commas.",
        ),
        (
            ["steady", *LINK, "--gamma", "1,2,3"],
            "Option --gamma must be one number or 2 numbers (one per qubit), "
            "but is (1.0, 2.0, 3.0).",
        ),
        (
            ["steady", *LINK, "--loss", "2"],
            "Option --loss must be a number in [0, 1], but is 2.0.",
        ),
        (
            ["steady", *LINK, "--qubits", "0"],
            "Option --qubits must be an integer of at least 1, but is 0.",
        ),
        (
            ["steady", *LINK, "--rtol", "1"],
            "Option --rtol must be a number in [1e-13, 0.1], but is 1.0.",
        ),
        (
            ["steady", *LINK, "--n-max", "0"],
            "Option --n-max must be an integer from 1 to 2000000, but is 0.",
        ),
        (
            ["steady", *LINK, "--method", "bourret", "--rtol", "1e-3"],
            "Option --rtol does not apply to the method bourret.",
        ),
        (
            ["steady", *LINK, "--n-max", "3", "--cutoff", "4"],
            "Option --cutoff does not apply to the method continued-fraction.",
        ),
        (
            ["hardware", "--temperature", "5GHz"],
            "Option --temperature must be a temperature such as '293K', but is '5GHz'.",
        ),
        (
            ["hardware", "--dephasing-time", "1us,2K"],
            "Option --dephasing-time must be a time such as '20us', but is '2K'.",
        ),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(args, message):
    result = run(*args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"thermalent: {message}\n"


def test_an_unknown_method_is_answered_with_the_known_ones():
    result = run("steady", *LINK, "--method", "guess")
    assert result.exit_code == 2
    assert result.stderr.startswith("thermalent: Invalid value for '--method': 'guess' is not one")
    assert all(f"'{entry.key}'" in result.stderr for entry in METHODS)
    assert result.stderr.count("\n") == 1


def test_a_method_that_does_not_apply_is_exit_code_2():
    args = ["--n-th", "5", "--kappa", "0.1", "--dephasing", "0.1", "--method", "strong-driving"]
    network = te.thermal_link(n_th=5, kappa=0.1, dephasing=0.1)
    reason = te.StrongDriving().refusal(network)
    result = run("steady", *args)
    assert result.exit_code == 2
    assert result.stderr == f"thermalent: StrongDriving does not apply to this network: {reason}\n"


def test_a_source_too_hot_for_every_method_is_refused():
    """At n_th = 1e300 two cavities would need more tiers than there are, and Fock more levels."""
    result = run("steady", "--n-th", "1e300", "--kappa", "1", "--filters", "2")
    assert result.exit_code == 2
    assert result.stderr.startswith("thermalent: No exact method applies to this network.")
    assert "would need about 8e+150 tiers" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_failed_solve_is_exit_code_1():
    result = run("steady", "--n-th", "1", "--kappa", "1", "--gamma", "0")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("thermalent: The steady state is not unique")
    assert result.stderr.count("\n") == 1


def test_failures_of_several_lines_become_one(monkeypatch):
    def failing(plan):
        return SteadyState(
            network=plan.task.network,
            method=te.ContinuedFraction().record,
            state=np.eye(4) / 4,
            error=ErrorEstimate(np.inf, "none"),
            status=Outcome.INACCURATE.because("Argument `rtol`\nis too small."),
        )

    run_otherwise(monkeypatch, te.ContinuedFraction, failing)
    result = run("steady", *LINK)
    assert (result.exit_code, result.stderr) == (1, "thermalent: Option --rtol is too small.\n")


def test_out_of_memory_and_control_c(monkeypatch):
    def exhausted(plan):
        raise MemoryError("Unable to allocate 9 PiB.")

    def interrupted(plan):
        raise KeyboardInterrupt

    run_otherwise(monkeypatch, te.ContinuedFraction, exhausted)
    result = run("steady", *LINK)
    assert result.exit_code == 1
    assert result.stderr == (
        "thermalent: steady_state needs more memory than there is. Unable to allocate 9 PiB. "
        "Ask for a smaller truncation.\n"
    )
    run_otherwise(monkeypatch, te.ContinuedFraction, interrupted)
    result = run("steady", *LINK)
    assert (result.exit_code, result.stderr) == (130, "thermalent: interrupted\n")


def test_a_bug_is_not_dressed_up_as_a_wrong_option(monkeypatch):
    def broken(plan):
        raise ValueError("shapes differ")

    run_otherwise(monkeypatch, te.ContinuedFraction, broken)
    result = run("steady", *LINK)
    assert isinstance(result.exception, ValueError)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_ends_a_process_without_a_traceback():
    code = textwrap.dedent(
        """
        import os, signal
        import thermalent as te
        from thermalent.cli import main
        # A shell's background job ignores the signal, and so would its children.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        te.ContinuedFraction.plan = lambda *args: os.kill(os.getpid(), signal.SIGINT)
        main(["steady", "--n-th", "1", "--kappa", "1"])
        """
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 128 + signal.SIGINT
    assert result.stderr == "thermalent: interrupted\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["dual-rail", "--pairs", "1", "--squeezing", "1", "--graph"], "Option --plot"),
        (["design", "--target-concurrence", "0.7", "-o"], "Option --output"),
        (["show", ".", "--plot"], "Option --plot"),
    ],
)
def test_figures_that_cannot_be_drawn_are_refused_before_the_work(tmp_path, args, message):
    missing = run(*args, tmp_path / "no" / "figure.png")
    assert missing.exit_code == 2
    assert missing.stderr.startswith(f"thermalent: {message}: there is no folder")
    other = run(*args, tmp_path / "figure.docx")
    assert other.exit_code == 2
    assert other.stderr.startswith(f"thermalent: {message} must end in ")
    assert ".png, " in other.stderr


def test_a_figure_that_cannot_be_written_leaves_the_table(tmp_path):
    (tmp_path / "graph.png").mkdir()
    result = run("dual-rail", "--pairs", "1", "--squeezing", "1", "--graph", tmp_path / "graph.png")
    assert result.exit_code == 1
    assert "concurrence between the rails" in result.stdout
    assert result.stderr.startswith("thermalent: could not write ")


def test_a_table_has_a_known_format(tmp_path):
    result = run("evolve", *LINK, "--times", "1", "-o", tmp_path / "link.xlsx")
    assert result.exit_code == 2
    assert (
        "Option --output must end in .nc (NetCDF), .npz (for te.load) or .csv, .txt, .dat (CSV), "
        "but is" in result.stderr
    )


@pytest.mark.parametrize("option", sorted({name for entry in METHODS for name in entry.options}))
def test_the_help_of_an_option_names_every_method_that_has_it(option):
    """Each of them once, as --method takes it."""
    (shown,) = (one for one in method_options_of("steady") if one.name == option)
    methods = [entry.key for entry in METHODS if option in entry.options]
    said = shown.help.rpartition(": ")[2].rstrip(".").replace(" and ", ", ").split(", ")
    assert said == methods
    assert shown.help.count(" and ") >= (len(methods) > 1)


def method_options_of(command):
    return main.get_command(click.Context(main), command).params
