"""Shared by all tests: reproducible property tests, and random networks."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import settings

import thermalent as te

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
        "te.steady_state(te.thermal_link(5.0, 0.5), te.Trajectories(n=128, seed=5))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL)


def random_link(rng: np.random.Generator, *, n_th=(0.0, 5.0), kappa=(0.01, 10.0), qubits=2):
    """A thermal link with every imperfection: n_th uniform or log-uniform, kappa log-uniform."""
    low, high = n_th
    occupation = (
        rng.uniform(low, high) if high < 100 else float(np.exp(rng.uniform(0, np.log(high))))
    )
    return te.thermal_link(
        n_th=occupation,
        kappa=float(np.exp(rng.uniform(*np.log(kappa)))),
        gamma=tuple(rng.uniform(0.5, 1.5, qubits)),
        detuning=tuple(rng.uniform(-1, 1, qubits)) if rng.random() < 0.7 else 0.0,
        dephasing=tuple(rng.uniform(0, 0.2, qubits)) if rng.random() < 0.7 else 0.0,
        loss=float(rng.uniform(0, 0.3)) if rng.random() < 0.7 else 0.0,
        qubits=qubits,
    )


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(20250627)
