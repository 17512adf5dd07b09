"""Rates of entanglement: against a closed form, a fine grid of times, and with their errors."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import thermalent as te
from thermalent.analysis import entanglement_rate as searching
from thermalent.analysis.entanglement_rate import _distinct, _maxima, _rise, _with_error
from thermalent.operators.bounds import error_bounds
from thermalent.operators.estimates import Estimate


@pytest.mark.parametrize("reset", [0.5, 3.0])
def test_two_qubits_in_a_common_reservoir(reset):
    """C(t) = (1 - exp(-2 t))/2 from |10>, for decay rates of 1 each."""
    best = minimize_scalar(
        lambda t: -(1 - np.exp(-2 * t)) / 2 / (t + reset), bounds=(0, 10), method="bounded"
    )
    found = te.entanglement_rate(
        te.cooperative(2), "concurrence", until=10.0, initial="10", reset=reset
    )
    # Times of the last grid differ by two percent, and the rate is flat there.
    assert 0 <= -best.fun - found.value + 1e-12 <= found.value.error <= 1e-4
    assert found.time == pytest.approx(best.x, rel=0.03)
    assert found.interior
    assert found.amount == pytest.approx(found.value * (found.time + reset), rel=1e-12)


def test_distilled_states_per_time_on_a_fine_grid():
    network, method = te.thermal_link(n_th=60.0, kappa=0.02), te.ContinuedFraction(rtol=1e-6)
    found = te.entanglement_rate(network, until=2e3, reset=20.0, method=method)
    times = np.linspace(20, 400, 120)
    states = te.evolve(network, times, "00", method).states
    rates = np.array([te.distillation_yield(s, tolerance=1e-6) for s in states]) / (times + 20.0)
    assert np.max(rates) > 0
    assert found.value == pytest.approx(np.max(rates), rel=2e-3)
    assert found.interior
    # Its error covers what a more accurate evolution changes.
    exact = te.evolve(network, [found.time], "00", te.ContinuedFraction(rtol=1e-10)).states[0]
    change = abs(te.distillation_yield(exact, tolerance=1e-6) - found.amount)
    assert change <= found.amount.error < 1e-2


def test_without_entanglement_there_is_no_rate():
    found = te.entanglement_rate(te.thermal_link(n_th=2.0, kappa=3.0), until=100.0)
    assert (found.value, found.amount, found.interior) == (0.0, 0.0, False)


def test_an_early_end_is_told():
    network = te.cooperative(2)
    late = te.entanglement_rate(network, "concurrence", until=0.2, initial="10", reset=3.0)
    assert not late.interior
    assert late.time == pytest.approx(0.2)


@pytest.mark.parametrize("beyond", [1e-3, 0.1, 0.7])
def test_a_maximum_shortly_before_the_end_is_found(beyond):
    """Between the last two times of the first grid, which differ by a factor of 1.8."""
    best = minimize_scalar(
        lambda t: -(1 - np.exp(-2 * t)) / 2 / (t + 0.5), bounds=(0, 10), method="bounded"
    )
    until = best.x * (1 + beyond)
    found = te.entanglement_rate(
        te.cooperative(2), "concurrence", until=until, initial="10", reset=0.5
    )
    assert 0 <= -best.fun - found.value + 1e-12 <= found.value.error <= 1e-4
    assert found.interior or beyond < 0.01


@pytest.mark.parametrize(
    ("rings", "until", "reset", "rate", "time"),
    [
        (
            {"coupling": (3.33, 3.33), "distance": 2.89, "detuning": (-0.35, 1.39)},
            11.48,
            1.53,
            0.2313595,
            0.908,
        ),
        (
            {
                "coupling": (2.13, 3.81),
                "decay_left": 0.3,
                "distance": 4.86,
                "detuning": (-0.33, -0.56),
            },
            27.82,
            76.96,
            0.00352225,
            1.202,
        ),
    ],
)
def test_the_largest_of_several_maxima_is_found(rings, until, reset, rate, time):
    """Entanglement that comes and goes; rate and time from 6000 times up to `until`."""
    found = te.entanglement_rate(
        te.ring_resonators(**rings), "concurrence", until=until, initial="10", reset=reset
    )
    assert found.value == pytest.approx(rate, rel=3e-5)
    assert found.value.error < 1e-3 * rate
    assert found.time == pytest.approx(time, rel=0.01)


def test_two_of_three_qubits():
    network = te.cooperative(3)
    found = te.entanglement_rate(
        network, "concurrence", until=10.0, initial="100", reset=1.0, pair=("q1", "q2")
    )
    other = te.evolve(network, [found.time], "100").concurrence("q1", "q2")
    assert found.amount == pytest.approx(other[0], rel=1e-6)
    assert found.amount.error == pytest.approx(other.error[0], rel=0.1, abs=0)


def test_wrong_arguments_are_named():
    network = te.thermal_link(n_th=1.0, kappa=1.0)
    with pytest.raises(ValueError, match=r"^Argument `observable` must be one of"):
        te.entanglement_rate(network, "purity", until=1.0)
    with pytest.raises(ValueError, match=r"^Argument `until` must be finite and positive"):
        te.entanglement_rate(network, until=0.0)
    with pytest.raises(ValueError, match=r"^Argument `until` must be at least 1e-290"):
        te.entanglement_rate(network, until=5e-324)
    with pytest.raises(ValueError, match=r"^Argument `reset` must be finite and non-negative"):
        te.entanglement_rate(network, until=1.0, reset=-1.0)
    with pytest.raises(ValueError, match=r"^Argument `pair` must be two different emitters"):
        te.entanglement_rate(network, until=1.0, pair=("q1", "q1"))


def test_the_error_of_a_pair_among_others_is_that_of_the_elements_that_are_added_up():
    """Every element of the pair's state is a sum of two, so that its error is twice as large."""
    bell = np.outer(te.states.bell("S"), te.states.bell("S"))
    pair = 0.9 * bell + 0.1 * np.diag([0.4, 0.3, 0.2, 0.1])

    def found(levels, error):
        moment = SimpleNamespace(
            state=np.zeros((levels, levels)), error=error, reduced=lambda *names: pair
        )
        evolution = SimpleNamespace(at=lambda index: moment)
        return _with_error(evolution, 0, "distillation_yield", ("q1", "q2"), 0.1).error

    def amount(state):
        return te.distillation_yield(state, tolerance=1e-6)

    moved = error_bounds.by_moving(amount, pair, 1e-5 + error_bounds.ROUNDING)
    assert found(4, 1e-5) == pytest.approx(moved, rel=1e-9)
    assert moved > 1e-5
    assert found(8, 1e-5) == found(4, 2e-5) == pytest.approx(2 * found(4, 1e-5), rel=0.05)


