"""`python -m tests.campaign`: kills, faults of disks, flipped bits and changed code; the report."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import ModuleType

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tests.campaign import changes, faults, flips, kills
from tests.campaign.outcomes import FAMILIES, Kept, Outcome, Task
from tests.campaign.report import line, page

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "campaign.md"
MODULES: dict[str, ModuleType] = dict(zip(FAMILIES, (kills, faults, flips, changes), strict=True))


def main() -> int:
    """Run the campaign; 1 if something was lost or wrong."""
    options = _options()
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    kept = Kept(ROOT / "output" / "campaign" / f"{options.seed}.jsonl")
    tasks = [task for name in FAMILIES for task in MODULES[name].tasks(getattr(options, name))]
    # In any order, so that a campaign that is stopped has seen a share of everything.
    random.Random(options.seed).shuffle(tasks)
    print(f"seed {options.seed}: {len(tasks)} experiments", flush=True)
    complete = _run(tasks, kept, options.processes, options.seed)
    text = page(kept.outcomes, seed=options.seed, complete=complete)
    options.report.write_text(text, encoding="utf-8")
    print(f"written: {options.report}")
    return int(any(outcome.wrong for outcome in kept.outcomes))


def _run(tasks: list[Task], kept: Kept, processes: int, seed: int) -> bool:
    """Do what is left to do; whether all of it was done."""
    left = kept.left(tasks)
    bar = Progress(
        TextColumn("campaign"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    # Threads that wait: what is computed is computed by the processes that they start and kill.
    with ThreadPoolExecutor(processes) as pool, bar:
        shown = bar.add_task("0 wrong", total=len(tasks), completed=len(tasks) - len(left))
        under_way = {pool.submit(experiment, task, seed): task for task in left}
        try:
            for future in as_completed(under_way):
                outcomes = future.result()
                kept.add(under_way[future], outcomes)
                for outcome in outcomes:
                    if outcome.wrong:
                        bar.console.print(line(outcome), soft_wrap=True, markup=False)
                wrong = sum(bool(outcome.wrong) for outcome in kept.outcomes)
                bar.update(shown, advance=1, description=f"{wrong} wrong")
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print("interrupted: the report covers what was done", file=sys.stderr)
            return False
    return True


def experiment(task: Task, seed: int) -> list[Outcome]:
    """The outcomes of one task."""
    found: list[Outcome] = MODULES[task.family].run(task, seed)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument(
        "--changes", type=int, default=len(changes.CHANGED), help="of those that are refused"
    )
    parser.add_argument(
        "--seed", type=int, default=None,
        help="from the clock if not given; with that of a campaign that was stopped it goes on",
    )  # fmt: skip
    parser.add_argument("--processes", type=int, default=2, help="experiments at a time")
    parser.add_argument("--report", type=Path, default=PAGE)
    options = parser.parse_args()
    counts = [getattr(options, name) for name in FAMILIES]
    if min(counts) < 0 or options.processes < 1:
        parser.error("numbers must not be negative, and --processes must be positive")
    if options.seed is None:
        options.seed = time.time_ns() % 2**32
    return options


if __name__ == "__main__":
    sys.exit(main())
