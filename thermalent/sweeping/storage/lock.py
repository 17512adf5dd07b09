"""One writer per store, across processes and across the machines of a shared file system.

A lock of the kernel on an open file: it is released however the process ends, so that nothing has
to be cleaned up after a kill. On Linux it belongs to the open file (an "open file description"
lock), so that neither opening and closing the same file elsewhere in this process nor a child lets
it go; elsewhere it is a POSIX record lock. The lock file says who holds it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# A record lock is granted to the same process any number of times.
_held: set[Path] = set()
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_guard = threading.Lock()
_descriptors: set[int] = set()


class Locked(Exception):
    """The store is being written already; the message names the process."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file while inside; it is made, with its folder, and removed.

    Raises:
        Locked: another process holds it, or another thread of this one.
        OSError: the file cannot be written, is a link, or its file system has no locks.
    """
    with _once(path):
        descriptor = _acquire(path)
        try:
            yield
        finally:
            try:
                # Whoever opened it meanwhile finds it gone and looks again. Where it cannot be
                # removed it stays, which harms nobody: it is not the file that locks.
                with contextlib.suppress(OSError):
                    if _is_still(path, descriptor):
                        path.unlink()
            finally:
                _release(descriptor)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of a file that exists and stays, while inside.

    Raises:
        Locked: another process holds it.
        OSError: the file cannot be opened for writing.
    """
    descriptor = _open(path, os.O_RDWR)
    try:
        _lock(descriptor)
        yield
    finally:
        _release(descriptor)


@contextmanager
def _once(path: Path) -> Iterator[None]:
    with _guard:
        if path in _held:
            raise Locked(f"this process ({os.getpid()})")
        _held.add(path)
    try:
        yield
    finally:
        with _guard:
            _held.discard(path)


def _acquire(path: Path) -> int:
    while True:
        path.parent.mkdir(exist_ok=True)
        try:
            descriptor = _open(path, os.O_RDWR | os.O_CREAT)
        except FileNotFoundError:
            continue  # its holder removed the folder between our two steps
        try:
            _lock(descriptor)
        except BaseException:
            _release(descriptor)
            raise
        if _is_still(path, descriptor):
            owner = json.dumps({"host": socket.gethostname(), "pid": os.getpid()})
            os.ftruncate(descriptor, 0)
            os.write(descriptor, owner.encode())
            return descriptor
        _release(descriptor)  # its holder removed it between our two steps


def _open(path: Path, flags: int) -> int:
    try:
        descriptor = os.open(path, flags | _NO_LINKS, 0o666)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise OSError(
                errno.ELOOP, f"{str(path)!r} is a link, which a lock does not follow"
            ) from None
        raise
    _descriptors.add(descriptor)
    return descriptor


def _release(descriptor: int) -> None:
    _descriptors.discard(descriptor)
    os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOTSUP, "this system has no record locks (POSIX)") from None
    try:
        # The layout of the structure below is that of Linux.
        if sys.platform == "linux" and hasattr(fcntl, "F_OFD_SETLK"):
            # struct flock: type, whence, start, length, pid (which must be 0).
            request = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, request)
        else:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        raise Locked(_owner(descriptor)) from None


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _owner(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {owner['pid']} on {owner['host']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


def _let_go_in_child() -> None:
    """A forked child shares the open file, and with it the lock: it closes its copy."""
    for descriptor in _descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _descriptors.clear()


if hasattr(os, "register_at_fork"):  # systems without it have no forks, and no such locks
    os.register_at_fork(after_in_child=_let_go_in_child)
