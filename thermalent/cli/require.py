"""`thermalent require`: what one quantity must be for a concurrence, and what stands against it."""

from __future__ import annotations

import textwrap
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.deliver import result_options, take_wanted, write_and_draw
from thermalent.cli.errors import Failure, arguments, solving
from thermalent.cli.options import filter_frequency_option, target_option
from thermalent.cli.output import WIDTH, attributes, print_json, print_table
from thermalent.cli.parameter_types import NUMBER, Shares

if TYPE_CHECKING:
    from thermalent.analysis.design.requirement_result import Requirement

# The names of `te.requirement`; listed here so that --help needs no numerics.
_UNKNOWNS = ("temperature", "quality", "gamma", "loss", "dephasing-time", "base-temperature")


@click.command("require", short_help="What one quantity must be for a wanted concurrence.")
@click.argument("unknown", type=click.Choice(_UNKNOWNS))
@target_option
@click.option(
    "--temperature", metavar="QUANTITY", help="Temperature of the source.  [default: 293K]"
)
@filter_frequency_option
@click.option("--quality", type=NUMBER, help="Q of the filter.  [default: 2.5e5]")
@click.option(
    "--gamma",
    metavar="QUANTITY",
    help="Decay of the qubits into the waveguide, gamma/2pi.  [default: 10MHz]",
)
@click.option(
    "--loss",
    type=Shares(single=True),
    help="Power loss between the qubits, in [0, 1], or such as 5%.  [default: 0]",
)
@click.option("--dephasing-time", metavar="QUANTITY", help="T_phi of the qubits.  [default: none]")
@click.option(
    "--base-temperature", metavar="QUANTITY", help="Temperature of the waveguide.  [default: 0K]"
)
@result_options
def require_command(unknown: str, target: float, **numbers: Any) -> None:
    """The values of one quantity, all else given, with which two qubits reach a concurrence.

    Says which imperfection limits the concurrence most, and where the target is out of reach, how
    much of it would do.

    \b
    Examples:
      thermalent require temperature --target-concurrence 0.8 --loss 0.05 --base-temperature 50mK
      thermalent require quality --target-concurrence 0.7 --dephasing-time 20us
      thermalent require loss --target-concurrence 0.6 --plot loss.png -o loss.npz
      thermalent require gamma --target-concurrence 0.7 --quality 1e5 --json

    Exit code 1 if the target is out of reach.
    """
    wanted = take_wanted(numbers)
    from thermalent.analysis.design.requirement import requirement

    with arguments(), solving():
        found = requirement(unknown.replace("-", "_"), target, **numbers)
    write_and_draw(wanted, found, _columns(found), found.plot)
    if wanted.as_json:
        print_json(_data(found))
    else:
        _print(found)
    if not found.reachable:
        raise Failure(found.answer)


def _print(found: Requirement) -> None:
    from thermalent.analysis.design.requirement_result import LIMIT_HEADINGS

    if found.reachable:
        click.echo(textwrap.fill(found.answer, WIDTH))
    if found.limits:
        if found.reachable:
            click.echo()
        print_table(LIMIT_HEADINGS, found.rows(), right=1)


def _columns(found: Requirement) -> dict[str, list[float]]:
    """The ranges of the unknown in SI, a line each."""
    ends = {"lowest": 0, "highest": 1}
    return {
        name: [of(ends_of[place]) for ends_of in found.ranges]
        for end, place in ends.items()
        for name, of in ((end, float), (f"error of {end}", lambda number: float(number.error)))
    }


def _data(found: Requirement) -> dict[str, Any]:
    """The requirement in SI; an end of the search that is no end of the range has a null error."""
    names = ("name", "given", "without", "cost", "tolerable")
    return {
        **attributes(found, "unknown", "target", "reachable", "answer", "ranges"),
        "errors": [[_finite(end.error) for end in ends] for ends in found.ranges],
        "best": found.best_value,
        "concurrence": found.concurrence,
        "error": found.concurrence.error,
        "limits": [dict(zip(names, limit, strict=True)) for limit in found.limits],
        "alternatives": [
            dict(zip(("name", "value", "concurrence"), item, strict=True))
            for item in found.alternatives
        ],
    }


def _finite(number: float) -> float | None:
    return number if isfinite(number) else None
