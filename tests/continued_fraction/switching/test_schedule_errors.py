"""Errors of schedules by runs that are given, their stretches, and leaps of the reference."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import linalg, sparse

from thermalent.continued_fraction.chain.assembly import offsets
from thermalent.continued_fraction.dynamics.coherent_source import pair_raising
from thermalent.continued_fraction.several_poles.chain.placements import count
from thermalent.continued_fraction.several_poles.moving import charge_search, source_schedule
from thermalent.continued_fraction.several_poles.moving.charge_search import Goal, evolve_charge
from thermalent.continued_fraction.several_poles.moving.source_schedule import PolesSchedule
from thermalent.continued_fraction.switching import reference
from thermalent.continued_fraction.switching.evolution import _STRONG, strength, too_strong
from thermalent.continued_fraction.switching.reference import SourcePiece, source_stretches
from thermalent.continued_fraction.switching.run import (
    ContourStart,
    ScheduleRun,
    _Constant,
    _TooMuch,
)

EPS = np.finfo(float).eps
TIMES = np.array([0.0, 1.0, 2.0])


def evolved(monkeypatch, values, aims=(1e-3,), *, poles=2, granted=np.inf, fewest=1, **settings):
    """An evolution whose runs have given values; and what each run was asked for."""
    asked, left = [], list(values)
    shown = {"rounding": 0.0, "missed": 0.0, "spent": 1.0, "last": 40, "refused": 0.0} | settings

    def run(schedule, times, part, charge, size, starts, granted, report, reading):
        asked.append((*size, starts, granted))
        return np.array(left.pop(0))[:, None] * np.array([[0.2, 1.0]]), SimpleNamespace(
            starts=len(asked), **shown
        )

    monkeypatch.setattr(charge_search, "_run", run)
    depths = {1e-3: 30, 1e-5: 60}
    schedule = SimpleNamespace(chains=[SimpleNamespace(length=poles)], depth=depths.__getitem__)
    goal = Goal(aims=aims, granted=granted, report=lambda text: None)
    found = evolve_charge(schedule, TIMES, np.eye(2), 0, goal, fewest=fewest)
    return *found, asked


def test_the_error_of_a_schedule_is_that_of_the_changes_at_this_or_an_earlier_time(monkeypatch):
    """Of the first change ten times as much as of the later ones, which two tell."""
    runs = [[1.0, 1.0, 1.0], [1.0, 1 + 2e-5, 1 - 1e-5]]
    values, error, stats, asked = evolved(
        monkeypatch, runs, rounding=1e-7, missed=2e-6, refused=7.2
    )
    steps = charge_search._PART_OF_STEPS * 1e-3
    rest = 1e-13 + 8e-7 + 2e-6 + steps
    np.testing.assert_allclose(error, [4 * EPS, 6e-4 + rest, 6e-4 + rest], rtol=1e-9)
    np.testing.assert_allclose(values[:, 1], runs[1])
    assert stats == {"tiers": 40, "quanta": 2, "refused": 7}
    assert [size[:4] for size in asked] == [(1, 0, 30, 1e-3), (2, 1, 30, 1e-3)]
    assert [size[4] for size in asked] == [None, 1]  # contours begin where the first found them
    runs = [[1.0] * 3, [1.0, 1 + 1e-3, 1 - 1e-3], [1.0, 1 + 1e-3, 1 - 1.1e-3]]
    _, error, _, _ = evolved(monkeypatch, runs)
    np.testing.assert_allclose(error, [4 * EPS, 6e-4, 6e-4], atol=2e-5)  # a fifth of the first
    # One pole has no quanta along the chain: steps and contours are compared.
    _, error, _, asked = evolved(monkeypatch, [[1.0] * 3, [1 + 2e-4] * 3], poles=1)
    np.testing.assert_allclose(error[1:], 6e-4, atol=2e-5)
    assert len(asked) == 2


def test_schedules_take_more_quanta_until_the_error_is_allowed(monkeypatch):
    runs = [[1.0] * 3, [1 + 4e-4] * 3, [1 + 4e-4 + 3e-4] * 3, [1 + 4e-4 + 3e-4] * 3]
    _, error, stats, _ = evolved(monkeypatch, runs)
    assert stats["quanta"] == 3
    assert error[1] == pytest.approx(9e-4 + charge_search._PART_OF_STEPS * 1e-3, rel=1e-6)
    assert evolved(monkeypatch, runs, poles=1)[2]["quanta"] == 0
    assert evolved(monkeypatch, runs, fewest=3)[2]["quanta"] == 5


def test_a_further_tolerance_takes_its_own_tiers(monkeypatch):
    runs = [[1.0] * 3, [1.0 + 1e-5] * 3, [1.0 + 1e-5] * 3]
    _, error, _, asked = evolved(monkeypatch, runs, (1e-3, 1e-5))
    assert [size[1:4] for size in asked] == [(0, 30, 1e-3), (1, 30, 1e-3), (2, 60, 1e-5)]
    assert asked[2][4] is None  # contours are looked for again
    assert error[1] < 1e-5


def test_a_tolerance_is_left_only_where_the_error_of_all_times_is_allowed(monkeypatch):
    """At time zero there is hardly any, whatever is left later."""
    runs = [[1.0] * 3] + [[1.0, 1.0, 1.01]] * 4
    *_, asked = evolved(monkeypatch, runs, (1e-3, 1e-5))
    assert [size[2:4] for size in asked] == [(30, 1e-3)] * 4 + [(60, 1e-5)]


def test_what_is_not_finite_ends_the_search_without_an_error(monkeypatch):
    runs = [[1.0] * 3, [1.0, 1.0, np.nan]]
    _, error, _, asked = evolved(monkeypatch, runs)
    assert len(asked) == 2
    assert np.isfinite(error).tolist() == [True, True, False]
    # A time that two runs miss spoils none before it, and all after it.
    _, error, _, _ = evolved(monkeypatch, [[1.0] * 3, [1.0, np.nan, 1.0]])
    assert np.isfinite(error).tolist() == [True, False, False]


@pytest.mark.parametrize(("spare", "runs"), [(0.99, 2), (1.01, 3)])
def test_the_search_ends_where_a_larger_run_would_take_too_much(monkeypatch, spare, runs):
    """A run with one quantum more takes the power 1.5 of its placements over those before."""
    values = [[1.0] * 3, [1.1] * 3, [1.1] * 3]
    larger = (count(1, 3) / count(1, 2)) ** 1.5
    granted = charge_search._SPARSE * (2.0 + spare * larger)
    *_, asked = evolved(monkeypatch, values, granted=granted)
    assert len(asked) == runs
    assert asked[1][5] == pytest.approx(granted / charge_search._SPARSE - 1.0)


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize(("tolerance", "chains", "nodes"), [
    (1e-3, 1, (11, 13)), (1e-3, 5, (12, 15)), (1e-12, 1, (32, 39)), (1e-40, 1, (32, 39)),
])  # fmt: skip
def test_every_other_run_has_fewer_tiers_longer_steps_and_another_rounding(
    monkeypatch, number, tolerance, chains, nodes
):
    """Contours may miss a tenth of the tolerance in all, to which exp(-nodes) falls a third."""
    made = []

    def tiers(chains, stretches, part, charge, quanta, steps, *, staggered):
        made.append((quanta, steps, staggered))
        return SimpleNamespace(staggered=staggered)

    class Run:
        def __init__(self, of, last, norm, **given):
            self.given = {"of": of, "last": last, "norm": norm, **given}

        def values(self, times):
            return times

    monkeypatch.setattr(charge_search, "PolesTiers", tiers)
    monkeypatch.setattr(charge_search, "ScheduleRun", Run)
    stretched = []
    schedule = SimpleNamespace(chains=[None] * chains, stretches=stretched.append)
    of = (schedule, TIMES, np.eye(2), 0, (3, number, 31, tolerance), {}, 5.0, print)
    _, run = charge_search._run(*of, lambda tiers: "read")
    other = number != 1
    longer = 10.0 if other else 1.0
    assert made == [(3, pytest.approx(1e-2 * tolerance * longer, abs=0), one) for one in (0, other)]
    assert stretched == [pytest.approx(1e-2 * tolerance, abs=0)]
    assert run.given["missed"] == pytest.approx(max(0.1 * tolerance / chains, 1e-13), abs=0)
    assert run.given["nodes"] == nodes[number > 0]
    assert (run.given["last"], run.given["norm"]) == ((30, 1.07) if other else (36, 1.0))
    assert run.given["folded"].staggered == other
    assert (run.given["granted"], run.given["reading"]) == (5.0, "read")


def chain(covariance, scale=2.0):
    return SimpleNamespace(covariance=np.diag(covariance).astype(complex), scale=scale, length=2)


def started(chains, begin):
    return PolesSchedule(chains=chains, lengths=[1.0, 1.0], begin=begin, amplitudes=np.zeros(2))


def test_the_hottest_field_is_that_of_any_network_or_of_the_start():
    chains = [chain([0.5, 9.0]), chain([0.7, 0.1])]
    schedule = started(chains, np.diag([0.3, 20.0]))
    assert schedule.hottest == pytest.approx(4 * 0.7)
    schedule = started(chains, np.diag([0.9, 0.0]))
    assert schedule.hottest == pytest.approx(4 * 0.9)


def test_tiers_are_those_of_the_hottest_source_behind_any_network(monkeypatch):
    @dataclass(frozen=True)
    class Chain:
        covariance: np.ndarray
        length: int = 2
        tiers: int = 0

    asked = []

    def depth(one, quanta, tolerance):
        asked.append((float(np.trace(one.covariance)), quanta, tolerance))
        return one.tiers

    monkeypatch.setattr(source_schedule, "tiers_depth", depth)
    chains = [Chain(np.diag([1.0, 0.1]), 2, 30), Chain(np.diag([0.5, 2.0]), 2, 50)]
    schedule = started(chains, np.zeros((2, 2)))
    assert schedule.depth(1e-4) == 50
    assert asked == [(2.5, 1, 1e-4), (2.5, 1, 1e-4)]


def variance_at(pieces, begin, time):
    for rate, limit, length in pieces:
        now = min(time, length)
        begin = limit + (begin - limit) * np.exp(-2 * rate * now)
        time -= now
        if time <= 0:
            break
    return begin


@pytest.mark.parametrize(
    ("begin", "quanta", "depth"), [(0.0, 0.0, 40), (30.0, 5.0, 40), (2.0, 0, 400)]
)
def test_references_stay_close_to_the_variance_for_as_long_as_they_last(begin, quanta, depth):
    pieces = [SourcePiece(0.2, 20.0, 3.0), SourcePiece(0.5, 0.5, 0.0), SourcePiece(0.5, 0.5, 30.0)]
    found = source_stretches(pieces, begin, quanta, depth)
    assert [sum(s.length for s in found if s.piece == n) for n in range(3)] == [
        pytest.approx(3.0), 0.0, pytest.approx(30.0),
    ]  # fmt: skip
    hottest = max(1.0, begin, quanta, 20.0)
    time = 0.0
    for stretch, following in zip(found, [*found[1:], None], strict=True):
        before = variance_at(pieces, begin, time)
        left = quanta * np.exp(-sum(2 * r * max(0.0, min(time - t, n)) for t, r, n in (
            (0.0, 0.2, 3.0), (3.0, 0.5, 30.0),
        )))  # fmt: skip
        size = max(1.0, before, left)
        share = (size / hottest) ** 0.25
        allowed = min(0.25, 3.0 / max(share * depth, 1.0)) * size
        assert stretch.share == pytest.approx(share, rel=1e-9)
        assert stretch.size == pytest.approx(max(size, stretch.reference), rel=1e-9)
        after = variance_at(pieces, begin, time + stretch.length)
        for variance in (before, after):
            assert abs(variance - stretch.reference) <= allowed * (1 + 1e-9)
        limit = pieces[stretch.piece].limit
        if following and following.piece == stretch.piece:  # it lasts as long as that allows
            assert abs(after - stretch.reference) == pytest.approx(allowed, rel=1e-6)
        assert stretch.reference in (limit, pytest.approx(before, rel=1e-9, abs=1e-12))
        time += stretch.length


def test_colder_stretches_have_fewer_tiers_but_not_less_than_some():
    stretch = reference.SourceStretch(0, 1.0, 0.0, 1.0, 0.5)
    assert stretch.tiers(100) == 50
    assert stretch.tiers(101) == 52
    assert stretch.tiers(30) == 24
    assert stretch.tiers(20) == 20


def test_a_leap_is_the_exponential_of_pairs_that_are_added():
    """(E mu)^{kl} = sqrt(kl) mu^{k-1, l-1}: from each tier two up, at the same charge."""
    charge = (np.array([0, 0, 2, -2]), np.array([1, -1]))
    tiers = SimpleNamespace(charge=charge, a=(np.zeros((4, 4)), np.zeros((2, 2))), tier0_size=2)
    last = 6
    at = offsets(tiers, last)
    raising = pair_raising(tiers, last).toarray()
    for n in range(2, last + 1):
        size = at[n - 1] - at[n - 2]
        for i in range(size):
            q = charge[n % 2][i]
            k, l = (n + q) / 2, (n - q) / 2
            assert raising[at[n] + i, at[n - 2] + i] == pytest.approx(np.sqrt(max(k * l, 0)))
    assert np.count_nonzero(raising) <= sum(at[n - 1] - at[n - 2] for n in range(2, last + 1))
    y = np.random.default_rng(1).normal(size=at[-1])
    found = reference.leap(sparse.csr_array(raising), y, -0.3)
    np.testing.assert_allclose(found, linalg.expm(-0.3 * raising) @ y, rtol=1e-12, atol=1e-14)


class Propagator:
    rounding = 1e-15

    def cost(self, time, unknowns):
        return 1e6 * time * unknowns

    def advance(self, y, left, active, top, limit):
        y *= np.exp(-left)
        return left, False


def constant(monkeypatch, *, length=10.0, dear=True, apart=(0.0,), mismatch=0.0, cost=1.0):
    """A stretch of a schedule whose contours are given."""
    found, left = object.__new__(_Constant), list(apart)
    found.run = SimpleNamespace(
        allowed=1e-6, spend=lambda work: spent.append(work), report=lambda text: None, last=9,
        tiers=SimpleNamespace(largest_rate=lambda stretch: 2.0),
        reading=lambda stretch, time: np.array([[1.0, 0.0]]),
    )  # fmt: skip
    spent = []
    found.stretch, found.length, found.begin, found.dear = None, length, np.ones(2), dear
    found.propagator, found.now, found.y, found.rounding = Propagator(), 0.0, np.ones(2), 0.0

    def contours(time):
        off = left[0] if len(left) == 1 else left.pop(0)
        first = SimpleNamespace(
            at=lambda t: np.exp(-t) * np.ones(2) + np.array([0.0, off]), rounding=lambda t: 3e-8
        )
        return SimpleNamespace(
            cost=cost, contour=lambda n: first, mismatch=lambda: mismatch, serving=lambda t: first
        )

    monkeypatch.setattr(found, "_contours", contours)
    return found, spent


FIRST = -np.log(1e-6) / (0.75 * 2.0)


@pytest.mark.parametrize(
    ("apart", "mismatch", "agree"),
    [(0.9e-6, 0.5e-6, True), (1.1e-6, 0, False), (0.5e-6, 1.1e-6, False)],
)
def test_contours_begin_where_they_and_their_neighbours_agree(monkeypatch, apart, mismatch, agree):
    found, spent = constant(monkeypatch, length=18.0, apart=(apart,), mismatch=mismatch)
    start = found.found()
    assert np.isfinite(start.time) == agree
    assert len(spent) == 1  # a later trial would lie beyond six tenths of the stretch
    assert spent[0] == pytest.approx(2e6 * FIRST)
    if agree:
        assert start == (pytest.approx(FIRST), pytest.approx(max(apart, mismatch), rel=1e-6))


def test_contours_are_tried_later_where_steps_disagree(monkeypatch):
    found, _ = constant(monkeypatch, length=100.0, apart=(1e-3, 1e-3, 1e-3, 1e-3, 1e-9, 1e-9))
    assert found.found().time == pytest.approx(FIRST * 1.5**2)
    # Steps are cheap, or contours dearer than all steps that are left.
    assert not np.isfinite(constant(monkeypatch, length=100.0, dear=False)[0].found().time)
    left = 2e6 * (100.0 - FIRST)
    assert np.isfinite(constant(monkeypatch, length=100.0, cost=0.99 * left)[0].found().time)
    assert not np.isfinite(constant(monkeypatch, length=100.0, cost=1.01 * left)[0].found().time)


def test_what_is_left_to_do_are_steps_and_contours(monkeypatch):
    found, _ = constant(monkeypatch, length=10.0, cost=7.0)
    found.now = 1.0
    assert found.left_to_do(4.0) == pytest.approx(2e6 * 3.0 + 7.0)
    assert found.left_to_do(np.inf) == pytest.approx(2e6 * 9.0)
    assert found.left_to_do(10.0) == pytest.approx(2e6 * 9.0)
    found.now = 5.0
    assert found.left_to_do(4.0) == 7.0


def test_values_are_stepped_to_the_first_contour_and_taken_from_it_after(monkeypatch):
    found, _ = constant(monkeypatch, length=10.0, apart=(0.0,))
    values, end = found.to_the_end(np.array([1.0, 6.0]), 4.0)
    np.testing.assert_allclose(values[:, 0], np.exp([-1.0, -6.0]), rtol=1e-12)
    np.testing.assert_allclose(end, np.exp(-10.0) * np.ones(2), rtol=1e-12)
    assert found.now == 1.0
    assert found.rounding == pytest.approx(np.hypot(1e-15, 3e-8))
    # Where it was stepped past a time that is read, it begins anew.
    found, _ = constant(monkeypatch, length=10.0)
    found.now, found.y = 3.0, np.zeros(2)
    values, _ = found.to_the_end(np.array([1.0]), np.inf)
    assert values[0, 0] == pytest.approx(np.exp(-1.0))
    assert found.now == 10.0


def test_work_is_counted_before_it_is_done():
    run = object.__new__(ScheduleRun)
    run.granted, run.spent, run.refused = 10.0, 0.0, 0.0
    run.spend(10.0)
    with pytest.raises(_TooMuch):
        run.spend(0.1)
    assert run.refused == pytest.approx(10.1)
    run.starts = {0: ContourStart(1.0, 2e-7), 3: ContourStart(2.0, 1e-7)}
    assert run.missed == pytest.approx(3e-7)


@pytest.mark.parametrize(("variances", "expected"), [((0.1, 0.2), 25.0), ((0.1, 50.0), 0.5)])
def test_the_strength_of_a_field_is_its_quanta_in_the_largest_variance(variances, expected):
    """Or in one quantum behind cold sources."""
    pieces = [SimpleNamespace(modes=[SimpleNamespace(variance=v)]) for v in variances]
    assert strength(pieces, 3 - 4j) == pytest.approx(expected)
    limit = np.sqrt(_STRONG * max(1.0, *variances))
    assert too_strong(pieces, 1.001 * limit)
    assert not too_strong(pieces, 0.999 * limit)
