"""Runs from a start on all tiers: which tiers they keep, how far they step, and what that costs."""

from types import SimpleNamespace

import numpy as np
import pytest

from thermalent.continued_fraction.dynamics.all_tiers import AllTierRun, InfluenceRegion

WIDTH = 10  # unknowns of a tier


def run(*, margin=1.0, which=0, most=60, depth=25, times=(0.0, 1.0, 3.0), tiers=(8, 12, 20)):
    """A run whose steps are given, and what it asks for."""
    asked, advances, started = [], [], []

    def advance(y, left, active, top, limit):
        asked.append((left, active, top, limit, int(np.count_nonzero(y))))
        return advances.pop(0) if advances else (left, False)

    def propagator(number):
        return SimpleNamespace(
            advance=advance, rounding=(3 + number) * 1e-16,
            cost=lambda time, unknowns: (1 + 10 * number) * time * unknowns,
            matrix=SimpleNamespace(dtype=np.dtype(float)),
        )  # fmt: skip

    def start(tier):
        started.append(tier)
        return np.ones(WIDTH * (tier + 1))

    steps = SimpleNamespace(
        at=np.arange(most + 2) * WIDTH, most=most, depth=depth, start=start,
        read=lambda y: y[:1], extended=lambda y: y, propagators=[propagator(0), propagator(1)],
    )  # fmt: skip
    extended = []

    def extend_to(time):
        extended.append(time)
        if time > region.times[-1]:
            region.times.append(time)
            region.tiers.append(region.tiers[-1])

    region = SimpleNamespace(times=list(times), tiers=list(tiers), extend_to=extend_to)
    found = AllTierRun(steps, region, margin, which)
    return found, SimpleNamespace(
        asked=asked, advances=advances, started=started, extended=extended, steps=steps
    )


