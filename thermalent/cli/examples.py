"""`thermalent examples`: the scripts that came with the installation, and those of the figures."""

from __future__ import annotations

import ast
import shutil
from importlib.resources import files
from pathlib import Path

import click

from thermalent.cli.errors import Failure
from thermalent.cli.output import print_table

_FIGURES = "figures"
_IGNORED = shutil.ignore_patterns("__pycache__")


@click.command("examples", short_help="Example scripts: list, print, copy.")
@click.argument("name", required=False)
@click.option(
    "--copy",
    "target",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Copy the examples to this folder, and the scripts of the figures to DIR/figures.",
)
def examples_command(name: str | None, target: Path | None) -> None:
    """List the examples, print the one with this NAME, or copy all of them.

    \b
    Examples:
      thermalent examples
      thermalent examples first_steps.py
      thermalent examples --copy trial

    In the folder with the copies, `python demo.py` runs an example and `python -m figures` draws
    the published figures (`python -m figures --help` says how to choose).
    """
    if name is not None and target is not None:
        raise click.UsageError("A NAME is printed, --copy takes them all: give one of both.")
    scripts = {path.name: path for path in sorted(_folder("examples").iterdir()) if path.is_file()}
    if target is not None:
        _copy(scripts, target)
    elif name is None:
        print_table(
            ("example", "what it does"), [(n, _first(p)) for n, p in scripts.items()], right=2
        )
    elif name in scripts:
        click.echo(scripts[name].read_text(encoding="utf-8"), nl=False)
    else:
        raise click.UsageError(f"There is no example {name!r}, only {', '.join(scripts)}.")


def _folder(name: str) -> Path:
    """A folder of the wheel, where it has another name, or of the checkout."""
    package = Path(str(files("thermalent")))
    for folder in (package / f"_{name}", package.parent / name):
        if folder.is_dir():
            return folder
    raise Failure(f"this installation came without the folder {name!r}; install the wheel.")


def _first(path: Path) -> str:
    """The first sentence of a script, or the first line of comment of another file."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        said = ast.get_docstring(ast.parse(text)) or ""
        return " ".join(said.split("\n\n")[0].split())
    lines = (line.strip("# \n") for line in text.splitlines() if line.startswith("# "))
    return next(lines, "")


def _copy(scripts: dict[str, Path], target: Path) -> None:
    """Copy everything, or nothing if one of the files is there already."""
    taken = [name for name in (*scripts, _FIGURES) if (target / name).exists()]
    if taken:
        raise Failure(f"nothing copied: {str(target)!r} has {', '.join(taken)} already.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path in scripts.values():
            shutil.copy(path, target)
        shutil.copytree(_folder(_FIGURES), target / _FIGURES, ignore=_IGNORED)
    except OSError as error:
        raise Failure(f"could not copy to {str(target)!r}: {error.strerror}.") from error
    click.echo(f"written: {target}", err=True)
