"""Names: a public one stands for one thing, and docstrings describe the arguments that exist."""

import ast
import dataclasses
import inspect
import re
from collections import defaultdict

import pytest

import thermalent
from tests.support.source import FILES, ROOT, statements, tree

# Names that several modules may define, and why.
SHARED: dict[str, str] = {}


def public_names(module: ast.Module) -> set[str]:
    """The functions, classes and constants that a module defines under a public name."""
    names = set()
    for node in module.body:
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
    for path in FILES:
        for name in public_names(tree(path)):
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_describe_the_arguments_that_exist(path):
    for node in statements(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            unknown = set(documented_arguments(ast.get_docstring(node) or "")) - arguments(node)
            assert not unknown, f"{node.name} documents {sorted(unknown)}, which it does not have"


def public_objects() -> dict[str, object]:
    """The functions and classes of `thermalent`, and those that its modules offer by name."""
    found = {}
    for name in thermalent.__all__:
        value = getattr(thermalent, name)
        if not inspect.ismodule(value):
            found[name] = value
            continue
        source = inspect.getsource(value)
        for inner, part in vars(value).items():
            home = getattr(part, "__module__", "")
            here = home == value.__name__ or home.startswith(f"{value.__name__}.")
            # What stands in a file beside, and is said to be offered here.
            own = here or f"from {home} import {inner} as {inner}\n" in source
            if callable(part) and not inner.startswith("_") and own:
                found[f"{name}.{inner}"] = part
    return {name: value for name, value in found.items() if callable(value)}


PUBLIC = public_objects()
# What has no equation: errors, records, grids and drawings.
WITHOUT_EQUATION = {
    "BestFilter", "ComplexEstimate", "EntanglementRate", "Estimate", "Estimates", "Evolution",
    "Method", "MethodError", "ResultFileError", "Sensitivities", "SolveError", "SteadyState",
    "SteadyStates", "StoreReport", "ThermalentError", "Wigner",
    "check_store", "entanglement_graph", "load", "methods", "points", "sweep", "zipped",
}  # fmt: skip


def needed_sections(value: object) -> list[str]:
    """The sections that the docstring of a public function or class must have."""
    if inspect.isclass(value):
        fields = dataclasses.is_dataclass(value) and len(dataclasses.fields(value)) > 0
        return ["Args:"] * fields + ["Raises:"] * hasattr(value, "__post_init__")
    returns = inspect.signature(value).return_annotation not in (None, "None")
    return ["Args:"] * bool(inspect.signature(value).parameters) + ["Returns:"] * returns


@pytest.mark.parametrize("name", PUBLIC)
def test_public_docstrings_have_their_sections(name):
    value = PUBLIC[name]
    docstring = inspect.getdoc(value) or ""
    missing = [section for section in needed_sections(value) if section not in docstring]
    assert not missing, f"{name} lacks {missing}"
    assert docstring.partition("\n")[0].endswith("."), "the first line is a sentence"
    if inspect.isclass(value):
        given = (
            [f.name for f in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
        )
    else:
        given = list(inspect.signature(value).parameters)
    assert not set(given) - set(documented_arguments(docstring)), "an argument is not described"


@pytest.mark.parametrize("name", [name for name in PUBLIC if "." not in name])
def test_public_docstrings_state_their_equation(name):
    docstring = inspect.getdoc(PUBLIC[name]) or ""
    assert ("$$" in docstring or r"\(" in docstring) == (name not in WITHOUT_EQUATION)


def test_the_hierarchy_has_tiers_and_emitters_have_levels():
    rooms = {"continued_fraction", "eigenvalues"}
    for path in (path for path in FILES if rooms & set(path.parts)):
        allowed = r"emitter levels?|stacklevel|levels = renamed_attribute\(\"levels\""
        words = re.sub(allowed, "", path.read_text()).lower()
        assert "level" not in words, path
