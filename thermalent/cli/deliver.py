"""How a command hands over a result: a table or JSON, a file, a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from thermalent.cli.options import combined, csv_option, json_option, plot_option, table_option
from thermalent.cli.output import (
    CSV,
    SAVED,
    check_figure,
    check_table,
    draw_result,
    print_json,
    print_table,
    save_result,
    write_columns,
)

if TYPE_CHECKING:
    import numpy as np

result_options = combined(table_option, plot_option, json_option)
# Of results that `te.load` does not know.
number_options = combined(csv_option, plot_option, json_option)


class Wanted(NamedTuple):
    """Where a result shall go besides the terminal: files, a picture, JSON instead of tables."""

    output: Path | None
    plot: Path | None
    as_json: bool

    def check(self, kinds: Sequence[str]) -> None:
        """Refuse files that cannot be written before the work is done."""
        check_figure(self.plot, "--plot")
        check_table(self.output, kinds)


class Column(NamedTuple):
    """Numbers or words with the format of the terminal; files hold them in full precision."""

    values: Sequence[Any] | np.ndarray
    form: str = "{}"


def take_wanted(options: dict[str, Any], kinds: Sequence[str] = (SAVED, *CSV)) -> Wanted:
    """The options of `result_options`, taken out of the others; files must be of these kinds."""
    wanted = Wanted(options.pop("output"), options.pop("plot"), options.pop("as_json"))
    wanted.check(kinds)
    return wanted


def write_and_draw(
    wanted: Wanted, result: Any, columns: Mapping[str, Iterable[Any]], draw: Callable[..., Any]
) -> None:
    """Write the result as a file, if one was asked for, and draw it.

    Args:
        wanted: Where it goes.
        result: What `te.load` shall read back.
        columns: What a table of numbers holds, by heading.
        draw: What draws it.
    """
    if wanted.output is not None:
        if wanted.output.suffix == SAVED:
            save_result(wanted.output, result)
        else:
            write_columns(wanted.output, columns)
    draw_result(draw, wanted.plot)


def estimates(numbers: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Numbers that know their errors, as columns of a table of numbers."""
    return {
        "quantity": list(numbers),
        "value": [float(number) for number in numbers.values()],
        "error": [number.error for number in numbers.values()],
    }


def deliver(
    wanted: Wanted,
    result: Any,
    columns: Mapping[str, Column],
    *,
    facts: Mapping[str, str],
    data: Mapping[str, Any],
    draw: Callable[..., Any] | None = None,
) -> None:
    """Write, draw and print a result.

    Args:
        wanted: Where it goes.
        result: What `te.load` shall read back, and `.plot()` draws.
        columns: The table, by heading.
        facts: Lines below the table.
        data: JSON besides the columns, such as the network's numbers.
        draw: What draws the result, if not its method `plot`.
    """
    whole = {name: column.values for name, column in columns.items()}
    write_and_draw(wanted, result, whole, draw or result.plot)
    if wanted.as_json:
        print_json({**data, **whole})
        return
    shown = [[c.form.format(value) for value in c.values] for c in columns.values()]
    print_table(list(columns), [list(row) for row in zip(*shown, strict=True)], right=0)
    if facts:
        click.echo()
        print_table(("", ""), list(facts.items()), right=1)
