"""Runs of a schedule behind one mode: how many tiers, nodes and steps each has, and the error."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.switching import evolution
from thermalent.solution.errors import MethodError

EPS = np.finfo(float).eps
TIMES = np.array([0.0, 1.0, 2.0])


@pytest.fixture
def converged(monkeypatch):
    """The result of runs whose values are given, and what each of them was asked for."""

    def found(values, tolerance=1e-4, depth=31, *, pieces=1, cooling=False, **settings):
        asked, left = [], [np.array(row)[:, None] * [[0.2, 1.0]] for row in values]
        shown = {"rounding": 0.0, "missed": 0.0, "refused": 0.0} | settings

        class Run:
            def __init__(self, own, last, norm, *, folded, **given):
                asked.append({"own": own, "last": last, "norm": norm, "folded": folded, **given})
                self.last, self.starts = last, f"starts of {last}"
                self.__dict__.update(shown)

            def values(self, times):
                return left.pop(0)

        def tiers(name):
            return SimpleNamespace(
                up_to=lambda last: (name, last), redrawn=lambda: tiers("redrawn"),
                pieces=pieces * [None], cooling=cooling,
            )  # fmt: skip

        monkeypatch.setattr(evolution, "ScheduleRun", Run)
        result = evolution._converged(tiers("tiers"), TIMES, depth, tolerance, print, "reading")
        return *result, asked

    return found


def test_the_second_run_has_more_tiers_than_the_steady_state_and_the_first_fewer(converged):
    values, error, last, asked = converged([[1.0] * 3, [1.0, 1 + 2e-5, 1 + 1e-5]])
    assert [one["last"] for one in asked] == [2 * 14 + 2, 2 * 16 + 4]
    assert [one["own"] for one in asked] == [("tiers", 30), ("tiers", 36)]
    # Every other run rounds otherwise and takes other steps.
    assert [one["folded"] for one in asked] == [("redrawn", 30), ("tiers", 36)]
    assert [one["norm"] for one in asked] == [1.07, 1.0]
    assert [one["starts"] for one in asked] == [None, "starts of 30"]
    assert {(one["reading"], one["granted"]) for one in asked} == {("reading", 1e13)}
    assert last == 36
    np.testing.assert_allclose(values[:, 1], [1.0, 1 + 2e-5, 1 + 1e-5])
    # The largest change at this or an earlier time.
    np.testing.assert_allclose(error, [4 * EPS, 2e-5 + 1e-13, 2e-5 + 1e-13], rtol=1e-9)


def test_rounding_and_what_contours_miss_are_part_of_the_error(converged):
    _, error, *_ = converged([[1.0] * 3] * 2, rounding=1e-7, missed=2e-6)
    np.testing.assert_allclose(error, [4 * EPS, *[1e-13 + 8e-7 + 2e-6] * 2], rtol=1e-9)
    # What rounding explains ends the runs.
    runs = [[1.0] * 3, [1.0 + 7e-4] * 3, [1.0] * 3]
    assert len(converged(runs, rounding=1e-4)[-1]) == 2
    assert len(converged(runs[:2] * 3, rounding=0.8e-4)[-1]) == 6


def test_runs_grow_by_half_until_the_change_is_allowed(converged):
    *_, last, asked = converged([[1.0] * 3, [1.1] * 3, [1.2] * 3, [1.2] * 3])
    assert [one["last"] for one in asked] == [30, 36, 54, 82]
    assert last == 82
    assert [one["norm"] for one in asked] == [1.07, 1.0, 1.07, 1.0]
    assert [one["starts"] for one in asked[1:]] == ["starts of 30"] * 3
    # Five times at most, with the last change as the error.
    _, error, _, asked = converged([[1.0 + 0.1 * (-1) ** n] * 3 for n in range(8)])
    assert len(asked) == 6
    assert error[-1] == pytest.approx(0.2, rel=1e-6)


@pytest.mark.parametrize(
    ("tolerance", "pieces", "missed"), [(1e-4, 1, 1e-5), (1e-4, 4, 2.5e-6), (1e-12, 1, 1e-13)]
)
def test_contours_may_miss_a_tenth_of_the_tolerance_in_all(converged, tolerance, pieces, missed):
    *_, asked = converged([[1.0] * 3, [1.1] * 3, [1.1] * 3], tolerance, pieces=pieces)
    nodes = int(np.ceil(-np.log(missed / 3)))
    assert [one["missed"] for one in asked] == pytest.approx([missed] * 3, abs=0)
    assert [one["nodes"] for one in asked] == [
        min(int(np.ceil(nodes * 1.25**number)), 54) for number in range(3)
    ]


def test_a_source_that_cools_takes_half_as_many_tiers_more(converged):
    *_, asked = converged([[1.0] * 3] * 2, depth=31, cooling=True)
    assert [one["last"] for one in asked] == [2 * 20 + 2, 2 * 23 + 4]


def test_what_steps_cannot_follow_is_refused(converged):
    with pytest.raises(MethodError, match=r"Steps to t = 2 would take 3e\+14 multiplications"):
        converged([[1.0] * 3] * 2, refused=3e14)


def test_tiers_are_those_of_the_hottest_source_behind_some_of_many_networks(monkeypatch):
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Mode:
        variance: float

    @dataclass(frozen=True)
    class Given:
        modes: tuple
        tiers: int

    asked = []
    monkeypatch.setattr(
        evolution, "needed_depth",
        lambda h, tolerance: asked.append((h.tiers, h.modes[0].variance, tolerance)) or h.tiers,
    )  # fmt: skip
    pieces = [Given((Mode(0.1 * n),), n) for n in range(20)]
    source = evolution.InitialSource(0.5, 1.5)
    step = max(1, 20 // evolution._PROBED)
    assert evolution._depth(pieces, source, 1e-4) == max(range(0, 20, step))
    assert asked == [(n, 1.5**2, 1e-4) for n in range(0, 20, step)]
    asked.clear()
    assert evolution._depth(pieces[:3], evolution.InitialSource(3.5, 1.5), 1e-4) == 2
    assert asked == [(n, 3.5, 1e-4) for n in range(3)]
    asked.clear()
    evolution._depth([*pieces[:2], Given((Mode(9.0),), 4)], evolution.InitialSource(0, 1), 1e-4)
    assert {one[1] for one in asked} == {9.0}
