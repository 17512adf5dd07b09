"""Estimated against measured memory: `python -m benchmarks.memory_estimates [NAME ...]`.

Every problem runs in a process of its own, which has solved a small one of the same kind before.
Measured is the peak of resident memory above what that process held then.
"""

from __future__ import annotations

import ctypes
import gc
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import threads

_CPU_SECONDS = 300


def resident(line: str) -> int:
    """Bytes of resident memory of this process: VmRSS now, VmHWM at the peak."""
    for found in Path("/proc/self/status").read_text().splitlines():
        if found.startswith(f"{line}:"):
            return int(found.split()[1]) * 1024
    raise LookupError(line)


def measured(name: str, size: int) -> dict[str, float]:
    """The largest estimate and the measured peak of one problem, in this process."""
    from benchmarks.memory_problems import COMPUTATIONS
    from thermalent.solving import solve
    from thermalent.support import memory_limit

    run, sizes = COMPUTATIONS[name]
    for smaller in sizes[: sizes.index(size)]:
        run(smaller)
    estimates = [0.0]
    judge, solved = memory_limit.lacking, solve._run

    def judging(needed: float) -> str | None:
        estimates.append(float(needed))
        return judge(needed)

    def solving(plan: Any, *rest: Any) -> Any:
        estimates.append(float(plan.cost.bytes))  # where it grows, not only what it begins with
        return solved(plan, *rest)

    memory_limit.lacking, solve._run = judging, solving
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    began = time.process_time()
    run(size)
    return {
        "estimate": max(estimates),
        "peak": resident("VmHWM") - before,
        "seconds": time.process_time() - began,
    }


def main() -> None:
    """Measure the problems named on the command line, or all; one line each."""
    threads.use_one()
    from benchmarks.memory_problems import COMPUTATIONS

    if len(sys.argv) == 4 and sys.argv[1] == "--one":
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
        print(json.dumps(measured(sys.argv[2], int(sys.argv[3]))))
        return
    for name in sys.argv[1:] or COMPUTATIONS:
        for size in COMPUTATIONS[name][1][1:]:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.memory_estimates", "--one", name, str(size)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                print(f"| {name} | {size} | {' '.join(done.stderr.split()[-40:])} |", flush=True)
                continue
            found = json.loads(done.stdout.splitlines()[-1])
            estimate, peak = found["estimate"] / 1e6, found["peak"] / 1e6
            print(
                f"| {name} | {size} | {estimate:.3g} | {peak:.3g} | {estimate / peak:.2f} | "
                f"{found['seconds']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
