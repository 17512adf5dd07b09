"""Which tests run which lines of the package: measured by coverage, kept for later runs.

A recording is a folder with

    coverage       lines and tests, in coverage's own format
    seconds        one line of JSON per phase of a test: name, outcome, seconds
    tests.json     the test files that were run, with a digest of their text
    thermalent/    the package as it was

Later recordings run only the test files that have changed since, and replace what earlier ones say
of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import coverage

from tests.mutation.pytest_order import SECONDS

# Tests of this tool, and of whole installations.
_ELSEWHERE = {"mutation", "release", "matrix"}
# What other processes run counts for the test that started them: pytest tells its name to them.
_CONFIGURATION = """[run]
source = thermalent
branch = false
data_file = {data}
parallel = true
context = ${{PYTEST_CURRENT_TEST-}}
patch = subprocess
"""


class Recording:
    """One recording, of which a test counts only if no later one ran its file again.

    Args:
        folder: Of the recording.
        replaced: The test files that later ones ran.
    """

    def __init__(self, folder: Path, replaced: set[str]) -> None:
        self.folder = folder
        self.files = set(json.loads((folder / "tests.json").read_text())) - replaced
        seconds = _seconds(folder / "seconds")
        self.seconds = {test: of for test, of in seconds.items() if file_of(test) in self.files}
        self._data = coverage.CoverageData(str(folder / "coverage"))
        self._data.read()
        self._measured = {
            file[file.rindex("/thermalent/") + 1 :]: file for file in self._data.measured_files()
        }

    def source(self, module: Path) -> str:
        """The text of a module when this was recorded; empty if there was none."""
        kept = self.folder / module
        return kept.read_text() if kept.exists() else ""

    def tests(self, module: Path) -> dict[int, set[str]]:
        """The passing tests that ran each line of a module, by the module's text of then."""
        if str(module) not in self._measured:
            return {}
        contexts = self._data.contexts_by_lineno(self._measured[str(module)])
        return {
            line: {test for test in map(_test_of, names) if test in self.seconds}
            for line, names in contexts.items()
        }


def record(tree: Path, folder: Path, processes: int) -> None:
    """Run the test files of a tree that no recording in the folder knows as they are now."""
    known: dict[str, str] = {}
    for one in recordings(folder):
        known.update(json.loads((one / "tests.json").read_text()))
    files = {str(path): digest(tree / path) for path in test_files(tree)}
    new = [path for path, of in files.items() if known.get(path) != of]
    if not new:
        return
    print(f"recording which lines the tests of {len(new)} files run ...", flush=True)
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    run_with_coverage(tree, unfinished, new, processes)
    (unfinished / "tests.json").write_text(json.dumps({path: files[path] for path in new}))
    copy_sources(tree, unfinished)
    unfinished.rename(folder / f"{len(recordings(folder)):04d}")


def run_with_coverage(tree: Path, folder: Path, files: list[str], processes: int) -> None:
    """One run of pytest; tests that fail are left out of what is known."""
    settings = folder / "settings"
    settings.write_text(_CONFIGURATION.format(data=folder / "coverage"))
    environment = test_environment(tree) | {SECONDS: str(folder / "seconds")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tests.mutation.pytest_order"]
    if processes > 1:
        command += ["-n", str(processes), "--dist", "loadfile"]
    command += ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report=", *files]
    ended = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
    if ended.returncode not in (0, 1):
        sys.exit(f"The tests did not run:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")


def test_environment(tree: Path) -> dict[str, str]:
    """The environment in which the tests of a tree import that tree's package."""
    single = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    # Of the tests that test this: which one runs, and in which process.
    outer = {name for name in os.environ if name.startswith(("PYTEST_CURRENT", "PYTEST_XDIST"))}
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    return environment | single | {"PYTHONPATH": str(tree)}


def copy_sources(tree: Path, folder: Path) -> None:
    """Keep the modules as they were: later ones have other line numbers."""
    for path in (tree / "thermalent").rglob("*.py"):
        target = folder / path.relative_to(tree)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def read(folder: Path) -> list[Recording]:
    """The recordings of a folder."""
    found: list[Recording] = []
    replaced: set[str] = set()
    for one in reversed(recordings(folder)):
        found.append(Recording(one, set(replaced)))
        replaced |= found[-1].files
    return found


def recordings(folder: Path) -> list[Path]:
    """The finished recordings, the earliest first."""
    return sorted(path for path in folder.glob("[0-9]*") if path.is_dir())


def test_files(tree: Path) -> list[Path]:
    """The files of ordinary tests, relative to the tree."""
    found = sorted((tree / "tests").rglob("test_*.py"))
    return [
        path.relative_to(tree)
        for path in found
        if path.relative_to(tree).parts[1] not in _ELSEWHERE
    ]


def file_of(test: str) -> str:
    """The file of a test, from its name."""
    return test.partition("::")[0]


def digest(path: Path) -> str:
    """Of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _seconds(path: Path) -> dict[str, float]:
    """Seconds of the tests of which every phase passed."""
    taken: dict[str, float] = defaultdict(float)
    failed = set()
    for line in path.read_text().splitlines():
        test, outcome, seconds = json.loads(line)
        taken[test] += seconds
        if outcome != "passed":
            failed.add(test)
    return {test: of for test, of in taken.items() if test not in failed}


def _test_of(context: str) -> str:
    """The test of a context: coverage writes `name|run`, other processes `name (call)`."""
    return re.sub(r"(\|(setup|run|teardown)| \((setup|call|teardown)\))$", "", context)
