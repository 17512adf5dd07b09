"""Old names that still work: where each stands, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import thermalent

ROOT = Path(thermalent.__file__).parent
# The functions of thermalent/support/deprecation.py, of which `warn` is called as `warn(old, new)`.
_BY_KEYWORD = {"renamed_arguments", "renamed_names"}
_BY_POSITION = {"renamed_attribute", "warn"}
_WORDS = _BY_KEYWORD | _BY_POSITION


def deprecations(root: Path = ROOT) -> list[str]:
    """A line per old name: the place, the old and the new name where they are written out."""
    lines = []
    for path in sorted(root.rglob("*.py")):
        source = path.read_text()
        if path.name == "deprecation.py" or not any(word in source for word in _WORDS):
            continue
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                place = f"{path.relative_to(root.parent)}:{node.lineno}"
                lines += [f"{place}: {names}" for names in _old_names(node)]
    return lines


def _old_names(call: ast.Call) -> list[str]:
    """What a call of one of the functions renames; empty if it calls none of them."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in _BY_KEYWORD:
        return [f"`{word.arg}` is `{ast.literal_eval(word.value)}`" for word in call.keywords]
    if name in _BY_POSITION and isinstance(function, ast.Name):
        old, new = (ast.unparse(argument) for argument in call.args[:2])
        return [f"{old} is {new}"]
    if name == "warn" and "DeprecationWarning" in ast.unparse(call):
        return [ast.unparse(call.args[0])]
    return []
