"""The file of `thermalent evolve --schedule`: pieces that change the network of the options."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thermalent.cli.options import build_network

if TYPE_CHECKING:
    from thermalent.networks.network import Network
    from thermalent.solution.schedule import Schedule

# What a piece may change; what it leaves out is as the options say.
_CHANGED = ("n_th", "kappa", "gamma", "detuning", "dephasing", "loss")
_ALLOWED = f"duration, {', '.join(_CHANGED[:-1])} and {_CHANGED[-1]}"

schedule_option = click.option(
    "--schedule",
    "schedule_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A TOML file of [[piece]] tables that follow each other: a duration (the last may be inf) "
    "and what differs from the options.",
)


def pieces_in_file(path: Path) -> list[dict[str, Any]]:
    """The pieces of a file, each with its duration and what it changes.

    Raises:
        click.UsageError: the file is no TOML, or not of this kind; the text says where.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise click.UsageError(f"{path.name} is no TOML: {problem}") from None
    pieces = content.get("piece")
    if set(content) != {"piece"} or not isinstance(pieces, list) or not pieces:
        raise click.UsageError(f"{path.name} must hold [[piece]] tables, and nothing else.")
    for number, piece in enumerate(pieces, start=1):
        where = f"{path.name}, piece {number}"
        if not isinstance(piece, dict) or "duration" not in piece:
            raise click.UsageError(f"{where}: there is no duration.")
        for name, value in piece.items():
            if name != "duration" and name not in _CHANGED:
                raise click.UsageError(f"{where}: {name!r} is none of {_ALLOWED}.")
            several = value if isinstance(value, list) and name != "duration" else [value]
            if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in several):
                raise click.UsageError(f"{where}: {name} must be a number, but is {value!r}.")
    return pieces


def build_schedule(
    path: Path, options: Mapping[str, Any]
) -> tuple[Schedule, list[dict[str, Any]], Network]:
    """The schedule of a file, its pieces as they stand there, and the network at time zero.

    Args:
        path: The file.
        options: The network options, which every piece has but for what it changes.
    """
    from thermalent.solution.schedule import Schedule
    from thermalent.support.errors import ArgumentError

    pieces, found = pieces_in_file(path), []
    for number, piece in enumerate(pieces, start=1):
        changes = {name: value for name, value in piece.items() if name != "duration"}
        lists = {k: tuple(v) if isinstance(v, list) else v for k, v in changes.items()}
        try:
            network = build_network(**{**options, **lists})
        except click.UsageError as problem:
            raise click.UsageError(
                f"{path.name}, piece {number}: {problem.format_message()}"
            ) from None
        found.append((network, piece["duration"]))
    try:
        schedule = Schedule(tuple(found))
    except ArgumentError as problem:
        raise click.UsageError(f"{path.name}: {problem}") from None
    return schedule, pieces, found[0][0]
