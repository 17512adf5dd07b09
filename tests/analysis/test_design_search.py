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


# --- which places are asked ---


@pytest.fixture
def asked(search, monkeypatch):
    """A search, the places of its maps, and those of its single states, in their order."""

    def made(value=hill, n_th=N_TH, attenuate=True, warm=0.0):
        found, maps, single = search(value, n_th, attenuate), [], []
        found.link["waveguide_occupation"] = warm
        margins, entanglement = module.margins, module.entanglement
        monkeypatch.setattr(
            module, "margins", lambda k, n, link: (maps.append((k, n)), margins(k, n, link))[1]
        )
        monkeypatch.setattr(
            module, "entanglement", lambda at: (single.append(at), entanglement(at))[1]
        )
        return found, maps, single

    return made


def places(kappas, ns):
    return sorted(zip(np.round(np.log10(kappas), 9), np.round(np.log10(ns), 9), strict=True))


@pytest.mark.parametrize(("n_th", "count"), [(1000.0, 37), (999.0, 37), (1001.0, 38), (1e9, 61)])
def test_the_occupations_of_a_map_are_four_per_decade(search, n_th, count):
    found = search(n_th=n_th).occupations
    assert (len(found), found[0], found[-1]) == (count, n_th, pytest.approx(1e-6))
    assert np.ptp(np.diff(np.log(found))) < 1e-9
    assert search(n_th=n_th, attenuate=False).occupations.tolist() == [n_th]
    assert search(n_th=1e-6).occupations.tolist() == [1e-6]


def test_the_map_of_a_hot_source_is_thinned_but_where_its_best_may_be(asked):
    """Above 2e7 quanta every fourth occupation, and the three beside those within 0.25."""

    def ridge(n, kappa):
        return 0.9 - 0.2 * abs(np.log10(n) - 9.3 - 0.4 * np.log10(kappa))

    found, maps, _ = asked(ridge, n_th=1e10)
    ns, kappas = found.occupations, module._BANDWIDTHS
    first = [(k, n) for k in kappas for i, n in enumerate(ns) if n <= 2e7 or i % 4 == 0]
    second, table = [], np.full((43, len(ns)), -1.0)
    for row, k in enumerate(kappas):
        known = [i for i, n in enumerate(ns) if n <= 2e7 or i % 4 == 0]
        best = max(ridge(ns[i], k) for i in known)
        near = [i for i in known if ns[i] > 2e7 and ridge(ns[i], k) >= best - 0.25]
        more = {i + j for i in near for j in range(-3, 4) if 0 <= i + j < len(ns)} - set(known)
        second += [(k, ns[i]) for i in more]
        for i in (*known, *more):
            table[row, i] = ridge(ns[i], k)
    np.testing.assert_allclose(found.map, table.max(axis=1), rtol=1e-12)
    assert [places(*of) for of in maps] == [
        places(*zip(*of, strict=True)) for of in (first, second)
    ]
    assert 0 < len(second) < 600


@pytest.mark.parametrize(
    ("warm", "best", "hopeless"), [(1.0, -0.3, True), (1.0, -0.2, False), (0.9, -0.3, False)]
)
def test_a_waveguide_that_is_too_warm_is_looked_at_in_every_fourth_place(
    asked, warm, best, hopeless
):
    found, maps, single = asked(lambda n, kappa: best - 0.01 * np.log10(kappa) ** 2, warm=warm)
    assert found.hopeless is hopeless
    every = [(k, n) for k in module._BANDWIDTHS[::4] for n in found.occupations[::4]]
    assert [places(*of) for of in maps] == (
        [places(*zip(*every, strict=True))] if warm >= 1 else []
    )
    if not hopeless:
        assert np.all(found.map > -1)
        return
    maps.clear()
    assert found.map[::4] == pytest.approx(best - 0.01 * np.log10(module._BANDWIDTHS[::4]) ** 2)
    assert [places(*of) for of in maps] == [places(*zip(*every, strict=True))]
    assert found.map[1] == -1
    assert found.top == module._BANDWIDTHS[40]  # of those that were looked at the widest
    assert single == []
    assert found.at(0.3) == (pytest.approx(best - 0.01 * np.log10(0.3) ** 2), N_TH)
    assert len(single) == 1


