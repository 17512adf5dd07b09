"""Pytest plugin: records how long each test takes, or runs chosen tests in a given order."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Environment variables: where the plugin writes and reads.
SECONDS = "THERMALENT_MUTATION_SECONDS"
CHOSEN = "THERMALENT_MUTATION_CHOSEN"
STARTED = "THERMALENT_MUTATION_STARTED"
# CPU seconds that a run of chosen tests may take.
LIMIT = "THERMALENT_MUTATION_LIMIT"
_MEMORY = 8 << 30  # bytes: a change that asks for more must not stop other programs


def pytest_configure() -> None:
    """Set the limits of this process."""
    if LIMIT in os.environ:
        seconds = int(os.environ[LIMIT])
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that are listed, in the order of the list."""
    if CHOSEN not in os.environ:
        return
    rank = {name: i for i, name in enumerate(json.loads(Path(os.environ[CHOSEN]).read_text()))}
    kept = sorted((item for item in items if item.nodeid in rank), key=lambda x: rank[x.nodeid])
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in rank])
    items[:] = kept


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Say which test begins; when recording, forget what the package keeps from earlier tests."""
    if STARTED in os.environ:
        begun = json.dumps([item.nodeid, time.process_time()])
        Path(os.environ[STARTED]).write_text(begun)
    if SECONDS in os.environ:
        _forget_kept_results()
    yield


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Seconds and outcome of one phase of a test; with several processes, in that which asked."""
    if SECONDS in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
        line = json.dumps([report.nodeid, report.outcome, report.duration])
        with Path(os.environ[SECONDS]).open("a") as file:
            file.write(line + "\n")


def _forget_kept_results() -> None:
    """A function whose result is kept runs in the first test that needs it only: let all run it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("thermalent.") and not name.startswith("thermalent.support."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
