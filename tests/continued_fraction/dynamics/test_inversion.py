"""When a contour takes more nodes, and what it says of its error."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.chain import hierarchy_chain
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.dynamics.laplace import oscillations
from thermalent.continued_fraction.dynamics.laplace.conserved import Conserved
from thermalent.continued_fraction.dynamics.laplace.inversion import (
    ExponentialSum,
    Inverter,
    Response,
)
from thermalent.continued_fraction.dynamics.laplace.reduced import Folded, Transformed

TOLERANCE = 1e-8


def refined(monkeypatch, values):
    """The window of an inverter whose sums are constants, and how many sums it took."""
    sums = [ExponentialSum(np.zeros(1), np.full((1, 1), value), True) for value in values]
    taken = iter(sums)
    monkeypatch.setattr(Inverter, "_sum", lambda *_: next(taken))
    response = Response(transform=lambda z, depth: np.zeros(1))
    window = Inverter(response, 5, TOLERANCE, real=True)._window(1.0, 10.0)
    return window, len(sums) - len(list(taken))


@pytest.mark.parametrize(("gain", "count"), [(4.1, 4), (3.9, 3)])
def test_more_nodes_as_long_as_they_gain_a_factor_of_four(monkeypatch, gain, count):
    """Changes of 1e-3, of that over the gain, and of what is good enough."""
    values = 0.5 + np.cumsum([0.0, 1e-3, 1e-3 / gain, TOLERANCE / 8, 0.0])
    window, taken = refined(monkeypatch, values)
    assert taken == count
    last = {4: TOLERANCE / 8, 3: 1e-3 / gain}[count]
    assert window.error == pytest.approx(last, abs=2e-13)


def test_enough_is_a_quarter_of_the_tolerance(monkeypatch):
    for share, count in ((0.24, 2), (0.26, 3)):
        _, taken = refined(monkeypatch, [0.5, 0.5 + share * TOLERANCE, 0.5 + share * TOLERANCE])
        assert taken == count


def test_transforms_at_many_nodes_are_those_at_one():
    """Of a chain in a compiled loop, and of another equation one after the other."""
    h = hierarchy(te.thermal_link(3.0, 0.3, detuning=0.2))
    chain = hierarchy_chain(h)
    b = np.linspace(1, 2, chain.tier0_size)
    nodes, conserved = np.array([0.5 + 1j, -0.1 + 2j, 3 - 0.4j]), Conserved(chain)
    equation = Folded(chain, b)
    for given in (equation, lambda z, depth: equation(z, depth)):
        transform = Transformed(lambda: conserved, given)
        for depth in (0, 1, 30):
            alone = [transform(complex(z), depth) for z in nodes]
            # Solutions of equations of condition 1e3 at the most, rounded otherwise.
            np.testing.assert_allclose(transform.at_nodes(nodes, depth), alone, rtol=1e-12)


@pytest.mark.parametrize(("share", "kept"), [(0.24, True), (0.26, False)])
def test_the_next_contour_begins_with_as_many_nodes_where_they_were_enough(
    monkeypatch, share, kept
):
    sums = [0.5, 0.5 + share * TOLERANCE, 0.5, 0.5 + share * TOLERANCE]
    given = iter([ExponentialSum(np.zeros(1), np.full((1, 1), x), True) for x in sums])
    monkeypatch.setattr(Inverter, "_sum", lambda *_: next(given))
    inverter = Inverter(Response(transform=lambda z, depth: np.zeros(1)), 5, TOLERANCE, real=True)
    first = inverter.fewest
    inverter._window(1.0, 10.0)
    assert (inverter.fewest > 0) is kept
    assert inverter.fewest >= first


@pytest.mark.parametrize(("real", "centres"), [(False, [50j, -40j]), (True, [0, 50j, -40j])])
def test_every_lasting_pole_is_within_one_contour(real, centres):
    """Around the least damped one that is in none yet; those that have decayed need none."""
    found = object.__new__(Inverter)
    found.tolerance, found.real = TOLERANCE, real
    found.poles = np.array([-0.03 - 40.1j, -0.01 + 50j, -0.02 - 40j, -90.0 + 3j])
    assert found._centres(1.0, 3.0, 16).tolist() == centres


def test_a_contour_that_was_refined_twice_or_not_enough_looks_at_rounding_once_more(monkeypatch):
    """The same sum from entries rounded otherwise: what it differs by is rounding."""
    other = 3e-5
    for steps, taken, error in (
        ([0.0, TOLERANCE / 8], 2, TOLERANCE / 8),
        ([0.0, 1e-3, TOLERANCE / 8], 4, other),
        ([0.0, 1e-3, 0.9e-3], 4, 0.9e-3),
    ):
        values = 0.5 + np.cumsum(steps)
        sums = [*values, values[-1] + other]
        given = iter([ExponentialSum(np.zeros(1), np.full((1, 1), x), True) for x in sums])
        monkeypatch.setattr(Inverter, "_sum", lambda *_, given=given: next(given))
        unused = Response(transform=lambda z, n: np.zeros(1), redrawn=lambda z, n: np.zeros(1))
        window = Inverter(unused, 5, TOLERANCE, real=True)._window(1.0, 10.0)
        assert len(sums) - len(list(given)) == taken
        assert window.error == pytest.approx(error, rel=1e-4)
        assert (window.rounding > 1e-6) is (taken == len(sums))


def test_numbers_of_nodes_grow_by_a_third_and_the_next_contour_begins_below_the_last(monkeypatch):
    """From one node per factor of e of the tolerance on, and no more than 54 of them."""
    asked, away = [], iter([1e-3, 1e-3 / 5, 1e-3 / 25, 1e-3 / 125, TOLERANCE / 8, 0.0, 0.0])

    def made(self, transform, first, span, count, depth):
        asked.append((count, depth))
        value = made.last + next(away)
        made.last = value
        return ExponentialSum(np.zeros(1), np.full((1, 1), value), True)

    made.last = 0.5
    monkeypatch.setattr(Inverter, "_sum", made)
    response = Response(transform=lambda z, depth: np.zeros(1))
    inverter = Inverter(response, 20, TOLERANCE, real=True)
    inverter._window(1.0, 10.0)
    assert asked == [(19, 20), (26, 27), (36, 27), (49, 27), (67, 27)]
    assert inverter.fewest == 49
    assert Inverter(response, 3, TOLERANCE, real=True).deeper == 5


@pytest.mark.parametrize("unit", [1.0, 2.0**30, 2.0**-30])
def test_an_oscillation_is_refined_by_secants_until_it_is_one(monkeypatch, unit):
    """Of one level with K(z) = z^2/10, whose root is known; one that never comes closer is none."""
    own, asked = np.array([[-0.1 + 1j]]), []

    def refined(of_k, start=0.9j):
        asked.clear()

        def evaluated(chain, z, depth):
            asked.append(z)
            return unit * np.array([[of_k(z / unit)]])

        monkeypatch.setattr(oscillations, "evaluate_truncated", evaluated)
        found = oscillations._refined(None, unit * own, unit * start, 5, unit)
        return None if found is None else found / unit

    root = 5 - np.sqrt(25 - 10 * own[0, 0])
    assert refined(lambda z: 0.1 * z**2) == pytest.approx(root, abs=1e-15)
    assert len(asked) == 6
    assert refined(lambda z: z + 0.5 - own[0, 0]) is None
    assert len(asked) == 2
    close = 1e-7
    assert refined(lambda z: z + close - own[0, 0]) == pytest.approx(0.9j + close, abs=1e-15)
    assert refined(lambda z: np.nan) is None
