"""The tests for a change without a recording: those of the files that name its module."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.recording import file_of, test_environment
from tests.mutation.selection import nearest_tests


class Nearest:
    """Stands for `Reach` where recording all tests would take longer than the changes themselves.

    A change that only a test far away would notice survives, so that the share is rather too low.

    Args:
        tree: The copy that holds the package and the tests.
        files: How many files of tests each change is tried with.
    """

    def __init__(self, tree: Path, files: int) -> None:
        self.tree, self.files = tree, files
        self.seconds: dict[str, float] = {}
        self._tests = _collected(tree)
        self._near = cache(lambda module: nearest_tests(module, tree)[:files])

    def tests(self, mutant: Mutant) -> list[list[str]]:
        """The tests of the nearest files, those of the nearest one first."""
        near = [test for path in self._near(mutant.path) for test in self._tests[str(path)]]
        return [near] if near else []


def _collected(tree: Path) -> dict[str, list[str]]:
    """The tests that are not marked as long, by file."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        command, cwd=tree, env=test_environment(tree), capture_output=True, text=True
    )
    if ended.returncode:
        sys.exit(f"The tests were not collected:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
    found = defaultdict(list)
    for line in ended.stdout.splitlines():
        if line.startswith("tests/") and "::" in line:
            found[file_of(line)].append(line)
    return found
