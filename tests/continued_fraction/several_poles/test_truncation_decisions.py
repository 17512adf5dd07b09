"""When the search for quanta and tiers behind several poles ends, and with which error."""

from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.chain_searches import LINK, fraction
from thermalent.continued_fraction.chain.convergence import ONE_BY_ONE, error_of
from thermalent.continued_fraction.several_poles import (
    converge,
    evolution,
    results,
)
from thermalent.continued_fraction.several_poles.chain.coordinates import chain_of
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.converge import _Search
from thermalent.support import memory_limit


def search(*, length=3, quanta=2, rtol=1e-3, floor=1e-6, of_tiers=0.0, limited=False):
    found = object.__new__(_Search)
    found.chain = SimpleNamespace(length=length, numbers=np.zeros(4), real=True)
    found.quanta, found.rtol, found.floor, found.of_tiers = quanta, rtol, floor, of_tiers
    found.limited, found.work = limited, 0.0
    return found


def test_what_the_tiers_leave_out_is_added_to_the_changes_of_orders():
    found = search(of_tiers=2e-5)._judged(fraction(), np.array([0.0, 1e-5, 4e-6]), 2)
    assert found.error == pytest.approx(3 * 4e-6 + 2e-5 + 0.5e-6)
    assert found.outcome == "converged"
    first = search(of_tiers=2e-5)._judged(fraction(), np.array([0.0, 0.0, 1e-5]), 1)
    assert (first.error, first.outcome) == (np.inf, "")


@pytest.mark.parametrize(
    ("change", "rtol", "floor", "outcome"),
    [
        (0.16e-3, 1e-3, 1e-6, "converged"),  # three times that is allowed of the scale, 0.5
        (0.17e-3, 1e-3, 1e-6, ""),
        (1e-9, 1e-6, 0.9e-6, "converged"),
        (1e-9, 1e-6, 1.1e-6, "coordinates"),  # what its coordinates lose is more
    ],
)
def test_ends_of_the_search_for_quanta(change, rtol, floor, outcome):
    found = search(rtol=rtol, floor=floor)
    changes = np.array([0.0, 2 * change, change])
    assert found._judged(fraction(), changes, 2).outcome == outcome


def test_changes_that_no_longer_fall_are_called_rounding():
    changes = np.array([1.2e-8, 1.1e-8, 1e-8])
    found = search(rtol=1e-12)._judged(fraction(), changes, 3)
    assert found.outcome == "rounding"


@pytest.mark.parametrize(("other", "is_rounding"), [(1.1e-2, True), (0.9e-2, False)])
def test_it_is_rounding_if_another_scaling_changes_a_tenth_of_it(monkeypatch, other, is_rounding):
    """Of the error without what the tiers leave out; in the scaling that was not used."""
    found, scalings = search(quanta=3, of_tiers=0.4), []
    found._evaluated = lambda last, *, rescaled: scalings.append((last, rescaled))
    found.stationary = SimpleNamespace(solve=lambda k: np.array([other]))
    found.built = None
    monkeypatch.setattr(converge, "largest", lambda built, x: float(abs(x[0])))
    monkeypatch.setattr(converge, "work", lambda chain, most, depth: 7.0)
    assert found._is_rounding(fraction(error=0.5)) is is_rounding
    assert scalings == [(20, False)]
    assert found.work == 7.0
    found.quanta = 2
    found._is_rounding(fraction(error=0.5))
    assert scalings[1] == (20, True)


@pytest.mark.parametrize(
    ("limited", "error", "granted"),
    [
        (False, 1.0, 6e12),
        (True, 0.4e-6, 2e10),  # relative to 0.5: six digits are enough for half the budget
        (True, 0.6e-6, 4e10),
        (True, 0.9 * 0.5 * converge.ENOUGH, 4e10),
        (True, 1.1 * 0.5 * converge.ENOUGH, 4e12),
    ],
)
def test_the_next_order_is_folded_as_far_as_its_work_is_granted(
    monkeypatch, limited, error, granted
):
    asked = []

    def work(chain, most, depth):
        asked.append((most, depth))
        return 1e9

    monkeypatch.setattr(converge, "work", work)
    monkeypatch.setattr(memory_limit, "fits", lambda needed: True)
    found = search(limited=limited)
    found.work = granted - 1.01e9
    assert found._obstacle(30, fraction(error=error)) is None
    assert asked == [(3, 30)]
    found.work = granted - 0.99e9
    obstacle = found._obstacle(30, fraction(error=error))
    assert obstacle.outcome == "budget"
    assert obstacle.needed == pytest.approx(granted + 0.01e9)
    found.work = 0.0
    monkeypatch.setattr(memory_limit, "fits", lambda needed: False)
    obstacle = found._obstacle(30, fraction(error=error))
    assert obstacle == ("memory", converge.bytes_needed(found.chain, 3))


