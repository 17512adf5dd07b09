"""Tries the changes of a sample, from the nearest tests to the widest; runs inside of the snapshot.

The package is imported once. For each change this process makes a copy of itself, puts the change
into the functions that are alive, and runs tests that run those functions: of the nearest files,
then of the kept results, then of two dozen files around them. A change that this cannot put in
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
from typing import NamedTuple

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

# Files of tests: tried first, tried at all, and looked through for those that start processes.
_NEAR, _AROUND, _NEARBY = 3, 24, 12


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
        self.seconds: dict[int, float] = {}

    def tried(self, mutants: dict[int, Mutant], decided: Callable[[int, Outcome], None]) -> None:
        """Try changes; each is decided once, by its number."""
        left = dict(mutants)
        progress = Progress(len(mutants))
        self.seconds = dict.fromkeys(mutants, 0.0)
        changes = {n: self.in_place(one) for n, one in mutants.items()}
        near = {n: self.near(one) for n, one in mutants.items()}
        here = [n for n, change in changes.items() if change is not None]

        def stage(title: str, files: dict[int, list[str]], own: bool = False) -> None:
            wanted = {n: files[n] for n in files if n in left}
            self.record({file for of in wanted.values() for file in of}, progress, title)
            plans = {n: self.plan(changes[n], wanted[n]) for n in wanted}
            tasks: dict[int, Callable[[], None]] = {}
            for n, tests in plans.items():
                if tests:
                    how = self.alone if own else self.here
                    tasks[n] = partial(how, n, mutants[n], tests)
            for n, ended in forked(tasks, self.jobs):
                found = self.judged(n, ended)
                if found is not None:
                    del left[n]
                    decided(n, found)
                progress.show(len(mutants) - len(left), title)

        stage("the nearest tests", {n: near[n][:_NEAR] for n in here})
        stage("the kept results", {n: [KEPT_RESULTS] for n in here})
        stage("all tests around", {n: near[n][_NEAR:_AROUND] for n in here})
        apart = {n: [*near[n][:_NEARBY], KEPT_RESULTS] for n in mutants if changes[n] is None}
        for n in here:
            files = [file for file in near[n][:_NEARBY] if starts_processes(self.tree / file)]
            apart[n] = files
        stage("processes of their own", apart, own=True)
        progress.end()
        for n in left:
            decided(n, Outcome("survived", "", self.seconds[n]))

    def near(self, mutant: Mutant) -> list[str]:
        return [str(path) for path in nearest_tests(mutant.path, self.tree)]

    def in_place(self, mutant: Mutant) -> Change | None:
        """The change as code; None if the functions that are alive cannot take it."""
        try:
            change = change_of(mutant, self.tree)
            self.alive.check(change)
        except NotInPlace:
            return None
        return change

    def record(self, files: set[str], progress: Progress, title: str) -> None:
        """Run test files without a change, those that are not known yet."""
        missing = self.records.missing(files)
        for done, (file, _) in enumerate(forked(missing, self.jobs), 1):
            if not self.records.read(file):  # its tests ended the process
                self.records.known[file] = Recorded({}, {}, False)
            progress.show(None, f"{title}, without a change: {done} of {len(missing)} files")

    def plan(self, change: Change | None, files: list[str]) -> dict[str, float]:
        """The tests of files that can notice a change, with their usual seconds, in order."""
        places = None if change is None else self.run_through(change)
        return {
            test: self.records.known[file].seconds[test]
            for file in files
            for test in self.records.known[file].running(places)
        }

    def run_through(self, change: Change) -> set[Place]:
        """The functions by which a change is run: its own, and kernels that run a changed one."""
        kernels = self.kernels.concerned(change.own)
        codes = [*change.own, *(function.__code__ for function in kernels)]
        return {place(code) for code in codes}

    def here(self, n: int, mutant: Mutant, tests: dict[str, float]) -> None:
        """In a copy of this process: change the functions that are alive, and run tests."""
        trial = Trial(tests, self.limit, self.report(n))
        change = change_of(mutant, self.tree)
        kernels = self.kernels.concerned(old for old, _ in change.replaced)
        self.alive.apply(change)
        self.kernels.compile_again(kernels)
        trial.run()

    def alone(self, n: int, mutant: Mutant, tests: dict[str, float]) -> None:
        """In a copy of this process: become another one, in a changed copy of the tree."""
        copy = changed_copy(self.tree, self.work / f"{n}.tree", mutant)
        given = self.work / f"{n}.given"
        report = str(self.report(n))
        Trial(tests, self.limit, self.report(n))  # a report, if the process ends before it begins
        given.write_text(json.dumps({"tests": tests, "limit": self.limit, "report": report}))
        os.chdir(copy)
        command = [sys.executable, "-m", "tests.mutation.trying", str(given)]
        os.execve(sys.executable, command, environment(copy))

    def report(self, n: int) -> Path:
        return self.work / f"{n}.report"

    def judged(self, n: int, ended: Ended) -> Outcome | None:
        """What a run of tests says of a change; None if they passed."""
        report = json.loads(self.report(n).read_text()) if self.report(n).exists() else {}
        self.seconds[n] += ended.seconds
        if "noticed" in report:
            return Outcome("noticed", report["noticed"], self.seconds[n])
        if "done" in report and "error" not in report:
            return None
        running = report.get("running")
        if running is None:
            how = report.get("error", f"the process ended with {ended.status}")
            return Outcome("failed", how, self.seconds[n])
        endless = ended.status in (None, -signal.SIGXCPU)
        how = "takes over ten times longer" if endless else f"ends the process ({ended.status})"
        return Outcome("noticed", f"{running} {how}", self.seconds[n])


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
