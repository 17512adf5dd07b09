"""Change one thing in the package, run the tests that run it, and count the changes they notice.

    python -m tests.mutation --count 100 --seed 7

The package and its tests are copied first, so that nothing is changed here. Once, the tests are run
as a whole to learn which lines each of them runs; that is kept below output/mutation, and renewed
for the test files that change. What survives is listed: some changes alter nothing
(tests/mutation/unchanged.py says which and why), the others ask for a test.
"""

from __future__ import annotations

import argparse
import random
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.nearest import Nearest
from tests.mutation.reach import Reach
from tests.mutation.recording import read, record
from tests.mutation.running import tried
from tests.mutation.trees import ROOT, refreshed
from tests.mutation.unchanged import reason

WORK = ROOT / "output" / "mutation"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="changes to try")
    parser.add_argument("--seed", type=int, default=None, help="of the sample; else from the clock")
    parser.add_argument("--limit", type=int, default=120, help="CPU seconds per change and stage")
    parser.add_argument("--processes", type=int, default=2, help="changes tried at the same time")
    parser.add_argument(
        "--only", nargs="+", default=["thermalent"], help="folders or files of the package"
    )
    parser.add_argument("--kinds", nargs="+", default=None, help="only these, such as error")
    parser.add_argument(
        "--numbers", type=int, nargs="+", default=None, help="of the sample only these changes"
    )
    parser.add_argument(
        "--nearest", type=int, default=None, help="record nothing: only so many files of tests each"
    )
    given = parser.parse_args()
    seed = int(time.time()) if given.seed is None else given.seed
    tree = refreshed(WORK / "tree")
    if given.nearest is None:
        record(tree, WORK / "recordings", given.processes)
    reach = (
        Reach(read(WORK / "recordings"), tree)
        if given.nearest is None
        else Nearest(tree, given.nearest)
    )
    chosen = sample(given.only, given.count, seed, given.kinds)
    print(f"seed {seed}: {len(chosen)} changes below {' '.join(given.only)}", flush=True)
    numbers = range(1, len(chosen) + 1) if given.numbers is None else given.numbers
    asked = {number: chosen[number - 1] for number in numbers}
    report(all_tried(asked, reach, given.limit, given.processes))


def sample(below: list[str], count: int, seed: int, kinds: list[str] | None = None) -> list[Mutant]:
    """A sample of all changes below folders, or of those of some kinds, all equally likely."""
    places = [ROOT / inside for inside in below]
    files = [
        file
        for place in places
        for file in ([place] if place.is_file() else sorted(place.rglob("*.py")))
    ]
    every = [one for file in files for one in mutants(file.relative_to(ROOT), file.read_bytes())]
    asked = [one for one in every if kinds is None or one.kind in kinds]
    return random.Random(seed).sample(asked, min(count, len(asked)))


def all_tried(
    chosen: dict[int, Mutant], reach: Reach | Nearest, limit: int, processes: int
) -> dict[str, list[str]]:
    """The changes by outcome, printed with their numbers as they are decided."""
    outcomes: dict[str, list[str]] = {}
    plans = {number: (mutant, reach.tests(mutant)) for number, mutant in chosen.items()}

    def decide(number: int) -> tuple[str, str, str, float]:
        mutant, stages = plans[number]
        source = (reach.tree / mutant.path).read_bytes()
        begun = time.monotonic()
        why = reason(mutant, source)
        if why is not None:
            outcome, by = "unchanged", why
        else:
            folder = reach.tree.parent / f"change-{number}"
            outcome, by = tried(mutant, reach.tree, folder, stages, reach.seconds, limit)
        text = f"{number:4d} {mutant.shown(source)}"
        return outcome, text, by, time.monotonic() - begun

    with ThreadPoolExecutor(processes) as pool:
        for decision in as_completed([pool.submit(decide, number) for number in plans]):
            outcome, text, by, seconds = decision.result()
            outcomes.setdefault(outcome, []).append(text)
            print(f"{outcome:9s} {seconds:5.0f} s {text}  ({by})", flush=True)
    return outcomes


def report(outcomes: dict[str, list[str]]) -> None:
    """The share that is noticed, with its standard error, and what is not."""
    noticed, survived = (len(outcomes.get(name, [])) for name in ("noticed", "survived"))
    decided = noticed + survived
    if decided:
        share = noticed / decided
        error = (share * (1 - share) / decided) ** 0.5
        print(
            f"\n{noticed} of {decided} changes that alter something are noticed: "
            f"{100 * share:.0f} +- {100 * error:.0f} %"
        )
    for name, title in (
        ("unchanged", "Known to alter nothing"),
        ("undecided", "Not decided, because several tests fail without them"),
        ("survived", "Survivors"),
    ):
        if outcomes.get(name):
            print(f"{title}: {len(outcomes[name])}")
            print(*(f"  {text}" for text in outcomes[name]), sep="\n")


if __name__ == "__main__":
    main()
