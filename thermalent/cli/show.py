"""`thermalent show`: the results of a sweep, as a table and a plot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.errors import Failure
from thermalent.cli.options import file_option
from thermalent.cli.output import check_figure, drawing, print_table

if TYPE_CHECKING:
    import xarray

_OWN = ("error", "n_max", "status", "message", "origin")


@click.command(short_help="Table and plot of a sweep.")
@click.argument("store", type=click.Path(exists=True, path_type=Path))
@click.option("--rows", type=click.IntRange(min=1), default=20, help="Rows of the table.")
@click.option(
    "--observable", "chosen", multiple=True, help="Show these alone; may be given several times."
)
@click.option("--check", is_flag=True, help="Read every byte of the store and say what is damaged.")
@click.option("--repair", is_flag=True, help="With --check: have damaged blocks computed again.")
@file_option("Draw the first, as PNG or PDF.", "--plot")
def show(
    store: Path, rows: int, chosen: tuple[str, ...], check: bool, repair: bool, plot: Path | None
) -> None:
    """Show the results of a sweep: one row per point, evenly picked if there are more than --rows.

    A study that is still being computed can be shown too.

    \b
    Examples:
      thermalent show study.zarr
      thermalent show study.zarr --observable concurrence --rows 50
      thermalent show study.zarr --plot study.png
      thermalent show study.zarr --check
    """
    if repair and not check:
        raise click.UsageError("Option --repair needs --check.")
    check_figure(plot, "--plot")
    if check:
        _check(store, repair)
        return
    with _one_line(store):
        _show(_opened(store), rows, chosen, plot)


def _show(data: xarray.Dataset, rows: int, chosen: tuple[str, ...], plot: Path | None) -> None:
    names = _chosen(data, chosen)
    click.echo(f"{data.attrs['builder']}, thermalent {data.attrs['version']}")
    click.echo(f"method: {data.attrs['method']}")
    click.echo(summary(data))
    print_table(*_table(data, names, rows), right=0)
    for line in failures(data):
        click.echo(line)
    if plot is not None:
        import numpy as np

        from thermalent.sweeping.plot import draw_sweep

        if not np.isfinite(data[names[0]].values).any():
            raise Failure(f"there is nothing to draw: no point has a value of {names[0]}.")
        with drawing(plot):
            draw_sweep(data, names[0], plot)


def summary(data: xarray.Dataset) -> str:
    """Numbers of points that are solved, failed and open."""
    status = data["status"].values
    counts = {1: "solved", 2: "failed", 0: "open"}
    parts = [f"{int((status == code).sum())} {word}" for code, word in counts.items()]
    shape = " x ".join(f"{data.sizes[dim]} {dim}" for dim in data["status"].dims)
    return f"{status.size} points ({shape}): {', '.join(parts)}"


def _check(store: Path, repair: bool) -> None:
    from thermalent.sweeping.failures import StoreError
    from thermalent.sweeping.storage.integrity import check_store

    try:
        report = check_store(store, repair=repair)
    except (StoreError, ValueError) as problem:
        raise Failure(str(problem)) from problem
    if report.ok:
        click.echo(str(report))
        return
    marked = " They are marked as not computed." if repair and report.blocks else ""
    raise Failure(f"{str(store)!r}: {report}{marked}")


@contextmanager
def _one_line(store: Path) -> Iterator[None]:
    """Damage that shows when values are read, as one line instead of a traceback."""
    try:
        yield
    except (ValueError, RuntimeError, OSError) as problem:
        words = " ".join(str(problem).split())[:200]
        raise Failure(
            f"{str(store)!r} cannot be read ({words}); `thermalent show --check` says what is "
            "damaged"
        ) from problem


def _opened(store: Path) -> xarray.Dataset:
    try:
        from thermalent.sweeping.failures import StoreError
        from thermalent.sweeping.storage.store import opened

        data = opened(store)
    except ImportError as problem:
        raise Failure(f"{problem}: pip install 'thermalent[sweep]'") from problem
    except StoreError as problem:
        raise Failure(str(problem)) from problem
    except (OSError, ValueError) as problem:
        raise Failure(f"{str(store)!r} is no store of a sweep: {problem}") from problem
    if data.attrs.get("source") != "thermalent":
        raise Failure(f"{str(store)!r} is no store of a sweep.")
    return data


def _chosen(data: xarray.Dataset, chosen: tuple[str, ...]) -> list[str]:
    import difflib
    import json

    known = json.loads(data.attrs["observables"])
    for name in chosen:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.0)[0]
            raise click.UsageError(
                f"Option --observable: there is no {name!r}; the nearest is {near!r}."
            )
    return list(chosen) or known


def _table(data: xarray.Dataset, names: list[str], rows: int) -> tuple[list[str], list[list[str]]]:
    """Headings and rows: parameters, values with their errors, truncation."""
    import numpy as np

    status = data["status"]
    picked = np.unique(np.linspace(0, status.size - 1, min(rows, status.size)).round().astype(int))
    columns: dict[str, list[str]] = {}
    where = np.unravel_index(picked, status.shape)
    for name, coordinate in data.coords.items():
        along = where[status.dims.index(coordinate.dims[0])]
        columns[str(name)] = [_short(value) for value in coordinate.values[along]]
    for name in names:
        values, errors = data[name].values[where], data[f"{name}_error"].values[where]
        columns[name] = [_number(v) for v in values]
        columns["+-" + " " * len(columns)] = [_error(e) for e in errors]
    columns["n_max"] = [str(n) if n >= 0 else "" for n in data["n_max"].values[where]]
    headings = [name.strip() for name in columns]
    return headings, [list(row) for row in zip(*columns.values(), strict=True)]


def failures(data: xarray.Dataset) -> list[str]:
    """The messages of failed points, each once, with how often it occurs."""
    from collections import Counter

    status = data["status"].values
    if not (status == 2).any():
        return []
    counted = Counter(str(text) for text in data["message"].values[status == 2])
    return [f"failed, {count} times: {text}" for text, count in counted.most_common(5)]


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:.8f}" if math.isfinite(value) else "-"


def _error(value: float) -> str:
    return f"{value:.1e}" if math.isfinite(value) else "-"
