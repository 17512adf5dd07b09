"""A copy of the package and its tests, and copies of that with one change each."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.mutation.mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("thermalent", "tests", "figures", "benchmarks", "examples", "docs", "constraints")
_LEFT_OUT = (".venv", ".git", "output")
_COMPILED = {".nbi", ".nbc", ".pyc"}


def refreshed(tree: Path) -> Path:
    """The copy at `tree`, with what has changed since it was made.

    The copy stays from run to run, and files keep their time stamps, so that its kernels stay
    compiled.
    """
    wanted = _files(ROOT)
    for inside in _files(tree) if tree.exists() else []:
        if inside not in wanted and inside.suffix not in _COMPILED:
            (tree / inside).unlink()
    for inside in wanted:
        source, target = ROOT / inside, tree / inside
        if inside.suffix in _COMPILED and target.exists():
            continue
        if not target.exists() or _stamp(source) != _stamp(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(source, target)
    return tree


def changed(tree: Path, folder: Path, mutant: Mutant) -> Path:
    """A copy of the tree with one change: links to the same files, but for the one that differs.

    Kernels that the change concerns are compiled again, because numba compares the sources of their
    module and of what it imports; what is compiled replaces no file of the tree.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tree, folder, copy_function=os.link)
    target = folder / mutant.path
    source = target.read_bytes()
    target.unlink()
    target.write_bytes(mutant.applied(source))
    return folder


def _files(root: Path) -> list[Path]:
    """The files of a tree that the tests need, relative to its root."""
    top = [path for path in root.iterdir() if path.is_file()]
    below = [path for name in _FOLDERS for path in (root / name).rglob("*") if path.is_file()]
    return [path.relative_to(root) for path in top + below if path.name not in _LEFT_OUT]


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
