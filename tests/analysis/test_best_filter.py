"""The best passive filter of an order: its slopes, its coordinates, and that nothing is better."""

import warnings

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.design.margins import margin
from thermalent.analysis.shapes import best_filter, climb, filter_search
from thermalent.analysis.shapes.best_filter import _warn, filter_of
from thermalent.analysis.shapes.climb import ClimbEnd, climbed, with_slope, without_far_zeros
from thermalent.analysis.shapes.filter_search import _MORE_QUANTA, SearchResult, _distinct
from thermalent.analysis.shapes.passive_spectra import (
    ChainNumbers,
    PassiveCoordinates,
    UnstableSpectrumError,
    chain_numbers,
    companion,
    denominator,
)
from thermalent.analysis.shapes.truncated_link import TruncatedLink
from thermalent.continued_fraction.chain.stationary import TierZeroEquation
from thermalent.continued_fraction.several_poles.chain.building import tiers
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.elimination.evaluation import (
    evaluate_truncated_tiers,
)

ROOM = 1221.0  # 293 K at 5 GHz


@pytest.fixture(scope="module")
def two_poles():
    return te.best_filter(ROOM, 2, starts=3)


def test_every_pair_of_polynomials_is_passive():
    rng = np.random.default_rng(3)
    omega = np.linspace(-30, 30, 6001)
    for order in (1, 2, 3, 5):
        for symmetric in (True, False):
            coordinates = PassiveCoordinates(order, zeros=True, symmetric=symmetric, unit=1.0)
            reflection, numerator = coordinates.polynomials(rng.normal(size=coordinates.count))
            bottom = denominator(reflection, numerator)
            assert np.all(np.roots(bottom).real < 0)
            s21, s11 = (np.polyval(top, 1j * omega) for top in (numerator, reflection))
            whole = np.abs(np.polyval(bottom, 1j * omega)) ** 2
            # Without loss, what is not transmitted is reflected.
            np.testing.assert_allclose((abs(s21) ** 2 + abs(s11) ** 2) / whole, 1, rtol=1e-10)


def test_coordinates_are_read_back():
    rng = np.random.default_rng(5)
    for symmetric in (True, False):
        coordinates = PassiveCoordinates(4, zeros=True, symmetric=symmetric, unit=0.1)
        place = rng.normal(size=coordinates.count)
        np.testing.assert_array_equal(coordinates.place(*coordinates.polynomials(place)), place)


@pytest.mark.parametrize("n_th", [1e-6, 1e-3, 0.3, 1.9, 2.1, 100.0])
@pytest.mark.parametrize("kappa", [0.03, 0.3])
def test_the_search_sees_the_same_link_behind_cold_sources(n_th, kappa):
    """A cavity of decay rate kappa: the amplitude falls at kappa, in units of gamma."""
    link = TruncatedLink(te.thermal_link(n_th, 1.0), 1, quanta=1)
    numbers = ChainNumbers(np.array([[kappa + 0j]]), kappa / 2)
    exact = te.steady_state(te.thermal_link(n_th, kappa))
    assert link.value(numbers, 512) == pytest.approx(margin(exact.state), abs=1e-9)


def test_behind_a_cold_source_nothing_is_better_than_the_best_cavity():
    found = te.best_filter(0.3, 1, starts=2)
    scan = [
        te.steady_state(te.thermal_link(0.3, k)).concurrence() for k in np.linspace(0.1, 0.4, 31)
    ]
    assert max(scan) <= found.concurrence <= max(scan) + 1e-4


def test_common_zeros_without_damping_are_no_filter():
    with pytest.raises(UnstableSpectrumError, match="without damping"):
        denominator(np.array([1.0, 0.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]))


def test_butterworth_and_chebyshev_are_among_them():
    """F = s^p is Butterworth; the chain of a filter from its modes is that of its polynomials."""
    for filter, reflection in (
        (te.Filter.butterworth(3, 2.0), np.array([1.0, 0, 0, 0])),
        # T_3(x) = 4 x^3 - 3 x, of which F is the function of s = i x
        (te.Filter.chebyshev(3, 1.0, 0.5), np.array([1.0, 0, 0.75, 0])),
    ):
        gain = 1.0
        if reflection[2]:  # |F|^2/|P|^2 = eps^2 T_3^2, in units of the band's edge
            gain = 0.25 / np.sqrt(np.expm1(0.05 * np.log(10)))
            half = np.cosh(np.arccosh(4 * gain) / 3)
            filter = filter.scaled(2 * half)
        numerator = np.array([gain])
        ours = chain_numbers(*companion(denominator(reflection, numerator), numerator))
        a, b, c, _ = filter.system
        theirs = chain_numbers(a, b, c)
        np.testing.assert_allclose(abs(ours.drift), abs(theirs.drift), atol=1e-12)
        assert ours.flux == pytest.approx(filter.noise_bandwidth, rel=1e-12)


