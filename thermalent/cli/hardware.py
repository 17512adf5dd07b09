"""`thermalent hardware`: laboratory numbers, the network they stand for, and its steady state."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import Any

import click

from thermalent.cli.deliver import estimates, result_options, take_wanted, write_and_draw
from thermalent.cli.errors import arguments, solving
from thermalent.cli.filters import build_filter
from thermalent.cli.output import (
    WIDTH,
    all_numbers,
    note_status,
    print_json,
    print_table,
    result_data,
    result_rows,
)
from thermalent.cli.parameter_types import NUMBER, Numbers, Quantities, Shares

# The names of thermalent.hardware.PRESETS; listed here so that --help needs no numerics.
PRESET_NAMES = (
    "superconducting",
    "superconducting-bidirectional",
    "siv-orbital",
    "siv-spin",
    "siv-orbital-wide",
    "siv-spin-wide",
    "ring-caesium",
    "ring-nv",
    "ring-rubidium",
    "ring-photonic-crystal",
    "dual-rail-microwave",
    "dual-rail-optical",
)


_OBJECTS = ("network", "filter", "numbers")


@click.command(short_help="From kelvin and hertz to a steady state.")
@click.option(
    "--preset",
    type=click.Choice(PRESET_NAMES),
    default="superconducting",
    help="A laboratory whose numbers hold wherever no other option is given.",
)
@click.option("--list", "listed", is_flag=True, help="Print the presets and end.")
@click.option("--temperature", metavar="QUANTITY", help="Temperature of the source.")
@click.option(
    "--frequency", metavar="QUANTITY", help="Frequency of the filter or the rings, omega/2pi."
)
@click.option("--quality", type=NUMBER, help="Q of the filter, or of the rings.")
@click.option(
    "--gamma",
    type=Quantities(),
    help="Decay of the qubits into the waveguide, gamma/2pi: one, or one per qubit.",
)
@click.option(
    "--detuning",
    type=Quantities(),
    help="Qubit minus filter frequency, Delta/2pi: one, or one per qubit.",
)
@click.option(
    "--dephasing-time",
    type=Quantities(none=True),
    help="T_phi of the qubits: one, or one per qubit; none is no dephasing.",
)
@click.option(
    "--loss",
    type=Shares(),
    help="Power loss, in [0, 1] or such as 5%, of each stretch between successive qubits, or for "
    "phonons from the mirror outwards: one, or one per stretch.",
)
@click.option("--base-temperature", metavar="QUANTITY", help="Temperature of the waveguide.")
@click.option("--qubits", type=int, help="Number of qubits on the line, if superconducting.")
@click.option(
    "--wavelengths", type=Numbers(), help="Distances of the qubits from the mirror, if phononic."
)
@click.option(
    "--filter",
    metavar="SHAPE",
    help="Another filter, of the width that --quality gives: butterworth:ORDER, "
    "chebyshev:ORDER:RIPPLE (in decibels); or a Touchstone file, which has its own.",
)
@click.option(
    "--linewidth", metavar="QUANTITY", help="Decay of emitters at rings elsewhere, Gamma/2pi."
)
@click.option("--chirality", type=NUMBER, help="Chirality of the waveguide between rings.")
@click.option("--bandwidth", metavar="QUANTITY", help="Bandwidth of an amplifier, kappa/2pi.")
@click.option("--squeezing", type=NUMBER, help="Squeezing r of an amplifier.")
@result_options
def hardware(preset: str, listed: bool, **options: Any) -> None:
    """Qubits on a cold waveguide, and other platforms that the papers name.

    Superconducting qubits behind a resistor, colour centres along a phonon waveguide, emitters at
    ring resonators, rails behind an amplifier. Every number has its unit. Frequencies are ordinary
    ones: 10MHz is gamma/2pi = 10 MHz.

    \b
    Examples:
      thermalent hardware --temperature 293K --frequency 5GHz --quality 2.5e5 --gamma 10MHz
      thermalent hardware --dephasing-time 20us --loss 0.05 --base-temperature 50mK
      thermalent hardware --gamma 10MHz,9MHz --detuning 1MHz,-1MHz --json
      thermalent hardware --temperature 77K -o state.npz --plot state.png
      thermalent hardware --preset siv-spin --quality 5e5
      thermalent hardware --temperature 20mK --filter chebyshev:2:0.1
      thermalent hardware --list
      thermalent hardware --preset ring-caesium --quality 5e6
    """
    wanted = take_wanted(options)
    from thermalent import hardware as laboratory

    if listed:
        entries = [(name, p.what, p.source) for name, p in laboratory.PRESETS.items()]
        print_table(("preset", "platform", "source"), entries, right=3)
        return
    chosen = laboratory.PRESETS[preset]
    changes = {name: value for name, value in options.items() if value is not None}
    for name in changes:
        if name not in chosen.options:
            option = name.replace("_", "-")
            said = f"Option --{option} does not apply to the preset {preset}."
            if name == "linewidth" and "quality" in chosen.options:
                said += " The width of a filter is --quality: frequency over full width."
            raise click.UsageError(said)
    if "wavelengths" in changes and isinstance(changes["wavelengths"], float):
        changes["wavelengths"] = (changes["wavelengths"],)  # one qubit
    if changes.get("dephasing_time") == (None,):
        changes["dephasing_time"] = None  # of all qubits
    with arguments():
        lab = _laboratory(preset, changes)
    given = {"preset": preset, **chosen.numbers, **changes}
    if getattr(lab, "initial", None) is not None:
        for option, file in (("--plot", wanted.plot), ("--output", wanted.output)):
            if file is not None:
                said = f"Option {option} needs a steady state, which {preset} has not."
                raise click.UsageError(said)
        _print_peak(lab, given if wanted.as_json else None)
        return
    with solving():
        from thermalent.solving.solve import steady_state

        result = steady_state(lab.network)
    write_and_draw(wanted, result, estimates(all_numbers(result)), result.plot)
    if wanted.as_json:
        print_json({**_described(lab, given), **result_data(result)})
        return
    _print_rows(lab)
    print_table(("", ""), result_rows(result), right=1)
    _note_separable(lab, preset, result)
    note_status(result)


def _note_separable(lab: Any, preset: str, result: Any) -> None:
    """Where two qubits behind a source are not entangled: what to look at, and what tells more."""
    if not hasattr(lab, "n_th") or len(lab.network.emitters) != 2 or result.concurrence() > 0:
        return
    if lab.n_th < 1:
        said = f"the source is too cold: n_th = {lab.n_th:.2g} quanta make next to no noise."
        unknown = "temperature"
    else:
        said = "the filter is too broad for a source this hot, or an imperfection is too large."
        unknown = "quality"
    if preset == "superconducting":
        said += (
            f" `thermalent require {unknown}` says what it takes, `thermalent design` finds the "
            "best filter."
        )
    click.echo("\n" + textwrap.fill(f"No entanglement: {said}", WIDTH))


def _print_rows(lab: Any) -> None:
    print_table(("quantity", "symbol", "laboratory", "network"), lab.rows(), right=2)
    click.echo()


def _described(lab: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What was asked for and the laboratory numbers, as JSON."""
    numbers = {f.name: getattr(lab, f.name) for f in fields(lab) if f.name not in _OBJECTS}
    derived = {
        key: getattr(lab, key) for key in ("time_unit", "flux", "power") if hasattr(lab, key)
    }
    return {"given": given, "hardware": {**numbers, **derived}}


