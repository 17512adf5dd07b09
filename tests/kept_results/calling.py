"""The calls of a file, made: what each returns, or how it is refused."""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import thermalent as te
from tests.audit.calls.values import names
from tests.kept_results.contents import Contents, contents
from tests.kept_results.shown import drawn, parted, printed, refusal, replied

CALLS = Path(__file__).parent / "calls"
RESULTS = Path(__file__).parent / "results"
_TOGETHER = 10
_WORDS = 40  # of a message: enough to tell one refusal from the other


@cache
def vocabulary() -> Mapping[str, Any]:
    """What calls may use: the objects of the random calls and some functions.

    `module("numerics.matching")` is a module, `network("ordinary", 7)` a random network of a seed,
    `excited(network)` the label of its emitters' state with one quantum in the first of them;
    `printed("steady --n-th 3")` is what a command prints and writes, `replied("/api/page")` what
    the explorer does, `drawn(axes)` what stands in a figure, and `refusal(function)` all that is
    said when a function is called that refuses.
    """
    return names() | {
        "module": lambda name: importlib.import_module(f"thermalent.{name}"),
        "network": lambda kind, seed: te.testing.random_network(kind, np.random.default_rng(seed)),
        "printed": printed,
        "replied": replied,
        "drawn": drawn,
        "parted": parted,
        "refusal": refusal,
        "excited": lambda network: "1" + "0" * (len(network.emitters) - 1),
    }


def calls_of(name: str) -> list[str]:
    """The calls of a file, one a line."""
    lines = (CALLS / f"{name}.txt").read_text().splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def groups(name: str) -> dict[str, list[str]]:
    """The calls of a file, a few together: what a test makes, by what the first of them calls."""
    calls = calls_of(name)
    parts = [calls[i : i + _TOGETHER] for i in range(0, len(calls), _TOGETHER)]
    return {f"{i}-{part[0].partition('(')[0]}": part for i, part in enumerate(parts)}


def made(call: str) -> Contents:
    """What comes of a call."""
    with _quiet():
        try:
            return contents(eval(call, dict(vocabulary())))
        except Exception as error:  # also one of the caller's own functions
            return {"refused": f"{type(error).__name__}: {str(error)[:_WORDS]}"}


def all_made_of(calls: list[str]) -> dict[str, Contents]:
    """What comes of each of some calls, which may write files."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return {call: made(call) for call in calls}


def cpu_seconds(calls: list[str]) -> dict[str, float]:
    """CPU time of each of some calls, the second time that it is made."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for call in calls:
            made(call)
            begun = time.process_time()
            made(call)
            found[call] = time.process_time() - begun
    return found


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