@pytest.mark.parametrize(
    ("errors", "tiers"),
    [
        ({20: 0.9e-4, 17: 0.9e-4}, 20),
        ({20: 0.9e-4, 17: 1.1e-4, 28: 0.5e-4, 24: 1e-5}, 28),  # both numbers of tiers count
        ({20: 1.1e-4, 17: 0.0, 28: 0.5e-4, 24: 1e-5}, 28),
    ],
)
def test_tiers_are_as_many_as_one_quantum_needs(monkeypatch, errors, tiers):
    """What they leave is compared with twice as many, at them and at a seventh less."""
    found = search(length=3)
    found.few, found.few_stationary = None, SimpleNamespace(solve=None, degenerate=None)
    monkeypatch.setattr(
        converge.fractions, "evaluate_chain",
        lambda *given, rtol, **other: fraction(tiers=20, scale=0.1, outcome="converged"),
    )  # fmt: skip
    asked = []

    def few(last):
        asked.append(last)
        return np.array([0.0 if last in (40, 56) else errors[last]])

    found._few = few
    monkeypatch.setattr(converge, "largest", lambda built, x: float(abs(x[0])))
    assert found._with_few_quanta(1e-3).tiers == tiers
    assert asked[0] == 40
    last = max(errors[tiers], errors[int(tiers / 1.15)])
    assert found.of_tiers == pytest.approx(3 * last)
    assert found.work == pytest.approx(8 * converge.work(found.chain, 1, 20))


def reached(monkeypatch, value, *, rtol=2e-3, granted=6e12, length=2, radii=(0.1,)):
    """An asymptotic state of the population value(quanta, depth, radius), and what was asked."""
    asked, chosen = [], list(radii)

    class Pole:
        def __init__(self, quanta, initial):
            self.quanta = quanta

        def tiers(self, rtol):
            return 20

        def circle(self, depth):
            asked.append("circle")
            radius = chosen.pop(0) if len(chosen) > 1 else chosen[0]
            return radius, self.at(depth, radius), 1e-11

        def agrees(self, depth, radius, state, lost):
            asked.append("agrees")
            assert lost == pytest.approx(1e-9)  # of interpolated states, whichever the radius
            return np.array_equal(state, self.at(depth, radii[-1]))

        def interpolated(self, depth, radius):
            asked.append(depth)
            return self.at(depth, radius)

        def at(self, depth, radius):
            x = value(self.quanta, depth, radius)
            return np.diag([x, 1 - x])

    monkeypatch.setattr(results, "PoleAtZero", Pole)
    monkeypatch.setattr(results, "tiers", lambda chain, quanta, start: quanta)
    monkeypatch.setattr(results, "work", lambda chain, quanta, depth: 1e9)
    monkeypatch.setattr(results, "MOST_WORK", granted)
    chain = SimpleNamespace(length=length, rounding=1e-12)
    return *results._reached(chain, np.eye(2), rtol, lambda text: None), asked


def converging(quanta, depth, radius):
    return {1: 0.7, 2: 0.7 + 1e-3}.get(quanta, 0.7 + 1e-3 + 2.5e-4)


