"""`python -m figures [NAMES]`: compute and draw the published figures."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from figures import NAMES as CLOSED_FORMS
from figures.attempts import Attempt, attempt, side_by_side
from figures.common import FOLDER, Track

# Links in the laboratory and in front of a mirror, and lines of several pairs.
LINKS = (
    "thermal_4c",
    "thermal_4d",
    "thermal_6a",
    "thermal_6b",
    "backaction_error",
    "pairs_along_a_line",
    "resource_map",
)
# Dynamics, single runs and the light behind the qubits.
DYNAMICS = (
    "thermal_2b",
    "thermal_3b",
    "thermal_4a",
    "thermal_4b",
    "decades",
    "spectra",
    "single_runs",
    "conditional_states",
    "source_starts",
    "switching",
)
# Ring resonators on a chiral waveguide.
RINGS = (
    "generation_2a",
    "generation_2b",
    "generation_3",
    "generation_4",
    "generation_5",
    "generation_6",
    "generation_7",
    "generation_8",
    "ring_delay",
    "transport_1b",
    "transport_2",
    "transport_3a",
    "transport_3c",
    "transport_4",
)
# Sources of several modes: two rails of qubits under squeezed light, filters in a row.
RAILS = (
    "dual_rail_2b",
    "dual_rail_2c",
    "dual_rail_2d",
    "dual_rail_2e",
    "dual_rail_3a",
    "dual_rail_3b",
    "dual_rail_3c",
    "dual_rail_4a",
    "dual_rail_4b",
    "dual_rail_4c",
    "dual_rail_4d",
    "entanglement_graph",
    "cutoff_convergence",
    "filter_order",
)
# Filters of several poles in front of hot sources.
FILTERS = (
    "filter_poles",
    "filter_shapes",
    "measured_filter",
    "chain_convergence",
)
# Decay into a common reservoir.
COOPERATIVE = (
    "cooperative_2",
    "cooperative_3",
    "cooperative_4",
)
NAMES = (*CLOSED_FORMS, *LINKS, *DYNAMICS, *RINGS, *RAILS, *FILTERS, *COOPERATIVE)
# What takes longest begins first, so that no process works on when the others have ended. The first
# takes 3 GB of memory and the last 4 GB: on two cores they do not run together for long.
LONGEST = (
    "dual_rail_4d",
    "dual_rail_3b",
    "dual_rail_3c",
    "dual_rail_3a",
    "pairs_along_a_line",
    "dual_rail_4b",
    "generation_6",
    "conditional_states",
    "dual_rail_4a",
)


def _cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(allowed(0)) if allowed else os.cpu_count() or 1


@click.command(epilog=f"Figures: {', '.join(NAMES)}.")
@click.argument("names", nargs=-1, type=click.Choice(NAMES), metavar="[NAME]...")
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default="output")
@click.option(
    "--processes", type=click.IntRange(min=1), default=_cores, show_default="one per core"
)
def run(names: Sequence[str], folder: Path, processes: int) -> None:
    """Compute the named figures (all if none is named); write FOLDER/NAME.png, .pdf and .csv.

    A figure that fails does not keep the others from being drawn.
    """
    asked = set(names or NAMES)
    chosen = [name for name in dict.fromkeys((*LONGEST, *NAMES)) if name in asked]
    tried = []
    with _progress() as progress:
        overall = progress.add_task("figures", total=len(chosen))
        if min(processes, len(chosen)) == 1:
            attempts = (attempt(name, folder, _tracker(progress, name)) for name in chosen)
        else:
            attempts = side_by_side(chosen, folder, processes)
        for done in attempts:
            style = "bold red" if done.failed else "bold"
            progress.console.print(
                f"[{style}]{done.name}[/] {done.seconds:.1f} s: ", end="", highlight=False
            )
            progress.console.print(done.words, highlight=False, soft_wrap=True, markup=False)
            progress.advance(overall)
            tried.append(done)
        if len(tried) > 1:
            progress.console.print(_table(tried))
        progress.console.print(f"written to {folder}", highlight=False, soft_wrap=True)
    failed = [done.name for done in tried if done.failed]
    if failed:
        raise click.ClickException(f"not drawn: {', '.join(failed)}")


def _table(tried: Sequence[Attempt]) -> Table:
    """CPU seconds, the longest first, and their sum."""
    table = Table("figure", "CPU s", show_footer=True)
    table.columns[0].footer = f"{len(tried)} figures"
    table.columns[1].footer = f"{sum(done.seconds for done in tried):.0f}"
    table.columns[1].justify = "right"
    for done in sorted(tried, key=lambda done: -done.seconds):
        table.add_row(done.name, "failed" if done.failed else f"{done.seconds:.1f}")
    return table


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )


def _tracker(progress: Progress, name: str) -> Track:
    """A progress bar of its own for the points of one figure, removed when they are done."""

    def track(items: Sequence[Any]) -> Iterable[Any]:
        task = progress.add_task(name, total=len(items))
        for item in items:
            yield item
            progress.advance(task)
        progress.remove_task(task)

    return track


if __name__ == "__main__":
    run()
