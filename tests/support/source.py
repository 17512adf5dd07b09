"""The source of the package, parsed: once per process, and only when a test asks."""

import ast
from functools import cache
from pathlib import Path

import thermalent

ROOT = Path(thermalent.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())
