"""The search for a design on margins that are known in closed form, with its guards."""

import numpy as np
import pytest

import thermalent as te
from thermalent.analysis.design import search as module
from thermalent.analysis.design.search import MarginSearch

N_TH = 1000.0
# Largest at kappa = 1e-3 and n = 200, and falling with the square of both logarithms.
TOP, BEST_KAPPA, BEST_N, WIDTH = 0.8, 1e-3, 200.0, 0.1


def hill(n, kappa):
    return TOP - WIDTH * np.log10(kappa / BEST_KAPPA) ** 2 - WIDTH * np.log10(n / BEST_N) ** 2


def with_valley(n, kappa):
    """Two tops, a decade apart, and a narrow valley between them."""
    return hill(n, kappa) - 0.5 * np.exp(-((np.log10(kappa / 2e-3) / 0.05) ** 2))


@pytest.fixture
def search(monkeypatch):
    def made(value=hill, n_th=N_TH, attenuate=True):
        monkeypatch.setattr(module, "entanglement", lambda at: value(*at))
        monkeypatch.setattr(module, "thermal_link", lambda n, kappa, **link: (n, kappa))
        monkeypatch.setattr(
            module,
            "margins",
            lambda kappas, ns, link: np.array(
                [value(n, k) for n, k in zip(ns, kappas, strict=True)]
            ),
        )
        return MarginSearch(n_th, {"waveguide_occupation": 0.0}, attenuate, lambda words: None)

    return made


def test_the_top_and_the_best_attenuation(search):
    found = search()
    assert found.top == pytest.approx(BEST_KAPPA, rel=1e-4)
    value, n = found.at(0.01)
    assert value == pytest.approx(TOP - WIDTH, abs=1e-9)
    assert n == pytest.approx(BEST_N, rel=1e-4)
    # Without an attenuator all of the source comes through.
    assert search(attenuate=False).at(0.01) == pytest.approx((hill(N_TH, 0.01), N_TH), rel=1e-14)
    # A source that is colder than the best is not attenuated.
    assert search(n_th=50.0).at(0.01) == pytest.approx((hill(50.0, 0.01), 50.0), rel=1e-14)


@pytest.mark.parametrize("wanted", [0.79, 0.75, 0.5, 0.1])
def test_crossings_on_both_sides(search, wanted):
    """log10 of kappa over the best is the root of what may be lost."""
    found, away = search(), 10 ** np.sqrt((TOP - wanted) / WIDTH)
    assert found.crossing(wanted, -1) == pytest.approx(BEST_KAPPA * away, rel=1e-6)
    assert found.crossing(wanted, 1) == pytest.approx(BEST_KAPPA / away, rel=1e-6)


def test_a_value_above_the_top_is_not_crossed(search):
    assert search().crossing(TOP + 1e-6, -1) is None
    assert search().crossing(TOP + 1e-6, 1) is None
    assert search().crossing(TOP - 1e-4, 1) is not None


def test_the_widest_of_several_crossings_is_found(search):
    """A second hill at large bandwidths, lower and narrow: the map shows a point or two of it."""

    def two_hills(n, kappa):
        far = 0.7 - 4 * np.log10(kappa / 0.1) ** 2 - WIDTH * np.log10(n / BEST_N) ** 2
        return max(hill(n, kappa) - 0.3 * (kappa > 0.02), far)

    found = search(two_hills)
    assert found.crossing(0.6, -1) == pytest.approx(0.1 * 10**0.15811388, rel=1e-5)
    # Between the points of the map the far hill is higher than the map says.
    assert found.crossing(0.69, -1) == pytest.approx(0.1 * 10**0.05, rel=1e-5)


def test_a_crossing_beyond_the_map_is_followed(search):
    """The narrowest filter lies below 1e-7 where the margin falls slowly."""

    def slow(n, kappa):
        return TOP - 0.01 * np.log10(kappa / BEST_KAPPA) ** 2

    assert search(slow).crossing(0.55, 1) == pytest.approx(1e-8, rel=1e-5)
    with pytest.raises(RuntimeError, match=r"Even at kappa/gamma = .* the concurrence reaches 0.1"):
        search(lambda n, kappa: 0.8 - 1e-6 * np.log10(kappa / BEST_KAPPA) ** 2).crossing(0.1, 1)


def test_a_crossing_that_is_none_is_not_stated(search):
    """A margin that stays at the value for a while does not fall through it."""

    def terrace(n, kappa):
        return 0.7 if kappa < 0.05 else 0.5 if kappa < 0.06 else 0.3

    with pytest.raises(RuntimeError, match=r"does not fall through 0.5 at kappa/gamma = 0.056"):
        search(terrace).crossing(0.5, -1)


def test_gaps_between_two_bandwidths(search):
    """A valley narrower than the steps of the map: half a value deep over a twentieth of a decade.

    In it exp(-y^2) = (hill - 0.6)/0.5 at its edges.
    """
    found = search(with_valley)
    ((low, high),) = found.gaps(1e-4, 1e-2, 0.6)
    for edge in (low, high):
        assert with_valley(BEST_N, edge) == pytest.approx(0.6, abs=1e-8)
    assert low < 2e-3 < high
    assert search().gaps(1e-4, 1e-2, 0.6) == ()