@pytest.mark.parametrize(
    ("order", "symmetric"), [(1, True), (2, True), (3, True), (2, False), (3, False)]
)
def test_value_and_slopes(order, symmetric):
    """The value against the hierarchy of the network itself, slopes against differences of it."""
    rng = np.random.default_rng(7)
    surroundings = {"loss": 0.01, "dephasing": 1e-3}
    coordinates = PassiveCoordinates(order, zeros=True, symmetric=symmetric, unit=0.02)
    place = coordinates.place(np.eye(order + 1)[0], np.ones(1))
    place = place + 0.2 * rng.normal(size=place.shape)
    link = TruncatedLink(
        te.thermal_link(40.0, 1.0, **surroundings), order, quanta=2, symmetric=symmetric
    )
    filter = filter_of(*coordinates.polynomials(place), coordinates.unit)
    chain = chain_of(te.thermal_link(40.0, filter=filter, **surroundings))
    whole = tiers(chain, 2 if order > 1 else 0)
    stationary = TierZeroEquation(whole)
    state = stationary.matrix(stationary.solve(evaluate_truncated_tiers(whole, 0.0, 30)))
    value, slope = with_slope(coordinates, link, 30, place)
    assert value == pytest.approx(margin(state), abs=1e-11)
    assert link.value(coordinates.numbers(place), 30) == pytest.approx(value, abs=1e-12)
    h = 1e-4
    for i in range(coordinates.count):
        step = h * np.eye(coordinates.count)[i]
        high, low = (link.value(coordinates.numbers(place + k * step), 30) for k in (1, -1))
        # Differences of second order: an error of h^2 times third derivatives of order one.
        assert slope[i] == pytest.approx((high - low) / (2 * h), abs=1e-7)
    assert np.max(np.abs(slope)) > 1e-3


def test_far_zeros_are_at_infinity():
    coordinates = PassiveCoordinates(3, zeros=True, symmetric=True, unit=1.0)
    numerator = np.array([1e-9, -0.01, 1.0])  # zeros at 100 and at 1e7
    place = coordinates.place(np.array([1.0, 2.0, 2.0, 1.0]), numerator)
    kept = without_far_zeros(coordinates, place)
    assert coordinates.polynomials(kept)[1][0] == 0
    # What is left out of the slope at zero is one over the distance of the zero, 1e-7.
    np.testing.assert_allclose(coordinates.polynomials(kept)[1][1:], [-0.01, 1.0], atol=1.1e-7)
    near = coordinates.place(np.array([1.0, 2.0, 2.0, 1.0]), np.array([0.1, 0.2, 1.0]))
    np.testing.assert_array_equal(without_far_zeros(coordinates, near), near)


@pytest.mark.long
def test_two_orders_more_show_what_a_climb_mistakes():
    """A filter with a pole far from the others: the order of the climb takes it for too good.

    A climb over five poles at K = 2 ends there; in half widths of the best Butterworth filter.
    """
    reflection = np.array([1.0, -315.94523, -71.38093, -175.14335, -29.81002, -9.91721])
    numerator = np.array([-0.02831565, 0.30777047, -62.544848, 19.336477, -174.37427])
    coordinates = PassiveCoordinates(5, zeros=True, symmetric=True, unit=0.022407)
    numbers = coordinates.numbers(coordinates.place(reflection, numerator))
    reference = te.thermal_link(ROOM, 1.0)
    low, high, beyond = (
        TruncatedLink(reference, 5, quanta=quanta).value(numbers, 400)
        for quanta in (2, 2 + _MORE_QUANTA, 3 + _MORE_QUANTA)
    )
    assert low - high > 0.007
    assert abs(high - beyond) < 1e-3
    found = filter_of(reflection, numerator, coordinates.unit)
    state = te.steady_state(te.thermal_link(ROOM, filter=found), te.ContinuedFraction(rtol=5e-3))
    concurrence = state.concurrence()
    assert abs(high - concurrence) < concurrence.error


def test_climbs_that_end_together_count_together():
    ends = [ClimbEnd(np.zeros(1), value, np.zeros(1), 1) for value in (0.5, 0.8, 0.8 - 4e-6, 0.2)]
    assert [[end.value for end in group] for group in _distinct(ends)] == [
        [0.8, 0.8 - 4e-6], [0.5], [0.2],
    ]  # fmt: skip


