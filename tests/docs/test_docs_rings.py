"""The examples of the guide to ring resonators are what comes out."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ring_resonators.md"


def test_every_example_runs():
    outcome = doctest.testfile(str(PAGE), module_relative=False)
    assert outcome.attempted > 25
    assert outcome.failed == 0
