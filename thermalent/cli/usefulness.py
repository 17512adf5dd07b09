"""`thermalent heat` and `thermalent entanglement-rate`: what a link consumes and what it yields."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from thermalent.cli import pictures
from thermalent.cli.deliver import estimates, number_options, take_wanted, write_and_draw
from thermalent.cli.errors import arguments, solving
from thermalent.cli.evolve import checked_start
from thermalent.cli.options import build_network, network_options
from thermalent.cli.output import CSV, print_json, print_table
from thermalent.cli.parameter_types import NUMBER


@click.command("heat", short_help="Heat currents and entropy production of a thermal link.")
@network_options
@number_options
def heat_command(**network: Any) -> None:
    """Currents of quanta in the steady state, per unit time, and the entropy that they produce.

    \b
    Examples:
      thermalent heat --n-th 40 --kappa 0.02
      thermalent heat --n-th 40 --kappa 0.02 --loss 0.1 --json
      thermalent heat --n-th 40 --kappa 0.02 --loss 0.1 -o heat.csv --plot heat.png
    """
    wanted = take_wanted(network, CSV)
    described = build_network(**network)
    with arguments(), solving():
        from thermalent.analysis.heat.currents import heat_currents

        found = heat_currents(described)
    currents = found._flows()
    if found.entropy_production is not None:
        currents["entropy production"] = found.entropy_production
    write_and_draw(wanted, found, estimates(currents), found.plot)
    if wanted.as_json:
        numbers = {name: {"value": float(v), "error": v.error} for name, v in currents.items()}
        print_json({"network": network, **numbers})
        return
    rows = [(name, f"{float(v):.10g}", f"{v.error:.1e}") for name, v in currents.items()]
    print_table(("", "quanta per time", "error"), rows, right=1)
    if found.entropy_production is None:
        click.echo("The entropy production has no bound: a bath that takes heat is at 0 K.")


@click.command("entanglement-rate", short_help="Entanglement per time of repeated preparations.")
@network_options
@click.option(
    "--until", type=NUMBER, required=True, help="Longest preparation, inverse unit of rate."
)
@click.option(
    "--reset", type=NUMBER, default=0.0, help="Time between two preparations, inverse unit of rate."
)
@click.option(
    "--observable",
    default="distillation_yield",
    help="What counts as entanglement: distillation_yield, coherent_information, concurrence, ...",
)
@click.option(
    "--initial", metavar="STATE", help="Qubits after a reset, as for evolve.  [default: all 0]"
)
@number_options
def entanglement_rate_command(
    until: float, reset: float, observable: str, initial: str | None, **network: Any
) -> None:
    """The largest entanglement per time, if pairs are prepared, used and prepared again.

    \b
    Examples:
      thermalent entanglement-rate --n-th 1220 --kappa 1e-3 --until 1000
      thermalent entanglement-rate --n-th 1220 --kappa 1e-3 --until 1000 --reset 50
      thermalent entanglement-rate --n-th 40 --kappa 0.02 --until 500 --plot rate.png
    """
    wanted = take_wanted(network, CSV)
    described = build_network(**network)
    start = checked_start(described, (0.0,), initial)
    with arguments(), solving():
        from thermalent.analysis.entanglement_rate import entanglement_rate as search
        from thermalent.operators.estimates import Estimate

        found = search(described, observable, until=until, initial=start, reset=reset)
        draw = partial(
            pictures.rate_over_time,
            described,
            found,
            observable,
            until=until,
            start=start,
            reset=reset,
        )
        words = observable.replace("_", " ")
        numbers = {"rate": found.value, words: found.amount}
        how = "distance of the times that were tried: about a percent"
        numbers["time of preparation"] = Estimate(found.time, 0.01 * found.time, how)
        write_and_draw(wanted, found, estimates(numbers), draw)
    if wanted.as_json:
        data = {"rate": found.value, "error": found.value.error, "time": found.time}
        data |= {"amount": found.amount, "interior": found.interior}
        print_json({"network": network, "observable": observable, **data})
        return
    rows = [
        ("rate", f"{float(found.value):.8g}"),
        ("error of rate", f"{found.value.error:.1e}"),
        ("time of preparation", f"{found.time:.4g}"),
        (words, f"{float(found.amount):.8g}"),
        ("maximum in time", "yes" if found.interior else "no, at the end of the search"),
    ]
    print_table(("", ""), rows, right=1)