def test_the_unit_of_a_search_is_the_best_half_width():
    """Of a link whose margin is largest behind one cavity of the half width 0.02."""

    class Link:
        def tiers_for(self, numbers, tolerance):
            assert numbers.drift.shape == (1, 1)
            return tolerance

        def value(self, numbers, tiers):
            assert tiers == filter_search._ON_THE_WAY
            return -(np.log(abs(numbers.drift[0, 0]) / 0.02) ** 2)

    steps = np.log(filter_search._WIDTHS[1] / filter_search._WIDTHS[0])
    assert abs(np.log(filter_search._half_width(Link(), 1) / 0.02)) < steps / 2


def test_a_climb_that_stops_on_a_slope_begins_again(monkeypatch):
    """With few steps at a time it still ends at the top, and it stops where nothing is gained."""
    coordinates = PassiveCoordinates(2, zeros=True, symmetric=True, unit=0.0153)
    link = TruncatedLink(te.thermal_link(ROOM, 1.0), 2, quanta=2)
    start = coordinates.place(np.array([1.0, 0.4, 0.3]), np.array([0.1, 0.7]))
    whole = climbed(coordinates, link, 100, start)
    assert np.max(np.abs(whole.slope)) < 1e-6
    monkeypatch.setattr(climb, "_STEPS", 8)
    pieces = climbed(coordinates, link, 100, start)
    assert pieces.value == pytest.approx(whole.value, abs=1e-5)
    monkeypatch.setattr(climb, "_ATTEMPTS", 1)
    assert climbed(coordinates, link, 100, start).value < pieces.value - 1e-6


def test_one_pole_is_the_cavity_of_the_design():
    found = te.best_filter(ROOM, 1, starts=2)
    assert found.agreeing == 2
    best = te.design("293K", "5GHz", "10MHz", 0.7, margins=(), attenuate=False).best
    # Near the maximum the concurrence is flat: the tiers left out in the climb move the width.
    assert found.filter.fwhm == pytest.approx(2 * best.kappa, rel=5e-3)
    exact = te.steady_state(te.thermal_link(ROOM, filter=found.filter))
    assert exact.concurrence() == pytest.approx(best.concurrence, abs=1e-4)
    assert abs(found.concurrence - best.concurrence) < found.concurrence.error


def test_two_poles(two_poles):
    """Every climb ends at one maximum, without zeros, above every Butterworth filter."""
    assert two_poles.agreeing == 3
    assert np.max(np.abs(two_poles.gradient)) < 1e-5
    assert len(two_poles.zeros) == 0
    assert two_poles.filter.peak == pytest.approx(1.0, abs=1e-6)
    exact = te.ContinuedFraction(rtol=1e-4)
    best = te.steady_state(te.thermal_link(ROOM, filter=two_poles.filter), exact).concurrence()
    assert abs(best - two_poles.concurrence) < two_poles.concurrence.error
    for width in (0.025, 0.031):
        other = te.thermal_link(ROOM, filter=te.Filter.butterworth(2, width))
        assert te.steady_state(other, exact).concurrence() < best
    # Nothing near it is better, by the solver itself; its errors of 1e-4 are common to all.
    for factor in (0.93, 1.07):
        changed = te.thermal_link(ROOM, filter=two_poles.filter.scaled(factor))
        assert te.steady_state(changed, exact).concurrence() < best


def test_symmetric_spectra_are_the_best():
    """Among all spectra of two poles the maximum is the symmetric one."""
    symmetric, any_shape = (
        te.best_filter(40.0, 2, symmetric=symmetric, starts=1, quanta=1)
        for symmetric in (True, False)
    )
    assert any_shape.ends[0] == pytest.approx(symmetric.ends[0], abs=1e-6)
    omega = np.linspace(-0.3, 0.3, 11)
    np.testing.assert_allclose(any_shape.spectrum(omega), symmetric.spectrum(omega), atol=1e-3)


@pytest.mark.long
def test_three_poles_have_a_notch_pair():
    found = te.best_filter(ROOM, 3, starts=6)
    assert found.agreeing == 6
    assert np.max(np.abs(found.gradient)) < 1e-5
    row = te.best_filter(ROOM, 3, starts=6, zeros=False)
    assert len(row.zeros) == 0
    assert len(found.zeros) == 2
    # A notch that is not quite dark costs only the square of its distance from the axis.
    assert np.all(np.abs(found.zeros.real) < 1e-2 * np.abs(found.zeros.imag))
    assert found.ends[0] > row.ends[0]
    butterworth = te.steady_state(te.thermal_link(ROOM, filter=te.Filter.butterworth(3, 0.03)))
    assert found.concurrence > butterworth.concurrence()


