"""Which states are good enough for a design, and where its map is looked at."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.analysis.design import margins as of_links
from thermalent.analysis.design import search as module
from thermalent.analysis.design.margins import (
    _coarse_margin,
    _surely_none,
    entanglement,
    imperfect,
    margin,
)
from thermalent.analysis.design.search import MarginSearch, _tops, _widened


def state(coherence, empty=0.2, both=0.1):
    """A state of two qubits with a coherence between |10> and |01>."""
    rho = np.diag([empty, 0.4, 0.3, both]).astype(complex)
    rho[1, 2], rho[2, 1] = coherence, np.conj(coherence)
    return rho


def test_the_margin_is_the_coherence_less_the_root_of_the_populations():
    assert margin(state(0.3j)) == pytest.approx(2 * (0.3 - np.sqrt(0.02)))
    assert margin(state(0.0)) == pytest.approx(-2 * np.sqrt(0.02))
    assert margin(state(0.3, both=-1e-17)) == pytest.approx(0.6)


@pytest.mark.parametrize(("value", "error"), [(-0.3, 0.02), (-0.3, 0.09), (-0.01, 1e-4), (-1, 0.1)])
def test_states_are_surely_not_entangled_within_their_errors(value, error):
    """Both elements are off by the error, the root by that times 1 + (a + b)/2 over it."""
    least = -value / 2
    bound = value + 2 * error * (2 + 1 / (4 * least))
    assert _surely_none(value, error) == (error < 0.1 and bound < 0)
    assert not _surely_none(-value, error)
    exact = -value / (2 * (2 + 1 / (4 * least)))  # the error at which it could be
    if exact < 0.1:
        assert _surely_none(value, 0.999 * exact)
        assert not _surely_none(value, 1.001 * exact)


@pytest.fixture
def solved(monkeypatch):
    """What doubles give, with its error; more digits give a coherence of 0.31."""

    def of(error, coherence=0.3):
        found = SimpleNamespace(state=state(coherence), error=error)
        monkeypatch.setattr(of_links, "steady_state_in_doubles", lambda network, settings: found)
        exact = SimpleNamespace(state=state(coherence + 0.01))
        monkeypatch.setattr(of_links, "steady_state", lambda network: exact)
        return margin(found.state), margin(exact.state)

    return of


def test_doubles_are_enough_below_their_allowed_errors(solved):
    largest = 0.4
    rough, exact = solved(0.99e-7 * largest)
    assert entanglement(None) == rough
    rough, exact = solved(1.01e-7 * largest)
    assert entanglement(None) == exact
    rough, exact = solved(0.01, coherence=0.0)
    assert entanglement(None) == rough  # surely not entangled
    rough, exact = solved(0.99e-5)
    assert _coarse_margin(None) == rough
    rough, exact = solved(1.01e-5)
    assert _coarse_margin(None) == exact
    rough, exact = solved(0.01, coherence=0.0)
    assert _coarse_margin(None) == rough


def test_places_within_some_steps():
    chosen = np.array([[0, 0, 0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1]], dtype=bool)
    wide = np.array([[0, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 1, 1, 1]], dtype=bool)
    np.testing.assert_array_equal(_widened(chosen, 2), wide)
    np.testing.assert_array_equal(_widened(chosen, 0), chosen)


def test_tops_are_those_near_the_largest():
    assert _tops(np.array([0.0, 0.3, 0.1, 0.29, 0.2, 0.24])) == [1, 3]
    assert _tops(np.array([0.3, 0.3, 0.1, 0.26])) == [0, 3]
    assert _tops(np.zeros(4)) == [0]


def test_more_of_one_imperfection(monkeypatch):
    monkeypatch.setattr(of_links, "thermal_link", lambda n, kappa, **link: (n, kappa, link))
    link = {"waveguide_occupation": 0.1, "loss": 0.05}
    assert imperfect(9.0, 0.2, link, "loss", 0.2)[2] == {**link, "loss": pytest.approx(0.25)}
    assert imperfect(9.0, 0.2, link, "detuning", 0.2)[2] == {**link, "detuning": (0.1, -0.1)}


@pytest.fixture
def looked(monkeypatch):
    """A search on margins of a formula, and the places of the map that it looked at."""
    places = []

    def made(value, n_th=1e3, attenuate=True, waveguide=0.0):
        def margins(kappas, ns, link):
            places.extend(zip(kappas.tolist(), ns.tolist(), strict=True))
            return np.array([value(n, k) for n, k in zip(ns, kappas, strict=True)])

        monkeypatch.setattr(module, "margins", margins)
        monkeypatch.setattr(module, "thermal_link", lambda n, kappa, **link: (n, kappa))
        monkeypatch.setattr(module, "entanglement", lambda at: value(*at))
        link = {"waveguide_occupation": waveguide}
        return MarginSearch(n_th, link, attenuate, lambda words: None), places

    return made


def test_occupations_behind_the_attenuator(looked):
    search, _ = looked(lambda n, kappa: 0.0)
    assert search.occupations[[0, -1]] == pytest.approx([1e3, 1e-6])
    assert len(search.occupations) == 1 + 4 * 9
    assert looked(lambda n, kappa: 0.0, attenuate=False)[0].occupations.tolist() == [1e3]
    assert looked(lambda n, kappa: 0.0, n_th=1e-6)[0].occupations.tolist() == [1e-6]


def test_hot_sources_are_looked_at_where_they_may_be_the_best(looked):
    def value(n, kappa):
        return max(0.5 - 0.05 * np.log10(n / 1e9) ** 2, -0.5)

    search, places = looked(value, n_th=1e15)
    table = search.table
    hot = search.occupations > 2e7
    seen = table > -1.0
    assert seen[:, ~hot].all()
    assert seen[:, np.arange(len(hot)) % 4 == 0].all()
    exact = np.array([value(n, 1.0) for n in search.occupations])
    near = hot & (exact >= exact.max() - 0.2)
    assert seen[:, near].all()
    assert not seen.all()  # the hottest ones between are far below
    assert len(places) == len(set(places))
    np.testing.assert_allclose(table[0][seen[0]], exact[seen[0]])


@pytest.mark.parametrize(
    ("best", "waveguide", "hopeless"),
    [(-0.3, 2.0, True), (-0.2, 2.0, False), (-0.3, 0.5, False), (-0.3, 1.0, True)],
)
def test_a_warm_waveguide_is_hopeless_where_nothing_is_nearly_entangled(
    looked, best, waveguide, hopeless
):
    def value(n, kappa):
        return best - 0.05 * np.log10(kappa / 1e-3) ** 2 - 0.01 * np.log10(n / 10) ** 2

    search, _ = looked(value, waveguide=waveguide)
    assert search.hopeless == hopeless
    top = search.top
    if hopeless:
        assert np.min(np.abs(np.log(module._BANDWIDTHS / top))) < 1e-12
        assert search.at(1e-2) == (value(1e3, 1e-2), 1e3)
        rows, columns = np.nonzero(search.table > -1.0)
        assert set(rows % 4) == set(columns % 4) == {0}
    else:
        assert top == pytest.approx(1e-3, rel=1e-3)


def test_where_the_occupation_does_not_help_the_search_ends(looked):
    calls = []

    def value(n, kappa):
        calls.append(n)
        return 0.05 - 0.1 * np.log10(kappa / 1e-3) ** 2

    search, _ = looked(value, n_th=1.0)
    assert search.needed(0.1) == np.inf
    assert max(calls) == pytest.approx(4.0)
    calls.clear()
    # A margin below zero may still rise when the source is hotter.
    search, _ = looked(lambda n, kappa: value(n, kappa) - 0.1, n_th=1.0)
    assert search.needed(0.1) == np.inf
    assert max(calls) > 1e6
