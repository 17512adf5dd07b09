"""Runs tests in this process, in a given order, until one fails or takes far longer than usual.

Time is CPU time, so that nothing depends on what else the machine does. A test may take ten times
as long as without a change, and ten seconds more; then the process is ended by the system, and the
report says which test was running. What numba compiles again meanwhile does not count.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from numba.core import event

_TIMES, _MORE = 10, 10  # seconds that a test may take: so many times the usual ones, and more
_GUESSED = 2  # seconds that a test usually takes, where that is not known
_COMPILING = 600  # seconds that numba may take
_MEMORY = 8 << 30  # bytes: a change that asks for more must not stop other programs

# Of pytest, always: one process, nothing kept, no word.
OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]


class Trial:
    """A pytest plugin: keeps the tests that are wanted, in their order, and watches them.

    Args:
        files: The test files, in the order in which they run.
        limit: CPU seconds after which no test begins.
        report: The file that says how it went.
        tests: CPU seconds that each test usually takes, by its name, in the order in which they
            run; None for all of the files, of which a time is guessed.
    """

    def __init__(
        self, files: list[str], limit: float, report: Path, tests: dict[str, float] | None = None
    ) -> None:
        self.files, self.limit, self.path, self.tests = files, limit, report, tests
        self.report: dict[str, Any] = {"passed": 0}
        self.compiling = _Compiling()
        self.write()

    def write(self) -> None:
        self.path.write_text(json.dumps(self.report))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests that are listed, in the order of the list, or else of the files."""
        if self.tests is None:
            items.sort(key=lambda item: self.files.index(item.nodeid.partition("::")[0]))
        else:
            rank = {name: i for i, name in enumerate(self.tests)}
            kept = [item for item in items if item.nodeid in rank]
            items[:] = sorted(kept, key=lambda item: rank[item.nodeid])

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give the test its time."""
        if self.used() > self.limit:
            item.session.shouldstop = "the limit"
        self.report["running"] = item.nodeid
        self.write()
        _allow(_TIMES * (_GUESSED if self.tests is None else self.tests[item.nodeid]) + _MORE)
        yield
        del self.report["running"]
        self.report["passed"] += 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.report |= {"failed": report.nodeid, "how": _last_line(report)}
            self.write()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.report |= {"failed": report.nodeid, "how": f"not collected: {_last_line(report)}"}
            self.write()

    def used(self) -> float:
        """CPU seconds of this process, without the compiler's."""
        return time.process_time() - self.compiling.seconds

    def run(self) -> None:
        """Run the tests; afterwards the report is complete."""
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
        with event.install_listener("numba:compile", self.compiling):
            code = pytest.main(["-x", *OPTIONS, *self.files], plugins=[self])
        if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            self.report["error"] = f"pytest ended with {code}"
        self.report["done"] = True
        self.write()


class _Compiling(event.Listener):
    """CPU seconds that numba has taken, which are given to the test that is running."""

    def __init__(self) -> None:
        self.depth, self.begun, self.seconds = 0, 0.0, 0.0
        self.left = 0.0

    def on_start(self, event: Any) -> None:
        if self.depth == 0:
            self.begun = time.process_time()
            self.left = resource.getrlimit(resource.RLIMIT_CPU)[0] - self.begun
            _allow(_COMPILING)
        self.depth += 1

    def on_end(self, event: Any) -> None:
        self.depth -= 1
        if self.depth == 0:
            self.seconds += time.process_time() - self.begun
            _allow(self.left)


def _allow(seconds: float) -> None:
    """Let the system end this process after so many more CPU seconds."""
    until = int(time.process_time() + max(seconds, 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _last_line(report: pytest.TestReport | pytest.CollectReport) -> str:
    return (str(report.longrepr).strip().splitlines() or [""])[-1][:100]


def quiet() -> None:
    """Let this process, and those that it starts, say nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


if __name__ == "__main__":  # as a process of its own, in a copy with one change
    given = json.loads(Path(sys.argv[1]).read_text())
    Trial(given["files"], given["limit"], Path(given["report"]), given["tests"]).run()
