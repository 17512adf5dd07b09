"""Tries the changes of a sample, from the nearest tests to the widest; runs inside of the snapshot.

The package is imported once. For each change this process makes a copy of itself, puts the change
into the functions that are alive, and runs tests that run those functions: of the nearest files,
then of the kept results, then of fifteen files. A change that this cannot put in
place, because the import computes with it, is tried by a process of its own in a changed copy of
the tree; so is what survives where near tests start processes.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numba

from tests.mutation.forking import Ended, forked
from tests.mutation.in_place import Alive, Change, NotInPlace, Place, change_of, place
from tests.mutation.kernels import Kernels
from tests.mutation.mutants import Mutant
from tests.mutation.progress import Progress
from tests.mutation.recording import Recorded, Records
from tests.mutation.selection import KEPT_RESULTS, nearest_tests, starts_processes
from tests.mutation.snapshot import changed_copy, environment
from tests.mutation.trying import Trial

_FIRST, _NEAR = 3, 15  # files of tests: tried first, and at all


class Outcome(NamedTuple):
    """What came of a change: noticed, survived, or failed if it could not be tried; and how."""

    name: str
    how: str
    seconds: float


class Sample:
    """Changes and what is known of them.

    Args:
        tree: The snapshot.
        work: A folder for reports and changed copies.
        records: The folder that keeps what tests do without a change.
        jobs: Processes at a time.
        limit: CPU seconds of tests per change and stage.
    """

    def __init__(self, tree: Path, work: Path, records: Path, jobs: int, limit: float) -> None:
        self.tree, self.work, self.jobs, self.limit = tree, work, jobs, limit
        _import_what_tests_use(tree / "tests")
        self.alive = Alive(_import_package)
        self.kernels = Kernels()
        self.records = Records(tree, records)
        self.passing: dict[str, bool] = {}  # of tests, without a change

    def tried(self, mutants: dict[int, Mutant], decided: Callable[[int, Outcome], None]) -> None:
        """Try changes; each is decided once, by its number."""
        self.left, self.decided = dict(mutants), decided
        self.progress = Progress(len(mutants))
        self.seconds = dict.fromkeys(mutants, 0.0)
        self.changes = {n: self.in_place(one) for n, one in mutants.items()}
        near = {n: [str(path) for path in nearest_tests(one.path, self.tree)][:_NEAR]
                for n, one in mutants.items()}  # fmt: skip
        here = [n for n, change in self.changes.items() if change is not None]
        self.stage("the nearest tests", {n: near[n][:_FIRST] for n in here}, known=False)
        self.stage("the kept results", {n: [KEPT_RESULTS] for n in here})
        self.stage("all tests near", {n: near[n] for n in here})
        apart = {
            n: [*near[n][:_FIRST], KEPT_RESULTS, *near[n][_FIRST:]]
            if self.changes[n] is None
            else [file for file in near[n] if starts_processes(self.tree / file)]
            for n in mutants
        }
        self.stage("processes of their own", apart, own=True)
        self.progress.end()
        for n in self.left:
            decided(n, Outcome("survived", "", self.seconds[n]))

    def stage(
        self, title: str, files: dict[int, list[str]], known: bool = True, own: bool = False
    ) -> None:
        """Try the changes that are left with the tests of some files.

        Args:
            title: For people.
            files: By the number of the change.
            known: Whether to find out first what each test does without a change; else that is
                asked of the tests that fail.
            own: Whether by processes of their own.
        """
        wanted = {n: files[n] for n in files if n in self.left and files[n]}
        if known:
            self.record({file for of in wanted.values() for file in of}, title)
        tasks: dict[int, Callable[[], None]] = {}
        for n, of in wanted.items():
            tests = self.plan(None if own else self.changes[n], of) if known else None
            if tests is None or tests:
                tasks[n] = partial(self.alone if own else self.here, n, of, tests)
        for n, ended in forked(tasks, self.jobs):
            report = self.report(n)
            self.seconds[n] += ended.seconds
            found = judged(report, ended)
            if found is not None and (known or self.passes(report.get("failed"))):
                del self.left[n]
                self.decided(n, Outcome(*found, self.seconds[n]))
            self.progress.show(len(self.changes) - len(self.left), title)

    def passes(self, test: str | None) -> bool:
        """Whether a test passes without a change; whether none takes too long is asked later."""
        if test is not None and test not in self.passing:
            trial = Trial([test.partition("::")[0]], self.limit, self.path(0), {test: 1.0})
            ((_, ended),) = forked({test: trial.run}, 1)
            self.passing[test] = judged(self.report(0), ended) is None
        return test is not None and self.passing[test]

    def in_place(self, mutant: Mutant) -> Change | None:
        """The change as code; None if the functions that are alive cannot take it."""
        try:
            change = change_of(mutant, self.tree)
            self.alive.check(change)
        except NotInPlace:
            return None
        return change

    def record(self, files: set[str], title: str) -> None:
        """Run test files without a change, those that are not known yet."""
        missing = self.records.missing(files)
        for done, (file, _) in enumerate(forked(missing, self.jobs), 1):
            if not self.records.read(file):  # its tests ended the process
                self.records.known[file] = Recorded({}, {}, False)
            self.progress.show(None, f"{title}, without a change: {done} of {len(missing)} files")

    def plan(self, change: Change | None, files: list[str]) -> dict[str, float]:
        """The tests of files that run a change, with their usual seconds, in order; None for all.

        What the processes run that a test starts is not known.
        """
        places = None if change is None else self.run_through(change)
        known = [self.records.known[file] for file in files]
        return {test: one.seconds[test] for one in known for test in one.running(places)}

    def run_through(self, change: Change) -> set[Place]:
        """The functions by which a change is run: its own, and kernels that run a changed one."""
        kernels = self.kernels.concerned(change.own)
        codes = [*change.own, *(function.__code__ for function in kernels)]
        return {place(code) for code in codes}

    def here(self, n: int, files: list[str], tests: dict[str, float] | None) -> None:
        """In a copy of this process: change the functions that are alive, and run tests."""
        trial = Trial(files, self.limit, self.path(n), tests)
        change = self.changes[n]
        assert change is not None
        kernels = self.kernels.concerned(old for old, _ in change.replaced)
        self.alive.apply(change)
        self.kernels.compile_again(kernels)
        trial.run()

    def alone(self, n: int, files: list[str], tests: dict[str, float] | None) -> None:
        """In a copy of this process: become another one, in a changed copy of the tree."""
        copy = changed_copy(self.tree, self.work / f"{n}.tree", self.left[n])
        path = self.path(n)
        Trial(files, self.limit, path, tests)  # a report, if the process ends before it begins
        given = {"files": files, "limit": self.limit, "report": str(path), "tests": tests}
        os.chdir(copy)
        path = path.with_suffix(".given")
        path.write_text(json.dumps(given))
        command = [sys.executable, "-m", "tests.mutation.trying", str(path)]
        os.execve(sys.executable, command, environment(copy))

    def path(self, n: int) -> Path:
        """Of the report on a change."""
        return self.work / f"{n}.report"

    def report(self, n: int) -> dict[str, Any]:
        return json.loads(self.path(n).read_text()) if self.path(n).exists() else {}


def judged(report: dict[str, Any], ended: Ended) -> tuple[str, str] | None:
    """What a run of tests says of a change, and how it does; None if they passed."""
    if "failed" in report:
        return "noticed", f"{report['failed']} ({report['how']})"
    if "done" in report and "error" not in report:
        return None
    if "running" not in report or ended.status == -signal.SIGKILL:  # for want of memory
        return "failed", report.get("error", f"the process ended with {ended.status}")
    if ended.status in (None, -signal.SIGXCPU):
        return "noticed", f"{report['running']} takes over ten times as long"
    return "noticed", f"{report['running']} ends the process ({ended.status})"


def _import_package() -> None:
    import thermalent

    for module in pkgutil.walk_packages(thermalent.__path__, "thermalent."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _import_what_tests_use(tests: Path) -> None:
    """Import what tests import, but for the package and themselves, and let numba begin."""
    names = set()
    for path in tests.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
    own = {"thermalent", "tests", "figures", "benchmarks", "examples"}
    own |= {path.stem for path in tests.rglob("*.py")}
    for name in sorted(names):
        if name.partition(".")[0] not in own:
            with suppress(Exception):  # what is not installed, its tests know to skip
                importlib.import_module(name)
    numba.njit(lambda x: x + 1)(1)
