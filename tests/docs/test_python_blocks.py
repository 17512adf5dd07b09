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


def test_the_blocks_of_the_page_on_testing_run():
    names = {"__name__": "page"}
    assert blocks("docs/testing.md")
    for code, _ in blocks("docs/testing.md"):
        run(code, names)


@pytest.mark.long
def test_the_blocks_of_the_front_page_run():
    names = {"__name__": "page"}
    assert len(blocks("README.md")) > 1
    for code, _ in blocks("README.md"):
        run(code, names)


def test_the_unknown_quality_of_the_page_of_designs_is_what_comes_out():
    ((code, printed),) = [
        block for block in blocks("docs/design.md") if "te.requirement" in block[0]
    ]
    assert run(code, {}) == printed
