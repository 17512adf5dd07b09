"""Steady states behind one mode: doubles, more digits or neither, by fractions that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction import memory, one_mode
from thermalent.continued_fraction.chain.fraction import MOST_TIERS, Fraction
from thermalent.continued_fraction.lattice.solve import DEFAULT_RTOL, ENOUGH
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.one_mode import OneModePlan
from thermalent.solution.method import MethodError
from thermalent.solution.result import Outcome
from thermalent.solution.tasks import SteadyStateTask
from thermalent.support import memory_limit

LINK = te.thermal_link(2.0, 0.4, 0.8, qubits=1)


def settings(*, doubles=False, **given):
    return ContinuedFraction(**given).settings._replace(doubles=doubles)


def fraction(outcome="converged", *, error=1e-12, tiers=40):
    return Fraction(
        k=np.zeros((2, 2)), x=np.array([0.75, 0.25]), tiers=tiers, error=error, scale=0.75,
        residual=0.0, uncertainty=0.0, outcome=outcome,
    )  # fmt: skip


@pytest.fixture
def found(monkeypatch):
    """The steady state of a given fraction, None if numbers overflow, and the digits tried."""

    def made(given, *, digits_help=True, network=LINK, **options):
        tried = []

        def in_balls(self, reason, digits=None, budget=None):
            tried.append((reason, digits, budget))
            return SimpleNamespace(status=SimpleNamespace(ok=digits_help), error=1e-20)

        def evaluate(*_, **how):
            tried.append((how["rtol"], how["last"], how["most"]))
            if given is None:
                raise np.linalg.LinAlgError
            return given

        monkeypatch.setattr(OneModePlan, "small", None)
        monkeypatch.setattr(OneModePlan, "_in_balls", in_balls)
        monkeypatch.setattr(one_mode, "evaluate_chain", evaluate)
        plan = OneModePlan(
            task=SteadyStateTask(network=network), settings=settings(**options),
            numbers=np.array([0, 1]),
        )  # fmt: skip
        return plan.compute(), tried[1:]

    return made


def test_what_converged_is_taken(found):
    state, tried = found(fraction())
    assert tried == []
    assert state.status.outcome is Outcome.CONVERGED
    assert (float(state.error), state.stats["tiers"], state.stats["n_max"]) == (1e-12, 40, 20)
    np.testing.assert_allclose(np.diag(state.state), [0.75, 0.25])


@pytest.mark.parametrize(("tiers", "helps"), [(5000, True), (5001, False)])
def test_digits_that_are_cheap_stand_in_where_rounding_ends_the_tiers(found, tiers, helps):
    given = fraction("rounding", error=1e-9, tiers=tiers)
    state, tried = found(given, rtol=1e-12)
    assert (state.error == 1e-20) is helps
    assert tried == ([("double precision cannot give the rtol", None, 3e7)] if helps else [])
    if not helps:
        assert state.status.outcome is Outcome.INACCURATE
        assert f"Ask for rtol >= {1e-8 / 0.75:.1e}" in state.status.message
    state, _ = found(given, rtol=1e-12, digits_help=False)
    assert float(state.error) == 1e-9


@pytest.mark.parametrize(
    ("tiers", "error", "rtol", "digits"),
    [
        (1001, 9.9 * DEFAULT_RTOL, None, False),
        (1000, 9.9 * DEFAULT_RTOL, None, True),
        (1001, 10.1 * DEFAULT_RTOL, None, True),
        (1001, 9.9 * DEFAULT_RTOL, DEFAULT_RTOL, True),
    ],
)
def test_nobody_waits_for_digits_that_were_not_asked_for(found, tiers, error, rtol, digits):
    given = fraction("rounding", error=0.75 * error, tiers=tiers)
    state, tried = found(given, rtol=rtol)
    assert bool(tried) is digits
    assert state.error == (1e-20 if digits else 0.75 * error)


def test_what_rounding_hides_from_hot_tiers_is_found_without_them(monkeypatch):
    monkeypatch.setattr(one_mode, "evaluate_chain", None)
    found = te.steady_state(te.thermal_link(1e7, 0.1))
    assert found.stats["form"] == "radial"
    assert found.status.outcome is Outcome.CONVERGED
    # Few tiers are quicker than the radial form; they are tried in another order first.
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        te.steady_state(te.thermal_link(1e3, 0.1), te.ContinuedFraction(rtol=1e-13))


def test_where_doubles_know_nothing_all_digits_are_spent(found):
    state, tried = found(fraction("singular", error=np.inf), digits_help=False)
    assert state.error == 1e-20
    assert tried == [("singular in double precision", None, None)]
    state, tried = found(None, digits_help=False)
    assert tried == [("the numbers leave the range of doubles", None, None)]
    state, tried = found(fraction("unsettled", error=np.inf))
    assert tried[0][0].startswith("in double precision nothing settles")


def test_tiers_that_are_given_and_doubles_alone_take_no_digits(found):
    state, tried = found(fraction("rounding", error=1e-9), n_max=20)
    assert tried == []
    assert state.status.outcome is Outcome.CONVERGED
    assert found(None, n_max=20)[1] == [("the numbers leave the range of doubles", None, None)]
    assert found(fraction("rounding", error=1e-9), doubles=True)[1] == []
    with pytest.raises(MethodError, match="too many decades apart"):
        found(None, doubles=True)
    assert found(fraction("too many tiers", error=0.1), rtol=1e-9)[1] == []


def test_digits_that_are_asked_for_are_all_that_is_tried(found, monkeypatch):
    monkeypatch.setattr(OneModePlan, "_unique", None)
    state, _ = found(None, digits=30)
    assert state.error == 1e-20


@pytest.mark.parametrize(
    ("given", "unknowns", "most"),
    [
        ({"rtol": 1e-9}, 1000, MOST_TIERS),
        ({"n_max": 9}, 1000, MOST_TIERS),
        ({}, 1, MOST_TIERS),
        ({}, 100, int(one_mode._BUDGET / 1e6)),
        ({}, 10**6, 60),
    ],
)
def test_tiers_are_limited_by_the_budget_where_nothing_is_asked_for(given, unknowns, most):
    assert one_mode._most_tiers(settings(**given), unknowns) == most


@pytest.mark.parametrize(
    ("given", "outcome", "error", "ends"),
    [
        ({}, "rounding", 0.99 * ENOUGH * 0.75, Outcome.CONVERGED),
        ({}, "rounding", 1.01 * ENOUGH * 0.75, Outcome.INACCURATE),
        ({}, "too many tiers", 0.99 * ENOUGH * 0.75, Outcome.CONVERGED),
        ({}, "too many tiers", 1.01 * ENOUGH * 0.75, Outcome.NOT_CONVERGED),
        ({"rtol": 1e-3}, "unsettled", 1e-9, Outcome.NOT_CONVERGED),
        ({"rtol": 1e-3}, "converged", 1e-9, Outcome.CONVERGED),
        ({"n_max": 3}, "rounding", 1e-3, Outcome.CONVERGED),
    ],
)
def test_what_a_fraction_says(given, outcome, error, ends):
    status = one_mode._status(settings(**given), fraction(outcome, error=error), None)
    assert status.outcome is ends


def test_as_many_digits_as_fit_are_the_remedy(monkeypatch):
    def plan(digits):
        return OneModePlan(
            task=SteadyStateTask(network=LINK), settings=settings(digits=digits),
            numbers=np.array([0, 1]),
        )  # fmt: skip

    needed = {digits: plan(30)._cost_of_digits(digits).bytes for digits in range(1, 31)}
    monkeypatch.setattr(memory_limit, "fits", lambda bytes_: bytes_ <= needed[17])
    most = max(digits for digits in needed if needed[digits] <= needed[17])
    assert plan(30).remedy == f"{most} digits would fit."
    assert plan(30).cost == plan(30)._cost_of_digits(30)
    assert not plan(30).always_fits


def test_the_cost_of_a_steady_state_is_that_of_four_folds():
    """At the depth that the default accuracy takes, whatever is asked for."""
    for given in ({}, {"rtol": 1e-3}):
        numbers = np.array([0, 1, 1, 2])
        plan = OneModePlan(
            task=SteadyStateTask(network=te.thermal_link(2.0, 0.4)), settings=settings(**given),
            numbers=numbers,
        )  # fmt: skip
        tiers = memory.expected_tiers(plan.task.network, DEFAULT_RTOL)
        assert plan.cost.operations == pytest.approx(4 * tiers * 8**3)
        assert plan.cost.bytes == memory.steady_state_bytes(numbers)
        assert plan.always_fits
