"""Whether the tests notice one change."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant
from tests.mutation.pytest_order import CHOSEN, LIMIT, STARTED
from tests.mutation.recording import file_of, test_environment
from tests.mutation.trees import changed

_MOST_BROKEN = 3  # tests that fail anyway, per change
_ENDLESS = 5  # a test that takes so many times longer with a change has noticed it
_WALL = 10  # a run that waits so many times its CPU limit has stopped


class Ran(NamedTuple):
    """How a run of tests ended.

    Args:
        failed: The first test that failed; None if none did.
        endless: The test that was running when the CPU time was used up; None if it was not.
    """

    failed: str | None
    endless: str | None


def tried(
    mutant: Mutant,
    tree: Path,
    folder: Path,
    stages: list[list[str]],
    seconds: dict[str, float],
    limit: int,
) -> tuple[str, str]:
    """What the tests say of one change, and which: noticed, survived, or undecided.

    The limit is CPU time, so that the decision does not depend on what else the machine does. A
    change survives if no test fails within it. A test that used up the limit noticed the change if
    it ends in a small part of it otherwise: an endless loop.

    A test that fails without the change as well has noticed nothing: the others are asked again.
    """
    copy = changed(tree, folder, mutant)
    try:
        for stage in stages:
            tests = list(stage)
            for _ in range(_MOST_BROKEN):
                ran = first_failure(copy, tests, limit)
                if ran.endless is not None:
                    if seconds.get(ran.endless, limit) < limit / _ENDLESS:
                        return "noticed", f"{ran.endless} does not end"
                    return "survived", "within the limit"
                if ran.failed is None:
                    break
                if first_failure(tree, [ran.failed], limit) == Ran(None, None):
                    return "noticed", ran.failed
                tests = [test for test in tests if test != ran.failed]
            else:
                return "undecided", "several tests fail without it"
        return "survived", f"{sum(map(len, stages))} tests"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def first_failure(copy: Path, tests: list[str], limit: int) -> Ran:
    """Run tests of the copy, in this order, until one fails or they used up the CPU seconds.

    Args:
        copy: The folder that holds the package and its tests.
        tests: Their names, or files.
        limit: CPU seconds.
    """
    chosen, started = copy / ".chosen", copy / ".started"
    environment = test_environment(copy) | {"PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {STARTED: str(started), LIMIT: str(limit)}
    files = list(dict.fromkeys(map(file_of, tests)))
    if files != tests:
        chosen.write_text(json.dumps(tests))
        environment[CHOSEN] = str(chosen)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "tests.mutation.pytest_order", *files]
    started.write_text(tests[0])
    output, status = _run(command, copy, environment, limit)
    if status in (0, 5):
        return Ran(None, None)
    if status in (None, -signal.SIGXCPU, -signal.SIGKILL):
        return Ran(None, started.read_text())
    named = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
    return Ran(named[1] if named else started.read_text(), None)


def _run(
    command: list[str], folder: Path, environment: dict[str, str], limit: int
) -> tuple[str, int | None]:
    """Output and exit status of a process; status None if it waited for something for too long."""

    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=_WALL * limit)[0], process.returncode
    except subprocess.TimeoutExpired:
        return "", None
    finally:
        with contextlib.suppress(ProcessLookupError):  # what the tests started and did not end
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
