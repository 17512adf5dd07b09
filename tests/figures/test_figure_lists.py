"""No figure is forgotten: every script is registered, and every registered one is tested."""

import importlib
import re
from pathlib import Path

import figures
from figures.__main__ import NAMES

FIGURES = Path(figures.__file__).parent
TESTS = Path(__file__).parent
SHARED = {"__init__", "__main__", "common"}


def test_every_script_is_registered_once():
    scripts = {path.stem for path in FIGURES.glob("*.py")} - SHARED
    # What defines no `main(folder, ...)` is a helper of the others.
    drawing = {name for name in scripts if "\ndef main(" in (FIGURES / f"{name}.py").read_text()}
    assert drawing == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_every_figure_is_tested_for_its_numbers():
    """By a test that computes it and looks at its report, in whichever module."""
    tested = set()
    for path in TESTS.glob("test_*.py"):
        tested |= set(re.findall(r'\bfigure\("(\w+)"\)', path.read_text()))
    assert set(NAMES) <= tested, set(NAMES) - tested


def test_every_figure_has_a_reduced_grid():
    """In a list POINTS, whose names the tests of the files go through."""
    listed = []
    for path in sorted(TESTS.glob("test_*.py")):
        if re.search(r"^POINTS = \{", path.read_text(), re.MULTILINE):
            listed += importlib.import_module(path.stem).POINTS
    assert sorted(listed) == sorted(NAMES)
