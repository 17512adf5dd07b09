"""Shared by all tests: reproducible property tests, compiled kernels, random numbers."""

import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# One profile for everyone: the same examples in CI and at home, no wall-clock failures.
settings.register_profile("thermalent", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("thermalent")


# Files with eight seconds of CPU time and more: whoever gets one of them last would work
# alone while the other processes wait.
LONGEST = (
    "docs/test_site.py",
    "kept_results/test_kept_results.py",
    "mutation/test_sampling.py",
    "analysis/test_relaxation_rates.py",
    "cli/test_cli.py",
    "continued_fraction/more_digits/test_more_digits.py",
    "sweeping/test_sweep_store.py",
    "agreement/test_matrix.py",
    "analysis/test_design.py",
    "claims/test_routes.py",
    "continued_fraction/lattice/test_broadband_iteration.py",
    "figures/test_figures.py",
    "analysis/test_radiation_several_poles.py",
    "claims/test_ring_reference.py",
    "analysis/test_radiation.py",
    "audit/test_networks.py",
)


def pytest_configure(config):
    """Before several test processes start: compile and rewrite what all of them need, once.

    The process that compiles the kernels of the trajectories can differ from those that load them
    in the last bit of a standard error, and some tests compare bits; those of steady states and
    spectra every process would compile. Of the files of tests, pytest keeps a version of its own,
    which takes each process as long as to import them three times.
    """
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        return
    config.option.loadscopereorder = False  # not by the number of tests: see below
    program = (
        "import thermalent as te\n"
        "te.steady_state(te.thermal_link(5.0, 0.5))\n"
        "turned = [te.thermal_link(n, 0.5, detuning=(0.1, -0.2)) for n in range(1, 65)]\n"
        "te.steady_states(turned)\n"
        "for warm in (0.0, 0.1):\n"
        "    network = te.thermal_link(5.0, 0.5, waveguide_occupation=warm)\n"
        "    te.steady_state(network, te.FieldTrajectories(n=128, seed=5))"
    )
    commands = [[sys.executable, "-c", program]]
    if not sys.dont_write_bytecode and not _rewritten():
        collect = ["--collect-only", "-q", "-p", "no:cacheprovider", *config.args]
        program = (
            f"import pytest\npytest.main({collect!r})\n"
            "import thermalent as te\n"
            "te.steady_state(te.thermal_link(5.0, 0.5, qubits=3))\n"
            "te.spectrum(te.thermal_link(5.0, 0.5), [0.1])"
        )
        commands += [[sys.executable, "-c", program]]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(command, **quiet) for command in commands]
    if running[0].wait():
        raise RuntimeError("The kernels that all tests need could not be compiled.")
    for process in running[1:]:
        process.wait()  # what fails to collect will say so in the tests


def _rewritten():
    """Whether pytest's versions of all files of tests are there and no older than the files."""
    for path in Path(__file__).parent.rglob("test_*.py"):
        kept = (path.parent / "__pycache__").glob(f"{path.stem}.{_KEPT}")
        if path.stat().st_mtime > max((file.stat().st_mtime for file in kept), default=0.0):
            return False
    return True


# Of this interpreter: with several versions of Python each has its own.
_KEPT = f"{sys.implementation.cache_tag}-pytest-{pytest.__version__}.pyc"


def pytest_collection():
    """What is imported and collected stays: Python need not look through it for cycles."""
    gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """The longest files first, the others as they come."""
    here = Path(__file__).parent
    places = {here / name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def closed_figures():
    """Figures of one test are closed before the next: matplotlib warns of too many."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20250627)
