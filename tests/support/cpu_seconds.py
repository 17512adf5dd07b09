"""Pytest plugin: the CPU seconds of every test, its child processes included, by file and by test.

    make durations DURATIONS="tests/fock"

Every phase of a test counts where it runs: a fixture that several tests share stands at the first
of them, as does what a test computes and keeps for the others. Compiled kernels are compiled when
they are first called on an installation, and the second run is the one to look at.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator

import pytest

_FILES, _TESTS = 40, 40
_NAME = "CPU seconds"


def _used() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure all phases of one test."""
    item.stash[_BEGUN] = _used()
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Hand the seconds on with the report of the last phase, also from another process."""
    result = yield
    item.user_properties.append((_NAME, _used() - item.stash[_BEGUN]))
    return result


_BEGUN = pytest.StashKey[float]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The sum, the files and the tests that take longest."""
    tests: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, seconds in getattr(report, "user_properties", []):
                if name == _NAME:
                    tests[report.nodeid] = max(tests[report.nodeid], seconds)
    files: Counter[str] = Counter()
    for name, seconds in tests.items():
        files[name.partition("::")[0]] += seconds
    write = terminalreporter.write_line
    terminalreporter.section(f"{_NAME}: {sum(tests.values()):.1f} in all")
    for counted, most in ((files, _FILES), (tests, _TESTS)):
        for name, seconds in counted.most_common(most):
            write(f"{seconds:8.2f}  {name}")
        write("")
