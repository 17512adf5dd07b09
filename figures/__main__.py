"""`python -m figures [NAMES]`: compute and draw the published figures."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from figures import NAMES as CLOSED_FORMS
from figures.common import FOLDER, Report, Track, silent

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


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default="output")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True)
def run(names: Sequence[str], folder: Path, processes: int) -> None:
    """Compute the named figures (all if none is named); write FOLDER/NAME.png, .pdf and .csv."""
    chosen = list(dict.fromkeys(names)) or list(NAMES)
    with _progress() as progress:
        overall = progress.add_task("figures", total=len(chosen))
        for name, seconds, report in _all(chosen, folder, processes, progress):
            progress.console.print(
                f"[bold]{name}[/] {seconds:.1f} s: {report.agreement}",
                highlight=False,
                soft_wrap=True,
            )
            progress.advance(overall)
        progress.console.print(f"written to {folder}", highlight=False, soft_wrap=True)


def _all(
    names: Sequence[str], folder: Path, processes: int, progress: Progress
) -> Iterator[tuple[str, float, Report]]:
    if processes == 1:
        for name in names:
            yield _one(name, folder, _tracker(progress, name))
        return
    with ProcessPoolExecutor(processes) as pool:
        for future in as_completed([pool.submit(_one, name, folder, silent) for name in names]):
            yield future.result()


def _one(name: str, folder: Path, track: Track) -> tuple[str, float, Report]:
    began = time.perf_counter()
    report = importlib.import_module(f"figures.{name}").main(folder, track=track)
    return name, time.perf_counter() - began, report


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
