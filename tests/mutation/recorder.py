"""A plugin of pytest: which functions of the package every test runs, and its CPU time.

    pytest -p tests.mutation.recorder --functions-of-tests record.json

Only calls are followed, not lines, so that the tests take little longer. Compiled functions are not
seen.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "thermalent"


class _Recorder:
    def __init__(self, target: Path) -> None:
        self.target, self.tests = target, dict[str, dict[str, object]]()
        self.inside: dict[str, bool] = {}
        self.seen: set[tuple[str, int]] = set()

    def trace(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        name = code.co_filename
        inside = self.inside.get(name)
        if inside is None:
            inside = self.inside[name] = name.startswith(str(PACKAGE))
        if inside:
            self.seen.add((name, code.co_firstlineno))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        self.seen = set()
        before = sys.gettrace()
        begun = time.process_time()
        threading.settrace(self.trace)  # type: ignore[arg-type]
        sys.settrace(self.trace)  # type: ignore[arg-type]
        try:
            return (yield)
        finally:
            sys.settrace(before)
            threading.settrace(before)  # type: ignore[arg-type]
            root = PACKAGE.parent
            self.tests[item.nodeid] = {
                "seconds": round(time.process_time() - begun, 3),
                "functions": sorted(
                    f"{Path(name).relative_to(root)}:{line}" for name, line in self.seen
                ),
            }

    def pytest_sessionfinish(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.target.write_text(json.dumps(self.tests))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--functions-of-tests", type=Path, help="where the record goes")


def pytest_configure(config: pytest.Config) -> None:
    target = config.getoption("--functions-of-tests")
    if target is not None:
        config.pluginmanager.register(_Recorder(target))
