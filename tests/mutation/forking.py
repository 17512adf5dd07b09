"""A few processes at a time, each a copy of this one, which has imported everything."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from typing import NamedTuple, TypeVar

import psutil

from tests.mutation.trying import quiet

Key = TypeVar("Key", bound=Hashable)
_LOOK = 60  # seconds between two looks at whether a process computes or waits for ever
_COMPUTES = 0.01  # CPU seconds a second: a busy machine gives a process that computes more


class Ended(NamedTuple):
    """How a process ended.

    Args:
        status: Its exit status, or minus the number of the signal that ended it; None if it waited
            without computing, and was ended for that.
        seconds: CPU time.
    """

    status: int | None
    seconds: float


def forked(tasks: dict[Key, Callable[[], None]], jobs: int) -> Iterator[tuple[Key, Ended]]:
    """Do tasks, each in a copy of this process, in their order; how each ended, as they do."""
    left = list(tasks)
    running: dict[int, tuple[Key, float, float]] = {}
    try:
        while left or running:
            while left and len(running) < jobs:
                key = left.pop(0)
                running[_started(tasks[key])] = (key, time.monotonic() + _LOOK, 0.0)
            for pid in list(running):
                key, look, before = running[pid]
                done, status, used = os.wait4(pid, os.WNOHANG)
                if done:
                    del running[pid]
                    _end(pid)  # what the tests started and did not end
                    seconds = used.ru_utime + used.ru_stime
                    yield key, Ended(os.waitstatus_to_exitcode(status), seconds)
                elif time.monotonic() > look:
                    now = _cpu_seconds(pid)
                    if now - before < _COMPUTES * _LOOK:
                        del running[pid]
                        _end(pid)
                        os.waitpid(pid, 0)
                        yield key, Ended(None, now)
                    else:
                        running[pid] = (key, time.monotonic() + _LOOK, now)
            time.sleep(0.02)
    finally:
        for pid in running:
            _end(pid)


def _started(task: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        quiet()
        task()
        os._exit(0)
    finally:
        os._exit(1)


def _end(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and of all that it started, as far as they still run."""
    try:
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
        return sum(sum(process.cpu_times()[:4]) for process in family)
    except psutil.NoSuchProcess:
        return 0.0
