"""What the wheel and the recipe for conda say agrees with pyproject.toml and with the folders."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import thermalent as te

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Names of packages that differ on conda-forge: without Qt, which needs no display.
RENAMED = {"matplotlib": "matplotlib-base"}


def test_the_recipe_for_conda_is_of_this_version_with_the_requirements_of_the_project():
    recipe = (ROOT / "packaging" / "conda" / "recipe.yaml").read_text()
    run = recipe.split("  run:\n")[1].split("\n\n")[0]
    stated = set(re.findall(r"    - (\S+) (>=\S+)", run))
    wanted = {("python", PROJECT["project"]["requires-python"])}
    for line in PROJECT["project"]["dependencies"]:
        name, version = re.fullmatch(r"([\w-]+)(>=.+)", line).groups()
        wanted.add((RENAMED.get(name, name), version))
    assert stated == wanted
    entry = PROJECT["project"]["scripts"]["thermalent"]
    assert f"- thermalent = {entry}\n" in recipe
    assert f"  version: {te.__version__}\n" in recipe


def test_every_extra_stands_on_the_page_on_installation():
    page = (ROOT / "docs" / "install.md").read_text()
    rows = re.findall(r"^\| (`[^|]+) \|", page, flags=re.MULTILINE)
    stated = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert stated == set(PROJECT["project"]["optional-dependencies"])


def test_examples_and_figures_are_in_the_wheel():
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"examples": "thermalent/_examples", "figures": "thermalent/_figures"}
    for folder in included:
        assert any((ROOT / folder).glob("*.py"))


def test_the_classifiers_are_the_versions_that_are_tested():
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    page = (ROOT / "docs" / "testing.md").read_text()
    assert versions[0] == PROJECT["project"]["requires-python"].removeprefix(">=")
    assert all(f"Python {version}" in page for version in versions)


@pytest.fixture(scope="module")
def hook():
    """The hook of the builder, which lies beside the package."""
    path = ROOT / PROJECT["tool"]["hatch"]["metadata"]["hooks"]["custom"]["path"]
    spec = importlib.util.spec_from_file_location("index_readme", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_front_page_on_an_index_has_links_that_lead_somewhere(hook):
    """With the address of the repository, and while it has none."""
    page = (
        "a [b](docs/b.md#c) ![d](x/d.png) [e](https://e.org) [f](#f) `[g](h)`\n```\n[i](j)\n```\n"
    )
    known = hook.for_index(page, "https://example.org/o/n/", "1.2")
    assert known == (
        "a [b](https://example.org/o/n/blob/v1.2/docs/b.md#c) "
        "![d](https://example.org/o/n/raw/v1.2/x/d.png) [e](https://e.org) [f](#f) `[g](h)`\n"
        "```\n[i](j)\n```\n"
    )
    unknown = hook.for_index(page, None, "1.2")
    assert unknown == "a b *(picture: d)* [e](https://e.org) [f](#f) `[g](h)`\n```\n[i](j)\n```\n"


@pytest.mark.skipif(
    not (ROOT / "thermalent" / "_version.py").exists(),
    reason="a distribution is built from the sources, and its tests run beside a wheel",
)
def test_the_description_of_a_distribution_is_the_front_page(hook):
    class Hook(hook.IndexReadme):
        root = str(ROOT)

        def __init__(self):
            """Without the builder's arguments."""

    front = (ROOT / "README.md").read_text()
    assert re.search(r"!\[[^\]]+\]\(docs/", front)  # what has to be rewritten
    for urls in ({}, {"Repository": "https://example.org/o/n"}):
        metadata = {"urls": urls}
        Hook().update(metadata)
        text = metadata["readme"]["text"]
        assert text.startswith("# thermalent\n")
        assert not re.findall(r"\]\((?!https?://|#)", text)
        # All words are there, and with an address all pictures.
        assert len(text.split()) > 0.95 * len(front.split())
        assert text.count("![") == (front.count("![") if urls else 0)
