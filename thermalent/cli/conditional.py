"""`thermalent conditional`: the qubits of a thermal link given the amplitude of its source."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from thermalent.cli.deliver import Column, deliver, result_options, take_wanted
from thermalent.cli.errors import arguments, solving
from thermalent.cli.grids import GridType
from thermalent.cli.options import build_network, network_options
from thermalent.cli.output import CSV


@click.command("conditional", short_help="States given the present amplitude of the source.")
@network_options
@click.option(
    "--amplitudes",
    type=GridType("amplitudes", "linear"),
    required=True,
    help="Moduli of the amplitude of the source's mode.",
)
@click.option(
    "--distribution",
    type=click.Choice(("P", "Wigner", "Husimi")),
    default="P",
    help="Which knowledge of the amplitude: of a classical field, or of a heterodyne measurement.",
)
@click.option(
    "--observable",
    default="concurrence",
    help="Which number of the states: concurrence, negativity, purity, entropy, ...",
)
@result_options
def conditional_command(
    amplitudes: tuple[float, ...], distribution: Any, observable: str, **options: Any
) -> None:
    """Numbers of the steady state for an observer who knows the amplitude of the source.

    The last lines are the average over all amplitudes, and the number without that knowledge.

    \b
    Examples:
      thermalent conditional --n-th 5 --kappa 0.1 --amplitudes 0:4:9
      thermalent conditional --n-th 5 --kappa 0.1 --amplitudes 0:4:9 --plot states.png -o states.csv
    """
    wanted = take_wanted(options, CSV)  # these states are not among what te.load reads
    described = build_network(**options)
    with arguments(), solving():
        from thermalent.analysis.conditional.given_amplitude import conditional_states

        found = conditional_states(described, distribution=distribution)
        density, values = found.density(amplitudes), found.measure(observable, amplitudes)
        average = found.average(observable)
        mean = getattr(found.mean, observable)()
    columns = {
        "amplitude": Column(amplitudes, "{:.6g}"),
        "density": Column([float(value) for value in density], "{:.8g}"),
        observable: Column([float(value) for value in values], "{:.8f}"),
        "error": Column(values.error, "{:.1e}"),
    }
    numbers = {"average": average, "of the mean state": mean}
    facts = {name: f"{float(value):.10f} +- {value.error:.1e}" for name, value in numbers.items()}
    data = {"network": options, "distribution": distribution, "observable": observable}
    for name, value in numbers.items():
        data |= {name: float(value), f"error of {name}": value.error}
    draw = partial(found.plot, observable)
    deliver(wanted, found, columns, facts=facts, data=data, draw=draw)
