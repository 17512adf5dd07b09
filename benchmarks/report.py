"""Rows of the benchmark table, and where they go: a terminal table and a JSON file."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Args:
        name: The benchmark it belongs to.
        quantity: What was measured.
        required: The stated minimum, in words; empty if the row only informs.
        measured: What came out, in words.
        passed: Whether the minimum was met; None if there is none.
        numbers: All that was measured, for the JSON file.
    """

    name: str
    quantity: str
    measured: str
    required: str = ""
    passed: bool | None = None
    numbers: Mapping[str, float | str] = field(default_factory=dict)


def at_least(
    name: str, quantity: str, value: float, limit: float, words: str, **numbers: float | str
) -> Row:
    """A row whose value must be at least the limit; `words` holds {} for the number."""
    return Row(
        name=name,
        quantity=quantity,
        required=">= " + words.format(f"{limit:g}"),
        measured=words.format(f"{value:.3g}"),
        passed=bool(value >= limit),
        numbers={"value": value, "limit": limit, **numbers},
    )


def at_most(
    name: str, quantity: str, value: float, limit: float, words: str, **numbers: float | str
) -> Row:
    """A row whose value must be at most the limit; `words` holds {} for the number."""
    return Row(
        name=name,
        quantity=quantity,
        required="<= " + words.format(f"{limit:g}"),
        measured=words.format(f"{value:.3g}"),
        passed=bool(value <= limit),
        numbers={"value": value, "limit": limit, **numbers},
    )


def failed(name: str, error: Exception) -> Row:
    """A row for a benchmark that could not run."""
    words = f"{type(error).__name__}: {error}"
    if isinstance(error, subprocess.CalledProcessError) and error.stderr:
        said = error.stderr if isinstance(error.stderr, str) else error.stderr.decode()
        words += f" {said.strip()}"
    return Row(name=name, quantity="could not run", measured=words, passed=False)


def environment() -> dict[str, str]:
    """Versions and processor."""
    packages = ("thermalent", "numpy", "scipy", "numba", "qutip")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "threads": "1",
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in packages},
    }


def show(rows: Sequence[Row], about: Mapping[str, str]) -> None:
    """Print the table."""
    console = Console()
    if not console.is_terminal:  # a log file: as wide as it takes
        console = Console(width=160)
    table = Table(title="Benchmarks", caption=", ".join(f"{k} {v}" for k, v in about.items()))
    table.add_column("benchmark", no_wrap=True)
    table.add_column("quantity")
    table.add_column("required", no_wrap=True)
    table.add_column("measured")
    table.add_column("", no_wrap=True)
    verdict = {True: "[green]pass[/]", False: "[bold red]MISSED[/]", None: ""}
    before = None
    for row in rows:
        if before not in (None, row.name):
            table.add_section()
        before = row.name
        table.add_row(row.name, row.quantity, row.required, row.measured, verdict[row.passed])
    console.print(table)


def write(rows: Sequence[Row], about: Mapping[str, str], path: Path) -> None:
    """Write everything that was measured as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"environment": dict(about), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, indent=2) + "\n")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
