"""`thermalent sensitivities` and `thermalent optimise`: what a number depends on, and its best."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli import pictures
from thermalent.cli.deliver import (
    Column,
    deliver,
    estimates,
    result_options,
    take_wanted,
    write_and_draw,
)
from thermalent.cli.errors import Failure, arguments, solving
from thermalent.cli.options import link_arguments, network_options
from thermalent.cli.output import attributes, print_json, print_table

if TYPE_CHECKING:
    from thermalent.analysis.optimise import Optimum

_CONTINUOUS = ("n_th", "kappa", "gamma", "detuning", "dephasing", "loss")

observable_option = click.option(
    "--observable",
    default="concurrence",
    help="Which number of the steady state: concurrence, negativity, purity, entropy, ...",
)


@click.command("sensitivities", short_help="Derivatives of the concurrence by every parameter.")
@network_options
@observable_option
@click.option(
    "--by", help="Names of the parameters, such as kappa,loss.  [default: all that can change]"
)
@result_options
def sensitivities_command(observable: str, by: str | None, **options: Any) -> None:
    """Derivatives of a number of the steady state by the parameters of the link.

    At the end of a range (no loss, no dephasing) they are one-sided.

    \b
    Examples:
      thermalent sensitivities --n-th 1220 --kappa 1e-3
      thermalent sensitivities --n-th 1220 --kappa 1e-3 --by kappa,loss --plot slopes.png
      thermalent sensitivities --n-th 1220 --kappa 1e-3 --gamma 1,0.9 --observable purity
    """
    wanted = take_wanted(options)
    link = link_arguments(**options)
    names = [n for n in _CONTINUOUS if link.get(n) is not None] if by is None else by.split(",")
    for name in names:
        if name not in _CONTINUOUS or link.get(name) is None:
            known = ", ".join(n for n in _CONTINUOUS if link.get(n) is not None)
            raise click.UsageError(f"Option --by must be of {known}, but has {name!r}.")
    fixed = {name: value for name, value in link.items() if name not in names}
    with arguments(), solving():
        from thermalent.continued_fraction.sensitivity.sensitivities import sensitivities as solve
        from thermalent.models.thermal_link import thermal_link

        parameters = {name: link[name] for name in names}
        found = solve(partial(thermal_link, **fixed), parameters, observable)
    each = found.each()
    columns = {
        "parameter": Column([name for name, _ in each]),
        "derivative": Column([float(slope) for _, slope in each], "{:.8g}"),
        "error": Column([slope.error for _, slope in each], "{:.1e}"),
    }
    value = found.value
    facts = {observable: f"{float(value):.10f}", f"error of {observable}": f"{value.error:.1e}"}
    facts |= {"note": found.note} if found.note else {}
    data = {"network": options, "observable": observable, "value": float(value)}
    data |= {"error_of_value": value.error, "note": found.note}
    deliver(wanted, found, columns, facts=facts, data=data)


class Range(click.ParamType):
    """NAME=LOW:HIGH: a parameter of the link and the interval in which it is searched."""

    name = "NAME=LOW:HIGH"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, tuple[float, float]]:
        """The name and both ends; whether they make sense is checked by the library."""
        name, _, ends = value.partition("=")
        name = name.strip().replace("-", "_")
        if name not in _CONTINUOUS:
            known = ", ".join(_CONTINUOUS)
            self.fail(f"{value!r} must begin with one of {known} and '='.", param, ctx)
        try:
            low, high = (float(end) for end in ends.split(":"))
        except ValueError:
            self.fail(f"{value!r} is not of the form NAME=LOW:HIGH.", param, ctx)
        return name, (low, high)


@click.command("optimise", short_help="The largest concurrence over parameters of a thermal link.")
@network_options
@click.option(
    "--over",
    "ranges",
    type=Range(),
    multiple=True,
    required=True,
    help="A parameter to vary; may be given several times. Those need no value of their own.",
)
@observable_option
@click.option("--starts", type=int, default=8, help="Number of searches.")
@click.option("--allow-bounds", is_flag=True, help="Accept a maximum at the end of a range.")
@result_options
def optimise_command(
    ranges: tuple[tuple[str, tuple[float, float]], ...],
    observable: str,
    starts: int,
    allow_bounds: bool,
    **options: Any,
) -> None:
    """The parameters with which a number of the steady state is largest.

    \b
    Examples:
      thermalent optimise --n-th 1220 --over kappa=1e-4:1
      thermalent optimise --over n_th=1:1e5 --over kappa=1e-3:10 --loss 0.01
      thermalent optimise --n-th 40 --over kappa=1e-3:1 --observable negativity
      thermalent optimise --n-th 1220 --over kappa=1e-4:1 --plot best.png -o best.npz

    Exit code 1 if there is no maximum inside of the ranges.
    """
    wanted = take_wanted(options)
    free = dict(ranges)
    if len(free) < len(ranges):
        raise click.UsageError("Option --over names a parameter twice.")
    fixed = link_arguments(**options, free=tuple(free))
    with arguments(), solving():
        from thermalent.analysis.optimise import OptimumError
        from thermalent.analysis.optimise import optimise as search
        from thermalent.models.thermal_link import thermal_link

        builder = partial(thermal_link, **fixed)
        try:
            found = search(builder, free, observable, starts=starts, allow_bounds=allow_bounds)
        except OptimumError as error:
            raise Failure(str(error).replace("allow_bounds=True", "--allow-bounds")) from error
        numbers = {observable: found.value, **found.parameters}
        draw = partial(pictures.around_optimum, builder, found, free, observable)
        write_and_draw(wanted, found, estimates(numbers), draw)
    if wanted.as_json:
        print_json(_data(found, {"network": fixed, "observable": observable}))
        return
    rows = [(name, f"{float(v):.10g}", f"{v.error:.1e}") for name, v in numbers.items()]
    print_table(("", "value", "error"), rows, right=1)
    click.echo()
    agreeing = f"{found.agreeing} of {found.starts} searches"
    counts = [("agreeing", agreeing), ("networks solved", str(found.evaluations))]
    print_table(("", ""), counts, right=1)


def _data(found: Optimum, given: dict[str, Any]) -> dict[str, Any]:
    value = {"value": float(found.value), "error": found.value.error}
    names = ("parameters", "errors", "at_bounds", "starts", "agreeing", "evaluations")
    return {**given, **value, **attributes(found, *names)}
