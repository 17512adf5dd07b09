"""Bidirectional links and more than two qubits: stated limits of time and memory."""

from __future__ import annotations

import resource
import time

import numpy as np

import thermalent as te
from benchmarks.report import Row
from benchmarks.timing import best_seconds


def against_limits(quick: bool) -> list[Row]:
    """One bidirectional point, four qubits, and (unless quick) six and eight."""
    link = te.phononic_link(
        2000.0, 0.01, positions=(0.9 * np.pi, 2.2 * np.pi), detuning=(0.5, -0.5)
    )
    seconds = best_seconds(lambda: te.steady_state(link, te.ContinuedFraction(rtol=1e-8)))
    rows = [
        Row(
            name="links",
            quantity="bidirectional link, back-action, n_th = 2000, kappa/gamma = 0.01, rtol 1e-8",
            required="< 10 ms",
            measured=f"{seconds * 1e3:.1f} ms",
            passed=seconds < 10e-3,
            numbers={"seconds": seconds},
        ),
        _qubits(4, 1000.0, 0.01, 1e-6, "< 10 s, < 2 GB", 10.0, 2e9),
    ]
    if not quick:
        rows.append(_qubits(6, 100.0, 0.01, 1e-4, "to the end in 24 GB", np.inf, 24e9))
        rows.append(_qubits(8, 10.0, 0.1, 1e-3, "to the end in 16 GB", np.inf, 16e9))
    return rows


def _qubits(
    count: int, n_th: float, kappa: float, rtol: float, required: str, limit: float, memory: float
) -> Row:
    net = te.thermal_link(n_th, kappa, qubits=count)
    began = time.process_time()
    result = te.steady_state(net, te.ContinuedFraction(rtol=rtol))
    seconds = time.process_time() - began
    # The peak of the whole process so far, imports and the other benchmarks included.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    pairs = ", ".join(f"{result.concurrence(f'q{i}', f'q{i + 1}'):.4f}" for i in range(1, count, 2))
    return Row(
        name="links",
        quantity=f"{count} qubits in line, n_th = {n_th:g}, kappa/gamma = {kappa:g}, "
        f"rtol {rtol:.0e}",
        required=required,
        measured=f"{seconds:.1f} s, peak {peak / 1e9:.2f} GB; pairs {pairs}",
        passed=seconds < limit and peak < memory,
        numbers={"seconds": seconds, "peak": peak, "tiers": result.stats["tiers"]},
    )
