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
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.selection import nearest_tests

ROOT = Path(__file__).resolve().parents[2]
_MOST_BROKEN = 5  # tests that fail anyway, per change
_ENDLESS = 5  # a test that takes so many times longer with a change has noticed it
_COPIED = ("thermalent", "tests", "figures", "benchmarks", "examples", "docs", "constraints")
_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "mkdocs.yml", "Makefile")


class Ran(NamedTuple):
    """How a run of tests ended.

    Args:
        failed: The first test that failed; None if none did.
        endless: The test that was running when the CPU time was used up; None if it was not.
    """

    failed: str | None
    endless: str | None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="changes to try")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; else from the clock")
    parser.add_argument("--limit", type=int, default=120, help="CPU seconds per change")
    parser.add_argument("--only", default="thermalent", help="a folder or file of the package")
    given = parser.parse_args()
    seed = int(time.time()) if given.seed is None else given.seed
    chosen = sample(given.only, given.count, seed)
    print(f"seed {seed}: {len(chosen)} changes below {given.only}", flush=True)
    outcomes: dict[str, list[str]] = {"noticed": [], "survived": [], "undecided": []}
    sound, broken = set[str](), set[str]()
    with tempfile.TemporaryDirectory(prefix="thermalent-mutation-") as folder:
        copy = copied(Path(folder))
        for i, mutant in enumerate(chosen):
            begun = time.monotonic()
            outcome = tried(mutant, copy, given.limit, sound, broken)
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


def tried(mutant: Mutant, copy: Path, limit: int, sound: set[str], broken: set[str]) -> str:
    """What the tests say of one change: noticed, survived, or undecided.

    The limit is CPU time, so that the decision does not depend on what else the machine does. A
    change survives if no test fails within it: the nearest tests come first. A test that used up
    the limit noticed the change if it ends in a small part of it otherwise: an endless loop.

    A test that fails without the change as well has noticed nothing: it joins those that are left
    out, and the others are asked again. One that is known to pass is not run twice.
    """
    selected = [str(path) for path in nearest_tests(mutant.path, copy)]
    for _ in range(_MOST_BROKEN):
        outcome = with_change(mutant, copy, selected, limit, broken)
        if outcome.endless is not None:
            share = max(1, limit // _ENDLESS)
            alone = first_failure(copy, [outcome.endless], share, set())
            return "noticed" if alone == Ran(None, None) else "survived"
        if outcome.failed is None:
            return "survived"
        if outcome.failed in sound or first_failure(copy, [outcome.failed], limit, set()) == Ran(
            None, None
        ):
            sound.add(outcome.failed)
            return "noticed"
        broken.add(outcome.failed)
    return "undecided"


def with_change(
    mutant: Mutant, copy: Path, selected: list[str], limit: int, broken: set[str]
) -> Ran:
    """What the tests do with the change, which is taken back."""
    target = copy / mutant.path
    source, stat = target.read_bytes(), target.stat()
    kernels = b"@compiled(" in source
    try:
        _forget_compiled(copy, kernels)
        target.write_bytes(mutant.applied(source))
        return first_failure(copy, selected, limit, broken)
    finally:
        target.write_bytes(source)
        os.utime(target, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        _forget_compiled(copy, kernels)


def first_failure(copy: Path, selected: list[str], limit: int, left_out: set[str]) -> Ran:
    """Run tests of the copy until one fails, or until they used up the CPU seconds."""
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-v", "-p", "no:cacheprovider", *selected]
    command += [f"--deselect={test}" for test in sorted(left_out)]
    ended = subprocess.run(
        command,
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5)),
    )
    if ended.returncode in (0, 5):
        return Ran(None, None)
    if ended.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        # The name of a test is printed when it begins.
        started = re.findall(r"^(tests/\S+::.+?) *(?:PASSED|SKIPPED|$)", ended.stdout, re.MULTILINE)
        return Ran(None, started[-1] if started else selected[0])
    named = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", ended.stdout, re.MULTILINE)
    return Ran(named[1] if named else selected[0], None)


def _forget_compiled(copy: Path, kernels: bool) -> None:
    """Kernels compiled into others do not know that the one in them has changed."""
    if kernels:
        for compiled in (copy / "thermalent").rglob("*.nb[ic]"):
            compiled.unlink()


def report(outcomes: dict[str, list[str]]) -> None:
    """The share that is noticed, with its standard error, and what is not."""
    noticed, survived = len(outcomes["noticed"]), len(outcomes["survived"])
    decided = noticed + survived
    if decided:
        share = noticed / decided
        error = (share * (1 - share) / decided) ** 0.5
        print(
            f"\n{noticed} of {decided} decided changes are noticed: "
            f"{100 * share:.0f} +- {100 * error:.0f} %"
        )
    if outcomes["undecided"]:
        count = len(outcomes["undecided"])
        print(f"{count} were not decided, because several tests fail without them:")
        print(*(f"  {text}" for text in outcomes["undecided"]), sep="\n")
    if survived:
        print("Survivors:")
        print(*(f"  {text}" for text in outcomes["survived"]), sep="\n")


if __name__ == "__main__":
    main()
