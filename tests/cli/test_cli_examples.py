"""`thermalent examples` and `thermalent completion`; `python -m thermalent`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import run

ROOT = Path(__file__).parents[2]


def test_the_examples_are_listed_and_printed():
    listed = run("examples").stdout
    for path in (ROOT / "examples").iterdir():
        if path.is_file():
            assert path.name in listed
    assert "Two superconducting qubits entangled by" in listed
    printed = run("examples", "first_steps.py").stdout
    assert printed == (ROOT / "examples" / "first_steps.py").read_text()
    unknown = run("examples", "x.py")
    assert unknown.exit_code == 2
    assert "There is no example 'x.py', only dask_slurm.py, demo.py," in unknown.stderr


def test_copies_run_where_they_are(tmp_path):
    target = tmp_path / "trial"
    assert run("examples", "--copy", target).exit_code == 0
    for name in ("examples", "figures"):
        for path in (ROOT / name).glob("*.*"):
            copy = (target if name == "examples" else target / name) / path.name
            assert copy.read_bytes() == path.read_bytes()
    told = subprocess.run(
        [sys.executable, "-m", "figures", "--help"],
        cwd=target,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "Usage: python -m figures" in told.stdout
    again = run("examples", "--copy", target)
    assert again.exit_code == 1
    assert "nothing copied" in again.stderr


def test_no_example_names_a_file_that_its_copy_has_not():
    """The copies stand alone: what a first line names beside the checkout is not there."""
    for path in (ROOT / "examples").iterdir():
        if path.is_file():
            assert not path.read_text().startswith("#:schema ../")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell):
    script = run("completion", shell).stdout
    assert f"_THERMALENT_COMPLETE={shell}_complete" in script
    assert "thermalent" in script


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("thermalent sp", ["spectrum"]),
        ("thermalent steady --meth", ["--method"]),
        ("thermalent steady --method fo", ["fock"]),
        ("thermalent hardware --preset siv-s", ["siv-spin", "siv-spin-wide"]),
    ],
)
def test_commands_options_and_values_are_completed(words, expected):
    """What the shell asks for, through the environment, as the printed script does."""
    asked = {"_THERMALENT_COMPLETE": "bash_complete", "COMP_WORDS": words}
    asked["COMP_CWORD"] = str(words.count(" "))
    code = "from thermalent.cli import main; main(prog_name='thermalent')"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert [line.split(",")[1] for line in answer.stdout.splitlines()] == expected
