"""No figure is forgotten: every script is registered, and every registered one is tested."""

import importlib
import re
from pathlib import Path

import numpy as np
from PIL import Image

import figures
from figures import gallery
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


def test_a_line_beside_a_map_keeps_its_colour(tmp_path):
    """Few colours are left for a line where a map has thousands."""
    orange = np.array([213, 94, 0])
    x, y = np.meshgrid(np.linspace(0, 1, 900), np.linspace(0, 1, 600))
    shades = np.stack([70 * x, 40 + 200 * x * y, 80 + 80 * y], axis=-1)
    shades[:, 450:] = 255
    shades[300:302, 450:] = orange
    Image.fromarray(shades.astype("uint8")).save(tmp_path / "map.png")
    gallery.shrink(tmp_path / "map.png", tmp_path / "small.png")
    found = np.asarray(Image.open(tmp_path / "small.png").convert("RGB"), dtype=int)
    assert np.max(np.abs(found[300:302, 460:] - orange)) <= 12
    assert np.all(found[:290, 460:] == 255)  # the ground stays white
    assert np.mean(np.abs(found[:, :450] - shades[:, :450])) < 2


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
