"""The examples of docs/several_poles.md give what the page says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "several_poles.md"


def test_examples():
    outcome = doctest.testfile(str(PAGE), module_relative=False)
    assert outcome.attempted == 7
    assert outcome.failed == 0
