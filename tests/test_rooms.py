"""The tests stand in the rooms of the package, and every module has tests that one can find."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE, TESTS = ROOT / "thermalent", ROOT / "tests"
# Rooms of the tests that are no rooms of the package.
OTHER_ROOMS = {"agreement", "audit", "claims", "docs", "figures", "mutation"}
# Modules whose names no test of their room says: the tests that run them, and why they do it so.
RUN_BY = {
    # Parts of one calculation, which is tested by its result.
    "analysis/design/plot": "analysis/test_design.py",
    "analysis/design/result": "analysis/test_design.py",
    "analysis/eigenvalues/candidates": "analysis/test_relaxation_rates.py",
    "analysis/eigenvalues/chain": "analysis/test_relaxation_rates.py",
    "analysis/eigenvalues/counting": "analysis/test_relaxation_rates.py",
    "analysis/eigenvalues/generator": "analysis/test_relaxation_rates.py",
    "analysis/eigenvalues/groups": "analysis/test_relaxation_rates.py",
    "analysis/eigenvalues/subspace_double": "analysis/test_relaxation_rates.py",
    "analysis/objective": "analysis/test_optimise_slopes.py",
    "analytic/divided_differences": "analytic/test_approximation_numbers.py",
    "analytic/dual_rail/entanglement": "analytic/test_dual_rail_pure.py",
    "analytic/methods/classical_field": "analytic/test_bourret_evolution.py",
    "continued_fraction/ball_chain": "continued_fraction/test_more_digits.py",
    "continued_fraction/ball_dual": "continued_fraction/test_more_digits.py",
    "continued_fraction/ball_network": "continued_fraction/test_more_digits.py",
    "continued_fraction/rounded_couplings": "continued_fraction/test_more_digits.py",
    "continued_fraction/dynamics/inversion": "continued_fraction/test_times_without_end.py",
    "continued_fraction/dynamics/rounding": "continued_fraction/test_evolution.py",
    "excitations/levels": "excitations/test_ring_core.py",
    "excitations/stack": "excitations/test_ring_maps.py",
    "filters/fit": "filters/test_measured_filters.py",
    "filters/prototypes": "filters/test_filters.py",
    "fock/purity": "analysis/test_purity_time.py",
    "fock/rates": "analysis/test_relaxation_rates.py",
    "fock/resolvent": "fock/test_fock_reached.py",
    "fock/splittings": "fock/test_fock_reached.py",
    "hardware/description": "hardware/test_hardware.py",
    "jumps/burn_in": "jumps/test_quantum_jumps.py",
    "models/line": "models/test_filtered_links.py",
    "models/filtered": "models/test_filtered_links.py",
    "stochastic/basis": "stochastic/test_trajectories_several_modes.py",
    "stochastic/ensemble": "jumps/test_quantum_jumps.py",
    "stochastic/plan": "stochastic/test_trajectories_several_modes.py",
    "sweeping/plot": "sweeping/test_sweep.py",
    "sweeping/storage/extend": "sweeping/test_sweep_store.py",
    "sweeping/storage/layout": "sweeping/test_sweep.py",
    "sweeping/storage/partial_ensembles": "sweeping/test_sweep_kills.py",
    "sweeping/storage/store": "sweeping/test_sweep_store.py",
    # Read by what stands in another room.
    "continued_fraction/dynamics/correlations": "analysis/test_radiation.py",
    "networks/builder": "sweeping/test_sweep_grid.py",
    "networks/gaussian_source": "networks/test_pairs.py",
    "networks/mode_moments": "fock/test_fock_truncation.py",
    "numerics/finite_differences": "continued_fraction/test_sensitivity.py",
    "numerics/inverse_laplace": "continued_fraction/test_times_without_end.py",
    "continued_fraction/batch/lanes": "continued_fraction/test_batch.py",
    "continued_fraction/settings": "continued_fraction/test_continued_fraction.py",
    "continued_fraction/several_modes": "continued_fraction/test_many_modes.py",
    "solution/errors": "analysis/test_validate.py",
    "solution/plan": "agreement/test_matrix.py",
    "solution/record": "cli/test_cli_evolve.py",
    "solution/tasks": "agreement/test_matrix.py",
    "solving/registry": "agreement/test_matrix.py",
    "cli/options": "cli/test_cli.py",
    "solution/interruption": "cli/test_cli_interrupted.py",
    "solution/method": "agreement/test_matrix.py",
    "support/checks": "networks/test_network.py",
    "support/compile_notice": "cli/test_cli.py",
    "support/memory_limit": "continued_fraction/test_many_emitters.py",
    "support/progress": "cli/test_cli.py",
    # Commands, which tests call by the names that people type.
    "cli/design": "analysis/test_design.py",
    "cli/filters": "cli/test_cli_filters.py",
    "cli/group": "cli/test_cli.py",
    "cli/netcdf": "cli/test_cli_netcdf.py",
    "cli/show": "cli/test_cli_sweep.py",
    "sweeping/study_file": "cli/test_cli_sweep.py",
    "testing/draws": "testing/test_testing.py",
}
# Short names say nothing when they are found.
_LONG_ENOUGH = 5


def modules():
    found = [path.relative_to(PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]
    return [path.with_suffix("").as_posix() for path in found if not path.name.startswith("_")]


def words_of(module):
    """A module's dotted name, and the public names that it defines."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text())
    kinds = (ast.FunctionDef, ast.ClassDef)
    names = [node.name for node in tree.body if isinstance(node, kinds)]
    long = [name for name in names if len(name) >= _LONG_ENOUGH and not name.startswith("_")]
    return ["thermalent." + module.replace("/", "."), *long]


def named_in_its_room(module):
    """Whether a file of tests in the room is called after a module, or says one of its names."""
    room = TESTS / module.split("/")[0] if "/" in module else TESTS
    if any(room.rglob(f"test_{Path(module).name}.py")):
        return True
    text = "\n".join(path.read_text() for path in sorted(room.rglob("test_*.py")))
    return any(re.search(rf"\b{re.escape(word)}\b", text) for word in words_of(module))


@pytest.mark.parametrize("module", modules())
def test_every_module_has_tests_in_its_room_or_elsewhere_by_name(module):
    if module.endswith("kernels"):
        return  # the compiled part of its neighbour, which no one else calls
    if module in RUN_BY:
        assert (TESTS / RUN_BY[module]).is_file()
    else:
        assert named_in_its_room(module), f"no test of {module}: add one, or say what runs it"


def test_no_exemption_is_left_over():
    gone = set(RUN_BY) - set(modules())
    assert not gone


def test_rooms_of_the_tests_are_those_of_the_package():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    found = {path.name for path in TESTS.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert found <= rooms | OTHER_ROOMS  # `support` is what tests share, too
    assert not rooms & OTHER_ROOMS
