"""Shared by all tests: reproducible property tests, compiled kernels, random numbers."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import settings

# One profile for everyone: the same examples in CI and at home, no wall-clock failures.
settings.register_profile("thermalent", deadline=None, derandomize=True, print_blob=False)
settings.load_profile("thermalent")


def pytest_configure(config):
    """Before several test processes start: compile the kernels of the trajectories in another.

    The process that compiles them can differ from those that load them in the last bit of a
    standard error, and some tests compare bits.
    """
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        return
    program = (
        "import thermalent as te\n"
        "te.steady_state(te.thermal_link(5.0, 0.5), te.FieldTrajectories(n=128, seed=5))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL)


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