def test_a_state_that_is_reached_has_the_error_of_its_last_changes(monkeypatch):
    state, error, depth, quanta, ended, asked = reached(monkeypatch, converging)
    # Every other time with twice as many tiers; the radius is chosen first and checked at last.
    assert asked == ["circle", 40, 20, 40, "agrees"]
    assert (depth, quanta, ended) == (40, 3, "")
    changes = np.array([0.0, 1e-3, 2.5e-4])
    expected = error_of(ONE_BY_ONE, changes, 2, state[0, 0]) + 1e-12 + 1e-9
    assert error == pytest.approx(expected, rel=1e-9)
    # A longer chain begins with one quantum, too.
    assert reached(monkeypatch, converging, length=4)[2:4] == (40, 3)
    alone = reached(monkeypatch, lambda quanta, depth, radius: 0.7 - depth * 5e-7, length=1)
    assert alone[1] == pytest.approx(1e-5 + 1e-12 + 1e-9, rel=1e-6)
    assert alone[-1] == ["circle", 40, 20]
    alone = reached(monkeypatch, lambda quanta, depth, radius: 0.7, length=1)
    assert alone[1] == pytest.approx(1e-12 + 1e-9, rel=1e-6)


def test_a_slow_rate_that_only_more_quanta_have_is_found_at_the_end(monkeypatch):
    """The states within the first radius converge to one that is left later."""

    def value(quanta, depth, radius):
        return converging(quanta, depth, radius) - 0.2 * (radius > 0.01)

    state, error, _, quanta, ended, asked = reached(monkeypatch, value, radii=(0.1, 1e-3))
    assert state[0, 0] == pytest.approx(0.70125)
    assert (quanta, ended, asked.count("circle"), asked.count("agrees")) == (4, "", 2, 2)
    assert error < 2e-3 * state[0, 0]
    # Where no work is left for more quanta, the distance is part of the error.
    _, error, _, quanta, ended, _ = reached(
        monkeypatch, value, radii=(0.1, 1e-3), granted=6.0 * (3 + 2 + 1) * 1e9 - 1
    )
    assert (quanta, ended) == (3, "budget")
    assert 0.2 < error < 0.21


@pytest.mark.parametrize(("granted", "quanta"), [(24e9 - 1, 1), (24e9 + 1, 2), (30e9 + 1, 3)])
def test_the_search_for_a_reached_state_ends_with_its_budget(monkeypatch, granted, quanta):
    """Six folds for each, and twice as many for the comparison are counted beforehand."""
    found = reached(monkeypatch, lambda quanta, *other: 0.4 + 0.1 * quanta, granted=granted)
    assert found[3:5] == (quanta, "budget")


@pytest.mark.parametrize(
    ("granted", "quanta", "reachable", "error"),
    [
        (np.inf, 5, 3e-3, 0.2 * 3 * 9e-4),  # of which a fifth of the change before may be left
        (69.0, 3, 1e-2, 0.2 * 3 * 0.1),  # three at least, whatever they take
        (71.0, 4, 9e-4, 0.2 * 3 * 1e-2),
    ],
)
def test_quanta_of_an_evolution_are_added_as_far_as_work_is_granted(
    monkeypatch, granted, quanta, reachable, error
):
    """With the change of the last one, where the tolerance is not reached."""
    sector = evolution._Sector(chain_of(LINK), np.eye(2), 0, 30)
    values, folds = {1: 0.0, 2: 0.1, 3: 0.11, 4: 0.1109, 5: 0.1109}, []

    def fold_work(depth, size):
        folds.append((depth, size))
        return 20.0 * len(folds) / evolution._FOLDS + 10.0 / evolution._FOLDS

    monkeypatch.setattr(evolution, "fold_work", fold_work)
    monkeypatch.setattr(sector, "built", lambda k: (SimpleNamespace(sizes=(6 * k, k), k=k), None))
    monkeypatch.setattr(
        sector, "_transformed", lambda built, start, weighted: np.array([values[built.k], 0.0])
    )
    monkeypatch.setattr(evolution, "_probes", lambda built, times: [])
    found = sector.quanta(np.ones(1), 3e-3, granted)
    assert found == (quanta, pytest.approx(reachable), pytest.approx(error))
    # The blocks of the next order, from those of this one.
    expected = [(30, 6 * k * count(1, k + 1) / count(1, k)) for k in range(1, len(folds) + 1)]
    assert folds == [pytest.approx(one) for one in expected]
    one = evolution._Sector(SimpleNamespace(length=1), np.eye(2), 0, 30)
    assert one.quanta(np.ones(1), 3e-3, 0.0) == (0, 3e-3, 0.0)
