"""What repeats the public names and the registry, written from them.

    python -m tests.support.public_names

rewrites the block under TYPE_CHECKING in `thermalent/__init__.py`, the modules that mypy checks
without exception in `pyproject.toml`, the table of methods in `docs/methods.md`, and those of
observables, models and methods in `docs/sweeps.md`, the methods and models of the reference in
`docs/api`, and the schema of study files; `make format` runs it, and a test compares.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path

import thermalent as te
from tests.support import study_schema
from thermalent.operators.reading.observables import MEASURES
from thermalent.solving import registry

ROOT = Path(__file__).resolve().parents[2]
FACE, SETTINGS = Path(te.__file__), ROOT / "pyproject.toml"
TABLE, STUDY = ROOT / "docs" / "methods.md", ROOT / "docs" / "sweeps.md"
METHODS_PAGE, MODELS_PAGE = (ROOT / "docs" / "api" / f"{name}.md" for name in ("methods", "models"))
WRITTEN = (FACE, SETTINGS, TABLE, STUDY, METHODS_PAGE, MODELS_PAGE)
_BLOCK = re.compile(r"(?<=^if TYPE_CHECKING:\n)(?: {4}.*\n)+", re.MULTILINE)
_STRICT = re.compile(
    r"(?<=^module = \[\n)(?: {4}\"thermalent.*\n)+(?=\]\nwarn_return_any = true)", re.MULTILINE
)
_ROWS = re.compile(r"(?<=^\| --- \| --- \| --- \| --- \|\n)(?:\| `.*\n)+", re.MULTILINE)
_MEASURES = re.compile(
    r"(?<=^\| observable \| of \|\n\| --- \| --- \|\n)(?:\| `.*\n)+", re.MULTILINE
)
_MODEL_KEYS = re.compile(r"(?<=^\| `model` \| ).*(?=, or `\"file\.py:function\"`)", re.MULTILINE)
_METHOD_KEYS = re.compile(r"(?<=of `name` and its parameters: ).*(?= \|$)", re.MULTILINE)
_REFERENCE = re.compile(r"(?<=^ {3}:nosignatures:\n\n)(?: {3}\w+\n)+", re.MULTILINE)
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
        refuses = ", ".join(entry.refuses)
        rows.append(f"| {call} | {entry.claim} | {entry.error} | {refuses} |\n")
    return "".join(rows)


def measure_rows() -> str:
    """The table of observables, and whose they are."""
    rows = []
    for measure in MEASURES:
        name, of = measure.name, "all emitters, or some: `{}[q1]`"
        if measure.labelled:
            of = "a pure state: `{}[S]`"
        elif measure.pair:
            of = f"two {'qubits' if measure.qubits else 'emitters'}; of several, `{{}}[q1,q3]`"
        rows.append(f"| `{name}` | {of.format(name)} |\n")
    return "".join(rows)


def listed(keys: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(f"`{key}`" for key in keys)


def reference_rows(names: Iterable[str], text: str) -> str:
    """The names of a page of the reference: those of the registry, then its others."""
    first = list(names)
    (there,) = _REFERENCE.findall(text)
    others = [name for name in there.split() if name not in first and hasattr(te, name)]
    return "".join(f"   {name}\n" for name in (*first, *others))


def written(path: Path, text: str) -> str:
    """The text of one of these files, with the names as they are now."""
    steady = (entry.key for entry in registry.METHODS if entry.steady)
    if path in (METHODS_PAGE, MODELS_PAGE):
        methods = path == METHODS_PAGE
        entries = registry.METHODS if methods else registry.MODELS
        names = [entry.name for entry in entries if methods or "." not in entry.key]
        rows = reference_rows(names, text)
        return _REFERENCE.sub(lambda _: rows, text, count=1)
    parts = {
        FACE: [(_BLOCK, type_checking_block())],
        SETTINGS: [(_STRICT, strict_modules())],
        TABLE: [(_ROWS, method_rows())],
        STUDY: [
            (_MEASURES, measure_rows()),
            (_MODEL_KEYS, listed(entry.key for entry in registry.MODELS)),
            (_METHOD_KEYS, listed(steady)),
        ],
    }
    for pattern, names in parts[path]:
        text, count = pattern.subn(lambda _, names=names: names, text, count=1)  # type: ignore[misc]
        if count != 1:
            raise ValueError(f"{path.name} has no place for what is written there.")
    return text


def _as_ruff_sorts(item: tuple[str, str]) -> tuple[str, bool, bool, str]:
    """By module; then constants, classes and functions, each by name."""
    module, name = item
    return module, not name.isupper(), not name[0].isupper(), name


if __name__ == "__main__":
    for path in WRITTEN:
        path.write_text(written(path, path.read_text()))
    study_schema.write()
