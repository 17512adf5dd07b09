"""`python -m tests.audit`: thousands of random networks against the reference, and the report."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tests.audit.findings import BAD, Finding
from tests.audit.report import expression_of, line, page
from tests.audit.run import run
from thermalent.testing import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"


def main() -> int:
    """Run the audit; 1 if there is a violation."""
    options = _options()
    each = -(-options.networks // len(options.kinds))
    # From one kind to the next, so that an audit that is stopped has seen all of them.
    tasks = [(options.seed, kind, index) for index in range(each) for kind in options.kinds]
    print(f"seed {options.seed}: {len(tasks)} networks, {each} of every kind", flush=True)
    began = time.monotonic()
    findings: list[Finding] = []
    counts = dict.fromkeys(options.kinds, 0)
    bar = Progress(
        TextColumn("audit"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    try:
        with bar:
            shown = bar.add_task("0 violations", total=len(tasks))
            for task, found in run(tasks, options.processes, options.limit):
                counts[task[1]] += 1
                findings.extend(found)
                for finding in found:
                    if finding.outcome in BAD:
                        bar.console.print(line(finding), soft_wrap=True, markup=False)
                        network = expression_of(finding, options.seed)
                        bar.console.print(f"    network = {network}", soft_wrap=True, markup=False)
                bad = sum(finding.outcome in BAD for finding in findings)
                bar.update(shown, advance=1, description=f"{bad} violations")
    except KeyboardInterrupt:
        print("interrupted: the report covers what was done", file=sys.stderr)
    minutes = (time.monotonic() - began) / 60
    text = page(findings, seed=options.seed, counts=counts, minutes=minutes)
    options.report.write_text(text, encoding="utf-8")
    print(f"written: {options.report}")
    return int(any(finding.outcome in BAD for finding in findings))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("--networks", type=int, default=10_000, help="how many in all")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--seed", type=int, default=None, help="from the clock if not given")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one network")
    parser.add_argument("--report", type=Path, default=PAGE)
    options = parser.parse_args()
    if options.networks < 1 or options.processes < 1 or not options.limit > 0:
        parser.error("--networks, --processes and --limit must be positive")
    if options.seed is None:
        options.seed = time.time_ns() % 2**32
    return options


if __name__ == "__main__":
    sys.exit(main())
