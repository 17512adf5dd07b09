"""The public interface as text: every public name with its signature, one line each.

What a release promises to keep: the names of `thermalent` and of its packages that are listed
publicly, the parameters of functions, the fields, properties and methods of classes, the commands
of the program and their options.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import thermalent as te
from thermalent.cli import main as program

SNAPSHOT = Path(__file__).with_name("interface.txt")


def interface() -> list[str]:
    """All lines, sorted."""
    lines: set[str] = set()
    for name in te.__all__:
        value = getattr(te, name)
        if inspect.ismodule(value):
            lines |= set(_of_module(f"thermalent.{name}", value))
        else:
            lines |= set(_described(f"thermalent.{name}", value))
    return sorted(lines | set(_commands(program, "$ thermalent")))


def _of_module(path: str, module: Any) -> Iterator[str]:
    """The public names of one of the packages that `thermalent` names."""
    yield path
    for name in getattr(module, "__all__", None) or _defined(module):
        value = getattr(module, name)
        if not inspect.ismodule(value):
            yield from _described(f"{path}.{name}", value)


def _defined(module: Any) -> list[str]:
    """The public names that a module gives without listing them."""
    found = []
    for name, value in vars(module).items():
        home = str(getattr(value, "__module__", ""))
        if home.startswith("thermalent.") and not home.startswith("thermalent.support."):
            found.append(name)
    return [name for name in found if not name.startswith("_")]


def _described(path: str, value: Any) -> Iterator[str]:
    """A name with what can be done with it."""
    if inspect.isclass(value):
        yield f"{path}{_signature(value)}"
        for name in sorted(_members(value)):
            yield f"{path}.{name}{_signature(inspect.getattr_static(value, name, None))}"
    elif callable(value):
        yield f"{path}{_signature(value)}"
    else:
        yield f"{path}: {type(value).__name__}"


def _members(kind: type) -> set[str]:
    """Public fields, properties and methods of a class, those of its own bases included."""
    own = [base for base in kind.__mro__ if base.__module__.startswith("thermalent")]
    names = {name for base in own for name in vars(base)}
    if dataclasses.is_dataclass(kind):
        names |= {field.name for field in dataclasses.fields(kind)}
    return {name for name in names if not name.startswith("_")}


def _signature(value: Any) -> str:
    """The parameters with their defaults, without annotations; empty if it cannot be called."""
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    if not callable(value):
        return ""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    plain = [
        parameter.replace(annotation=parameter.empty, default=_default(parameter))
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(plain))


class _Text:
    """Prints as it is given, so that a default reads the same on every machine."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _default(parameter: inspect.Parameter) -> Any:
    """A default without an address in memory."""
    if parameter.default is parameter.empty:
        return parameter.empty
    text = repr(parameter.default)
    return _Text(f"{type(parameter.default).__name__}(...)" if " at 0x" in text else text)


def _commands(command: click.Command, path: str) -> Iterator[str]:
    """A command with its options, and those below it."""
    for parameter in command.params:
        yield " ".join([path, *sorted(parameter.opts + parameter.secondary_opts)])
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, f"{path} {name}")


def changes() -> tuple[list[str], list[str]]:
    """What is gone since the snapshot, and what is new."""
    before, now = set(SNAPSHOT.read_text().splitlines()), set(interface())
    return sorted(before - now), sorted(now - before)


def accept() -> None:
    """Write the snapshot: what is public now is what the next release is compared with."""
    SNAPSHOT.write_text("".join(f"{line}\n" for line in interface()))
