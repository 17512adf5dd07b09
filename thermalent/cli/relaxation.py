"""`thermalent rates` and `thermalent preparation-time`: how fast a thermal link settles."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import click

from thermalent.cli import pictures
from thermalent.cli.deliver import (
    Column,
    deliver,
    estimates,
    number_options,
    result_options,
    take_wanted,
    write_and_draw,
)
from thermalent.cli.errors import arguments, solving
from thermalent.cli.evolve import checked_start
from thermalent.cli.options import build_network, network_options
from thermalent.cli.output import CSV, print_json, print_table
from thermalent.cli.parameter_types import NUMBER


@click.command("rates", short_help="Slowest relaxation rates of a thermal link.")
@network_options
@click.option("--count", type=int, default=3, help="How many rates.")
@click.option(
    "--charge",
    type=int,
    default=0,
    help="Excitations of the ket minus those of the bra; 0 has the populations.",
)
@result_options
def rates_command(count: int, charge: int, **options: Any) -> None:
    """The rates at which what is slowest decays, in the unit of the other rates.

    \b
    Examples:
      thermalent rates --n-th 40 --kappa 0.02
      thermalent rates --n-th 40 --kappa 0.02 --detuning 0.1,-0.1 --count 6 --plot rates.png
    """
    wanted = take_wanted(options)
    described = build_network(**options)
    with arguments(), solving(), warnings.catch_warnings():
        from thermalent.analysis.relaxation_rates import relaxation_rates

        # Whether the list is complete stands below the table.
        warnings.filterwarnings("ignore", "The list of relaxation rates", RuntimeWarning)
        found = relaxation_rates(described, count, charge=charge)
    columns = {
        "rate": Column(found.values.real, "{:.10g}"),
        "frequency": Column(0.0 - found.values.imag, "{:.10g}"),
        "error": Column(found.error, "{:.1e}"),
    }
    complete = "proved" if found.certified else "not proved"
    data = {"network": options, "charge": charge, "certified": found.certified, "how": found.how}
    facts = {"completeness": complete, "how": found.how}
    deliver(wanted, found, columns, facts=facts, data=data)


@click.command(
    "preparation-time", short_help="Time after which a thermal link is in its steady state."
)
@network_options
@click.option(
    "--initial", metavar="STATE", help="Qubits at time zero, as for evolve.  [default: all 0]"
)
@click.option(
    "--distance",
    type=NUMBER,
    default=1e-2,
    help="Trace distance to the steady state that counts as having arrived.",
)
@number_options
def preparation_time_command(initial: str | None, distance: float, **network: Any) -> None:
    """The time after which the qubits stay within a distance of their steady state.

    \b
    Examples:
      thermalent preparation-time --n-th 40 --kappa 0.02
      thermalent preparation-time --n-th 40 --kappa 0.02 --distance 1e-3 --initial 10
      thermalent preparation-time --n-th 40 --kappa 0.02 --plot approach.png
    """
    wanted = take_wanted(network, CSV)
    described = build_network(**network)
    start = checked_start(described, (0.0,), initial)
    with arguments(), solving():
        from thermalent.analysis.relaxation_times import preparation_time as solve

        time = solve(described, start, distance=distance)
        draw = partial(pictures.approach, described, start, float(time), distance)
        write_and_draw(wanted, time, estimates({"time": time}), draw)
    if wanted.as_json:
        given = {"network": network, "initial": start, "distance": distance}
        numbers = {"time": float(time), "error": time.error, "error_origin": time.how}
        print_json({**given, **numbers})
    else:
        rows = [("time", f"{float(time):.10g}"), ("error", f"{time.error:.1e}")]
        print_table(("", ""), rows, right=1)
