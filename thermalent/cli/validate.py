"""`thermalent validate`: every method on one thermal link, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.deliver import result_options, take_wanted, write_and_draw
from thermalent.cli.errors import Failure, solving
from thermalent.cli.options import build_network, network_options
from thermalent.cli.output import attributes, method_data, print_json

if TYPE_CHECKING:
    from thermalent.analysis.cross_validation import CrossValidation


@click.command(short_help="Every method on one link, side by side.")
@network_options
@result_options
def validate(**network: Any) -> None:
    """Solve a thermal link by every method, and compare.

    Exits with 1 if exact methods disagree by more than their claimed errors.

    \b
    Examples:
      thermalent validate --n-th 2 --kappa 0.1
      thermalent validate --n-th 1220 --kappa 1e-3 --json --plot methods.png
      thermalent validate --n-th 2 --kappa 0.1 -o methods.csv
    """
    wanted = take_wanted(network)
    described = build_network(**network)
    with solving():
        from thermalent.analysis.cross_validation import Verdict, cross_validate

        validation = cross_validate(described)
    columns = {
        "method": [row.method.name for row in validation.rows],
        **{
            name: [getattr(row, name) for row in validation.rows]
            for name in ("outcome", "measure", "distance", "error", "seconds", "note")
        },
    }
    columns[validation.measure] = columns.pop("measure")
    write_and_draw(wanted, validation, columns, validation.plot)
    if wanted.as_json:
        print_json({"network": network, **_data(validation)})
    else:
        click.echo(str(validation))
    if validation.verdict is Verdict.DISAGREE:
        raise Failure(str(validation.verdict))


def _data(validation: CrossValidation) -> dict[str, Any]:
    rows = [
        {
            "method": method_data(row.method.record),
            "outcome": row.outcome,
            validation.measure: row.measure,
            **attributes(row, "distance", "error", "seconds", "note"),
        }
        for row in validation.rows
    ]
    return {
        **attributes(validation, "reference", "agree"),
        "verdict": validation.verdict.value,
        "rows": rows,
    }
