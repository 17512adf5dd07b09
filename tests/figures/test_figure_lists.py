"""No figure is forgotten: every script is registered, and every registered one is tested."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import figures
from figures import colours, common, gallery
from figures.__main__ import NAMES
from tests.support.pages import DOCS

FIGURES = Path(figures.__file__).parent
TESTS = Path(__file__).parent
SHARED = {"__init__", "__main__", "common", "gallery"}


def test_every_figure_stands_in_the_gallery_with_its_picture():
    """Or in the list of those that take minutes, and on no page without a picture."""
    listed = (DOCS / "gallery.md").read_text()
    drawn = {path.stem for path in (DOCS / "images" / "gallery").glob("*.png")}
    pages = {path.stem: path.read_text() for path in (DOCS / "gallery").glob("*.md")}
    assert set(pages) == drawn
    assert all(f"{{figure-entry}} {name}\n" in text for name, text in pages.items())
    late = set(re.findall(r"^\| `(\w+)` \|", listed, re.MULTILINE))
    assert drawn | late == set(NAMES)
    assert not drawn & late
    cards = "".join(re.findall(r"```\{figure-cards\}\n(.*?)```", listed, re.DOTALL)).split()
    assert sorted(cards) == sorted(drawn)


def test_tables_and_pictures_are_shortened(tmp_path):
    (tmp_path / "long.csv").write_text("n,x,name\n12345678901,0.12345678901,S\n3,,T\n")
    gallery.shorten(tmp_path / "long.csv", tmp_path / "short.csv")
    expected = "n,x,name\n12345678901,0.12345679,S\n3,,T\n"
    assert (tmp_path / "short.csv").read_text() == expected
    Image.new("RGB", (2000, 1000), "white").save(tmp_path / "large.png")
    gallery.shrink(tmp_path / "large.png", tmp_path / "small.png")
    assert Image.open(tmp_path / "small.png").size == (1000, 500)


@pytest.mark.parametrize("with_map", [True, False])
def test_pictures_keep_their_colours(tmp_path, with_map):
    """Few colours are left for thin lines where a map has thousands; and white is the ground."""
    x = np.linspace(0, 1, 41)
    with common.style():
        figure, (left, right) = common.canvas(8, 3, 1, 2)
        if with_map:
            left.pcolormesh(x, x, np.exp(-8 * (x[:, None] - x) ** 2) * x, shading="gouraud")
        for k, colour in enumerate(colours.COLOURS):
            right.plot(x, x ** (k + 1), color=colour)
        figure.savefig(tmp_path / "large.png", dpi=200)
    gallery.shrink(tmp_path / "large.png", tmp_path / "small.png")
    with Image.open(tmp_path / "large.png") as large, Image.open(tmp_path / "small.png") as small:
        true = large.convert("RGB").resize(small.size, Image.Resampling.LANCZOS)
        off = np.asarray(true, dtype=int) - np.asarray(small.convert("RGB"), dtype=int)
    assert np.max(np.abs(off)) < 50  # of 255, at the edges of lines
    ground = np.all(np.asarray(true) == 255, axis=-1)
    # Beside letters and lines the rest of their colours is spread over the pixels next to them.
    assert np.mean(np.any(off[ground] != 0, axis=-1)) < 0.1


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
