"""Two rails of qubits: stated limits of time."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np

import thermalent as te
from benchmarks.report import Row
from benchmarks.timing import best_seconds

PAIRS = 10
LIMIT = 10.0  # seconds
# Limit in seconds of the preparation time, and its value from an independent computation.
PREPARATION = {3: (10.0, 56.1609515500), 5: (600.0, 77.1096066217)}
AGREEMENT = 1e-7
MEMORY = 8e9


def run(quick: bool) -> list[Row]:
    """The benchmarks of two rails; the slow one, of five pairs, only in full."""
    return [pure_state(quick), *preparation(quick)]


def pure_state(quick: bool) -> Row:
    """A pure state of ten pairs: the ket, all concurrences, all cuts along the chain, S_A."""
    ladder = 0.2 * np.arange(PAIRS)
    found = {}

    def compute() -> None:
        state = te.analytic.dual_rail_state(PAIRS, 1.0, ladder, "reverse")
        names = state.names
        found["concurrences"] = state.concurrences()
        # Between any two successive qubits, A_i from B_i included.
        found["entropies"] = [state.entropy(names[:k]) for k in range(1, len(names))]
        found["S_A"] = state.entropy("A")

    seconds = best_seconds(compute, budget=0.0 if quick else 5.0)
    residual = te.analytic.dual_rail_state(PAIRS, 1.0, ladder, "reverse").residual()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Row(
        name="dual rail",
        quantity=f"pure state of {PAIRS} pairs, reversed, 190 concurrences, 19 cuts and S_A",
        required=f"< {LIMIT:g} s",
        measured=f"{seconds:.2f} s, peak of the process {peak / 1e9:.2f} GB; "
        f"residual {residual:.0e}",
        passed=seconds < LIMIT and residual < 1e-12,
        numbers={"seconds": seconds, "peak": peak, "residual": residual, "S_A": found["S_A"]},
    )


def preparation(quick: bool) -> list[Row]:
    """Preparation times of three and of five pairs, each in a process of its own."""
    return [_prepared(pairs) for pairs in ((3,) if quick else (3, 5))]


def _prepared(pairs: int) -> Row:
    """From the start of a fresh process on: imports and all."""
    program = (
        "import resource, thermalent as te\n"
        f"time = te.purity_time(te.dual_rail({pairs}, 1.0))\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "print(float(time), time.error, peak)"
    )
    began = time.perf_counter()
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - began
    found, error, peak = (float(word) for word in printed.stdout.split())
    limit, known = PREPARATION[pairs]
    return Row(
        name="dual rail",
        quantity=f"preparation time of {pairs} pairs, r = 1, Delta = 0, with its process",
        required=f"< {limit:g} s, < {MEMORY / 1e9:g} GB",
        measured=f"{seconds:.1f} s, {peak / 1e9:.2f} GB; gamma T = {found:.8f}",
        passed=seconds < limit and peak < MEMORY and abs(found - known) < AGREEMENT,
        numbers={"seconds": seconds, "peak": peak, "time": found, "error": error},
    )
