"""Results of ball arithmetic: their errors, when they count as undecided, and how they end."""

import numpy as np
import pytest
from flint import acb_mat

import thermalent as te
from thermalent.continued_fraction.chain.hierarchy import hierarchy
from thermalent.continued_fraction.method import ContinuedFraction
from thermalent.continued_fraction.more_digits import extended, solve
from thermalent.continued_fraction.more_digits.extended import Extended
from thermalent.continued_fraction.more_digits.memory_of_balls import BALL_BUDGET
from thermalent.solution.result import Outcome

EPS = np.finfo(float).eps
LINK = te.thermal_link(2.0, 0.4, 0.8, qubits=1)
STATE = acb_mat([[0.75, 0.0], [0.0, 0.25]])


def ended(outcome="converged", *, condition=1.0, state=STATE, error=1e-12):
    return Extended(
        outcome=outcome, state=state, error=error, scale=0.75, tiers=31, bits=192, proven=True,
        condition=condition, sizes=(2, 3),
    )  # fmt: skip


@pytest.fixture
def steady(monkeypatch):
    """The result of searches whose ends are given, and what they were asked for."""

    def made(*ends, **given):
        asked, left = [], list(ends)

        def search(network, rtol, **how):
            asked.append((rtol, how))
            return left.pop(0)

        monkeypatch.setattr(extended, "solve", search)
        record = ContinuedFraction().record
        found = solve.ball_steady_state(LINK, hierarchy(LINK), record, 1e-9, "asked", **given)
        return found, asked

    return made


def test_the_error_of_doubles_is_that_of_the_balls_and_the_rounding_to_doubles(steady):
    found, asked = steady(ended())
    assert found.error == pytest.approx(1e-12 + EPS * 0.75, rel=1e-9, abs=0)
    np.testing.assert_array_equal(found.state, np.diag([0.75, 0.25]))
    assert (found.stats["n_max"], found.stats["tail"], found.stats["bits"]) == (16, "bounded", 192)
    ((rtol, how),) = asked
    assert (rtol, how["digits"], how["budget"]) == (1e-9, None, BALL_BUDGET)
    assert "precise" not in found.stats
    _, ((_, how),) = steady(ended(), budget=77.0)
    assert how["budget"] == 77.0


def test_digits_are_written_with_ten_more_than_were_asked_for(steady):
    found, _ = steady(ended(), digits=9)
    assert found.stats["digits"] == 9
    precise = found.stats["precise"]
    assert precise["real"] == [["0.750000000000000000000", "0"], ["0", "0.250000000000000000000"]]
    assert float(precise["error"]) == pytest.approx(1e-12, rel=1e-3)
    assert "precise" not in steady(ended("budget"), digits=9)[0].stats


@pytest.mark.parametrize(
    ("condition", "related", "unique"),
    [(0.9e11, None, True), (1.1e11, "converged", True), (1.1e11, "singular", False)],
)
def test_where_the_couplings_last_digits_could_decide_related_ones_are_looked_at(
    steady, condition, related, unique
):
    ends = [ended(condition=condition)] + [ended(related)] * (related is not None)
    found, asked = steady(*ends)
    assert len(asked) == len(ends)
    if related:
        rtol, how = asked[1]
        assert (rtol, how["most_bits"]) == (1e-3, 192)
        assert callable(how["couplings"])
    assert (found.status.outcome is Outcome.NOT_UNIQUE) is not unique
    assert np.isfinite(found.error) == unique
    assert np.all(np.isfinite(found.state)) == unique


@pytest.mark.parametrize(
    ("outcome", "ends", "words"),
    [
        ("singular", Outcome.NOT_UNIQUE, r"its equation is singular to 192 bits"),
        ("budget", Outcome.NOT_CONVERGED, r"the budget of a solve, its error is 1.0e-12"),
        ("memory", Outcome.NOT_CONVERGED, r"all that fit into memory, its error"),
        ("precision", Outcome.INACCURATE, r"192 bits leave an error of 1.0e-12"),
    ],
)
def test_what_did_not_converge_says_why(steady, outcome, ends, words):
    found, asked = steady(ended(outcome, condition=1e20))
    assert len(asked) == 1
    assert found.status.outcome is ends
    assert words in found.status.message
    # One stationary state is no list of several.
    assert "independent stationary states" not in found.status.message
    assert np.all(np.isnan(found.state)) == (outcome == "singular")


def test_without_a_state_there_is_none(steady):
    found, _ = steady(ended("precision", state=None, error=np.inf))
    assert found.state.shape == (2, 2)
    assert np.all(np.isnan(found.state))
