"""`thermalent validate`: every method on one thermal link, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.errors import Failure, solving
from thermalent.cli.options import build_network, json_option, network_options, plot_option
from thermalent.cli.output import attributes, check_figure, draw_result, method_data, print_json

if TYPE_CHECKING:
    from thermalent.analysis.cross_validation import CrossValidation


@click.command(short_help="Every method on one link, side by side.")
@network_options
@plot_option
@json_option
def validate(plot: Path | None, as_json: bool, **network: Any) -> None:
    """Solve a thermal link by every method, and compare.

    Exits with 1 if exact methods disagree by more than their claimed errors.

    \b
    Examples:
      thermalent validate --n-th 2 --kappa 0.1
      thermalent validate --n-th 1220 --kappa 1e-3 --json --plot methods.png
    """
    check_figure(plot, "--plot")
    described = build_network(**network)
    with solving():
        from thermalent.analysis.cross_validation import Verdict, cross_validate

        validation = cross_validate(described)
    draw_result(validation.plot, plot)
    if as_json:
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
