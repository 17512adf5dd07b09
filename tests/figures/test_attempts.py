"""Several figures in processes: one that fails, or whose process dies, loses no other."""

import os

import pytest
from click.testing import CliRunner

from figures import attempts, thermal_2d, thermal_6a
from figures.__main__ import LONGEST, NAMES, run
from figures.attempts import Attempt
from figures.common import Report


def dying(name, folder):
    """In place of a figure, in another process."""
    if name == "dies":
        os._exit(1)
    return Attempt(name, 1.0, f"drawn in {folder}")


def test_a_figure_that_fails_says_why():
    tried = attempts.attempt("no_such_figure", None)
    assert tried.failed
    assert "No module named 'figures.no_such_figure'" in tried.words


def test_the_others_are_drawn_and_the_sum_of_seconds_is_printed(monkeypatch, tmp_path):
    def fails(folder, track):
        raise ValueError("no light [at all]")

    report = Report(columns={}, agreement="two routes agree", values={})
    monkeypatch.setattr(thermal_2d, "main", fails)
    monkeypatch.setattr(thermal_6a, "main", lambda folder, track: report)
    args = ["thermal_2d", "thermal_6a", "--processes", "1", "--folder", str(tmp_path)]
    result = CliRunner().invoke(run, args)
    assert result.exit_code == 1
    assert "no light [at all]" in result.output
    assert "two routes agree" in result.output
    assert "2 figures" in result.output
    assert "not drawn: thermal_2d\n" in result.output


def test_the_longest_are_figures():
    assert set(LONGEST) <= set(NAMES)


@pytest.mark.long
def test_a_process_that_dies_loses_its_own_figure_only(monkeypatch, tmp_path):
    monkeypatch.setattr(attempts, "attempt", dying)
    names = ["one", "dies", "two", "three"]
    tried = {done.name: done for done in attempts.side_by_side(names, tmp_path, 2)}
    assert set(tried) == set(names)
    assert [name for name in names if tried[name].failed] == ["dies"]
    assert tried["three"].words == f"drawn in {tmp_path}"
