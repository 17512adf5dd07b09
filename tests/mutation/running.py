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
import tempfile
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.mutation.mutants import Mutant
from tests.mutation.pytest_order import CHOSEN, LIMIT, STARTED
from tests.mutation.recording import file_of, test_environment
from tests.mutation.trees import changed

_MOST_BROKEN = 3  # tests that fail anyway, per change
_ENDLESS = 5  # a test that takes so many times longer with a change has noticed it
_LOOK = 20  # seconds, at least, between two looks at whether a run computes or waits for ever
_COMPUTES = 0.01  # CPU seconds a second: a busy machine gives a run that computes more than this


class Ran(NamedTuple):
    """How a run of tests ended.

    Args:
        failed: The first test that failed, or could not be collected; None if none did.
        running: The test that was running when the CPU time was used up; None if it was not.
        seconds: CPU time that this test had used by then.
    """

    failed: str | None = None
    running: str | None = None
    seconds: float = 0.0


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
    change survives if no test fails within it. A test that used up much of the limit noticed
    the change if it takes far less otherwise: an endless loop.

    A test that fails without the change as well has noticed nothing: the others are asked again.
    """
    copy = changed(tree, folder, mutant)
    try:
        for stage in stages:
            tests = list(stage)
            for _ in range(_MOST_BROKEN):
                ran = first_failure(copy, tests, limit)
                if ran.running is not None:
                    usual = seconds.get(ran.running, limit)
                    if ran.seconds > _ENDLESS * usual and ran.seconds > limit / _ENDLESS:
                        return "noticed", f"{ran.running} does not end"
                    return "survived", "within the limit"
                if ran.failed is None:
                    break
                if first_failure(tree, [ran.failed], limit) == Ran():
                    return "noticed", ran.failed
                tests.remove(ran.failed)
                if not tests:
                    break
            else:
                return "undecided", "several tests fail without it"
        return "survived", f"{sum(map(len, stages))} tests"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def first_failure(copy: Path, tests: list[str], limit: int) -> Ran:
    """Run tests of the copy, in this order, until one fails or they used up the CPU seconds.

    Args:
        copy: The folder that holds the package and its tests.
        tests: Their names.
        limit: CPU seconds.
    """
    with tempfile.TemporaryDirectory() as place:  # not in the copy, which shares files with others
        chosen, started = Path(place, "chosen"), Path(place, "started")
        chosen.write_text(json.dumps(tests))
        started.write_text(json.dumps([tests[0], 0.0]))
        environment = test_environment(copy) | {"PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {CHOSEN: str(chosen), STARTED: str(started), LIMIT: str(limit)}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "tests.mutation.pytest_order", *dict.fromkeys(map(file_of, tests))]
        output, status = _run(command, copy, environment, limit)
        test, begun = json.loads(started.read_text())
    if status == 0:
        return Ran()
    if status is None:  # waits without computing
        return Ran(running=test, seconds=limit)
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return Ran(running=test, seconds=limit - begun)
    if not begun:  # a file cannot be imported, or its tests are no longer there
        named = re.search(r"^ERROR (\S+)", output, re.MULTILINE)
        test = next((one for one in tests if named and file_of(one) == named[1]), tests[0])
    return Ran(failed=test)


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
    look = max(limit, _LOOK)
    used = 0.0
    try:
        while True:
            try:
                return process.communicate(timeout=look)[0], process.returncode
            except subprocess.TimeoutExpired:
                used, before = _cpu_seconds(process.pid), used
                if used - before < _COMPUTES * look:
                    return "", None
    finally:
        with contextlib.suppress(ProcessLookupError):  # what the tests started and did not end
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and of all that it started, as far as they still run."""
    try:
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
        return sum(sum(process.cpu_times()[:4]) for process in family)
    except psutil.NoSuchProcess:
        return 0.0
