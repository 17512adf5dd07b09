"""`thermalent hardware`: laboratory numbers, the network they stand for, and its steady state."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from thermalent import __version__
from thermalent.cli.errors import arguments, solving
from thermalent.cli.options import Quantities, json_option, loss_option, qubits_option
from thermalent.cli.output import print_json, print_table, result_data, result_rows


@click.command(short_help="From kelvin and hertz to a steady state.")
@click.option(
    "--temperature", metavar="QUANTITY", default="293K", show_default=True, help="Of the source."
)
@click.option(
    "--frequency",
    metavar="QUANTITY",
    default="5GHz",
    show_default=True,
    help="Of the filter, omega/2pi.",
)
@click.option("--quality", type=float, default=2.5e5, show_default=True, help="Q of the filter.")
@click.option(
    "--gamma",
    type=Quantities(),
    default="10MHz",
    show_default=True,
    help="Decay of the qubits into the waveguide, gamma/2pi: one, or one per qubit.",
)
@click.option(
    "--detuning",
    type=Quantities(),
    default="0Hz",
    show_default=True,
    help="Qubit minus filter frequency, Delta/2pi: one, or one per qubit.",
)
@click.option(
    "--dephasing-time",
    type=Quantities(),
    help="T_phi of the qubits: one, or one per qubit.  [default: no dephasing]",
)
@loss_option
@qubits_option
@json_option
def hardware(as_json: bool, **options: Any) -> None:
    """Superconducting qubits on a cold waveguide, driven by a resistor through a filter.

    Every number has its unit. Frequencies are ordinary ones: 10MHz is gamma/2pi = 10 MHz.

    \b
    Examples:
      thermalent hardware --temperature 293K --frequency 5GHz --quality 2.5e5 --gamma 10MHz
      thermalent hardware --dephasing-time 20us --loss 0.05
      thermalent hardware --gamma 10MHz,9MHz --detuning 1MHz,-1MHz --json
    """
    from thermalent.hardware import superconducting_link

    with arguments():
        lab = superconducting_link(**options)
    with solving():
        from thermalent.solve import steady_state

        result = steady_state(lab.network)
    if as_json:
        numbers = {f.name: getattr(lab, f.name) for f in fields(lab) if f.name != "network"}
        derived = {"time_unit": lab.time_unit, "flux": lab.flux, "power": lab.power}
        described = {"version": __version__, "given": options, "hardware": {**numbers, **derived}}
        print_json({**described, **result_data(result)})
        return
    print_table(("quantity", "symbol", "laboratory", "network"), lab.rows(), right=2)
    click.echo()
    print_table(("", ""), result_rows(result), right=1)
