"""Time and memory of one call, measured the same way for every peer."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def best_seconds(call: Callable[[], object], *, budget: float = 1.0, most: int = 200) -> float:
    """Least CPU time of one call, s, over repeats that take `budget` seconds in all (at least one).

    CPU time of the process, all threads together (there is one), because wall time on a shared
    machine measures the neighbours too. The least of many: noise only ever adds.
    """
    best, spent = float("inf"), 0.0
    for _ in range(most):
        began = time.process_time()
        call()
        took = time.process_time() - began
        best, spent = min(best, took), spent + took
        if spent >= budget:
            break
    return best


def best_run(command: list[str], *, repeats: int, env: dict[str, str]) -> tuple[float, float]:
    """Least wall and least CPU time, s, of a command from start to exit.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    wall = cpu = float("inf")
    for _ in range(repeats):
        began, spent = time.perf_counter(), _children()
        subprocess.run(command, check=True, capture_output=True, env=env, cwd=ROOT)
        wall, cpu = min(wall, time.perf_counter() - began), min(cpu, _children() - spent)
    return wall, cpu


def _children() -> float:
    """CPU time of the finished child processes so far, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_memory(workload: str, *arguments: float) -> dict[str, float]:
    """Peak memory of a workload of `benchmarks.memory` in a process of its own, bytes.

    Raises:
        subprocess.CalledProcessError: the workload failed.
    """
    command = [sys.executable, "-m", "benchmarks.memory", workload, *map(repr, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return json.loads(done.stdout)
