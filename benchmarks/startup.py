"""What a person waits for: the import, one answer from the command line, the first call ever."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Row, at_most
from benchmarks.timing import ROOT, best_run

COMMAND = ("steady", "--n-th", "1220", "--kappa", "1e-3")
FIRST_CALL = "import thermalent as te; te.steady_state(te.thermal_link(n_th=1220, kappa=1e-3))"


def command_line(quick: bool) -> list[Row]:
    """Wall time of `import thermalent` and of one steady state, interpreter start included."""
    repeats = 2 if quick else 5
    env = dict(os.environ)
    program = Path(sys.executable).with_name("thermalent")
    run = [str(program), *COMMAND]
    subprocess.run(run, check=True, capture_output=True, env=env, cwd=ROOT)  # compiles
    imported = [sys.executable, "-c", "import thermalent"]
    bare, _ = best_run([sys.executable, "-c", "pass"], repeats=repeats, env=env)
    importing, importing_cpu = best_run(imported, repeats=repeats, env=env)
    solving, solving_cpu = best_run(run, repeats=repeats, env=env)
    name = "startup"
    return [
        at_most(
            name, f"`thermalent {' '.join(COMMAND)}`, kernels compiled before: wall time",
            solving, 2.0, "{} s",
        ),
        at_most(
            name, "`python -c 'import thermalent'`, the interpreter included: wall time",
            importing, 0.5, "{} s", interpreter=bare,
        ),
        Row(
            name=name,
            quantity="CPU time of the two; their wall time is longer if the machine is busy",
            measured=f"{solving_cpu:.2f} s, {importing_cpu:.2f} s",
            numbers={"solving": solving_cpu, "importing": importing_cpu},
        ),
    ]  # fmt: skip


def first_call(quick: bool) -> list[Row]:
    """Wall time of the first steady state after installation, and whether it says what it does."""
    with tempfile.TemporaryDirectory() as empty:
        env = {**os.environ, "NUMBA_CACHE_DIR": empty}
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", FIRST_CALL],
            check=True, capture_output=True, text=True, env=env, cwd=ROOT,
        )  # fmt: skip
        took = time.perf_counter() - began
    said = "compiling" in done.stderr
    return [
        at_most("first call", "first steady state ever, nothing compiled", took, 15.0, "{} s"),
        Row(
            name="first call",
            quantity="it says on stderr that it compiles",
            required="yes",
            measured=done.stderr.strip() or "nothing",
            passed=said,
        ),
    ]
