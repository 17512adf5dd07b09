"""One writer per store, across processes and across the machines of a shared file system.

A POSIX record lock on a file beside the store: the kernel releases it however the process ends, so
that nothing has to be cleaned up after a kill. It does not pass to child processes, as a lock by
`flock` would. The file says who holds it.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Record locks belong to the process: a second one within it would be granted.
_held: set[Path] = set()
_guard = threading.Lock()


class Locked(Exception):
    """The store is being written already; the message names the process."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file while inside.

    Raises:
        Locked: another process holds it, or another thread of this one.
        OSError: the file cannot be written, or its file system has no locks.
    """
    path = path.resolve()
    with _guard:
        if path in _held:
            raise Locked(f"this process ({os.getpid()})")
        _held.add(path)
    try:
        descriptor = _acquire(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)  # still locked: others that opened it check again
            os.close(descriptor)
    finally:
        with _guard:
            _held.discard(path)


def _acquire(path: Path) -> int:
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOTSUP, "this system has no record locks (POSIX)") from None

    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            owner = _owner(descriptor)
            os.close(descriptor)
            raise Locked(owner) from None
        except BaseException:
            os.close(descriptor)
            raise
        try:
            current = os.stat(path).st_ino == os.fstat(descriptor).st_ino
        except FileNotFoundError:
            current = False
        if current:
            owner = json.dumps({"host": socket.gethostname(), "pid": os.getpid()})
            os.ftruncate(descriptor, 0)
            os.write(descriptor, owner.encode())
            return descriptor
        os.close(descriptor)  # its holder removed it between our two steps


def _owner(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {owner['pid']} on {owner['host']}"
    except (ValueError, KeyError):
        return "another process"
