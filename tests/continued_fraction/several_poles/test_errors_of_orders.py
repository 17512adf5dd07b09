"""Errors of states behind several poles where orders of one parity change far less than the others.

The emitters of a state that is reached stay in their singlet or in the triplet, which is the ladder
of one collective spin: its state is unique, and solved to ten digits.
"""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.several_poles.errors_of_orders import (
    error_of_orders,
    errors_over_time,
)

TRIPLET = np.array([[1, 0, 0, 0], [0, 2**-0.5, 2**-0.5, 0], [0, 0, 0, 1]])
SINGLET = np.array([0, 1, -1, 0]) * 2**-0.5


def cold_and_warm(emitters, seed):
    """Two modes in a row, the second one cold for even seeds, and emitters that couple alike."""
    rng = np.random.default_rng(seed)

    def drawn(low, high):
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    baths, losses = (drawn(0.1, 2), drawn(0.1, 2)), (drawn(0.02, 1), drawn(0.02, 1))
    hop, coupling, n_th = drawn(0.1, 1), drawn(0.01, 1), drawn(0.005, 0.5)
    turn = float(rng.choice([0, 0.3]))
    count = 2 + len(emitters)
    exchange = np.zeros((count, count))
    exchange[0, 1], exchange[1, 2:] = hop, coupling
    exchange = exchange + exchange.T + np.diag([-turn, -0.7 * turn] + [0.0] * len(emitters))
    return te.Network(
        nodes=(
            te.Mode(name="x", bath_rate=baths[0], n_th=n_th),
            te.Mode(name="y", bath_rate=baths[1], n_th=n_th * (seed % 2)),
            *emitters,
        ),
        exchange=exchange,
        decay=np.diag([*losses, *[0.0] * len(emitters)]),
    )


def spin(seed):
    return cold_and_warm([te.CollectiveSpin(name="s", qubits=2)], seed)


# Of 120 seeds, those whose error was too small, and two others.
@pytest.mark.parametrize(("seed", "start"), [(22, "11"), (44, "00"), (1, "01"), (3, "10")])
def test_the_error_of_a_state_that_is_reached_holds(seed, start):
    pair = cold_and_warm([te.Qubit(name="a"), te.Qubit(name="b")], seed)
    found = te.steady_state(pair, te.ContinuedFraction(rtol=1e-6), initial=start)
    exact = te.steady_state(spin(seed), te.ContinuedFraction(rtol=1e-9))
    share = 0.5 if start in ("01", "10") else 0.0
    state = share * np.outer(SINGLET, SINGLET) + (1 - share) * TRIPLET.T @ exact.state @ TRIPLET
    assert np.max(np.abs(found.state - state)) <= found.error + exact.error


@pytest.mark.parametrize("seed", [32, 48])
def test_the_error_of_a_unique_state_holds(seed):
    rough, fine = (
        te.steady_state(spin(seed), te.ContinuedFraction(rtol=rtol)) for rtol in (1e-2, 1e-10)
    )
    assert np.max(np.abs(rough.state - fine.state)) <= rough.error + fine.error


def test_a_small_change_after_a_large_one_is_not_trusted():
    """A fifth of the change before, times the safety, is the least error."""
    assert error_of_orders(np.array([0.0, 1e-2, 1e-9]), 2, 1.0) == pytest.approx(6e-3)
    assert error_of_orders(np.array([0.0, 1e-2, 2.5e-3]), 2, 1.0) == pytest.approx(7.5e-3)
    # Also where the last order changes nothing at all.
    assert error_of_orders(np.array([1.0, 1e-2, 0.0]), 3, 1.0) == pytest.approx(6e-3)


@pytest.mark.parametrize("change", [0.0, 1e-9])
def test_one_change_of_orders_tells_nothing(change):
    """The first order may change nothing, and the second one a thousand times more."""
    assert error_of_orders(np.array([0.0, 0.0, change]), 1, 1.0) == np.inf


# Of 1930 random filters, those whose second order changes up to sixty times as much as the first,
# with the factors by which all rates of the poles are multiplied.
@pytest.mark.parametrize(
    ("n_th", "poles"),
    [
        (0.385, [-1.859 - 1.293j, -1.859 + 1.293j]),
        (0.323, [-0.0902 - 0.3057j, -0.0902 + 0.3057j]),
        (0.404, [-1.930 - 1.827j, -1.930 + 1.827j, -0.955 - 0.540j]),
        (0.412129, [-0.62137 - 1.57417j, -0.62137 + 1.57417j, -0.96241]),
    ],
)
@pytest.mark.parametrize("rtol", [1e-2, 1e-4])
def test_the_error_of_a_cold_filter_holds(n_th, poles, rtol):
    network = te.thermal_link(n_th, filter=te.Filter.poles_and_zeros(poles), qubits=1)
    rough, fine = (
        te.steady_state(network, te.ContinuedFraction(rtol=each)) for each in (rtol, 1e-9)
    )
    assert np.max(np.abs(rough.state - fine.state)) <= rough.error + fine.error


def test_changes_that_fall_with_every_second_order_tell_an_error():
    """The last one is larger than the one before, but not than half of that before it."""
    assert error_of_orders(np.array([1e-2, 1e-5, 4e-5]), 3, 1.0) == pytest.approx(1.2e-4)
    assert error_of_orders(np.array([7e-5, 1e-5, 4e-5]), 3, 1.0) == np.inf


def test_errors_over_time_are_those_of_the_largest_later_change():
    change = np.array([0.0, 2e-3, 1e-4, 1e-3])
    later = np.array([2e-3, 2e-3, 1e-3, 1e-3])
    np.testing.assert_allclose(errors_over_time(change, 1e-3), 3 * later)
    np.testing.assert_allclose(errors_over_time(change, 0.02), 10 * later)
    np.testing.assert_array_equal(errors_over_time(change, np.inf), np.full(4, np.inf))
    np.testing.assert_array_equal(errors_over_time(np.zeros(4), 1e-3), np.full(4, 1e-3))


@pytest.mark.parametrize(
    ("n_th", "poles"),
    [
        (0.243, [-0.03562 - 2.59839j, -0.03562 + 2.59839j, -0.04433]),
        (0.172, [-0.07427 - 2.14079j, -0.07427 + 2.14079j, -0.05858]),
    ],
)
def test_errors_of_quantities_behind_a_cold_filter_hold(n_th, poles):
    """Evolutions were off by up to 39 times what was stated, spectra by up to six times."""
    network = te.thermal_link(n_th, filter=te.Filter.poles_and_zeros(poles), qubits=1)
    rough, fine = (
        te.evolve(network, [1.0, 3.0, 9.0], "1", te.ContinuedFraction(rtol=rtol))
        for rtol in (1e-2, 1e-6)
    )
    off = np.max(np.abs(rough.states - fine.states), axis=(1, 2))
    assert np.all(off <= rough.error + fine.error)
    for quantity in (te.spectrum, te.coherence):
        rough, fine = (quantity(network, [0.0, 0.5, 2.0], "q1", rtol=rtol) for rtol in (1e-2, 1e-5))
        assert np.all(np.abs(rough.values - fine.values) <= rough.error + fine.error)
