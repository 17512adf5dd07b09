"""`thermalent evolve`: the dynamics of a thermal link."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.deliver import Wanted
from thermalent.cli.errors import arguments, kept, solving
from thermalent.cli.grids import GridType
from thermalent.cli.netcdf import SUFFIX, require_backend, write_netcdf
from thermalent.cli.options import (
    build_method,
    build_network,
    combined,
    file_option,
    json_option,
    method_options,
    network_options,
    plot_option,
)
from thermalent.cli.output import (
    CSV,
    SAVED,
    check_figure,
    check_folder,
    draw_result,
    note_status,
    print_json,
    print_table,
    printed,
    result_data,
    save_result,
    write_columns,
)
from thermalent.cli.schedule import build_schedule, schedule_option

if TYPE_CHECKING:
    import numpy as np

    from thermalent.networks.network import Network
    from thermalent.solution.evolution import Evolution
    from thermalent.solution.schedule import Schedule
    from thermalent.solution.tasks import SourceStart


times_options = combined(
    click.option(
        "--times",
        type=GridType("times", "log"),
        required=True,
        help="Times, inverse unit of rate: START:STOP:COUNT (equally spaced in the logarithm), "
        "START:STOP:COUNT:linear, or a list.",
    ),
    click.option(
        "--initial",
        metavar="STATE",
        help="Qubits at time zero: 0 and 1 in their order, or S or T for two.  [default: all 0]",
    ),
)


class SourceStartType(click.ParamType):
    """The initial state of the source: a word, or a coherent amplitude of each mode."""

    name = "stationary|empty|AMPLITUDES"

    def convert(self, value: Any, param: Any, ctx: Any) -> SourceStart:
        """The word, the complex number, or one for each mode."""
        if value in ("stationary", "empty") or isinstance(value, (complex, tuple)):
            return value
        try:
            numbers = tuple(complex(part) for part in value.replace(" ", "").split(","))
            return numbers[0] if len(numbers) == 1 else numbers
        except ValueError:
            self.fail(f"{value!r} is neither 'stationary' nor 'empty' nor a number.", param, ctx)


source_option = click.option(
    "--source",
    type=SourceStartType(),
    default="stationary",
    help="Initial state of the source; an amplitude (20 or 3+4j) is that of a coherent state, of "
    "several filters one each (20,0).",
)
states_option = file_option(
    "Write a file with all elements of the density matrices: NetCDF if it ends in .nc, "
    "CSV if in .csv, .txt or .dat, and what te.load reads if in .npz."
)


@click.command("evolve", short_help="Dynamics of a thermal link.")
@network_options
@times_options
@source_option
@schedule_option
@method_options
@states_option
@plot_option
@json_option
def evolve_command(
    times: tuple[float, ...],
    initial: str | None,
    source: SourceStart,
    schedule_file: Path | None,
    output: Path | None,
    plot: Path | None,
    method: str | None,
    as_json: bool,
    **network: Any,
) -> None:
    """Qubits over time from a given state, on a waveguide behind a filtered thermal source.

    With more than two qubits the table shows the concurrence of q1 q2, q3 q4, ...; JSON holds that
    of every pair.

    \b
    Examples:
      thermalent evolve --n-th 1220 --kappa 1e-3 --times 1:1e4:25
      thermalent evolve --n-th 1220 --kappa 1e-3 --times 0,1,5,30,100 --initial 10
      thermalent evolve --n-th 2000 --kappa 1e-2 --qubits 1 --times 0.1:5:20
      thermalent evolve --n-th 1220 --kappa 1e-3 --times 1:1e3:20 --source empty
      thermalent evolve --n-th 40 --kappa 0.02 --times 0.1:1e4:60 --rtol 1e-6 -o link.csv
      thermalent evolve --n-th 40 --kappa 0.02 --times 0.1:1e4:60 --rtol 1e-6 -o link.nc
      thermalent evolve --n-th 40 --kappa 0.02 --times 0:50:26:linear --plot link.png
      thermalent evolve --n-th 40 --kappa 0.02 --times 10,100 --json | jq .concurrence
      thermalent evolve --n-th 20 --kappa 0.05 --times 60,68,1000 --schedule pulse.toml
    """
    wanted = Wanted(output, plot, as_json)
    check_figure(plot, "--plot")
    chosen = build_method(method, network)
    given: dict[str, Any] = {"network": network}
    evolved: Network | Schedule
    if schedule_file is None:
        evolved = described = build_network(**network)
    else:
        evolved, given["schedule"], described = build_schedule(schedule_file, network)
    start = checked_start(described, times, initial)
    writable(output)
    with solving(), arguments():
        from thermalent.solving.solve import evolve as solve

        result, interrupted = kept(lambda: solve(evolved, times, start, chosen, source=source))
    given |= {"initial": start, "source_start": str(source)}
    deliver_evolution(wanted, result, given)
    if interrupted is not None:
        raise interrupted


def deliver_evolution(
    wanted: Wanted,
    result: Evolution,
    given: Mapping[str, Any],
    extra: Mapping[str, np.ndarray | None] | None = None,
) -> None:
    """Write, draw and print an evolution.

    Args:
        wanted: Where it goes.
        result: The evolution.
        given: What was asked for.
        extra: Further numbers over time, (t,) each or None, by heading.
    """
    series = {name: values for name, values in (extra or {}).items() if values is not None}
    if wanted.output is not None:
        write_file(wanted.output, result, given, series)
    draw_result(result.plot, wanted.plot)
    if wanted.as_json:
        print_json({**given, **(extra or {}), **result_data(result)})
    else:
        print_table(*evolution_table(result, series), right=0)
        note_status(result)


def checked_start(network: Network, times: Sequence[float], initial: str | None) -> str:
    """The initial state by name, if it is one, and if the times can be used."""
    from thermalent.operators import states
    from thermalent.support import checks

    start = "0" * len(network.dims) if initial is None else initial
    with arguments():
        checks.time_grid("times", times)
        states.initial_state(start, network.dims, name="initial")
    return start


def writable(output: Path | None) -> None:
    """Report a missing folder or library of the output file before the work, not after it."""
    if output is None:
        return
    check_folder(output, "--output")
    if output.suffix not in (SUFFIX, SAVED, *CSV, ""):
        known = f"{SUFFIX} (NetCDF), {SAVED} (for te.load) or {', '.join(CSV)} (CSV)"
        raise click.UsageError(f"Option --output must end in {known}, but is {str(output)!r}.")
    if output.suffix == SUFFIX:
        require_backend()


def evolution_table(
    result: Evolution, extra: Mapping[str, np.ndarray]
) -> tuple[list[str], list[list[str]]]:
    """Headings and rows: time, numbers of pairs, populations, error of the state.

    Further numbers stand behind the time; beside them there is no room for the errors of those of
    pairs.
    """
    from thermalent.operators.reading.observables import PRINTED

    names = result.network.emitter_names
    columns = {"time": [f"{t:.6g}" for t in result.times]}
    columns |= {name: [f"{value:.2f}" for value in values] for name, values in extra.items()}
    pairs = list(zip(names[::2], names[1::2], strict=False))
    for (first, second), measure in itertools.product(pairs, (m for m in PRINTED if m.pair)):
        short = "".join(word[0] for word in measure.name.split("_")).upper()
        heading = measure.name if len(names) == 2 else f"{short} {first} {second}"
        values = getattr(result, measure.name)(first, second)
        columns[heading] = [f"{value:.8f}" for value in values]
        if not extra:
            columns["+-" + " " * len(columns)] = [_short(error) for error in values.error]
    populations = result.populations()
    shown = list(populations) if len(names) <= 2 else ["0" * len(names)]
    for label in shown:
        columns[f"pop. {label}"] = [f"{p:.8f}" for p in populations[label]]
    columns["error"] = [_short(error) for error in result.error]
    headings = [heading.strip() for heading in columns]
    return headings, [list(row) for row in zip(*columns.values(), strict=True)]


def _short(error: float) -> str:
    return f"{error:.1e}" if math.isfinite(error) else "not known"


def write_file(
    path: Path,
    result: Evolution,
    given: Mapping[str, Any],
    extra: Mapping[str, np.ndarray],
) -> None:
    """Write the evolution in the format that the file's name asks for."""
    if path.suffix == SUFFIX:
        write_netcdf(path, result, given, extra)
    elif path.suffix == SAVED:
        save_result(path, result)
    else:
        write_csv(path, result, extra)


def write_csv(path: Path, result: Evolution, extra: Mapping[str, np.ndarray]) -> None:
    """A row per time: the printed numbers with their errors, and re(i,j), im(i,j) of the state."""
    import numpy as np

    from thermalent.operators.states import basis_labels

    columns: dict[str, np.ndarray] = {"time": result.times, **extra}
    for measure, of_emitters in printed(result):
        for emitters, values in of_emitters.items():
            name = f"{measure.name} {emitters}".strip()
            columns |= {name: values, f"error of {name}": values.error}
    columns["error"] = result.error
    if result.stats.get("partial", False):
        columns["partial: trajectories"] = np.full(len(result), result.stats["trajectories"])
    labels = basis_labels(result.network.dims)
    for (i, row), (j, column) in itertools.product(enumerate(labels), repeat=2):
        columns[f"re({row},{column})"] = result.states[:, i, j].real
        columns[f"im({row},{column})"] = result.states[:, i, j].imag
    write_columns(path, columns)
