"""Random calls of everything public: what is wrong is found, and nothing is wrong in a few."""

import contextlib
import os

import pytest

import thermalent as te
from tests.audit.calls.outcome import (
    LONG,
    MEMORY,
    NOT_FINITE,
    RAW,
    REFUSED,
    RESULT,
    UNWELCOME,
    VIOLATIONS,
    Outcome,
    outcome,
    smallest,
)
from tests.audit.calls.random_calls import Call, random_call
from tests.audit.calls.report import calls_page
from tests.audit.calls.targets import Target, targets
from tests.audit.calls.values import names
from thermalent.support.calls import ExplainedClass

# Calls that take no longer than others; the thousands are for `make audit`.
SLOW = ("te.best_filter", "te.design", "te.optimise", "te.cross_validate", "te.testing.assert_")


@pytest.fixture(scope="module")
def known():
    return names()


def made_by_hand(function, **arguments):
    target = Target("te.purity", "FUNCTION", {"x": "1.0"}, ("x",))
    return Call(target, arguments), {"FUNCTION": function, "np": __import__("numpy")}


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: x, RESULT),
        (lambda x: te.thermal_link(-1.0, 1.0), REFUSED),
        (lambda x: {}["x"], RAW),
        (lambda x: {"value": [1.0, float("nan")]}, NOT_FINITE),
        (lambda x: [].append(bytearray(2**62)), MEMORY),
        (lambda x: te.upsilon, RAW),
        (lambda x: te.evolve(te.thermal_link(0.5, 0.5), [1.0], "00", source=6e4), LONG),
    ],
)
def test_outcomes_are_told_apart(function, kind):
    call, known = made_by_hand(function, x="1.0")
    assert outcome(call, known).kind == kind


def test_a_welcome_form_that_is_refused_is_a_violation():
    call, known = made_by_hand(lambda x: te.thermal_link(-1.0, 1.0), x="1.0")
    assert outcome(Call(call.target, call.arguments, welcome=True), known).kind == UNWELCOME


def test_the_simplest_call_is_shown():
    call, known = made_by_hand(lambda x, **more: {}["x"], x="'text'", y="2", z="np")
    assert smallest(call, outcome(call, known), known).call == "FUNCTION(x=1.0)"


def test_everything_public_is_called_and_explained():
    every = targets()
    for name in ("te.steady_state", "te.Fock", "te.Filter.scaled", "te.Filter.butterworth"):
        assert name in every
    assert len(every) > 200
    unexplained = []
    for path in every:
        value = te
        for part in path.split(".")[1:]:
            value = getattr(value, part)
        explained = hasattr(value, "__wrapped__") or isinstance(value, ExplainedClass)
        if not explained and not hasattr(value.__new__, "__wrapped__"):
            unexplained.append(path)
    assert not unexplained


def test_good_calls_work(known, tmp_path):
    with contextlib.chdir(tmp_path):
        for path, target in targets().items():
            if target.works and not path.startswith(SLOW):
                found = outcome(Call(target, target.good), known)
                assert found.kind == RESULT, f"{found}: give {path} a good call in targets.py"


def test_the_same_seed_makes_the_same_calls():
    first, second = ([random_call(4, i).text for i in range(50)] for _ in range(2))
    assert first == second
    assert len(set(first)) > 45


def test_three_hundred_calls_violate_nothing(known, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    with contextlib.chdir(tmp_path):
        calls = (random_call(2, index) for index in range(300))
        quick = [call for call in calls if not call.target.path.startswith(SLOW)]
        found = [outcome(call, known) for call in quick]
    assert not [each for each in found if each.kind in VIOLATIONS]
    assert {RESULT, REFUSED} == {each.kind for each in found}
    assert os.getcwd() != str(tmp_path)


def test_the_page_counts_and_shows_violations():
    found = [
        Outcome("te.f(1)", RESULT, seconds=0.5),
        Outcome("te.f(2)", REFUSED, "no"),
        Outcome("te.f(x)", RAW, "KeyError"),
    ]
    text = calls_page(found, seed=3, minutes=2.0)
    assert "seed 3: 3 calls" in text
    assert "**1 violations**" in text
    assert "- raw exception: `te.f(x)`. KeyError" in text
