"""The folder beside a store in which the package works: lock, copies under way, unfinished parts.

It is the only place, but for the store itself, in which files are made, renamed or removed. A store
`study.zarr` has `.study.zarr.thermalent`, there while somebody writes or parts are unfinished.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thermalent.sweeping.storage.lock import locked

_NEW = re.compile(r"new-[0-9a-f]{32}")
# What an interrupted write of Zarr leaves beside a chunk or its metadata.
_PARTIAL = re.compile(r"(\d+|zarr)\.[0-9a-f]{32}\.partial")


class Workspace:
    """The folder of one store.

    Args:
        store: Path of the store.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self.folder = store.with_name(f".{store.name}.thermalent")
        self.before = self.folder / "before"
        self.parts = self.folder / "parts"
        self._lock = self.folder / "lock"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the one writer while inside.

        Raises:
            Locked: somebody else is.
            OSError: the folder cannot be written, or something else has its name.
        """
        if self.folder.is_symlink() or (self.folder.exists() and not self.folder.is_dir()):
            raise FileExistsError(
                errno.EEXIST, f"{str(self.folder)!r} is no folder, and its name is needed"
            )
        with locked(self._lock):
            yield
        with contextlib.suppress(OSError):  # not empty, or used by the next writer already
            self.folder.rmdir()

    def aside(self) -> Path:
        """A new name for a store that is not complete yet."""
        return self.folder / f"new-{uuid.uuid4().hex}"

    def tidy(self) -> None:
        """Remove what a killed process left; whoever holds the lock may."""
        if self.before.exists():
            if self.store.exists():
                shutil.rmtree(self.before)
            else:  # killed between the two renames
                os.rename(self.before, self.store)
        for left in list(self.folder.iterdir()):
            if _NEW.fullmatch(left.name):
                shutil.rmtree(left, ignore_errors=True)
        for folder, _, files in os.walk(self.store):
            for name in files:
                if _PARTIAL.fullmatch(name):
                    Path(folder, name).unlink(missing_ok=True)