def test_a_gap_between_places_of_the_map_that_both_reach_the_value(search):
    """A valley midway between two places, of which the map shows a sixteenth of the depth."""

    def between(n, kappa):
        return hill(n, kappa) - 0.5 * np.exp(-(((np.log10(kappa) + 2.75) / 0.05) ** 2))

    ((low, high),) = search(between).gaps(2.5e-4, 4e-3, 0.75)
    for edge in (low, high):
        assert between(BEST_N, edge) == pytest.approx(0.75, abs=1e-8)
    assert low < 10**-2.75 < high


@pytest.mark.parametrize(
    ("slope", "bandwidths"),
    [
        (0.5, np.geomspace(1e-13, 4.0, 40)),  # the map has those between 1e-7 and 1
        (4.5, np.outer(module._BANDWIDTHS[22:27], [0.99, 1.01, 1.2]).ravel()),
    ],
)
def test_an_attenuation_that_follows_the_bandwidth_is_found(search, slope, bandwidths):
    """A ridge along n = 10 (kappa/1e-3)^slope, by up to 0.75 decades from a place to the next."""

    def ridge(n, kappa):
        return TOP - (np.log10(n / 10) - slope * np.log10(kappa / 1e-3)) ** 2

    found = search(ridge)
    for kappa in bandwidths:
        value, n = found.at(kappa)
        assert value == pytest.approx(TOP, abs=1e-9)
        assert n == pytest.approx(10 * (kappa / 1e-3) ** slope, rel=1e-4)


def test_an_attenuation_that_is_best_between_places_of_the_map_alone(search):
    """Two tops at one bandwidth: the one that is higher on the map, and by 0.1 lower between."""
    between = 10 ** (-3 - 1 / 12)

    def two_tops(n, kappa):
        here = 0.1 - 0.2 * np.exp(-((np.log10(kappa / between) / 0.04) ** 2))
        return max(0.7 - np.log10(n / 10) ** 2, 0.7 - here - np.log10(n / 0.1) ** 2)

    assert search(two_tops).at(between) == pytest.approx((0.8, 0.1), rel=1e-4)


def test_a_valley_outside_of_two_bandwidths_is_no_gap_between_them(search):
    assert search(with_valley).gaps(1e-4, 1.5e-3, 0.6) == ()
    assert search(with_valley).gaps(2.6e-3, 1e-2, 0.6) == ()


@pytest.mark.parametrize("place", [1, 2, 20, 41])
def test_the_lowest_margin_between_places_of_the_map_is_found(search, place):
    """A valley of the whole map, whose lowest margin is no place of it."""
    lowest = 1.07 * module._BANDWIDTHS[place]
    found = search(lambda n, kappa: 0.3 + 0.1 * np.log10(kappa / lowest) ** 2, attenuate=False)
    assert found._minima(1e-9, 9.0, 0.4) == pytest.approx([lowest], rel=1e-4)
    assert found._minima(1e-9, 9.0, 0.24) == []  # far above the value
    assert found._minima(lowest, 9.0, 0.4) == found._minima(1e-9, lowest, 0.4) == []


def test_the_occupation_that_is_needed(search):
    """At n the best bandwidth gives TOP - WIDTH log10(n/200)^2."""
    needed = BEST_N / 10**0.5
    wanted = TOP - WIDTH * 0.25
    assert search(n_th=1.0).needed(wanted) == pytest.approx(needed, rel=1e-3)
    # A source that is colder than the search begins with.
    assert search(n_th=0.01).needed(wanted) == pytest.approx(needed, rel=1e-3)
    # What no occupation reaches ends where more of it does not help.
    assert search(n_th=1.0).needed(TOP + 0.01) == np.inf


@pytest.mark.parametrize("attenuate", [False, True])
def test_a_margin_that_is_zero_everywhere_has_one_top(search, attenuate):
    """As behind a line that loses everything: not every place of the map is climbed from."""
    found = search(lambda n, kappa: 0.0, attenuate=attenuate)
    assert found.at(found.top)[0] == 0.0
    assert len(found.known) < 40


@pytest.mark.parametrize("link", [{}, {"loss": 0.01, "dephasing": 1e-3}, {"detuning": (0.5, 0)}])
def test_the_map_of_arrays_is_that_of_networks(link):
    kappas, quanta = np.repeat([1e-3, 0.1], 3), np.tile([30.0, 1.0, 1e-3], 2)
    found = module.margins(kappas, quanta, link)
    expected = [margin_alone(n, kappa, link) for n, kappa in zip(quanta, kappas, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)  # of the map, 1e-6


def margin_alone(n, kappa, link):
    rho = te.steady_state(te.thermal_link(n, kappa, **link), te.ContinuedFraction(rtol=1e-10)).state
    return 2 * abs(rho[1, 2]) - 2 * np.sqrt((rho[0, 0] * rho[3, 3]).real)