@pytest.mark.parametrize("place", [1, 2, 3, 20, 42])
def test_between_bandwidths_what_is_best_beside_them_is_asked(asked, place):
    """Of two bandwidths on each side: the occupations within 0.15 of the best, and one more."""

    def ridge(n, kappa):
        return TOP - 0.6 * (np.log10(n / 10) - 0.5 * np.log10(kappa / 1e-3)) ** 2

    found, maps, _ = asked(ridge)
    table = found.table
    maps.clear()
    kappa = 0.99 * module._BANDWIDTHS[place]
    near = {
        int(i)
        for row in range(max(place - 2, 0), min(place + 2, 43))
        for i in np.flatnonzero(table[row] >= table[row].max() - 0.15)
    }
    wide = {j for i in near for j in (i - 1, i, i + 1) if 0 <= j < len(found.occupations)}
    values = found._attenuated(kappa)
    assert [places(*of) for of in maps] == [places([kappa] * len(wide), found.occupations[[*wide]])]
    for j, n in enumerate(found.occupations):
        assert values[j] == (pytest.approx(ridge(n, kappa)) if j in wide else -1.0)


@pytest.mark.parametrize("best", [1e3 * 10**-0.03, 1e3 * 10**-0.2, 1e-6, 1e-6 * 10**0.1, 0.7])
def test_the_best_attenuation_may_lie_beside_either_end(search, best):
    found = search(lambda n, kappa: TOP - WIDTH * np.log10(n / best) ** 2)
    value, n = found.at(0.01)
    assert (value, n) == (pytest.approx(TOP, abs=1e-9), pytest.approx(best, rel=1e-4))


def test_a_source_of_which_a_little_less_is_no_better_is_not_searched(asked):
    found, _, single = asked(lambda n, kappa: 0.1 * np.log10(n))
    assert found.at(0.01) == (pytest.approx(0.3), pytest.approx(N_TH))
    assert [kappa for _, kappa in single] == [0.01, 0.01]
    assert [n for n, _ in single] == pytest.approx([N_TH, N_TH * np.exp(-1e-3)], rel=1e-9)


@pytest.mark.parametrize("beside", [0.01, 0.08, -0.08])
@pytest.mark.parametrize("place", [0, 1, 20, 41, 42])
def test_the_best_bandwidth_may_lie_beside_any_place_of_the_map(search, place, beside):
    best = module._BANDWIDTHS[place] * 10**beside
    inside = np.clip(best, module._BANDWIDTHS[0], module._BANDWIDTHS[-1])
    found = search(lambda n, kappa: TOP - WIDTH * np.log10(kappa / best) ** 2, attenuate=False)
    assert found.top == pytest.approx(inside, rel=1e-4)


@pytest.mark.parametrize("higher", [0, 1])
def test_the_higher_of_two_hills_has_the_best_bandwidth(search, higher):
    tops = 10.0 ** np.array([-4.55, -1.45])

    def hills(n, kappa):
        away = np.log10(kappa / tops) ** 2
        return float(np.max(0.7 + 0.01 * (np.arange(2) == higher) - away))

    assert search(hills, attenuate=False).top == pytest.approx(tops[higher], rel=1e-4)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("wanted", [0.7999, 0.79, 0.7, 0.41, 0.13])
def test_a_crossing_is_bracketed_by_neighbouring_places(search, wanted, side):
    best = BEST_KAPPA * 10**0.07
    found = search(lambda n, kappa: TOP - WIDTH * np.log10(kappa / best) ** 2, attenuate=False)
    inside, outside = found._bracket(wanted, side)
    away = best / 10 ** (side * np.sqrt((TOP - wanted) / WIDTH))
    bandwidths = np.sort(np.append(module._BANDWIDTHS, found.top))
    place = int(np.searchsorted(bandwidths, away))
    expected = bandwidths[[place - 1, place]]
    assert (inside, outside) == pytest.approx(tuple(expected[::-1] if side > 0 else expected))


