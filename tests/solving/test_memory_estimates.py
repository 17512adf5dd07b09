"""The memory that is announced before a computation against the peak of the process that ran it.

A selection of `python -m benchmarks.memory_estimates`, of tens of megabytes each.
"""

import importlib
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import thermalent as te
from benchmarks.memory_problems import COMPUTATIONS
from thermalent.continued_fraction.more_digits.memory_of_balls import bytes_of_a_tier
from thermalent.support import memory_limit

ROOT = Path(__file__).parents[2]
# Estimate over peak: what the documentation states.
FACTOR = 3.0
SELECTED = [
    ("spectrum, occupation", 10**4),
    ("peak transfer, until", 10**5),
    ("more digits, occupation", 10**5),
]
LONG = [
    ("Fock, iterative, qubits", 6),
    ("preparation time, qubits", 3),
    ("exact evolution at many times", 10**4),
    ("continued fraction, qubits", 5),
    ("exact evolution, qubits", 5),
    ("derivatives, qubits", 4),
    ("derivatives, qubits", 5),
    ("relaxation rates, qubits", 4),
    ("field trajectories, qubits", 5),
    ("few excitations, nodes", 10),
    ("transfer at many times", 10**4),
    ("more digits, digits", 250),
]


def check(name, size):
    threads = {"OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory_estimates", "--one", name, str(size)],
        capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | threads,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["peak"] > 5e6  # a problem that shows
    assert 1 / FACTOR < found["estimate"] / found["peak"] < FACTOR, found


needs_linux = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(),
    reason="the peak of a process is reset on Linux only",
)


@needs_linux
@pytest.mark.parametrize(("name", "size"), SELECTED)
def test_the_estimate_is_within_a_factor_of_three_of_the_peak(name, size):
    check(name, size)


@pytest.mark.long
@needs_linux
@pytest.mark.parametrize(("name", "size"), LONG)
def test_the_estimate_of_longer_problems(name, size):
    check(name, size)


def test_every_problem_has_a_size_to_warm_up():
    for _, sizes in COMPUTATIONS.values():
        assert len(sizes) >= 2
        assert list(sizes) == sorted(sizes)


def test_an_evolution_that_does_not_fit_says_how_many_times_would(monkeypatch):
    ring = te.ring_resonators(coupling=0.3, nodes=4)
    monkeypatch.setattr(memory_limit, "available", lambda: 5 * 10**7)
    times = np.linspace(0, 1, 100_000)
    with pytest.raises(te.MethodError, match=r"Its first \d+ times would fit") as refused:
        te.evolve(ring, times, "1000", te.SingleExcitation())
    fitting = int(str(refused.value).split(" times would fit")[0].split()[-1])
    assert len(te.evolve(ring, times[:fitting], "1000", te.SingleExcitation()).states) == fitting
    with pytest.raises(te.MethodError, match="would fit"):
        te.evolve(ring, times[: fitting + 1], "1000", te.SingleExcitation())


def test_derivatives_that_do_not_fit_are_refused_and_more_tiers_are_not_taken(monkeypatch):
    def found():
        return te.sensitivities(partial(te.thermal_link, 30.0), {"kappa": 0.02}, "purity")

    def lacking(size):
        needed.append(size)

    free, needed = found(), []
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(memory_limit, "lacking", lacking)
        found()
    # Never enough tiers, so that only the memory ends it.
    module = importlib.import_module("thermalent.continued_fraction.sensitivity.sensitivities")
    monkeypatch.setattr(module, "_settled", lambda *two: False)
    assert found().tiers > 2 * free.tiers
    monkeypatch.setattr(memory_limit, "available", lambda: max(needed))
    few = found()
    assert abs(few["kappa"] - free["kappa"]) <= few.errors["kappa"] + free.errors["kappa"]
    monkeypatch.setattr(memory_limit, "available", lambda: max(needed) - 1)
    with pytest.raises(te.MethodError, match=r"This list of derivatives does not fit: .* rtol\."):
        found()


