"""`python -m tests.audit`: random networks against the reference, random calls, and the report."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tests.audit import networks
from tests.audit.calls import work as calls
from tests.audit.calls.outcome import VIOLATIONS, Outcome
from tests.audit.calls.report import HEADING, calls_page, violation
from tests.audit.findings import BAD, Finding
from tests.audit.report import expression_of, line, page
from tests.audit.run import run
from thermalent.testing import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


def main() -> int:
    """Run the audit; 1 if there is a violation."""
    options = _options()
    before = options.report.read_text(encoding="utf-8") if options.report.exists() else ""
    parts = list(before.partition(HEADING))
    bad = 0
    if options.networks:
        parts[0], bad = _of_networks(options)
        parts[0] += "\n"
    if options.calls:
        text, more = _of_calls(options)
        parts[1:] = [text]
        bad += more
    options.report.write_text("".join(parts), encoding="utf-8")
    print(f"written: {options.report}")
    return int(bad > 0)


def _of_networks(options: argparse.Namespace) -> tuple[str, int]:
    """The page's part on networks, and the number of violations."""
    each = -(-options.networks // len(options.kinds))
    # From one kind to the next, so that an audit that is stopped has seen all of them.
    tasks = [(options.seed, kind, index) for index in range(each) for kind in options.kinds]
    print(f"seed {options.seed}: {len(tasks)} networks, {each} of every kind", flush=True)
    began = time.monotonic()
    findings: list[Finding] = []
    counts = dict.fromkeys(options.kinds, 0)

    def note(task: Any, found: Any, show: Callable[[str], None]) -> int:
        counts[task[1]] += 1
        found = networks.noted(task, found)
        findings.extend(found)
        bad = [finding for finding in found if finding.outcome in BAD]
        for finding in bad:
            show(f"{line(finding)}\n    network = {expression_of(finding, options.seed)}")
        return len(bad)

    bad = _all(run("tests.audit.networks", tasks, options.processes, options.limit), tasks, note)
    minutes = (time.monotonic() - began) / 60
    return page(findings, seed=options.seed, counts=counts, minutes=minutes), bad


def _of_calls(options: argparse.Namespace) -> tuple[str, int]:
    """The page's part on calls, and the number of violations."""
    tasks = [(options.seed, index) for index in range(options.calls)]
    print(f"seed {options.seed}: {len(tasks)} calls", flush=True)
    began = time.monotonic()
    outcomes: list[Outcome] = []

    def note(task: Any, found: Any, show: Callable[[str], None]) -> int:
        outcomes.append(calls.noted(task, found))
        if outcomes[-1].kind in VIOLATIONS:
            show(violation(outcomes[-1]))
        return int(outcomes[-1].kind in VIOLATIONS)

    running = run("tests.audit.calls.work", tasks, options.processes, options.call_limit)
    bad = _all(running, tasks, note)
    minutes = (time.monotonic() - began) / 60
    return calls_page(outcomes, seed=options.seed, minutes=minutes), bad


def _all(running: Iterator[tuple[Any, Any]], tasks: list[Any], note: Callable[..., int]) -> int:
    """Note down what comes of all tasks, or of those until Ctrl-C; the number of violations."""
    bar = Progress(
        TextColumn("audit"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    bad = 0
    try:
        with bar:
            shown = bar.add_task("0 violations", total=len(tasks))

            def show(text: str) -> None:
                bar.console.print(text, soft_wrap=True, markup=False)

            for task, found in running:
                bad += note(task, found, show)
                bar.update(shown, advance=1, description=f"{bad} violations")
    except KeyboardInterrupt:
        print("interrupted: the report covers what was done", file=sys.stderr)
    return bad


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--networks", type=int, default=10_000, help="how many in all")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--calls", type=int, default=20_000, help="how many random calls")
    parser.add_argument("--seed", type=int, default=None, help="from the clock if not given")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=float, default=300.0, help="CPU seconds for one network")
    parser.add_argument("--call-limit", type=float, default=10.0, help="CPU seconds for one call")
    parser.add_argument("--report", type=Path, default=PAGE)
    options = parser.parse_args()
    if options.networks < 0 or options.calls < 0 or options.processes < 1 or not options.limit > 0:
        parser.error("--networks and --calls must not be negative, the others positive")
    if options.seed is None:
        options.seed = time.time_ns() % 2**32
    return options


if __name__ == "__main__":
    sys.exit(main())