def active(noted):
    return [(left, unknowns // WIDTH - 1) for left, unknowns, *_ in noted.asked]


def test_fewer_tiers_are_kept_the_nearer_the_end():
    """Of three times, those that matter one before the end from two on."""
    found, noted = run()
    values = found.to(3.0, lambda text: None)
    assert values.tolist() == [1.0]
    assert noted.started == [20]
    assert active(noted) == [(2.0, 20), (1.0, 12)]
    # What is beyond them is forgotten, and no limit ends a step.
    assert [held for *_, held in noted.asked] == [21 * WIDTH, 13 * WIDTH]
    assert {(top, limit) for _, _, top, limit, _ in noted.asked} == {(1, np.inf)}
    assert noted.extended == [3.0]
    assert found.rounding == pytest.approx(np.sqrt(2) * 3e-16, abs=0)


def test_steps_that_end_early_are_continued():
    found, noted = run()
    noted.advances += [(0.5, False), (1.5 * (1 - 5e-13), False)]
    found.to(2.0, lambda text: None)
    # To the end expected at two, of which the last half matters to 12 tiers alone.
    assert active(noted) == [(1.0, 20), (0.5, 20), (1.0, 12)]
    assert found.now == 2.0


def test_a_run_begins_for_the_last_time_that_is_expected():
    found, noted = run()
    found.expect(np.array([0.5, 3.0]))
    found.to(0.5, lambda text: None)
    assert (found.end, found.now, noted.started) == (3.0, 0.5, [20])
    found.to(2.5, lambda text: None)
    assert active(noted) == [(0.5, 20), (1.5, 20), (0.5, 12)]
    # Beyond the end it begins anew, for twice the time at least.
    found.to(3.1, lambda text: None)
    assert found.end == 6.0
    assert noted.extended == [3.0, 6.0]
    assert active(noted)[3:] == [(3.0, 20), (pytest.approx(0.1), 20)]
    found.to(13.0, lambda text: None)
    assert found.end == 13.0


def test_the_second_of_two_runs_has_fewer_tiers_also_where_all_matter():
    finer, _ = run(margin=1.15)
    coarser, _ = run()
    assert [one._wanted(2) for one in (finer, coarser)] == [23, 20]
    finer, _ = run(margin=1.15, tiers=(8, 12, 60))
    coarser, _ = run(tiers=(8, 12, 60))
    assert [one._wanted(2) for one in (finer, coarser)] == [60, 52]


def test_costs_are_those_of_the_tiers_that_are_kept():
    found, noted = run(which=1)
    # Before it begins: eight tiers at least.
    assert found.cost(2.0) == pytest.approx(11 * 2.0 * 9 * WIDTH)
    found.now, found.end, found.tier = 1.0, 3.0, 20
    assert found.cost(2.5) == pytest.approx(11 * 1.5 * 21 * WIDTH)
    assert found.cost(3.0) == pytest.approx(11 * 2.0 * 21 * WIDTH)
    # It would begin anew, and go twice as far.
    assert found.cost(3.5) == pytest.approx(11 * 6.0 * 21 * WIDTH)
    assert found.cost(7.0) == pytest.approx(11 * 7.0 * 21 * WIDTH)
    assert found.cost_when_filled(2.5) == pytest.approx(11 * 1.5 * 26 * WIDTH)
    found.tier = 30
    assert found.cost_when_filled(2.5) == pytest.approx(11 * 1.5 * 31 * WIDTH)
    noted.steps.depth, found.tier = 100, 20
    assert found.cost_when_filled(2.5) == pytest.approx(11 * 1.5 * 60 * WIDTH)
    with pytest.raises(ValueError, match=r"cannot go back to t = 0\.5"):
        found.to(0.5, lambda text: None)
    assert found.to(1.0, lambda text: None).shape == (0,)  # it stays where it is


def region(advances, *, most=40, cap=80):
    """A region of influence whose steps are given."""
    asked, grown = [], []

    def advance(y, left, active, top, limit):
        asked.append((left, active // WIDTH - 1, top, limit))
        return advances.pop(0) if advances else (left, False)

    def extend(larger):
        grown.append(larger)
        steps.most, steps.at = larger, np.arange(larger + 2) * WIDTH

    steps = SimpleNamespace(
        at=np.arange(most + 2) * WIDTH, most=most, cap=cap, extend=extend,
        extended=lambda y: np.append(y, np.zeros(steps.at[-1] - len(y))),
        chain=SimpleNamespace(tier0_size=3), transposed=SimpleNamespace(advance=advance),
        propagators=[SimpleNamespace(matrix=SimpleNamespace(dtype=np.dtype(float)))],
    )  # fmt: skip
    return InfluenceRegion(steps, 1e-6), asked, grown


def test_tiers_matter_from_when_the_highest_of_them_is_reached():
    """Every element of tier zero is looked at; a tenth more tiers at a time, four at least."""
    found, asked, _ = region([(0.4, True), (0.0, True), (0.6, False)])
    np.testing.assert_allclose(found.view[:4], [1, 0.5**0.5, 3**-0.5, 0])
    found.extend_to(1.0)
    assert [tier for _, tier, *_ in asked] == [8, 12, 16]
    assert [left for left, *_ in asked] == pytest.approx([1.0, 0.6, 0.6])
    assert {(top, limit) for *_, top, limit in asked} == {(2 * WIDTH, 1e-6)}
    assert found.times == pytest.approx([0.0, 0.4, 1.0])
    assert found.tiers == [8, 8, 16]
    found.extend_to(0.7)  # known already
    assert len(asked) == 3


def test_a_region_grows_by_a_tenth_and_ends_with_the_most_tiers():
    found, asked, grown = region([(0.1, True)] * 14, cap=70)
    found.tiers = [36]
    found.extend_to(2.0)
    assert [tier for _, tier, *_ in asked] == [36, 40, 44, 48, 52, 57, 62, 68]
    assert grown == [70]
    assert found.times[-1] == 2.0
    assert found.tiers[-1] == 70
    assert len(found.view) == found.steps.at[-1]


@pytest.mark.parametrize(("tier", "tiers"), [(0, 8), (50, 50)])
def test_the_cost_up_to_a_time_is_that_of_the_tiers_of_now(tier, tiers):
    """From now on within the region, else as if begun again, at least to twice the region's end."""
    propagator = SimpleNamespace(cost=lambda time, size: (time, size))
    steps = SimpleNamespace(propagators=[propagator], at=np.arange(100) ** 2)
    run = AllTierRun(steps, None, None, 0)
    run.now, run.end, run.tier = 1.0, 2.0, tier
    size = (tiers + 1) ** 2  # where the tier behind the last one begins
    assert run.cost(1.5) == (0.5, size)
    assert run.cost(2.5) == (4.0, size)
    assert run.cost(7.0) == (7.0, size)
