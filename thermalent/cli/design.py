"""`thermalent design`: filters for a wanted concurrence, and the imperfections that they allow."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.errors import Failure, arguments, solving
from thermalent.cli.options import file_option, filter_frequency_option, json_option, target_option
from thermalent.cli.output import WIDTH, attributes, check_figure, drawing, print_json, print_table
from thermalent.cli.parameter_types import Numbers, Orders, Shares

if TYPE_CHECKING:
    from thermalent.analysis.design.result import Design, DesignPoint, ShapeDesign


@click.command("design", short_help="Which filter reaches a wanted concurrence.")
@click.option(
    "--temperature", metavar="QUANTITY", default="293K", help="Temperature of the source."
)
@filter_frequency_option
@click.option(
    "--gamma",
    metavar="QUANTITY",
    default="10MHz",
    help="Decay of the qubits into the waveguide, gamma/2pi.",
)
@target_option
@click.option(
    "--margins",
    type=Numbers(),
    default="0.02,0.05",
    help="Further designs, this much above the target: one, or several.",
)
@click.option("--no-attenuation", is_flag=True, help="Use the full source for every filter.")
@click.option("--dephasing-time", metavar="QUANTITY", help="T_phi of the qubits in every design.")
@click.option(
    "--loss",
    type=Shares(single=True),
    default=0.0,
    help="Power loss between the qubits in every design, in [0, 1], or such as 5%.",
)
@click.option(
    "--base-temperature",
    metavar="QUANTITY",
    default="0K",
    help="Temperature of the waveguide in every design.",
)
@click.option(
    "--filters", type=Orders(), help="Compare filters of these orders: 3, 1,2,3 or 1..4 (up to 6)."
)
@click.option(
    "--shapes",
    default="cavities,butterworth,chebyshev",
    help="Which ones: cavities (equal, in a row), butterworth, chebyshev[:RIPPLE in decibels].",
)
@file_option(
    "Draw the concurrence over Q and over the imperfections to this file (png, pdf, svg).",
    "-o",
    "--output",
    "--plot",
    "output",
)
@json_option
def design_command(
    target: float,
    margins: float | tuple[float, ...],
    no_attenuation: bool,
    filters: tuple[int, ...] | None,
    shapes: str,
    output: Path | None,
    as_json: bool,
    **numbers: Any,
) -> None:
    """Filters with which two qubits on a one-way waveguide reach a concurrence.

    The source's temperature is given; the filter's quality factor is what is wanted. The second
    table says how much of one imperfection alone uses up a design's margin above the target.

    \b
    Examples:
      thermalent design --target-concurrence 0.7
      thermalent design --target-concurrence 0.7 --dephasing-time 100us -o design.png
      thermalent design --temperature 293K --frequency 2GHz --gamma 5MHz --target-concurrence 0.8
      thermalent design --target-concurrence 0.85 --filters 1..4 -o shapes.png
      thermalent design --target-concurrence 0.8 --json | jq .best.concurrence

    Exit code 1 if the target is out of reach.
    """
    check_figure(output, "--output")
    from thermalent.analysis.design.design import design as designed

    with arguments(), solving():
        result = designed(
            numbers.pop("temperature"),
            numbers.pop("frequency"),
            numbers.pop("gamma"),
            target,
            margins=margins if isinstance(margins, tuple) else (margins,),
            attenuate=not no_attenuation,
            filters=filters,
            shapes=tuple(shapes.split(",")),
            **numbers,
        )
    if as_json:
        print_json(_data(result))
    else:
        _print(result)
    if output is not None:
        with drawing(output):
            result.plot(output)
    if not result.reachable:
        raise Failure(result.answer)


def _print(result: Design) -> None:
    from thermalent.analysis.design.result import (
        BUDGET_HEADINGS,
        HEADINGS,
        SENSITIVITY_HEADINGS,
        SHAPE_HEADINGS,
        TOLERANCE_HEADINGS,
    )

    if result.reachable:
        click.echo(textwrap.fill(result.answer, WIDTH))
        for margin in result.missed:
            click.echo(f"A margin of {margin:g} is out of reach.")
        click.echo()
    print_table(HEADINGS, result.rows(), right=1)
    click.echo()
    if result.budget_rows():
        print_table(BUDGET_HEADINGS, result.budget_rows(), right=1)
        click.echo()
    print_table(SENSITIVITY_HEADINGS, result.sensitivity_rows(), right=1)
    if result.shapes:
        click.echo()
        print_table(SHAPE_HEADINGS, result.shape_rows(), right=1)
    if result.tolerance_rows():
        click.echo()
        print_table(TOLERANCE_HEADINGS, result.tolerance_rows(), right=1)


def _data(result: Design) -> dict[str, Any]:
    return {
        **attributes(result, "target", "reachable", "answer", "temperature", "frequency", "gamma"),
        **attributes(result, "n_th", "needed_n", "missed", "gaps"),
        "points": [_point(point) for point in result.points],
        "best": _point(result.best),
        "shapes": [_shape(shape, result) for shape in result.shapes],
    }


def _shape(shape: ShapeDesign, result: Design) -> dict[str, Any]:
    """A shape with its rates in units of gamma, as in Python, and its quality factor."""
    return {
        **attributes(shape, "name", "order", "concurrence"),
        "concurrence_error": shape.concurrence.error,
        "quality": result.frequency / (shape.fwhm * result.gamma),
        **attributes(shape, "fwhm", "widest", "narrowest", "loss", "dephasing", "mistuning"),
        **attributes(shape, "widths", "margins"),
    }


def _point(point: DesignPoint) -> dict[str, Any]:
    data = asdict(point)
    data["budget"] = None if point.budget is None else point.budget._asdict()
    return data
