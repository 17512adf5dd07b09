"""Processes that are started to be killed, and what they say before they die."""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection, wait
from typing import Any

import psutil
from numba.np.ufunc import parallel

# Nobody waits for this long unless something hangs; a busy machine must not count as that.
PATIENCE = 600.0  # seconds
# Forked from a server with everything loaded: a start takes milliseconds instead of seconds.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.campaign.warm"])

# The start of a process asks how others ended, and only the first who asks is told.
_guard = threading.Lock()

Message = tuple[Any, ...]


class Child:
    """A process that runs a function, which is given a pipe and further arguments.

    Args:
        function: Importable; what it returns is the last message, ("returned", value), and what it
            raises is ("raised", type, text, traceback).
        arguments: For it, after the pipe.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._pipe, other = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_run, args=(function, other, arguments))
        with _guard:
            self.process.start()
        other.close()

    def next(self) -> Message:
        """The next message; ("died", exit status) if there is none any more."""
        if not self._pipe.poll(PATIENCE):
            self.kill()
            return ("hung", f"no word for {PATIENCE:.0f} s")
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionResetError):
            return ("died", self.ended())

    def last(self) -> Message:
        """The last message: "returned", "raised", "died" or "hung"."""
        while (message := self.next())[0] not in ("returned", "raised", "died", "hung"):
            pass
        self.ended()
        return message

    def ended(self) -> int | None:
        """Wait for its end; the exit status, None if it does not end."""
        wait([self.process.sentinel], PATIENCE)
        with _guard:
            self.process.join(0)
            return self.process.exitcode

    def descendants(self) -> list[psutil.Process]:
        """The processes that it has started and those that these have."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> bool:
        """Kill it as a power user would: SIGKILL; whether it was alive."""
        assert self.process.pid is not None
        kill(self.process.pid)
        return self.ended() == -signal.SIGKILL


def kill(pid: int) -> None:
    """SIGKILL, unless the process is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def left_behind(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended by themselves; they are killed."""
    _, alive = psutil.wait_procs(list(processes), timeout=PATIENCE / 5)
    for process in alive:
        kill(process.pid)
    return alive


def _run(function: Callable[..., Any], pipe: Connection, arguments: tuple[Any, ...]) -> None:
    faulthandler.enable()
    # A forked process shares numba's lock for its threads with all that come from the same server,
    # and one that is killed while it has the lock keeps it: the others would wait for ever.
    parallel._set_init_process_lock()
    try:
        said: Message = ("returned", function(pipe, *arguments))
    except BaseException as problem:  # it is the parent who judges
        said = ("raised", type(problem), str(problem), traceback.format_exc())
    pipe.send(said)
    pipe.close()
