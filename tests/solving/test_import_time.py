"""`import thermalent` loads nothing heavy, and every public name is there when asked for."""

import ast
import importlib
import inspect
import subprocess
import sys
import types

import pytest

import thermalent

HEAVY = ("numba", "llvmlite", "scipy", "matplotlib", "pint", "rich", "qutip", "pandas", "click")


def loaded_after(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    return set(result.stdout.split())


def test_import_loads_nothing_heavy():
    loaded = loaded_after("import thermalent")
    assert "thermalent" in loaded
    assert not loaded & {*HEAVY, "numpy"}


def test_describing_a_network_loads_no_compiler_and_no_plots():
    loaded = loaded_after("import thermalent as te; te.thermal_link(n_th=1, kappa=1)")
    assert "numpy" in loaded
    assert not loaded & set(HEAVY)


def test_the_command_line_loads_no_numerics_before_a_command_runs():
    loaded = loaded_after("import thermalent.cli")
    assert "click" in loaded
    assert not loaded & ({*HEAVY, "numpy"} - {"click"})


def test_solving_loads_no_statistics_plots_or_units():
    loaded = loaded_after(
        "import thermalent as te; te.steady_state(te.thermal_link(n_th=1, kappa=1))"
    )
    assert "numba" in loaded
    unneeded = {"matplotlib", "pint", "rich", "qutip", "pandas", "click"}
    assert not loaded & {*unneeded, "scipy.stats", "scipy.integrate", "scipy.signal"}


def declared():
    """The modules of the public names, as the block under TYPE_CHECKING says."""
    tree = ast.parse(inspect.getsource(thermalent))
    return {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


DECLARED = declared()


@pytest.mark.parametrize("name", sorted(set(thermalent.__all__) & DECLARED.keys()))
def test_public_names_resolve(name):
    """To the object of the module from which type checkers are told to import it."""
    assert name in dir(thermalent)
    found = getattr(thermalent, name)
    assert found is getattr(importlib.import_module(DECLARED[name]), name)


def test_type_checkers_see_the_same_names():
    """The block under TYPE_CHECKING repeats the lazy table; neither may lag behind."""
    tree = ast.parse(inspect.getsource(thermalent))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname for node in block.body for alias in node.names}
    lazy = set(thermalent.__all__) - {"__version__"}
    assert seen <= lazy
    for name in lazy - seen:  # of submodules type checkers know without being told
        assert isinstance(getattr(thermalent, name), types.ModuleType)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="module 'thermalent' has no attribute 'nonsense'"):
        thermalent.nonsense  # noqa: B018
