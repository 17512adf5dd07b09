"""What repeats the public names and the registry, written from them.

    python -m tests.support.public_names

rewrites the block under TYPE_CHECKING in `thermalent/__init__.py`, the modules that mypy checks
without exception in `pyproject.toml` and the table of methods in `docs/methods.md`; `make format`
runs it, and a test compares.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import thermalent as te
from thermalent.solving import registry

ROOT = Path(__file__).resolve().parents[2]
FACE, SETTINGS = Path(te.__file__), ROOT / "pyproject.toml"
TABLE = ROOT / "docs" / "methods.md"
_BLOCK = re.compile(r"(?<=^if TYPE_CHECKING:\n)(?: {4}.*\n)+", re.MULTILINE)
_STRICT = re.compile(
    r"(?<=^module = \[\n)(?: {4}\"thermalent.*\n)+(?=\]\nwarn_return_any = true)", re.MULTILINE
)
_ROWS = re.compile(r"(?<=^\| --- \| --- \| --- \| --- \|\n)(?:\| `.*\n)+", re.MULTILINE)
_WIDTH = 100


def type_checking_block() -> str:
    """The imports of all public names, as ruff formats them."""
    names = [(module, name) for name, module in te._MODULE_OF.items()]
    names += [("thermalent", name) for name in te._PACKAGES]
    names += [(module.rpartition(".")[0], name) for name, module in te._MODULES.items()]
    lines = []
    for module, name in sorted(names, key=_as_ruff_sorts):
        line = f"    from {module} import {name} as {name}\n"
        if len(line) > _WIDTH + 1:
            line = f"    from {module} import (\n        {name} as {name},\n    )\n"
        lines.append(line)
    return "".join(lines)


def strict_modules() -> str:
    """The modules of the public interface."""
    return "".join(
        f'    "{module}",\n' for module in sorted({"thermalent", *te._MODULE_OF.values()})
    )


def method_rows() -> str:
    """The table of methods: parameters, claim, error and refusals."""
    rows = []
    for entry in registry.METHODS:
        parameters = ", ".join(inspect.signature(getattr(te, entry.name)).parameters)
        call = f"`{entry.name}({parameters})`"
        rows.append(f"| {call} | {entry.claim} | {entry.error} | {entry.refuses} |\n")
    return "".join(rows)


def written(path: Path, text: str) -> str:
    """The text of one of the three files, with the names as they are now."""
    pattern, names = {
        FACE: (_BLOCK, type_checking_block()),
        SETTINGS: (_STRICT, strict_modules()),
        TABLE: (_ROWS, method_rows()),
    }[path]
    return pattern.sub(lambda _: names, text, count=1)


def _as_ruff_sorts(item: tuple[str, str]) -> tuple[str, bool, bool, str]:
    """By module; then constants, classes and functions, each by name."""
    module, name = item
    return module, not name.isupper(), not name[0].isupper(), name


if __name__ == "__main__":
    for path in (FACE, SETTINGS, TABLE):
        path.write_text(written(path, path.read_text()))
