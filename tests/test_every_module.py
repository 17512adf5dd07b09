"""Every module with code has its test: one imports it, uses its public name, or stands below."""

import ast
import re
from functools import cache
from pathlib import Path

import thermalent
from tests.conftest import LONGEST

PACKAGE = Path(thermalent.__file__).parent
TESTS = Path(__file__).parent
# Modules that no test imports, and the test that runs them through what calls them. A folder
# stands for those of its modules that no test imports.
TESTED_THROUGH = {
    "analysis.conditional": "analysis/test_conditional_states.py",
    "analysis.design": "analysis/test_design.py",
    "analysis.eigenvalues": "analysis/test_relaxation_rates.py",
    "analysis.heat.several_modes": "analysis/test_heat_several_modes.py",
    "analysis.objective": "analysis/test_optimise_slopes.py",
    "analysis.shown_results": "analysis/test_shown_results.py",
    "analysis.slope_search": "analysis/test_optimise_slopes.py",
    "analytic.cooperative": "analytic/test_cooperative_closed_forms.py",
    "analytic.methods": "analytic/test_approximations.py",
    "cli.completion": "cli/test_cli_examples.py",
    "cli.conditional": "cli/test_cli_numbers.py",
    "cli.deliver": "cli/test_cli_numbers.py",
    "cli.dual_rail": "cli/test_cli_dual_rail.py",
    "cli.errors": "cli/test_cli_refusals.py",
    "cli.evolve": "cli/test_cli_evolve.py",
    "cli.examples": "cli/test_cli_examples.py",
    "cli.explore": "explore/test_explore_server.py",
    "cli.filters": "cli/test_cli_filters.py",
    "cli.grids": "cli/test_cli_numbers.py",
    "cli.netcdf": "cli/test_cli_netcdf.py",
    "cli.options": "cli/test_cli.py",
    "cli.pictures": "cli/test_cli_numbers.py",
    "cli.relaxation": "cli/test_cli_numbers.py",
    "cli.require": "cli/test_cli_numbers.py",
    "cli.schedule": "cli/test_cli_evolve.py",
    "cli.show": "cli/test_cli_sweep.py",
    "cli.slopes": "cli/test_cli_numbers.py",
    "cli.spectra": "cli/test_cli_numbers.py",
    "cli.trajectories": "cli/test_cli.py",
    "cli.usefulness": "cli/test_cli_numbers.py",
    "cli.validate": "cli/test_cli.py",
    "continued_fraction.batch": "continued_fraction/batch/test_batch.py",
    "continued_fraction.chain": "continued_fraction/chain/test_fraction.py",
    "continued_fraction.dynamics": "continued_fraction/dynamics/test_evolution.py",
    "continued_fraction.lattice": "continued_fraction/lattice/test_many_modes.py",
    "continued_fraction.more_digits": "continued_fraction/more_digits/test_more_digits.py",
    "continued_fraction.one_mode_evolution": "continued_fraction/dynamics/test_evolution.py",
    "continued_fraction.sensitivity": "continued_fraction/sensitivity/test_sensitivity.py",
    "continued_fraction.settings": "continued_fraction/batch/test_batch.py",
    "continued_fraction.several_modes": "continued_fraction/lattice/test_many_modes.py",
    "continued_fraction.several_poles": "continued_fraction/several_poles/test_several_poles.py",
    "continued_fraction.switching": "solving/test_schedules.py",
    "display.animation": "display/test_moving_pictures.py",
    "display.bloch": "display/test_moving_pictures.py",
    "excitations": "excitations/test_ring_methods.py",
    "filters": "filters/test_filters.py",
    "fock.evolution_plan": "fock/test_fock_evolution.py",
    "fock.memory_check": "fock/test_fock_truncation.py",
    "fock.plans": "fock/test_fock.py",
    "fock.splittings": "fock/test_fock_reached.py",
    "hardware": "hardware/test_hardware.py",
    "jumps": "jumps/test_quantum_jumps.py",
    "models.filtered": "models/test_filtered_links.py",
    "models.line": "networks/test_geometry.py",
    "networks.shown_network": "networks/test_shown_network.py",
    "networks.value": "networks/test_value.py",
    "operators.given_states": "operators/test_given_states.py",
    "operators.reading.readable": "solution/test_record.py",
    "operators.reading.weights": "solution/test_read_together.py",
    "solution.shown_states": "solution/test_shown_states.py",
    "solving.source_error": "filters/test_measured_filters.py",
    "stochastic.coherence": "stochastic/test_ornstein_uhlenbeck.py",
    "stochastic.ket_paths": "stochastic/test_field_jumps.py",
    "stochastic.step_kernels": "stochastic/test_trajectories.py",
    "stochastic.step_operators": "stochastic/test_trajectories.py",
    "support.machine.compiled": "installation/test_kernel_cache.py",
    "support.deprecation": "networks/test_old_names.py",
    "support.files.encoding": "solution/test_saved.py",
    "support.files.result_file": "solution/test_saved.py",
    "support.closed_form": "analytic/test_analytic_extremes.py",
    "sweeping": "sweeping/test_sweep.py",
    "testing": "testing/test_testing.py",
}


@cache
def with_code():
    """The modules that define a function or a class, by their name below the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        body = ast.parse(path.read_text()).body
        if any(isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in body):
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            if parts[0] in ("_examples", "_figures"):
                continue  # a wheel has them there; their tests are not by module
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


# `import` of a module, or of names of one that stand behind it or between brackets.
_IMPORTS = re.compile(r"^ *(?:from|import) ([\w.]+)(?: import (\([^)]*\)|.*))?$", re.MULTILINE)
_STRINGS = re.compile(r"[\"'](thermalent(?:\.\w+)+)[\"']")


def imported():
    """What the tests import or name as a string, below the package."""
    found = set()
    for path in TESTS.rglob("*.py"):
        text = path.read_text()
        for module, names in _IMPORTS.findall(text):
            found |= {module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))}
        for name in _STRINGS.findall(text):
            found |= {name, name.rpartition(".")[0]}
    return {name.removeprefix("thermalent.") for name in found}


def used():
    """The modules of the public names that the tests use as `te.name`."""
    text = "\n".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    names = set(re.findall(r"\bte\.(\w+)", text)) & set(thermalent.__all__)
    modules = {getattr(getattr(thermalent, name), "__module__", "") for name in names}
    return {str(module).removeprefix("thermalent.") for module in modules}


def row_of(module):
    """The longest name in the table that a module is, or stands below."""
    fitting = [name for name in TESTED_THROUGH if f"{module}.".startswith(f"{name}.")]
    return max(fitting, key=len, default=None)


def test_modules_that_no_test_names_are_tested_through_another():
    """Read here and not when tests are collected, which every process does for all files."""
    unnamed = sorted(with_code().keys() - (imported() | used()))
    assert unnamed  # what the table is for
    missing = [module for module in unnamed if row_of(module) is None]
    assert not missing, "no test imports these, and they are not in TESTED_THROUGH"


def test_every_row_is_of_a_module_and_its_test_exists():
    for name, test in TESTED_THROUGH.items():
        assert any(f"{module}.".startswith(f"{name}.") for module in with_code())
        assert re.search(r"^def test_", (TESTS / test).read_text(), re.MULTILINE)


def test_the_files_of_tests_that_begin_first_are_there():
    assert [name for name in LONGEST if not (TESTS / name).exists()] == []
