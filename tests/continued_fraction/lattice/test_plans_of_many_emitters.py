"""Many emitters behind one mode: when they are iterated, what that costs, and how it ends."""

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction import many_emitters
from thermalent.continued_fraction.lattice import iterated
from thermalent.continued_fraction.lattice.iterated import Iterated
from thermalent.continued_fraction.lattice.lattice import sectors_of, unknowns
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.several_poles.converge import ENOUGH
from thermalent.solution.result import Outcome
from thermalent.solution.tasks import SteadyStateTask

NUMBERS = np.array([bin(i).count("1") for i in range(64)])
SIX = te.thermal_link(0.3, 0.5, qubits=6)


def settings(**given):
    return ContinuedFraction(**given).settings


def test_emitters_are_iterated_where_blocks_are_large_and_tiers_are_few(monkeypatch):
    tiers = {"n": 400.0}
    monkeypatch.setattr(many_emitters.memory, "expected_tiers", lambda network, rtol: tiers["n"])
    most, more = np.zeros(many_emitters.FOLDED), np.zeros(many_emitters.FOLDED + 1)
    assert many_emitters.iterates(SIX, more, settings())
    assert not many_emitters.iterates(SIX, most, settings())
    assert not many_emitters.iterates(SIX, more, settings(digits=10))
    tiers["n"] = 401.0
    assert not many_emitters.iterates(SIX, more, settings())
    assert many_emitters.iterates(SIX, more, settings(n_max=200))  # tiers that are given
    assert not many_emitters.iterates(SIX, more, settings(n_max=201))


def test_the_cost_is_that_of_the_accuracy_that_is_asked_for(monkeypatch):
    asked = []

    def expected(network, rtol):
        asked.append(rtol)
        return 6.4

    monkeypatch.setattr(many_emitters.memory, "expected_tiers", expected)
    of = sectors_of(NUMBERS, np.ones(1, dtype=np.int64))
    for given, rtol, tiers in (({}, 1e-3, 6), ({"rtol": 1e-7}, 1e-7, 6), ({"n_max": 2}, None, 4)):
        asked.clear()
        plan = many_emitters.ManyEmittersPlan(
            task=SteadyStateTask(network=SIX), settings=settings(**given), numbers=NUMBERS
        )
        cost = plan.cost
        assert set(asked) == ({rtol} if rtol else set())
        assert cost.bytes == iterated.iterated_bytes(of, tiers)
        each = many_emitters._ITERATIONS * many_emitters._PER_UNKNOWN
        assert cost.operations == pytest.approx(each * unknowns(of, tiers))


def found(outcome, relative):
    return Iterated(np.diag([0.5, 0.25]), 0.5 * relative, outcome, 40, 10, 20, 1e3)


@pytest.mark.parametrize(
    ("given", "outcome", "relative", "ends"),
    [
        ({"rtol": 1e-6}, "converged", 1e-7, Outcome.CONVERGED),
        ({}, "budget", 1e-4, Outcome.CONVERGED),
        ({}, "krylov", 0.9 * ENOUGH, Outcome.CONVERGED),  # where nothing is asked for
        ({}, "krylov", 1.1 * ENOUGH, Outcome.NOT_CONVERGED),
        ({"rtol": 1e-9}, "krylov", 0.9 * ENOUGH, Outcome.NOT_CONVERGED),
        ({"n_max": 9}, "krylov", 1.1 * ENOUGH, Outcome.CONVERGED),
        ({"rtol": 1e-12}, "rounding", 1e-11, Outcome.INACCURATE),
        ({"rtol": 1e-12}, "too many tiers", 1e-11, Outcome.NOT_CONVERGED),
        ({"rtol": 1e-12}, "singular", np.inf, Outcome.NOT_UNIQUE),
    ],
)
def test_how_an_iteration_ends(given, outcome, relative, ends):
    assert many_emitters._status(settings(**given), found(outcome, relative)).outcome is ends


def test_the_remedy_is_ten_times_the_error_and_a_tenth_at_most():
    message = many_emitters._status(settings(rtol=1e-9), found("krylov", 2e-5)).message
    assert "of 2 emitter levels" in message
    assert "at 40 tiers its error is still about 1.0e-05" in message
    assert "Ask for rtol >= 2.0e-04" in message
    message = many_emitters._status(settings(rtol=1e-9), found("krylov", 0.05)).message
    assert "Ask for rtol >= 1.0e-01" in message
    message = many_emitters._status(settings(rtol=1e-9), found("krylov", np.inf)).message
    assert "at 40 tiers nothing is known of its error" in message


@pytest.mark.parametrize("real", [False, True])
def test_memory_is_that_of_the_vectors_that_are_kept(real):
    of = sectors_of(NUMBERS, np.ones(1, dtype=np.int64))
    zero = of.sector(0).stop - of.sector(0).start
    number = 8 if real else 16
    for tiers, vectors in ((6, 130), (139, 795), (141, 800)):
        expected = number * unknowns(of, tiers) * vectors + 3 * 8 * zero**2
        assert iterated.iterated_bytes(of, tiers, real=real) == pytest.approx(expected)


@pytest.mark.parametrize(("tiers", "affords"), [(10, True), (11, False)])
def test_more_digits_take_more_tiers_and_three_times_the_work(monkeypatch, tiers, affords):
    asked = []
    monkeypatch.setattr(iterated, "iterated_bytes", lambda of, tiers, real: float(tiers))
    monkeypatch.setattr(
        iterated.memory_limit, "fits", lambda needed: asked.append(needed) or needed < 19
    )
    of = type("Of", (), {"sectors": None, "real": True})()
    budget = iterated.LATTICE_BUDGET
    state = found("converged", 1e-4)._replace(tiers=tiers, operations=budget / 3.01)
    assert iterated._affords(of, state) is affords
    assert asked == [round(1.8 * tiers)]
    assert not iterated._affords(of, state._replace(operations=budget / 2.99, tiers=10))
