"""Change one thing in the package, run the tests that run it, and count the changes they notice.

    python -m tests.mutation --count 100 --seed 7

All happens in a copy of the tree as it is now, which is removed in the end. What survives is
listed: some changes alter nothing (tests/mutation/unchanged.txt says which and why), the others ask
for a test.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.snapshot import ROOT, environment, snapshot
from tests.mutation.unchanged import reason


def main() -> None:
    """The command line: starts itself again inside of a snapshot."""
    given = _arguments().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if given.inside is None:
            sys.exit(_inside_of_a_snapshot(given.seed))
        report(given, Path.cwd(), *given.inside)
    except KeyboardInterrupt:
        sys.exit("stopped")


def _inside_of_a_snapshot(seed: int | None) -> int:
    with snapshot() as tree:
        work = tree.parent / "work"
        work.mkdir()
        command = [sys.executable, "-m", "tests.mutation", *sys.argv[1:]]
        command += ["--seed", str(int(time.time()) if seed is None else seed)]
        command += ["--inside", str(work), str(ROOT / "output" / "mutation")]
        process = subprocess.Popen(command, cwd=tree, env=environment(tree))
        try:
            return process.wait()
        finally:
            process.terminate()  # then it ends those that it started
            process.wait()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="changes to try")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; else from the clock")
    parser.add_argument(
        "--only", nargs="+", default=["thermalent"], metavar="PATH", help="folders or files"
    )
    parser.add_argument("--kinds", nargs="+", default=None, help="only these, such as error")
    parser.add_argument(
        "--numbers", type=int, nargs="+", default=None, help="of the sample only these changes"
    )
    parser.add_argument("--jobs", type=int, default=2, help="changes tried at the same time")
    parser.add_argument("--limit", type=float, default=90, help="CPU seconds per change and stage")
    parser.add_argument("--inside", type=Path, nargs=2, help=argparse.SUPPRESS)
    return parser


def sample(
    root: Path, below: list[str], count: int, seed: int, kinds: list[str] | None = None
) -> list[Mutant]:
    """A sample of all changes below folders, or of those of some kinds, all equally likely."""
    places = [root / inside for inside in below]
    files = [
        file
        for place in places
        for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))
    ]
    every = [one for file in files for one in mutants(file.relative_to(root), file.read_bytes())]
    asked = [one for one in every if kinds is None or one.kind in kinds]
    return random.Random(seed).sample(asked, min(count, len(asked)))


def report(given: argparse.Namespace, tree: Path, work: Path, records: Path) -> None:
    """Try a sample, print each change as it is decided, then the share and what survived."""
    from tests.mutation.sampling import Outcome, Sample

    chosen = sample(tree, given.only, given.count, given.seed, given.kinds)
    print(f"seed {given.seed}: {len(chosen)} changes below {' '.join(given.only)}", flush=True)
    numbers = range(1, len(chosen) + 1) if given.numbers is None else given.numbers
    outcomes: dict[str, list[str]] = {}
    left = {}

    def decided(number: int, outcome: Outcome) -> None:
        shown = chosen[number - 1].shown((tree / chosen[number - 1].path).read_bytes())
        outcomes.setdefault(outcome.name, []).append(f"{number:4d} {shown}")
        print(
            f"{outcome.name:9s} {outcome.seconds:5.0f} s {number:4d} {shown}  ({outcome.how})",
            flush=True,
        )

    for number in numbers:
        mutant = chosen[number - 1]
        why = reason(mutant, (tree / mutant.path).read_bytes())
        if why is None:
            left[number] = mutant
        else:
            decided(number, Outcome("unchanged", why, 0.0))
    Sample(tree, work, records, given.jobs, given.limit).tried(left, decided)
    print(f"\n{share(*(len(outcomes.get(name, [])) for name in ('noticed', 'survived')))}")
    for name, title in (
        ("unchanged", "Known to alter nothing"),
        ("failed", "Could not be tried"),
        ("survived", "Survivors"),
    ):
        if outcomes.get(name):
            print(f"{title}: {len(outcomes[name])}")
            print(*(f"  {text}" for text in outcomes[name]), sep="\n")


def share(noticed: int, survived: int) -> str:
    """The share that is noticed, with its standard error."""
    decided = noticed + survived
    if not decided:
        return "No change was tried."
    part = noticed / decided
    error = (part * (1 - part) / decided) ** 0.5
    return (
        f"{noticed} of {decided} changes that alter something are noticed: "
        f"{100 * part:.0f} +- {100 * error:.0f} %"
    )


if __name__ == "__main__":
    main()
