"""The Python blocks of the front page and of the guides run, and print what stands below them."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A Python block, and the block without a language that follows a word or nothing after it.
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\s*(?:prints\s+)?```\n(.*?)```)?", re.DOTALL)


def blocks(page):
    """The Python blocks of a page with what they are said to print, or an empty string."""
    found = BLOCK.findall((ROOT / page).read_text())
    return [(code, printed) for code, printed in found if ">>>" not in code]


def run(code, names):
    """What a block prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return out.getvalue()


def test_the_first_block_of_the_front_page_prints_what_stands_below():
    code, printed = blocks("README.md")[0]
    assert "concurrence 0.67108" in printed
    assert run(code, {}) == printed


@pytest.mark.parametrize("page", ["docs/hardware.md", "docs/testing.md"])
def test_the_blocks_of_a_short_page_run(page):
    names = {"__name__": "page"}
    assert blocks(page)
    for code, _ in blocks(page):
        run(code, names)


@pytest.mark.long
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md", "docs/sweeps.md"])
def test_the_blocks_of_a_long_page_run(page):
    names = {"__name__": "page"}
    assert blocks(page)
    for code, _ in blocks(page):
        run(code, names)


@pytest.mark.long
def test_the_table_of_the_tutorial_is_what_comes_out():
    """Methods, claims, concurrences and distances; statistical errors and times may differ."""
    code, printed = next(block for block in blocks("docs/tutorial.md") if block[1])
    lines = run(code, run_before(code)).splitlines()
    for line in printed.splitlines()[2:]:
        name, claim, concurrence, distance, *_ = line.split()
        (same,) = (other for other in lines if other.startswith(name + " "))
        assert same.split()[1:4] == [claim, concurrence, distance]


def run_before(code):
    """The names that the blocks of the tutorial before this one make."""
    names: dict = {"__name__": "page"}
    for earlier, _ in blocks("docs/tutorial.md"):
        if earlier == code:
            return names
        run(earlier, names)
    raise AssertionError("no such block")


def test_the_unknown_quality_of_the_page_of_designs_is_what_comes_out():
    ((code, printed),) = [
        block for block in blocks("docs/design.md") if "te.requirement" in block[0]
    ]
    assert run(code, {}) == printed
