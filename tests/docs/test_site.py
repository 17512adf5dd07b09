"""The documentation site: it builds without a warning, its pages run, its reference is complete."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec

import matplotlib
import pytest

import thermalent as te
from tests.docs.notebook_claims import CLAIMS
from tests.support.long_ones import ordinary_and_long
from tests.support.pages import DOCS
from tests.test_names import public_objects

CELL = re.compile(r"^```\{code-cell\} python\n((?::.*\n)*)(.*?)^```$", re.DOTALL | re.MULTILINE)
# It takes four seconds, and `make docs` runs it too.
LONG = {"dynamics"}
NOTEBOOKS = sorted(
    path for path in DOCS.rglob("*.md") if path.read_text().startswith("---\nfile_format: mystnb")
)


@pytest.mark.parametrize(
    "page",
    ordinary_and_long(NOTEBOOKS, [page for page in NOTEBOOKS if page.stem in LONG]),
    ids=lambda page: page.stem,
)
def test_an_executed_page_runs(page, monkeypatch):
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)
    matplotlib.use("Agg")
    names = {"__name__": "page"}
    cells = [code for _, code in CELL.findall(page.read_text())]
    assert cells
    for code in cells:
        exec(compile(code, str(page), "exec"), names)
    matplotlib.pyplot.close("all")
    for claim in CLAIMS.get(page.stem, ()):
        assert eval(claim, names), claim


def test_every_page_with_claims_is_there():
    assert set(CLAIMS) <= {page.stem for page in NOTEBOOKS}


def test_the_version_of_the_package_is_among_those_of_the_site():
    assert te.__version__ in json.loads((DOCS / "versions.json").read_text())


def test_every_public_name_stands_in_the_reference():
    """What a module offers under the same name as the package stands there once."""
    public = set(public_objects())
    expected = {name for name in public if "." not in name or name.split(".")[1] not in public}
    listed = []
    for page in (DOCS / "api").glob("*.md"):
        listed += re.findall(r"^   ([\w.]+)$", page.read_text(), flags=re.MULTILINE)
    assert sorted(listed) == sorted(expected)


def test_every_page_stands_in_the_navigation():
    named = set()
    for page in DOCS.rglob("*.md"):
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(), flags=re.DOTALL):
            named |= {
                (page.parent / line.strip()).with_suffix(".md").resolve()
                for line in tree.splitlines()
                if line.strip() and not line.startswith(":")
            }
    pages = {page for page in DOCS.rglob("*.md") if "_build" not in page.parts}
    assert pages - named == {DOCS / "index.md"}


needs_sphinx = pytest.mark.skipif(
    find_spec("sphinx") is None, reason="the packages of the extra docs are not there"
)


# Without looking for cycles among the objects of all pages, which takes a fifth of the time.
SPHINX = "import gc, sys; gc.disable(); from sphinx.cmd.build import main; sys.exit(main())"


def build(builder, folder):
    """Build the site without running its pages: that is done above, and by `make docs`."""
    command = [sys.executable, "-c", SPHINX, "--fail-on-warning", "--quiet", "--builder", builder]
    unread = ["-D", "nb_execution_mode=off", "-D", "suppress_warnings=myst-nb.lexer"]
    # Neither the quotation marks of the text nor their warnings are looked at here.
    unread += ["-D", "smartquotes=0"]
    places = ["--doctree-dir", folder / "trees", DOCS, folder / "site"]
    built = subprocess.run(
        [*command, *unread, *places], capture_output=True, text=True, timeout=1200
    )
    assert built.returncode == 0, built.stderr
    assert not built.stderr
    return list((folder / "site").rglob("*.html"))


@needs_sphinx
def test_every_page_is_read_and_every_reference_found_without_a_warning(tmp_path):
    """All that can warn, without writing three hundred pages."""
    build("dummy", tmp_path)


@pytest.mark.long
@needs_sphinx
def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    loaded = re.compile(
        r'<(?:script|img|iframe)[^>]+src="(?://|https?:)|<link[^>]+href="(?://|https?:)'
    )
    pages = build("html", tmp_path)
    assert tmp_path / "site" / "api" / "generated" / "thermalent.thermal_link.html" in pages
    assert not [page.name for page in pages if loaded.search(page.read_text())]
