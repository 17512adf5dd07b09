"""The source of the package, parsed: once per process, and only when a test asks."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import thermalent

ROOT = Path(thermalent.__file__).parent
# An installed wheel holds the scripts of the examples and figures besides, which are no modules.
_SCRIPTS = {"_examples", "_figures"}
FILES = sorted(
    path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in _SCRIPTS
)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements below a node, those of functions, classes, branches and handlers among them.

    They are a fifth of what `ast.walk` goes through: it takes the expressions as well.
    """
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for below in getattr(node, field, ()):
            if isinstance(below, ast.stmt):
                yield below
            yield from statements(below)
