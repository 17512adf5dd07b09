"""Options that several commands share, and the networks and methods made from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from thermalent.cli.errors import arguments
from thermalent.cli.filters import build_filter
from thermalent.cli.parameter_types import NUMBER, MethodType, Numbers, Shares
from thermalent.solving.registry import METHOD_BY_KEY, METHOD_OPTIONS, METHODS

if TYPE_CHECKING:
    from thermalent.networks.network import Network
    from thermalent.solution.method import Method

Command = TypeVar("Command", bound=Callable[..., Any])


def combined(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in the order of the help text."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def file_option(text: str, *names: str) -> Callable[[Command], Command]:
    """The option of a file to write, `-o` unless it has other names."""
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option(*(names or ("-o", "--output")), type=kind, help=text)


loss_option = click.option(
    "--loss",
    type=Shares(),
    default=0.0,
    help="Power loss of each stretch between successive qubits, in [0, 1], or such as 5%.",
)
qubits_option = click.option("--qubits", type=int, default=2, help="Number of qubits on the line.")
target_option = click.option(
    "--target-concurrence",
    "target",
    type=NUMBER,
    required=True,
    help="Wanted concurrence, between 0 and 1.",
)
filter_frequency_option = click.option(
    "--frequency", metavar="QUANTITY", default="5GHz", help="Frequency of the filter, omega/2pi."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print everything in full precision as JSON."
)
table_option = file_option(
    "Write a file: CSV if it ends in .csv, .txt or .dat, and what te.load reads if in .npz."
)
csv_option = file_option("Write the numbers with their errors as CSV (.csv, .txt, .dat).")
plot_option = file_option("Draw the result to this file (png, pdf, svg).", "--plot")

network_options = combined(
    click.option(
        "--n-th", type=NUMBER, help="Thermal occupation of the filter's hot port; always needed."
    ),
    click.option(
        "--kappa",
        type=NUMBER,
        help="Energy decay rate of the filter through each of its two ports, unit of rate; left "
        "out with --filter.",
    ),
    click.option(
        "--gamma",
        type=Numbers(),
        default=1.0,
        help="Decay rate of the qubits into the waveguide: one, or one per qubit.",
    ),
    click.option(
        "--detuning",
        type=Numbers(),
        default=0.0,
        help="Qubit minus filter frequency: one, or one per qubit.",
    ),
    click.option(
        "--dephasing",
        type=Numbers(),
        default=0.0,
        help="Pure dephasing rate 1/T_phi: one, or one per qubit.",
    ),
    loss_option,
    qubits_option,
    click.option("--filters", type=int, default=1, help="Filter cavities in a row."),
    click.option(
        "--filter",
        "shape",
        metavar="SHAPE",
        help="Another filter: butterworth:ORDER, chebyshev:ORDER:RIPPLE (in decibels), or a "
        "Touchstone file.",
    ),
    click.option(
        "--fwhm", type=NUMBER, help="Full width at half maximum of that shape, unit of rate."
    ),
    click.option(
        "--filter-unit",
        type=NUMBER,
        help="Unit of rate of that file in hertz, gamma/2pi if rates are in units of gamma.",
    ),
)


def _having(option: str) -> str:
    """The methods that have a parameter, in words."""
    keys = [entry.key for entry in METHODS if option in entry.options]
    return " and ".join(part for part in (", ".join(keys[:-1]), keys[-1]) if part)


method_options = combined(
    click.option(
        "--method",
        type=MethodType(),
        help="How to solve.  [default: the first exact method that applies]",
    ),
    *(
        click.option(
            f"--{name.replace('_', '-')}",
            type=NUMBER if kind is float else kind,
            help=f"{text}: {_having(name)}.",
        )
        for name, (kind, text) in METHOD_OPTIONS.items()
    ),
)


def build_network(
    shape: str | None, fwhm: float | None, filter_unit: float | None, **options: Any
) -> Network:
    """The thermal link of the network options."""
    from thermalent.models.thermal_link import thermal_link

    given = link_arguments(shape, fwhm, filter_unit, **options)
    with arguments():
        return thermal_link(**given)


def link_arguments(
    shape: str | None,
    fwhm: float | None,
    filter_unit: float | None,
    free: tuple[str, ...] = (),
    **options: Any,
) -> dict[str, Any]:
    """The arguments of `thermal_link` from the network options; those in `free` are left out.

    Raises:
        click.UsageError: an option is missing, or two exclude each other.
    """
    given = {name: value for name, value in options.items() if name not in free}
    if "n_th" in given and given["n_th"] is None:
        raise click.UsageError("Missing option '--n-th'.")
    if shape is None:
        if "kappa" in given and given["kappa"] is None:
            raise click.UsageError("Missing option '--kappa'. A --filter may take its place.")
        for name, value in (("fwhm", fwhm), ("filter-unit", filter_unit)):
            if value is not None:
                raise click.UsageError(f"Option --{name} needs --filter.")
        return given
    if given.get("kappa") is not None or "kappa" in free:
        raise click.UsageError("Options --kappa and --filter exclude each other.")
    if Path(shape).suffix == "" and fwhm is None:
        raise click.UsageError("Option --filter needs --fwhm.")
    with arguments():
        return {**given, "filter": build_filter(shape, fwhm, filter_unit)}


def build_method(method: str | None, options: dict[str, Any]) -> Method | None:
    """The method with its numerical options, taken out of the options; None is the default method.

    An option without a method chooses the first that has it: --cutoff means fock, --rtol the
    continued fraction.
    """
    numbers = {name: options.pop(name) for name in METHOD_OPTIONS}
    given = {name: value for name, value in numbers.items() if value is not None}
    if method is None and not given:
        return None
    first = next(iter(given), "")
    name = method or next(entry.key for entry in METHODS if first in entry.options)
    entry = METHOD_BY_KEY[name]
    for option in given:
        if option not in entry.options:
            raise click.UsageError(
                f"Option --{option.replace('_', '-')} does not apply to the method {name}."
            )
    import thermalent

    with arguments():
        return getattr(thermalent, entry.name)(**given)
