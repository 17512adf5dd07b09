"""Which test files can notice a change of a module: those that name it, then those of its room."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

# Tests of drawings and pages, of whole processes, and of this tool itself.
_ELSEWHERE = {"figures", "docs", "audit", "mutation", "release", "matrix", "campaign"}
_LONG_ENOUGH = 5  # letters of a name that is searched for
_PROCESSES = re.compile(r"subprocess|sys\.executable|Popen|multiprocessing|workers=|n_jobs|loky")
KEPT_RESULTS = "tests/kept_results/test_kept_results.py"


def public_names(path: Path) -> set[str]:
    """The functions and classes that a module defines for others."""
    tree = ast.parse(path.read_text())
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {
        node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")
    }


def dotted(path: Path) -> str:
    """The module's name, from its path below the root."""
    parts = list(path.with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(path: Path) -> str:
    """The first folder of a module below the package; empty at the top."""
    return path.parts[1] if len(path.parts) > 2 else ""


@cache
def _tested_through(root: Path) -> dict[str, str]:
    """Modules and folders that no test imports, and the test that runs them."""
    table = root / "tests" / "test_every_module.py"
    if not table.exists():
        return {}
    for node in ast.parse(table.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TESTED_THROUGH":
            return dict(ast.literal_eval(node.value))
    return {}


def nearest_tests(module: Path, root: Path) -> list[Path]:
    """The test files that may notice a change of a module, the nearest first.

    Those that name the module or what it defines for others, that which stands for it in the table
    of tests by module, those of its room, and those in which methods are compared.

    Args:
        module: The module's file, relative to the root.
        root: The folder that holds the package and `tests`.
    """
    name = dotted(module)
    long = [word for word in public_names(root / module) if len(word) >= _LONG_ENOUGH]
    words = re.compile(r"\b(" + "|".join([re.escape(name), *map(re.escape, long)]) + r")\b")
    below = f"{name.partition('.')[2]}."
    through = {test for part, test in _tested_through(root).items() if below.startswith(f"{part}.")}
    ranked = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        inside = path.relative_to(root)
        if inside.parts[1] in _ELSEWHERE or str(inside) == KEPT_RESULTS:
            continue
        text = path.read_text()
        imported = name in text or bool(_imports(name).search(text))
        here = room(module) == inside.parts[1]
        named = bool(words.search(text))
        stem = module.stem in inside.stem
        same = sum(a == b for a, b in zip(module.parts[1:-1], inside.parts[1:-1], strict=False))
        rank = 4 * imported + 3 * (here and stem) + 2 * (here and named) + same + named
        rank += 2 * (here or inside.parts[1] == "agreement")
        rank += 2 * ("/".join(inside.parts[1:]) in through)
        if rank:
            ranked.append((-rank, str(inside), inside))
    return [path for *_, path in sorted(ranked)]


def _imports(name: str) -> re.Pattern[str]:
    """What takes a module from its folder, alone or among others in parentheses."""
    folder, _, module = name.rpartition(".")
    start = rf"^\s*from {re.escape(folder)} import "
    return re.compile(rf"{start}(\([^)]*|[^(\n]*)\b{re.escape(module)}\b", re.MULTILINE)


@cache
def starts_processes(file: Path) -> bool:
    """Whether a file's tests start others, which import the package by themselves."""
    return bool(_PROCESSES.search(file.read_text()))
