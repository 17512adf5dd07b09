"""Climbs stay among filters that the held order describes: the penalty and its slope."""

import numpy as np
import pytest

import thermalent as te
from tests.support.long_ones import ordinary_and_long
from thermalent.analysis.shapes import climb
from thermalent.analysis.shapes.climb import ClimbEnd, with_slope
from thermalent.analysis.shapes.filter_search import FilterSearch
from thermalent.analysis.shapes.guarded_link import _TOLERATED, GuardedLink
from thermalent.analysis.shapes.passive_spectra import PassiveCoordinates
from thermalent.analysis.shapes.truncated_link import TruncatedLink

LINK = te.thermal_link(10.0, 1.0)
COORDINATES = PassiveCoordinates(3, zeros=True, symmetric=True, unit=0.10334)
# Where a climb at order 1 without a penalty ended: 0.72 there, while higher orders have 0.03.
MISTAKEN = COORDINATES.place(
    np.array([1.0, -18.23202706, -158.72596859, 30.85292148]),
    np.array([0.97134217, 19.37462249, 446.42287349]),
)
BUTTERWORTH = COORDINATES.place(np.eye(4)[0], np.ones(1))


@pytest.mark.parametrize("quanta", [1, 2])
def test_orders_that_differ_cost_their_excess_squared(quanta):
    guarded = GuardedLink(LINK, 3, quanta=quanta)
    own, other = (TruncatedLink(LINK, 3, quanta=order) for order in (quanta, {1: 2, 2: 1}[quanta]))
    numbers = COORDINATES.numbers(MISTAKEN)
    difference = own.value(numbers, 40) - other.value(numbers, 40)
    assert abs(difference) > 0.5
    expected = own.value(numbers, 40) - (abs(difference) - _TOLERATED) ** 2 / _TOLERATED
    assert guarded.slopes(numbers, 40).value == pytest.approx(expected, abs=1e-10)
    assert guarded.value(numbers, 40) == own.value(numbers, 40)
    h = 1e-4
    slope = with_slope(COORDINATES, guarded, 40, MISTAKEN)[1]
    for i in range(COORDINATES.count):
        step = h * np.eye(COORDINATES.count)[i]
        high, low = (with_slope(COORDINATES, guarded, 40, MISTAKEN + k * step)[0] for k in (1, -1))
        # Differences of second order, at slopes of some hundred.
        assert slope[i] == pytest.approx((high - low) / (2 * h), rel=1e-4, abs=1e-5)
    assert np.max(np.abs(slope)) > 1


def test_orders_that_agree_cost_nothing():
    guarded, own = GuardedLink(LINK, 3, quanta=2), TruncatedLink(LINK, 3, quanta=2)
    found, plain = (with_slope(COORDINATES, link, 40, BUTTERWORTH) for link in (guarded, own))
    assert found[0] == plain[0]
    np.testing.assert_array_equal(found[1], plain[1])


def test_one_pole_has_no_orders():
    link = GuardedLink(LINK, 1, quanta=2)
    assert (link.quanta, link.other) == (0, None)


def test_a_climb_does_not_leave_what_its_order_describes(monkeypatch):
    """From one start, with the penalty and without: it ends where orders agree, or where not."""
    monkeypatch.setattr(climb, "_STEPS", 60)
    monkeypatch.setattr(climb, "_ATTEMPTS", 1)
    start = 0.1 * MISTAKEN + 0.9 * BUTTERWORTH
    fine = TruncatedLink(LINK, 3, quanta=4)
    off = []
    for kind in (GuardedLink, TruncatedLink):
        found = climb.climbed(COORDINATES, kind(LINK, 3, quanta=1), 40, start)
        off.append(found.value - fine.value(COORDINATES.numbers(found.place), 40))
    assert abs(off[0]) < 2 * _TOLERATED
    assert off[1] > 0.1


def test_the_highest_end_has_to_be_confirmed_by_higher_orders():
    search = FilterSearch(LINK, 3, zeros=True, symmetric=True, quanta=1, report=lambda _: None)
    assert search.coordinates.unit == pytest.approx(COORDINATES.unit, rel=1e-4)
    slope = np.zeros(COORDINATES.count)
    mistaken = ClimbEnd(MISTAKEN, 0.72, slope, 1)
    right, wrong = (ClimbEnd(BUTTERWORTH, value, slope, 1) for value in (0.462, 0.6))
    top, heights = search._confirmed([mistaken, right], 1, 40)
    assert top is right
    assert heights[0] < 0.1  # two orders more have nearly nothing there
    assert heights[1] == 0.462
    top, heights = search._confirmed([mistaken, wrong], 1, 40)
    assert top is wrong  # neither is confirmed
    assert heights[1] == pytest.approx(0.462, abs=1e-3)


@pytest.mark.parametrize("n_th", ordinary_and_long([3.0, 10.0], [10.0]))
def test_a_colder_source_with_the_lowest_order_has_a_result(n_th):
    """Without the penalty the climb found a filter of which no state was found within minutes."""
    found = te.best_filter(n_th, 3, starts=1, quanta=1)
    assert np.max(np.abs(found.gradient)) < 1e-5
    # Orders of one parity change less than those of the other, which the error counts.
    assert found.concurrence.error < 0.012
    # The climb's own order is off by less than 0.002 there.
    assert found.ends[0] == pytest.approx(found.concurrence, abs=2e-3)
    width = found.filter.fwhm
    for factor in (0.9, 1.0, 1.1):
        rival = te.thermal_link(n_th, filter=te.Filter.butterworth(3, factor * width))
        state = te.steady_state(rival, te.ContinuedFraction(rtol=1e-3))
        assert found.concurrence > state.concurrence()


def test_rates_too_many_decades_apart_are_told_beside_the_argument_that_makes_them():
    with pytest.raises(te.MethodError, match=r"too many decades apart .* Check dephasing"):
        te.design(
            temperature="293K", frequency="5GHz", gamma="10MHz", target=0.1, margins=(0.05,),
            attenuate=False, dephasing_time=1e-30, filters=1, shapes=("cavities",),
        )  # fmt: skip


def test_a_builder_without_names_of_parameters_is_refused():
    with pytest.raises(ValueError, match="`builder` must be a function whose parameters"):
        te.sensitivities(builder=type, parameters={"n_th": 0.3, "kappa": 1.0})
