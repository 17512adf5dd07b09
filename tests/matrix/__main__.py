"""Run the tests on every Python that is found, with the newest dependencies and the oldest.

    python -m tests.matrix --only 3.12 --dependencies newest -- tests/fock

The newest are what an installation takes today, on every interpreter; the oldest are those of
constraints/oldest.txt, the minimums of pyproject.toml, on the oldest interpreter, for which all of
them were published. Each cell has an environment and compiled kernels of its own in output/matrix,
and a log beside it. Interpreters that are left out are named with the reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.matrix.interpreters import Interpreter, found

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "output" / "matrix"
OLDEST = ROOT / "constraints" / "oldest.txt"


class Cell(NamedTuple):
    """One interpreter with one set of dependencies, "newest" or "oldest"."""

    interpreter: Interpreter
    dependencies: str

    @property
    def name(self) -> str:
        return f"{self.interpreter.name}-{self.dependencies}"


def main() -> None:
    """The command line: exit status 1 if a cell failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--only", help="a version, as 3.12; else all that are found")
    parser.add_argument("--dependencies", choices=["newest", "oldest"], help="else both")
    parser.add_argument("--processes", type=int, default=2, help="of the tests; 2 unless told")
    parser.add_argument("tests", nargs="*", help="arguments of pytest; else the whole suite")
    given = parser.parse_args()
    interpreters, left_out = found()
    for path, reason in left_out.items():
        print(f"left out: {path} {reason}")
    cells = chosen(interpreters, given.only, given.dependencies)
    if not cells:
        sys.exit("No interpreter and set of dependencies fit what was asked for.")
    outcomes = {}
    for cell in cells:
        print(f"{cell.name}: {cell.interpreter.path}", flush=True)
        outcomes[cell.name] = tried(cell, given.processes, given.tests)
        print(f"{cell.name}: {outcomes[cell.name]}", flush=True)
    failed = [name for name, outcome in outcomes.items() if not outcome.startswith("passed")]
    print(f"{len(cells) - len(failed)} of {len(cells)} passed", *failed)
    sys.exit(bool(failed))


def chosen(
    interpreters: list[Interpreter], only: str | None = None, dependencies: str | None = None
) -> list[Cell]:
    """The newest dependencies on each interpreter, the oldest on the oldest of them."""
    cells = [Cell(each, "newest") for each in interpreters]
    cells += [Cell(each, "oldest") for each in interpreters[:1]]
    return [
        cell
        for cell in cells
        if only in (None, cell.interpreter.name) and dependencies in (None, cell.dependencies)
    ]


def tried(cell: Cell, processes: int, tests: list[str]) -> str:
    """Install and test: "passed", or what failed, with the last line of the tests."""
    place, log = PLACE / cell.name, PLACE / f"{cell.name}.log"
    shutil.rmtree(place, ignore_errors=True)
    PLACE.mkdir(parents=True, exist_ok=True)
    python = place / "bin" / "python"
    constraint = ["--constraint", str(OLDEST)] if cell.dependencies == "oldest" else []
    steps = {
        "making the environment": [str(cell.interpreter.path), "-m", "venv", str(place)],
        "the installation": [
            *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *(*constraint, "--editable", f"{ROOT}[test]"),
        ],
        "the tests": [
            *(str(python), "-m", "pytest", "-p", "no:cacheprovider"),
            *("--numprocesses", str(processes), "--dist", "loadfile", *tests),
        ],
    }
    kernels = {"NUMBA_CACHE_DIR": str(place / "kernels")}
    threads = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with log.open("w") as stream:
        for step, command in steps.items():
            ran = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | kernels | threads,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if ran.returncode:
                return f"{step} failed: {log}\n{_last_line(log)}"
    return f"passed, {_last_line(log).strip('= ')}"


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


if __name__ == "__main__":
    main()