def test_a_crossing_may_lie_one_step_beyond_the_widest_place(search):
    edge = 1.2

    def wide(n, kappa):
        return 0.6 - 0.1 * np.log10(kappa / edge) - 0.01 * np.log10(kappa / 0.5) ** 2

    assert search(wide, attenuate=False).crossing(wide(0, edge), -1) == pytest.approx(edge)


def test_places_that_reach_a_value_only_between_the_occupations_of_the_map(search):
    """The best is 0.125 decades from two of them, where the margin is 0.03 less."""
    best = 10**2.125

    def narrow(n, kappa):
        return TOP - WIDTH * np.log10(kappa / BEST_KAPPA) ** 2 - 2 * np.log10(n / best) ** 2

    found = search(narrow)
    for place in (30, 35, 40):
        wanted = narrow(best, module._BANDWIDTHS[place]) - 0.01
        assert found.map[place] < wanted
        expected = tuple(module._BANDWIDTHS[[place, place + 1]])
        assert found._bracket(wanted, -1) == expected


def test_a_crossing_may_miss_the_value_by_what_a_solver_leaves(search):
    def step(n, kappa, missed):
        return 0.501 - 1e-6 * np.log10(kappa) ** 2 if kappa < 0.05 else 0.5 - missed - kappa / 1e9

    found = search(lambda n, kappa: step(n, kappa, 3e-8), attenuate=False)
    assert found.at(0.06)[0] < 0.5
    for missed, refused in ((3e-8, False), (1e-7, True)):
        found = search(lambda n, kappa, missed=missed: step(n, kappa, missed), attenuate=False)
        if refused:
            with pytest.raises(RuntimeError, match="does not fall through"):
                found.crossing(0.5, -1)
        else:
            assert found.crossing(0.5, -1) == pytest.approx(0.05, rel=1e-4)


def test_a_gap_may_begin_beside_the_first_bandwidth(search):
    whole = search(with_valley).gaps(1e-4, 1e-2, 0.6)
    ((low, high),) = search(with_valley).gaps(1.75e-3, 1e-2, 0.6)
    assert (low, high) == pytest.approx(whole[0], rel=1e-6)


def test_the_edge_of_an_end_that_is_the_value_itself_is_that_end(search):
    found = search()
    inside = found.crossing(0.6, -1)
    assert found._edge(inside, 2 * inside, found.at(inside)[0] + 1e-15) == inside


@pytest.mark.parametrize(
    ("rise", "level", "n_th", "first", "count"),
    [
        (0.0, 0.5, 1.0, 1.0, 2),  # more does not help
        (1e-6, 0.5, 1.0, 1.0, 13),  # it does, up to 1e7
        (0.0, -0.9, 1.0, 1.0, 13),  # so little that it tells nothing
        (0.0, 0.5, 3.0, 3.0, 2),
        (0.0, 0.5, 0.01, 0.1, 2),
    ],
)
def test_occupations_that_are_tried_for_a_value_that_none_gives(
    asked, rise, level, n_th, first, count
):
    found, _, single = asked(lambda n, kappa: level + rise * np.log2(n), n_th=n_th)
    assert found.needed(0.8) == np.inf
    tried = np.unique(np.round([n for n, _ in single], 6))
    assert tried == pytest.approx(first * 4.0 ** np.arange(count), rel=1e-6)


@pytest.mark.parametrize("needed", [0.02, 0.05])
def test_less_than_a_tenth_of_a_quantum_may_be_what_is_needed(search, needed):
    found = search(lambda n, kappa: 0.4 + WIDTH * np.log10(n / needed), n_th=0.01)
    assert found.needed(0.4) == pytest.approx(needed, rel=1e-3)


def test_only_maxima_near_the_largest_are_tops():
    assert module._tops(np.array([0.3, 0.2, 0.97, 0.9, 1.0, 0.5, 0.94, 0.1])) == [2, 4]
    assert module._tops(np.array([1.0, 1.0, 0.9, 1.0])) == [0, 3]