def test_a_preparation_time_that_does_not_fit_is_refused_before_the_work(monkeypatch):
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    monkeypatch.setattr(memory_limit, "available", lambda: 10**6)
    with pytest.raises(te.MethodError, match=r"This preparation time does not fit: .* emitters\."):
        te.preparation_time(te.thermal_link(1.0, 0.5))


def test_digits_that_do_not_fit_are_refused_with_those_that_would(monkeypatch):
    network = te.thermal_link(1e3, 0.1)
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    monkeypatch.setattr(memory_limit, "available", lambda: 2 * 10**7)
    with pytest.raises(te.MethodError, match=r"does not fit: .* \d+ digits would fit\.") as refused:
        te.steady_state(network, te.ContinuedFraction(digits=250))
    fitting = int(str(refused.value).split(" digits would fit")[0].split()[-1])
    assert 20 < fitting < 100
    found = te.steady_state(network, te.ContinuedFraction(digits=fitting))
    assert found.stats["digits"] == fitting
    with pytest.raises(te.MethodError, match="digits would fit"):
        te.steady_state(network, te.ContinuedFraction(digits=fitting + 1))


def test_balls_of_more_digits_take_more_bytes():
    """Up to 128 bits a ball holds its digits itself; longer ones are on the heap beside it."""
    short, long, longer = (bytes_of_a_tier((4, 3), 2, bits) for bits in (128, 192, 320))
    assert bytes_of_a_tier((4, 3), 2, 64) == short
    balls = (longer - long) / (320 - 192) * 8
    assert balls == pytest.approx(0.5 * (4 + 3) * (4 + 3) + 0.5 * (4 + 3) * 2 * 3, rel=1e-12)
    assert long - short > balls * 192 / 8


def test_more_digits_end_where_memory_does(monkeypatch):
    """Also those that nobody asked for, where doubles are not enough."""
    module = importlib.import_module("thermalent.continued_fraction.more_digits.extended")
    monkeypatch.setattr(module, "_LOOK", 1e5)
    monkeypatch.setattr(memory_limit, "_ALWAYS_FITS", 0.0)
    network, free = te.thermal_link(1e3, 0.1), [10**9] * 20
    whole = te.steady_state(network, te.ContinuedFraction(digits=20))
    monkeypatch.setattr(memory_limit, "available", lambda: free.pop() if free else 10**4)
    with pytest.raises(te.SolveError, match=r"all that fit into memory, its error is") as ended:
        te.steady_state(network, te.ContinuedFraction(digits=20))
    found = ended.value.result
    assert 0 < found.stats["tiers"] < whole.stats["tiers"]
    assert found.stats["ended_by"] == "memory"
    assert np.max(np.abs(found.state - whole.state)) <= found.error + whole.error


def test_derivatives_behind_two_filters_keep_to_the_memory_that_is_free(monkeypatch):
    def found():
        return te.sensitivities(
            partial(te.thermal_link, 1.0, filters=2), {"kappa": 0.5}, "purity", rtol=1e-6
        )

    needed = []

    def fits(size):
        needed.append(size)
        return size <= most

    most = np.inf
    monkeypatch.setattr(memory_limit, "fits", fits)
    free = found()
    most = sorted(needed)[-2]  # of the last truncation there is not enough
    few = found()
    assert few.errors["kappa"] > free.errors["kappa"]
    assert abs(few["kappa"] - free["kappa"]) <= few.errors["kappa"] + free.errors["kappa"]
    most = 2e6  # enough for the state alone
    with pytest.raises(te.MethodError, match=r"This list of derivatives does not fit: .* poles\."):
        found()


def test_what_asks_for_rates_behind_two_filters_is_refused_before_the_work(monkeypatch):
    network = te.thermal_link(1.0, 0.5, qubits=1, filters=2)
    monkeypatch.setattr(memory_limit, "available", lambda: 10**6)
    with pytest.raises(te.MethodError, match=r"preparation time does not fit: .* fewer modes\."):
        te.preparation_time(network, "0")
    with pytest.raises(te.MethodError, match=r"list of relaxation rates does not fit"):
        te.relaxation_rates(network)
