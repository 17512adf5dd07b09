"""Long work runs on one thread of linear algebra, and hands the others back."""

import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import thermalent as te
from thermalent.analysis.heat import currents as heat_currents
from thermalent.continued_fraction.dynamics.regression import regression as correlations
from thermalent.continued_fraction.lattice import solve as lattice_solve
from thermalent.support.machine.one_thread import one_thread
from thermalent.support.progress import working


def threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this linear algebra has no threads to limit")
        yield


def test_work_has_one_thread_and_gives_the_others_back(two_threads):
    with working("work") as report:
        assert threads() == {1}
        report("1 of 2")
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


def test_other_threads_neither_take_nor_end_the_limit(two_threads):
    def other():
        with one_thread():
            pass

    with one_thread():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert threads() == {1}
    assert threads() == {2}


def test_a_failure_gives_them_back(two_threads):
    with pytest.raises(RuntimeError, match="it failed"), working("work"):
        raise RuntimeError("it failed")
    assert threads() == {2}


def test_steady_states_are_solved_on_one_thread(two_threads, monkeypatch):
    seen = []
    original = lattice_solve.steady_vector

    def watched(*arguments):
        seen.append(threads())
        return original(*arguments)

    monkeypatch.setattr(lattice_solve, "steady_vector", watched)
    monkeypatch.setattr(lattice_solve, "_ALWAYS_ELIMINATED", 1e3)
    te.steady_state(te.dual_rail(pairs=1, squeezing=0.3, bandwidth=3.0))
    assert seen
    assert all(found == {1} for found in seen)
    assert threads() == {2}


def test_what_follows_from_states_is_computed_on_one_thread(two_threads):
    """A derivative for three qubits took fourteen times the processor's time on four threads."""
    seen = []

    def link(n_th):
        seen.append(threads())
        return te.thermal_link(n_th, 0.3, qubits=1)

    te.sensitivities(link, {"n_th": 0.5}, "purity")
    assert {1} in seen
    assert threads() == {2}


@pytest.mark.parametrize("compute", [lambda net: te.spectrum(net, [0.0]), te.heat_currents])
def test_sums_over_tiers_are_computed_on_one_thread(two_threads, monkeypatch, compute):
    seen = []
    original = correlations.steady_tiers

    def watched(*arguments):
        seen.append(threads())
        return original(*arguments)

    for module in (correlations, heat_currents):
        monkeypatch.setattr(module, "steady_tiers", watched)
    compute(te.thermal_link(0.5, 0.3, qubits=1))
    assert seen
    assert all(found == {1} for found in seen)
    assert threads() == {2}
