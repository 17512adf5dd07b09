"""A sweep to be killed: `sweep_victim.study(STORE, LOG)`, and what the tests need of it.

The builder writes a line per point into the log before it builds, so that what is computed twice
can be counted across processes that died.
"""

import os
import time
from pathlib import Path

import numpy as np

import thermalent as te

BLOCK = 10
GRID = {"n_th": np.geomspace(0.5, 20, 20), "kappa": np.geomspace(0.05, 2, 15)}
SIZE = 300
OBSERVABLES = ["concurrence", "populations", "entropy[q1]"]


def study(store, log, executor=1, pause=0.003):
    """The sweep; where it logs, and how slowly it builds, is no part of what it is."""
    os.environ["VICTIM_LOG"], os.environ["VICTIM_PAUSE"] = str(log), str(pause)
    return te.sweep(
        Logging(), GRID, OBSERVABLES, method=te.ContinuedFraction(rtol=1e-8),
        store=store, executor=executor, block=BLOCK,
    )  # fmt: skip


class Logging:
    """Thermal links; every point is in the log first, one atomic line."""

    def __call__(self, n_th, kappa):
        descriptor = os.open(os.environ["VICTIM_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{n_th!r} {kappa!r}\n".encode())
        os.close(descriptor)
        time.sleep(float(os.environ["VICTIM_PAUSE"]))
        return te.thermal_link(n_th=n_th, kappa=kappa)


def logged(log):
    """Points in the order in which their computation began."""
    path = Path(log)
    if not path.exists():
        return []
    return [tuple(map(float, line.split())) for line in path.read_text().splitlines()]


def stored(store):
    """Points of the blocks whose status is on the disk, found without the library's code."""
    root = Path(store, "status", "c")
    n_th, kappa = GRID["n_th"], GRID["kappa"]
    found = set()
    for path in root.glob("*/*"):
        if not path.name.isdigit():
            continue  # a chunk that was being written aside
        row, column = int(path.parent.name), int(path.name)
        # 10 points per block along an axis of 15: two of 8 and 7.
        found |= {(n_th[row], k) for k in kappa[8 * column : 8 * column + 8]}
    return found
