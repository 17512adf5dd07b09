"""The finished blocks of a long ensemble on the disk, in their order.

Blocks are added in order, so that a file holds a stretch of them and the files make a sequence
without a gap. They are written now and then, aside and renamed, and go when the point is stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from thermalent.stochastic.step_bias import ExtrapolatedBlock
from thermalent.sweeping.storage.layout import Study
from thermalent.sweeping.storage.store import explained
from thermalent.sweeping.storage.workspace import Workspace

EVERY = 10.0  # seconds of work that a kill may cost


class Parts:
    """The folder beside a store that holds unfinished ensembles.

    Args:
        store: Path of the store.
        study: Identity of the study; parts of another study are ignored.
    """

    def __init__(self, store: Path, study: Study) -> None:
        about = study.attributes()
        mark = json.dumps([about[key] for key in ("builder", "fixed", "method", "version", "code")])
        digest = hashlib.sha256((mark + study.grid.digest()).encode()).hexdigest()[:16]
        self._folder = Workspace(store).parts
        self._mine = self._folder / digest

    def of(self, block: int, point: int) -> Part:
        """The ensemble of a point of a block."""
        return Part(self._mine / f"{block}-{point}")

    def forget(self, block: int) -> None:
        """Remove the ensembles of a block, which is stored: what cannot be removed harms nobody."""
        with contextlib.suppress(OSError):  # the folder cannot be listed
            for folder in self._mine.glob(f"{block}-*"):
                shutil.rmtree(folder, ignore_errors=True)
        for folder in (self._mine, self._folder):
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()


class Part:
    """One unfinished ensemble."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unsaved: list[ExtrapolatedBlock] = []
        self._next = 0
        self._saved_at = time.monotonic()

    def load(self) -> Iterator[ExtrapolatedBlock]:
        """The blocks that are on the disk, from the first one without a gap or damage.

        Raises:
            StoreError: the disk cannot be read.
        """
        while True:
            try:
                sums = _read(self._folder / f"{self._next}.npz")
            except FileNotFoundError:
                return
            except OSError as problem:
                raise explained(self._folder, problem) from problem
            if sums is None:  # damaged: this stretch and what follows are computed again
                return
            self._next += len(sums)
            yield from sums

    def keep(self, sums: ExtrapolatedBlock) -> None:
        """Take the next block; it is on the disk within `EVERY` seconds of work.

        Raises:
            StoreError: the disk is full or cannot be written.
        """
        self._unsaved.append(sums)
        if time.monotonic() - self._saved_at >= EVERY:
            try:
                self._save()
            except OSError as problem:
                raise explained(self._folder, problem) from problem

    def _save(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        aside, blocks = self._folder / "aside", self._unsaved
        arrays: dict[str, Any] = {
            name: np.array([getattr(sums, name) for sums in blocks])
            for name in ("count", "mean", "scatter", "fine")
        }
        arrays["compared"] = np.array([sums.coarse is not None for sums in blocks])
        arrays["coarse"] = np.array(
            [np.zeros_like(s.mean) if s.coarse is None else s.coarse for s in blocks]
        )
        with aside.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._folder / f"{self._next}.npz")
        self._next += len(self._unsaved)
        self._unsaved = []
        self._saved_at = time.monotonic()


def _read(path: Path) -> list[ExtrapolatedBlock] | None:
    """The blocks in a file; None if it is damaged (the parts of an archive have checksums).

    Raises:
        OSError: the disk cannot be read.
    """
    content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content)) as stored:
            return [_block(stored, i) for i in range(len(stored["count"]))]
    except Exception:  # of many kinds: a flipped bit may ask for a password
        return None


def _block(stored: np.lib.npyio.NpzFile, i: int) -> ExtrapolatedBlock:
    return ExtrapolatedBlock(
        count=int(stored["count"][i]),
        mean=stored["mean"][i],
        scatter=stored["scatter"][i],
        fine=stored["fine"][i],
        coarse=stored["coarse"][i] if stored["compared"][i] else None,
    )
