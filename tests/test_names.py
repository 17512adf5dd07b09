"""Names: a public one stands for one thing, and docstrings describe the arguments that exist."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

import thermalent

ROOT = Path(thermalent.__file__).parent
TREES = {path: ast.parse(path.read_text()) for path in sorted(ROOT.rglob("*.py"))}

# Names that several modules may define, and why.
SHARED: dict[str, str] = {}


def public_names(tree: ast.Module) -> set[str]:
    """The functions, classes and constants that a module defines under a public name."""
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                names |= {part.id for part in parts if isinstance(part, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def test_a_public_name_is_defined_once():
    modules = defaultdict(list)
    for path, tree in TREES.items():
        for name in public_names(tree):
            modules[name].append(str(path.relative_to(ROOT)))
    several = {name: places for name, places in modules.items() if len(places) > 1}
    assert not {name: places for name, places in several.items() if name not in SHARED}
    assert not SHARED.keys() - several.keys(), "no longer shared: take it off the list"


def documented_arguments(docstring: str) -> list[str]:
    """The names in the section "Args:" of a docstring."""
    _, _, section = docstring.partition("Args:\n")
    section = re.split(r"\n(?=\S)", section)[0]
    lines = re.findall(r"^ {4}([*\w]+(?:, [*\w]+)*):", section, flags=re.MULTILINE)
    return [name.strip(" *") for line in lines for name in line.split(",")]


def arguments(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """The parameters of a function, or the fields and the parameters of a class."""
    if isinstance(node, ast.ClassDef):
        names = {
            field.target.id
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        }
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name in ("__init__", "__new__"):
                names |= arguments(method)
        return names
    a = node.args
    several = [argument for argument in (a.vararg, a.kwarg) if argument is not None]
    return {argument.arg for argument in [*a.posonlyargs, *a.args, *a.kwonlyargs, *several]}


@pytest.mark.parametrize("path", TREES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_describe_the_arguments_that_exist(path):
    for node in ast.walk(TREES[path]):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            unknown = set(documented_arguments(ast.get_docstring(node) or "")) - arguments(node)
            assert not unknown, f"{node.name} documents {sorted(unknown)}, which it does not have"
