"""A small file system in memory, which only this process sees and which ends with it."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

# From <linux/sched.h> and <linux/mount.h>.
_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_REMOUNT, _RECURSIVE, _PRIVATE = 32, 16384, 1 << 18


class SmallDisk:
    """A folder on a file system of its own, for a process with one thread on Linux.

    Args:
        folder: Exists; what is in it cannot be seen while inside.
        size: In bytes, in whole pages.

    Raises:
        OSError: this machine does not allow it.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> SmallDisk:
        user, group = os.getuid(), os.getgid()
        # As an ordinary user, too: being root inside of a user namespace is enough.
        self._require(self._libc.unshare(_NEW_MOUNTS | (_NEW_USER if user else 0)))
        if user:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        self._require(self._libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None))
        self._mount(0, self._size)
        return self

    def __exit__(self, *problem: object) -> None:
        self._libc.umount2(os.fsencode(self._folder), 2)  # the kernel does, too, when we end

    def enlarge(self) -> None:
        """Make room for everything."""
        self._mount(_REMOUNT, 1 << 26)

    def _mount(self, flags: int, size: int) -> None:
        folder, options = os.fsencode(self._folder), f"size={size}".encode()
        self._require(self._libc.mount(b"tmpfs", folder, b"tmpfs", flags, options))

    def _require(self, status: int) -> None:
        if status:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
