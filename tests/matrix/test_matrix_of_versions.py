"""The matrix of versions: what it runs, what it leaves out, and its oldest are the minimums."""

import re
import stat
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.matrix.__main__ import OLDEST, ROOT, chosen
from tests.matrix.interpreters import Interpreter, found

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(path):
    """The versions that a file of constraints fixes, by name; several if the Python decides."""
    fixed = {}
    for line in path.read_text().splitlines():
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", line
        fixed.setdefault(requirement.name, []).append(specifier.version)
    return fixed


def minimums(*extras):
    """The lowest version that each requirement of the package and of its extras allows."""
    lowest = {}
    texts = [*PROJECT["dependencies"]]
    texts += [text for extra in extras for text in PROJECT["optional-dependencies"][extra]]
    for text in texts:
        requirement = Requirement(text)
        if requirement.name == "thermalent":
            lowest |= minimums(*requirement.extras)
        else:
            (specifier,) = requirement.specifier
            assert specifier.operator == ">=", text
            lowest[requirement.name] = specifier.version
    return lowest


def same(version):
    """As `1.26` and `1.26.0` are."""
    return re.sub(r"(\.0)+$", "", version)


def test_the_oldest_versions_that_are_tested_are_the_minimums():
    fixed = pins(OLDEST)
    for name, lowest in minimums("test").items():
        assert [same(version) for version in fixed[name]] == [same(lowest)], f"{name}: `make lock`"


def test_every_development_tool_has_a_fixed_version():
    assert not minimums("dev").keys() - pins(ROOT / "constraints" / "development.txt").keys()


def test_oldest_dependencies_run_on_the_oldest_interpreter():
    three = [Interpreter((3, minor, 1), Path(f"python3.{minor}")) for minor in (11, 12, 13)]
    names = [cell.name for cell in chosen(three)]
    assert names == ["3.11-newest", "3.12-newest", "3.13-newest", "3.11-oldest"]
    assert [cell.name for cell in chosen(three, "3.11", "oldest")] == ["3.11-oldest"]
    assert chosen(three, "3.13", "oldest") == []


def program(folder, name, text):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_interpreters_are_found_once_and_those_left_out_are_named(tmp_path):
    program(tmp_path, "python3.12", "echo 3 12 1 0")
    program(tmp_path, "python3.9", "echo 3 9 2 0")
    program(tmp_path, "python3.13t", "echo 3 13 0 1")
    program(tmp_path, "python3.14", "echo 'No module named ensurepip' >&2; exit 1")
    program(tmp_path, "python3.12-config", "exit 1")
    newer = tmp_path / "newer"
    newer.mkdir()
    program(newer, "python3.12", "echo 3 12 4 0")
    (newer / "python3.15").symlink_to(tmp_path / "python3.9")
    interpreters, left_out = found([tmp_path, newer, tmp_path / "missing"])
    assert interpreters == [Interpreter((3, 12, 4), newer / "python3.12")]
    reasons = {Path(path).name: reason for path, reason in left_out.items()}
    assert reasons.keys() == {"python3.9", "python3.13t", "python3.14"}
    assert "older than 3.11" in reasons["python3.9"]
    assert "free-threaded" in reasons["python3.13t"]
    assert "No module named ensurepip" in reasons["python3.14"]


@pytest.mark.skipif(sys.platform == "win32", reason="interpreters are called otherwise")
def test_this_interpreter_answers(tmp_path):
    (tmp_path / "python3.11").symlink_to(Path(sys.executable).resolve())
    (one,), left_out = found([tmp_path])
    assert one.version == sys.version_info[:3]
    assert not left_out
