"""Peak memory of one solve in a process of its own: `python -m benchmarks.memory WORKLOAD ...`.

Three numbers for each peer, in bytes: the resident memory after the imports, the peak after one
tiny solve (which loads compiled code and whatever else is loaded late), and the peak after the real
one. What the real solve adds to the tiny one is its own; what it adds to the imports is what a user
pays who solves one problem and leaves. tracemalloc counts the arrays exactly, in a second pass
where that is affordable, because resident memory has the grain of the allocator's arenas.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from benchmarks import threads


def _peak() -> int:
    """Peak resident memory of this process, bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: ru_maxrss would start at the parent's peak
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _thermalent(n_th: float, kappa: float, rtol: float) -> None:
    import thermalent as te

    te.steady_state(te.thermal_link(n_th=n_th, kappa=kappa), te.ContinuedFraction(rtol=rtol))


def _qutip(n_th: float, kappa: float, cutoff: float) -> None:
    from benchmarks import qutip_fock

    qutip_fock.steady_state(n_th, kappa, int(cutoff))


# For each workload: what to import, what to run, and the arguments of the tiny solve.
WORKLOADS: dict[str, tuple[tuple[str, ...], Callable[..., None], tuple[float, ...]]] = {
    "thermalent": (
        ("thermalent.solving.solve", "thermalent.models.thermal_link", "numba"),
        _thermalent,
        (0.1, 1.0, 0.1),
    ),
    "qutip": (("qutip",), _qutip, (0.1, 1.0, 3)),
}


def main() -> None:
    """Run the workload named on the command line and print what it took, as JSON."""
    threads.use_one()
    name, *arguments = sys.argv[1:]
    modules, run, tiny = WORKLOADS[name]
    values = [float(text) for text in arguments]
    for module in modules:
        importlib.import_module(module)
    imports = _peak()
    run(*tiny)
    warm = _peak()
    run(*values)
    peak = _peak()
    tracemalloc.start()
    if name == "thermalent":
        run(*values)
    arrays = tracemalloc.get_traced_memory()[1]
    print(json.dumps({"imports": imports, "warm": warm, "peak": peak, "arrays": arrays}))


if __name__ == "__main__":
    main()
