"""The way of one network through a solve: few functions, and nothing twice."""

import gc
import sys
from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

import thermalent as te

PACKAGE = str(Path(te.__file__).parent)


def entered(call):
    """How often each function of the package is entered by a call, once everything is loaded."""
    call()
    counts = Counter()

    def note(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            counts[frame.f_code.co_qualname] += 1

    gc.collect()  # what other tests left would be taken away meanwhile, by functions of its own
    gc.disable()
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
        gc.enable()
    return counts


def test_a_steady_state_enters_few_functions():
    network = te.thermal_link(1000.0, 0.01)
    counts = entered(lambda: te.steady_state(network))
    # As many as when this was written, three of which choose between tiers, the radial form and an
    # iteration; 494 at the most before.
    assert sum(counts.values()) <= 116
    # Kernels are called once for all that they do.
    assert counts["Fractions._search"] == 1
    assert counts["chains"] == counts["checked"] == counts["structure"] == 1


def test_a_network_enters_few_functions():
    counts = entered(lambda: te.thermal_link(1000.0, 0.01))
    # 92 when this was written, of which most check a number each.
    assert sum(counts.values()) <= 100
    # What is right by construction is not checked again.
    assert counts["network_of_model"] == 1
    assert counts["square_matrix"] == counts["Network.__post_init__"] == 0


@pytest.mark.parametrize("n_th", [0.0, 3.0])
def test_a_network_that_was_solved_is_pickled_without_what_was_worked_out(n_th):
    """What a solve finds of a network stays with it, and is no part of its state."""
    network = te.thermal_link(n_th, 0.1)
    state = network.__getstate__()
    te.steady_state(network)
    hash(network)
    assert network.__getstate__().keys() == state.keys()
    assert set(state) == {field.name for field in fields(te.Network)}


def test_an_evolution_enters_half_as_many_functions_as_it_did():
    network = te.thermal_link(1000.0, 0.01)
    counts = entered(lambda: te.evolve(network, [0.0, 1.0, 10.0], "00"))
    # 1,600 when this was written, 3,500 where every node of a contour was folded by a call.
    assert sum(counts.values()) <= 2429
    assert counts["evaluate_at_nodes"] < 20


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize(
    ("read", "most"),
    [
        (lambda result: result.populations(), (45, 76)),
        (lambda result: result.fidelity("S"), (23, 56)),
        (lambda result: result.expectation(np.diag([0.0, 1.0]), "q1"), (36, 62)),
        (lambda result: result.bloch("q2"), (120, 208)),
    ],
)
def test_numbers_are_read_without_their_errors_until_these_are_asked_for(several, read, most):
    """A state is read far more often than the error of each of its numbers."""
    network = te.thermal_link(2.0, 0.1)
    result = te.evolve(network, [0, 1, 5], "00") if several else te.steady_state(network)
    bounds = {"overlap_bound", "operator_bound", "bounded_errors", "reduced_errors"}
    counts = entered(lambda: read(result))
    assert not bounds & set(counts)
    # As many as when this was written, and a tenth more: twice as many before for one state.
    assert sum(counts.values()) <= 1.1 * most[several]
    number = read(result)
    number = number["S"] if isinstance(number, dict) else number
    assert np.all(np.asarray(number.error) < 1e-6)


def test_steps_from_an_empty_source_find_its_covariance_once_per_time():
    hot = te.ContinuedFraction(rtol=1e-2)
    network = te.thermal_link(5.0, 0.1, filters=2)
    counts = entered(lambda: te.evolve(network, [1.0], "00", hot, source="empty"))
    # Short steps: one exponential of the drift, and one product with all matrices, per slope.
    assert counts["MovingGenerator.slope"] > 100
    assert counts["MovingSource._propagator"] <= counts["MovingGenerator.slope"]
    network = te.thermal_link(1220.0, 1e-3, filters=2)
    counts = entered(lambda: te.evolve(network, [0.1, 10.0], "00", hot, source="empty"))
    # Long steps: at each node of a step, and for all points of an integral at once.
    assert counts["MovingGenerator.at"] >= 30
    assert counts["FollowedSource.at"] <= counts["MovingGenerator.at"] + 5
    assert counts["FollowedSource._evolved"] == 2 * counts["FollowedSource.factor"]
