"""Links of the pages: files and headings that exist, and addresses that can be ones."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.pages import DOCS

ROOT = DOCS.parent
# Pages as they stand in a clone; what Sphinx generates is checked by its build.
PAGES = sorted([*ROOT.glob("*.md"), *(p for p in DOCS.rglob("*.md") if "generated" not in p.parts)])
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
CODE = re.compile(r"^(`{3,}).*?^\1`*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as both GitHub and the site make them of headings."""
    text = re.sub(r"^(`{3,}).*?^\1`*$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"^#{1,3} (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    for target in LINK.findall(CODE.sub("", page.read_text())):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme == "https", target
            assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), target
            continue
        file = page if not parts.path else (page.parent / parts.path).resolve()
        assert file.exists(), target
        if parts.fragment:
            assert parts.fragment in headings(file), target


def test_a_dead_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A title: of two\n[a](b.md) [c](#a-title-of-two) `[d](e)`\n")
    assert LINK.findall(CODE.sub("", page.read_text())) == ["b.md", "#a-title-of-two"]
    assert headings(page) == {"a-title-of-two"}
