"""Work that never ends, to see that it is stopped."""

from __future__ import annotations

from typing import Any, NoReturn


def warm_up() -> None:
    """There is nothing to prepare."""


def do(task: Any) -> NoReturn:
    """Take CPU time for ever."""
    while True:
        pass
