"""The group of commands."""

from __future__ import annotations

import click

from thermalent import __version__
from thermalent.cli.completion import completion_command
from thermalent.cli.conditional import conditional_command
from thermalent.cli.design import design_command
from thermalent.cli.dual_rail import dual_rail_command
from thermalent.cli.errors import OneLineGroup
from thermalent.cli.evolve import evolve_command
from thermalent.cli.examples import examples_command
from thermalent.cli.explore import explore_command
from thermalent.cli.hardware import hardware
from thermalent.cli.relaxation import preparation_time_command, rates_command
from thermalent.cli.require import require_command
from thermalent.cli.show import show
from thermalent.cli.slopes import optimise_command, sensitivities_command
from thermalent.cli.spectra import coherence_command, spectrum_command
from thermalent.cli.steady import steady
from thermalent.cli.sweep import sweep_command
from thermalent.cli.trajectories import trajectories
from thermalent.cli.usefulness import entanglement_rate_command, heat_command
from thermalent.cli.validate import validate


@click.group(
    cls=OneLineGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(__version__, prog_name="thermalent", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Exact states of quantum networks driven by non-Markovian thermal noise.

    \b
    Examples:
      thermalent steady --n-th 1220 --kappa 1e-3
      thermalent evolve --n-th 1220 --kappa 1e-3 --times 1:1e4:25
      thermalent validate --n-th 2 --kappa 0.1
      thermalent dual-rail --pairs 2 --squeezing 1 --bandwidth 20
      thermalent sweep study.toml -o study.zarr
      thermalent hardware --temperature 293K --frequency 5GHz --dephasing-time 20us
      thermalent design --temperature 293K --frequency 5GHz --target-concurrence 0.7
      thermalent examples --copy trial
      thermalent explore

    \b
    Exit codes:
      0  it worked
      1  the solve failed
      2  an option is wrong, or the method does not apply
    130  interrupted
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


for command in (
    steady,
    evolve_command,
    trajectories,
    validate,
    spectrum_command,
    coherence_command,
    conditional_command,
    rates_command,
    preparation_time_command,
    sensitivities_command,
    optimise_command,
    heat_command,
    entanglement_rate_command,
    dual_rail_command,
    hardware,
    design_command,
    explore_command,
    require_command,
    sweep_command,
    show,
    examples_command,
    completion_command,
):
    main.add_command(command)
