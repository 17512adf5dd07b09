"""What each test does without a change: whether it passes, how long it takes, what it runs.

This is kept below output/mutation until the package, the test file or what lies beside it changes.
"""

from __future__ import annotations

import hashlib
import pickle
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

from tests.mutation.in_place import Place, noting, place
from tests.mutation.selection import KEPT_RESULTS
from tests.mutation.trying import OPTIONS

# A file whose tests share what they computed: only the first of them runs it.
_SHARES = re.compile(r"@(functools\.)?(lru_)?cache\b|\bscope=|cached_property")


class Recorded(NamedTuple):
    """The tests of a file that pass, in their order.

    Args:
        seconds: CPU time of each.
        runs: The functions of the package that each runs, kernels that Python calls among them.
        shares: Whether a test may use what another one computed.
    """

    seconds: dict[str, float]
    runs: dict[str, set[Place]]
    shares: bool

    def running(self, places: set[Place] | None) -> list[str]:
        """The tests that run one of some functions, the quickest first; all, if that is None.

        Behind them the others of the file, if its tests share what they computed.
        """
        if places is None:
            return list(self.seconds)
        found = sorted(
            (t for t in self.runs if self.runs[t] & places), key=self.seconds.__getitem__
        )
        rest = [test for test in self.seconds if test not in found]
        return found + (rest if found and self.shares else [])


class Records:
    """What is known of test files.

    Args:
        tree: The snapshot.
        folder: Where it is kept.
    """

    def __init__(self, tree: Path, folder: Path) -> None:
        self.tree, self.folder = tree, folder
        self.known: dict[str, Recorded] = {}
        folder.mkdir(parents=True, exist_ok=True)
        sources = [*(tree / "thermalent").rglob("*.py"), *(tree / "tests").rglob("*.py")]
        self._common = _digest(path for path in sources if not path.name.startswith("test_"))

    def missing(self, files: set[str]) -> dict[str, Callable[[], None]]:
        """What to do, in other processes, so that all of these files are known."""
        new = sorted((file for file in files - set(self.known) if not self.read(file)), key=_first)
        return {file: partial(record, file, self.tree, self._path(file)) for file in new}

    def read(self, file: str) -> bool:
        """Take over what has been recorded, if it has."""
        if self._path(file).exists():
            self.known[file] = pickle.loads(self._path(file).read_bytes())
        return file in self.known

    def _path(self, file: str) -> Path:
        path = self.tree / file
        beside = [one for one in path.parent.rglob("*") if one.suffix in (".txt", ".json")]
        key = f"{self._common}{_digest([path, *beside])}"
        return self.folder / f"{path.stem}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _first(file: str) -> tuple[bool, str]:
    """The kept results first, because they take longest."""
    return file != KEPT_RESULTS, file


def _digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        found.update(path.read_bytes())
    return found.hexdigest()


def record(file: str, tree: Path, to: Path) -> None:
    """Run a file's tests in this process, which ends with it, and write what they do."""
    plugin = _Recorder(str(tree / "thermalent"))
    pytest.main([*OPTIONS, file], plugins=[plugin])
    seconds = {t: s for t, s in plugin.seconds.items() if t not in plugin.failed}
    runs = {test: plugin.at_import | plugin.runs[test] for test in seconds}
    shares = bool(_SHARES.search((tree / file).read_text()))
    for old in to.parent.glob(f"{Path(file).stem}-*"):
        old.unlink(missing_ok=True)
    to.write_bytes(pickle.dumps(Recorded(seconds, runs, shares)))


class _Recorder:
    """A pytest plugin that notes the functions that each test enters."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.seconds: dict[str, float] = {}
        self.runs: dict[str, set[Place]] = {}
        self.failed: set[str] = set()
        self.at_import: set[Place] = set()
        self.seen: dict[int, CodeType] = {}
        _note_kernels(self.seen)

    def begin(self) -> None:
        self.seen.clear()
        note = noting(self.seen)
        threading.setprofile(note)
        sys.setprofile(note)

    def end(self) -> set[Place]:
        sys.setprofile(None)
        codes = list(self.seen.values())
        return {place(one) for one in codes if one.co_filename.startswith(self.package)}

    def pytest_collection(self) -> None:
        self.begin()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if any(item.nodeid.startswith(KEPT_RESULTS) for item in session.items):
            from tests.kept_results.calling import vocabulary

            vocabulary()  # which all of them use, but the first of them makes
        self.at_import = self.end()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begun = time.process_time()
        self.begin()
        yield
        self.runs[item.nodeid] = self.end()
        self.seconds[item.nodeid] = time.process_time() - begun

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.add(report.nodeid)


def _note_kernels(seen: dict[int, CodeType]) -> None:
    """Note the calls of kernels, too, of which a profiling function is not told."""
    from thermalent.support.machine import compiled

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen[id(self.py_func.__code__)] = self.py_func.__code__
        return super(compiled._Kernel, self).__call__(*args, **kwargs)

    compiled._Kernel.__call__ = call  # type: ignore[method-assign]
