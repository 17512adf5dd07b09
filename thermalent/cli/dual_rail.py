"""`thermalent dual-rail`: the entanglement of qubits on two rails under squeezed light."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.deliver import take_wanted
from thermalent.cli.errors import arguments, solving
from thermalent.cli.options import combined, json_option, table_option
from thermalent.cli.output import (
    SAVED,
    drawing,
    method_data,
    print_json,
    print_table,
    save_result,
    write_columns,
)
from thermalent.cli.parameter_types import NUMBER, Numbers

if TYPE_CHECKING:
    import numpy as np

    from thermalent.analytic.dual_rail.state import DualRailState
    from thermalent.solution.result import SteadyState

_WIDE = 7  # pairs whose concurrences fit a line with six digits

rail_options = combined(
    click.option("--pairs", type=int, required=True, help="Number N of pairs of qubits."),
    click.option("--squeezing", type=NUMBER, help="Squeezing r of the source; or give --gain."),
    click.option(
        "--gain",
        type=NUMBER,
        help="Gain g of the amplifier instead, with a bandwidth; below its threshold.",
    ),
    click.option(
        "--detuning",
        type=Numbers(),
        default=0.0,
        help="Detuning of the qubits of rail A: one, or one per pair.",
    ),
    click.option(
        "--permutation",
        help='Order of the detunings on rail B: "reverse", or the pairs\' numbers from 0 as 1,0,2.',
    ),
    click.option(
        "--detuning-b",
        type=Numbers(),
        help="Detuning of the qubits of rail B: one, or one per pair.  [default: minus those of "
        "rail A, in the order of --permutation]",
    ),
    click.option(
        "--bandwidth",
        type=NUMBER,
        help="Energy decay rate of the amplifier's modes.  [default: a broadband source]",
    ),
    click.option(
        "--bandwidths", type=Numbers(), help="Rates of the two modes, instead of --bandwidth."
    ),
    click.option("--dephasing", type=Numbers(), default=0.0, help="Rate 1/T_phi."),
    click.option(
        "--loss",
        type=Numbers(),
        default=0.0,
        help="Power loss of each stretch between successive pairs, in [0, 1].",
    ),
)


@click.command("dual-rail", short_help="Entanglement of two rails under squeezed light.")
@rail_options
@click.option(
    "--rtol",
    type=NUMBER,
    help="Relative tolerance with finite bandwidth.  [default: 1e-9 where that is cheap, else the "
    "best that half a minute of work affords]",
)
@click.option(
    "--plot",
    "--graph",
    "graph",
    type=click.Path(path_type=Path),
    help="Draw the entangled pairs to this file (png, pdf, svg).",
)
@table_option
@json_option
def dual_rail_command(
    rtol: float | None, graph: Path | None, permutation: str | None, **network: Any
) -> None:
    """Steady state of pairs of qubits on two rails fed by a parametric amplifier.

    Rates share one unit, by default the decay rate of a qubit. Under an ideal broadband source the
    state is pure and known in closed form; with a bandwidth, dephasing or loss it is solved.

    \b
    Examples:
      thermalent dual-rail --pairs 2 --squeezing 1 --detuning 0,0.5 --permutation reverse
      thermalent dual-rail --pairs 10 --squeezing 1
      thermalent dual-rail --pairs 4 --squeezing 1 --bandwidth 20 --dephasing 0.01
      thermalent dual-rail --pairs 2 --squeezing 1 --bandwidth 20 -o rails.csv
      thermalent dual-rail --pairs 2 --gain 4 --bandwidth 20 --detuning 0,0.5 --detuning-b 0,-0.5
    """
    wanted = take_wanted(network | {"plot": graph})
    for name in ("output", "as_json"):
        del network[name]
    if network["squeezing"] is None and network["gain"] is None:
        raise click.UsageError("Missing option '--squeezing'. A --gain may take its place.")
    network["permutation"] = _order(permutation)
    closed = _is_ideal(network)
    if closed and wanted.output is not None and wanted.output.suffix == SAVED:
        raise click.UsageError(
            "Option --output must end in .csv, .txt, .dat without a --bandwidth, --dephasing or "
            f"--loss: the closed form is no file of te.load, but is {str(wanted.output)!r}."
        )
    if closed and rtol is not None:
        raise click.UsageError("Option --rtol needs a --bandwidth: the closed form has no error.")
    with solving():
        state = _pure(network) if closed else _solved(network, rtol)
    table, names = _concurrences(state)
    if wanted.output is not None:
        _write(state, table, names, wanted.output)
    if wanted.as_json:
        _print_json(state, table, names, network)
    else:
        _print(state, table, names)
    if graph is not None:
        with drawing(graph):
            _draw(state, graph)


def _write(state: Any, table: np.ndarray, names: tuple[list[str], list[str]], path: Path) -> None:
    """The state, or the concurrences, a line for each qubit of rail A with each of rail B."""
    if path.suffix == SAVED:
        save_result(path, state)
        return
    pairs = [(a, b) for a in names[0] for b in names[1]]
    columns: dict[str, Any] = {
        "rail_a": [a for a, _ in pairs],
        "rail_b": [b for _, b in pairs],
        "concurrence": table.ravel(),
    }
    if not hasattr(state, "entropies"):
        columns["error"] = [state.concurrence(a, b).error for a, b in pairs]
    write_columns(path, columns)


def _order(permutation: str | None) -> str | tuple[int, ...] | None:
    if permutation is None or permutation == "reverse":
        return permutation
    try:
        return tuple(int(item) for item in permutation.split(","))
    except ValueError:
        raise click.UsageError(
            "Option --permutation must be 'reverse' or numbers from 0 such as 1,0,2, "
            f"but is {permutation!r}."
        ) from None


def _is_ideal(network: dict[str, Any]) -> bool:
    import numpy as np

    other = ("bandwidth", "bandwidths", "gain", "detuning_b")
    broadband = all(network[name] is None for name in other)
    return broadband and not np.any(network["dephasing"]) and not np.any(network["loss"])


def _pure(network: dict[str, Any]) -> DualRailState:
    from thermalent.analytic import dual_rail_state

    with arguments():
        return dual_rail_state(
            network["pairs"], network["squeezing"], network["detuning"], network["permutation"]
        )


def _solved(network: dict[str, Any], rtol: float | None) -> SteadyState:
    from thermalent.continued_fraction.method import ContinuedFraction
    from thermalent.models.dual_rail import dual_rail as describe
    from thermalent.solving.solve import steady_state

    with arguments():
        described = describe(**network)
        if not described.modes:
            if rtol is not None:
                raise click.UsageError("Option --rtol needs a --bandwidth.")
            return steady_state(described)
        return steady_state(described, ContinuedFraction(rtol=rtol))


def _concurrences(state: Any) -> tuple[np.ndarray, tuple[list[str], list[str]]]:
    """C of every qubit of rail A with every one of rail B, (N, N)."""
    import numpy as np

    names = list(getattr(state, "names", None) or state.network.emitter_names)
    a, b = names[0::2], names[1::2]
    return np.array([[state.concurrence(i, j) for j in b] for i in a]), (a, b)


def _print(state: Any, table: np.ndarray, names: tuple[list[str], list[str]]) -> None:
    a, b = names
    digits = 6 if len(a) <= _WIDE else 4
    rows = [(n, *(f"{value:.{digits}f}" for value in row)) for n, row in zip(a, table, strict=True)]
    click.echo("concurrence between the rails")
    print_table(("", *b), rows, right=1)
    click.echo()
    if hasattr(state, "entropies"):
        import numpy as np

        facts = [
            ("state", "pure, in closed form"),
            ("entropy of rail A (bits)", f"{state.entropy('A', 2.0):.6f}"),
        ]
        # A cut between two pairs, the state on the left against that on the right.
        cuts = np.asarray(state.entropies(2.0))
        for n, value in enumerate(cuts, 1):
            left = "pair 1" if n == 1 else f"pairs 1 to {n}"
            facts.append((f"entropy of {left} (bits)", f"{value:.6f}"))
    else:
        facts = [
            ("method", f"{state.method.name} ({state.method.claim.value})"),
            ("purity", f"{state.purity():.6f}"),
            ("error", f"{state.error:.1e}"),
            ("seconds", f"{state.stats['seconds']:.3g}"),
        ]
    print_table(("", ""), facts, right=1)


def _print_json(
    state: Any, table: np.ndarray, names: tuple[list[str], list[str]], network: dict[str, Any]
) -> None:
    data: dict[str, Any] = {
        "network": network,
        "rail_a": names[0],
        "rail_b": names[1],
        "concurrences": table,
    }
    if hasattr(state, "entropies"):
        data |= {"method": "closed form", "S_A": state.entropy("A"), "S_n": state.entropies()}
    else:
        data |= {
            "method": method_data(state.method),
            "purity": state.purity(),
            "error": float(state.error),
            "error_origin": state.error.how,
            "stats": state.stats,
        }
    print_json(data)


def _draw(state: Any, path: Path) -> None:
    from matplotlib.figure import Figure

    from thermalent.analysis.entanglement_graph import entanglement_graph
    from thermalent.support.files.figure_files import save_figure

    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = entanglement_graph(state, figure.subplots())
    figure.colorbar(axes.collections[0], ax=axes, label="concurrence", shrink=0.8)
    save_figure(figure, path, dpi=200)
