"""The examples of docs/cooperative.md give what the page says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cooperative.md"


def test_examples():
    outcome = doctest.testfile(str(PAGE), module_relative=False)
    assert outcome.attempted > 10
    assert outcome.failed == 0


def test_images_are_there():
    words = PAGE.read_text()
    names = [part.split(")")[0] for part in words.split("(images/")[1:]]
    assert len(names) == 3
    assert all((PAGE.parent / "images" / name).is_file() for name in names)
