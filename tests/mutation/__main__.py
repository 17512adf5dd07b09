"""Change one thing in the package, run the tests near it, and count the changes they notice.

    python -m tests.mutation --count 100 --seed 7

The package and its tests are copied first, so that nothing is changed here. What survives is
listed: some changes alter nothing, the others ask for a test.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.selection import nearest_tests

ROOT = Path(__file__).resolve().parents[2]
_MOST_BROKEN = 5  # tests that fail anyway, per change
_COPIED = ("thermalent", "tests", "figures", "benchmarks", "examples", "docs")
_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "mkdocs.yml", "Makefile")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="changes to try")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; else from the clock")
    parser.add_argument("--limit", type=float, default=400.0, help="seconds per change")
    parser.add_argument("--only", default="thermalent", help="a folder or file of the package")
    given = parser.parse_args()
    seed = int(time.time()) if given.seed is None else given.seed
    chosen = sample(given.only, given.count, seed)
    print(f"seed {seed}: {len(chosen)} changes below {given.only}", flush=True)
    outcomes: dict[str, list[str]] = {"noticed": [], "survived": [], "undecided": []}
    broken: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="thermalent-mutation-") as folder:
        copy = copied(Path(folder))
        for i, mutant in enumerate(chosen):
            begun = time.monotonic()
            outcome = tried(mutant, copy, given.limit, broken)
            text = mutant.shown((copy / mutant.path).read_bytes())
            outcomes[outcome].append(text)
            seconds = time.monotonic() - begun
            print(f"{i + 1:4d} {outcome:9s} {seconds:5.0f} s  {text}", flush=True)
    report(outcomes)


def sample(below: str, count: int, seed: int) -> list[Mutant]:
    """A sample of all changes below a folder, every change equally likely."""
    place = ROOT / below
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    every = [one for file in files for one in mutants(file.relative_to(ROOT))]
    return random.Random(seed).sample(every, min(count, len(every)))


def copied(folder: Path) -> Path:
    """A copy of what the tests need, compiled kernels included."""
    for name in _COPIED:
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name)
    for name in _FILES:
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, folder / name)
    return folder


def tried(mutant: Mutant, copy: Path, limit: float, broken: set[str]) -> str:
    """What the tests say of one change: noticed, survived, or undecided within the limit.

    A test that fails without the change as well has noticed nothing: it joins those that are left
    out, and the others are asked again.
    """
    selected = [str(path) for path in nearest_tests(mutant.path, copy)]
    for _ in range(_MOST_BROKEN):
        try:
            failed = failure_with(mutant, copy, selected, limit, broken)
        except subprocess.TimeoutExpired:
            return "undecided"
        if failed is None:
            return "survived"
        if first_failure(copy, [failed], None, set()) is None:
            return "noticed"
        broken.add(failed)
    return "undecided"


def failure_with(
    mutant: Mutant, copy: Path, selected: list[str], limit: float, broken: set[str]
) -> str | None:
    """The first test that fails with the change, which is taken back."""
    target = copy / mutant.path
    source, stat = target.read_bytes(), target.stat()
    kernels = b"njit" in source
    try:
        _forget_compiled(copy, kernels)
        target.write_bytes(mutant.applied(source))
        return first_failure(copy, selected, limit, broken)
    finally:
        target.write_bytes(source)
        os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        _forget_compiled(copy, kernels)


def first_failure(
    copy: Path, selected: list[str], limit: float | None, left_out: set[str]
) -> str | None:
    """The first test of the copy that fails, or None."""
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *selected]
    command += [f"--deselect={test}" for test in sorted(left_out)]
    ended = subprocess.run(
        command, cwd=copy, env=environment, timeout=limit, capture_output=True, text=True
    )
    if ended.returncode in (0, 5):
        return None
    named = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", ended.stdout, re.MULTILINE)
    return named[1] if named else selected[0]


def _forget_compiled(copy: Path, kernels: bool) -> None:
    """Kernels compiled into others do not know that the one in them has changed."""
    if kernels:
        for compiled in (copy / "thermalent").rglob("*.nb[ic]"):
            compiled.unlink()


def report(outcomes: dict[str, list[str]]) -> None:
    """The share that is noticed, and what is not."""
    noticed, survived = len(outcomes["noticed"]), len(outcomes["survived"])
    decided = noticed + survived
    if decided:
        share = 100 * noticed / decided
        print(f"\n{noticed} of {decided} decided changes are noticed: {share:.0f} %")
    if outcomes["undecided"]:
        count = len(outcomes["undecided"])
        print(f"{count} were not decided (time limit, or a test that always fails):")
        print(*(f"  {text}" for text in outcomes["undecided"]), sep="\n")
    if survived:
        print("Survivors:")
        print(*(f"  {text}" for text in outcomes["survived"]), sep="\n")


if __name__ == "__main__":
    main()
