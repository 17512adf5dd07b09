"""What the wheel and the recipe for conda say agrees with pyproject.toml and with the folders."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Names of packages that differ on conda-forge: without Qt, which needs no display.
RENAMED = {"matplotlib": "matplotlib-base"}


def test_the_recipe_for_conda_has_the_requirements_of_the_project():
    recipe = (ROOT / "packaging" / "conda" / "meta.yaml").read_text()
    run = recipe.split("  run:\n")[1].split("\n\n")[0]
    stated = set(re.findall(r"    - (\S+) (>=\S+)", run))
    wanted = {("python", PROJECT["project"]["requires-python"])}
    for line in PROJECT["project"]["dependencies"]:
        name, version = re.fullmatch(r"([\w-]+)(>=.+)", line).groups()
        wanted.add((RENAMED.get(name, name), version))
    assert stated == wanted
    entry = PROJECT["project"]["scripts"]["thermalent"]
    assert f"- thermalent = {entry}\n" in recipe
    assert re.search(r'__version__ = "(.*)"', (ROOT / "thermalent" / "_version.py").read_text())


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
