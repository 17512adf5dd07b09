"""Changes that alter no number beyond its stated error, each with the reason."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tests.mutation.mutants import Mutant


class Unchanged(NamedTuple):
    """Changes that alter nothing.

    Args:
        path: The module's file.
        within: The function, class or constant in which they are.
        old: The code that is replaced, or all of its line; empty for any.
        why: The reason why nothing depends on it.
    """

    path: str
    within: str
    old: str
    why: str


UNCHANGED: list[Unchanged] = [
    Unchanged(
        "thermalent/stochastic/step_operators.py",
        "_propagator",
        "1e-2",
        "below a rounding of one elements are set to zero, and none lies between 1 and 2 % of it",
    ),
    Unchanged(
        "thermalent/analysis/spectra_several_poles.py",
        "_asked",
        "max",
        "how many digits of a steady state are computed of which only the uniqueness is used",
    ),
    Unchanged(
        "thermalent/analysis/eigenvalues/counting.py",
        "_follow",
        "1j",
        "the phase left at the far ends is a small part of a turn, and turns are whole numbers",
    ),
    Unchanged(
        "thermalent/stochastic/ornstein_uhlenbeck.py",
        "ornstein_uhlenbeck",
        "weight * path[:, :-1] + follow * z + own * extra",
        "a random number that is as likely as its negative has another sign",
    ),
    Unchanged(
        "thermalent/continued_fraction/more_digits/chain.py",
        "_reachable",
        "2",
        "unknowns that do not exist are not reached, however many are counted",
    ),
    Unchanged(
        "thermalent/operators/error_bounds.py",
        "_concurrence_above",
        "-1",
        "of arrays with two axes the last one is axis 1",
    ),
    Unchanged(
        "thermalent/continued_fraction/sensitivity/border.py",
        "_SHORTER",
        "16",
        "how much shorter the next differences are; each states its own error",
    ),
]


def reason(mutant: Mutant, source: bytes) -> str | None:
    """Why a change alters nothing; None if nothing is known to say so."""
    return next((one.why for one in UNCHANGED if speaks_of(one, mutant, source)), None)


def speaks_of(known: Unchanged, mutant: Mutant, source: bytes) -> bool:
    """Whether a change of a module with this text is one of those that an entry knows."""
    if known.path != str(mutant.path) or known.within not in within(source.decode(), mutant.line):
        return False
    old = " ".join(source[mutant.start : mutant.end].decode().split())
    line = source.decode().splitlines()[mutant.line - 1].strip()
    return known.old in ("", old, line)


def within(source: str, line: int) -> set[str]:
    """The functions and classes around a line, and the names that a constant there has."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt) or not node.lineno <= line <= (node.end_lineno or 0):
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {ast.unparse(target) for target in targets}
    return found