def _print_peak(lab: Any, given: dict[str, Any] | None) -> None:
    """The best moment of what evolves from one excitation; as JSON, if `given` is."""
    with solving():
        from thermalent.hardware.ring_peak import ring_peak

        peak = ring_peak(lab)
    what = "concurrence" if lab.target is None else "fidelity"
    if given is not None:
        time = float(peak.time)
        best = {what: float(peak.value), f"error of {what}": peak.value.error}
        best |= {"time": time, "seconds": time * lab.time_unit}
        print_json({**_described(lab, given), "largest": best})
        return
    _print_rows(lab)
    error, seconds = f"{peak.value.error:.0e}", f"{peak.time * lab.time_unit:.4g} s"
    rows = [(f"largest {what}", f"{peak.value:.10g} (error {error})"), ("reached after", seconds)]
    print_table(("", ""), rows, right=1)


def _laboratory(preset: str, changes: dict[str, Any]) -> Any:
    """The hardware, its filter built; a measured filter replaces the preset's own numbers."""
    from thermalent import hardware as laboratory

    if "filter" not in changes:
        return laboratory.preset(preset, **changes)
    chosen = laboratory.PRESETS[preset]
    built = build_filter(changes["filter"], None, None)
    replaced = ("frequency", "quality") if built.fit is not None else ()
    numbers = {name: value for name, value in chosen.numbers.items() if name not in replaced}
    return chosen.link(**{**numbers, **changes, "filter": built})
