"""When tiers are tried after the radial form, and what its results say, by given errors."""

from types import SimpleNamespace

import numpy as np
import pytest

import thermalent as te
from thermalent.continued_fraction.chain.fraction import MOST_TIERS
from thermalent.continued_fraction.lattice.solve import ENOUGH
from thermalent.continued_fraction.memory import expected_tiers
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.radial import plan
from thermalent.continued_fraction.radial.solve import Radial
from thermalent.solution.result import Outcome

LINK = te.thermal_link(2.0, 0.5)


def settings(**given):
    return ContinuedFraction(**given).settings


def test_the_radial_form_takes_over_where_tiers_take_as_long():
    """Of an accuracy; digits and tiers that are given are those of the hierarchy."""
    assert plan.widest_folded(settings(digits=20)) == np.inf
    assert plan.widest_folded(settings(n_max=20)) == np.inf
    for rtol in (1e-4, 1e-9):
        width = plan.widest_folded(settings(rtol=rtol))
        hot = te.thermal_link(2 * width**2, 1.0)
        assert expected_tiers(hot, rtol) == pytest.approx(plan._AS_LONG_AS, rel=1e-6)


def found(*, ended_by="rounding", sizes=(20, 30), error=1e-3, scale=0.5):
    return SimpleNamespace(
        network=LINK, error=error, state=np.diag([scale, -0.2]),
        stats={"ended_by": ended_by, "unknowns_per_tier": sizes},
    )  # fmt: skip


def test_tiers_are_tried_where_they_take_bearable_work(monkeypatch):
    tiers = {"n": 1000.0}
    monkeypatch.setattr(plan, "expected_tiers", lambda network, rtol: tiers["n"])
    asked = settings(rtol=1e-9)
    assert not plan.tiers_may_help(found(ended_by="converged"), asked)
    assert plan.tiers_may_help(found(), asked)
    for sizes, block in (((20, 30), 30), ((3, 4), 8)):  # small blocks hardly take less
        for share, helps in ((0.99, True), (1.01, False)):
            tiers["n"] = 1000.0
            work = 4.0 * 1000.0 * block**3
            monkeypatch.setattr(plan, "_MOST_WORK", work / share)
            monkeypatch.setattr(plan, "_WORK_UNASKED", work / share)
            assert plan.tiers_may_help(found(sizes=sizes), asked) is helps
            assert plan.tiers_may_help(found(sizes=sizes), settings()) is helps
    monkeypatch.setattr(plan, "_MOST_WORK", np.inf)
    tiers["n"] = 0.99 * MOST_TIERS
    assert plan.tiers_may_help(found(), asked)
    tiers["n"] = 1.01 * MOST_TIERS
    assert not plan.tiers_may_help(found(), asked)


@pytest.mark.parametrize(("error", "helps"), [(0.49e-6, False), (0.51e-6, True), (np.nan, True)])
def test_where_nothing_is_asked_for_six_digits_need_no_tiers(error, helps):
    assert plan.tiers_may_help(found(error=error), settings()) is helps


def radial(outcome, error):
    empty = np.zeros((2, 2))
    return Radial(empty, error, empty, 0.5, 100, 3, outcome)


@pytest.mark.parametrize(
    ("given", "outcome", "error", "ends"),
    [
        ({"rtol": 1e-9}, "converged", 1e-10, Outcome.CONVERGED),
        ({}, "rounding", 0.99 * ENOUGH * 0.5, Outcome.CONVERGED),
        ({}, "rounding", 1.01 * ENOUGH * 0.5, Outcome.INACCURATE),
        ({"rtol": 1e-9}, "rounding", 1e-6, Outcome.INACCURATE),
        ({"rtol": 1e-9}, "singular", 1e-6, Outcome.NOT_CONVERGED),
        ({"rtol": 1e-9}, "rounding", 0.51, Outcome.NOT_CONVERGED),
        ({"rtol": 1e-9}, "rounding", 0.49, Outcome.INACCURATE),
        ({"rtol": 1e-9}, "rounding", np.nan, Outcome.NOT_CONVERGED),
    ],
)
def test_what_a_result_says(given, outcome, error, ends):
    status = plan._status(settings(**given), radial(outcome, error))
    assert status.outcome is ends
    if ends is Outcome.INACCURATE:
        assert f"the error is about {error:.1e}" in status.message
        assert f"Ask for rtol >= {4 * error:.1e}" in status.message
