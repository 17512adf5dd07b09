"""Changes that alter no number beyond its stated error, each with the reason: `unchanged.txt`."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant


class Unchanged(NamedTuple):
    """Changes that alter nothing.

    Args:
        path: The module's file.
        within: The function, class or constant in which they are.
        old: The code that is replaced, or all of its line.
        why: The reason why nothing depends on it.
        kind: Of the changes, where others of the same code do alter something; empty for any.
    """

    path: str
    within: str
    old: str
    why: str
    kind: str = ""


def known(text: str) -> list[Unchanged]:
    """The entries of a table: lines of `within: old  # why` below the path of their module.

    A kind of changes follows what they are within: `within [guard]: old  # why`.
    """
    found, path = [], ""
    for line in text.splitlines():
        if line.startswith("    "):
            within, entry = line.strip().split(": ", 1)
            old, why = entry.rsplit("  # ", 1)
            within, _, kind = within.partition(" [")
            found.append(Unchanged(path, within, old, why, kind.rstrip("]")))
        elif not line.startswith("#"):
            path = line
    return found


UNCHANGED = known(Path(__file__).with_suffix(".txt").read_text())


def reason(mutant: Mutant, source: bytes) -> str | None:
    """Why a change alters nothing; None if nothing is known to say so."""
    return next((one.why for one in UNCHANGED if speaks_of(one, mutant, source)), None)


def speaks_of(entry: Unchanged, mutant: Mutant, source: bytes) -> bool:
    """Whether a change of a module with this text is one of those that an entry knows."""
    if entry.path != str(mutant.path) or entry.within not in within(source.decode(), mutant.line):
        return False
    if entry.kind not in ("", mutant.kind):
        return False
    old = " ".join(source[mutant.start : mutant.end].decode().split())
    line = source.decode().splitlines()[mutant.line - 1].strip()
    return entry.old in (old, line)


def within(source: str, line: int) -> set[str]:
    """The functions and classes around a line, and the names that a constant there has."""
    return {name for first, last, name in _named(source) if first <= line <= last}


@cache
def _named(source: str) -> list[tuple[int, int, str]]:
    """First and last line of every function, class and assigned name of a module."""
    found: list[tuple[int, int, str]] = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [ast.unparse(target) for target in targets]
        for name in names:
            found.append((node.lineno, node.end_lineno or 0, name))
    return found
