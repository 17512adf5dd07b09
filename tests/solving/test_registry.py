"""The registry against the classes, the public names, and what is read from it."""

import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest

import thermalent as te
from tests.support import public_names
from thermalent import models
from thermalent.cli.steady import steady
from thermalent.networks.network import Network
from thermalent.solution.method import Method
from thermalent.solution.plan import Refusal
from thermalent.solution.tasks import EvolutionTask, Piece, SteadyStateTask
from thermalent.solving import registry
from thermalent.solving.solve import method_named


@pytest.mark.parametrize("entry", registry.METHODS, ids=lambda entry: entry.name)
def test_entries_say_what_the_classes_say(entry):
    method = method_named(entry.name)
    assert type(method) is getattr(te, entry.name)
    assert type(method).__module__ == entry.module
    assert method.claim == entry.claim
    assert set(entry.options) <= {item.name for item in method.__dataclass_fields__.values()}


def test_every_method_of_the_package_is_listed():
    for found in pkgutil.walk_packages(te.__path__, "thermalent."):
        if found.name != "thermalent.__main__":
            importlib.import_module(found.name)
    own = {kind for kind in Method.__subclasses__() if kind.__module__.startswith("thermalent.")}
    assert {kind.__name__ for kind in own} == set(registry.METHOD_BY_NAME)


@pytest.mark.parametrize("entry", registry.METHODS, ids=lambda entry: entry.name)
def test_tasks_that_a_method_never_does_are_known(entry):
    """A method refuses each task that its entry denies, and does each other one somewhere."""
    cold = te.thermal_link(0.0, 0.5)
    warm = te.thermal_link(0.1, 0.5)
    plans = {"steady": [], "evolves": []}
    for network in (cold, warm):
        method = method_named(entry.name)
        plans["steady"].append(method.plan(SteadyStateTask(network=network)))
        task = EvolutionTask(pieces=(Piece(network),), times=[1.0], initial="10")
        plans["evolves"].append(method.plan(task))
    for role, found in plans.items():
        done = any(not isinstance(plan, Refusal) for plan in found)
        assert done is getattr(entry, role), (role, found)


def test_defaults_are_exact_methods_of_the_right_role():
    for names, role in (
        (registry.STEADY_STATE_DEFAULTS, "steady"),
        (registry.EVOLUTION_DEFAULTS, "evolves"),
    ):
        for name in names:
            entry = registry.METHOD_BY_NAME[name]
            assert entry.claim == "exact"
            assert getattr(entry, role)


def test_models_are_functions_that_return_networks():
    for entry in registry.MODELS:
        found = te
        for part in entry.key.split("."):
            found = getattr(found, part)
        assert found is getattr(importlib.import_module(entry.module), entry.name)
        assert inspect.signature(found).return_annotation in ("Network", "Hardware", Network)


def test_every_public_model_is_listed():
    listed = {(entry.module, entry.name) for entry in registry.MODELS}
    for found in pkgutil.iter_modules(models.__path__, "thermalent.models."):
        module = importlib.import_module(found.name)
        short = found.name.rsplit(".", 1)[1]
        if short in te.__all__:
            assert (found.name, short) in listed, module


def test_every_method_stands_in_the_tables_of_the_documentation():
    """With its claim."""
    root = Path(__file__).resolve().parents[2]
    rows = [line for line in (root / "docs" / "methods.md").read_text().splitlines() if "|" in line]
    for entry in registry.METHODS:
        (row,) = (line for line in rows if f"`{entry.name}(" in line.split("|")[1])
        assert entry.claim in row.split("|")[2]


def test_options_of_the_command_line_are_those_of_the_methods():
    named = {option for entry in registry.METHODS for option in entry.options}
    assert named == set(registry.METHOD_OPTIONS)
    shown = {option.name: option.help for option in steady.params}
    assert shown["rtol"] == (
        "Relative tolerance: continued-fraction, quasistatic and amplitude-fluctuations."
    )
    assert shown["cutoff"].endswith("instead of --tolerance: fock.")


@pytest.mark.parametrize(
    "path", public_names.WRITTEN, ids=["face", "settings", "table", "study", "methods", "models"]
)
def test_what_is_written_from_the_registry_is_up_to_date(path):
    text = path.read_text()
    assert public_names.written(path, text) == text, "run `make format`"


@pytest.mark.parametrize(
    "path", [public_names.FACE, public_names.SETTINGS], ids=["face", "settings"]
)
def test_type_checkers_know_every_public_name(path):
    """The imports for type checkers, and the modules whose types are checked strictly."""
    text = path.read_text()
    for name, module in te._MODULE_OF.items():
        assert module in text
        assert name in text or path == public_names.SETTINGS


def test_public_names_are_written_where_they_are_missing():
    """Of a method more in the registry, in every file; nothing else is touched."""
    for path in (public_names.FACE, public_names.SETTINGS):
        text = path.read_text()
        lines = text.splitlines(keepends=True)
        short = "".join(line for line in lines if '"thermalent.fock.method"' not in line)
        short = short.replace("    from thermalent.fock.method import Fock as Fock\n", "")
        assert short != text
        assert public_names.written(path, short) == text
    table = public_names.TABLE.read_text()
    short = "".join(line for line in table.splitlines(keepends=True) if "`Fock(" not in line)
    assert short != table
    assert public_names.written(public_names.TABLE, short) == table
    for path, name in (
        (public_names.METHODS_PAGE, "Fock"),
        (public_names.MODELS_PAGE, "dual_rail"),
    ):
        page = path.read_text()
        assert page.count(f"   {name}\n") == 1
        assert public_names.written(path, page.replace(f"   {name}\n", "   gone\n")) == page
    study = public_names.STUDY.read_text()
    short = study.replace("`fock`, ", "").replace("| `purity` | all", "| `other` | all")
    assert short != study
    assert public_names.written(public_names.STUDY, short) == study


def test_types_of_public_modules_are_checked_strictly():
    settings = tomllib.loads((public_names.ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["strict"] is True
    (public,) = (one for one in settings["overrides"] if one.get("warn_return_any"))
    assert set(public["module"]) == {"thermalent", *te._MODULE_OF.values()}
    assert public["disallow_untyped_defs"] is True


def test_only_files_of_compiled_kernels_may_leave_types_out():
    settings = tomllib.loads((public_names.ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    (kernels,) = (one for one in settings["overrides"] if one.get("disallow_untyped_defs") is False)
    for module in kernels["module"]:
        pattern = module.removeprefix("thermalent.").replace("*.", "**/").replace(".", "/") + ".py"
        found = list(Path(te.__file__).parent.glob(pattern))
        assert found
        assert all("@compiled(" in path.read_text() for path in found)
