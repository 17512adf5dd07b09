"""What is read of a grid at none of whose corners there is a network."""

from types import SimpleNamespace

import pytest

from thermalent.sweeping.study import description


class NoNetworkError(Exception):
    """Of a builder."""


def grid(*shape):
    return SimpleNamespace(shape=shape, at=lambda corner: corner)


def recipe(*observables, there=lambda corner: False):
    asked = []

    def network(corner):
        asked.append(corner)
        if not there(corner):
            raise NoNetworkError(corner)
        return "network"

    return SimpleNamespace(
        network=network, asked=asked, initial=None, emissions=(), observables=observables
    )


def observable(what, label=""):
    return SimpleNamespace(what=what, label=label)


def test_populations_need_a_network_and_say_why_there_is_none():
    """The names of populations depend on it; the reason is that of the first point."""
    with pytest.raises(NoNetworkError, match=r"\(0, 0\)"):
        description._expanded(recipe(observable("populations")), grid(2, 3))


def test_other_observables_do_not():
    for given in (recipe(observable("concurrence")), recipe(observable("populations", "00"))):
        assert description._expanded(given, grid(2, 3)) is given
        assert len(given.asked) == 4  # the corners


def test_the_first_corner_with_a_network_tells(monkeypatch):
    given = recipe(observable("populations"), there=lambda corner: corner[1] == 2)
    monkeypatch.setattr(description, "expanded", lambda observables, network: (network,))
    monkeypatch.setattr(description, "replace", lambda recipe, observables: observables)
    assert description._expanded(given, grid(2, 3)) == ("network",)
    assert given.asked[-1] == (0, 2)
