"""The output of the commands: aligned tables for people, JSON for programs."""

from __future__ import annotations

import csv
import enum
import itertools
import json
import math
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent import __version__
from thermalent.cli.errors import Failure, as_options
from thermalent.support.errors import FigureFileError

if TYPE_CHECKING:
    from thermalent.operators.reading.observables import Measure
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.record import MethodRecord
    from thermalent.solution.result import SteadyState

WIDTH = 100  # characters of sentences, the same on a terminal and in a file
_ANY_WIDTH = 100_000  # of tables: a number that is cut is no number
_MOST_POPULATIONS = 16
CSV = (".csv", ".txt", ".dat")  # endings of tables of numbers
SAVED = ".npz"  # ending of what `te.load` reads


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: int) -> None:
    """An aligned table; the columns from position `right` on are flush right."""
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(headings))
    for position, heading in enumerate(headings):
        table.add_column(heading, justify="right" if position >= right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console = Console(file=io.StringIO(), width=_ANY_WIDTH, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(table, markup=False)
    lines = [line.rstrip() for line in capture.get().replace("─", "-").splitlines()]
    click.echo(textwrap.dedent("\n".join(lines)).strip("\n"))


def check_folder(path: Path, option: str) -> None:
    """Refuse a file in a folder that does not exist."""
    if not path.parent.is_dir():
        raise click.UsageError(f"Option {option}: there is no folder {str(path.parent)!r}.")


def check_figure(path: Path | None, option: str) -> None:
    """Refuse a figure of an unknown format, or in a missing folder, before the work is done."""
    if path is None:
        return
    check_folder(path, option)
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower().lstrip(".") not in known:
        allowed = ", ".join(f".{kind}" for kind in known)
        raise click.UsageError(f"Option {option} must end in {allowed}, but is {str(path)!r}.")


@contextmanager
def drawing(path: Path) -> Iterator[None]:
    """Report a figure that cannot be written as a failure, and one that is as written."""
    try:
        yield
    except FigureFileError as error:
        said = str(error)
        raise Failure(said[:1].lower() + said[1:]) from error
    note_written(path)


def note_written(path: Path) -> None:
    """Say that a file was written."""
    click.echo(f"written: {path}", err=True)


def draw_result(plot: Callable[..., Any], path: Path | None) -> None:
    """Draw a result by its method `plot` to a file; nothing if none was asked for."""
    if path is None:
        return
    from matplotlib.figure import Figure

    from thermalent.support.files.figure_files import save_figure

    figure = Figure(figsize=(5.2, 3.8), dpi=150, layout="constrained")
    plot(axes=figure.subplots())
    with drawing(path):
        save_figure(figure, path)


def check_table(path: Path | None, allowed: Sequence[str] = (SAVED, *CSV)) -> None:
    """Refuse a file of an unknown format, or in a missing folder, before the work is done."""
    if path is None:
        return
    check_folder(path, "--output")
    if path.suffix not in allowed:
        known = ", ".join(allowed)
        raise click.UsageError(f"Option --output must end in {known}, but is {str(path)!r}.")


def save_result(path: Path, result: Any) -> None:
    """Write a result so that `te.load` reads it back."""
    from thermalent.support.errors import ResultFileError

    try:
        result.save(path)
    except ResultFileError as error:
        raise Failure(str(error)) from error
    note_written(path)


def write_columns(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    """Write columns of numbers, or of text, as CSV with their names in the first line."""
    rows = zip(*(plain(column) for column in columns.values()), strict=True)
    try:
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
    except OSError as error:
        raise Failure(f"could not write {str(path)!r}: {error.strerror}.") from error
    note_written(path)


def print_json(data: Mapping[str, Any]) -> None:
    """JSON in full precision, a line per key; what is not finite is null."""
    lines = (
        f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in plain({"version": __version__, **data}).items()
    )
    click.echo("{\n" + ",\n".join(lines) + "\n}")


def plain(value: Any) -> Any:
    """The value in types of JSON: numpy numbers as numbers, NaN and infinity as None."""
    if value is None or isinstance(value, (bool, str)):
        return str(value) if isinstance(value, enum.Enum) else value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)


def attributes(result: Any, *names: str) -> dict[str, Any]:
    """Attributes of a result by name, as they are."""
    return {name: getattr(result, name) for name in names}


def method_data(method: MethodRecord) -> dict[str, Any]:
    """A method with its numerical parameters and its claim."""
    parameters = dict(method.parameters)
    return {"name": method.name, "claim": method.claim.value, "parameters": parameters}


def result_data(result: SteadyState | Evolution) -> dict[str, Any]:
    """A result with its evidence; density matrices are nested [re, im] lists."""
    import numpy as np

    from thermalent.solution.evolution import Evolution

    values, errors = numbers_and_errors(result)
    times: dict[str, Any] = {}
    if isinstance(result, Evolution):
        times, states, how = {"times": result.times}, result.states, result.how
    else:
        states, how = result.state, result.error.how
    return {
        "method": method_data(result.method),
        "emitters": result.network.emitter_names,
        **times,
        **values,
        "partial": bool(result.stats.get("partial", False)),
        "status": result.status.outcome.value,
        "message": result.status.message,
        "error": result.error,
        "error_origin": how,
        "errors": errors,
        "states" if times else "state": np.stack([states.real, states.imag], axis=-1),
        "stats": result.stats,
    }


def note_status(result: SteadyState | Evolution) -> None:
    """A line below the table of a result whose accuracy is not the one that was aimed at."""
    if not result.status.message:
        return
    partial = "Partial result. " if result.stats.get("partial", False) else ""
    click.echo(f"{partial}{as_options(result.status.message)}")


def numbers_and_errors(result: SteadyState | Evolution) -> tuple[dict[str, Any], dict[str, Any]]:
    """The numbers of a state that are printed, by name, and their errors in the same form.

    A number of two qubits stands there for every pair, and by its own name if there is one pair.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for measure, of_emitters in printed(result):
        if measure.pair:
            only = len(result.network.emitter_names) == 2
            values[measure.name] = next(iter(of_emitters.values())) if only else None
            values[measure.plural] = of_emitters
            errors[measure.plural] = {pair: value.error for pair, value in of_emitters.items()}
        else:
            values[measure.name] = of_emitters[""]
            errors[measure.name] = of_emitters[""].error
    populations = result.populations()
    values["populations"] = populations
    errors["populations"] = {label: value.error for label, value in populations.items()}
    return values, errors


def printed(result: SteadyState | Evolution) -> Iterator[tuple[Measure, dict[str, Any]]]:
    """Each measure that the table of observables marks as printed, with its values.

    Those of a measure of two qubits are by pair, "q1 q2" and so on; else by "", of all qubits.
    """
    from thermalent.operators.reading.observables import PRINTED

    for measure in PRINTED:
        chosen = itertools.combinations(result.network.emitter_names, 2) if measure.pair else [()]
        read = getattr(result, measure.name)
        yield measure, {" ".join(names): read(*names) for names in chosen}


def _by_heading(result: SteadyState) -> dict[str, Any]:
    """The numbers of a state that are printed, by what stands before them in a table."""
    return {
        measure.name if len(of_emitters) == 1 else f"{measure.name} {emitters}": value
        for measure, of_emitters in printed(result)
        for emitters, value in of_emitters.items()
    }


def all_numbers(result: SteadyState) -> dict[str, Any]:
    """Every number of a state with its error, by what stands before it in a table."""
    populations = {f"population {key}": value for key, value in result.populations().items()}
    return {**_by_heading(result), **populations}


def result_rows(result: SteadyState) -> list[tuple[str, str]]:
    """A steady state as lines of a table."""
    rows = [("method", f"{result.method.name} ({result.method.claim.value})")]
    numbers = _by_heading(result)
    rows += [(name, f"{value:.10f}") for name, value in numbers.items()]
    populations = result.populations()
    shown = sorted(populations, key=lambda key: -populations[key])[:_MOST_POPULATIONS]
    rows += [
        (f"population {key}", f"{populations[key]:.10f}") for key in populations if key in shown
    ]
    if len(shown) < len(populations):
        remaining = len(populations) - len(shown)
        rows.append(
            (f"{remaining} smaller populations", f"{1 - sum(populations[k] for k in shown):.10f}")
        )
    known = math.isfinite(result.error)
    rows.append(("error", f"{float(result.error):.1e}" if known else "not known (approximation)"))
    if known:
        rows += [(f"error of {name}", f"{value.error:.1e}") for name, value in numbers.items()]
    for key in ("n_max", "cutoff"):
        if key in result.stats:
            rows.append((key, str(result.stats[key])))
    if result.stats.get("partial", False):
        rows.append(("partial", f"of {result.stats['trajectories']} runs only"))
    if "seconds" in result.stats:
        rows.append(("seconds", f"{result.stats['seconds']:.3f}"))
    return rows