def test_maxima_of_a_grid_are_kept_if_a_neighbour_shows_that_they_may_rise():
    """The second one by 0.3, as much as it differs on one side, or by 0.15, which is too little."""
    assert _maxima(np.array([0.0, 1.0, 0.5, 0.8, 0.79, 0.0])) == [1, 3]
    assert _maxima(np.array([0.0, 1.0, 0.79, 0.8, 0.5, 0.0])) == [1, 3]
    assert _maxima(np.array([0.0, 1.0, 0.5, 0.65, 0.6, 0.0])) == [1]


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_of_times_that_differ_by_rounding_the_last_one_is_kept(unit):
    times = unit * np.array([3.0, 1.0, 1.0 + 5e-10, 2.0, 2.0 + 4e-9, 3.0])
    np.testing.assert_array_equal(_distinct(times), unit * np.array([1 + 5e-10, 2, 2 + 4e-9, 3]))


def test_the_ends_of_a_grid_may_be_its_maxima():
    assert _maxima(np.array([3.0, 1.0, 2.0])) == [0, 2]
    assert _maxima(np.array([1.0, 2.0, 3.0])) == [2]
    assert _maxima(np.array([3.0, 2.0, 1.0])) == [0]
    assert _maxima(np.zeros(3)) == []


@pytest.mark.parametrize("top", [1.9, 2.1, 2.6, 0.3, 5.0])
def test_a_parabola_rises_as_far_as_it_does(top):
    """Within the three times around the best one, which need not be at equal distances."""
    times = np.array([1.0, 1.7, 2.0, 3.2, 4.0])
    rates = 0.8 - 0.05 * (times - top) ** 2
    best = int(np.argmax(rates))
    middle = min(max(best, 1), 3)
    inside = np.clip(top, times[middle - 1], times[middle + 1])
    exact = 0.8 - 0.05 * (inside - top) ** 2 - rates[best]
    rates[: middle - 1], rates[middle + 2 :] = -7.0, -9.0  # on which nothing depends
    for unit in (2.0**-900, 1.0, 2.0**900):
        assert _rise(unit * times, rates, best) == pytest.approx(exact, abs=1e-14)
    valley = 0.05 * (times - top) ** 2
    assert _rise(times, valley, int(np.argmax(valley))) == 0.0


@pytest.mark.parametrize(("until", "reset"), [(7.0, 0.3), (7.0, 2.0), (0.5, 2.0)])
def test_times_are_refined_twice_around_a_maximum_and_what_lies_between_is_its_error(
    monkeypatch, until, reset
):
    def amount(t):
        return np.exp(-((np.log(t) - 0.4) ** 2))

    grids = []
    monkeypatch.setattr(searching, "evolve", lambda network, times, *_: times)
    monkeypatch.setattr(
        searching, "amounts_at", lambda times, *_: (grids.append(times), amount(times))[1]
    )
    monkeypatch.setattr(
        searching, "_with_error", lambda times, i, *_: Estimate(amount(times[i]), 1e-7, "here")
    )
    told = []
    found = searching._search(
        None, "concurrence", None, ("a", "b"), (until, reset), None, told.append
    )
    assert told == [f"{len(times)} times up to {times[-1]:.3g}" for times in grids]
    spread = 10.0 ** np.linspace(-4, 0, 129)[:-1]
    first = until * np.concatenate([spread, np.arange(1, 129) / 128])
    np.testing.assert_allclose(grids[0], np.sort(first), rtol=1e-12)
    for times, finer in itertools.pairwise(grids):
        best = np.argmax(amount(times) / (times + reset))
        expected = np.linspace(times[best - 1], times[min(best + 1, len(times) - 1)], 17)
        np.testing.assert_allclose(finer, expected, rtol=1e-12)
    assert len(grids) == 3
    times = grids[-1]
    rates = amount(times) / (times + reset)
    best = int(np.argmax(rates))
    assert (found.time, found.value) == (times[best], pytest.approx(rates[best]))
    error = 1e-7 / (times[best] + reset) + 2 * _rise(times, rates, best)
    assert found.value.error == pytest.approx(error, rel=1e-12, abs=0)
    assert (_rise(times, rates, best) > 1e-12) is found.interior
    assert found.amount == pytest.approx(amount(times[best]))
    assert found.interior is (until > 1)
