"""The examples of the guides run and print what stands there, and their pictures exist."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.long_ones import ordinary_and_long
from tests.support.pages import DOCS
from thermalent.cli import main

# Pages whose examples are written as in a terminal, and how many lines of them there are at least.
PAGES = {
    "cluster": 5,
    "cooperative": 10,
    "design": 4,
    "hardware": 20,
    "heat": 10,
    "install": 2,
    "methods": 7,
    "platforms": 4,
    "ring_resonators": 25,
    "sweeps": 7,
    "switching": 10,
}


@pytest.mark.parametrize("page", ordinary_and_long(PAGES, ["heat", "ring_resonators"]))
def test_the_examples_print_what_the_page_says(page):
    outcome = doctest.testfile(str(DOCS / f"{page}.md"), module_relative=False)
    assert outcome.attempted >= PAGES[page]
    assert outcome.failed == 0


def test_every_page_with_such_examples_is_tested():
    """Here, or in a file of its own."""
    own = {"dual_rail", "filters", "several_poles"}
    found = {path.stem for path in DOCS.glob("*.md") if "\n>>> " in path.read_text()}
    assert found == set(PAGES) | own


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_the_pictures_of_a_page_are_there(page):
    for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text()):
        assert (page.parent / name).is_file(), name


def test_every_guide_shows_a_picture():
    """Of the ten that were written before the site had any."""
    guides = "tutorial methods hardware design sweeps several_poles filters"
    for page in (*guides.split(), "ring_resonators", "dual_rail", "cooperative"):
        words = Path(DOCS / f"{page}.md").read_text()
        assert "](images/" in words or "{image} images/" in words, page


@pytest.mark.long
def test_the_commands_of_the_page_on_design_print_what_stands_below_them():
    """What is printed, and then what is said of a failure; pictures are not drawn here."""
    shown = re.compile(
        r"```console\nthermalent (.*?)```\n(?:\n[^`]+\n)?((?:\n```\n.*?```\n)+)", re.DOTALL
    )
    tried = 0
    for command, printed in shown.findall((DOCS / "design.md").read_text()):
        blocks = re.findall(r"```\n(.*?)```", printed, re.DOTALL)
        arguments = shlex.split(re.sub(r" -o \S+", "", command.replace("\\\n", " ")))
        result = CliRunner().invoke(main, arguments)
        words = (result.stdout + result.stderr).split()
        for block in blocks:
            assert " ".join(block.split()) in " ".join(words)
        assert result.exit_code == ("out of reach" in printed)
        tried += 1
    assert tried == 4
