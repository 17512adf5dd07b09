"""Two rails of qubits: stated limits of time."""

from __future__ import annotations

import resource

import numpy as np

import thermalent as te
from benchmarks.report import Row
from benchmarks.timing import best_seconds

PAIRS = 10
LIMIT = 10.0  # seconds


def run(quick: bool) -> list[Row]:
    """The benchmarks of two rails."""
    return [pure_state(quick)]


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
