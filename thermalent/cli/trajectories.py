"""`thermalent trajectories`: single runs of a thermal link, and their averages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from thermalent.cli.deliver import Wanted
from thermalent.cli.errors import arguments, kept, solving
from thermalent.cli.evolve import (
    checked_start,
    deliver_evolution,
    states_option,
    times_options,
    writable,
)
from thermalent.cli.options import build_network, json_option, network_options, plot_option
from thermalent.cli.output import check_figure
from thermalent.cli.parameter_types import NUMBER


@click.command(short_help="Single runs of a thermal link, and their averages.")
@network_options
@times_options
@click.option("--runs", type=click.IntRange(min=8), default=4000, help="Number of runs.")
@click.option("--single", is_flag=True, help="One run, with the quanta of its field.")
@click.option("--seed", type=int, default=7, help="One seed, one result.")
@click.option("--step", type=NUMBER, help="Step of the field.  [default: chosen from the rates]")
@states_option
@plot_option
@json_option
def trajectories(
    times: tuple[float, ...],
    initial: str | None,
    runs: int,
    single: bool,
    seed: int,
    step: float | None,
    output: Path | None,
    plot: Path | None,
    as_json: bool,
    **network: Any,
) -> None:
    """Qubits over time, along random paths of the thermal field that drives them.

    The error of an average is its standard error, that of a single run comes from its step.

    \b
    Examples:
      thermalent trajectories --n-th 1220 --kappa 1e-3 --times 1:100:9
      thermalent trajectories --n-th 1220 --kappa 1e-3 --times 30 --runs 100000
      thermalent trajectories --n-th 1220 --kappa 1e-2 --times 1:600:30 --single --seed 5
      thermalent trajectories --n-th 1220 --kappa 1e-2 --times 1:600:999 --single -o run.csv
      thermalent trajectories --n-th 1220 --kappa 1e-3 --times 1:100:9 --runs 1000 -o mean.nc
    """
    check_figure(plot, "--plot")
    described = build_network(**network)
    start = checked_start(described, times, initial)
    writable(output)
    from thermalent.solving.solve import evolve
    from thermalent.stochastic import FieldTrajectories, trajectory

    quanta = interrupted = None
    with arguments():
        method = FieldTrajectories(n=8 if single else runs, seed=seed, step=step)
    # A step that is too large for the rates is detected during the run.
    with solving(), arguments():
        if single and method.refusal(described) is None:
            run = trajectory(described, times, initial=start, seed=seed, step=step)
            result, quanta = run.evolution, abs(run.field) ** 2
        else:
            result, interrupted = kept(lambda: evolve(described, times, start, method))
    given = {"network": network, "initial": start, "single": single}
    deliver_evolution(Wanted(output, plot, as_json), result, given, {"quanta": quanta})
    if interrupted is not None:
        raise interrupted
