"""Workers end with the process that started them, however it dies.

A process that is killed cannot stop its workers: they would compute on for nobody, and a pool of
the standard library would then wait for tasks for ever. The signal that Linux sends at the death of
a parent does not help: it counts the thread that started the worker as the parent, and pools start
workers from threads that end long before the pool does.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

_LOOK = 0.5  # seconds between two looks at the parent
_watched_by = 0  # the process in which a thread looks: a forked one has lost it


def end_with_parent() -> None:
    """Have this process end soon after the one that started it through `multiprocessing`.

    A thread looks for it twice a second; it has to wait for a compiled kernel that holds the
    interpreter's lock. A process that was started in any other way (a Dask worker from a shell, an
    MPI rank) belongs to somebody else and is left alone.
    """
    global _watched_by
    parent = multiprocessing.parent_process()
    if parent is None or parent.pid is None or _watched_by == os.getpid():
        return
    _watched_by = os.getpid()
    threading.Thread(
        target=_watch, args=(parent.pid, os.getppid()), name="parent", daemon=True
    ).start()


def _watch(pid: int, starter: int) -> None:
    """End this process once its parent is gone.

    Args:
        pid: Of the process whose pool this one belongs to.
        starter: Of the process that forked this one: the same or its fork server, which ends with
            it. A process that loses it gets another one.
    """
    # The second condition is for a parent that died before this thread began, and for a fork
    # server, which stays as long as its workers do.
    while os.getppid() == starter and _runs(pid):
        time.sleep(_LOOK)
    os._exit(1)


def _runs(pid: int) -> bool:
    """Whether a process still works: one that died keeps its number until it is waited for.

    Whoever reads its output to the end before waiting, as `subprocess.run` does after a time limit,
    would otherwise wait for workers which wait for it: they hold the same pipe.
    """
    import psutil

    try:
        return psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.NoSuchProcess:
        return False