@pytest.mark.parametrize(
    ("ends", "concurrence", "message"),
    [
        ((0.5, 0.4), 0.5, "Only one of 2 climbs"),
        ((0.5,), 0.5, None),
        ((0.5, 0.5), 0.505, None),
        ((0.5, 0.5), 0.53, "Ask for more `quanta`"),
        ((-0.2, -0.2), 0.0, None),  # separable states have a concurrence of zero
    ],
)
def test_a_search_that_does_not_settle_says_so(ends, concurrence, message):
    best = ClimbEnd(np.zeros(1), ends[0], np.zeros(1), 1)
    found = SearchResult(best, np.array(ends), ends.count(ends[0]), 4, 100, 2)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        _warn(found, te.Estimate(concurrence, 1e-3, ""))
    assert [message in str(warning.message) for warning in said] == [True] * (message is not None)


def test_imperfections_are_those_of_the_link():
    lossy = te.best_filter(100.0, 1, starts=1, loss=0.02, dephasing=1e-3)
    clean = te.best_filter(100.0, 1, starts=1)
    link = te.thermal_link(100.0, filter=lossy.filter, loss=0.02, dephasing=1e-3)
    assert abs(te.steady_state(link).concurrence() - lossy.concurrence) < lossy.concurrence.error
    assert lossy.concurrence < clean.concurrence


def test_what_it_says_and_draws(two_poles, tmp_path):
    assert str(two_poles).startswith("C = 0.90")
    assert "3 of 3 climbs ended there" in str(two_poles)
    two_poles.plot(tmp_path / "best.png")
    assert (tmp_path / "best.png").stat().st_size > 10_000
    assert np.all(two_poles.spectrum([0.0, 0.1]) <= 1 + 1e-9)


def test_the_drawing_reaches_two_full_widths_to_both_sides(two_poles, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(best_filter, "save_figure", lambda figure, path: drawn.append(figure))
    two_poles.plot(tmp_path / "best.png")
    reach = 2 * two_poles.filter.fwhm
    for axes in drawn[0].axes:
        assert axes.get_xlim() == pytest.approx((-reach, reach))
        assert axes.lines[0].get_xdata()[[0, -1]] == pytest.approx([-reach, reach])


@pytest.mark.filterwarnings("ignore:Only one")
@pytest.mark.parametrize("noise", ["dephasing", "waveguide_occupation"])
def test_the_largest_noise_that_is_taken_leaves_nothing_entangled(noise):
    found = te.best_filter(10.0, 2, starts=1, **{noise: 1e6})
    assert found.concurrence == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_th": 0.0}, "Argument `n_th` must be"),
        ({"n_th": 1e11}, "Argument `n_th` must be"),
        ({"order": 0}, "Argument `order` must be"),
        ({"order": 9}, "Argument `order` must be"),
        ({"starts": 0}, "Argument `starts` must be"),
        ({"quanta": 0}, "Argument `quanta` must be"),
        ({"loss": 1.5}, "Argument `loss` must be"),
        ({"dephasing": 1e30}, r"Argument `dephasing` must be a number in \[0, 1e\+06\]"),
        ({"waveguide_occupation": 1e12}, "Argument `waveguide_occupation` must be a number in"),
    ],
)
def test_what_is_out_of_range_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        te.best_filter(**{"n_th": 10.0, "order": 1, **arguments})


def test_a_pole_that_a_zero_cancels_is_no_filter_of_that_order():
    poles = np.array([-1.0, -2.0, -3.0])
    with pytest.raises(UnstableSpectrumError, match="A zero of the filter cancels one of its"):
        chain_numbers(*companion(np.poly(poles), np.poly(poles[1:2])))
    assert len(chain_numbers(*companion(np.poly(poles), np.poly([-2.5]))).drift) == 3


@pytest.mark.parametrize("symmetric", [True, False])
def test_random_zeros_are_as_many_as_asked_and_come_in_pairs(symmetric):
    rng = np.random.default_rng(6)
    found = [climb._zeros(count, (0.2, 1.0), symmetric, rng) for count in [0, 1, 2, 3, 6] * 20]
    assert [len(zeros) for zeros in found] == [0, 1, 2, 3, 6] * 20
    together = np.concatenate(found)
    assert np.mean(np.abs(together.imag) > 0.1) > 0.3
    for zeros in found:
        left = np.sort_complex(np.round(zeros, 12))
        same = np.array_equal(left, np.sort_complex(np.round(zeros.conj(), 12)))
        assert same or not symmetric
