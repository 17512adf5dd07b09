"""The page on filters says what the program does."""

import doctest
from pathlib import Path


def test_the_examples_of_the_page():
    page = Path(__file__).resolve().parents[2] / "docs" / "filters.md"
    outcome = doctest.testfile(str(page), module_relative=False)
    assert outcome.attempted > 10
    assert outcome.failed == 0
