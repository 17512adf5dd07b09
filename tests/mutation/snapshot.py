"""A copy of the package and its tests, so that nothing changes underneath a sample."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.mutation.mutants import Mutant

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("thermalent", "tests", "figures", "benchmarks", "examples", "docs", "constraints")


@contextmanager
def snapshot(root: Path = ROOT) -> Iterator[Path]:
    """A copy in a temporary folder, which is removed however this ends.

    Files keep their time stamps, so that compiled kernels and bytecode stay valid.
    """
    with tempfile.TemporaryDirectory(prefix="thermalent-mutation-") as place:
        copy = Path(place, "tree")
        copy.mkdir()
        for path in root.iterdir():
            if path.is_file():
                shutil.copy2(path, copy)
            elif path.name in _FOLDERS:
                shutil.copytree(path, copy / path.name)
        yield copy


def changed_copy(tree: Path, folder: Path, mutant: Mutant) -> Path:
    """A copy of a tree with one change: links to the same files, but for the one that differs."""
    shutil.copytree(tree, folder, copy_function=os.link)
    target = folder / mutant.path
    source = target.read_bytes()
    target.unlink()
    target.write_bytes(mutant.applied(source))
    return folder


def environment(tree: Path) -> dict[str, str]:
    """The environment in which a process, and those that it starts, import a tree's package."""
    single = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    # Of the tests that test this: which one runs, and in which process.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_CURRENT", "PYTEST_X"))}
    return kept | single | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
