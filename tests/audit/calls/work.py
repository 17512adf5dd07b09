"""One call after another in a process of its own, with a limit of its memory."""

from __future__ import annotations

import logging
import os
import resource
import tempfile
from collections.abc import Mapping
from functools import cache
from typing import Any

import matplotlib
import matplotlib.pyplot

from tests.audit.calls.outcome import HUNG, VIOLATIONS, Outcome, outcome, smallest
from tests.audit.calls.random_calls import Call, random_call
from tests.audit.calls.targets import targets
from tests.audit.calls.values import names
from tests.audit.run import Stopped

# Address space beyond that of the process when it starts; a process that computes maps a few times
# what it uses.
_MEMORY = 6 * 2**30


@cache
def _names() -> Mapping[str, Any]:
    return names()


def warm_up() -> None:
    """Make every good call once, so that kernels are compiled; then limit the memory."""
    matplotlib.use("Agg")
    logging.disable(logging.CRITICAL)
    os.chdir(tempfile.mkdtemp())  # some calls write files
    for target in targets().values():
        outcome(Call(target, target.good), _names())
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + _MEMORY, most))


def do(task: tuple[int, int]) -> Outcome:
    """What comes of the call of a seed and a number; of one that goes wrong, the simplest."""
    call = random_call(*task)
    found = outcome(call, _names())
    if found.kind in VIOLATIONS:
        found = smallest(call, found, _names())
    matplotlib.pyplot.close("all")
    return found


def noted(task: tuple[int, int], found: Outcome | Stopped) -> Outcome:
    """The outcome of a task, also if it was stopped."""
    if not isinstance(found, Stopped):
        return found
    return Outcome(random_call(*task).text, HUNG, found.note, found.seconds)
