"""Errors of all elements of steady states, and of numbers that depend on small ones."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

import thermalent as te
from tests.audit.networks import network_of
from tests.support.reference import Reference, numbers
from tests.support.reference.system import exact_rows
from thermalent.continued_fraction.batch.element_errors import element_errors
from thermalent.solution.result import ErrorEstimate

KINDS = ("ordinary", "bidirectional", "nearly_dark", "many_decades")
# In the first, what is set to zero as rounding is not; the second has a population of 1e-33.
DELICATE = [("nearly_dark", 108), ("many_decades", 98)]
NETWORKS = [network_of(77, kind, index)[0] for kind in KINDS for index in range(5)]
NETWORKS += [network_of(77, *place)[0] for place in DELICATE]
COLD = te.thermal_link(0.01, 0.2)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_element_is_within_its_error(network):
    state = te.steady_state(network)
    reference = Reference(network)
    reference.steady_levels()
    exact = reference.steady_state()
    elements = state.error.elements
    if elements is None:  # taken over by more digits
        assert exact.distance(state.state) <= state.error
        return
    assert elements.shape == state.state.shape
    assert np.max(elements) <= state.error
    distances = np.array(
        [
            [float(abs(one - other).mid()) for one, other in zip(row, true_row, strict=True)]
            for row, true_row in zip(exact_rows(state.state), exact.values, strict=True)
        ]
    )
    assert np.all(distances <= elements)
    if network.dims == (2, 2):
        concurrence = state.concurrence()
        truth = numbers.concurrence(exact)
        assert abs(float(truth - numbers.mpf(float(concurrence)))) <= concurrence.error


def test_small_populations_are_known_to_their_size():
    state = te.steady_state(COLD)
    population = state.state[3, 3].real
    assert population < 1e-4
    assert state.error.elements[3, 3] < 1e-10 * population
    assert state.populations()["11"].error < 1e-15


def test_the_concurrence_of_a_cold_state_is_known_much_better_for_it():
    state = te.steady_state(COLD)
    plain = replace(state, error=ErrorEstimate(float(state.error), state.error.how))
    assert state.concurrence() == plain.concurrence() > 0
    assert state.concurrence().error < 1e-15 < plain.concurrence().error / 30


def test_alone_and_side_by_side_are_the_same():
    alone = te.steady_state(COLD).error.elements
    for found in te.continued_fraction.solve_side_by_side([COLD, te.thermal_link(0.02, 0.2), COLD])[
        ::2
    ]:
        np.testing.assert_allclose(found.error.elements, alone, rtol=1e-6)


def test_elements_survive_a_pickle():
    error = te.steady_state(COLD).error
    again = pickle.loads(pickle.dumps(error))
    assert (again, again.how) == (error, error.how)
    np.testing.assert_array_equal(again.elements, error.elements)


def test_of_some_emitters_the_errors_add_up():
    network = te.thermal_link(0.05, 1.0, qubits=3)
    state, names = te.steady_state(network), network.emitter_names
    exact = te.steady_state(network, te.ContinuedFraction(digits=25))
    for pair in (names[:2], names[1:]):
        found, truth = state.concurrence(*pair), exact.concurrence(*pair)
        assert abs(float(found) - float(truth)) <= found.error + truth.error


def test_what_is_lost_scales_with_the_rounding():
    """The error of a population is at most what its equation's rounding makes of it."""

    class Work:
        k = np.zeros((1, 2, 2))
        x = np.array([[1.0, 1e-8]])
        x_before = x
        inverse = np.array([[[1.0, 0.0], [1e-8, 1.0]]])
        above = np.zeros((1, 2, 2))

    class Operators:
        basis = np.eye(2)[None, [0, 0, 0, 1]] * np.array([1, 0, 0, 1])[None, :, None]
        size = np.full((1, 2, 2), 1e-6)

    found = element_errors(Work, Operators, np.array([1e-12]), np.array([1.0]))
    eps = np.finfo(float).eps
    assert found.shape == (1, 2, 2)
    assert found[0, 0, 0] == pytest.approx(1e-12, rel=0.1)  # all that is not rounding
    assert 3e-6 * eps < found[0, 1, 1] < 2e-20 + 4e-6 * eps + 8e-8 * eps


def test_small_populations_beside_a_fast_dephasing_keep_their_digits():
    """q2 is excited at 1e-6 and decays at 3e-3, beside its dephasing at 5e2."""
    coupling, other = 0.9767006963268987, -0.0028972820120231795
    network = te.Network(
        nodes=(
            te.Mode(bath_rate=13.28626690055257, n_th=21.53397591764695),
            te.Qubit(name="q1", dephasing=3.7e-6),
            te.Qubit(name="q2", dephasing=524.328397860326),
        ),
        exchange=[
            [0, coupling, other],
            [coupling, 0.07922386173511198, -2.35e-4],
            [other, -2.35e-4, 0],
        ],
        decay=[
            [13.28626690055257, 1.0776990083693696, 0.003555372811087432],
            [1.0776990083693696, 0.08752155862538034, 2.883896418438637e-4],
            [0.003555372811087432, 2.883896418438637e-4, 0.0030962646761605924],
        ],
    )
    found = te.steady_state(network)
    exact = te.steady_state(network, te.ContinuedFraction(digits=25))
    off = np.abs(found.state - exact.state)
    assert np.all(off <= found.error.elements)
    # Elimination without a correction by the residual lost 2e-14 of populations of 7e-5.
    assert np.max(off) < 1e-15
