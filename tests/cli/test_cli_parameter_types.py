"""What options make of the words that they are given, and what they say of wrong ones."""

import csv

import click
import pytest

import thermalent as te
from tests.support.command_line import complaints, run
from thermalent.cli.parameter_types import NUMBER, MethodType
from thermalent.solving.registry import METHODS
from thermalent.support.errors import ArgumentError

LINK = ("--n-th", "20", "--kappa", "1e-2")


def test_a_method_may_be_called_as_results_call_it():
    kind = MethodType()
    for entry in METHODS:
        for name in (entry.key, entry.name, entry.name.lower()):
            assert kind.convert(name, None, None) == entry.key
    assert kind.convert("field-trajectories", None, None) == "trajectories"
    with pytest.raises(click.BadParameter, match="'foo' is not one of 'continued-fraction'"):
        kind.convert("foo", None, None)


def test_a_number_is_taken_as_it_is_or_read():
    assert NUMBER.convert("1e-3", None, None) == NUMBER.convert(0.001, None, None) == 1e-3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("steady", "--n-th", "1e3,2e3"), "see `thermalent sweep --help`."),
        (("steady", "--n-th", "1,220"), "'1,220' is not a number. A decimal has a point and"),
        (("steady", "--n-th", "293K"), "no unit here; `thermalent hardware` takes kelvin"),
        (("steady", "--n-th", "1e3 K"), "no unit here; `thermalent hardware` takes kelvin"),
        (("hardware", "--quality", "5k"), "'--quality': '5k' is not a number.\n"),
        (("steady", "--n-th", "many"), "'many' is not a number.\n"),
        (("steady", "1220", "1e-3"), "without spaces. For example: thermalent steady --n-th 1220"),
        (("sweep",), "'STUDY'. For example: thermalent sweep study.toml -o study.zarr\n"),
        (
            ("entanglement-rate", *LINK),
            "'--until'. For example: thermalent entanglement-rate --n-th 1220 --kappa 1e-3 --until",
        ),
        (
            ("steady", *LINK, "--digits", "30", "--rtol", "1e-9"),
            "must be given without --rtol, but is",
        ),
    ],
)
def test_a_wrong_word_is_answered_with_what_would_do(args, message):
    result = run(*args)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_more_digits_are_an_option_and_numbers_go_to_a_table(tmp_path):
    path = tmp_path / "state.csv"
    result = run("steady", *LINK, "--digits", "30", "-o", path)
    assert result.exit_code == 0, result.stderr
    assert complaints(result.stderr) == f"written: {path}\n"
    state = te.steady_state(te.thermal_link(20, 1e-2), te.ContinuedFraction(digits=30))
    rows = {row["quantity"]: row for row in csv.DictReader(path.read_text().splitlines())}
    assert list(rows)[:2] == ["concurrence", "purity"]
    assert float(rows["concurrence"]["value"]) == state.concurrence()
    assert float(rows["concurrence"]["error"]) == state.concurrence().error < 1e-12
    populations = {f"population {key}": value for key, value in state.populations().items()}
    assert {key: float(rows[key]["value"]) for key in populations} == populations


def test_the_loss_of_a_design_may_be_in_percent(monkeypatch):
    given = {}

    def design(*args, **kwargs):
        given.update(kwargs)
        raise ArgumentError("seen")

    monkeypatch.setattr("thermalent.analysis.design.design.design", design)
    run("design", "--target-concurrence", "0.7", "--loss", "5%")
    assert given["loss"] == 0.05


def test_messages_name_options_and_not_arguments():
    result = run("steady", *LINK, "--rtol", "1e-20")
    said = "Option --rtol must be a number in [1e-13, 0.1], or left out for --digits 30, but is"
    assert said in result.stderr
    assert "`" not in result.stderr
